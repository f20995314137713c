import type { JsonObject, JsonValue } from "@lateen/base";
import type { Step, StepPhase, StepReason, StepStatus } from "./model.ts";

/** Variables and values of a run while it is advanced; the engine commits them after each step. */
export interface RunVariables {
  vars: JsonObject;
  values: Record<string, string>;
}

/** One visit of a step. */
export interface Visit {
  readonly step: Step;
  readonly id: string;
  /** The recorded status; absent at the first visit. */
  readonly recorded: StepStatus | undefined;
  readonly groupName: string | undefined;
  readonly variables: RunVariables;
  readonly now: number;
  readonly signal: AbortSignal;
  /** Commits what the visit has written into `variables` so far, before it goes on: a crash then finds it. */
  readonly checkpoint: () => Promise<void>;
}

/** What a visit has come to so far; runners change it through the functions below only. */
export interface Outcome {
  phase: StepPhase;
  reason: StepReason;
  message: string;
  suspend: boolean;
  terminated: boolean;
  /** The step is visited again. */
  waiting: boolean;
}

export const freshOutcome = (): Outcome => ({
  phase: "succeeded",
  reason: "",
  message: "",
  suspend: false,
  terminated: false,
  waiting: false,
});

/** An error of a step's own doing, with the reason that the status gives. */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly reason: StepReason;
  constructor(reason: StepReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What evaluating a step leaves for its outputs: an expression's value, or undefined where there is none. */
export interface Evaluated {
  lookup(valueFrom: string): JsonValue | undefined;
}

/** Runs the steps of a plan: the engine knows when, a runner knows how. */
export interface StepRunner {
  /** The boolean of an `if` over `{status, inputs, context, parameter}`. @throws Error when there is none. */
  evaluateIf(text: string, visit: Visit, scope: { readonly status: JsonObject; readonly inputs: JsonObject }): boolean;
  /** A variable, or a value of `{context, parameter}`: what `inputs[].from` names. */
  lookupInput(from: string, visit: Visit): JsonValue | undefined;
  /**
   * Evaluates the step once. Actions (wait, suspend, fail …) have changed `outcome` when it returns.
   * @throws StepError for everything that failed.
   */
  run(visit: Visit, outcome: Outcome): Promise<Evaluated>;
  /** The value that outputs of a skipped or grouped step are looked up in. */
  idle(visit: Visit): Evaluated;
}
