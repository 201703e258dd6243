// The dated record along time, and whether responses follow triggers more often than chance.
import { getJson, type About } from "./api";
import { asker, nameOf, page } from "./asker";
import { timeline } from "./charts";
import { el } from "./dom";
import { fixed, significant, words } from "./format";
import { makeTable } from "./tables";

interface Event_ {
  id: string;
  date: string;
  actor: string;
  target: string;
  kind: string;
  instrument: string;
  sector: string;
  description: string;
  sourced: string;
  source: string;
  confidence: string;
}

function drawEvents(found: { n: number; unsourced: number; events: Event_[] }, about: About): Node[] {
  const points = found.events
    .map((event) => ({ date: new Date(event.date), lane: `${nameOf(about, event.actor)} → ${nameOf(about, event.target)}`, kind: event.kind, faint: event.sourced !== "yes", label: `${event.date}: ${event.description}` }))
    .filter((point) => !Number.isNaN(point.date.getTime()));
  const count = new Map<string, number>();
  for (const point of points) count.set(point.lane, (count.get(point.lane) ?? 0) + 1);
  const lanes = new Set([...count].sort((a, b) => b[1] - a[1]).slice(0, 18).map(([lane]) => lane));
  const shown = points.filter((point) => lanes.has(point.lane)).sort((a, b) => a.lane.localeCompare(b.lane) || a.date.getTime() - b.date.getTime());
  const rest = count.size - lanes.size;
  return [
    shown.length ? timeline(shown, `Events by who acted → toward whom${rest > 0 ? ` (the ${lanes.size} busiest pairs; ${rest} more in the table)` : ""}; pale: no document checked`) : el("p", {}, "No event fits."),
    makeTable(
      [
        { label: "Date", value: (row) => row.date, show: (row) => el("time", {}, row.date) },
        { label: "Actor", value: (row) => nameOf(about, row.actor) },
        { label: "Target", value: (row) => nameOf(about, row.target) },
        { label: "Kind", value: (row) => words(row.kind) },
        { label: "Instrument", value: (row) => words(row.instrument) },
        { label: "Sector", value: (row) => words(row.sector) },
        { label: "What happened", long: true, value: (row) => row.description },
        { label: "Source", long: true, value: (row) => row.source },
        { label: "Confidence", value: (row) => row.confidence },
      ],
      [...found.events].sort((a, b) => b.date.localeCompare(a.date)),
      { caption: `${found.n} events, ${found.unsourced} of them without a checked document, latest first`, file: "events", most: 15 },
    ),
  ];
}

interface Finding {
  n_trigger: number;
  n_response: number;
  windows: { days: number; hits: { value: number }; rate: number; interval: { low: number; high: number }; base_rate: number; chance_rate: { within_year: number }; p_poisson: number; p_holm: number }[];
  matches: { trigger: string[]; date: string; chance: number; responses: string[] }[];
  verdict: string;
  power: string;
  warnings: string[];
  caution: string;
}

/** A finding, with what happened in place of the rows' numbers. */
async function drawFinding(found: Finding): Promise<Node[]> {
  const { events } = await getJson<{ events: Event_[] }>("/api/events");
  const told = new Map(events.map((event) => [event.id, `${event.date}: ${event.description}`]));
  const list = (ids: string[]): HTMLElement => el("div", {}, ...ids.map((id) => el("div", { title: id }, told.get(id) ?? id)));
  const share = (value: number): string => `${fixed(100 * value, 1)} %`;
  return [
    el("div", { class: "headline" }, el("p", {}, found.verdict), el("p", {}, found.power), el("p", { class: "note" }, [found.caution, ...found.warnings].join(" "))),
    makeTable(
      [
        { label: "Window, days", value: (row) => row.days },
        { label: "Triggers answered", value: (row) => row.rate, show: (row) => `${share(row.rate)} (${share(row.interval.low)} to ${share(row.interval.high)})` },
        { label: "By chance, dates spread evenly", value: (row) => row.base_rate, show: (row) => share(row.base_rate) },
        { label: "By chance, busy years kept", value: (row) => row.chance_rate.within_year, show: (row) => share(row.chance_rate.within_year) },
        { label: "p, Poisson", value: (row) => row.p_poisson, show: (row) => significant(row.p_poisson, 2) },
        { label: "p of the verdict", note: "The largest of four permutation tests, corrected for the number of windows", value: (row) => row.p_holm, show: (row) => significant(row.p_holm, 2) },
      ],
      found.windows,
      { caption: `${found.n_trigger} triggers, ${found.n_response} responses: share of triggers that a response followed (95 % interval), in the record`, file: "coincidence" },
    ),
    makeTable(
      [
        { label: "Trigger", value: (row) => `${row.date} ${row.trigger.join(", ")}`, show: (row) => list(row.trigger) },
        { label: "Responses in the window", long: true, value: (row) => row.responses.join("; "), show: (row) => (row.responses.length ? list(row.responses) : "none") },
        { label: "Followed", note: "Under 100 % where a date is known by its month only", value: (row) => row.chance, show: (row) => `${fixed(100 * row.chance, 0)} %` },
      ],
      found.matches,
      { caption: "Every trigger with what followed it", file: "matches", most: 12 },
    ),
  ];
}

const RECORD: [string, string][] = [
  ["Coercion of Armenia", "target=ARM kind=coercion"],
  ["Oil of Kazakhstan at CPC", "target=KAZ sector=oil_cpc"],
  ["Russia and gas", "actor=RUS sector=gas"],
  ["All", ""],
];

const STEPS: [string, string, string][] = [
  ["Kazakhstan steps away from Russia: is CPC stopped?", "actor=KAZ target=RUS instrument=away", "target=KAZ sector=oil_cpc"],
  ["Armenia steps away from Russia: does Russia act?", "actor=ARM kind=alignment instrument=away target=RUS", "actor=RUS target=ARM kind=coercion,closure instrument!=threat"],
];

export function eventsPage(about: About): HTMLElement {
  return page(
    "What happened when",
    asker("The record", "A dated record with sources. Write keys and values, or take an example.", [{ name: "query", label: "Query (empty: all)", value: "", wide: true }], "/api/events", (answer) => drawEvents(answer, about), {
      auto: true,
      examples: RECORD.map(([label, query]) => [label, { query }]),
    }),
    asker(
      "Do responses follow triggers more often than chance?",
      "Event coincidence analysis with permutations; the verdict can be that it is no more than chance.",
      [
        { name: "trigger", label: "Trigger", value: STEPS[0][1], wide: true },
        { name: "response", label: "Response", value: STEPS[0][2], wide: true },
        { name: "window", label: "Window, days", value: "30" },
      ],
      "/api/coincide",
      drawFinding,
      { part: "coincide-", examples: STEPS.map(([label, trigger, response]) => [label, { trigger, response }]) },
    ),
  );
}
