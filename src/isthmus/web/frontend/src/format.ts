// Numbers as people read them: significant digits, no exponents, a real minus sign.
import { bandOf, valueOf, type Figure } from "./documents";

export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  if (places > 6) return value > 0 ? "under 0.00001" : "over −0.00001";
  return value
    .toLocaleString("en-GB", { minimumFractionDigits: Math.min(places, 6), maximumFractionDigits: Math.min(places, 6) })
    .replace("-", "−");
}

/** The same with no digit beyond, in large numbers too: 2,179 is 2,200. */
export const rounded = (value: number, digits = 3): string => significant(Number(value.toPrecision(digits)), digits);

export const signed = (value: number, digits = 3): string => (value > 0 ? "+" : "") + significant(value, digits);

/** A fixed number of decimals, so that a column can be compared by eye; what rounds to nothing has no sign. */
export function fixed(value: number, places: number): string {
  if (!Number.isFinite(value)) return "–";
  const text = Math.abs(value).toLocaleString("en-GB", { minimumFractionDigits: places, maximumFractionDigits: places });
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** The same with a plus where it grows. */
export function plusFixed(value: number, places: number): string {
  const text = fixed(value, places);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

export function withBand(figure: Figure | null | undefined, write: (value: number) => string): string {
  const band = bandOf(figure);
  const text = write(valueOf(figure));
  return band ? `${text} (${write(band[0])} to ${write(band[1])})` : text;
}

/** Decimals that show the largest of some values with three digits. */
export function placesFor(values: number[]): number {
  const most = Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
  return most === 0 ? 0 : Math.min(5, Math.max(0, 2 - Math.floor(Math.log10(most))));
}

export const words = (text: string): string => text.replaceAll("_", " ");
