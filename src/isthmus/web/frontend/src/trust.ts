// How far to trust it: the model against observed flows, and the constants that were fitted to them.
import { againstObserved } from "./charts";
import { el } from "./dom";
import { valueOf, type ResultDocument, type Score, type StoredFlow, type StoredValidation, type Validation } from "./documents";
import { significant, withBand } from "./format";
import { makeTable, type Column } from "./tables";

/** What became of an observed flow. */
const USED: Record<string, string> = { fit: "fitted to", "held-out": "never fitted to", shown: "shown only" };

/** The stored validation of the world: scores, and the flows that a scenario touches first, if there is one. */
export function validationBox(stored: StoredValidation, scenario = true): HTMLElement {
  if (stored.reason !== null || !stored.made) return el("p", { class: "note" }, stored.reason ?? "No validation is stored with this world.");
  const near = stored.flows.slice(0, stored.near);
  const { made } = stored;
  return el(
    "div",
    { class: "trust" },
    ...(["held-out", "fit"] as const).flatMap((used) => (stored.scores[used] ? [el("p", {}, scoreSentence(used, stored.scores[used]))] : [])),
    !scenario
      ? null
      : near.length
      ? flowTable(near, "Observed flows where this scenario moves freight, million tonnes a year: observed beside modelled without the scenario")
      : el("p", {}, "No flow was observed where this scenario moves freight: nothing checks its corridors directly."),
    againstObserved(stored.flows.map((flow) => ({ ...flow, name: `${flow.what}, ${flow.year}`, used: USED[flow.used] ?? flow.used })), "The model against all observed flows; lines mark equality and a factor of two"),
    near.length < stored.flows.length ? flowTable(stored.flows, "All observed flows, million tonnes a year", scenario ? 5 : 12, scenario) : null,
    el("p", { class: "note" }, `Validated with ${made.route_draws} taste draws, seed ${made.seed}, isthmus ${made.version}, world ${made.world_sha256.slice(0, 12)}; each flow in the network and demand of its year. `, el("code", {}, "isthmus validate"), " computes it anew."),
  );
}

function scoreSentence(used: string, score: Score): string {
  const factor = (log: number): string => significant(Math.exp(log), 3);
  const whose = used === "fit" ? `Of the ${score.count} flows that constants were fitted to` : `Of the ${score.count} observed flows that no constant was fitted to`;
  const bare = score.uncalibrated_median === undefined ? "" : `; the model without its fitted constants: ${factor(score.uncalibrated_median)}`;
  return `${whose}, the model misses the typical one by a factor of ${factor(score.median)} (cheapest routes alone: ${factor(score.least_cost_median)}${bare}); ${significant(100 * score.within_three, 2)} % are within a factor of three.`;
}

function flowTable(flows: StoredFlow[], caption: string, most = 10, scenario = true): HTMLElement {
  const columns: Column<StoredFlow>[] = [
    { label: "Observed flow", value: (flow) => flow.what },
    { label: "Year", value: (flow) => String(flow.year) },
    { label: "Observed, Mt", value: (flow) => flow.observed, show: (flow) => significant(flow.observed) },
    { label: "Modelled, Mt", value: (flow) => flow.modelled, show: (flow) => significant(flow.modelled) },
    { label: "Ratio", value: (flow) => flow.modelled / flow.observed, show: (flow) => significant(flow.modelled / flow.observed, 2) },
    { label: "Cheapest route, ratio", value: (flow) => flow.least_cost / flow.observed, show: (flow) => significant(flow.least_cost / flow.observed, 2) },
    { label: "Used", value: (flow) => USED[flow.used] ?? flow.used },
    ...(scenario ? [{ label: "Scenario moves, Mt", value: (flow: StoredFlow) => flow.moved_mt, show: (flow: StoredFlow) => significant(flow.moved_mt, 2) }] : []),
  ];
  return makeTable(columns, flows, { caption, file: "validation", most });
}

/** The model against observed flows, computed now: the page of its own. */
export function validationPart(validation: Validation): HTMLElement {
  const rows = validation.flows.map((flow) => ({ ...flow, name: flow.what, used: USED[flow.used] ?? flow.used, blind: flow.used === "held-out", ratio: flow.modelled / flow.observed }));
  const held = rows.filter((row) => row.blind);
  const near = (some: typeof rows): number => some.filter((row) => row.ratio > 0.5 && row.ratio < 2).length;
  return el(
    "div",
    {},
    el("p", {}, `${near(rows)} of ${rows.length} observed flows are met within a factor of two; of the ${held.length} that the fit never saw, ${near(held)}.`),
    againstObserved(rows, "The model against observed flows; lines mark equality and a factor of two"),
    makeTable(
      [
        { label: "Flow", value: (row) => row.name },
        { label: "Year", value: (row) => String(row.year) },
        { label: "Observed, Mt", value: (row) => row.observed, show: (row) => significant(row.observed) },
        { label: "Modelled, Mt", value: (row) => row.modelled, show: (row) => significant(row.modelled) },
        { label: "Ratio", value: (row) => row.ratio, show: (row) => significant(row.ratio, 2) },
        { label: "Cheapest route, ratio", value: (row) => row.least_cost / row.observed, show: (row) => significant(row.least_cost / row.observed, 2) },
        { label: "Used", value: (row) => row.used },
      ],
      rows,
      { caption: "Observed and modelled flows, million tonnes a year", file: "validation", most: 12 },
    ),
    constantTable(validation.constants),
  );
}

export function constantTable(constants: ResultDocument["constants"]): HTMLElement {
  return makeTable(
    [
      { label: "Calibrated constant", value: (row) => row.name },
      { label: "Value", value: (row) => valueOf(row.value), show: (row) => withBand(row.value, significant) },
      { label: "Prior", value: (row) => valueOf(row.prior), show: (row) => withBand(row.prior, significant) },
      { label: "Unit", value: (row) => row.unit },
    ],
    constants,
    { caption: "Constants fitted to observed flows, which enter every cost (estimated)", file: "constants", most: 8, empty: "No constant of this world is fitted to observed flows: rates, speeds and waits are those of its tables." },
  );
}

