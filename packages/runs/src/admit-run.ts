/** Admission of WorkflowRuns: names that are missing, and what is refused (kubevela-workflow.md 1.7). */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { parseGoDuration } from "@lateen/workflow";
import { textOf } from "./text-of.ts";

export interface NamePatch {
  readonly path: string;
  readonly value: string;
}

export interface RunAdmission {
  readonly allowed: boolean;
  readonly code?: number;
  readonly message?: string;
  /** Names that steps without one get. */
  readonly namePatches: readonly NamePatch[];
}

const stepsAt = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

/** @param workflow the Workflow that the run refers to, if it is there. */
export function admitRun(operation: string, run: KubeObject, workflow: KubeObject | undefined): RunAdmission {
  if (operation === "DELETE") return { allowed: true, namePatches: [] };
  const inline = valueAt(run, "spec", "workflowSpec");
  const namePatches = isJsonObject(inline) ? missingNames(stepsAt(inline.steps)) : [];
  if (isJsonObject(inline) && inline.steps !== undefined && !Array.isArray(inline.steps))
    return { allowed: false, code: 400, message: "spec.workflowSpec.steps must be a list of steps", namePatches: [] };
  if (operation === "UPDATE" && run.metadata.deletionTimestamp !== undefined) return { allowed: true, namePatches };
  const faults = isJsonObject(inline) ? stepFaults(withNames(stepsAt(inline.steps))) : referenceFaults(run, workflow);
  if (faults.length === 0) return { allowed: true, namePatches };
  const message = faults
    .map(([field, text]) => `field "${field}": Invalid value error encountered, ${text}. `)
    .join("");
  return { allowed: false, code: 400, message, namePatches };
}

type Fault = readonly [field: string, text: string];

function referenceFaults(run: KubeObject, workflow: KubeObject | undefined): readonly Fault[] {
  if (workflow !== undefined) return stepFaults(stepsAt(valueAt(workflow, "steps")));
  const name = textOf(valueAt(run, "spec", "workflowRef"));
  return [["spec.workflowRef", `failed to get workflow ref: workflows.core.oam.dev "${name}" not found`]];
}

function missingNames(steps: readonly JsonObject[]): readonly NamePatch[] {
  return steps.flatMap((step, i) => [
    ...(textOf(step.name) === "" ? [{ path: `/spec/workflowSpec/steps/${i}/name`, value: `step-${i}` }] : []),
    ...stepsAt(step.subSteps).flatMap((sub, j) =>
      textOf(sub.name) === ""
        ? [{ path: `/spec/workflowSpec/steps/${i}/subSteps/${j}/name`, value: `step-${i}-${j}` }]
        : [],
    ),
  ]);
}

const withNames = (steps: readonly JsonObject[]): readonly JsonObject[] =>
  steps.map((step, i) => ({
    ...step,
    name: textOf(step.name) === "" ? `step-${i}` : step.name,
    subSteps: stepsAt(step.subSteps).map((sub, j) => ({
      ...sub,
      name: textOf(sub.name) === "" ? `step-${i}-${j}` : sub.name,
    })),
  })) as readonly JsonObject[];

const timeoutText = "invalid timeout, please use the format of timeout like 1s, 1m, 1h or 1d";

function stepFaults(steps: readonly JsonObject[]): readonly Fault[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  const check = (step: JsonObject, field: string): void => {
    const name = textOf(step.name);
    if (name === "") faults.push([`${field}.name`, "empty step name"]);
    else if (seen.has(name)) faults.push([field, "duplicated step name"]);
    seen.add(name);
  };
  for (const step of steps) {
    check(step, "spec.workflowSpec.steps");
    const timeout = textOf(step.timeout);
    if (timeout !== "" && parseGoDuration(timeout) === undefined)
      faults.push(["spec.workflowSpec.steps.timeout", timeoutText]);
    for (const sub of stepsAt(step.subSteps)) check(sub, "spec.workflowSpec.steps.subSteps");
  }
  return faults;
}
