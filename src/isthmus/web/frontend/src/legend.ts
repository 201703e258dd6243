// Legends of the two maps, as text and small drawings that do not rely on colour alone.
import { el } from "./dom";
import { significant } from "./format";
import { changeWidth, flowWidth, type View } from "./layers";
import { fillOf, FAINT, LESS, MODE_COLOUR, MORE, type Steps } from "./palette";
import { words } from "./format";

function sample(colour: string, width: number, dash = ""): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ width: 34, height: 12, "aria-hidden": true })) svg.setAttribute(key, String(value));
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const about = { x1: 1, x2: 33, y1: 6, y2: 6, stroke: colour, "stroke-width": width, "stroke-dasharray": dash };
  for (const [key, value] of Object.entries(about)) line.setAttribute(key, String(value));
  svg.append(line);
  return svg;
}

const entry = (mark: Node, text: string): HTMLElement => el("span", { class: "entry" }, mark, text);

/** Names are those of two scenarios that are compared. */
export function flowLegend(view: View, scale: number, modes: string[], names?: [string, string]): HTMLElement {
  const box = el("div", { class: "legend" });
  if (view === "difference") {
    box.append(
      entry(sample(MORE, 5), names ? `more under ${names[1]}` : "more freight"),
      entry(sample(LESS, 5, "6 3"), names ? `more under ${names[0]}` : "less freight"),
      ...(names ? [] : [entry(sample("#000000", 3, "1.5 4"), "closed by the scenario")]),
      entry(sample(FAINT, 1), "little change"),
      ...[1, 0.1, 0.01].map((part) => entry(sample("#555555", changeWidth(part * scale, scale)), `${significant(part * scale, 1)} Mt`)),
      el("span", { class: "note" }, `${names ? "difference" : "change"}, million tonnes a year (modelled); width grows with the square root`),
    );
  } else {
    box.append(
      ...modes.filter((mode) => mode in MODE_COLOUR).map((mode) => entry(sample(MODE_COLOUR[mode], 4), words(mode))),
      ...[0.1, 1, 10, 100].map((mt) => entry(sample("#555555", flowWidth(mt)), `${mt} Mt`)),
      el("span", { class: "note" }, "freight, million tonnes a year (modelled); width grows with the logarithm"),
    );
  }
  return box;
}

export function incomeLegend(steps: Steps, unit: string): HTMLElement {
  const [low, middle, high] = steps.bounds;
  const swatch = (value: number): HTMLElement => {
    const mark = el("span", { class: value < -low ? "swatch loss" : "swatch" });
    mark.style.backgroundColor = fillOf(value, steps);
    return mark;
  };
  const n = (x: number): string => significant(x, 1);
  return el(
    "div",
    { class: "legend" },
    entry(swatch(-2 * high), `loss over ${n(high)}`),
    entry(swatch(-1.01 * middle), `${n(middle)} to ${n(high)}`),
    entry(swatch(-1.01 * low), `${n(low)} to ${n(middle)}`),
    entry(swatch(0), `less than ${n(low)} either way`),
    entry(swatch(1.01 * low), `gain ${n(low)} to ${n(middle)}`),
    entry(swatch(1.01 * middle), `${n(middle)} to ${n(high)}`),
    entry(swatch(2 * high), `over ${n(high)}`),
    el("span", { class: "note" }, unit),
  );
}
