// Who holds leverage over whom: heat maps before and after a scenario, what it loosens, and the numbers.
import { heatMap, type Cell } from "./charts";
import { el } from "./dom";
import { valueOf, type Figure, type LeverageCell, type LeverageDocument } from "./documents";
import { fixed, signed, withBand } from "./format";
import { makeTable } from "./tables";

const UNIT = "loss of the target's real income, %";
type Pick = (cell: LeverageCell) => Figure | null;

/** Both ways to measure a grip: an embargo of trade alone, and all instruments where they were asked for. */
export function leveragePart(leverage: LeverageDocument | null, embargoes: LeverageDocument | null, names: Record<string, string>, served = false): HTMLElement {
  const parts: HTMLElement[] = [];
  if (leverage?.cells.length) parts.push(grips("With all instruments", leverage, names));
  if (embargoes?.cells.length) parts.push(grips("By stopping trade", embargoes, names));
  if (!parts.length)
    parts.push(
      served
        ? el("p", { class: "note" }, "Not computed on this page: “Save report” adds embargoes without and with the scenario, and ", el("a", { href: "/leverage" }, "Leverage"), " measures one economy over another.")
        : el("p", { class: "note" }, "Not computed in this run. ", el("code", {}, "isthmus leverage"), " measures who holds leverage over whom, and how far a scenario loosens it."),
    );
  return el("div", {}, ...parts);
}

function grips(title: string, document: LeverageDocument, names: Record<string, string>): HTMLElement {
  const { cells } = document;
  const name = (code: string): string => code.split("+").map((one) => names[one] ?? one).join(" + ");
  const drawn = (pick: Pick): Cell[] =>
    cells.filter((cell) => pick(cell) !== null).map((cell) => ({ row: name(cell.coercer), column: name(cell.target), value: valueOf(pick(cell)) }));
  const compared = cells.filter((cell) => cell.after_percent !== null);
  const loosened = (cell: LeverageCell): number => valueOf(cell.before_percent) - valueOf(cell.after_percent);
  return el(
    "div",
    { class: "grips" },
    el("h3", {}, title),
    el("p", {}, `${document.measure} (modelled, ${document.horizon} horizon).`),
    el("p", {}, verdict(compared.map((cell) => ({ cell, points: loosened(cell) })), name)),
    el(
      "div",
      { class: "heats" },
      heatMap(drawn((cell) => cell.before_percent), "Leverage without the scenario", UNIT),
      compared.length ? heatMap(drawn((cell) => cell.after_percent), "Leverage with the scenario in place", UNIT) : null,
    ),
    compared.length
      ? heatMap(compared.map((cell) => ({ row: name(cell.coercer), column: name(cell.target), value: loosened(cell) })), "Grip loosened by the scenario (negative: tightened)", "percentage points of real income", true)
      : null,
    makeTable(
      [
        { label: "Coercer", value: (cell) => name(cell.coercer) },
        { label: "Target", value: (cell) => name(cell.target) },
        { label: "Without, %", value: (cell) => valueOf(cell.before_percent), show: (cell) => withBand(cell.before_percent, (x) => fixed(x, 3)) },
        { label: "With it, %", value: (cell) => valueOf(cell.after_percent), show: (cell) => withBand(cell.after_percent, (x) => fixed(x, 3)) },
        { label: "Grip loosened, points", value: loosened, show: (cell) => signed(loosened(cell), 2) },
        { label: "Coercer's own loss, %", value: (cell) => valueOf(cell.own_cost_percent), show: (cell) => withBand(cell.own_cost_percent, (x) => fixed(x, 4)) },
      ],
      [...cells].sort((a, b) => Math.abs(loosened(b)) - Math.abs(loosened(a))),
      { caption: `${title}: ${UNIT} (modelled)`, file: "leverage", most: 8 },
    ),
  );
}

/** One sentence: what is loosened and tightened most, or that nothing is. */
function verdict(rows: { cell: LeverageCell; points: number }[], name: (code: string) => string): string {
  const told = ({ cell, points }: (typeof rows)[number]): string => `${name(cell.coercer)} over ${name(cell.target)} (${signed(points, 2)} points of ${fixed(valueOf(cell.before_percent), 2)} %)`;
  const order = [...rows].sort((a, b) => b.points - a.points);
  const least = 0.0005;
  const parts: string[] = [];
  if (order.length && order[0].points >= least) parts.push(`loosened most: ${told(order[0])}`);
  const last = order.at(-1);
  if (last && last.points <= -least) parts.push(`tightened most: ${told(last)}`);
  return parts.length ? `Grip ${parts.join("; ")}.` : "The scenario moves none of these grips by as much as 0.0005 points.";
}
