// Two scenarios beside each other, called A and B: real income, corridors, transit revenue.
import { bars } from "./charts";
import { el } from "./dom";
import { valueOf, type ComparisonDocument, type NetworkDocument, type ResultDocument } from "./documents";
import { fixed, placesFor, plusFixed } from "./format";
import { incomeRows } from "./income";
import { makeTable, type Column } from "./tables";

const horizons = (a: ResultDocument, b: ResultDocument): string =>
  a.summary.horizon === b.summary.horizon ? `${a.summary.horizon} horizon` : `${a.summary.horizon} and ${b.summary.horizon} horizon`;

/** What A and B stand for. */
export function legend({ a, b }: ComparisonDocument): HTMLElement {
  const rows = ([["A", a], ["B", b]] as const).map(([mark, { title, story }]) => [el("dt", {}, mark), el("dd", {}, el("strong", {}, title), story ? el("span", { class: "story" }, ` ${story}`) : null)]);
  return el("dl", { class: "sides" }, ...rows.flat());
}

interface Pair {
  name: string;
  a: number;
  b: number;
}

/** Columns of A, B and their difference, in one unit. */
function sides<Row extends Pair>(unit: string, places: number, show: (value: number, places: number) => string = fixed): Column<Row>[] {
  return [
    { label: `A, ${unit}`, value: (row) => row.a, show: (row) => show(row.a, places) },
    { label: `B, ${unit}`, value: (row) => row.b, show: (row) => show(row.b, places) },
    { label: `B less A, ${unit === "%" ? "points" : unit}`, value: (row) => row.b - row.a, show: (row) => plusFixed(row.b - row.a, places) },
  ];
}

const apart = (row: Pair): number => Math.abs(row.b - row.a);

export function comparedIncome(a: ResultDocument, b: ResultDocument, network: NetworkDocument): HTMLElement[] {
  const other = new Map(incomeRows(b.summary, network.economies).map((row) => [row.code, row]));
  const rows = incomeRows(a.summary, network.economies).map((row) => ({ name: row.name, a: row.percent, b: other.get(row.code)?.percent ?? NaN, aUsd: row.usd, bUsd: other.get(row.code)?.usd ?? NaN }));
  const size = (row: (typeof rows)[number]): number => Math.max(Math.abs(row.a), Math.abs(row.b));
  rows.sort((x, y) => size(y) - size(x));
  const money = Math.max(1, placesFor(rows.flatMap((row) => [row.aUsd, row.bUsd])));
  const shown = rows.slice(0, 10).filter((row) => size(row) >= 0.004 * size(rows[0]));
  const chart = bars(
    shown.map((row) => ({ name: row.name, figure: row.a, ring: row.b })),
    { unit: "change of real income, %", caption: `Change of real income, % (modelled, ${horizons(a, b)}): bars A, rings B`, ring: "B", whole: true },
  );
  const table = makeTable(
    [
      { label: "Economy", value: (row) => row.name },
      ...sides<(typeof rows)[number]>("%", placesFor(rows.flatMap((row) => [row.a, row.b])), plusFixed),
      { label: "A, USD m", value: (row) => row.aUsd, show: (row) => plusFixed(row.aUsd, money) },
      { label: "B, USD m", value: (row) => row.bUsd, show: (row) => plusFixed(row.bUsd, money) },
    ],
    rows,
    { caption: `Change of real income under each scenario (modelled, ${horizons(a, b)}; money a year, prices of ${a.summary.year})`, file: "real-income", most: 15 },
  );
  return [chart, table];
}

export function comparedCorridors(a: ResultDocument, b: ResultDocument): HTMLElement {
  const other = new Map(b.summary.corridors.map((row) => [row.id, row]));
  const rows = a.summary.corridors.map((row) => ({ name: row.name, base: valueOf(row.before_mt), a: valueOf(row.after_mt), b: valueOf(other.get(row.id)?.after_mt) }));
  rows.sort((x, y) => apart(y) - apart(x));
  const places = Math.max(2, Math.min(3, placesFor(rows.map((row) => row.b - row.a))));
  return makeTable(
    [
      { label: "Corridor", value: (row) => row.name },
      { label: "Without either, Mt", value: (row) => row.base, show: (row) => fixed(row.base, places) },
      ...sides<(typeof rows)[number]>("Mt", places),
    ],
    rows,
    { caption: `Corridors, million tonnes a year (modelled: trade of ${a.summary.year}, network of ${a.summary.as_of})`, file: "corridors", most: 15 },
  );
}

export function comparedTransit(a: ResultDocument, b: ResultDocument, network: NetworkDocument): HTMLElement {
  const [one, two] = [a.summary.transit_revenue, b.summary.transit_revenue];
  const codes = [...new Set([...Object.keys(one), ...Object.keys(two)])].filter(Boolean);
  const rows = codes.map((code) => ({
    name: network.economies[code] ?? code,
    base: valueOf((one[code] ?? two[code]).before_usd_m),
    a: one[code] ? valueOf(one[code].after_usd_m) : 0,
    b: two[code] ? valueOf(two[code].after_usd_m) : 0,
  }));
  rows.sort((x, y) => apart(y) - apart(x));
  const places = Math.max(1, placesFor(rows.map((row) => row.b - row.a)));
  return makeTable(
    [
      { label: "Territory", value: (row) => row.name },
      { label: "Without either, USD m", value: (row) => row.base, show: (row) => fixed(row.base, places) },
      ...sides<(typeof rows)[number]>("USD m", places),
    ],
    rows,
    { caption: `Transit revenue by territory, USD million a year (modelled, prices of ${a.summary.year}: rate times distance plus fees)`, file: "transit", most: 10 },
  );
}
