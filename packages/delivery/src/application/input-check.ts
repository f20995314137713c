/** Inputs of components and steps that nothing gives. */
import { type Diagnostic, type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { suggestion } from "../definition/definition-set.ts";
import { type App, type InputItem, inputsOf, outputsOf, textOf } from "./application.ts";
import { type Path, fault } from "./fault.ts";
import { nameFix } from "./fixes.ts";

/** What a run knows by itself (kubevela-workflow.md 2.5): `from` may name it or a field of it. */
const known: ReadonlySet<string> = new Set([
  ..."context parameter name namespace appName appRevision appRevisionNum appLabels appAnnotations".split(" "),
  ..."workflowName publishVersion stepName stepSessionID spanID stepGroupName status cluster custom".split(" "),
]);

interface Taken {
  readonly inputs: readonly InputItem[];
  readonly path: Path;
}

export function inputFaults(app: App): readonly Diagnostic[] {
  // Steps of another object may give anything.
  if (app.workflow?.ref !== undefined) return [];
  const steps = stepsOf(app);
  const given = [
    ...app.components.flatMap(({ outputs }) => outputs.map(({ name }) => name)),
    ...steps.flatMap(({ step }) => outputsOf(step.outputs).map(({ name }) => name)),
  ];
  const taken: readonly Taken[] = [
    ...app.components.map(({ inputs }, index) => ({ inputs, path: ["spec", "components", index, "inputs"] })),
    ...steps.map(({ step, path }) => ({ inputs: inputsOf(step.inputs), path: [...path, "inputs"] })),
  ];
  return taken.flatMap(({ inputs, path }) =>
    inputs.flatMap(({ from }, index) => {
      const isGiven = given.some((name) => from === name || from.startsWith(`${name}.`) || from.startsWith(`${name}[`));
      if (from === "" || isGiven || known.has(/^[^.[]*/.exec(from)![0])) return [];
      const at = [...path, index, "from"];
      const message = `nothing gives ${JSON.stringify(from)}: no component or step has such an output${suggestion(from, given)}`;
      const help = given.length === 0 ? "no component or step has outputs" : `there are ${given.join(", ")}`;
      return [{ ...fault("input-unresolvable", message, at, help), ...nameFix(at, from, given) }];
    }),
  );
}

export interface PlacedStep {
  readonly step: JsonObject;
  readonly path: Path;
}

/** The steps of the workflow and those within groups, in their order. */
export function stepsOf(app: App): readonly PlacedStep[] {
  return (app.workflow?.steps ?? []).flatMap((step, index) => {
    const path = ["spec", "workflow", "steps", index];
    const inner = Array.isArray(step.subSteps) ? (step.subSteps as readonly JsonValue[]) : [];
    return [
      { step, path },
      ...inner.flatMap((sub, at) => (isJsonObject(sub) ? [{ step: sub, path: [...path, "subSteps", at] }] : [])),
    ];
  });
}

/** Names that `dependsOn` of a step may use: of steps, and what their properties call them by. */
export const stepNames = ({ step }: PlacedStep): readonly string[] => {
  const properties = isJsonObject(step.properties) ? step.properties : {};
  return [textOf(step.name), textOf(properties.name), textOf(properties.component)].filter((name) => name !== "");
};
