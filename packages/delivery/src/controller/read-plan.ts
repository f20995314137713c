/** What an Application wants delivered, with everything that it refers to: the engine's parsing (kubevela-engine.md 2.2). */
import { type JsonObject, type JsonValue, errorMessage, isJsonObject, isNotFound } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type Plan, type Step, embeddedTemplates, groupType, nameSteps, stepOf } from "@lateen/workflow";
import { type App, type AppPolicy, policiesOf, textOf } from "../application/application.ts";
import { convertStep, workflowPlanOf } from "../application/default-workflow.ts";
import { nativePolicyTypes } from "../application/native-policies.ts";
import type { DefinitionSource } from "../definition/definition-set.ts";
import { StageError } from "./stage-error.ts";

export interface DeliveryPlan {
  readonly plan: Plan;
  /** The Application's own policies, then those of other objects that its steps name. */
  readonly policies: readonly AppPolicy[];
  /** Policy and Workflow objects that the application uses. */
  readonly external: readonly KubeObject[];
  readonly stepTypes: readonly string[];
}

interface Reading {
  readonly app: App;
  readonly definitions: DefinitionSource;
  readonly client: Client;
  /** Policy and Workflow objects as a revision keeps them: they are not read again. */
  readonly stored?: readonly KubeObject[] | undefined;
  readonly signal: AbortSignal;
}

const refused = (message: string): StageError => new StageError("Parsed", message, "rendering");

/** @throws StageError for what is not installed or not there, ApiError. */
export async function readPlan(reading: Reading): Promise<DeliveryPlan> {
  const { app, signal } = reading;
  refuseUnknownTypes(reading);
  const workflow = app.workflow?.ref === undefined ? undefined : await external(reading, "Workflow", app.workflow.ref);
  try {
    const written = workflowPlanOf(app, workflow);
    const { policies, found } = await readPolicies(reading, written.steps);
    const steps = nameSteps(written.steps.map((step) => stepOf(convertStep(step, app.components))));
    refuseUnknownSteps(reading, steps);
    return {
      plan: { steps, mode: written.mode },
      external: [...(workflow === undefined ? [] : [workflow]), ...found],
      policies,
      stepTypes: writtenTypes(written.steps),
    };
  } catch (error) {
    if (error instanceof StageError || signal.aborted) throw error;
    throw refused(errorMessage(error));
  }
}

/** As the steps name them, before they are converted. */
function writtenTypes(steps: readonly JsonObject[]): readonly string[] {
  const all = steps.flatMap((step) => [
    step,
    ...(Array.isArray(step.subSteps) ? step.subSteps.filter(isJsonObject) : []),
  ]);
  return [...new Set(all.map(({ type }) => textOf(type)))];
}

function refuseUnknownTypes({ app, definitions }: Reading): void {
  const missing = (kind: "component" | "trait" | "policy", type: string): boolean =>
    definitions.find(kind, type, app.namespace) === undefined;
  for (const { name, type, traits } of app.components) {
    if (missing("component", type))
      throw refused(`component ${name}: component type ${JSON.stringify(type)} is not installed`);
    const trait = traits.find((one) => missing("trait", one.type));
    if (trait !== undefined)
      throw refused(`component ${name}: trait type ${JSON.stringify(trait.type)} is not installed`);
  }
  const policy = app.policies.find(({ type }) => !nativePolicyTypes.has(type) && missing("policy", type));
  if (policy !== undefined)
    throw refused(`policy ${policy.name}: policy type ${JSON.stringify(policy.type)} is not installed`);
}

function refuseUnknownSteps({ app, definitions }: Reading, steps: readonly Step[]): void {
  for (const { type, name } of steps.flatMap((step) => [step, ...step.subSteps])) {
    if (type === groupType || Object.hasOwn(embeddedTemplates, type)) continue;
    if (definitions.find("workflow-step", type, app.namespace) === undefined)
      throw refused(`step ${name}: workflow step type ${JSON.stringify(type)} is not installed`);
  }
}

async function external(
  { app, client, stored, signal }: Reading,
  kind: "Workflow" | "Policy",
  name: string,
): Promise<KubeObject | undefined> {
  if (stored !== undefined) return stored.find((one) => one.kind === kind && one.metadata.name === name);
  const reference = { apiVersion: "core.oam.dev/v1alpha1", kind, namespace: app.namespace, name };
  return client.get(reference, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

/** Names of policies in deploy steps, sub-steps too. */
export function namedPolicies(steps: readonly JsonObject[]): ReadonlySet<string> {
  const all = steps.flatMap((step) => [
    step,
    ...(Array.isArray(step.subSteps) ? step.subSteps.filter(isJsonObject) : []),
  ]);
  return new Set(
    all.flatMap((step) => {
      const policies = step.type === "deploy" ? valueAt(step, "properties", "policies") : undefined;
      return Array.isArray(policies) ? policies.filter((one): one is string => typeof one === "string") : [];
    }),
  );
}

/** A Policy object as a policy of the application. */
export function externalPolicies(objects: readonly KubeObject[]): readonly AppPolicy[] {
  return policiesOf(
    objects.map((object) => ({
      name: object.metadata.name ?? "",
      type: (object.type as JsonValue | undefined) ?? "",
      properties: (object.properties as JsonValue | undefined) ?? {},
    })),
  );
}

async function readPolicies(
  reading: Reading,
  steps: readonly JsonObject[],
): Promise<{ policies: readonly AppPolicy[]; found: readonly KubeObject[] }> {
  const { app } = reading;
  const found: KubeObject[] = [];
  for (const name of namedPolicies(steps)) {
    if (app.policies.some((policy) => policy.name === name)) continue;
    const object = await external(reading, "Policy", name);
    if (object === undefined) {
      throw refused(
        `external policy ${name} not found: no policy of this name is in spec.policies, and there is no Policy ${app.namespace}/${name}`,
      );
    }
    found.push(object);
  }
  return { policies: [...app.policies, ...externalPolicies(found)], found };
}
