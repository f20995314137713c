/** Follows the clock and the objects that Triggers name. */
import { type JsonObject, errorMessage, jsonEquals } from "@lateen/base";
import {
  type Condition,
  type Controller,
  type Environment,
  type Request,
  type Result,
  createEventRecorder,
  timestampOf,
  withCondition,
} from "@lateen/controller";
import { type KubeObject, nextCronTime, valueAt } from "@lateen/objects";
import { runApi } from "../run-instance.ts";
import { type Fired, fire, trimRuns } from "./fire.ts";
import { type Trigger, type TriggerEvent, triggerApi, triggerLabel, triggerOf } from "./trigger.ts";

/** A change that has been seen and not yet been acted on. */
interface Pending {
  readonly event: TriggerEvent;
  readonly suffix: string;
  /** The version of the object, to go on from after a restart. */
  readonly version: bigint;
}

/** More missed times than this are not looked through; the last is taken. */
const maxMissed = 100;
const keyOf = ({ namespace, name }: Request): string => `${namespace}/${name}`;

export function createTriggerController(environment: Environment): Controller {
  const pending = new Map<string, Pending[]>();
  const recorder = createEventRecorder(environment, "lateen-trigger");
  return {
    name: "trigger",
    sources: [{ ...triggerApi }, { ...runApi, map: requestOfRun }],
    feed: (enqueue, { signal }) => followObjects(environment, { enqueue, pending, signal }),
    reconcile: (request, { signal }) => reconcileTrigger({ environment, recorder, pending }, request, signal),
  };
}

function requestOfRun({ metadata }: KubeObject): readonly Request[] {
  const name = metadata.labels?.[triggerLabel];
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "default", name }];
}

interface Tools {
  readonly environment: Environment;
  readonly recorder: ReturnType<typeof createEventRecorder>;
  readonly pending: Map<string, Pending[]>;
}

async function reconcileTrigger(tools: Tools, request: Request, signal: AbortSignal): Promise<Result> {
  const { environment, pending, recorder } = tools;
  const object = environment.cache.get({ ...triggerApi, ...request });
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
    pending.delete(keyOf(request));
    return {};
  }
  let trigger: Trigger;
  try {
    trigger = triggerOf(object);
  } catch (error) {
    recorder.record({ object, type: "Warning", reason: "InvalidTrigger", message: errorMessage(error) });
    await writeStatus(environment, object, { ready: errorMessage(error) }, signal);
    return {};
  }
  const done =
    trigger.source.kind === "cron"
      ? await followClock(tools, trigger, signal)
      : await followChanges(tools, trigger, signal);
  await trimRuns(environment.client, trigger, signal);
  await writeStatus(environment, object, { ready: "", ...done.status }, signal);
  return done.next === undefined ? {} : { requeueAfterMs: Math.max(100, done.next - environment.clock.now() + 50) };
}

interface Done {
  readonly status: JsonObject;
  readonly next?: number;
}

async function followClock({ environment, recorder }: Tools, trigger: Trigger, signal: AbortSignal): Promise<Done> {
  const { source, object } = trigger;
  if (source.kind !== "cron") return { status: {} };
  const now = environment.clock.now();
  const last = valueAt(object, "status", "lastScheduleTime");
  const began = Date.parse(typeof last === "string" ? last : (object.metadata.creationTimestamp ?? ""));
  const earliest = source.startingDeadlineMs === undefined ? began : Math.max(began, now - source.startingDeadlineMs);
  let due: number | undefined;
  let next: number | undefined;
  let from = earliest;
  for (let missed = 0; ; missed++) {
    const time = nextCronTime(source.schedule, from);
    if (time === undefined || time > now) {
      next = time;
      break;
    }
    due = time;
    // Far behind: go on from a little before now.
    from = missed === maxMissed ? Math.max(time, now - 60_000) : time;
  }
  const later = next === undefined ? {} : { next };
  if (due === undefined) return { status: {}, ...later };
  const event: TriggerEvent = { type: "schedule", time: timestampOf(due) };
  const fired = await fire(environment.client, trigger, { event, suffix: `${Math.floor(due / 1000)}`, signal });
  tell(recorder, trigger, fired);
  return { status: { lastScheduleTime: timestampOf(due), ...outcomeOf(fired, now) }, ...later };
}

async function followChanges(
  { environment, recorder, pending }: Tools,
  trigger: Trigger,
  signal: AbortSignal,
): Promise<Done> {
  const waiting = pending.get(keyOf(trigger)) ?? [];
  let status: JsonObject = {};
  while (waiting.length > 0) {
    const { event, suffix, version } = waiting[0]!;
    const fired = await fire(environment.client, trigger, { event, suffix, signal });
    tell(recorder, trigger, fired);
    waiting.shift();
    status = { ...status, ...outcomeOf(fired, environment.clock.now()), lastResourceVersion: String(version) };
  }
  return { status };
}

const outcomeOf = (fired: Fired, now: number): JsonObject =>
  fired.kind === "held"
    ? { lastHeld: { time: timestampOf(now), why: fired.why } }
    : { lastTriggeredTime: timestampOf(now), lastRun: fired.run };

function tell(recorder: Tools["recorder"], { object }: Trigger, fired: Fired): void {
  if (fired.kind === "started")
    recorder.record({ object, type: "Normal", reason: "Triggered", message: `started WorkflowRun ${fired.run}` });
}

async function writeStatus(
  { client, clock }: Environment,
  object: KubeObject,
  { ready, ...more }: JsonObject & { readonly ready: string },
  signal: AbortSignal,
): Promise<void> {
  const known = (object.status ?? {}) as JsonObject;
  const condition: Condition =
    ready === ""
      ? { type: "Ready", status: "True", reason: "Following" }
      : { type: "Ready", status: "False", reason: "Invalid", message: ready };
  const conditions = withCondition((known.conditions ?? []) as unknown as readonly Condition[], condition, clock.now());
  const status = { ...known, ...more, conditions } as unknown as JsonObject;
  if (jsonEquals(known, status)) return;
  await client.updateStatus({ ...object, status } as KubeObject, { signal });
}

interface Following {
  readonly enqueue: (request: Request) => void;
  readonly pending: Map<string, Pending[]>;
  readonly signal: AbortSignal;
}

/** Watches the kinds that Triggers name, as long as they name them. */
async function followObjects(environment: Environment, following: Following): Promise<void> {
  const { cache } = environment;
  const stops = new Map<string, { readonly generation: number | undefined; readonly stop: () => void }>();
  const drop = (key: string): void => {
    stops.get(key)?.stop();
    stops.delete(key);
  };
  const stop = cache.onChange(triggerApi, ({ object, previous }) => {
    const { namespace = "default", name = "", generation } = (object ?? previous)!.metadata;
    const key = keyOf({ namespace, name });
    if (object !== undefined && stops.get(key)?.generation === generation) return;
    drop(key);
    if (object === undefined) return;
    stops.set(key, { generation, stop: followOne(environment, object, following) });
  });
  await new Promise<void>((resolve) => following.signal.addEventListener("abort", () => resolve(), { once: true }));
  stop();
  for (const key of stops.keys()) drop(key);
}

function followOne({ cache, clock }: Environment, object: KubeObject, { enqueue, pending }: Following): () => void {
  let trigger: Trigger;
  try {
    trigger = triggerOf(object);
  } catch {
    // Reconciling says so.
    return () => undefined;
  }
  const { source } = trigger;
  if (source.kind !== "watch") return () => undefined;
  const kind = { apiVersion: source.apiVersion, kind: source.of };
  const key = keyOf(trigger);
  // What changed before the trigger was there, or was acted on before a restart, starts nothing.
  const seen = valueAt(object, "status", "lastResourceVersion");
  const since = versionOf(typeof seen === "string" ? seen : object.metadata.resourceVersion);
  const stop = cache.onChange(kind, ({ object: now, previous }) => {
    const changed = (now ?? previous)!;
    if (source.namespace !== undefined && changed.metadata.namespace !== source.namespace) return;
    const type = now === undefined ? "delete" : previous === undefined && isNew(now, object) ? "create" : "update";
    const version = versionOf(changed.metadata.resourceVersion);
    if (version <= since || !source.events.has(type) || !source.matches(changed)) return;
    const { managedFields: _, ...metadata } = changed.metadata;
    const event: TriggerEvent = {
      type,
      time: timestampOf(clock.now()),
      object: { ...changed, metadata } as unknown as JsonObject,
    };
    const suffix = `${(changed.metadata.uid ?? "").slice(0, 8)}-${version.toString(36)}${type === "delete" ? "d" : ""}`;
    const waiting = pending.get(key) ?? [];
    waiting.push({ event, suffix, version });
    pending.set(key, waiting);
    enqueue(trigger);
  });
  cache.watch(kind);
  return stop;
}

/** First seen after the trigger was made: else the change that led here is an update. */
const isNew = ({ metadata }: KubeObject, trigger: KubeObject): boolean =>
  (metadata.creationTimestamp ?? "") >= (trigger.metadata.creationTimestamp ?? "");

function versionOf(text: string | undefined): bigint {
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : 0n;
}
