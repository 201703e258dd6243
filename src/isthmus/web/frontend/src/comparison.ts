// Two scenarios beside each other: real income and corridors.
import { bars } from "./charts";
import { valueOf, type NetworkDocument, type ResultDocument } from "./documents";
import { fixed, placesFor, plusFixed } from "./format";
import { incomeRows } from "./income";
import { makeTable } from "./tables";

const horizons = (a: ResultDocument, b: ResultDocument): string =>
  a.summary.horizon === b.summary.horizon ? `${a.summary.horizon} horizon` : `${a.summary.horizon} and ${b.summary.horizon} horizon`;

export function comparedIncome(a: ResultDocument, b: ResultDocument, network: NetworkDocument): HTMLElement[] {
  const other = new Map(incomeRows(b.summary, network.economies).map((row) => [row.code, row]));
  const rows = incomeRows(a.summary, network.economies).map((row) => ({ name: row.name, a: row.percent, b: other.get(row.code)?.percent ?? NaN, aUsd: row.usd, bUsd: other.get(row.code)?.usd ?? NaN }));
  const size = (row: (typeof rows)[number]): number => Math.max(Math.abs(row.a), Math.abs(row.b));
  rows.sort((x, y) => size(y) - size(x));
  const places = placesFor(rows.flatMap((row) => [row.a, row.b]));
  const money = Math.max(1, placesFor(rows.flatMap((row) => [row.aUsd, row.bUsd])));
  const shown = rows.slice(0, 10).filter((row) => size(row) >= 0.004 * size(rows[0]));
  const chart = bars(
    shown.map((row) => ({ name: row.name, figure: row.a, ring: row.b })),
    { unit: "change of real income, %", caption: `Change of real income, % (${horizons(a, b)}): bars ${a.title}, rings ${b.title}`, ring: b.title, whole: true },
  );
  const table = makeTable(
    [
      { label: "Economy", value: (row) => row.name },
      { label: `${a.title}, %`, value: (row) => row.a, show: (row) => plusFixed(row.a, places) },
      { label: `${b.title}, %`, value: (row) => row.b, show: (row) => plusFixed(row.b, places) },
      { label: "Second less first, points", value: (row) => row.b - row.a, show: (row) => plusFixed(row.b - row.a, places) },
      { label: `${a.title}, USD m`, value: (row) => row.aUsd, show: (row) => plusFixed(row.aUsd, money) },
      { label: `${b.title}, USD m`, value: (row) => row.bUsd, show: (row) => plusFixed(row.bUsd, money) },
    ],
    rows,
    { caption: `Change of real income under each scenario (modelled, ${horizons(a, b)}; money a year, prices of ${a.summary.year})`, file: "real-income", most: 15 },
  );
  return [chart, table];
}

export function comparedCorridors(a: ResultDocument, b: ResultDocument): HTMLElement {
  const other = new Map(b.summary.corridors.map((row) => [row.id, row]));
  const rows = a.summary.corridors.map((row) => ({ name: row.name, base: valueOf(row.before_mt), a: valueOf(row.after_mt), b: valueOf(other.get(row.id)?.after_mt) }));
  rows.sort((x, y) => Math.abs(y.b - y.a) - Math.abs(x.b - x.a));
  const places = Math.max(2, Math.min(3, placesFor(rows.map((row) => row.b - row.a))));
  return makeTable(
    [
      { label: "Corridor", value: (row) => row.name },
      { label: "Without either, Mt", value: (row) => row.base, show: (row) => fixed(row.base, places) },
      { label: `${a.title}, Mt`, value: (row) => row.a, show: (row) => fixed(row.a, places) },
      { label: `${b.title}, Mt`, value: (row) => row.b, show: (row) => fixed(row.b, places) },
      { label: "Second less first, Mt", value: (row) => row.b - row.a, show: (row) => plusFixed(row.b - row.a, places) },
    ],
    rows,
    { caption: "Corridors, million tonnes a year (modelled)", file: "corridors", most: 15 },
  );
}
