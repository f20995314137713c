/**
 * The engine of step graphs: one `advance` visits what can be visited now and says when to come back. It knows nothing of
 * Kubernetes; a `StepRunner` runs steps, the caller keeps status and variables. Its decisions follow KubeVela's engine
 * (kubevela-workflow.md 2.3 to 2.12; kubevela/workflow 5e2a5c1), which its conformance cases pin.
 */
import { type JsonObject, type JsonValue, errorMessage, isJsonObject } from "@lateen/base";
import { durationFault, formatTime, parseGoDuration, parseTime } from "./duration.ts";
import { groupStatusOf } from "./group.ts";
import {
  type RunMemory,
  type WaitLimits,
  clearCounters,
  clearWait,
  defaultWaitLimits,
  increase,
  recordWait,
  waitSeconds,
} from "./memory.ts";
import {
  type RunContext,
  type RunPhase,
  type RunStatus,
  type Step,
  type StepStatus,
  type WorkflowMode,
  isFinished,
} from "./model.ts";
import {
  type Evaluated,
  type Outcome,
  type RunVariables,
  type StepRunner,
  StepError,
  type Visit,
  freshOutcome,
} from "./step-runner.ts";
import { unifyVariable } from "./variables.ts";

export interface Plan {
  readonly steps: readonly Step[];
  /** The mode as written now: groups read `subSteps` from here, the run itself from its status. */
  readonly mode: WorkflowMode;
}

export interface EngineLimits extends WaitLimits {
  /** Retries of a step whose run fails. */
  readonly maxRetries: number;
}

export const defaultEngineLimits: EngineLimits = { ...defaultWaitLimits, maxRetries: 10 };

export interface AdvanceOptions {
  readonly plan: Plan;
  readonly status: RunStatus;
  readonly context: RunContext;
  readonly memory: RunMemory;
  readonly runner: StepRunner;
  readonly now: number;
  readonly newId: () => string;
  readonly signal: AbortSignal;
  readonly suspendOnFailure?: boolean;
  readonly limits?: EngineLimits;
  /** Called after each step that changed something: a crash then repeats one step at most. */
  readonly save?: (status: RunStatus, context: RunContext) => Promise<void>;
}

export interface Advanced {
  readonly phase: RunPhase;
  readonly status: RunStatus;
  readonly context: RunContext;
  /** When to come back; undefined = only when something happens. */
  readonly requeueAfterMs: number | undefined;
}

export const suspendedByFailures =
  "The workflow suspends automatically because the failed times of steps have reached the limit";

const stepCountMs = 3 * 60_000;

/** State of one advance; it lives no longer than the call. */
interface Work {
  readonly options: AdvanceOptions;
  readonly limits: EngineLimits;
  readonly steps: StepStatus[];
  /** Statuses by name, sub-steps too; `aliases` are properties.name and properties.component of steps. */
  readonly byName: Map<string, StepStatus>;
  readonly aliases: Map<string, string>;
  readonly aliasesBefore: Readonly<Record<string, StepStatus>>;
  readonly ids: Map<string, string>;
  readonly dependsOn: Map<string, readonly string[]>;
  readonly variables: RunVariables;
  suspend: boolean;
  terminated: boolean;
  failedAfterRetries: boolean;
  waiting: boolean;
  message: string;
}

/** Advances a run as far as it goes now. @throws only what the runner or `save` throw besides StepErrors. */
export async function advance(options: AdvanceOptions): Promise<Advanced> {
  const { status, context, memory, now } = options;
  const early = phaseBefore(options);
  if (early !== undefined) return settled(early, status, context, options);
  const work = workOf(options);
  await runSteps(work, options.plan.steps, { dag: status.mode.steps === "DAG", parent: undefined });
  memory.stepCount = { count: work.steps.length, until: now + stepCountMs };
  const after = statusOf(work);
  return settled(phaseAfter(work), after, contextOf(work), options);
}

function doneFacts(plan: Plan, status: RunStatus, suspendOnFailure: boolean): { allDone: boolean; allOk: boolean } {
  let allDone = true;
  let allOk = true;
  for (const { name } of plan.steps) {
    const recorded = status.steps.find((step) => step.name === name);
    if (recorded === undefined || !isFinished(recorded, suspendOnFailure)) allDone = false;
    if (recorded === undefined || (recorded.phase !== "succeeded" && recorded.phase !== "skipped")) allOk = false;
  }
  return { allDone, allOk };
}

function phaseBefore(options: AdvanceOptions): RunPhase | undefined {
  const { plan, status, memory, now, suspendOnFailure = false } = options;
  const { allDone, allOk } = doneFacts(plan, status, suspendOnFailure);
  if (status.terminated && allDone) return endPhase(status.steps);
  if (status.suspend && !holdsSuspension(status.steps)) return "suspending";
  if (allOk) return "succeeded";
  if (memory.stepCount !== undefined && memory.stepCount.until > now && memory.stepCount.count > status.steps.length)
    return "skipped";
  return undefined;
}

function holdsSuspension(steps: readonly StepStatus[]): boolean {
  return steps.some(
    ({ phase, reason, subSteps }) => (phase === "suspending" && reason === "Suspend") || holdsSuspension(subSteps),
  );
}

/** `terminated` only if something failed and every failed step was terminated by a person. */
function endPhase(steps: readonly StepStatus[]): RunPhase {
  const failed = steps.filter(({ phase }) => phase === "failed");
  return failed.length > 0 && failed.every(({ reason }) => reason === "Terminate") ? "terminated" : "failed";
}

function phaseAfter(work: Work): RunPhase {
  const { plan, suspendOnFailure = false } = work.options;
  const status = statusOf(work);
  const { allDone, allOk } = doneFacts(plan, status, suspendOnFailure);
  if (status.terminated && allDone) return endPhase(work.steps);
  if (status.suspend) return "suspending";
  return allOk ? "succeeded" : "executing";
}

function settled(phase: RunPhase, status: RunStatus, context: RunContext, options: AdvanceOptions): Advanced {
  const { memory, now, limits = defaultEngineLimits } = options;
  const ended = phase === "succeeded" || phase === "failed" || phase === "terminated";
  if (ended || phase === "suspending") clearCounters(memory);
  if (ended) memory.stepCount = undefined;
  const next: RunStatus =
    phase === "skipped" ? status : { ...status, phase, ...(ended ? { finished: true, endTime: formatTime(now) } : {}) };
  const requeueAfterMs = ended
    ? undefined
    : phase === "suspending"
      ? suspendWaitMs(options.plan, status, context, now)
      : executingWaitMs(options, status, limits);
  return { phase, status: next, context, requeueAfterMs };
}

function executingWaitMs({ plan, memory, now }: AdvanceOptions, status: RunStatus, limits: EngineLimits): number {
  const failed = status.steps.some(({ phase }) => phase === "failed");
  let seconds = waitSeconds(memory, { failed, limits });
  for (const step of plan.steps) {
    const recorded = status.steps.find(({ name }) => name === step.name);
    if (recorded?.phase !== "running") continue;
    const left = timeoutLeftMs(step, recorded, now);
    if (left !== undefined) seconds = Math.min(seconds, Math.max(1, Math.ceil(left / 1000)));
  }
  return seconds * 1000;
}

function timeoutLeftMs(step: Step, recorded: StepStatus, now: number): number | undefined {
  if (step.timeout === undefined) return undefined;
  const timeout = parseGoDuration(step.timeout);
  const first = parseTime(recorded.firstExecuteTime);
  return timeout === undefined || first === undefined ? undefined : first + timeout - now;
}

/** Nearest time-out or end of a suspension; undefined when only a person can go on. */
export function suspendWaitMs(plan: Plan, status: RunStatus, context: RunContext, now: number): number | undefined {
  let nearest: number | undefined;
  const consider = (ms: number | undefined): void => {
    if (ms !== undefined && (nearest === undefined || ms < nearest)) nearest = ms;
  };
  const visit = (steps: readonly Step[], recorded: readonly StepStatus[]): void => {
    for (const step of steps) {
      const own = recorded.find(({ name }) => name === step.name);
      if (own?.phase !== "suspending") continue;
      consider(timeoutLeftMs(step, own, now));
      const resume = context.values[`${own.id}.resumeTimeStamp`];
      const at = resume === undefined ? undefined : parseTime(resume);
      if (at !== undefined) consider(at - now);
      visit(step.subSteps, own.subSteps);
    }
  };
  visit(plan.steps, status.steps);
  return nearest === undefined ? undefined : Math.max(1000, nearest);
}

function workOf(options: AdvanceOptions): Work {
  const { plan, status, context, newId } = options;
  const byName = new Map<string, StepStatus>();
  for (const step of status.steps) {
    byName.set(step.name, step);
    for (const sub of step.subSteps) byName.set(sub.name, sub);
  }
  const ids = new Map<string, string>();
  const dependsOn = new Map<string, readonly string[]>();
  const aliases = new Map<string, string>();
  const aliasesBefore: Record<string, StepStatus> = {};
  for (const step of plan.steps.flatMap((one) => [one, ...one.subSteps])) {
    ids.set(step.name, byName.get(step.name)?.id || newId());
    dependsOn.set(step.name, step.dependsOn);
    const alias = aliasOf(step);
    const recorded = byName.get(step.name);
    if (alias === undefined || recorded === undefined || byName.has(alias)) continue;
    aliases.set(alias, step.name);
    aliasesBefore[alias] = recorded;
  }
  return {
    options,
    limits: options.limits ?? defaultEngineLimits,
    steps: [...status.steps],
    byName,
    aliases,
    aliasesBefore,
    ids,
    dependsOn,
    variables: { vars: context.vars, values: { ...context.values } },
    suspend: status.suspend,
    terminated: status.terminated,
    failedAfterRetries: false,
    waiting: false,
    message: status.message,
  };
}

function aliasOf(step: Step): string | undefined {
  const { name, component } = step.properties ?? {};
  if (typeof name === "string") return name;
  return typeof component === "string" ? component : undefined;
}

function statusOf(work: Work): RunStatus {
  return {
    ...work.options.status,
    steps: [...work.steps],
    suspend: work.suspend,
    terminated: work.terminated,
    message: work.message,
  };
}

const contextOf = (work: Work): RunContext => ({ vars: work.variables.vars, values: { ...work.variables.values } });

interface Pass {
  readonly dag: boolean;
  readonly parent: Step | undefined;
  /** Whether any step of this pass, or of a pass around it, has asked for a suspension. */
  asked?: { suspend: boolean };
}

async function runSteps(work: Work, steps: readonly Step[], pass: Pass): Promise<void> {
  const asked = pass.asked ?? { suspend: false };
  if (pass.dag) await runDag(work, steps, { ...pass, asked });
  else await runInOrder(work, steps, { ...pass, asked });
  if (work.options.suspendOnFailure === true) suspendAfterRetries(work);
}

/** With `suspendOnFailure` a run whose steps are at their limit waits for a person once nothing else goes on. */
function suspendAfterRetries(work: Work): void {
  if (!work.failedAfterRetries || work.waiting) return;
  work.suspend = true;
  work.message = suspendedByFailures;
}

async function runDag(work: Work, steps: readonly Step[], pass: Required<Pass>): Promise<void> {
  let left = steps;
  for (let round = 0; ; round++) {
    const { ready, pending } = splitPending(work, left, { recordPending: round > 0, parent: pass.parent });
    if (ready.length === 0) return;
    await visitAll(work, { all: steps, turn: ready }, pass);
    if (work.suspend || pending.length === 0) return;
    left = pending;
  }
}

function splitPending(
  work: Work,
  steps: readonly Step[],
  { recordPending, parent }: { recordPending: boolean; parent: Step | undefined },
): { ready: readonly Step[]; pending: readonly Step[] } {
  const ready: Step[] = [];
  const pending: Step[] = [];
  for (const step of steps) {
    if (isDone(work, step)) {
      clearWait(work.options.memory, work.ids.get(step.name)!);
      continue;
    }
    const message = pendingMessage(work, step, parent);
    if (message === undefined) {
      ready.push(step);
      continue;
    }
    pending.push(step);
    if (recordPending) recordPendingStep(work, step, { message, parent });
  }
  return { ready, pending };
}

function isDone(work: Work, { name }: Step): boolean {
  const recorded = work.byName.get(name);
  return recorded !== undefined && isFinished(recorded, work.options.suspendOnFailure);
}

function recordPendingStep(
  work: Work,
  step: Step,
  { message, parent }: { message: string; parent: Step | undefined },
): void {
  const id = work.ids.get(step.name)!;
  recordWait(work.options.memory, id, undefined);
  record(work, { ...blank(step, id), phase: "pending", message }, parent);
}

const blank = ({ name, type }: Step, id: string): StepStatus => ({
  id,
  name,
  type,
  phase: "",
  message: "",
  reason: "",
  firstExecuteTime: "",
  lastExecuteTime: "",
  subSteps: [],
});

async function runInOrder(work: Work, steps: readonly Step[], pass: Required<Pass>): Promise<void> {
  await visitAll(work, { all: steps, turn: steps }, pass);
}

/** Visits steps one after the other; in order it stops at the first that cannot go on, in a DAG it never stops. */
async function visitAll(
  work: Work,
  { all, turn }: { all: readonly Step[]; turn: readonly Step[] },
  pass: Required<Pass>,
): Promise<void> {
  for (const step of turn) {
    if (isDone(work, step)) continue;
    const message = pendingMessage(work, step, pass.parent);
    if (message !== undefined) {
      recordPendingStep(work, step, { message, parent: pass.parent });
      if (pass.dag) continue;
      return;
    }
    const finished = await visitStep(work, step, { all, pass });
    if (!pass.dag && (!finished || work.suspend)) return;
  }
}

/** Why the step cannot be visited yet: an unfinished dependency or a variable that nobody has written. */
function pendingMessage(work: Work, step: Step, parent: Step | undefined): string | undefined {
  for (const name of step.dependsOn) {
    const status = work.byName.get(name) ?? work.byName.get(work.aliases.get(name) ?? "");
    if (status === undefined || !isFinished(status, work.options.suspendOnFailure))
      return `Pending on DependsOn: ${name}`;
  }
  const visit = visitOf(work, step, parent);
  for (const { from } of step.inputs) {
    if (work.options.runner.lookupInput(from, visit) === undefined) return `Pending on Input: ${from}`;
  }
  return undefined;
}

function visitOf(work: Work, step: Step, parent: Step | undefined): Visit {
  return {
    step,
    id: work.ids.get(step.name)!,
    recorded: work.byName.get(step.name),
    groupName: parent?.name,
    variables: work.variables,
    now: work.options.now,
    signal: work.options.signal,
  };
}

interface Turn {
  readonly all: readonly Step[];
  readonly pass: Required<Pass>;
}

/** One visit with all that follows from it. True when the step is finished or suspends. */
async function visitStep(work: Work, step: Step, { all, pass }: Turn): Promise<boolean> {
  const { memory, save } = work.options;
  const visit = visitOf(work, step, pass.parent);
  const check = checkBefore(work, visit, { all, pass });
  const { outcome, status } =
    step.type === "step-group" ? await visitGroup(work, visit, { check, pass }) : await visitPlain(work, visit, check);
  work.terminated ||= outcome.terminated;
  pass.asked.suspend ||= outcome.suspend;
  work.suspend = pass.asked.suspend;
  work.waiting ||= outcome.waiting && outcome.reason !== "FailedAfterRetries";
  if (outcome.reason === "FailedAfterRetries") work.failedAfterRetries = true;
  const done = isFinished(status, work.options.suspendOnFailure) || status.phase === "suspending";
  if (done) clearWait(memory, visit.id);
  else recordWait(memory, visit.id, status.message);
  record(work, status, pass.parent);
  await save?.(statusOf(work), contextOf(work));
  return done;
}

type Check =
  | { readonly kind: "run" }
  | { readonly kind: "skip"; readonly message: string; readonly registered: boolean }
  | { readonly kind: "timeout" };

/** `if`, failures before, then time-outs. */
function checkBefore(work: Work, visit: Visit, turn: Turn): Check {
  try {
    if (isSkipped(work, visit, turn)) return { kind: "skip", message: "", registered: true };
    return isTimedOut(work, visit, turn.pass.parent) ? { kind: "timeout" } : { kind: "run" };
  } catch (error) {
    return { kind: "skip", message: `pre check error: ${errorMessage(error)}`, registered: false };
  }
}

function isSkipped(work: Work, visit: Visit, { all, pass }: Turn): boolean {
  const { step } = visit;
  if (work.options.suspendOnFailure === true) return false;
  if (pass.parent !== undefined && work.byName.get(pass.parent.name)?.phase === "skipped") return true;
  if (step.if === "always") return false;
  if (step.if !== undefined) {
    return !work.options.runner.evaluateIf(step.if, visit, { status: ifStatus(work), inputs: ifInputs(work, visit) });
  }
  const before = phaseBeforeStep(work, step, { all, dag: pass.dag });
  if (step.dependsOn.length > 0) return before !== "succeeded";
  return before !== "succeeded" && before !== "skipped";
}

function phaseBeforeStep(work: Work, step: Step, { all, dag }: { all: readonly Step[]; dag: boolean }): string {
  if (dag || step.dependsOn.length > 0) return dependencyPhase(work, step.name, new Set());
  const index = all.findIndex(({ name }) => name === step.name);
  if (index < 1) return "succeeded";
  for (let i = index - 1; i >= 0; i--) {
    const phase = work.byName.get(all[i]!.name)?.phase ?? "";
    if (phase !== "succeeded" && phase !== "skipped") return phase;
  }
  return work.byName.get(all[index - 1]!.name)?.phase ?? "";
}

/** The first phase but `succeeded` along the dependencies, transitively. */
function dependencyPhase(work: Work, name: string, seen: Set<string>): string {
  for (const dependency of work.dependsOn.get(name) ?? []) {
    const own = work.byName.get(dependency) ?? work.byName.get(work.aliases.get(dependency) ?? "");
    if (own?.phase !== "succeeded") return own?.phase ?? "";
    if (seen.has(dependency)) continue;
    seen.add(dependency);
    const further = dependencyPhase(work, dependency, seen);
    if (further !== "succeeded") return further;
  }
  return "succeeded";
}

/** `status.<name>` as an `if` sees it. */
function ifStatus(work: Work): JsonObject {
  const shown: Record<string, JsonValue> = {};
  const entries = [...Object.entries(work.aliasesBefore), ...work.byName.entries()];
  for (const [name, { subSteps: _, ...status }] of entries) {
    shown[name] = {
      ...(Object.fromEntries(Object.entries(status).filter(([, value]) => value !== "")) as JsonObject),
      phase: status.phase,
      failed: status.phase === "failed",
      succeeded: status.phase === "succeeded",
      skipped: status.phase === "skipped",
      timeout: status.reason === "Timeout",
      failedAfterRetries: status.reason === "FailedAfterRetries",
      terminate: status.reason === "Terminate",
    };
  }
  return shown;
}

function ifInputs(work: Work, visit: Visit): JsonObject {
  const inputs: Record<string, JsonValue> = {};
  for (const { from } of visit.step.inputs) {
    const value = work.options.runner.lookupInput(from, visit);
    if (value !== undefined) inputs[from] = value;
  }
  return inputs;
}

/** @throws Error for a time-out that is no duration. */
function isTimedOut(work: Work, { step, recorded, now }: Visit, parent: Step | undefined): boolean {
  if (parent !== undefined && work.byName.get(parent.name)?.reason === "Timeout") return true;
  const first = recorded === undefined ? undefined : parseTime(recorded.firstExecuteTime);
  if (step.timeout === undefined || first === undefined) return false;
  const timeout = parseGoDuration(step.timeout);
  if (timeout === undefined) throw new Error(durationFault(step.timeout));
  return now > first + timeout;
}

interface Visited {
  readonly outcome: Outcome;
  readonly status: StepStatus;
}

async function visitPlain(work: Work, visit: Visit, check: Check): Promise<Visited> {
  const outcome = freshOutcome();
  let evaluated: Evaluated | undefined;
  if (check.kind === "skip") {
    Object.assign(outcome, { phase: "skipped", reason: "Skip", message: check.message });
  } else {
    if (check.kind === "timeout") Object.assign(outcome, { phase: "failed", reason: "Timeout", terminated: true });
    evaluated = await evaluate(work, visit, outcome);
  }
  const finished = isFinished(outcome, work.options.suspendOnFailure) || isFinished(outcome);
  if (finished) writeOutputs(work, visit, { outcome, evaluated: evaluated ?? work.options.runner.idle(visit) });
  const { phase, reason, message } = outcome;
  return { outcome, status: { ...blank(visit.step, visit.id), phase, reason, message } };
}

async function evaluate(work: Work, visit: Visit, outcome: Outcome): Promise<Evaluated | undefined> {
  try {
    return await work.options.runner.run(visit, outcome);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    fail(work, visit, { outcome, reason: error.reason, message: error.message });
    return undefined;
  }
}

/** A failure keeps a reason that is there already; `Execute` is tried again until the limit. */
function fail(
  work: Work,
  { id }: Visit,
  { outcome, reason, message }: { outcome: Outcome; reason: StepError["reason"]; message: string },
): void {
  const before = outcome.reason;
  outcome.phase = "failed";
  outcome.message = message;
  if (before !== "" && before !== "Wait" && before !== "Suspend") return;
  outcome.reason = reason;
  outcome.waiting = reason === "Execute";
  if (reason === "Execute") {
    if (increase(work.options.memory.failures, id) < work.limits.maxRetries) return;
    outcome.reason = "FailedAfterRetries";
    outcome.waiting = false;
    work.options.memory.failures.delete(id);
  }
  if (work.options.suspendOnFailure !== true) outcome.terminated = true;
}

function writeOutputs(
  work: Work,
  visit: Visit,
  { outcome, evaluated }: { outcome: Outcome; evaluated: Evaluated },
): void {
  for (const { name, valueFrom } of visit.step.outputs) {
    let value: JsonValue | undefined;
    try {
      value = evaluated.lookup(valueFrom);
      if (value === undefined) throw new Error(`failed to lookup value: var(path=${valueFrom}) not exist`);
    } catch (error) {
      value = null;
      if (outcome.phase !== "skipped")
        outcome.message = `failed to get output from ${valueFrom}: ${errorMessage(error)}\n`;
    }
    try {
      work.variables.vars = unifyVariable(work.variables.vars, name, value);
    } catch (error) {
      outcome.message = `failed to set output ${name}: ${errorMessage(error)}`;
    }
  }
}

async function visitGroup(
  work: Work,
  visit: Visit,
  { check, pass }: { check: Check; pass: Required<Pass> },
): Promise<Visited> {
  const { step, id } = visit;
  const outcome = freshOutcome();
  let own = blank(step, id);
  if (check.kind === "skip") {
    own = { ...own, phase: "skipped", reason: "Skip", message: check.message };
    if (check.registered) work.byName.set(step.name, { ...(work.byName.get(step.name) ?? own), ...pick(own) });
  }
  if (check.kind === "timeout") {
    own = { ...own, phase: "failed", reason: "Timeout" };
    work.byName.set(step.name, { ...(work.byName.get(step.name) ?? own), ...pick(own) });
    outcome.terminated = true;
  }
  const { plan } = work.options;
  const mode = step.mode ?? plan.mode.subSteps;
  const asked = { suspend: false };
  await runSteps(work, step.subSteps, { dag: mode !== "StepByStep", parent: step, asked });
  const recorded = work.steps.find(({ name }) => name === step.name);
  const status = groupStatusOf({
    own,
    check: check.kind,
    subSteps: recorded?.subSteps ?? [],
    expected: step.subSteps.length,
  });
  Object.assign(outcome, { phase: status.phase, reason: status.reason, message: status.message });
  outcome.suspend = asked.suspend || pass.asked.suspend;
  if (isFinished(outcome)) writeGroupOutputs(work, visit, outcome);
  return { outcome, status: { ...own, phase: outcome.phase, reason: outcome.reason, message: outcome.message } };
}

const pick = ({ phase, reason, message }: StepStatus): Pick<StepStatus, "phase" | "reason" | "message"> => ({
  phase,
  reason,
  message,
});

/** Outputs of a group that cannot be computed fail it, unlike those of a step. */
function writeGroupOutputs(work: Work, visit: Visit, outcome: Outcome): void {
  const before = outcome.message;
  writeOutputs(work, visit, { outcome, evaluated: work.options.runner.idle(visit) });
  if (outcome.message === before || outcome.phase === "skipped") return;
  outcome.phase = "failed";
  outcome.reason = "Output";
}

/** Writes a status where it belongs; times of the first and this visit are kept. */
function record(work: Work, status: StepStatus, parent: Step | undefined): void {
  const time = formatTime(work.options.now);
  const old = work.byName.get(status.name);
  const first = old === undefined || old.firstExecuteTime === "" ? time : old.firstExecuteTime;
  const own = parent === undefined ? work.steps.find(({ name }) => name === status.name) : undefined;
  const next: StepStatus = {
    ...status,
    firstExecuteTime: first,
    lastExecuteTime: time,
    subSteps: own?.subSteps ?? status.subSteps,
  };
  work.byName.set(status.name, next);
  registerAlias(work, next);
  if (parent === undefined) replaceByName(work.steps, next);
  else recordSubStep(work, next, parent);
}

function recordSubStep(work: Work, status: StepStatus, parent: Step): void {
  const time = formatTime(work.options.now);
  const group =
    work.steps.find(({ name }) => name === parent.name) ??
    ({
      ...blank(parent, work.ids.get(parent.name)!),
      firstExecuteTime: time,
      lastExecuteTime: time,
    } satisfies StepStatus);
  const subSteps = [...group.subSteps];
  replaceByName(subSteps, status);
  const next = { ...group, subSteps };
  replaceByName(work.steps, next);
  const known = work.byName.get(parent.name);
  work.byName.set(
    parent.name,
    known === undefined ? next : { ...known, firstExecuteTime: next.firstExecuteTime, subSteps },
  );
}

function replaceByName(steps: StepStatus[], status: StepStatus): void {
  const index = steps.findIndex(({ name }) => name === status.name);
  if (index < 0) steps.push(status);
  else steps[index] = status;
}

function registerAlias(work: Work, status: StepStatus): void {
  if (!isFinished(status)) return;
  const step = work.options.plan.steps
    .flatMap((one) => [one, ...one.subSteps])
    .find(({ name }) => name === status.name);
  const alias = step === undefined ? undefined : aliasOf(step);
  if (alias !== undefined && !work.byName.has(alias) && !work.aliases.has(alias)) work.aliases.set(alias, status.name);
}

export const isVariables = isJsonObject;
