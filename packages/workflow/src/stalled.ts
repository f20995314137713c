/** Steps that wait and have no time-out: nothing would ever end them. They keep their phase; somebody should be told. */
import { formatTime, parseTime } from "./duration.ts";
import type { RunStatus, Step, StepStatus } from "./model.ts";
import type { Plan } from "./work.ts";

export interface StalledStep {
  readonly name: string;
  /** RFC 3339: since when it has been waiting. */
  readonly since: string;
  readonly waitsFor: string;
}

/** How long a step may wait before it counts as stalled. */
export const defaultStalledAfterMs = 30 * 60 * 1000;

/**
 * The steps that have waited for longer than `afterMs` without a time-out of their own or of their group. A step that a
 * person has to resume is not stalled: it has said whom it waits for. A step that waits for another one is stalled only
 * where that one is not there to be waited for.
 */
export function stalledSteps(
  plan: Plan,
  status: RunStatus,
  { now, afterMs = defaultStalledAfterMs }: { readonly now: number; readonly afterMs?: number },
): readonly StalledStep[] {
  if (status.finished || status.suspend) return [];
  const busy = status.steps.some(({ phase, subSteps }) =>
    [phase, ...subSteps.map((sub) => sub.phase)].includes("running"),
  );
  const visit = (steps: readonly Step[], recorded: readonly StepStatus[], bounded: boolean): StalledStep[] =>
    steps.flatMap((step) => {
      const own = recorded.find(({ name }) => name === step.name);
      if (own === undefined) return [];
      const ends = bounded || step.timeout !== undefined;
      if (step.subSteps.length > 0) return visit(step.subSteps, own.subSteps, ends);
      const first = parseTime(own.firstExecuteTime);
      const waits = own.phase === "running" || (own.phase === "pending" && !busy);
      if (ends || !waits || first === undefined || now - first < afterMs) return [];
      return [{ name: step.name, since: formatTime(first), waitsFor: own.message || "its operation's answer" }];
    });
  return visit(plan.steps, status.steps, false);
}

/** For a condition: each stalled step, what it waits for, since when, and what to do. */
export function stalledMessage(steps: readonly StalledStep[]): string {
  const each = steps.map(({ name, since, waitsFor }) => `step ${name} has waited since ${since}: ${waitsFor}`);
  return `${each.join("; ")} (it has no timeout; terminate the workflow, or give the step one)`;
}
