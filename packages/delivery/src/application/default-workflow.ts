/** The workflow of an Application that writes none, and what its steps mean (kubevela-engine.md 2.5). */
import { type JsonObject, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type App, type AppComponent, componentJson, textOf } from "./application.ts";

export interface WorkflowPlan {
  readonly mode: { readonly steps: string; readonly subSteps: string };
  readonly steps: readonly JsonObject[];
}

/** A fault of an Application's own making that no definition is needed to see. */
export class ApplicationError extends Error {
  override readonly name = "ApplicationError";
  readonly code = "application";
  readonly path: readonly (string | number)[];
  constructor(message: string, path: readonly (string | number)[] = []) {
    super(message);
    this.path = path;
  }
}

/**
 * The steps that an Application runs: its own, those of the Workflow object it refers to, or generated ones.
 * @param external the Workflow object of `workflow.ref`, if it was found.
 * @throws ApplicationError when `ref` and `steps` are both there or the referred object is missing.
 */
export function workflowPlanOf(app: App, external?: KubeObject): WorkflowPlan {
  const { workflow } = app;
  if (workflow?.ref !== undefined && workflow.steps !== undefined && workflow.steps.length > 0) {
    throw new ApplicationError("cannot set steps and ref in workflow at the same time", ["spec", "workflow"]);
  }
  if (workflow?.ref !== undefined && external === undefined) {
    throw new ApplicationError(`Workflow ${app.namespace}/${workflow.ref} not found`, ["spec", "workflow", "ref"]);
  }
  const written = workflow?.ref === undefined ? workflow?.steps : stepsOf(external!);
  const mode = modeOf(app, external);
  if (written !== undefined && written.length > 0) return { mode, steps: written };
  return { mode, steps: generatedSteps(app) };
}

function stepsOf(workflow: KubeObject): readonly JsonObject[] {
  const steps = valueAt(workflow, "steps");
  return Array.isArray(steps) ? steps.filter(isJsonObject) : [];
}

function modeOf(app: App, external: KubeObject | undefined): WorkflowPlan["mode"] {
  if (app.workflow === undefined) return { steps: "DAG", subSteps: "DAG" };
  const referred = external === undefined ? undefined : valueAt(external, "mode");
  const own: { readonly steps?: unknown; readonly subSteps?: unknown } =
    app.workflow.mode ?? (isJsonObject(referred) ? referred : {});
  const text = (value: unknown, otherwise: string): string =>
    typeof value === "string" && value !== "" ? value : otherwise;
  return { steps: text(own.steps, "StepByStep"), subSteps: text(own.subSteps, "DAG") };
}

function generatedSteps(app: App): readonly JsonObject[] {
  const overrides = app.policies.filter(({ type }) => type === "override").map(({ name }) => name);
  const topologies = app.policies.filter(({ type }) => type === "topology").map(({ name }) => name);
  if (topologies.length > 0) {
    return topologies.map((name) => ({
      name: `deploy-${name}`,
      type: "deploy",
      properties: { policies: [...overrides, name] },
    }));
  }
  if (overrides.length > 0 || app.components.some(({ type }) => type === "ref-objects")) {
    return [{ name: "deploy", type: "deploy", properties: { policies: overrides } }];
  }
  const environments = app.policies
    .filter(({ type }) => type === "env-binding")
    .flatMap(({ name, properties }) => {
      const envs = properties?.envs;
      return (Array.isArray(envs) ? envs : []).filter(isJsonObject).map((env) => ({
        name: `deploy-${name}-${textOf(env.name)}`,
        type: "deploy2env",
        properties: { policy: name, env: env.name ?? "" },
      }));
    });
  if (environments.length > 0) return environments;
  return app.components.map((component) => ({
    name: component.name,
    type: "apply-component",
    properties: { component: component.name },
    ...(component.dependsOn.length === 0 ? {} : { dependsOn: [...component.dependsOn] }),
  }));
}

/**
 * An `apply-component` step as the engine runs it: the component's value, its inputs, outputs and dependencies moved to
 * the step. Other steps stay.
 * @throws ApplicationError for a component that is not there.
 */
export function convertStep(step: JsonObject, components: readonly AppComponent[]): JsonObject {
  const subSteps = Array.isArray(step.subSteps) ? step.subSteps.filter(isJsonObject) : undefined;
  if (step.type !== "apply-component") {
    return subSteps === undefined ? step : { ...step, subSteps: subSteps.map((sub) => convertStep(sub, components)) };
  }
  const properties = isJsonObject(step.properties) ? step.properties : {};
  const component = components.find(({ name }) => name === properties.component);
  if (component === undefined)
    throw new ApplicationError(`step ${textOf(step.name)}: component ${textOf(properties.component)} not found`);
  for (const name of component.dependsOn) {
    if (!components.some((other) => other.name === name))
      throw new ApplicationError(
        `component ${component.name} depends on ${name}, which is not a component of the application`,
      );
  }
  const { inputs: _, outputs: __, dependsOn: ___, ...value } = componentJson(component);
  const list = (field: "inputs" | "outputs" | "dependsOn"): readonly JsonObject[] =>
    Array.isArray(step[field]) ? (step[field] as readonly JsonObject[]) : [];
  return {
    ...step,
    type: "builtin-apply-component",
    properties: {
      value,
      cluster: properties.cluster ?? "",
      ...(properties.namespace === undefined || properties.namespace === "" ? {} : { namespace: properties.namespace }),
    },
    inputs: [
      ...list("inputs"),
      ...component.inputs.map(({ from, parameterKey }) => ({ from, ...keyed(parameterKey) })),
    ],
    outputs: [...list("outputs"), ...component.outputs.map((output) => ({ ...output }))],
    dependsOn: [...new Set([...(list("dependsOn") as unknown as readonly string[]), ...component.dependsOn])],
  } as JsonObject;
}

function keyed(parameterKey: string | undefined): { readonly parameterKey?: string } {
  if (parameterKey === undefined) return {};
  const rooted = /^properties|^traits\[/.test(parameterKey) ? parameterKey : `properties.${parameterKey}`;
  return { parameterKey: `value.${rooted}` };
}
