// The one entry of every host: put a report into an element and keep it up to date.
import { el } from "./dom";
import type { ComparisonDocument, Figure, NetworkDocument, ReportDocument, ResultDocument, Summary } from "./documents";
import { flowPart } from "./flows";
import { makeGeography, type Geography, type Outlines } from "./geography";
import { comparedCorridors, comparedIncome, comparedTransit, legend } from "./comparison";
import { incomePart } from "./income";
import { leveragePart } from "./grips";
import { assumptions, corridorTable, emissionTable, linkTable, made, sources, transitPart } from "./sections";
import { constantTable, validationBox } from "./trust";

export interface Mounted {
  update: (document: ReportDocument) => void;
  mark: (link: number) => void;
}

export interface MountOptions {
  /** Called when a reader picks a link on the map. */
  pickLink?: (i: number) => void;
  geography?: Geography;
  /** Show links that are closed or planned, to be picked. */
  planned?: boolean;
  /** Leave out the title: the host has its own. */
  bare?: boolean;
}

const queuesOf = (summary: Summary): Map<string, Figure | null | undefined> => new Map(summary.links.map((row) => [row.id, row.queue_hours]));

const section = (id: string, title: string, ...content: Node[]): HTMLElement =>
  el("section", { id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), ...content);

/** Mount a report of one result, or of two, and return what updates it. */
export function mount(root: HTMLElement, outlines: Outlines, network: NetworkDocument, document: ReportDocument, options: MountOptions = {}): Mounted {
  const geography = options.geography ?? makeGeography(outlines, network);
  return document.kind === "comparison"
    ? mountComparison(root, geography, network, document)
    : mountResult(root, geography, network, document, options);
}

function mountResult(root: HTMLElement, geography: Geography, network: NetworkDocument, first: ResultDocument, options: MountOptions): Mounted {
  const flows = flowPart(geography, network, options.pickLink);
  const income = incomePart(geography, network);
  const index = new Map(network.links.id.map((id, i) => [id, i]));
  const [head, corridors, links, transit, leverage, assumed, trust, origin] = Array.from({ length: 8 }, () => el("div"));
  const show = (id: string): void => {
    const i = index.get(id);
    if (i === undefined) return;
    flows.element.scrollIntoView({ block: "start" });
    flows.mark(i);
  };
  root.replaceChildren(
    el(
      "main",
      { class: "report" },
      head,
      section("freight", "Where freight moves", flows.element, corridors, links),
      section("income", "Who gains and who loses", income.element),
      section("transit", "Transit revenue and emissions", transit),
      section("leverage", "Who holds leverage over whom", leverage),
      section("assumed", "What was assumed", assumed),
      section("trust", "How far to trust it", trust),
      section("provenance", "Where it comes from", origin),
    ),
  );
  const update = (next: ReportDocument): void => {
    if (next.kind !== "result") return;
    const { summary } = next;
    head.replaceChildren(header(next, options.bare));
    flows.update({ before: next.before_mt, after: next.after_mt, opened: next.opened, closed: next.closed, planned: options.planned }, { year: summary.year, asOf: summary.as_of, queues: queuesOf(summary) });
    income.update(summary);
    corridors.replaceChildren(corridorTable(summary));
    links.replaceChildren(linkTable(summary, show));
    transit.replaceChildren(transitPart(summary, network.economies), emissionTable(summary));
    leverage.replaceChildren(leveragePart(next.leverage, next.embargoes, network.economies, options.bare));
    assumed.replaceChildren(assumptions(next, network), constantTable(next.constants));
    trust.replaceChildren(validationBox(next.validation));
    origin.replaceChildren(made(next), sources(next, network));
  };
  update(first);
  return { update, mark: flows.mark };
}

/** What became of queues at full links. */
const QUEUES: Record<string, string> = { solved: "Queues follow the traffic", held: "Queues held as they are today", off: "No queues: capacities do not bind" };

function header(document: ResultDocument, bare?: boolean): HTMLElement {
  const { summary } = document;
  const queues = QUEUES[String(document.provenance.settings.queues)];
  const facts = [`Horizon: ${summary.horizon} (${summary.horizon === "long" ? "years" : "months"})`, `Network of ${summary.as_of}`, `Trade of ${summary.year}`, ...(queues ? [queues] : []), `isthmus ${summary.version}`];
  return el(
    "header",
    {},
    bare ? null : el("h1", {}, document.title),
    bare || !document.story ? null : el("p", { class: "story" }, document.story),
    headline(document.headline, document.caveat),
    el("ul", { class: "facts" }, ...facts.map((fact) => el("li", {}, fact))),
  );
}

const headline = (sentences: string[], caveat: string): HTMLElement =>
  el("div", { class: "headline", id: "headline" }, ...sentences.map((sentence) => el("p", {}, sentence)), el("p", { class: "note" }, caveat));

function mountComparison(root: HTMLElement, geography: Geography, network: NetworkDocument, document: ComparisonDocument): Mounted {
  const { a, b } = document;
  const flows = flowPart(geography, network);
  const parts = ([["A", a], ["B", b]] as const).flatMap(([mark, one]) => [el("h3", {}, `${mark}: ${one.title}`), headline(one.headline, one.caveat), assumptions(one, network)]);
  root.replaceChildren(
    el(
      "main",
      { class: "report" },
      el("header", {}, el("h1", {}, "Two scenarios side by side"), legend(document), headline(document.headline, document.caveat)),
      section("freight", "Freight under each scenario", flows.element, comparedCorridors(a, b)),
      section("income", "Real income under each scenario", ...comparedIncome(a, b, network)),
      section("transit", "Transit revenue under each scenario", comparedTransit(a, b, network)),
      section("assumed", "What each says, and what was assumed", ...parts),
      section("trust", "How far to trust it", validationBox(a.validation, false), constantTable(a.constants)),
      section("provenance", "Where it comes from", made(a, "A"), made(b, "B"), sources(a, network)),
    ),
  );
  flows.update({ before: a.after_mt, after: b.after_mt, opened: [], closed: [] }, { year: a.summary.year, asOf: a.summary.as_of, queues: new Map(), names: ["A", "B"] });
  return { update: () => undefined, mark: flows.mark };
}
