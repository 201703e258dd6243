// The scenario that a reader is making, and its address: what is in the URL is what is solved.

export type Value = string | number | string[];
export type Measure = { kind: string } & Record<string, Value>;

export interface State {
  title: string;
  horizon: "long" | "short";
  as_of?: string;
  story?: string;
  source?: string;
  change: Measure[];
}

export const empty = (): State => ({ title: "My scenario", horizon: "long", change: [] });

const encode = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const decode = (text: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)));

/** The fragment of an address: it stays in the browser and is never sent. */
export const toFragment = (state: State): string => `#s=${encode(JSON.stringify(state))}`;

export function fromFragment(fragment: string): State | null {
  const found = /^#s=([\w-]+)$/.exec(fragment);
  if (!found) return null;
  try {
    const state = JSON.parse(decode(found[1])) as Partial<State>;
    return Array.isArray(state.change) ? { ...empty(), ...state } : null;
  } catch {
    return null;
  }
}

/** What goes to the server: the keys of a scenario file. */
export const toBody = (state: State): unknown => ({ scenario: Object.fromEntries(Object.entries(state).filter(([, value]) => value !== "" && value !== undefined)) });
