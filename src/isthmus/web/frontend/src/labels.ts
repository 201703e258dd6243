// Names on the map: countries by size and cities by trade, none over another.
import type { ZoomTransform } from "d3-zoom";
import type { Geography } from "./geography";
import { INK } from "./palette";

/** Cities are named once the map is this near, and before countries, which have room to give way. */
const NEAR = 2.5;
const MOST_CITIES = 45;

/** Draw as many names as fit. */
export function makeLabels(pen: CanvasRenderingContext2D, geography: Geography, view: ZoomTransform, width: number, height: number, cities: boolean): void {
  const taken: [number, number, number, number][] = [];
  const inside = (x: number, y: number): boolean => x > 0 && y > 0 && x < width && y < height;
  const fits = (left: number, right: number, top: number, bottom: number): boolean => {
    if (left < 2 || right > width - 2 || top < 2 || bottom > height - 2) return false;
    if (taken.some(([l, r, t, b]) => l < right && left < r && t < bottom && top < b)) return false;
    taken.push([left, right, top, bottom]);
    return true;
  };
  const write = (text: string, x: number, y: number): void => {
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  };
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  pen.strokeStyle = "rgba(255, 255, 255, 0.85)";
  pen.textBaseline = "middle";
  if (cities && view.k >= NEAR) {
    pen.textAlign = "left";
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = INK;
    const here = geography.places.map((place) => ({ name: place.name, at: view.apply([place.x, place.y]) })).filter(({ at }) => inside(...at));
    for (const { name, at: [x, y] } of here.slice(0, MOST_CITIES)) {
      if (!fits(x - 5, x + 9 + pen.measureText(name).width, y - 9, y + 9)) continue;
      pen.beginPath();
      pen.arc(x, y, 2.6, 0, 7);
      pen.fill();
      write(name, x + 6, y);
    }
  }
  pen.textAlign = "center";
  pen.font = "600 12px system-ui, sans-serif";
  pen.fillStyle = "#5b5f66";
  for (const country of [...geography.countries].sort((a, b) => b.area - a.area)) {
    const [x, y] = view.apply([country.x, country.y]);
    if (!inside(x, y)) continue;
    const half = pen.measureText(country.name).width / 2;
    if (half > 288 * Math.sqrt(country.area) * view.k) continue; // wider than the country itself
    const shift = [0, -20, 20, -36].find((dy) => fits(x - half, x + half, y + dy - 8, y + dy + 8));
    if (shift !== undefined) write(country.name, x, y + shift);
  }
}
