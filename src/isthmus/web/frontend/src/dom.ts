// The smallest element builder that serves: el("p", { class: "note" }, "text", child).
type Attributes = Record<string, string | number | boolean | ((event: Event) => void) | null | undefined>;
type Child = Node | string | null | undefined | false;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

let serial = 0;
export const newId = (stem: string): string => `${stem}-${++serial}`;

/** A group of radio buttons that looks like one switch; arrow keys move in it. */
export function radios<T extends string>(
  legend: string,
  choices: [T, string][],
  chosen: T,
  pick: (value: T) => void,
): HTMLFieldSetElement {
  const name = newId("choice");
  const box = el("fieldset", { class: "switch" }, el("legend", {}, legend));
  for (const [value, label] of choices) {
    const input = el("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => pick(value));
    box.append(el("label", {}, input, el("span", {}, label)));
  }
  return box;
}

export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Copy text; where the browser forbids the clipboard, by a hidden field. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = el("textarea", { class: "offscreen", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
