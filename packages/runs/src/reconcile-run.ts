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
import { type Condition, type EventRecorder, type Metrics, timestampOf, withCondition } from "@lateen/controller";
import { type KubeObject, valueAt } from "@lateen/objects";
import {
  type EngineLimits,
  type ProviderTable,
  type Plan,
  type RunMemory,
  type RunStatus,
  type StepCall,
  type StepRunner,
  advance,
  builtinProviders,
  contextFromData,
  contextToData,
  createCueStepRunner,
  createProviders,
  createRunMemory,
  isWorthALine,
  parseGoDuration,
  stalledMessage,
  stalledSteps,
  statusFromJson,
  statusToJson,
  terminateRun,
  withoutRecordedCalls,
} from "@lateen/workflow";
import { groupLabel, retentionOf } from "./retention.ts";
import { type RunInstance, readInstance, runApi } from "./run-instance.ts";
import { observeRound } from "./run-metrics.ts";
import { contextOfRun, writeDebug, writeJournal } from "./run-records.ts";

export interface RunState {
  readonly client: Client;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly memories: Map<string, RunMemory>;
  /** Of each run the version that this controller wrote last: seeing it again is no news. */
  readonly written?: Map<string, string>;
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
  readonly metrics?: Metrics;
  readonly recorder?: EventRecorder;
  /** All runs of the cluster, for those that go when they are old. Without it every run stays. */
  readonly runs?: () => readonly KubeObject[];
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
    state.written?.delete(keyOf(request));
    return {};
  }
  const wanted = run.metadata.annotations?.[versionAnnotation];
  if (wanted !== undefined && wanted !== (state.controllerVersion ?? "v1")) return {};
  if (valueAt(run, "status", "finished") === true) return retain(state, run, signal);
  return new Round(state, run, signal).advance();
}

export const keyOf = ({ namespace, name }: RunRequest): string => `${namespace}/${name}`;

async function found<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Deletes what has been over for long enough, children with it; else says when to look again. */
async function retain({ client, clock, runs }: RunState, run: KubeObject, signal: AbortSignal): Promise<RunResult> {
  if (runs === undefined) return {};
  const group = run.metadata.labels?.[groupLabel];
  const retention = retentionOf(
    run,
    () => runs().filter(({ metadata }) => metadata.labels?.[groupLabel] === group),
    clock.now(),
  );
  if (retention.kind === "later") return { requeueAfterMs: retention.afterMs };
  if (retention.kind === "stays") return {};
  const { namespace = "default", name = "", uid = "" } = run.metadata;
  await found(client.delete({ ...runApi, namespace, name }, { signal, preconditions: { uid } }));
  return {};
}

/** One round of one run: from its object to one advance of the engine and back. */
class Round {
  readonly #state: RunState;
  readonly #run: KubeObject;
  readonly #signal: AbortSignal;
  readonly #key: string;
  readonly #now: number;
  readonly #calls: StepCall[] = [];
  readonly #debugged: { readonly id: string; readonly text: string }[] = [];

  constructor(state: RunState, run: KubeObject, signal: AbortSignal) {
    this.#state = state;
    this.#run = run;
    this.#signal = signal;
    this.#key = keyOf({ namespace: run.metadata.namespace ?? "default", name: run.metadata.name ?? "" });
    this.#now = state.clock.now();
  }

  async advance(): Promise<RunResult> {
    let instance: RunInstance;
    try {
      instance = await this.#generate();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return this.#failed("initializing", errorMessage(error));
    }
    const started = this.#startedStatus(instance.plan);
    try {
      return await this.#execute(instance, started);
    } catch (error) {
      if (this.#signal.aborted || isConflict(error)) throw error;
      return this.#failed("executing", errorMessage(error), statusToJson(started, "run"));
    }
  }

  async #generate(): Promise<RunInstance> {
    const { client, clock, metrics, systemNamespace = "vela-system" } = this.#state;
    const begun = clock.now();
    const instance = await readInstance({ client, run: this.#run, systemNamespace, signal: this.#signal });
    const took = (clock.now() - begun) / 1000;
    metrics?.observe("generate_task_runners_time_seconds", { controller: "workflowrun" }, took);
    return instance;
  }

  #startedStatus({ mode }: Plan): RunStatus {
    const recorded = isJsonObject(this.#run.status) ? this.#run.status : undefined;
    const status = statusFromJson(recorded, mode);
    if (status.startTime !== "" || status.steps.length > 0) return status;
    this.#state.memories.delete(this.#key);
    return { ...status, mode, startTime: timestampOf(this.#now) };
  }

  async #execute(instance: RunInstance, started: RunStatus): Promise<RunResult> {
    const { memories, newId, suspendOnFailure, limits } = this.#state;
    const owned = { client: this.#state.client, run: this.#run, signal: this.#signal };
    const memory = memories.get(this.#key) ?? createRunMemory();
    memories.set(this.#key, memory);
    const kept = contextOfRun(owned);
    const context = withoutRecordedCalls(contextFromData(await kept.load()), started);
    await kept.save(contextToData(context));
    const advanced = await advance({
      plan: instance.plan,
      status: started,
      context,
      memory,
      runner: this.#runner(instance),
      now: this.#now,
      newId,
      signal: this.#signal,
      suspendOnFailure: suspendOnFailure === true,
      ...(limits === undefined ? {} : { limits }),
      save: (_, next) => kept.save(contextToData(next)),
    });
    for (const one of this.#debugged) await writeDebug(owned, one);
    if (this.#state.journal === true) await writeJournal(owned, this.#calls);
    const { status, conditions } = judgeStalled(this.#state, this.#run, {
      plan: instance.plan,
      status: advanced.status,
      conditions: this.#conditionsAfter(advanced.phase),
    });
    const contextBackend = { ...kept.reference };
    const written = await this.#writeStatus({
      ...statusToJson(status, "run"),
      ...conditionField(conditions),
      contextBackend,
    });
    await kept.save(contextToData(withoutRecordedCalls(advanced.context, status)));
    if (status.finished) {
      this.#finished(status);
      return retain(this.#state, written, this.#signal);
    }
    if (status.terminated && !advanced.status.terminated) return { requeueAfterMs: 1_000 };
    return advanced.requeueAfterMs === undefined ? {} : { requeueAfterMs: advanced.requeueAfterMs };
  }

  #runner({ template, context }: RunInstance): StepRunner {
    const { name = "", namespace = "default", annotations } = this.#run.metadata;
    return createCueStepRunner({
      providers: createProviders(builtinProviders, ...this.#state.providers(this.#run)),
      fields: { name, namespace, workflowName: "", publishVersion: "", ...context },
      template,
      observe: (call) => void (isWorthALine(call) && this.#calls.push(call)),
      ...(annotations?.[debugAnnotation] === "true"
        ? { debug: (visit: { id: string }, text: string) => void this.#debugged.push({ id: visit.id, text }) }
        : {}),
    });
  }

  #conditionsAfter(phase: RunStatus["phase"]): readonly Condition[] {
    const known = conditionsOf(this.#run);
    if (phase !== "succeeded") return known;
    return withCondition(known, { type: "WorkflowRun", status: "True", reason: "Available" }, this.#state.clock.now());
  }

  async #failed(phase: "initializing" | "executing", message: string, status?: JsonObject): Promise<RunResult> {
    const conditions = withCondition(
      conditionsOf(this.#run),
      { type: "WorkflowRun", status: "False", reason: "ReconcileError", message },
      this.#state.clock.now(),
    );
    const recorded = isJsonObject(this.#run.status) ? this.#run.status : {};
    const known = { suspend: false, terminated: false, finished: false, ...recorded };
    await this.#writeStatus({ ...known, ...status, ...conditionField(conditions), status: phase });
    const [reason, what] =
      phase === "initializing" ? ["Generate", "fail to generate workflow runners"] : ["Execute", "fail to execute"];
    this.#state.recorder?.record({ object: this.#run, type: "Warning", reason, message: `${what}: ${message}` });
    return { error: message };
  }

  /** @returns the run with this status. */
  async #writeStatus(status: JsonObject): Promise<KubeObject> {
    const { client, metrics, clock, written } = this.#state;
    const before = isJsonObject(this.#run.status) ? this.#run.status : {};
    const changed = canonicalJson(before) !== canonicalJson(status);
    const run = changed
      ? await client.updateStatus({ ...this.#run, status }, { signal: this.#signal })
      : { ...this.#run, status };
    written?.set(this.#key, run.metadata.resourceVersion ?? "");
    const now = clock.now();
    if (metrics !== undefined) observeRound(metrics, { run: this.#run, status, tookMs: now - this.#now, now });
    return run;
  }

  #finished({ phase }: RunStatus): void {
    this.#state.memories.delete(this.#key);
    const end = phase === "succeeded" ? "successfully" : phase === "terminated" ? "with termination" : "with failure";
    const message = `WorkflowRun finished ${end}`;
    this.#state.recorder?.record({ object: this.#run, type: "Normal", reason: "Execute", message });
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
