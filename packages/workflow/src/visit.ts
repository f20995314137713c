/** One visit of a step: its run, its failure, its outputs. */
import { type JsonValue, errorMessage } from "@lateen/base";
import type { Check } from "./checks.ts";
import { increase } from "./memory.ts";
import { type StepStatus, isFinished } from "./model.ts";
import { type Evaluated, type Outcome, StepError, type Visit, freshOutcome } from "./step-runner.ts";
import { unifyVariable } from "./variables.ts";
import { type Work, blank } from "./work.ts";

export interface Visited {
  readonly outcome: Outcome;
  readonly status: StepStatus;
}

export async function visitPlain(work: Work, visit: Visit, check: Check): Promise<Visited> {
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

/** Outputs of a group that cannot be computed fail it, unlike those of a step. */
export function writeGroupOutputs(work: Work, visit: Visit, outcome: Outcome): void {
  const before = outcome.message;
  writeOutputs(work, visit, { outcome, evaluated: work.options.runner.idle(visit) });
  if (outcome.message === before || outcome.phase === "skipped") return;
  outcome.phase = "failed";
  outcome.reason = "Output";
}
