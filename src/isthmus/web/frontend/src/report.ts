// Host 1: the self-contained report. Its data stand beside it in the page, what only maps need compressed.
import { mount } from "./mount";

const text = (name: string): string => document.getElementById(`isthmus-${name}`)?.textContent ?? "null";

async function unpack(name: string): Promise<never> {
  const packed = Uint8Array.from(atob(text(name)), (letter) => letter.charCodeAt(0));
  return (await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json()) as never;
}

async function start(root: HTMLElement): Promise<void> {
  mount(root, await unpack("outlines"), await unpack("network"), JSON.parse(text("document")) as never);
}

const root = document.getElementById("isthmus");
if (root) void start(root);
