// Requests to the server: plain JSON, or lines that tell the stages of a solve before its result.

export class ServerError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function refuse(answer: Response): Promise<never> {
  const text = await answer.text();
  let message = text || answer.statusText;
  try {
    message = (JSON.parse(text) as { error: string }).error;
  } catch {
    // not ours: keep the text
  }
  throw new ServerError(message, answer.status);
}

type Query = Record<string, string | undefined>;

export async function getJson<T>(path: string, query: Query = {}): Promise<T> {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const answer = await fetch(`${path}${given.length ? `?${new URLSearchParams(given)}` : ""}`);
  return answer.ok ? ((await answer.json()) as T) : refuse(answer);
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  return (await post(path, body)).json() as Promise<T>;
}

export async function post(path: string, body: unknown): Promise<Response> {
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return answer.ok ? answer : refuse(answer);
}

export interface Waiting {
  stage?: (text: string) => void;
  signal: AbortSignal;
}

/** Ask for something that is solved; stages are told as they come, an abort frees the server. */
export async function solve<T>(path: string, query: Query, body: unknown, { stage, signal }: Waiting): Promise<T> {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const headers: Record<string, string> = { accept: "application/x-ndjson" };
  const init: RequestInit = { headers, signal };
  if (body !== undefined) Object.assign(init, { method: "POST", body: JSON.stringify(body), headers: { ...headers, "content-type": "application/json" } });
  const answer = await fetch(`${path}${given.length ? `?${new URLSearchParams(given)}` : ""}`, init);
  if (!answer.ok || !answer.body) return refuse(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += value ?? "";
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const told = JSON.parse(line) as { stage?: string; result?: T; error?: string; status?: number };
      if (told.error !== undefined) throw new ServerError(told.error, told.status ?? 500);
      if (told.result !== undefined) return told.result;
      if (told.stage) stage?.(told.stage);
    }
    if (done) throw new ServerError("the server ended the answer early.", 502);
  }
}

export interface About {
  world: string;
  year: number;
  as_of: string;
  economies: Record<string, string>;
  groups: Record<string, string[]>;
  sectors: Record<string, string>;
  territories: string[];
  /** By id: what they are called. */
  projects: Record<string, string>;
  corridors: Record<string, string>;
  modes: string[];
  /** off: no capacity binds, a first answer is the final one. */
  queues: "solved" | "held" | "off";
  kinds: Record<string, Record<string, string>>;
  scenarios: { name: string; title: string }[];
}
