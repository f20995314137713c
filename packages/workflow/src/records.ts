/** How a run's status and context are written down: the field names of KubeVela's status and context ConfigMap. */
import { type JsonObject, type JsonValue, canonicalJson, isJsonObject } from "@lateen/base";
import type { RunContext, RunPhase, RunStatus, StepPhase, StepReason, StepStatus, WorkflowMode } from "./model.ts";

/** `status.workflow` of an Application, or the status of a WorkflowRun without conditions. */
export type RunStatusJson = JsonObject;

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const optional = (field: string, value: string): JsonObject => (value === "" ? {} : { [field]: value });

function stepFromJson(value: JsonValue): StepStatus {
  const json = isJsonObject(value) ? value : {};
  return {
    id: text(json.id),
    name: text(json.name),
    type: text(json.type),
    phase: text(json.phase) as StepPhase | "",
    message: text(json.message),
    reason: text(json.reason) as StepReason,
    firstExecuteTime: text(json.firstExecuteTime),
    lastExecuteTime: text(json.lastExecuteTime),
    subSteps: Array.isArray(json.subSteps) ? json.subSteps.map(stepFromJson) : [],
  };
}

function stepToJson(step: StepStatus): JsonObject {
  return {
    id: step.id,
    name: step.name,
    ...optional("type", step.type),
    ...optional("phase", step.phase),
    ...optional("message", step.message),
    ...optional("reason", step.reason),
    ...optional("firstExecuteTime", step.firstExecuteTime),
    ...optional("lastExecuteTime", step.lastExecuteTime),
    ...(step.subSteps.length === 0 ? {} : { subSteps: step.subSteps.map(stepToJson) }),
  };
}

/** @param mode of a fresh status; a recorded one keeps its own. */
export function statusFromJson(json: JsonObject | undefined, mode: WorkflowMode): RunStatus {
  const value = json ?? {};
  const phase = text(value.status);
  return {
    phase: phase as RunPhase | "",
    message: text(value.message),
    mode: modeFromJson(value.mode) ?? mode,
    suspend: value.suspend === true,
    terminated: value.terminated === true,
    finished: value.finished === true,
    steps: Array.isArray(value.steps) ? value.steps.map(stepFromJson) : [],
    startTime: text(value.startTime),
    endTime: text(value.endTime),
  };
}

/** The mode as an object (WorkflowRun) or as `StepByStep-DAG` (Application). */
function modeFromJson(value: JsonValue | undefined): WorkflowMode | undefined {
  if (typeof value === "string" && value.includes("-")) {
    const [steps, subSteps] = value.split("-");
    return { steps: steps!, subSteps: subSteps! };
  }
  return isJsonObject(value) ? { steps: text(value.steps), subSteps: text(value.subSteps) } : undefined;
}

export function statusToJson(status: RunStatus, form: "application" | "run"): RunStatusJson {
  const { mode } = status;
  return {
    mode: form === "application" ? `${mode.steps}-${mode.subSteps}` : { steps: mode.steps, subSteps: mode.subSteps },
    status: status.phase,
    ...optional("message", status.message),
    suspend: status.suspend,
    terminated: status.terminated,
    finished: status.finished,
    steps: status.steps.map(stepToJson),
    ...optional("startTime", status.startTime),
    ...optional("endTime", status.endTime),
  };
}

/** Variables as CUE text (JSON is CUE) beside the timers, as in the context ConfigMap. */
export function contextToData({ vars, values }: RunContext): Readonly<Record<string, string>> {
  return { ...values, vars: canonicalJson(vars) };
}

export function contextFromData(data: Readonly<Record<string, string>> | undefined): RunContext {
  const { vars = "", ...values } = data ?? {};
  if (vars.trim() === "") return { vars: {}, values };
  const parsed: unknown = JSON.parse(vars);
  return { vars: isJsonObject(parsed) ? parsed : {}, values };
}
