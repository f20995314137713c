/** The order of visits: one after the other, or as a graph allows; and groups, which are passes of their own. */
import { type Check, type Pass, type Turn, checkBefore, pendingMessage } from "./checks.ts";
import { formatTime } from "./duration.ts";
import { groupStatusOf } from "./group.ts";
import { clearWait, recordWait } from "./memory.ts";
import { type Step, type StepStatus, isFinished } from "./model.ts";
import { type Visit, freshOutcome } from "./step-runner.ts";
import { type Visited, visitPlain, writeGroupOutputs } from "./visit.ts";
import { type Work, blank, contextOf, isDone, record, statusOf, visitOf } from "./work.ts";

export async function runSteps(work: Work, steps: readonly Step[], pass: Pass): Promise<void> {
  const asked = pass.asked ?? { suspend: false, visited: false };
  if (pass.dag) await runDag(work, steps, { ...pass, asked });
  else await runInOrder(work, steps, { ...pass, asked });
  if (work.options.suspendOnFailure === true) suspendAfterRetries(work);
}

export const suspendedByFailures =
  "The workflow suspends automatically because the failed times of steps have reached the limit";

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

function recordPendingStep(
  work: Work,
  step: Step,
  { message, parent }: { message: string; parent: Step | undefined },
): void {
  const id = work.ids.get(step.name)!;
  recordWait(work.options.memory, id, undefined);
  const known = work.byName.get(step.name);
  const time = formatTime(work.options.now);
  // In a graph it is found pending again in each round.
  if (known?.phase === "pending" && known.message === message && known.lastExecuteTime === time) return;
  record(work, { ...blank(step, id), phase: "pending", message }, parent);
}

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

/** One visit with all that follows from it. True when the step is finished or suspends. */
async function visitStep(work: Work, step: Step, { all, pass }: Turn): Promise<boolean> {
  const { memory, save } = work.options;
  const visit = visitOf(work, step, pass.parent);
  const check = checkBefore(work, visit, { all, pass });
  const { outcome, status } =
    step.type === "step-group" ? await visitGroup(work, visit, { check, pass }) : await visitPlain(work, visit, check);
  work.terminated ||= outcome.terminated;
  pass.asked.visited = true;
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
  const asked = { suspend: pass.asked.suspend, visited: false };
  await runSteps(work, step.subSteps, { dag: mode !== "StepByStep", parent: step, asked });
  const recorded = work.steps.find(({ name }) => name === step.name);
  const status = groupStatusOf({
    own,
    check: check.kind,
    subSteps: recorded?.subSteps ?? [],
    expected: step.subSteps.length,
  });
  Object.assign(outcome, { phase: status.phase, reason: status.reason, message: status.message });
  // A group none of whose steps was visited leaves a suspension as it is.
  outcome.suspend = asked.suspend || (!asked.visited && work.suspend);
  if (isFinished(outcome)) writeGroupOutputs(work, visit, outcome);
  return { outcome, status: { ...own, phase: outcome.phase, reason: outcome.reason, message: outcome.message } };
}

const pick = ({ phase, reason, message }: StepStatus): Pick<StepStatus, "phase" | "reason" | "message"> => ({
  phase,
  reason,
  message,
});
