/** What a WorkflowRun runs: its own steps or those of the Workflow that it names (kubevela-workflow.md 1.2 and 2.1). */
import { type JsonObject, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type Plan, type Step, embeddedTemplates, groupType, nameSteps, stepOf } from "@lateen/workflow";
import { textOf } from "./text-of.ts";

export const runApi = { apiVersion: "core.oam.dev/v1alpha1", kind: "WorkflowRun" } as const;
const definitionApi = { apiVersion: "core.oam.dev/v1beta1", kind: "WorkflowStepDefinition" } as const;

export interface StepTemplate {
  readonly text: string;
  readonly source: string;
}

export interface RunInstance {
  readonly plan: Plan;
  readonly template: (type: string) => StepTemplate | undefined;
  readonly context: JsonObject;
}

interface Reading {
  readonly client: Client;
  readonly run: KubeObject;
  readonly systemNamespace: string;
  readonly signal: AbortSignal;
}

/** @throws Error for a missing Workflow, neither steps nor a reference, and a step type without a definition. */
export async function readInstance(reading: Reading): Promise<RunInstance> {
  const spec = isJsonObject(reading.run.spec) ? reading.run.spec : {};
  const { steps, referred } = await stepsOf(reading, spec);
  const own = isJsonObject(spec.mode) ? spec.mode : isJsonObject(referred) ? referred : {};
  const text = (value: unknown, otherwise: string): string => (textOf(value) === "" ? otherwise : textOf(value));
  const plan: Plan = { steps, mode: { steps: text(own.steps, "StepByStep"), subSteps: text(own.subSteps, "DAG") } };
  const templates = await templatesOf(reading, steps);
  return { plan, template: (type) => templates.get(type), context: isJsonObject(spec.context) ? spec.context : {} };
}

async function stepsOf(
  { client, run, signal }: Reading,
  spec: JsonObject,
): Promise<{ steps: readonly Step[]; referred?: unknown }> {
  if (isJsonObject(spec.workflowSpec)) return { steps: read(spec.workflowSpec.steps) };
  const name = textOf(spec.workflowRef);
  if (name === "")
    throw new Error("failed to generate workflow instance: the run has neither workflowSpec nor workflowRef");
  const reference = { apiVersion: "core.oam.dev/v1alpha1", kind: "Workflow", namespace: run.metadata.namespace, name };
  const workflow = await client.get(reference, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) throw new Error(`workflows.core.oam.dev "${name}" not found`, { cause: error });
    throw error;
  });
  return { steps: read(valueAt(workflow, "steps")), referred: valueAt(workflow, "mode") };
}

const read = (steps: unknown): readonly Step[] =>
  nameSteps(Array.isArray(steps) ? steps.filter(isJsonObject).map(stepOf) : []);

async function templatesOf(reading: Reading, steps: readonly Step[]): Promise<ReadonlyMap<string, StepTemplate>> {
  const templates = new Map<string, StepTemplate>();
  for (const { type } of steps.flatMap((step) => [step, ...(step.type === groupType ? step.subSteps : [])])) {
    if (templates.has(type) || type === groupType) continue;
    const embedded = Object.hasOwn(embeddedTemplates, type) ? embeddedTemplates[type] : undefined;
    templates.set(
      type,
      embedded === undefined ? await definedTemplate(reading, type) : { text: embedded, source: `step ${type}` },
    );
  }
  return templates;
}

/** In the run's namespace first, then in the system's. */
async function definedTemplate({ client, run, systemNamespace, signal }: Reading, type: string): Promise<StepTemplate> {
  for (const namespace of [run.metadata.namespace ?? "default", systemNamespace]) {
    const definition = await client
      .get({ ...definitionApi, namespace, name: type }, { signal })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
    if (definition === undefined) continue;
    const source =
      definition.metadata.annotations?.["lateen.dev/source"]?.replace(/#\d+$/, "") ??
      `WorkflowStepDefinition ${namespace}/${type}`;
    return { text: textOf(valueAt(definition, "spec", "schematic", "cue", "template")), source };
  }
  throw new Error(`workflowstepdefinitions.core.oam.dev "${type}" not found`);
}
