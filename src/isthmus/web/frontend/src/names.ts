// What codes are called: economies and groups, links, projects, corridors, sectors.
import type { NetworkDocument } from "./documents";
import type { About } from "./api";
import type { Measure, Value } from "./state";
import { significant, words } from "./format";

/** Groups of economies have codes alone. */
const GROUPS: Record<string, string> = { CIS: "the CIS states", EAEU: "the Eurasian Economic Union", EUU: "the European Union", OTS: "the Organization of Turkic States", XXX: "nobody in particular" };

/** What an economy or group is called; a coalition is joined by "+". */
export const called = (code: string, economies: Record<string, string>): string => code.split("+").map((one) => economies[one] ?? GROUPS[one] ?? one).join(" and ");

/** A text with the codes of economies in it replaced by their names; identifiers such as ARM-yerevan stay. */
export const inWords = (text: string, economies: Record<string, string>): string =>
  text.replace(/(?<![\w-])[A-Z]{3}(?![\w])(?!-[a-z])/g, (code) => economies[code] ?? GROUPS[code] ?? code);

/** The name of a link: its own, or its two ends and its mode. */
export function linkName(network: NetworkDocument, i: number): string {
  const { links, nodes, modes } = network;
  return links.name[i] ?? `${nodes.name[links.from[i]]} - ${nodes.name[links.to[i]]} (${words(modes[links.mode[i]])})`;
}

/** What a link, project or corridor is called. */
export function linkNames(network: NetworkDocument, about?: About): (id: string) => string {
  const index = new Map(network.links.id.map((id, i) => [id, i]));
  return (id) => {
    const own = about?.projects[id] ?? about?.corridors[id];
    const at = index.get(id) ?? index.get(`${id}~2`);
    return own ?? (at === undefined ? id : linkName(network, at));
  };
}

const ON_WHOM: Record<string, string> = { by: "by", on: "on", against: "against", between: "between", economy: "of" };
const SHARES = ["share", "rate", "severity", "leakage", "product_share"];

/** A measure in words. */
export function sayMeasure(measure: Measure, about: About, link: (id: string) => string): string {
  const list = (value: Value): string[] => (Array.isArray(value) ? value : [String(value)]);
  const one = ([key, value]: [string, Value]): string => {
    if (key === "links") return list(value).map(link).join(", ");
    if (key in ON_WHOM) return `${ON_WHOM[key]} ${list(value).map((code) => called(code, about.economies)).join(", ")}`;
    if (key === "sectors") return `sectors: ${list(value).map((code) => about.sectors[code] ?? code).join(", ")}`;
    if (SHARES.includes(key) && typeof value === "number") return `${words(key)} ${significant(100 * value, 3)} %`;
    if (key.endsWith("_factor") && typeof value === "number") return `${words(key.replace("_factor", ""))} × ${significant(value, 3)}`;
    return `${words(key)} ${list(value).map(words).join(", ")}`;
  };
  return Object.entries(measure).filter(([key]) => !["kind", "source", "note"].includes(key)).map(one).join("; ");
}
