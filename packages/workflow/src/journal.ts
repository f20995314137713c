/**
 * What steps did, for people: one line an operation, secrets covered, repeated waiting folded into one line. It decides
 * nothing; losing it loses only the account.
 */
import { type JsonObject, type JsonValue, canonicalJson, isJsonObject } from "@lateen/base";
import { formatTime } from "./duration.ts";

/** One operation of one visit. Secrets are covered in `params` and `answer`. */
export interface StepCall {
  readonly step: string;
  readonly id: string;
  /** Where in the step's template. */
  readonly path: string;
  /** `provider.operation`, as `http.do`. */
  readonly operation: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly params: JsonValue;
  readonly answer?: JsonValue;
  readonly error?: string;
}

export interface JournalLine extends Omit<StepCall, "at"> {
  /** RFC 3339, of the first time. */
  readonly time: string;
  /** Of the last time, and how often, where the same was done again. */
  readonly last?: string;
  readonly times?: number;
}

export interface JournalLimits {
  readonly maxLines: number;
  readonly maxBytes: number;
}

const defaultLimits: JournalLimits = { maxLines: 500, maxBytes: 256 * 1024 };
const maxShown = 2_000;

/** The name of the ConfigMap that keeps a run's journal, under the key `journal`. */
export const journalName = (run: string): string => `workflow-${run}-journal`;

const quiet = new Set(["wait", "message", "fail", "break", "var", "suspend"]);
const delivering = new Set(["multicluster.deploy", "op.deploy", "oam.component-apply", "op.component-apply"]);

/** Whether a call is worth a line: what only steers the step is in its status already. */
export function isWorthALine({ operation }: StepCall): boolean {
  const [provider = "", name = ""] = operation.split(".");
  if (delivering.has(operation)) return false;
  return !((provider === "builtin" || provider === "op") && quiet.has(name));
}

/** The lines of a journal; a line that is none is left out. */
export function readJournal(text: string): readonly JournalLine[] {
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    try {
      const json: unknown = JSON.parse(line);
      return isJsonObject(json) && typeof json.step === "string" ? [json as unknown as JournalLine] : [];
    } catch {
      return [];
    }
  });
}

const cut = (value: JsonValue): JsonValue => {
  const text = canonicalJson(value);
  return text.length <= maxShown ? value : `${text.slice(0, maxShown)}… (${text.length} characters)`;
};

function lineOf({ at, params, answer, ...call }: StepCall): JournalLine {
  return {
    ...call,
    time: formatTime(at),
    params: cut(params),
    ...(answer === undefined ? {} : { answer: cut(answer) }),
  };
}

/** The same operation with the same answer as before: a poll. */
function isAgain(line: JournalLine, before: JournalLine): boolean {
  const { time: _a, last: _b, times: _c, ...own } = line;
  const { time: _d, last: _e, times: _f, ...other } = before;
  return canonicalJson(own as unknown as JsonObject) === canonicalJson(other as unknown as JsonObject);
}

/** A journal with more calls; the oldest lines go where it gets too long. */
export function appendToJournal(text: string, calls: readonly StepCall[], limits = defaultLimits): string {
  const lines = [...readJournal(text)];
  for (const call of calls) {
    const line = lineOf(call);
    // Steps of a graph poll in turns: the line to fold into is the last of the same operation.
    const index = lines.findLastIndex(({ id, path }) => id === line.id && path === line.path);
    const before = index < 0 ? undefined : lines[index]!;
    if (before !== undefined && isAgain(line, before))
      lines[index] = { ...before, last: line.time, times: (before.times ?? 1) + 1 };
    else lines.push(line);
  }
  const kept = lines.slice(-limits.maxLines).map((line) => canonicalJson(line as unknown as JsonObject));
  let size = 0;
  const from = kept.findLastIndex((line) => (size += line.length + 1) > limits.maxBytes);
  return kept.slice(from + 1).join("\n");
}
