// Canvas map: drag, wheel and keys move it; links and countries tell their numbers; a click picks a link.
import { select } from "d3-selection";
import { zoom, zoomIdentity, zoomTransform, type D3ZoomEvent, type ZoomTransform } from "d3-zoom";
import { el } from "./dom";
import type { NetworkDocument } from "./documents";
import { nearestLink, trace, type Geography } from "./geography";
import { makeLabels } from "./labels";
import { makeLayers, type Flows, type Layers, type View } from "./layers";
import { BORDER, fillOf, hatch, INK, LAND, LAND_PLAIN, MORE, SEA, type Steps } from "./palette";

/** South, north, west, east in degrees. */
export type Box = [number, number, number, number];

export const REGIONS: Record<string, Box> = {
  "South Caucasus": [38.2, 43.8, 38.5, 51.5],
  "Caspian and Central Asia": [34, 50, 36, 78],
  Eurasia: [20, 62, 5, 125],
  World: [-56, 72, -125, 178],
};

export interface MapOptions {
  label: string;
  height: number;
  tellLink?: (i: number) => Node;
  tellCountry?: (code: string, name: string) => Node | null;
  pickLink?: (i: number) => void;
}

/** Fills of countries; null where a country has no number of its own. */
export interface Choropleth {
  value: (code: string) => number | null;
  steps: Steps;
}

export class FlowMap {
  readonly element: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly pen: CanvasRenderingContext2D;
  private readonly tip: HTMLElement;
  private readonly behaviour = zoom<HTMLCanvasElement, unknown>();
  private layers: Layers | null = null;
  private choropleth: Choropleth | null = null;
  private width = 960;
  private marked = -1;
  private box: Box = REGIONS["Eurasia"];
  private pending = false;

  constructor(
    private readonly geography: Geography,
    private readonly network: NetworkDocument,
    private readonly options: MapOptions,
  ) {
    this.canvas = el("canvas", { tabindex: 0, role: "application", "aria-roledescription": "map", "aria-label": options.label });
    this.pen = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    this.tip = el("div", { class: "tip", role: "status", "aria-live": "polite", hidden: true });
    this.element = el("div", { class: "map" }, this.canvas, this.tip, this.buttons());
    this.canvas.style.height = `${options.height}px`;
    this.behaviour
      .scaleExtent([0.3, 400])
      .filter((event: Event) => !(event instanceof WheelEvent) || event.ctrlKey || event.metaKey || document.activeElement === this.canvas)
      .on("zoom", (_event: D3ZoomEvent<HTMLCanvasElement, unknown>) => this.redraw());
    select(this.canvas).call(this.behaviour).on("dblclick.zoom", null);
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  /** Show freight of one view. */
  showFlows(flows: Flows, view: View): Layers {
    this.layers = makeLayers(this.network, this.geography.lines, flows, view);
    this.canvas.dataset.view = view;
    this.redraw();
    return this.layers;
  }

  /** Show countries filled by a value. */
  showCountries(choropleth: Choropleth): void {
    this.choropleth = choropleth;
    this.redraw();
  }

  /** Fit a region. */
  fit(box: Box): void {
    this.box = box;
    const [south, north, west, east] = box;
    const corners = [south, (south + north) / 2, north].flatMap((lat) => [west, (west + east) / 2, east].map((lon) => this.geography.project(lon, lat)));
    const [xs, ys] = [corners.map((c) => c[0]), corners.map((c) => c[1])];
    this.frame(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys));
  }

  /** Fit some links, with room around them. */
  fitLinks(chosen: number[]): void {
    const { points, start } = this.geography.lines;
    const [xs, ys]: [number[], number[]] = [[], []];
    for (const i of chosen)
      for (let k = start[i]; k < start[i + 1]; k++)
        if (!Number.isNaN(points[2 * k])) {
          xs.push(points[2 * k]);
          ys.push(points[2 * k + 1]);
        }
    if (!xs.length) return this.fit(this.box);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const room = Math.max(20, 0.12 * Math.max(right - left, bottom - top));
    this.frame(left - room, right + room, top - room, bottom + room);
  }

  /** Mark a link, tell it, and bring it into view. */
  mark(i: number): void {
    this.marked = i;
    const { points, start } = this.geography.lines;
    const middle = Math.floor((start[i] + start[i + 1] - 1) / 2);
    const view = this.transform();
    let [x, y] = view.apply([points[2 * middle], points[2 * middle + 1]]);
    if (x < 40 || y < 40 || x > this.width - 40 || y > this.options.height - 40) {
      const k = Math.max(view.k, 6);
      this.moveTo(zoomIdentity.translate(this.width / 2, this.options.height / 2).scale(k).translate(-points[2 * middle], -points[2 * middle + 1]));
      [x, y] = [this.width / 2, this.options.height / 2];
    }
    if (this.options.tellLink) this.tell(this.options.tellLink(i), x, y);
    this.redraw();
  }

  private transform(): ZoomTransform {
    return zoomTransform(this.canvas);
  }

  private moveTo(view: ZoomTransform): void {
    select(this.canvas).call(this.behaviour.transform, view);
  }

  private frame(left: number, right: number, top: number, bottom: number): void {
    const k = Math.min(this.width / (right - left), this.options.height / (bottom - top));
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    this.moveTo(zoomIdentity.translate(this.width / 2, this.options.height / 2).scale(k).translate(-x, -y));
  }

  private buttons(): HTMLElement {
    const by = (factor: number) => () => select(this.canvas).call(this.behaviour.scaleBy, factor);
    return el(
      "div",
      { class: "zoom" },
      el("button", { type: "button", "aria-label": "Zoom in", click: by(1.6) }, "+"),
      el("button", { type: "button", "aria-label": "Zoom out", click: by(1 / 1.6) }, "−"),
    );
  }

  private listen(): void {
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => (this.tip.hidden = true));
    this.canvas.addEventListener("click", (event) => {
      const i = this.linkAt(event);
      if (i >= 0) {
        this.mark(i);
        this.options.pickLink?.(i);
      }
    });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  private key(event: KeyboardEvent): void {
    const pan: Record<string, [number, number]> = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    const target = select(this.canvas);
    const { k } = this.transform();
    if (event.key in pan) target.call(this.behaviour.translateBy, pan[event.key][0] / k, pan[event.key][1] / k);
    else if (event.key === "+" || event.key === "=") target.call(this.behaviour.scaleBy, 1.6);
    else if (event.key === "-") target.call(this.behaviour.scaleBy, 1 / 1.6);
    else if (event.key === "Enter" && this.marked >= 0) this.options.pickLink?.(this.marked);
    else if (event.key === "Escape") this.tip.hidden = true;
    else return;
    event.preventDefault();
  }

  private at(event: MouseEvent): [number, number] {
    const edge = this.canvas.getBoundingClientRect();
    return [event.clientX - edge.left, event.clientY - edge.top];
  }

  private linkAt(event: MouseEvent): number {
    if (!this.layers || !this.options.tellLink) return -1;
    const view = this.transform();
    return nearestLink(this.geography.lines, this.layers.visible, ...view.invert(this.at(event)), 7 / view.k);
  }

  private hover(event: PointerEvent): void {
    const [x, y] = this.at(event);
    const link = this.linkAt(event);
    const told = link >= 0 && this.options.tellLink ? this.options.tellLink(link) : this.countryTip(x, y);
    this.canvas.style.cursor = link >= 0 && this.options.pickLink ? "pointer" : "grab";
    if (told) this.tell(told, x, y);
    else this.tip.hidden = true;
  }

  private countryTip(x: number, y: number): Node | null {
    if (!this.options.tellCountry) return null;
    const [mx, my] = this.transform().invert([x, y]);
    this.pen.setTransform(1, 0, 0, 1, 0, 0);
    const found = this.geography.countries.find((country) => this.pen.isPointInPath(country.path, mx, my));
    return found ? this.options.tellCountry(found.code, found.name) : null;
  }

  private tell(content: Node, x: number, y: number): void {
    this.tip.replaceChildren(content);
    this.tip.hidden = false;
    const [wide, high] = [this.tip.offsetWidth, this.tip.offsetHeight];
    this.tip.style.left = `${Math.max(4, x + 14 + wide > this.width ? x - wide - 14 : x + 14)}px`;
    this.tip.style.top = `${Math.max(4, y + 14 + high > this.options.height ? y - high - 14 : y + 14)}px`;
  }

  private resize(): void {
    const width = this.element.clientWidth;
    if (!width) return;
    const first = this.canvas.dataset.drawn === undefined;
    const old = this.width;
    this.width = width;
    const dense = Math.min(3, Math.max(2, window.devicePixelRatio || 1));
    this.canvas.width = width * dense;
    this.canvas.height = this.options.height * dense;
    if (!first && old !== width) this.moveTo(this.transform());
    this.paint();
  }

  private redraw(): void {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
    });
  }

  private paint(): void {
    const { pen, geography } = this;
    const dense = this.canvas.width / this.width;
    const view = this.transform();
    const place = (): void => pen.setTransform(dense * view.k, 0, 0, dense * view.k, dense * view.x, dense * view.y);
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, this.width, this.options.height);
    place();
    pen.fillStyle = SEA;
    pen.fill(geography.sphere);
    this.paintLand(view.k);
    if (this.layers) this.paintLinks(view.k);
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    makeLabels(pen, geography, view, this.width, this.options.height, this.layers !== null);
    this.canvas.dataset.drawn = String(this.layers?.strokes.length ?? geography.countries.length);
  }

  private paintLand(k: number): void {
    const { pen, geography, choropleth } = this;
    const lines = choropleth && hatch(pen);
    lines?.setTransform(new DOMMatrix().scale(0.5 / k));
    for (const country of geography.countries) {
      const value = choropleth ? choropleth.value(country.code) : null;
      pen.fillStyle = !choropleth ? LAND : value === null ? LAND_PLAIN : fillOf(value, choropleth.steps);
      pen.fill(country.path);
      if (lines && choropleth && value !== null && value <= -choropleth.steps.bounds[0]) {
        pen.fillStyle = lines;
        pen.fill(country.path);
      }
    }
    pen.strokeStyle = BORDER;
    pen.lineWidth = 0.8 / k;
    pen.setLineDash([]);
    pen.stroke(geography.borders);
  }

  private paintLinks(k: number): void {
    const { pen } = this;
    pen.lineJoin = "round";
    for (const stroke of this.layers?.strokes ?? []) {
      pen.lineCap = stroke.dash.length ? "butt" : "round";
      if (stroke.halo) {
        pen.setLineDash([]);
        pen.strokeStyle = "#ffffff";
        pen.lineWidth = (stroke.width + 3.5) / k;
        pen.stroke(stroke.path);
      }
      pen.setLineDash(stroke.dash.map((part) => part / k));
      pen.strokeStyle = stroke.colour;
      pen.lineWidth = stroke.width / k;
      pen.stroke(stroke.path);
    }
    pen.setLineDash([]);
    if (this.marked < 0) return;
    const path = new Path2D();
    trace(path, this.geography.lines, this.marked);
    for (const [colour, width] of [[INK, 9], ["#ffe066", 6], [MORE, 2]] as const) {
      pen.strokeStyle = colour;
      pen.lineWidth = width / k;
      pen.stroke(path);
    }
  }
}

