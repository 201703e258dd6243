// Host 1: the self-contained report. Its data stand beside it in the page.
import { mount } from "./mount";

const read = (name: string): never => JSON.parse(document.getElementById(`isthmus-${name}`)?.textContent ?? "null") as never;
const root = document.getElementById("isthmus");
if (root) mount(root, read("outlines"), read("network"), read("document"));
