// A result as strokes: links binned by colour, width and dash, so that a redraw is a few dozen strokes.
import type { NetworkDocument } from "./documents";
import { trace, type Lines } from "./geography";
import { FAINT, LESS, MODE_COLOUR, MORE, PLANNED } from "./palette";

export type View = "before" | "after" | "difference";

/** What a flow map shows: Mt a year by link, and which links a scenario opens or closes. */
export interface Flows {
  before: ArrayLike<number>;
  after: ArrayLike<number>;
  opened: number[];
  closed: number[];
  /** Show links that are closed or planned, to be picked. */
  planned?: boolean;
}

export interface Stroke {
  path: Path2D;
  colour: string;
  /** Screen pixels. */
  width: number;
  dash: number[];
  halo: boolean;
}

export interface Layers {
  strokes: Stroke[];
  visible: Uint8Array;
  /** Of the difference view: Mt a year of the widest stroke. */
  scale: number;
}

/** Smallest freight that is drawn, Mt a year. */
const LEAST = 0.01;
const WIDEST = 9;

export const flowWidth = (mt: number): number => Math.min(WIDEST, 0.5 + 1.5 * Math.log10(1 + mt / 0.1));
export const changeWidth = (mt: number, scale: number): number => 0.7 + (WIDEST - 0.7) * Math.sqrt(Math.min(1, Math.abs(mt) / scale));

/** Indexes of links by size of change, largest first. */
export function mostChanged(flows: Flows, most: number): number[] {
  const size = Array.from(flows.after, (after, i) => Math.abs(after - flows.before[i]));
  const order = size.map((_, i) => i).filter((i) => size[i] >= LEAST / 10);
  return order.sort((a, b) => size[b] - size[a]).slice(0, most);
}

export function makeLayers(network: NetworkDocument, lines: Lines, flows: Flows, view: View): Layers {
  const count = network.links.id.length;
  const visible = new Uint8Array(count);
  const opened = new Set(flows.opened);
  const closed = new Set(flows.closed);
  const top = mostChanged(flows, 5).map((i) => Math.abs(flows.after[i] - flows.before[i]));
  const scale = Math.max(0.05, top[Math.min(2, top.length - 1)] ?? 0.05); // one outlier does not flatten the rest
  const bins = new Map<string, Stroke>();
  const add = (i: number, colour: string, width: number, dash: number[] = [], halo = false): void => {
    const step = Math.round(width * 2) / 2 || 0.5;
    const key = `${colour}|${step}|${dash}|${halo}`;
    let stroke = bins.get(key);
    if (!stroke) bins.set(key, (stroke = { path: new Path2D(), colour, width: step, dash, halo }));
    trace(stroke.path, lines, i);
    visible[i] = 1;
  };
  const planned = (i: number): boolean => !network.links.open[i] && !opened.has(i) && !(flows.before[i] >= LEAST) && !(flows.after[i] >= LEAST);
  for (let i = 0; i < count; i++) {
    const [before, after] = [flows.before[i], flows.after[i]];
    if (view === "difference") {
      const change = after - before;
      const touched = opened.has(i) || closed.has(i);
      if (closed.has(i)) add(i, "#000000", Math.max(2, changeWidth(change, scale)), [1.5, 4]);
      else if (Math.abs(change) >= Math.max(LEAST / 2, scale / 400) || touched)
        add(i, change >= 0 ? MORE : LESS, changeWidth(change, scale), change >= 0 ? [] : [6, 3], opened.has(i));
      else if (before >= LEAST * 5) add(i, FAINT, 0.5);
    } else if (!(flows.planned && planned(i))) {
      const mt = view === "before" ? before : after;
      if (mt >= LEAST) add(i, MODE_COLOUR[network.modes[network.links.mode[i]]] ?? FAINT, flowWidth(mt), [], view === "after" && opened.has(i));
    }
  }
  if (flows.planned) for (let i = 0; i < count; i++) if (planned(i)) add(i, PLANNED, 1.5, [2, 3]);
  // Thin under thick, faint first, so that what matters lies on top.
  const strokes = [...bins.values()].sort((a, b) => Number(a.colour !== FAINT) - Number(b.colour !== FAINT) || a.width - b.width);
  return { strokes, visible, scale };
}
