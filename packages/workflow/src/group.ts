import type { StepReason, StepStatus } from "./model.ts";

interface GroupFacts {
  /** The group's own status as its checks left it. */
  readonly own: StepStatus;
  readonly check: "run" | "skip" | "timeout";
  readonly subSteps: readonly StepStatus[];
  readonly expected: number;
}

const failureOrder: readonly StepReason[] = ["FailedAfterRetries", "Timeout", "Action", "Terminate"];

/** What a group is, by what its sub-steps are; the first rule that fits decides (kubevela-workflow.md 2.9). */
export function groupStatusOf({
  own,
  check,
  subSteps,
  expected,
}: GroupFacts): Pick<StepStatus, "phase" | "reason" | "message"> {
  const { message } = own;
  if (check === "skip") return { phase: "skipped", reason: "Skip", message };
  if (check === "timeout") return { phase: "failed", reason: "Timeout", message };
  const phases = new Set(subSteps.map(({ phase }) => phase));
  if (phases.has("suspending")) return { phase: "suspending", reason: "", message };
  if (subSteps.length < expected) return { phase: "running", reason: "", message };
  if (phases.has("running")) return { phase: "running", reason: "", message };
  if (phases.has("pending")) return { phase: "pending", reason: "", message };
  if (phases.has("failed")) {
    const reasons = new Set(subSteps.filter(({ phase }) => phase === "failed").map(({ reason }) => reason));
    return { phase: "failed", reason: failureOrder.find((reason) => reasons.has(reason)) ?? "", message };
  }
  if (expected > 0 && phases.size === 1 && phases.has("skipped")) return { phase: "skipped", reason: "Skip", message };
  return { phase: "succeeded", reason: "", message };
}
