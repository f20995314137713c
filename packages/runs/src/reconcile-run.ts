/** Advances a WorkflowRun: the walk of kubevela-workflow.md 2.2. */
import {
  type Clock,
  type JsonObject,
  type JsonValue,
  canonicalJson,
  errorMessage,
  isConflict,
  isJsonObject,
  isNotFound,
} from "@lateen/base";
import type { Client } from "@lateen/client";
import { OwnedConfigMap, timestampOf, withCondition, type Condition } from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import {
  type EngineLimits,
  type ProviderTable,
  type RunContext,
  type Plan,
  type RunMemory,
  type RunStatus,
  type StepCall,
  advance,
  appendToJournal,
  builtinProviders,
  contextFromData,
  contextToData,
  createCueStepRunner,
  createProviders,
  createRunMemory,
  isWorthALine,
  journalName,
  parseGoDuration,
  stalledMessage,
  stalledSteps,
  statusFromJson,
  statusToJson,
  terminateRun,
  withoutClosedCalls,
} from "@lateen/workflow";
import { readInstance, runApi } from "./run-instance.ts";

export interface RunState {
  readonly client: Client;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly memories: Map<string, RunMemory>;
  /** Operations for the steps of a run. */
  readonly providers: (run: KubeObject) => readonly ProviderTable[];
  readonly systemNamespace?: string;
  readonly controllerVersion?: string;
  readonly suspendOnFailure?: boolean;
  readonly limits?: EngineLimits;
  /** Say in a condition `Stalled` which steps have waited for longer without a time-out. */
  readonly stalledAfterMs?: number;
  /** Keep an account of what steps did, for `lateen workflow logs`: one more ConfigMap a run. */
  readonly journal?: boolean;
}

export interface RunRequest {
  readonly namespace: string;
  readonly name: string;
}

export interface RunResult {
  /** When to come back, if nothing happens before. */
  readonly requeueAfterMs?: number;
  /** What failed: it is tried again with back-off. */
  readonly error?: string;
}

const versionAnnotation = "workflowrun.oam.dev/controller-version-require";
const debugAnnotation = "workflowrun.oam.dev/debug";

/** The name of the ConfigMap that keeps a run's variables. */
export const runContextName = (name: string): string => `workflow-${name}-context`;

/** One round. Status and context are written; a failure of the round itself is in the result. */
export async function reconcileRun(
  state: RunState,
  request: RunRequest,
  { signal }: { readonly signal: AbortSignal },
): Promise<RunResult> {
  const { client } = state;
  const run = await found(client.get({ ...runApi, ...request }, { signal }));
  if (run === undefined) {
    state.memories.delete(keyOf(request));
    return {};
  }
  const wanted = run.metadata.annotations?.[versionAnnotation];
  if (wanted !== undefined && wanted !== (state.controllerVersion ?? "v1")) return {};
  if (valueAt(run, "status", "finished") === true) return {};
  return advanceRun(state, run, signal);
}

const keyOf = ({ namespace, name }: RunRequest): string => `${namespace}/${name}`;

async function found<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function advanceRun(state: RunState, run: KubeObject, signal: AbortSignal): Promise<RunResult> {
  const { client, clock, memories, systemNamespace = "vela-system" } = state;
  const recorded = isJsonObject(run.status) ? run.status : undefined;
  const key = keyOf({ namespace: run.metadata.namespace ?? "default", name: run.metadata.name ?? "" });
  const now = clock.now();
  let instance: Awaited<ReturnType<typeof readInstance>>;
  try {
    instance = await readInstance({ client, run, systemNamespace, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return failed(state, run, { phase: "initializing", message: errorMessage(error), signal });
  }
  const status = statusFromJson(recorded, instance.plan.mode);
  const isFirst = status.startTime === "" && status.steps.length === 0;
  if (isFirst) memories.delete(key);
  const started = isFirst ? { ...status, mode: instance.plan.mode, startTime: timestampOf(now) } : status;
  const memory = memories.get(key) ?? createRunMemory();
  memories.set(key, memory);
  try {
    const store = new RunContextStore(client, run, signal);
    const context = await store.load();
    const fields: JsonObject = {
      name: run.metadata.name ?? "",
      namespace: run.metadata.namespace ?? "default",
      workflowName: "",
      publishVersion: "",
      ...instance.context,
    };
    const debugged: { id: string; text: string }[] = [];
    const calls: StepCall[] = [];
    const runner = createCueStepRunner({
      providers: createProviders(builtinProviders, ...state.providers(run)),
      fields,
      template: instance.template,
      observe: (call) => void (isWorthALine(call) && calls.push(call)),
      ...(run.metadata.annotations?.[debugAnnotation] === "true"
        ? { debug: (visit: { id: string }, text: string) => void debugged.push({ id: visit.id, text }) }
        : {}),
    });
    const advanced = await advance({
      plan: instance.plan,
      status: started,
      context,
      memory,
      runner,
      now,
      newId: state.newId,
      signal,
      suspendOnFailure: state.suspendOnFailure === true,
      ...(state.limits === undefined ? {} : { limits: state.limits }),
      save: (_, next) => store.save(next),
    });
    for (const one of debugged) await writeDebug(client, run, one, signal);
    if (state.journal === true) await writeJournal(client, run, calls, signal);
    const available: Condition = { type: "WorkflowRun", status: "True", reason: "Available" };
    const reached =
      advanced.phase === "succeeded" ? withCondition(conditionsOf(run), available, now) : conditionsOf(run);
    const { status: judged, conditions } = judgeStalled(state, run, {
      plan: instance.plan,
      status: advanced.status,
      conditions: reached,
    });
    await writeStatus(
      client,
      run,
      { ...statusToJson(judged, "run"), ...conditionField(conditions), ...store.backend() },
      signal,
    );
    await store.save(withoutClosedCalls(advanced.context));
    if (judged.finished) memories.delete(key);
    if (judged.terminated && !advanced.status.terminated) return { requeueAfterMs: 1_000 };
    return advanced.requeueAfterMs === undefined ? {} : { requeueAfterMs: advanced.requeueAfterMs };
  } catch (error) {
    if (signal.aborted || isConflict(error)) throw error;
    return failed(state, run, {
      phase: "executing",
      message: errorMessage(error),
      signal,
      status: statusToJson(started, "run"),
    });
  }
}

/** A run with this annotation (a Go duration) fails where a step has waited for longer without a time-out. */
const failStalledAnnotation = "lateen.dev/fail-stalled-after";

/** Says which steps have waited too long, and ends the run where its author wants that. */
function judgeStalled(
  { stalledAfterMs, clock }: RunState,
  run: KubeObject,
  { plan, status, conditions }: { plan: Plan; status: RunStatus; conditions: readonly Condition[] },
): { readonly status: RunStatus; readonly conditions: readonly Condition[] } {
  if (stalledAfterMs === undefined) return { status, conditions };
  const now = clock.now();
  const failAfterMs = parseGoDuration(run.metadata.annotations?.[failStalledAnnotation] ?? "");
  const overdue = failAfterMs === undefined ? [] : stalledSteps(plan, status, { now, afterMs: failAfterMs });
  const stalled = overdue.length > 0 ? overdue : stalledSteps(plan, status, { now, afterMs: stalledAfterMs });
  const judged = overdue.length > 0 ? terminateRun(status) : status;
  if (stalled.length === 0) return { status: judged, conditions: conditions.filter(({ type }) => type !== "Stalled") };
  const condition: Condition = {
    type: "Stalled",
    status: "True",
    reason: overdue.length > 0 ? "FailStalledAfter" : "NoTimeout",
    message: stalledMessage(stalled),
  };
  return { status: judged, conditions: withCondition(conditions, condition, now) };
}

const conditionsOf = (run: KubeObject): readonly Condition[] =>
  (valueAt(run, "status", "conditions") as unknown as readonly Condition[] | undefined) ?? [];
const conditionField = (conditions: readonly Condition[]): JsonObject =>
  conditions.length === 0 ? {} : { conditions: conditions as unknown as JsonValue };

async function failed(
  { client, clock }: RunState,
  run: KubeObject,
  { phase, message, signal, status }: { phase: string; message: string; signal: AbortSignal; status?: JsonObject },
): Promise<RunResult> {
  const conditions = withCondition(
    conditionsOf(run),
    { type: "WorkflowRun", status: "False", reason: "ReconcileError", message },
    clock.now(),
  );
  const known = isJsonObject(run.status) ? run.status : { suspend: false, terminated: false, finished: false };
  await writeStatus(client, run, { ...known, ...status, ...conditionField(conditions), status: phase }, signal);
  return { error: message };
}

async function writeStatus(client: Client, run: KubeObject, status: JsonObject, signal: AbortSignal): Promise<void> {
  const before = isJsonObject(run.status) ? run.status : {};
  if (canonicalJson(before) === canonicalJson(status)) return;
  await client.updateStatus({ ...run, status }, { signal });
}

/** An account of what steps did; a run does not fail for it. */
async function writeJournal(
  client: Client,
  run: KubeObject,
  calls: readonly StepCall[],
  signal: AbortSignal,
): Promise<void> {
  if (calls.length === 0) return;
  try {
    const kept = new OwnedConfigMap({ client, owner: run, name: journalName(run.metadata.name ?? ""), signal });
    const { journal = "" } = await kept.load();
    await kept.save({ journal: appendToJournal(journal, calls) });
  } catch (error) {
    if (signal.aborted) throw error;
  }
}

async function writeDebug(
  client: Client,
  run: KubeObject,
  { id, text }: { id: string; text: string },
  signal: AbortSignal,
): Promise<void> {
  const { namespace = "default", name = "", uid = "" } = run.metadata;
  const reference = { apiVersion: "v1", kind: "ConfigMap", namespace, name: `${name}-${id}-debug-${uid.slice(-5)}` };
  const known = await found(client.get(reference, { signal }));
  const data = { debug: text };
  if (known !== undefined) {
    if (canonicalJson((known.data as JsonValue | undefined) ?? {}) !== canonicalJson(data))
      await client.update({ ...known, data }, { signal });
    return;
  }
  const ownerReferences = [{ apiVersion: run.apiVersion, kind: run.kind, name, uid, controller: true }];
  await client.create(
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: reference.name, ownerReferences },
      data,
    } as KubeObject,
    { signal },
  );
}

/** The ConfigMap of a run's variables; one of another owner is left alone and another name is taken. */
class RunContextStore {
  readonly #client: Client;
  readonly #run: KubeObject;
  readonly #signal: AbortSignal;
  #object: KubeObject | undefined;

  constructor(client: Client, run: KubeObject, signal: AbortSignal) {
    this.#client = client;
    this.#run = run;
    this.#signal = signal;
  }

  #reference(name: string): { apiVersion: string; kind: string; namespace: string; name: string } {
    return { apiVersion: "v1", kind: "ConfigMap", namespace: this.#run.metadata.namespace ?? "default", name };
  }

  async load(): Promise<RunContext> {
    const backend = valueAt(this.#run, "status", "contextBackend", "name");
    const name = typeof backend === "string" ? backend : runContextName(this.#run.metadata.name ?? "");
    const object = await found(this.#client.get(this.#reference(name), { signal: this.#signal }));
    const owned = object?.metadata.ownerReferences?.some(({ uid }) => uid === this.#run.metadata.uid) === true;
    this.#object = owned
      ? object
      : await this.#create(object === undefined ? name : `${name}-${(this.#run.metadata.uid ?? "").slice(-5)}`);
    return contextFromData(valueAt(this.#object, "data") as Readonly<Record<string, string>> | undefined);
  }

  async #create(name: string): Promise<KubeObject> {
    const { apiVersion, kind, metadata } = this.#run;
    const ownerReferences = [
      { apiVersion, kind, name: metadata.name ?? "", uid: metadata.uid ?? "", controller: true },
    ];
    const { apiVersion: version, kind: own, ...place } = this.#reference(name);
    return this.#client.create(
      { apiVersion: version, kind: own, metadata: { ...place, ownerReferences }, data: { vars: "{}" } } as KubeObject,
      { signal: this.#signal },
    );
  }

  async save(context: RunContext): Promise<void> {
    const data = contextToData(context);
    if (
      this.#object === undefined ||
      canonicalJson((this.#object.data as JsonValue | undefined) ?? {}) === canonicalJson({ ...data })
    )
      return;
    this.#object = await this.#client.update({ ...this.#object, data } as KubeObject, { signal: this.#signal });
  }

  backend(): JsonObject {
    if (this.#object === undefined) return {};
    const { apiVersion, kind, metadata } = this.#object;
    return { contextBackend: { apiVersion, kind, name: metadata.name ?? "", namespace: metadata.namespace ?? "" } };
  }
}
