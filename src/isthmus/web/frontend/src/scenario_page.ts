// The page to play with: measures on the left, what they change on the right.
import { getJson, post, postJson, ServerError, solve, type About } from "./api";
import { download, el, radios } from "./dom";
import type { NetworkDocument, ResultDocument } from "./documents";
import { askLink, lists, measureForm } from "./editor";
import { flowPart, type FlowPart } from "./flows";
import { makeGeography, type Outlines } from "./geography";
import { mount, type Mounted } from "./mount";
import { linkName, linkNames, sayMeasure } from "./names";
import { empty, fromFragment, toBody, toFragment, type Measure, type State } from "./state";
import { significant, words } from "./format";

const TABLES = ["real_income", "corridors", "links", "transit_revenue", "co2", "trade"];

export async function scenarioPage(root: HTMLElement, about: About, outlines: Outlines): Promise<void> {
  const network = await getJson<NetworkDocument>("/api/network");
  new ScenarioPage(root, about, outlines, network).start();
}

class ScenarioPage {
  private state: State = empty();
  private asked: AbortController | null = null;
  private mounted: Mounted | null = null;
  private document: ResultDocument | null = null;
  private readonly geography;
  private readonly link: (id: string) => string;
  private readonly status = el("p", { class: "status", role: "status", "aria-live": "polite" });
  private readonly problem = el("p", { class: "problem", role: "alert", hidden: true });
  private readonly list = el("ol", { class: "measures", "aria-label": "Measures of the scenario" });
  private readonly title = el("textarea", { id: "scenario-title", rows: 2 });
  private readonly day = el("input", { id: "scenario-day", type: "date" });
  private readonly library = el("select", { id: "scenario-library" });
  private readonly cancel = el("button", { type: "button", disabled: true, click: () => this.stop() }, "Cancel");
  private readonly take = el("fieldset", { class: "take", disabled: true });
  private readonly view = el("div", { class: "view" });
  private readonly step = el("p", { class: "step", role: "status", hidden: true });
  /** What the last answer took. */
  private seconds = 0;
  private horizon: HTMLElement = el("div");

  constructor(
    root: HTMLElement,
    private readonly about: About,
    private readonly outlines: Outlines,
    private readonly network: NetworkDocument,
  ) {
    this.geography = makeGeography(outlines, network);
    this.link = linkNames(network, about);
    const named = network.links.id.filter((id) => !id.includes("--")).map((id): [string, string] => [id, this.link(id)]);
    root.replaceChildren(el("div", { class: "play" }, this.panel(), el("div", { class: "stage" }, this.problem, this.step, this.view)), lists(about, named));
  }

  start(): void {
    const query = new URLSearchParams(location.search);
    const shared = fromFragment(location.hash);
    if (shared) this.set(shared);
    else if (query.get("scenario")) void this.open(query.get("scenario") as string, query);
    else void this.base();
    addEventListener("hashchange", () => {
      const next = fromFragment(location.hash);
      if (next && JSON.stringify(next) !== JSON.stringify(this.state)) this.set(next);
    });
  }

  private panel(): HTMLElement {
    this.library.append(el("option", { value: "" }, "choose ..."), ...this.about.scenarios.map(({ name, title }) => el("option", { value: name }, `${name}: ${title}`)));
    this.library.addEventListener("change", () => this.library.value && void this.open(this.library.value, new URLSearchParams()));
    this.title.addEventListener("change", () => this.change({ title: this.title.value.replace(/\s+/g, " ").trim() }));
    this.day.addEventListener("change", () => this.change({ as_of: this.day.value || undefined }));
    const file = el("input", { type: "file", accept: ".toml", id: "load-toml", class: "offscreen" });
    file.addEventListener("change", () => void this.load(file));
    const field = (label: string, input: HTMLElement): HTMLElement => el("div", { class: "field" }, el("label", { for: input.id }, label), input);
    this.takeAway();
    return el(
      "aside",
      { class: "panel", "aria-label": "Scenario" },
      el("h1", {}, "What if ...?"),
      field("Start from the library", this.library),
      field("Title", this.title),
      el("h2", {}, "Measures"),
      this.list,
      el("details", {}, el("summary", {}, "Add a measure by name"), measureForm(this.about, (measure) => this.add(measure))),
      el("p", { class: "note" }, "Or click a link on the map (with the keyboard: “Next link”, then Enter on the map)."),
      this.horizon,
      field(`Network as of (${this.about.as_of} if empty)`, this.day),
      el("div", { class: "group" }, el("button", { type: "button", class: "main", click: () => void this.solve() }, "Solve"), this.cancel, el("button", { type: "button", click: () => this.set(empty()) }, "Clear")),
      this.status,
      el("h2", {}, "Keep it"),
      el("div", { class: "group" }, el("button", { type: "button", click: () => void this.save() }, "Save as TOML"), el("label", { for: "load-toml", class: "button", tabindex: -1 }, "Load TOML"), file),
      this.take,
    );
  }

  private takeAway(): void {
    const table = el("select", { "aria-label": "Table" }, ...TABLES.map((name) => el("option", { value: name }, words(name))));
    const get = (form: string) => () => void this.fetchFile(`/api/tables/${table.value}.${form}`, `${table.value}.${form}`);
    this.take.append(
      el("legend", {}, "Take away what was solved"),
      el("button", { type: "button", click: () => void this.fetchFile("/api/report", "report.html") }, "Save report"),
      table,
      el("button", { type: "button", click: get("csv") }, "CSV"),
      el("button", { type: "button", click: get("parquet") }, "Parquet"),
    );
  }

  // State ---------------------------------------------------------------------------------------

  private async open(name: string, query: URLSearchParams): Promise<void> {
    try {
      const { scenario } = await getJson<{ scenario: State }>(`/api/scenarios/${encodeURIComponent(name)}`);
      const [horizon, day] = [query.get("horizon"), query.get("as_of")];
      this.library.value = name;
      this.set({ ...scenario, ...(horizon === "short" || horizon === "long" ? { horizon } : {}), ...(day ? { as_of: day } : {}) });
    } catch (error) {
      this.fail(error);
    }
  }

  private set(state: State): void {
    this.state = state;
    this.show();
    if (state.change.length) void this.solve();
    else {
      history.replaceState(null, "", location.pathname);
      this.stop();
      void this.base();
    }
  }

  private change(part: Partial<State>): void {
    this.state = { ...this.state, ...part };
    if (part.change && this.state.story) {
      // No longer the scenario that its title and story tell.
      this.state = { ...this.state, title: `${this.state.title}, changed`, story: undefined };
    }
    this.show();
    if (this.state.change.length) void this.solve();
  }

  private add(measure: Measure): void {
    this.change({ change: [...this.state.change, measure] });
  }

  private remove(at: number): void {
    const change = this.state.change.filter((_, i) => i !== at);
    if (change.length) this.change({ change });
    else this.set({ ...this.state, change });
    this.list.querySelector("button")?.focus();
  }

  private show(): void {
    this.title.value = this.state.title;
    this.day.value = this.state.as_of ?? "";
    this.day.title = `Empty: ${this.about.as_of}`;
    const horizon = radios<"long" | "short">("Horizon", [["long", "Years (long)"], ["short", "Months (short)"]], this.state.horizon, (value) => this.change({ horizon: value }));
    this.horizon.replaceWith(horizon);
    this.horizon = horizon;
    this.list.replaceChildren(
      ...this.state.change.map((measure, i) =>
        el("li", {}, el("span", {}, el("strong", {}, words(measure.kind)), ` ${sayMeasure(measure, this.about, this.link)}`), el("button", { type: "button", class: "quiet", "aria-label": `Remove measure ${i + 1}: ${words(measure.kind)}`, click: () => this.remove(i) }, "×")),
      ),
    );
    if (!this.state.change.length) this.list.replaceChildren(el("li", { class: "note" }, "none yet"));
  }

  // Answers -------------------------------------------------------------------------------------

  private stop(): void {
    const { asked } = this;
    asked?.abort();
    this.asked = null;
    this.cancel.disabled = true;
    if (asked) this.status.textContent = "Cancelled.";
  }

  /** Ask; an earlier question that is still open is dropped, here and on the server. Null: no answer, or nobody waits for it. */
  private async ask<T>(what: string, path: string, query: Record<string, string | undefined>, body: unknown): Promise<T | null> {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    const began = performance.now();
    let stage = "";
    const tell = (): void => {
      this.status.textContent = `${what}: ${stage || "asking"}, ${((performance.now() - began) / 1000).toFixed(0)} s`;
    };
    const clock = setInterval(tell, 1000);
    tell();
    this.problem.hidden = true;
    this.cancel.disabled = false;
    try {
      const answer = await solve<T>(path, query, body, { signal: asked.signal, stage: (text) => ((stage = text), tell()) });
      if (this.asked !== asked) return null; // stale
      this.seconds = (performance.now() - began) / 1000;
      this.status.textContent = `Solved in ${significant(this.seconds, 2)} s.`;
      return answer;
    } catch (error) {
      if (this.asked === asked) this.fail(error);
      return null;
    } finally {
      clearInterval(clock);
      if (this.asked === asked) {
        this.asked = null;
        this.cancel.disabled = true;
      }
    }
  }

  /** Two answers where capacities bind: first with queues as they are today, then with queues that follow the traffic. */
  private async solve(): Promise<void> {
    if (!this.state.change.length) return this.fail(new ServerError("The scenario has no measure yet. Add one, or click a link on the map.", 400));
    history.replaceState(null, "", `${location.pathname}${toFragment(this.state)}`);
    const body = toBody(this.state);
    this.take.disabled = true;
    if (!this.view.childElementCount) this.plain(this.state.title, "The first answer is on its way. The first of all prepares the routes of today, which takes a minute or more; those after it take seconds.");
    let first = 0;
    if (this.about.queues === "solved") {
      const quick = await this.ask<ResultDocument>("First answer, queues as they are today", "/api/document", { queues: "held" }, body);
      if (!quick) return;
      first = this.seconds;
      this.draw(quick);
      this.tellStep(`First answer, in ${significant(first, 2)} s: queues held as they are today. The answer with queues that follow the traffic is being solved.`);
    }
    const answer = await this.ask<ResultDocument>(first ? "Queues that follow the traffic" : "Solving", "/api/document", {}, body);
    if (!answer) {
      if (first) this.tellStep("First answer only: queues held as they are today. “Solve” goes on to queues that follow the traffic.");
      return;
    }
    this.draw(answer);
    this.tellStep("");
    this.take.disabled = false;
    if (first) this.status.textContent = `Solved in ${significant(first + this.seconds, 2)} s with queues that follow the traffic; the first answer, with queues held as they are today, in ${significant(first, 2)} s.`;
  }

  private tellStep(text: string): void {
    this.step.textContent = text;
    this.step.hidden = !text;
    this.view.dataset.answer = text ? "first" : "final";
  }

  private draw(answer: ResultDocument): void {
    this.document = answer;
    document.title = `${answer.title} · isthmus`;
    if (this.mounted) this.mounted.update(answer);
    else this.mounted = mount(this.view, this.outlines, this.network, answer, { geography: this.geography, pickLink: (i) => void this.pick(i), planned: true, bare: true });
  }

  /** Freight without any measure, to look at and to click on. */
  private async base(): Promise<void> {
    this.mounted = null;
    this.document = null;
    this.take.disabled = true;
    this.tellStep("");
    const part = this.plain(`Freight as it is, ${this.network.as_of}`, "Choose a scenario, add a measure, or click a link to close it. Dotted lines are closed or planned: click one to open it.");
    this.show();
    const answer = await this.ask<{ before_mt: number[] }>("Routing the base", "/api/base", {}, undefined);
    if (answer) part.update({ before: answer.before_mt, after: answer.before_mt, opened: [], closed: [], planned: true }, { year: this.about.year, asOf: this.about.as_of, queues: new Map(), still: true });
    // So that the first change is answered as quickly as those after it; nobody waits for this.
    if (answer && this.about.queues === "solved") void getJson("/api/prepare").catch(() => undefined);
  }

  /** A map without a result. */
  private plain(title: string, about: string): FlowPart {
    const part = flowPart(this.geography, this.network, (i) => void this.pick(i));
    this.view.replaceChildren(el("main", { class: "report" }, el("h2", {}, title), el("p", {}, about), part.element));
    return part;
  }

  private async pick(i: number): Promise<void> {
    const { links } = this.network;
    const id = links.id[i].split("~")[0];
    const closed = this.document?.closed.includes(i);
    const open = this.document?.opened.includes(i) || (links.open[i] === 1 && !closed);
    const measure = await askLink(id, linkName(this.network, i), Boolean(open));
    if (measure) this.add(measure);
  }

  private fail(error: unknown): void {
    if (error instanceof DOMException && error.name === "AbortError") return;
    this.status.textContent = "No answer.";
    this.problem.textContent = error instanceof Error ? error.message : String(error);
    this.problem.hidden = false;
    this.problem.scrollIntoView({ block: "nearest" });
  }

  // Files ---------------------------------------------------------------------------------------

  private async save(): Promise<void> {
    try {
      const { toml } = await postJson<{ toml: string }>("/api/translate", toBody(this.state));
      const name = this.state.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "scenario";
      download(`${name}.toml`, toml, "application/toml");
    } catch (error) {
      this.fail(error);
    }
  }

  private async load(file: HTMLInputElement): Promise<void> {
    const chosen = file.files?.[0];
    file.value = "";
    if (!chosen) return;
    try {
      const { scenario } = await postJson<{ scenario: State }>("/api/translate", { toml: await chosen.text() });
      this.set(scenario);
    } catch (error) {
      this.fail(error);
    }
  }

  private async fetchFile(path: string, name: string): Promise<void> {
    try {
      const url = URL.createObjectURL(await (await post(path, toBody(this.state))).blob());
      el("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      this.fail(error);
    }
  }
}
