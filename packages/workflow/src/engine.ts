/**
 * The engine of step graphs: one `advance` visits what can be visited now and says when to come back. It knows nothing of
 * Kubernetes; a `StepRunner` runs steps, the caller keeps status and variables. Its decisions follow KubeVela's engine
 * (kubevela-workflow.md 2.3 to 2.12; kubevela/workflow 5e2a5c1), which its conformance cases pin.
 */
import { formatTime, parseGoDuration, parseTime } from "./duration.ts";
import { clearCounters, keepCounters, waitSeconds } from "./memory.ts";
import { type RunContext, type RunPhase, type RunStatus, type Step, type StepStatus, isFinished } from "./model.ts";
import { runSteps } from "./passes.ts";
import {
  type AdvanceOptions,
  type EngineLimits,
  type Plan,
  type Work,
  blank,
  contextOf,
  defaultEngineLimits,
  record,
  statusOf,
  workOf,
} from "./work.ts";

export interface Advanced {
  readonly phase: RunPhase;
  readonly status: RunStatus;
  readonly context: RunContext;
  /** When to come back; undefined = only when something happens. */
  readonly requeueAfterMs: number | undefined;
}

/** Advances a run as far as it goes now. @throws only what the runner or `save` throw besides StepErrors. */
export async function advance(options: AdvanceOptions): Promise<Advanced> {
  const { status, context, memory } = options;
  const early = phaseBefore(options);
  if (early !== undefined) return settled(early, status, context, options);
  const work = workOf(options);
  keepCounters(memory, new Set(work.ids.values()));
  await runSteps(work, options.plan.steps, { dag: status.mode.steps === "DAG", parent: undefined });
  endPending(work);
  return settled(phaseAfter(work), statusOf(work), contextOf(work), options);
}

/**
 * A run that is terminated and whose open steps are all pending would wait for ever: what they wait for does not come any
 * more. (KubeVela leaves it executing.)
 */
function endPending(work: Work): void {
  const { plan, suspendOnFailure = false } = work.options;
  if (!work.terminated || work.suspend) return;
  const phaseOf = ({ name }: Step): StepStatus | undefined => work.byName.get(name);
  const isOpen = (step: Step): boolean => {
    const recorded = phaseOf(step);
    return recorded === undefined || !isFinished(recorded, suspendOnFailure);
  };
  const isHeld = (step: Step): boolean => {
    const phase = phaseOf(step)?.phase ?? "";
    if (phase === "running") return step.subSteps.length > 0 && step.subSteps.filter(isOpen).every(isHeld);
    return phase === "pending" || phase === "";
  };
  const open = plan.steps.filter(isOpen);
  if (open.length === 0 || !open.every(isHeld)) return;
  for (const step of open) {
    for (const sub of step.subSteps.filter(isOpen)) record(work, skippedBy(work, sub), step);
    const wasBegun = step.subSteps.length > 0 && phaseOf(step)?.phase === "running";
    record(
      work,
      wasBegun ? { ...phaseOf(step)!, phase: "failed", reason: "Terminate" } : skippedBy(work, step),
      undefined,
    );
  }
}

function skippedBy(work: Work, step: Step): StepStatus {
  const recorded = work.byName.get(step.name) ?? blank(step, work.ids.get(step.name)!);
  const why = recorded.message === "" ? "" : `: ${recorded.message}`;
  return { ...recorded, phase: "skipped", reason: "Skip", message: `the workflow ended first${why}` };
}

function doneFacts(plan: Plan, status: RunStatus, suspendOnFailure: boolean): { allDone: boolean; allOk: boolean } {
  let allDone = true;
  let allOk = true;
  const byName = new Map(status.steps.map((step) => [step.name, step]));
  for (const { name } of plan.steps) {
    const recorded = byName.get(name);
    if (recorded === undefined || !isFinished(recorded, suspendOnFailure)) allDone = false;
    if (recorded === undefined || (recorded.phase !== "succeeded" && recorded.phase !== "skipped")) allOk = false;
  }
  return { allDone, allOk };
}

function phaseBefore(options: AdvanceOptions): RunPhase | undefined {
  const { plan, status, suspendOnFailure = false } = options;
  const { allDone, allOk } = doneFacts(plan, status, suspendOnFailure);
  if (status.terminated && allDone) return endPhase(status.steps);
  if (status.suspend && !holdsSuspension(status.steps)) return "suspending";
  if (allOk) return "succeeded";
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
  const next: RunStatus = { ...status, phase, ...(ended ? { finished: true, endTime: formatTime(now) } : {}) };
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
