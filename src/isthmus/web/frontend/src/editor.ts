// The form for one measure: its fields come from the kinds of change that the server knows.
import { el, newId } from "./dom";
import type { About } from "./api";
import type { Measure, Value } from "./state";
import { words } from "./format";
import { called } from "./names";

const SAID: Record<string, string> = {
  by: "Who acts",
  on: "On whom",
  against: "Against whom",
  links: "Links, projects or corridors",
  between: "The two territories",
  economy: "Economy",
  share: "Share, 0 to 1",
  rate: "Rate, 0.1 is 10 %",
  severity: "Severity, 0 to 1 (1 if empty)",
};

/** Lists that fields offer; one per page. */
export function lists(about: About, links: [string, string][]): HTMLElement {
  const options = (pairs: [string, string][]): HTMLElement[] => pairs.map(([value, label]) => el("option", { value, label }));
  return el(
    "div",
    { hidden: true },
    el("datalist", { id: "list-economies" }, ...options([...Object.entries(about.economies), ...Object.keys(about.groups).map((group): [string, string] => [group, called(group, about.economies)])])),
    el("datalist", { id: "list-links" }, ...options([...Object.entries(about.projects).map(([id, name]): [string, string] => [id, `project: ${name}`]), ...Object.entries(about.corridors).map(([id, name]): [string, string] => [id, `corridor: ${name}`]), ...links])),
    el("datalist", { id: "list-sectors" }, ...options(Object.entries(about.sectors))),
    el("datalist", { id: "list-modes" }, ...options(about.modes.map((mode): [string, string] => [mode, ""]))),
  );
}

function listOf(field: string): string | undefined {
  if (["by", "on", "against", "between", "economy"].includes(field)) return "list-economies";
  if (field === "links") return "list-links";
  if (field === "sectors") return "list-sectors";
  return field === "modes" ? "list-modes" : undefined;
}

export function measureForm(about: About, add: (measure: Measure) => void): HTMLElement {
  const fields = el("div", { class: "fields" });
  const kind = el("select", { id: newId("kind") }, ...Object.keys(about.kinds).map((word) => el("option", { value: word }, words(word))));
  const fill = (): void => {
    const known = about.kinds[kind.value];
    const order = Object.keys(known).filter((key) => !["source", "note"].includes(key));
    fields.replaceChildren(
      ...[...order, "note"].map((key) => {
        const id = newId(key);
        const many = known[key] === "Names";
        const number = known[key].startsWith("float") || known[key].startsWith("int");
        const input = el("input", { id, name: key, list: listOf(key), inputmode: number ? "decimal" : undefined, autocomplete: "off", placeholder: many ? "several with commas between" : undefined });
        return el("div", { class: "field" }, el("label", { for: id }, SAID[key] ?? words(key)), input);
      }),
    );
  };
  kind.addEventListener("change", fill);
  fill();
  const form = el("form", { class: "measure" }, el("div", { class: "field" }, el("label", { for: kind.id }, "Kind of measure"), kind), fields, el("button", { type: "submit" }, "Add measure"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const measure: Measure = { kind: kind.value };
    for (const input of fields.querySelectorAll("input")) {
      const value = read(input.value, about.kinds[kind.value][input.name]);
      if (value !== null) measure[input.name] = value;
    }
    add(measure);
    for (const input of fields.querySelectorAll("input")) input.value = "";
  });
  return form;
}

/** A field's text in the type that the server wants; text that is no number is left for the server to refuse. */
function read(text: string, type: string): Value | null {
  const value = text.trim();
  if (!value) return null;
  if (type === "Names") return value.split(",").map((name) => name.trim()).filter(Boolean);
  if (type.startsWith("float") || type.startsWith("int")) return Number.isFinite(Number(value)) ? Number(value) : value;
  return value;
}

/** What can be done to a link that was picked on the map; resolves to a measure, or null. */
export function askLink(id: string, name: string, open: boolean): Promise<Measure | null> {
  const dialog = el("dialog", { "aria-labelledby": "pick-title" });
  const done = (measure: Measure | null): void => {
    dialog.close();
    dialog.remove();
    finish(measure);
  };
  let finish: (measure: Measure | null) => void = () => undefined;
  const number = (label: string): [HTMLElement, HTMLInputElement] => {
    const input = el("input", { id: newId("factor"), inputmode: "decimal", size: 6, placeholder: "1" });
    return [el("div", { class: "field" }, el("label", { for: input.id }, label), input), input];
  };
  const factors: [string, [HTMLElement, HTMLInputElement]][] = [
    ["hours_factor", number("Hours times")],
    ["cost_factor", number("Cost times")],
    ["capacity_factor", number("Capacity times")],
  ];
  const change = (): void => {
    const measure: Measure = { kind: "change_link", links: [id] };
    for (const [key, [, input]] of factors) if (input.value.trim()) measure[key] = read(input.value, "float") as Value;
    done(Object.keys(measure).length > 2 ? measure : null);
  };
  dialog.append(
    el("h2", { id: "pick-title" }, name),
    el("p", { class: "note" }, id),
    el(
      "div",
      { class: "group" },
      open
        ? el("button", { type: "button", class: "main", click: () => done({ kind: "close_link", links: [id] }) }, "Close this link")
        : el("button", { type: "button", class: "main", click: () => done({ kind: "open_link", links: [id] }) }, "Open this link"),
      el("button", { type: "button", click: () => done(null) }, "Leave it"),
    ),
    el("div", { class: "fields inline" }, ...factors.map(([, [field]]) => field), el("button", { type: "button", click: change }, "Change it")),
  );
  dialog.addEventListener("cancel", () => done(null));
  (document.getElementById("isthmus") ?? document.body).append(dialog);
  dialog.showModal();
  return new Promise((resolve) => (finish = resolve));
}
