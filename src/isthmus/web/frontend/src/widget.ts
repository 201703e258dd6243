// Host 3: notebooks, by anywidget. The model carries the same documents as the report.
import { mount, type Mounted } from "./mount";

interface Model {
  get(name: string): never;
  on(event: string, act: () => void): void;
}

export default {
  render({ model, el }: { model: Model; el: HTMLElement }): void {
    el.classList.add("isthmus-widget");
    const made: Mounted = mount(el, JSON.parse(model.get("outlines")), JSON.parse(model.get("network")), JSON.parse(model.get("document")));
    model.on("change:document", () => made.update(JSON.parse(model.get("document"))));
  },
};
