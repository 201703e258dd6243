// Pages beside the scenario: leverage, critical links, events, dependence, validation.
import { getJson, type About } from "./api";
import { asker, economies, HORIZONS, nameOf, page, pick } from "./asker";
import { bars, figure, heatMap } from "./charts";
import { el } from "./dom";
import type { Figure, NetworkDocument, StoredValidation, Validation } from "./documents";
import { fixed, rounded, significant, signed, words } from "./format";
import { inWords, linkNames } from "./names";
import { validationBox, validationPart } from "./trust";
import { makeTable, type Column } from "./tables";
import * as Plot from "@observablehq/plot";
import { INK, MORE } from "./palette";

// Leverage ----------------------------------------------------------------------------------------

interface Point {
  instruments: string[];
  loss_percent: number;
  own_cost_percent: number;
}

interface Leverage {
  coercer: string;
  target: string;
  year: number;
  as_of: string;
  horizon: string;
  loss_percent: number;
  own_cost_percent: number;
  loss_usd_m: number;
  own_cost_usd_m: number;
  ratio: number | null;
  asymmetry: number;
  additive_gap_percent: number;
  instruments: (Omit<Point, "instruments"> & { id: string; kind: string; words: string; value_usd_m: number })[];
  frontier: Point[];
  budgets: (Point & { budget_percent: number; words: string })[];
  grip: { scenario: string; before_percent: number; after_percent: number; points_removed: number }[];
}

/** Decimals that show a difference with its first digit. */
const placesOf = (difference: number): number => (difference === 0 ? 1 : Math.min(4, Math.max(1, -Math.floor(Math.log10(Math.abs(difference))))));

function drawLeverage(found: Leverage, about: About): Node[] {
  const [coercer, target] = [nameOf(about, found.coercer), nameOf(about, found.target)];
  const names = `${coercer} over ${target}`;
  const ratio = found.ratio === null ? "at no cost to itself" : `${rounded(found.ratio, 2)} times the share of income that it costs ${coercer}`;
  const line = Plot.plot({
    width: 640,
    height: 320,
    marginLeft: 60,
    marginTop: 30,
    marginBottom: 46,
    style: { fontSize: "13px", fontFamily: "inherit", color: INK },
    x: { label: `own cost of ${coercer}, % of real income →`, labelOffset: 40, grid: true },
    y: { label: `↑ loss of ${target}, % of real income`, grid: true },
    marks: [Plot.line(found.frontier, { x: "own_cost_percent", y: "loss_percent", stroke: MORE, strokeWidth: 2 }), Plot.dot(found.frontier, { x: "own_cost_percent", y: "loss_percent", fill: MORE, r: 3 })],
  });
  const percent = (value: number): string => fixed(value, 4);
  const told = (row: { words: string }): string => inWords(row.words, about.economies);
  const terms = `modelled, ${found.horizon} horizon, trade of ${found.year}, network of ${found.as_of}`;
  const figures = <Row extends { loss_percent: number; own_cost_percent: number }>(): Column<Row>[] => [
    { label: `Loss of ${target}, % of real income`, value: (row) => row.loss_percent, show: (row) => percent(row.loss_percent) },
    { label: `Own cost of ${coercer}, %`, value: (row) => row.own_cost_percent, show: (row) => percent(row.own_cost_percent) },
  ];
  return [
    el(
      "div",
      { class: "headline" },
      el("p", {}, `With all instruments together ${coercer} can take ${significant(found.loss_percent, 2)} % of the real income of ${target} (USD ${rounded(found.loss_usd_m, 2)} million a year), ${ratio}.`),
      el("p", {}, `The asymmetry, what it can take less what can be taken back, is ${signed(found.asymmetry, 2)} percentage points.`),
      ...found.grip.map((grip) => el("p", {}, `${titleOf(about, grip.scenario)} ${grip.points_removed >= 0 ? "removes" : "adds"} ${significant(Math.abs(grip.points_removed), 2)} points of this grip (from ${fixed(grip.before_percent, placesOf(grip.points_removed))} to ${fixed(grip.after_percent, placesOf(grip.points_removed))} %).`)),
      el("p", { class: "note" }, `${terms[0].toUpperCase()}${terms.slice(1)}. All instruments are solved together; their single losses added up would be ${significant(Math.abs(found.additive_gap_percent), 2)} points ${found.additive_gap_percent < 0 ? "less" : "more"}. An own cost below nothing is a gain of ${coercer}.`),
    ),
    figure(line, `Frontier of ${names}: the most loss for a given own cost, both % of real income (${terms})`, `Frontier of ${names}: ${found.frontier.map((p) => `${significant(p.loss_percent, 2)} % at own cost ${significant(p.own_cost_percent, 2)} %`).join("; ")}.`),
    makeTable(
      [
        { label: "Own cost at most, %", value: (row) => row.budget_percent },
        { label: "Best set", value: told },
        ...figures<Leverage["budgets"][number]>(),
      ],
      found.budgets,
      { caption: `What a given own cost buys (${terms})`, file: "budgets" },
    ),
    makeTable(
      [
        { label: "Instrument", value: told },
        { label: "Kind", value: (row) => words(row.kind) },
        { label: `Value, USD m (${found.year})`, value: (row) => row.value_usd_m, show: (row) => (row.value_usd_m ? fixed(row.value_usd_m, 1) : "–") },
        ...figures<Leverage["instruments"][number]>(),
      ],
      [...found.instruments].sort((a, b) => b.loss_percent - a.loss_percent),
      { caption: `Single instruments, each alone (${terms}; –: no trade of its own)`, file: "instruments", most: 15 },
    ),
  ];
}

const titleOf = (about: About, name: string): string => about.scenarios.find((one) => one.name === name)?.title ?? name;

interface Matrix {
  economies: string[];
  horizon: string;
  year: number;
  loss_percent: number[][];
}

function drawMatrix(found: Matrix, about: About): Node[] {
  const names = found.economies.map((code) => nameOf(about, code));
  const cells = names.flatMap((row, i) => names.flatMap((column, j) => (i === j ? [] : [{ row, column, value: found.loss_percent[i][j] }])));
  const unit = "loss of the target's real income under an embargo of all trade between the two, %";
  const caption = `Embargo of all trade between the two: loss of the target's real income, % (modelled, ${found.horizon} horizon, trade of ${found.year})`;
  return [
    heatMap(cells, `Embargo matrix, ${found.horizon} horizon, trade of ${found.year} (modelled)`, unit),
    makeTable(
      [
        { label: "Coercer", value: (cell) => cell.row },
        { label: "Target", value: (cell) => cell.column },
        { label: "Loss of the target, %", value: (cell) => cell.value, show: (cell) => fixed(cell.value, 4) },
      ],
      [...cells].sort((a, b) => b.value - a.value),
      { caption, file: "matrix", most: 12 },
    ),
  ];
}

export function leveragePage(about: About): HTMLElement {
  const measures: [string, string][] = [["", "none"], ...about.scenarios.map(({ name, title }): [string, string] => [name, `${name}: ${title}`])];
  const some = ["ARM", "AZE", "GEO", "RUS", "TUR", "IRN", "KAZ", "UZB", "CHN", "EUU"].filter((code) => code in about.economies);
  const among = (some.length > 1 ? some : Object.keys(about.economies)).join(",");
  return page(
    "Who holds leverage over whom",
    asker(
      "One over another",
      "Every instrument that the coercer has over the target: bans on its exports and imports by sector, transit, energy, transfers, migrants. Choose a measure to see by how much it loosens the grip.",
      [
        { name: "coercer", label: "Coercer", value: pick(about, "RUS"), choices: economies(about, "") },
        { name: "target", label: "Target", value: pick(about, "ARM", "BBB"), choices: economies(about, "") },
        { name: "scenario", label: "Measure in place", choices: measures },
        { name: "horizon", label: "Horizon", choices: HORIZONS },
      ],
      "/api/leverage",
      (answer) => drawLeverage(answer, about),
      { auto: new URLSearchParams(location.search).has("coercer") },
    ),
    asker("Every pair", "An embargo of all trade between each two: no transit, no energy price, no transfers.", [{ name: "among", label: "Economies, commas between", value: among, wide: true }, { name: "horizon", label: "Horizon", choices: HORIZONS }], "/api/leverage/matrix", (answer) => drawMatrix(answer, about), { part: "matrix-" }),
  );
}

// Critical links ----------------------------------------------------------------------------------

interface Closure {
  id: string;
  name: string;
  kind: string;
  traffic_mt: number;
  extra_cost_usd_m: number;
  extra_hours: number;
  stranded_mt: number;
  cut: string[];
}

async function drawCritical(found: { links: Closure[]; stranding: Closure[]; trade_year: number; as_of: string; screened: string; economy: string | null }, about: About): Promise<Node[]> {
  const link = linkNames(await getJson<NetworkDocument>("/api/network"), about);
  const terms = `modelled, freight of ${found.trade_year}, network of ${found.as_of}`;
  const whose = found.economy ? `trade of ${nameOf(about, found.economy)}` : "all trade";
  const money = Math.max(0, ...found.links.map((row) => row.extra_cost_usd_m)) >= 10_000 ? 0 : 1;
  const table = (rows: Closure[], caption: string, file: string): HTMLElement =>
    makeTable<Closure>(
      [
        { label: "Link", value: (row) => row.name },
        { label: "Kind", value: (row) => words(row.kind) },
        { label: "Freight, Mt", value: (row) => row.traffic_mt, show: (row) => fixed(row.traffic_mt, 2) },
        { label: "Extra cost, USD m", value: (row) => row.extra_cost_usd_m, show: (row) => fixed(row.extra_cost_usd_m, money) },
        { label: "Extra hours a tonne", value: (row) => row.extra_hours, show: (row) => fixed(row.extra_hours, 1) },
        { label: "No route left, Mt", value: (row) => row.stranded_mt, show: (row) => fixed(row.stranded_mt, 3) },
        { label: "What cuts the largest flow off", wrap: true, value: (row) => row.cut.map((what) => inWords(link(what), about.economies)).join(", ") },
      ],
      rows,
      { caption, file, most: 20, empty: `${caption}: none.` },
    );
  return [
    bars(found.links.slice(0, 12).map((row) => ({ name: row.name, figure: row.extra_cost_usd_m as Figure })), { unit: "USD million a year", plain: true, caption: `Dearest closures for ${whose}: extra cost of freight, USD million a year (${terms})` }),
    table(found.links, `Dearest closures for ${whose}, amounts a year (${terms})`, "critical"),
    table(found.stranding, `Closures that leave most freight of ${whose} without a route, amounts a year (${terms})`, "stranding"),
    el("p", { class: "note" }, `${found.screened}. Trade does not give way here: all freight that has a way left takes it, by air where nothing else is left, so that large costs are an upper bound. Hours below nothing: the way round is dearer, and faster.`),
  ];
}

export function criticalPage(about: About): HTMLElement {
  return page(
    "Which links are critical, for whom",
    asker(
      "Close one link at a time",
      "Each crossing, chokepoint, ferry, port, pipeline and project is closed alone, exactly: what the freight that used it pays more, how much longer it takes, and what is left without any route. The first time takes minutes.",
      [{ name: "economy", label: "Whose trade", choices: economies(about, "everybody's") }],
      "/api/critical",
      (answer) => drawCritical(answer, about),
    ),
  );
}

// Dependence --------------------------------------------------------------------------------------

interface Dependence {
  on: string;
  kind: string;
  item: string;
  direction: string;
  year: number;
  share_percent: number | null;
  value: number | null;
  unit: string;
  hhi: number | null;
  alternatives: string;
  source: string;
  basis: string;
  note: string;
  model_share_percent: number | null;
}

const withUnit = (value: number, unit: string): string => (unit.startsWith("USD ") ? `USD ${significant(value)} ${unit.slice(4)}` : `${significant(value)} ${unit}`);

function drawDependence(found: { economy: string; year: number; rows: Dependence[] }, about: About): Node[] {
  const economy = nameOf(about, found.economy);
  const number = (value: number | null): number => value ?? NaN;
  const last = new Map<string, Dependence>();
  for (const row of found.rows) if (row.share_percent !== null && row.basis !== "modelled") {
    const key = `${nameOf(about, row.on)}: ${row.item}`;
    if ((last.get(key)?.year ?? 0) <= row.year) last.set(key, row);
  }
  const top = [...last].sort((a, b) => number(b[1].share_percent) - number(a[1].share_percent)).slice(0, 14);
  const short = (text: string): string => (text.length > 62 ? `${text.slice(0, 60)}…` : text);
  const firm = (row: Dependence): boolean => row.basis.startsWith("reported");
  return [
    top.length
      ? bars(top.map(([key, row]) => ({ name: `${short(key)}, ${row.year}`, figure: row.share_percent as Figure, faint: !firm(row) })), { unit: "share of the partner, %", plain: true, width: 900, caption: `Largest dependences of ${economy}: share of the partner, %, latest year of each; solid: reported, pale: derived from trade data or of low reliability` })
      : el("p", { class: "note" }, "No reported figure; the model's own are in the table."),
    makeTable(
      [
        { label: "What", long: true, value: (row) => row.item },
        { label: "On whom", value: (row) => nameOf(about, row.on) },
        { label: "Kind", value: (row) => words(row.kind) },
        { label: "Year", value: (row) => String(row.year) },
        { label: "Share, %", value: (row) => number(row.share_percent), show: (row) => fixed(number(row.share_percent), 1) },
        { label: "Value", wrap: true, value: (row) => number(row.value), show: (row) => (row.value === null ? "–" : withUnit(row.value, row.unit)) },
        { label: "HHI", note: "Concentration of the partners, 0 to 1: the sum of squared shares", value: (row) => number(row.hhi), show: (row) => fixed(number(row.hhi), 2) },
        { label: `Model's sector ${found.year}, %`, note: "The partner's share of the whole sector that the item belongs to, in the model's accounts", value: (row) => number(row.model_share_percent), show: (row) => fixed(number(row.model_share_percent), 1) },
        { label: "What else there is", wrap: true, value: (row) => inWords(row.alternatives.replace(/(^|, )[A-Z]{3} 0%(?=,|$)/g, "").replace(/^, /, ""), about.economies) },
        { label: "Basis", value: (row) => row.basis },
        { label: "Source", long: true, value: (row) => [row.source, row.note].filter(Boolean).join("; ") },
      ],
      found.rows,
      { caption: `What ${economy} depends on: reported figures with their year, the model's beside them`, file: "dependence", most: 30 },
    ),
  ];
}

export function dependencePage(about: About): HTMLElement {
  return page(
    "On whom an economy depends",
    asker(
      "Profile of an economy",
      "Trade, energy, wheat, remittances, arms, transit, concessions: shares, how concentrated they are, and what else there would be, each with year and source.",
      [{ name: "economy", label: "Economy", value: pick(about, "ARM"), choices: economies(about, "") }],
      "/api/dependence",
      (answer) => drawDependence(answer, about),
      { auto: true },
    ),
  );
}

// Validation --------------------------------------------------------------------------------------

export function validationPage(): HTMLElement {
  const stored = el("section", {}, el("h2", {}, "As stored with this world"), el("p", { role: "status" }, "Loading ..."));
  getJson<StoredValidation>("/api/validation")
    .then((found) => stored.lastChild?.replaceWith(validationBox(found, false)))
    .catch((error: unknown) => stored.lastChild?.replaceWith(el("p", { class: "problem", role: "alert" }, String(error))));
  return page(
    "The model against what was observed",
    stored,
    asker("Computed now", "The same with this version and these settings, each flow in the network and demand of its year. This takes minutes.", [], "/api/validate", (answer: Validation) => [validationPart(answer)]),
  );
}

export async function loadAbout(): Promise<About> {
  return getJson<About>("/api/about");
}
