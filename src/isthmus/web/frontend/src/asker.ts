// A form whose answer is drawn below it, and what forms of several pages share.
import { ServerError, solve, type About } from "./api";
import { el, newId } from "./dom";
import { significant } from "./format";
import { called } from "./names";

export interface Field {
  name: string;
  label: string;
  value?: string;
  choices?: [string, string][];
  /** A line of words. */
  wide?: boolean;
}

export type Asked = Record<string, string>;

export interface Options {
  /** Ask at once. */
  auto?: boolean;
  /** What names in the address begin with: one page has several askers. */
  part?: string;
  /** Questions in words, to be asked by a click. */
  examples?: [string, Asked][];
}

/** A form whose answer is drawn below it; the address keeps what was asked, so that it can be shared. */
export function asker(title: string, about: string, fields: Field[], path: string, draw: (answer: never) => Node[] | Promise<Node[]>, { auto = false, part = "", examples = [] }: Options = {}): HTMLElement {
  const out = el("div");
  const status = el("p", { class: "status", role: "status" });
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const known = new URLSearchParams(location.search);
  const inputs = fields.map((field) => {
    const id = newId(field.name);
    const given = known.get(part + field.name) ?? field.value ?? "";
    const input = field.choices
      ? el("select", { id, name: field.name }, ...field.choices.map(([value, label]) => el("option", { value, selected: value === given }, label)))
      : el("input", { id, name: field.name, value: given, autocomplete: "off" });
    return { field, input, row: el("div", { class: field.wide ? "field wide" : "field" }, el("label", { for: id }, field.label), input) };
  });
  let asked: AbortController | null = null;
  const cancel = el("button", { type: "button", disabled: true, click: () => asked?.abort() }, "Cancel");
  const ask = async (): Promise<void> => {
    asked?.abort();
    const mine = (asked = new AbortController());
    const query: Asked = Object.fromEntries(inputs.map(({ input }) => [input.name, input.value.trim()]));
    const address = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(query)) value ? address.set(part + key, value) : address.delete(part + key);
    history.replaceState(null, "", `${location.pathname}?${address}`);
    const began = performance.now();
    let stage = "asking";
    const tell = (): void => void (status.textContent = `${stage}, ${((performance.now() - began) / 1000).toFixed(0)} s`);
    const clock = setInterval(tell, 1000);
    tell();
    problem.hidden = true;
    cancel.disabled = false;
    try {
      const answer = await solve<never>(path, query, undefined, { signal: mine.signal, stage: (text) => ((stage = text), tell()) });
      if (asked !== mine) return;
      out.replaceChildren(...(await draw(answer)));
      status.textContent = `Answered in ${significant((performance.now() - began) / 1000, 2)} s.`;
    } catch (error) {
      if (asked !== mine) return;
      const aborted = error instanceof DOMException && error.name === "AbortError";
      status.textContent = aborted ? "Cancelled." : "No answer.";
      problem.textContent = aborted ? "" : error instanceof ServerError ? error.message : String(error);
      problem.hidden = aborted;
    } finally {
      clearInterval(clock);
      if (asked === mine) cancel.disabled = true;
    }
  };
  const form = el("form", { class: "ask" }, ...inputs.map(({ row }) => row), el("button", { type: "submit", class: "main" }, "Compute"), cancel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
  const take = (values: Asked): void => {
    for (const { input } of inputs) input.value = values[input.name] ?? input.value;
    void ask();
  };
  const offers = examples.map(([label, values]) => el("button", { type: "button", class: "quiet", click: () => take(values) }, label));
  if (auto) void ask();
  return el("section", {}, el("h2", {}, title), el("p", {}, about), form, offers.length ? el("div", { class: "group offers", role: "group", "aria-label": "Examples" }, ...offers) : null, status, problem, out);
}

export const page = (title: string, ...parts: Node[]): HTMLElement => el("main", { class: "report wide" }, el("h1", {}, title), ...parts);

export const economies = (about: About, first: string): Field["choices"] => [...(first ? [["", first] as [string, string]] : []), ...Object.entries(about.economies).map(([code, name]): [string, string] => [code, `${name} (${code})`])];
export const HORIZONS: [string, string][] = [["", "as the scenario says (long)"], ["long", "years (long)"], ["short", "months (short)"]];
export const nameOf = (about: About, code: string): string => called(code, about.economies);
export const pick = (about: About, ...codes: string[]): string => codes.find((code) => code in about.economies) ?? Object.keys(about.economies)[0];
