// The map of freight before, after and in difference, with its switch, regions, legend and words.
import { el, radios } from "./dom";
import { valueOf, type Figure, type NetworkDocument } from "./documents";
import { significant, signed, words } from "./format";
import type { Geography } from "./geography";
import { mostChanged, type Flows, type View } from "./layers";
import { flowLegend } from "./legend";
import { FlowMap, REGIONS } from "./map";
import { linkName } from "./names";

export interface FlowPart {
  element: HTMLElement;
  update: (flows: Flows, about: FlowAbout) => void;
  mark: (i: number) => void;
}

export interface FlowAbout {
  year: number;
  asOf: string;
  queues: Map<string, Figure | null | undefined>;
  names?: [string, string];
  /** There is no change to show: one state only. */
  still?: boolean;
}

export function flowPart(geography: Geography, network: NetworkDocument, pick?: (i: number) => void): FlowPart {
  let flows: Flows | null = null;
  let about: FlowAbout | null = null;
  let view: View = "difference";
  const [before, after] = ["before", "after"];
  const labels: [string, string] = [before, after];

  const tellLink = (i: number): Node => {
    const [old, now] = [flows?.before[i] ?? 0, flows?.after[i] ?? 0];
    const { links, modes } = network;
    const queue = about?.queues.get(links.id[i]);
    const place = links.territory[i] ? network.economies[links.territory[i]] ?? links.territory[i] : "at sea";
    const capacity = links.capacity_mt[i];
    return el(
      "div",
      {},
      el("strong", {}, linkName(network, i)),
      el("div", {}, `${words(modes[links.mode[i]])}, ${place}`),
      el("div", {}, `${labels[0]} ${significant(old)}, ${labels[1]} ${significant(now)}, change ${signed(now - old)} Mt a year`),
      capacity === null ? null : el("div", {}, `capacity ${significant(capacity)} Mt a year`),
      queue == null ? null : el("div", {}, `queue ${significant(valueOf(queue))} h`),
    );
  };
  const map = new FlowMap(geography, network, {
    label: "Map of freight. Arrow keys move it, plus and minus zoom; the buttons below step through the links that change most.",
    height: 560,
    tellLink,
    pickLink: pick,
  });
  const legend = el("div");
  const text = el("p", { class: "alternative" });
  const draw = (): void => {
    if (!flows) return;
    const layers = map.showFlows(flows, view);
    legend.replaceChildren(flowLegend(view, layers.scale, network.modes, about?.names));
  };
  const aim = (): void => {
    if (!flows) return;
    const top = mostChanged(flows, 40);
    if (!top.length && !flows.opened.length && !flows.closed.length) return map.fit(REGIONS["Caspian and Central Asia"]);
    const least = top.length ? 0.15 * Math.abs(flows.after[top[0]] - flows.before[top[0]]) : 0;
    const chosen = top.filter((i) => Math.abs(flows!.after[i] - flows!.before[i]) >= least && network.links.territory[i] !== "");
    map.fitLinks([...chosen, ...flows.opened, ...flows.closed]);
  };
  let at = -1;
  const step = (by: number): void => {
    if (!flows) return;
    const top = about?.still ? busiest(flows, 200) : mostChanged(flows, 40);
    if (!top.length) return;
    at = (at + by + top.length) % top.length;
    map.mark(top[at]);
  };
  const button = (label: string, act: () => void): HTMLElement => el("button", { type: "button", class: "quiet", click: act }, label);
  const views = radios<View>("Show", [["difference", "Change"], ["before", "Before"], ["after", "After"]], view, (value) => ((view = value), draw()));
  const element = el(
    "div",
    { class: "flows" },
    el(
      "div",
      { class: "controls" },
      views,
      el("div", { class: "group", role: "group", "aria-label": "Region" }, button("Where it changes", aim), ...Object.entries(REGIONS).map(([name, box]) => button(name, () => map.fit(box)))),
      el("div", { class: "group", role: "group", "aria-label": "Links that change most" }, button("◂ Previous link", () => step(-1)), button("Next link ▸", () => step(1))),
    ),
    map.element,
    legend,
    text,
  );
  requestAnimationFrame(() => map.fit(REGIONS["Caspian and Central Asia"]));
  const update = (next: Flows, told: FlowAbout): void => {
    const first = flows === null;
    [flows, about, at] = [next, told, -1];
    views.hidden = Boolean(told.still);
    if (told.still) view = "after";
    if (told.names) {
      [labels[0], labels[1]] = told.names;
      const spans = views.querySelectorAll("span");
      spans[0].textContent = `${told.names[1]} against ${told.names[0]}`;
      [spans[1].textContent, spans[2].textContent] = told.names;
    }
    text.textContent = describe(network, next, told);
    draw();
    if (first) requestAnimationFrame(() => requestAnimationFrame(aim));
  };
  return { element, update, mark: (i) => map.mark(i) };
}

/** Indexes of links by freight, largest first. */
function busiest(flows: Flows, most: number): number[] {
  const order = Array.from(flows.after, (_, i) => i);
  return order.sort((a, b) => flows.after[b] - flows.after[a]).slice(0, most);
}

function describe(network: NetworkDocument, flows: Flows, about: FlowAbout): string {
  const top = about.still
    ? busiest(flows, 5).map((i) => `${linkName(network, i)} ${significant(flows.after[i])}`)
    : mostChanged(flows, 5).map((i) => `${linkName(network, i)} ${signed(flows.after[i] - flows.before[i], 2)}`);
  return (
    `In words: links ${about.still ? "with most freight" : about.names ? `that differ most, ${about.names[1]} less ${about.names[0]}` : "that change most"}, million tonnes a year: ${top.join("; ") || "none"}. Freight is modelled: trade of ${about.year} ` +
    `on the network of ${about.asOf}. Lines on the map: ${network.geometry}. ${network.credit}`
  );
}
