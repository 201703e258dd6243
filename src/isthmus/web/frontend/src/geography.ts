// Everything of the map that does not change with a result: projected once, then only moved and scaled.
import { geoArea, geoCentroid, geoDistance, geoEqualEarth, geoInterpolate, geoPath, type GeoPermissibleObjects } from "d3-geo";
import { feature, mesh } from "topojson-client";
import type { Feature, FeatureCollection, MultiPolygon, Polygon } from "geojson";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { NetworkDocument } from "./documents";

export type Outlines = Topology<{ countries: GeometryCollection<{ name: string; a3: string }>; land: GeometryCollection }>;
type CountryFeature = Feature<Polygon | MultiPolygon, { name: string; a3: string }>;

/** Width of the projected world in map units. */
export const WORLD = 2000;
/** A great circle is drawn with a point at least every so many radians. */
const STEP = 0.05;

export interface Country {
  code: string;
  name: string;
  path: Path2D;
  x: number;
  y: number;
  /** Size for the order of labels, steradian. */
  area: number;
}

export interface Lines {
  /** x, y pairs of all links; NaN where the map's edge cuts a link. */
  points: Float32Array;
  /** First point of each link, and one past the last. */
  start: Uint32Array;
}

export interface Geography {
  countries: Country[];
  borders: Path2D;
  sphere: Path2D;
  lines: Lines;
  places: { name: string; x: number; y: number }[];
  project: (lon: number, lat: number) => [number, number];
}

export function makeGeography(outlines: Outlines, network: NetworkDocument): Geography {
  const projection = geoEqualEarth().rotate([-50, 0]).fitWidth(WORLD, { type: "Sphere" });
  const draw = (shape: GeoPermissibleObjects): Path2D => new Path2D(geoPath(projection)(shape) ?? "");
  const project = (lon: number, lat: number): [number, number] => projection([lon, lat]) ?? [NaN, NaN];
  const shapes = feature(outlines, outlines.objects.countries) as unknown as FeatureCollection<Polygon | MultiPolygon, { name: string; a3: string }>;
  return {
    countries: shapes.features.map((shape) => {
      const [x, y] = project(...geoCentroid(largestPart(shape)));
      return { code: shape.properties.a3, name: shape.properties.name, path: draw(shape), x, y, area: geoArea(shape) };
    }),
    borders: draw(mesh(outlines, outlines.objects.countries, (a, b) => a !== b)),
    sphere: draw({ type: "Sphere" }),
    lines: makeLines(network, project),
    places: network.places.map(({ name, lon, lat }) => {
      const [x, y] = project(lon, lat);
      return { name, x, y };
    }),
    project,
  };
}

function largestPart(shape: CountryFeature): Polygon {
  if (shape.geometry.type === "Polygon") return shape.geometry;
  const parts = shape.geometry.coordinates.map((coordinates): Polygon => ({ type: "Polygon", coordinates }));
  return parts.reduce((best, part) => (geoArea(part) > geoArea(best) ? part : best));
}

function makeLines(network: NetworkDocument, project: Geography["project"]): Lines {
  const { nodes, links } = network;
  const points: number[] = [];
  const start = new Uint32Array(links.id.length + 1);
  for (let i = 0; i < links.id.length; i++) {
    const end = (n: number): [number, number] => [nodes.lon[n], nodes.lat[n]];
    const course = [end(links.from[i]), ...innerPoints(links.course[i]), end(links.to[i])];
    for (let k = 1; k < course.length; k++) addGreatCircle(points, course[k - 1], course[k], project);
    start[i + 1] = points.length / 2;
  }
  return { points: Float32Array.from(points), start };
}

function innerPoints(steps: number[]): [number, number][] {
  let [lon, lat] = [0, 0];
  const points: [number, number][] = [];
  for (let k = 0; k < steps.length; k += 2) {
    [lon, lat] = [lon + steps[k], lat + steps[k + 1]];
    points.push([lon / 100, lat / 100]);
  }
  return points;
}

function addGreatCircle(points: number[], a: [number, number], b: [number, number], project: Geography["project"]): void {
  const pieces = Math.max(1, Math.ceil(geoDistance(a, b) / STEP));
  const at = geoInterpolate(a, b);
  let last = NaN;
  for (let k = 0; k <= pieces; k++) {
    const [lon, lat] = k === 0 ? a : k === pieces ? b : at(k / pieces);
    const [x, y] = project(lon, lat);
    if (Math.abs(x - last) > WORLD / 2) points.push(NaN, NaN);
    points.push(x, y);
    last = x;
  }
}

/** Add one link to a path. */
export function trace(path: Path2D, lines: Lines, i: number): void {
  let open = false;
  for (let k = lines.start[i]; k < lines.start[i + 1]; k++) {
    const [x, y] = [lines.points[2 * k], lines.points[2 * k + 1]];
    if (Number.isNaN(x)) open = false;
    else if (open) path.lineTo(x, y);
    else {
      path.moveTo(x, y);
      open = true;
    }
  }
}

/** The visible link nearest to a point within `reach` map units, or -1. */
export function nearestLink(lines: Lines, visible: Uint8Array, x: number, y: number, reach: number): number {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < visible.length; i++) {
    if (!visible[i]) continue;
    for (let k = lines.start[i]; k < lines.start[i + 1] - 1; k++) {
      const distance = toSegment(lines.points, k, x, y);
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
  }
  return best;
}

function toSegment(points: Float32Array, k: number, x: number, y: number): number {
  const [x1, y1, x2, y2] = [points[2 * k], points[2 * k + 1], points[2 * k + 2], points[2 * k + 3]];
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const t = length > 0 ? Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length)) : 0;
  return (x1 + t * dx - x) ** 2 + (y1 + t * dy - y) ** 2; // NaN at a cut: never less
}
