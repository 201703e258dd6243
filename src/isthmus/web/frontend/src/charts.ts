// Charts with Observable Plot; each is a figure with a caption and a text alternative.
import * as Plot from "@observablehq/plot";
import { el } from "./dom";
import { bandOf, valueOf, type Figure } from "./documents";
import { placesFor, plusFixed, significant, signed } from "./format";
import { INK, LESS, MORE } from "./palette";

export function figure(chart: Element, caption: string, alternative: string): HTMLElement {
  for (const part of chart.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label"); // one image, one label
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", alternative);
  return el("figure", {}, chart, el("figcaption", {}, caption));
}

export interface Bar {
  name: string;
  figure: Figure;
  /** A second value, drawn as a ring. */
  ring?: number;
  /** Less firm than the others: drawn pale. */
  faint?: boolean;
}

export interface BarOptions {
  unit: string;
  caption: string;
  ring?: string;
  /** Values are amounts, not changes: no plus sign. */
  plain?: boolean;
  /** Draw rings to scale however far they are. */
  whole?: boolean;
  width?: number;
}

/** Rings are drawn up to so many times the longest bar. */
const MOST_RING = 3;
/** Labels of bars shorter than this share of the longest say that they are about nothing. */
const TINY = 0.004;

/** Bars to both sides of nothing; a whisker is the range, a ring a second value. */
export function bars(rows: Bar[], { unit, caption, ring, whole, plain, width = 640 }: BarOptions): HTMLElement {
  const values = rows.map((row) => ({ ...row, value: valueOf(row.figure), band: bandOf(row.figure) }));
  const size = Math.max(1e-12, ...values.flatMap((d) => [d.value, ...(d.band ?? [])].map(Math.abs)));
  // A ring far beyond the bars would press them flat: it stands at the edge, with an arrow and its number.
  const edge = (x: number): number => whole ? x : Math.max(-MOST_RING * size, Math.min(MOST_RING * size, x));
  const data = values.map((d) => ({ ...d, at: d.ring === undefined ? undefined : edge(d.ring) }));
  const ends = data.flatMap((d) => [d.value, ...(d.band ?? []), ...(d.at === undefined ? [] : [d.at])]);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const [right, left] = [data.filter((d) => d.value >= 0), data.filter((d) => d.value < 0)];
  type Datum = (typeof data)[number];
  const farthest = (d: Datum): number => {
    const all = [d.value, ...(d.band ?? []), d.at ?? d.value];
    return d.value >= 0 ? Math.max(...all) : Math.min(...all);
  };
  const arrow = (d: Datum): string => (d.at === d.ring ? "" : d.ring! > 0 ? " ▸" : " ◂");
  const told = (value: number): string => (Math.abs(value) < TINY * size ? "≈ 0" : (plain ? significant : signed)(value, 2));
  const label = (d: Datum): string => told(d.value) + (d.ring === undefined ? "" : `, ○ ${told(d.ring)}${arrow(d)}`);
  const wide = Math.max(90, ...rows.map((row) => 8.2 * row.name.length + 8));
  const marginLeft = Math.min(0.6 * width, wide);
  // Room for the labels: so much of the plot's width to either side.
  const part = (some: Datum[]): number => Math.min(0.4, Math.max(0, ...some.map((d) => 7.2 * label(d).length + 12)) / (width - marginLeft - 20));
  const room = (high - low || 1) / (1 - part(left) - part(right));
  const chart = Plot.plot({
    width,
    height: 62 + 24 * rows.length,
    marginBottom: 42,
    marginLeft,
    marginRight: 20,
    style: { fontSize: "13px", fontFamily: "inherit", color: INK },
    x: { label: `${unit} →`, labelOffset: 38, grid: true, ticks: 6, domain: [low - part(left) * room, high + part(right) * room], tickFormat: (x: number) => significant(x, 2) },
    y: { label: null, domain: rows.map((row) => row.name), tickSize: 0 },
    marks: [
      Plot.barX(data, { y: "name", x: "value", fill: (d) => (d.value >= 0 ? MORE : LESS), fillOpacity: (d) => (d.faint ? 0.45 : 1), insetTop: 3, insetBottom: 3 }),
      Plot.link(data.filter((d) => d.band), { x1: (d) => d.band![0], x2: (d) => d.band![1], y1: "name", y2: "name", stroke: INK, strokeWidth: 1.6 }),
      Plot.dot(data.filter((d) => d.at !== undefined), { x: "at", y: "name", r: 5, fill: "white", stroke: INK, strokeWidth: 1.6 }),
      Plot.text(right, { x: farthest, y: "name", text: label, textAnchor: "start", dx: 9 }),
      Plot.text(left, { x: farthest, y: "name", text: label, textAnchor: "end", dx: -9 }),
      Plot.ruleX([0], { stroke: INK }),
    ],
  });
  const words = data.map((d) => `${d.name} ${signed(d.value, 2)}${d.ring === undefined ? "" : `, ${ring} ${signed(d.ring, 2)}`}`);
  return figure(chart, caption, `${caption}. ${unit}: ${words.join("; ")}.`);
}

export interface Cell {
  row: string;
  column: string;
  value: number;
}

/** A heat map with the number in every cell; signed ones run from orange (below nothing) over white to purple. */
export function heatMap(cells: Cell[], caption: string, unit: string, signs = false): HTMLElement {
  const rows = [...new Set(cells.map((cell) => cell.row))];
  const targets = new Set(cells.map((cell) => cell.column));
  const columns = rows.length === targets.size && rows.every((row) => targets.has(row)) ? rows : [...targets];
  const most = Math.max(1e-9, ...cells.map((cell) => Math.abs(cell.value)));
  const wide = (names: string[], least: number): number => Math.max(least, ...names.map((name) => 8.2 * name.length + 10));
  const places = Math.min(6, placesFor(cells.map((cell) => cell.value)) - 1);
  const number = (value: number): string => (signs ? plusFixed(value, places) : significant(value, 2));
  const left = wide(rows, 60);
  const level = wide(columns, 70) * columns.length <= 1000 - left; // else names of columns stand aslant
  const across = level ? wide(columns, 70) : 64;
  const top = level ? 28 : 14 + 0.62 * wide(columns, 0);
  const chart = Plot.plot({
    width: left + 20 + across * columns.length + (level ? 0 : 60),
    height: 12 + top + 30 * rows.length,
    marginLeft: left,
    marginRight: level ? 20 : 80,
    marginTop: top,
    marginBottom: 6,
    style: { fontSize: "13px", fontFamily: "inherit", color: INK },
    x: { axis: "top", label: null, domain: columns, tickSize: 0, tickRotate: level ? 0 : -38 },
    y: { label: null, domain: rows, tickSize: 0 },
    color: signs ? { type: "linear", domain: [-most, 0, most], range: [LESS, "#ffffff", MORE] } : { type: "sqrt", domain: [0, most], range: ["#f6f4fa", "#3b1d68"], interpolate: "rgb" },
    marks: [
      Plot.cell(cells, { x: "column", y: "row", fill: (d) => (signs ? d.value : Math.max(0, d.value)), stroke: "#d5d7da", inset: 1 }),
      Plot.text(cells, { x: "column", y: "row", text: (d) => number(d.value), fill: (d) => (d.value > (signs ? 0.5 : 0.38) * most ? "white" : INK) }),
    ],
  });
  const told = [...cells].sort((a, b) => b.value - a.value).slice(0, 8).map((c) => `${c.row} over ${c.column} ${number(c.value)}`);
  return figure(chart, `${caption}, ${unit}; rows: coercer, columns: target`, `${caption}, ${unit}. Largest: ${told.join("; ")}.`);
}

export interface Point {
  date: Date;
  lane: string;
  label: string;
  kind: string;
  faint?: boolean;
}

/** Events in lanes along time; shape tells the kind as colour does. */
export function timeline(points: Point[], caption: string): HTMLElement {
  const lanes = [...new Set(points.map((p) => p.lane))];
  const chart = Plot.plot({
    width: 1120,
    height: 70 + 26 * lanes.length,
    marginLeft: Math.max(70, ...lanes.map((lane) => 8.2 * lane.length + 8)),
    style: { fontSize: "13px", fontFamily: "inherit", color: INK },
    x: { type: "utc", grid: true, label: null, insetLeft: 12, insetRight: 12 },
    y: { label: null, domain: lanes, tickSize: 0, grid: true },
    color: { range: [MORE, LESS, "#00466e", "#009e73", "#222222", "#b35900", "#cc79a7"], legend: false },
    symbol: { legend: true },
    marks: [Plot.dot(points, { x: "date", y: "lane", stroke: "kind", symbol: "kind", r: 4.5, strokeWidth: 1.8, strokeOpacity: (d) => (d.faint ? 0.4 : 1), title: "label" })],
  });
  return figure(chart, caption, `${caption}: ${points.length} events between ${points[0]?.date.getUTCFullYear()} and ${points.at(-1)?.date.getUTCFullYear()}; all are in the table.`);
}

/** Flows off by more than this factor are named in the chart. */
const FAR = 5;

/** Observed against modelled on logarithmic axes with the line of equality and the factor-of-two lines. */
export function againstObserved(rows: { observed: number; modelled: number; name: string; used: string }[], caption: string): HTMLElement {
  const data = rows.filter((row) => row.observed > 0 && row.modelled > 0);
  const farOff = data.filter((d) => Math.abs(Math.log(d.modelled / d.observed)) > Math.log(FAR));
  const ends = data.flatMap((d) => [d.observed, d.modelled]);
  const domain: [number, number] = [Math.min(...ends) / 1.5, Math.max(...ends) * 1.5];
  const line = (factor: number, dash: string): Plot.Markish =>
    Plot.line(domain.map((x): [number, number] => [x, x * factor]), { stroke: INK, strokeDasharray: dash, clip: true });
  const right = (d: (typeof data)[number]): boolean => Math.log(d.observed / domain[0]) > 0.8 * Math.log(domain[1] / domain[0]);
  const names = (some: typeof data, textAnchor: "start" | "end"): Plot.Markish =>
    Plot.text(some, { x: "observed", y: "modelled", text: "name", textAnchor, dx: textAnchor === "start" ? 9 : -9, fontSize: 11, stroke: "white", fill: INK });
  const chart = Plot.plot({
    width: 860,
    height: 500,
    marginLeft: 60,
    marginRight: farOff.length ? 190 : 16,
    marginBottom: 46,
    style: { fontSize: "13px", fontFamily: "inherit", color: INK },
    x: { type: "log", domain, label: "observed, Mt a year →", labelOffset: 40, tickFormat: (x: number) => significant(x, 1), ticks: 5 },
    y: { type: "log", domain, label: "↑ modelled, Mt a year", tickFormat: (x: number) => significant(x, 1), ticks: 5, grid: true },
    symbol: { legend: true },
    marks: [line(1, ""), line(2, "3 3"), line(0.5, "3 3"), Plot.dot(data, { x: "observed", y: "modelled", symbol: "used", stroke: MORE, r: 4.5, title: "name" }), names(farOff.filter((d) => !right(d)), "start"), names(farOff.filter(right), "end")],
  });
  const near = data.filter((d) => d.modelled / d.observed < 2 && d.modelled / d.observed > 0.5).length;
  return figure(chart, caption, `${caption}: ${near} of ${data.length} flows within a factor of two.`);
}
