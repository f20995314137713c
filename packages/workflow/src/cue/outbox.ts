/**
 * Effects that reach the outside at most once for each time a step means them. Before a request leaves, the intent is
 * committed with a key of its own; after it, its answer. A crash between the two finds the intent and sends again with the
 * same key, so that the other side can tell; one after both finds the answer and does not send. An answer counts until the
 * status of its visit is recorded.
 */
import { type JsonObject, canonicalJson, isJsonObject } from "@lateen/base";
import { parseTime } from "../duration.ts";
import type { RunContext, RunStatus, StepStatus } from "../model.ts";
import type { Visit } from "../step-runner.ts";

/** Longer answers are not recorded: after a crash the request leaves once more, with the same key. */
const maxRecordedAnswer = 128 * 1024;

interface CallRecord {
  /** Names this request for the other side, whatever happens to this process. */
  readonly key: string;
  readonly answer?: JsonObject;
  /** When the visit that sent it began, once that visit is over. */
  readonly closed?: number;
}

/** Text as a part of a key that a ConfigMap accepts; different texts stay different. */
const keyPart = (text: string): string =>
  text.replaceAll(/[^-.a-zA-Z0-9]/gu, (char) => `_${char.codePointAt(0)!.toString(16)}`);

/** By the step's name: an id may be lost with a process that dies in the step's first visit. */
const prefixOf = (step: string): string => `${keyPart(step)}.call.`;

/** Where a call is recorded among the values of a run. */
const recordName = ({ step }: Visit, path: string): string => `${prefixOf(step.name)}${keyPart(path)}`;

/** Values without the calls of these steps: what they did is to be done again. */
export function withoutCalls(
  values: Readonly<Record<string, string>>,
  steps: Iterable<string>,
): Record<string, string> {
  const prefixes = [...steps].map(prefixOf);
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => !prefixes.some((prefix) => name.startsWith(prefix))),
  );
}

function readRecord(text: string | undefined): CallRecord | undefined {
  if (text === undefined) return undefined;
  const json: unknown = JSON.parse(text);
  return isJsonObject(json) && typeof json.key === "string" ? (json as unknown as CallRecord) : undefined;
}

const written = (record: CallRecord): string => canonicalJson(record as unknown as JsonObject);

const recordOf = (values: Readonly<Record<string, string>>, name: string): CallRecord | undefined =>
  readRecord(Object.hasOwn(values, name) ? values[name] : undefined);

/** Commits that something is about to leave. @returns its key: that of the first try, for as long as the step means the same. */
export async function recordIntent(visit: Visit, path: string): Promise<string> {
  const name = recordName(visit, path);
  const { values } = visit.variables;
  const known = recordOf(values, name);
  if (known !== undefined) return known.key;
  const key = `${visit.id}-${keyPart(path)}-${visit.now.toString(36)}`;
  values[name] = written({ key });
  await visit.checkpoint();
  return key;
}

/**
 * Runs `send` unless an earlier life of this process has its answer already.
 * @param path of the operation in its template.
 * @param send gets the key that stays the same when it is tried again. What it throws leaves the intent: the next try has the same key.
 */
export async function sendOnce(
  visit: Visit,
  path: string,
  send: (key: string) => Promise<JsonObject | undefined>,
): Promise<JsonObject | undefined> {
  const name = recordName(visit, path);
  const { values } = visit.variables;
  const known = recordOf(values, name);
  if (known?.answer !== undefined) return known.answer;
  const key = await recordIntent(visit, path);
  const answer = (await send(key)) ?? {};
  const text = written({ key, answer });
  if (text.length <= maxRecordedAnswer) {
    values[name] = text;
    await visit.checkpoint();
  } else visit.signal.throwIfAborted();
  return answer;
}

/** The visit is over: what it sent is sent. @param keepsIntents what got no answer keeps its key for the next try. */
export function closeCalls(visit: Visit, { keepsIntents }: { readonly keepsIntents: boolean }): void {
  const { values } = visit.variables;
  for (const [name, text] of Object.entries(values)) {
    if (!name.startsWith(prefixOf(visit.step.name))) continue;
    const record = readRecord(text);
    if (record?.answer !== undefined) values[name] = written({ ...record, closed: visit.now });
    else if (!keepsIntents) delete values[name];
  }
}

/** A visit begins: answers of an earlier one whose status is recorded do not count any more. */
export function openCalls(visit: Visit): void {
  const { values } = visit.variables;
  for (const [name, text] of Object.entries(values))
    if (name.startsWith(prefixOf(visit.step.name)) && isRecorded(text, visit.recorded)) delete values[name];
}

/** The values without answers of visits that `status` has recorded: they have done their part. */
export function withoutRecordedCalls(context: RunContext, { steps }: Pick<RunStatus, "steps">): RunContext {
  const all = steps.flatMap((step) => [step, ...step.subSteps]);
  const values = Object.fromEntries(
    Object.entries(context.values).filter(([name, text]) => {
      if (!name.includes(".call.")) return true;
      const step = all.find((one) => name.startsWith(prefixOf(one.name)));
      return !isRecorded(text, step);
    }),
  );
  return { ...context, values };
}

/** Whether the visit that a record belongs to is over, and its status was written. */
function isRecorded(text: string, step: StepStatus | undefined): boolean {
  const seen = parseTime(step?.lastExecuteTime ?? "");
  const closed = closedAt(text);
  return closed !== undefined && seen !== undefined && seen >= Math.floor(closed / 1000) * 1000;
}

/** Undefined for what is no record of a call. */
function closedAt(text: string): number | undefined {
  try {
    return readRecord(text)?.closed;
  } catch {
    return undefined;
  }
}
