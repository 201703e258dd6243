// The two JSON documents that Python writes: schema/network.json and schema/result_document.json.

/** A number, or its central value with a range (5 to 95 % of draws). */
export type Figure = number | { value: number; low?: number | null; high?: number | null };

export interface Change {
  percent: Figure;
  usd_m: Figure;
}

export interface NetworkDocument {
  kind: "network";
  world: string;
  as_of: string;
  year: number;
  geometry: string;
  credit: string;
  modes: string[];
  kinds: string[];
  nodes: { name: string[]; lon: number[]; lat: number[] };
  links: {
    id: string[];
    name: (string | null)[];
    from: number[];
    to: number[];
    mode: number[];
    kind: number[];
    territory: string[];
    open: number[];
    capacity_mt: (number | null)[];
    /** Inner points, flat: the first in hundredths of a degree, then steps. */
    course: number[][];
  };
  places: { name: string; lon: number; lat: number }[];
  economies: Record<string, string>;
  corridors: Record<string, string[]>;
  projects: Record<string, string[]>;
}

export interface MovedRow {
  id: string;
  name: string;
  before_mt: Figure;
  after_mt: Figure;
  [key: string]: unknown;
}

export interface Summary {
  scenario: string;
  title: string;
  world: string;
  year: number;
  horizon: string;
  as_of: string;
  version: string;
  seconds: number;
  real_income: Record<string, Change>;
  corridors: MovedRow[];
  links: (MovedRow & { mode: string; basis?: string; queue_hours?: Figure | null })[];
  transit_revenue: Record<string, { before_usd_m: Figure; after_usd_m: Figure }>;
  co2: Record<string, { before_kt: Figure; after_kt: Figure }>;
  uncertainty?: { draws: number; matters_most: string[] };
  decomposition?: Record<string, Record<string, number | null>> | null;
  latent: null | {
    openness: number;
    trade_usd_m: Record<string, number>;
    real_income: Record<string, Change>;
  };
  other_horizon?: OtherHorizon | null;
  stranded: string[];
  not_modelled: string[];
  warnings: string[];
}

export interface LeverageCell {
  coercer: string;
  target: string;
  before_percent: Figure;
  after_percent: Figure | null;
  own_cost_percent?: Figure | null;
}

export interface LeverageDocument {
  measure: string;
  horizon: string;
  cells: LeverageCell[];
}

export interface ValidationFlow {
  id: string;
  what: string;
  year: number;
  observed: number;
  modelled: number;
  least_cost: number;
  unit: string;
  used: string;
}

export interface Validation {
  flows: ValidationFlow[];
  constants: ResultDocument["constants"];
}

/** How far a group of flows is off: medians of |ln(modelled / observed)|, shares. */
export interface Score {
  count: number;
  median: number;
  least_cost_median: number;
  uncalibrated_median?: number;
  within_three: number;
}

export interface StoredFlow {
  id: string;
  what: string;
  year: number;
  observed: number;
  modelled: number;
  least_cost: number;
  unit: string;
  used: string;
  /** Largest change of freight on its links by the scenario, Mt a year. */
  moved_mt: number;
}

export interface StoredValidation {
  reason: string | null;
  made: { world_sha256: string; version: string; route_draws: number; seed: number } | null;
  scores: Record<string, Score>;
  near: number;
  flows: StoredFlow[];
}

/** Real income in the horizon that was not asked for. */
export interface OtherHorizon {
  horizon: string;
  failure: string | null;
  real_income: Record<string, Change>;
  real_income_with_latent: Record<string, Change> | null;
}

export interface ResultDocument {
  kind: "result";
  title: string;
  story: string;
  headline: string[];
  caveat: string;
  summary: Summary;
  before_mt: number[];
  after_mt: number[];
  opened: number[];
  closed: number[];
  changes: { change: number; kind: string; what: string; before: string; after: string }[];
  cited: { change: number; kind: string; source: string; note: string }[];
  constants: { name: string; value: Figure; unit: string; prior?: Figure | null; bound?: unknown }[];
  basis: Record<string, number | string>[];
  leverage: LeverageDocument | null;
  embargoes: LeverageDocument | null;
  validation: StoredValidation;
  provenance: {
    version: string;
    world: string;
    world_sha256: string;
    settings: Record<string, unknown>;
    command: string;
    residual: number;
    passes: number;
    seconds: number;
    sources: { table: string; sources: string; licence: string }[];
  };
}

export interface ComparisonDocument {
  kind: "comparison";
  title: string;
  headline: string[];
  caveat: string;
  a: ResultDocument;
  b: ResultDocument;
}

export type ReportDocument = ResultDocument | ComparisonDocument;

export const valueOf = (figure: Figure | null | undefined): number =>
  figure == null ? NaN : typeof figure === "number" ? figure : figure.value;

export const bandOf = (figure: Figure | null | undefined): [number, number] | null =>
  figure != null && typeof figure === "object" && figure.low != null && figure.high != null
    ? [figure.low, figure.high]
    : null;
