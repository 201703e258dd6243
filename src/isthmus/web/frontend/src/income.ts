// Real income: a map of countries, bars of those that change most, and the whole table.
import { bars } from "./charts";
import { el } from "./dom";
import { bandOf, valueOf, type NetworkDocument, type Summary } from "./documents";
import { placesFor, plusFixed, signed, withBand } from "./format";
import type { Geography } from "./geography";
import { incomeLegend } from "./legend";
import { FlowMap, REGIONS } from "./map";
import { decompositionTable } from "./sections";
import { makeSteps } from "./palette";
import { makeTable, type Column } from "./tables";

interface Row {
  code: string;
  name: string;
  percent: number;
  usd: number;
  withLatent: number;
  /** Percent in the other horizon. */
  other: number;
}

export function incomeRows(summary: Summary, names: Record<string, string>): Row[] {
  return Object.entries(summary.real_income).map(([code, change]) => ({
    code,
    name: names[code] ?? code,
    percent: valueOf(change.percent),
    usd: valueOf(change.usd_m),
    withLatent: summary.latent ? valueOf(summary.latent.real_income[code]?.percent) : NaN,
    other: valueOf(summary.other_horizon?.real_income[code]?.percent),
  }));
}

/** Rows that change most by percent or by money, in the order of percent. */
function telling(rows: Row[], most: number): Row[] {
  const by = (size: (row: Row) => number): Row[] => [...rows].sort((a, b) => size(b) - size(a)).slice(0, most);
  const chosen = new Set([...by((r) => Math.max(Math.abs(r.percent), Math.abs(r.withLatent || 0))), ...by((r) => Math.abs(r.usd)).slice(0, most / 2)]);
  const size = (row: Row): number => Math.max(Math.abs(row.percent), Math.abs(row.withLatent || 0));
  const least = 0.008 * Math.max(...rows.map(size)); // shorter than a pixel or two: the table has them
  return [...chosen].filter((row) => size(row) >= least).sort((a, b) => b.percent - a.percent);
}

export function incomePart(geography: Geography, network: NetworkDocument): { element: HTMLElement; update: (summary: Summary) => void } {
  let rows = new Map<string, Row>();
  const map = new FlowMap(geography, network, {
    label: "Map of real income by country. Arrow keys move it, plus and minus zoom; the table below has every number.",
    height: 420,
    tellCountry: (code, name) => {
      const row = rows.get(code);
      if (!row) return el("div", {}, el("strong", {}, name), el("div", {}, "not an economy of its own in this world"));
      return el("div", {}, el("strong", {}, row.name), el("div", {}, `real income ${signed(row.percent)} %, ${signed(row.usd)} USD million a year`));
    },
  });
  const [legend, chart, table] = [el("div"), el("div"), el("div")];
  const regions = el("div", { class: "group", role: "group", "aria-label": "Region" },
    ...Object.entries(REGIONS).map(([name, box]) => el("button", { type: "button", class: "quiet", click: () => map.fit(box) }, name)));
  const element = el("div", { class: "income" }, el("div", { class: "controls" }, regions), map.element, legend, chart, table);
  let first = true;
  const update = (summary: Summary): void => {
    const all = incomeRows(summary, network.economies);
    rows = new Map(all.map((row) => [row.code, row]));
    const steps = makeSteps(all.map((row) => row.percent));
    map.showCountries({ value: (code) => rows.get(code)?.percent ?? null, steps });
    legend.replaceChildren(incomeLegend(steps, `change of real income, % (modelled, ${summary.horizon} horizon; losses hatched; dark grey: no economy of its own)`));
    chart.replaceChildren(incomeBars(all, summary));
    table.replaceChildren(incomeTable(all, summary));
    const parts = decompositionTable(summary, network.economies);
    if (parts) table.append(parts);
    if (first) requestAnimationFrame(() => requestAnimationFrame(() => map.fit(REGIONS["Caspian and Central Asia"])));
    first = false;
  };
  return { element, update };
}

function incomeBars(rows: Row[], summary: Summary): HTMLElement {
  const ranged = rows.some((row) => bandOf(summary.real_income[row.code].percent));
  const shown = telling(rows, 12).map((row) => ({
    name: row.name,
    figure: summary.real_income[row.code].percent,
    ring: Number.isNaN(row.withLatent) ? undefined : row.withLatent,
  }));
  const caption =
    `Who gains and who loses: change of real income, % (${summary.horizon} horizon, against ${summary.year})` +
    (summary.latent ? "; rings add the trade that closed borders suppress today (an estimate)" : "") +
    (ranged ? "; whiskers hold 5 to 95 % of the draws" : "");
  return bars(shown, { unit: "change of real income, %", caption, ring: "with suppressed trade" });
}

function incomeTable(rows: Row[], summary: Summary): HTMLElement {
  const places = placesFor(rows.map((row) => row.percent));
  const money = Math.max(1, placesFor(rows.map((row) => row.usd)));
  const both = summary.other_horizon && !summary.other_horizon.failure ? summary.other_horizon : null;
  const columns: Column<Row>[] = [
    { label: "Economy", value: (row) => row.name },
    { label: both ? `Real income, %, ${summary.horizon} horizon` : "Real income, %", value: (row) => row.percent, show: (row) => withBand(summary.real_income[row.code].percent, (x) => plusFixed(x, places)) },
    { label: `USD million a year (${summary.year})`, value: (row) => row.usd, show: (row) => withBand(summary.real_income[row.code].usd_m, (x) => plusFixed(x, money)) },
  ];
  if (both)
    columns.splice(2, 0, { label: `%, ${both.horizon} horizon`, value: (row) => row.other, show: (row) => plusFixed(row.other, places) });
  if (summary.latent)
    columns.push({ label: "%, with suppressed trade (estimated)", value: (row) => row.withLatent, show: (row) => plusFixed(row.withLatent, places) });
  const order = [...rows].sort((a, b) => Math.abs(b.percent) - Math.abs(a.percent));
  return makeTable(columns, order, { caption: `Winners and losers (modelled, ${summary.horizon} horizon)`, file: "real-income", most: 12 });
}
