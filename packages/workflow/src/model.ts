import type { JsonObject, JsonValue } from "@lateen/base";

/** How steps, or the sub-steps of a group, follow each other. Any other text than `DAG` is `StepByStep`. */
export type StepMode = "StepByStep" | "DAG" | (string & {});

export interface WorkflowMode {
  readonly steps: StepMode;
  readonly subSteps: StepMode;
}

export interface StepInput {
  readonly from: string;
  readonly parameterKey?: string | undefined;
}

export interface StepOutput {
  readonly name: string;
  readonly valueFrom: string;
}

/** One step as a user wrote it. `subSteps` count only in a `step-group`. */
export interface Step {
  readonly name: string;
  readonly type: string;
  readonly if: string | undefined;
  /** A Go duration as text. */
  readonly timeout: string | undefined;
  readonly dependsOn: readonly string[];
  readonly inputs: readonly StepInput[];
  readonly outputs: readonly StepOutput[];
  readonly properties: JsonObject | undefined;
  readonly mode: StepMode | undefined;
  readonly subSteps: readonly Step[];
}

export type StepPhase = "succeeded" | "failed" | "skipped" | "running" | "pending" | "suspending";

export type RunPhase = "initializing" | "executing" | "suspending" | "terminated" | "failed" | "succeeded";

/** Why a step is in its phase: the words of KubeVela. "" is no reason. */
export type StepReason =
  | ""
  | "Wait"
  | "Skip"
  | "Rendering"
  | "Execute"
  | "Suspend"
  | "Terminate"
  | "Input"
  | "Output"
  | "FailedAfterRetries"
  | "Timeout"
  | "Action";

export interface StepStatus {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly phase: StepPhase | "";
  readonly message: string;
  readonly reason: StepReason;
  /** RFC 3339 with whole seconds, "" before the first visit. */
  readonly firstExecuteTime: string;
  readonly lastExecuteTime: string;
  readonly subSteps: readonly StepStatus[];
}

/** What is recorded of a run: enough to go on after a restart. */
export interface RunStatus {
  readonly phase: RunPhase | "";
  readonly message: string;
  readonly mode: WorkflowMode;
  readonly suspend: boolean;
  readonly terminated: boolean;
  readonly finished: boolean;
  readonly steps: readonly StepStatus[];
  readonly startTime: string;
  readonly endTime: string;
}

/** Variables that steps wrote, and timers that they set: kept in a ConfigMap by the shells. */
export interface RunContext {
  readonly vars: JsonObject;
  /** `<stepID>.resumeTimeStamp`, `<stepID>.<label>.suspendTimeStamp`, `logConfig`, … */
  readonly values: Readonly<Record<string, string>>;
}

export const emptyContext: RunContext = { vars: {}, values: {} };

export function isFinished({ phase, reason }: Pick<StepStatus, "phase" | "reason">, suspendOnFailure = false): boolean {
  if (suspendOnFailure) return phase === "succeeded";
  if (phase === "succeeded" || phase === "skipped") return true;
  return phase === "failed" && reason !== "" && reason !== "Execute";
}

/** A step from its JSON; odd shapes read as absent. */
export function stepOf(json: JsonObject): Step {
  const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
  const objects = (value: JsonValue | undefined): readonly JsonObject[] =>
    Array.isArray(value)
      ? value.filter((item): item is JsonObject => typeof item === "object" && item !== null && !Array.isArray(item))
      : [];
  const properties = json.properties;
  return {
    name: text(json.name),
    type: text(json.type),
    if: text(json.if) === "" ? undefined : text(json.if),
    timeout: text(json.timeout) === "" ? undefined : text(json.timeout),
    dependsOn: Array.isArray(json.dependsOn)
      ? json.dependsOn.filter((item): item is string => typeof item === "string")
      : [],
    inputs: objects(json.inputs).map((input) => ({
      from: text(input.from),
      parameterKey: text(input.parameterKey) || undefined,
    })),
    outputs: objects(json.outputs).map((output) => ({ name: text(output.name), valueFrom: text(output.valueFrom) })),
    properties:
      typeof properties === "object" && properties !== null && !Array.isArray(properties)
        ? (properties as JsonObject)
        : undefined,
    mode: text(json.mode) === "" ? undefined : text(json.mode),
    subSteps: objects(json.subSteps).map(stepOf),
  };
}

/** Names for steps without one: `step-0`, sub-steps `step-0-1`. */
export function nameSteps(steps: readonly Step[]): readonly Step[] {
  return steps.map((step, i) => ({
    ...step,
    name: step.name === "" ? `step-${i}` : step.name,
    subSteps: step.subSteps.map((sub, j) => (sub.name === "" ? { ...sub, name: `step-${i}-${j}` } : sub)),
  }));
}
