// Colours that hold for colour-blind readers and in grey: what grows is dark and solid, what shrinks light and broken.

export const MORE = "#46237a";
export const LESS = "#e07b00";
export const LAND = "#ecebe6";
export const LAND_PLAIN = "#dddcd6";
export const SEA = "#f3f8fc";
export const BORDER = "#b9b7ae";
export const FAINT = "#c9cdd2";
export const PLANNED = "#6b6f75";
export const INK = "#1c1e21";

/** Okabe and Ito's palette by mode; modes differ in lightness too. */
export const MODE_COLOUR: Record<string, string> = {
  road: "#b35900",
  rail: "#00466e",
  sea: "#56b4e9",
  ferry: "#009e73",
  oil_pipeline: "#222222",
  gas_pipeline: "#c9a400",
  air: "#cc79a7",
  transfer: "#9a9a9a",
};

/** Losses from strong to weak, then gains from weak to strong. */
export const LOSSES = ["#9a4a00", "#d98a35", "#f3cf9f"];
export const NOTHING = "#f4f3ef";
export const GAINS = ["#cfc6e2", "#8d78b8", "#46237a"];

export interface Steps {
  /** Three rising bounds of the absolute change. */
  bounds: [number, number, number];
}

/** Bounds at 1, 2 or 5 times a power of ten: a class for the strongest, two weaker ones. */
export function makeSteps(values: number[]): Steps {
  const most = Math.max(1e-9, ...values.map(Math.abs));
  const nice = (x: number): number => {
    const power = 10 ** Math.floor(Math.log10(x));
    const lead = x / power;
    return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
  };
  return { bounds: [nice(most / 100), nice(most / 10), nice(most / 2)] };
}

export function fillOf(value: number, { bounds }: Steps): string {
  const size = Math.abs(value);
  if (!(size >= bounds[0])) return NOTHING;
  const step = size >= bounds[2] ? 2 : size >= bounds[1] ? 1 : 0;
  return value > 0 ? GAINS[step] : LOSSES[2 - step];
}

/** Diagonal hatch that marks losses where colour does not print. */
export function hatch(context: CanvasRenderingContext2D): CanvasPattern | null {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  if (!pen) return null;
  pen.strokeStyle = "rgba(60, 25, 0, 0.55)";
  pen.lineWidth = 1.1;
  pen.beginPath();
  pen.moveTo(-2, 10);
  pen.lineTo(10, -2);
  pen.moveTo(-2, 2);
  pen.lineTo(2, -2);
  pen.moveTo(6, 10);
  pen.lineTo(10, 6);
  pen.stroke();
  return context.createPattern(tile, "repeat");
}
