// The parts of a report below its maps: corridors, links, transit, emissions, assumptions, provenance.
import { bars } from "./charts";
import { el } from "./dom";
import { valueOf, type MovedRow, type NetworkDocument, type ResultDocument, type Summary } from "./documents";
import { called, inWords, linkName } from "./names";
import { fixed, placesFor, plusFixed, significant, signed, withBand, words } from "./format";
import { makeTable, type Column } from "./tables";

type Moved = { name: string; before: number; after: number; change: number; row: MovedRow };

function moved(rows: MovedRow[]): Moved[] {
  return rows
    .map((row) => {
      const [before, after] = [valueOf(row.before_mt), valueOf(row.after_mt)];
      return { name: row.name, before, after, change: after - before, row };
    })
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
}

function movedColumns(rows: Moved[], label: string): Column<Moved>[] {
  const places = Math.max(2, Math.min(3, placesFor(rows.map((row) => row.change))));
  return [
    { label, value: (row) => row.name },
    { label: "Before, Mt", value: (row) => row.before, show: (row) => withBand(row.row.before_mt, (x) => fixed(x, places)) },
    { label: "After, Mt", value: (row) => row.after, show: (row) => withBand(row.row.after_mt, (x) => fixed(x, places)) },
    { label: "Change, Mt", value: (row) => row.change, show: (row) => plusFixed(row.change, places) },
    { label: "Change, %", value: (row) => (row.before > 0 ? (100 * row.change) / row.before : NaN), show: (row) => (row.before > 0.0005 ? signed((100 * row.change) / row.before, 2) : "new") },
  ];
}

export function corridorTable(summary: Summary): HTMLElement {
  const rows = moved(summary.corridors);
  return makeTable(movedColumns(rows, "Corridor"), rows, {
    caption: `Corridors, million tonnes a year (modelled: trade of ${summary.year}, network of ${summary.as_of})`,
    file: "corridors",
    most: 15,
  });
}

const BASIS: Record<string, string> = { source: "sourced", osm: "OpenStreetMap" };

export function linkTable(summary: Summary, show?: (id: string) => void): HTMLElement {
  const rows = moved(summary.links);
  const row = (m: Moved): Summary["links"][number] => m.row as Summary["links"][number];
  const columns = movedColumns(rows, "Link or crossing");
  if (show)
    columns[0].show = (m) => el("button", { type: "button", class: "link", title: "Show on the map", click: () => show(m.row.id) }, m.name);
  columns.splice(1, 0, { label: "Mode", value: (m) => words(row(m).mode) });
  if (rows.some((m) => row(m).queue_hours != null))
    columns.push({ label: "Queue, h", value: (m) => valueOf(row(m).queue_hours), show: (m) => withBand(row(m).queue_hours, (x) => fixed(x, 1)) });
  columns.push({ label: "Attributes", value: (m) => BASIS[row(m).basis ?? ""] ?? row(m).basis ?? "" });
  const queue = rows.some((m) => row(m).queue_hours != null) ? "; hours of queue where the model follows a capacity" : "; no link of this run queues";
  return makeTable(columns, rows, { caption: `Links and crossings that change most, million tonnes a year (modelled${queue})`, file: "links", most: 15 });
}

export function transitPart(summary: Summary, names: Record<string, string>): HTMLElement {
  const rows = Object.entries(summary.transit_revenue)
    .filter(([code]) => code)
    .map(([code, row]) => ({ name: names[code] ?? code, row, change: valueOf(row.after_usd_m) - valueOf(row.before_usd_m) }))
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  const top = rows.filter((row) => Math.abs(row.change) >= 0.05).slice(0, 10).sort((a, b) => b.change - a.change);
  const places = Math.max(1, placesFor(rows.map((row) => row.change)));
  const table = makeTable(
    [
      { label: "Territory", value: (row) => row.name },
      { label: "Before, USD m", value: (row) => valueOf(row.row.before_usd_m), show: (row) => withBand(row.row.before_usd_m, (x) => fixed(x, places)) },
      { label: "After, USD m", value: (row) => valueOf(row.row.after_usd_m), show: (row) => withBand(row.row.after_usd_m, (x) => fixed(x, places)) },
      { label: "Change, USD m", value: (row) => row.change, show: (row) => plusFixed(row.change, places) },
    ],
    rows,
    { caption: `Transit revenue by territory, USD million a year (modelled, prices of ${summary.year}: rate times distance plus fees)`, file: "transit", most: 10 },
  );
  const chart = top.length
    ? bars(top.map((row) => ({ name: row.name, figure: row.change })), { unit: "USD million a year", caption: `Transit revenue: who earns and who loses, USD million a year of ${summary.year}` })
    : null;
  return el("div", {}, chart, table);
}

export function emissionTable(summary: Summary): HTMLElement {
  const rows = Object.entries(summary.co2).map(([mode, row]) => ({ mode, before: valueOf(row.before_kt), after: valueOf(row.after_kt) }));
  const total = rows.reduce((sum, row) => ({ mode: "all", before: sum.before + row.before, after: sum.after + row.after }), { mode: "all", before: 0, after: 0 });
  const places = Math.max(1, placesFor(rows.map((row) => row.after - row.before)));
  return makeTable(
    [
      { label: "Mode", value: (row) => words(row.mode) },
      { label: "Before, kt", value: (row) => row.before, show: (row) => fixed(row.before, 1) },
      { label: "After, kt", value: (row) => row.after, show: (row) => fixed(row.after, 1) },
      { label: "Change, kt", value: (row) => row.after - row.before, show: (row) => plusFixed(row.after - row.before, places) },
    ],
    [...rows, total],
    { caption: "CO₂ of freight by mode, thousand tonnes a year (modelled)", file: "co2" },
  );
}

/** Where each change of real income comes from, if the run took it apart. */
export function decompositionTable(summary: Summary, names: Record<string, string>): HTMLElement | null {
  const rows = Object.entries(summary.decomposition ?? {}).map(([code, parts]) => ({ name: names[code] ?? code, parts }));
  if (!rows.length) return null;
  const keys = Object.keys(rows[0].parts);
  const size = (row: (typeof rows)[number]): number => Math.max(...Object.values(row.parts).map((value) => Math.abs(value ?? 0)));
  return makeTable(
    [
      { label: "Economy", value: (row) => row.name },
      ...keys.map((key) => ({ label: words(key), value: (row: (typeof rows)[number]) => row.parts[key] ?? NaN, show: (row: (typeof rows)[number]) => significant(row.parts[key] ?? NaN, 2) })),
    ],
    rows.sort((a, b) => size(b) - size(a)),
    { caption: "Where the change of real income comes from (modelled)", file: "decomposition", most: 10 },
  );
}

export function assumptions(document: ResultDocument, network: NetworkDocument): HTMLElement {
  const { summary } = document;
  const list = (title: string, lines: string[]): Node[] => (lines.length ? [el("h3", {}, title), el("ul", {}, ...lines.map((line) => el("li", {}, line)))] : []);
  const cited = document.cited.filter((row) => row.source || row.note).map((row) => `${row.change ? `Change ${row.change} (${words(row.kind)})` : "The scenario"}: ${[row.note, row.source].filter(Boolean).join(" — ")}`);
  const latent = summary.latent;
  const index = new Map(network.links.id.map((id, i) => [id, i]));
  const named = (what: string): string => (index.has(what) ? linkName(network, index.get(what) as number) : what);
  return el(
    "div",
    {},
    makeTable(
      [
        { label: "Change", value: (row) => row.change },
        { label: "Kind", value: (row) => words(row.kind) },
        { label: "What", value: (row) => inWords(named(row.what), network.economies) },
        { label: "Before", value: (row) => row.before },
        { label: "After", value: (row) => row.after.replace(/^access 0$/, "stopped") },
      ],
      document.changes,
      { caption: "Every change of the scenario", file: "changes", most: 20 },
    ),
    ...list("Sources", cited),
    ...list("Not modelled, and therefore in none of the numbers", summary.not_modelled.map((text) => inWords(text, network.economies))),
    ...list(`What the ranges hang on (${summary.uncertainty?.draws ?? 0} draws)`, summary.uncertainty?.matters_most ?? []),
    ...list("Warnings", summary.warnings.map((text) => inWords(text, network.economies))),
    ...list("Trade that loses its route", summary.stranded.slice(0, 20)),
    latent
      ? el("p", {}, `Trade that closed borders suppress is an estimate (what distance and size would let expect, times an openness of ${latent.openness}): ` +
          Object.entries(latent.trade_usd_m).map(([pair, value]) => `${pair.split("-").map((code) => called(code, network.economies)).join(" to ")} ${significant(value)}`).join(", ") + ` USD million of ${summary.year}. It is shown apart and not in the bars.`)
      : null,
    basisTable(document, network),
  );
}

function basisTable(document: ResultDocument, network: NetworkDocument): HTMLElement {
  const share = (row: ResultDocument["basis"][number], key: string): number => Number(row[key] ?? NaN);
  const words_ = ["observed", "balanced", "estimated"];
  return makeTable(
    [
      { label: "Economy", value: (row) => network.economies[String(row.economy)] ?? String(row.economy) },
      { label: "Trade", value: (row) => String(row.direction) },
      ...words_.map((word) => ({
        label: `${word[0].toUpperCase()}${word.slice(1)}, %`,
        value: (row: ResultDocument["basis"][number]) => share(row, `${word}_percent`),
        show: (row: ResultDocument["basis"][number]) => fixed(share(row, `${word}_percent`), 0),
      })),
    ],
    document.basis,
    { caption: "What the headline rests on: share of trade value by what pins the figure, for the economies that change most", file: "basis" },
  );
}

/** How a result was made, and the command that makes it again. */
export function made({ provenance: from, summary }: ResultDocument, mark = ""): HTMLElement {
  const line = (name: string, value: string): Node[] => [el("dt", {}, name), el("dd", {}, value)];
  const settings = Object.entries(from.settings).map(([key, value]) => `${words(key)} ${String(value)}`).join(", ");
  return el(
    "dl",
    {},
    ...(mark ? line("Scenario", `${mark}: ${summary.title}`) : []),
    ...line("Made by", `isthmus ${from.version}`),
    ...line("World", `${from.world}, sha256 ${from.world_sha256}`),
    ...line("Trade and money", `year ${summary.year}`),
    ...line("Network", `as of ${summary.as_of}`),
    ...line("Settings", settings || "defaults"),
    ...line("Solve", `${from.passes} passes, residual ${from.residual.toExponential(0)}, ${significant(from.seconds)} s`),
    el("dt", {}, "Again by"),
    el("dd", {}, el("code", {}, from.command)),
  );
}

export const sources = (document: ResultDocument, network: NetworkDocument): HTMLElement =>
  el(
    "div",
    {},
    makeTable(
      [
        { label: "Table", value: (row) => words(row.table) },
        { label: "Made from", value: (row) => row.sources },
        { label: "Licence", value: (row) => row.licence },
      ],
      document.provenance.sources,
      { caption: "Sources and licences", file: "sources", most: 6 },
    ),
    el("p", { class: "note" }, network.credit),
  );
