// Host 2: the pages of `isthmus serve`.
import { getJson } from "./api";
import { el } from "./dom";
import type { Outlines } from "./geography";
import { eventsPage } from "./events_page";
import { criticalPage, dependencePage, leveragePage, loadAbout, validationPage } from "./pages";
import { scenarioPage } from "./scenario_page";

const PAGES: [string, string][] = [
  ["/", "Scenario"],
  ["/leverage", "Leverage"],
  ["/critical", "Critical links"],
  ["/events", "Events"],
  ["/dependence", "Dependence"],
  ["/validation", "Validation"],
];

async function start(root: HTMLElement): Promise<void> {
  const about = await loadAbout();
  const links = PAGES.map(([path, label]) => el("a", { href: path, "aria-current": path === location.pathname ? "page" : null }, label));
  const place = el("div", { id: "page" });
  root.replaceChildren(
    el("a", { href: "#page", class: "skip" }, "Skip to the content"),
    el("nav", { "aria-label": "Pages" }, el("strong", {}, "isthmus"), ...links, el("span", { class: "note" }, `${about.world}, trade of ${about.year}`), el("a", { href: "/api/openapi.json", class: "aside" }, "API")),
    place,
  );
  const name = PAGES.find(([path]) => path === location.pathname)?.[1] ?? "";
  document.title = `${name} · isthmus`;
  if (location.pathname === "/") {
    place.append(el("p", { class: "note pad" }, "Loading the map ..."));
    await scenarioPage(place, about, await getJson<Outlines>("/static/world-50m.json"));
  } else if (location.pathname === "/leverage") place.append(leveragePage(about));
  else if (location.pathname === "/critical") place.append(criticalPage(about));
  else if (location.pathname === "/events") place.append(eventsPage(about));
  else if (location.pathname === "/dependence") place.append(dependencePage(about));
  else place.append(validationPage());
}

const root = document.getElementById("isthmus");
if (root)
  start(root).catch((error: unknown) => {
    root.replaceChildren(el("main", { class: "report" }, el("p", { class: "problem", role: "alert" }, error instanceof Error ? error.message : String(error))));
  });
