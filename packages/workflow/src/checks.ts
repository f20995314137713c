/** What is looked at before a step is visited: what it waits for, its condition, failures before it, its time-out. */
import { type JsonObject, type JsonValue, errorMessage } from "@lateen/base";
import { durationFault, parseGoDuration, parseTime } from "./duration.ts";
import { type Step, isFinished } from "./model.ts";
import type { Visit } from "./step-runner.ts";
import { type Work, visitOf } from "./work.ts";

export interface Pass {
  readonly dag: boolean;
  readonly parent: Step | undefined;
  /** Whether any step of this pass, or of a pass around it, has asked for a suspension. */
  asked?: { suspend: boolean; visited: boolean };
}

export interface Turn {
  readonly all: readonly Step[];
  readonly pass: Required<Pass>;
}

/** Why the step cannot be visited yet: an unfinished dependency or a variable that nobody has written. */
export function pendingMessage(work: Work, step: Step, parent: Step | undefined): string | undefined {
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

export type Check =
  | { readonly kind: "run" }
  | { readonly kind: "skip"; readonly message: string; readonly registered: boolean }
  | { readonly kind: "timeout" };

/** `if`, failures before, then time-outs. */
export function checkBefore(work: Work, visit: Visit, turn: Turn): Check {
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
