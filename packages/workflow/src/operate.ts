/** What people do to a run: suspend, resume, terminate, restart from a step (kubevela-workflow.md 2.8 and 2.11). */
import type { Plan } from "./work.ts";
import { type RunContext, type RunStatus, type Step, type StepStatus, isFinished } from "./model.ts";
import { withoutCalls } from "./cue/outbox.ts";
import { withoutVariables } from "./variables.ts";

/** An operation that a run's state does not allow; the message is for the person who asked. */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly code = "operation";
}

/** Replaces steps and sub-steps whose `change` gives something new; says whether any did. */
function changeSteps(
  steps: readonly StepStatus[],
  change: (step: StepStatus, group: StepStatus | undefined) => StepStatus,
): { readonly steps: readonly StepStatus[]; readonly changed: boolean } {
  let changed = false;
  const next = steps.map((step) => {
    const subSteps = step.subSteps.map((sub) => change(sub, step));
    const own = change(step, undefined);
    const result = subSteps.some((sub, index) => sub !== step.subSteps[index]) ? { ...own, subSteps } : own;
    changed ||= result !== step;
    return result;
  });
  return { steps: next, changed };
}

/** @param step only this one. @throws OperationError when the run is terminated or the step does not run. */
export function suspendRun(status: RunStatus, step?: string): RunStatus {
  if (status.terminated) throw new OperationError("can not suspend a terminated workflow");
  const named = (name: string, group: StepStatus | undefined): boolean =>
    step === undefined || name === step || group?.name === step;
  const { steps, changed } = changeSteps(status.steps, (own, group) => {
    if (!named(own.name, group)) return own;
    const suspends = own.phase === "running" || (group?.phase === "running" && !isFinished(own));
    return suspends ? { ...own, phase: "suspending" } : own;
  });
  if (step !== undefined && !changed) throw new OperationError(`can not find step ${step}`);
  return { ...status, suspend: true, steps };
}

/**
 * A step that failed beside a suspension has marked the run as terminated: it can be resumed all the same, and then ends as
 * failed. (KubeVela refuses, and such a run never ends.)
 * @throws OperationError when the run is terminated or the named step does not suspend.
 */
export function resumeRun(status: RunStatus, step?: string): RunStatus {
  if (status.terminated && !status.suspend) throw new OperationError("can not resume a terminated workflow");
  if (!status.suspend) return status;
  const named = (name: string, group: StepStatus | undefined): boolean =>
    step === undefined || name === step || group?.name === step;
  const { steps, changed } = changeSteps(status.steps, (own, group) => {
    const suspended = own.phase === "suspending" || (group?.phase === "suspending" && step === undefined && false);
    return named(own.name, group) && suspended ? { ...own, phase: "running" } : own;
  });
  if (step !== undefined && !changed) throw new OperationError(`can not find step ${step}`);
  return { ...status, suspend: false, message: "", steps: step === undefined ? steps : groupsFollow(steps, step) };
}

/** A group whose only suspending sub-step was resumed runs again. */
function groupsFollow(steps: readonly StepStatus[], step: string): readonly StepStatus[] {
  return steps.map((group) =>
    group.phase === "suspending" && group.subSteps.some(({ name }) => name === step)
      ? { ...group, phase: "running" }
      : group,
  );
}

/** Ends what runs and suspends; the rest is skipped at the next visit. */
export function terminateRun(status: RunStatus): RunStatus {
  const { steps } = changeSteps(status.steps, (own) => {
    if (own.phase === "running" || own.phase === "suspending") return { ...own, phase: "failed", reason: "Terminate" };
    const keeps = own.reason === "FailedAfterRetries" || own.reason === "Timeout";
    return own.phase === "failed" && !keeps ? { ...own, reason: "Terminate" } : own;
  });
  return { ...status, suspend: false, terminated: true, steps };
}

export interface RestartedRun {
  readonly status: RunStatus;
  readonly context: RunContext;
}

/**
 * Forgets a failed step and what came after it (StepByStep) or depends on it (DAG), with the variables they wrote.
 * @throws OperationError when the step is not there or did not fail.
 */
export function restartFromStep(plan: Plan, status: RunStatus, context: RunContext, step: string): RestartedRun {
  const cleared: RunStatus = {
    ...status,
    phase: "executing",
    terminated: false,
    suspend: false,
    finished: false,
    endTime: "",
    message: "",
  };
  const group = status.steps.find(({ subSteps }) => subSteps.some(({ name }) => name === step));
  const found = status.steps.find(({ name }) => name === step) ?? group?.subSteps.find(({ name }) => name === step);
  if (found === undefined) throw new OperationError(`failed step ${step} not found`);
  if (found.phase !== "failed") throw new OperationError("can not restart from a non-failed step");
  const removed = new Set<string>();
  if (group === undefined || status.steps.some(({ name }) => name === step)) {
    for (const name of followers(plan.steps, step, status.mode.steps === "DAG")) removed.add(name);
    return {
      status: { ...cleared, steps: status.steps.filter(({ name }) => !removed.has(name)) },
      context: cleanContext(plan, context, removed),
    };
  }
  const groupStep = plan.steps.find(({ name }) => name === group.name);
  for (const name of followers(groupStep?.subSteps ?? [], step, plan.mode.subSteps !== "StepByStep")) removed.add(name);
  const after = followers(plan.steps, group.name, status.mode.steps === "DAG").filter((name) => name !== group.name);
  for (const name of after) removed.add(name);
  const steps = status.steps
    .filter(({ name }) => !removed.has(name))
    .map(
      (own): StepStatus =>
        own.name === group.name
          ? { ...own, phase: "running", reason: "", subSteps: own.subSteps.filter(({ name }) => !removed.has(name)) }
          : own,
    );
  return { status: { ...cleared, steps }, context: cleanContext(plan, context, removed) };
}

/** The step and all later ones, or those that depend on it by name or by exactly the name of an output. */
function followers(steps: readonly Step[], step: string, dag: boolean): readonly string[] {
  const index = steps.findIndex(({ name }) => name === step);
  if (index < 0) return [];
  if (!dag) return steps.slice(index).map(({ name }) => name);
  const found = new Set([step]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const candidate of steps) {
      if (found.has(candidate.name)) continue;
      const outputs = new Set(
        steps.filter(({ name }) => found.has(name)).flatMap((one) => one.outputs.map(({ name }) => name)),
      );
      if (
        candidate.dependsOn.some((name) => found.has(name)) ||
        candidate.inputs.some(({ from }) => outputs.has(from))
      ) {
        found.add(candidate.name);
        grown = true;
      }
    }
  }
  return steps.filter(({ name }) => found.has(name)).map(({ name }) => name);
}

function cleanContext(plan: Plan, context: RunContext, removed: ReadonlySet<string>): RunContext {
  const all = plan.steps.flatMap((step) => [step, ...step.subSteps]);
  const gone = all.filter(({ name }) => removed.has(name));
  const outputs = gone.flatMap((step) => step.outputs.map(({ name }) => name));
  return { vars: withoutVariables(context.vars, outputs), values: withoutCalls(context.values, removed) };
}
