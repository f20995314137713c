import { type JsonObject, formatPath } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { type App, type AppPolicy, appOf } from "../src/application/application.ts";
import { type WorkflowPlan, workflowPlanOf } from "../src/application/default-workflow.ts";
import { kubevelaFault } from "../src/application/kubevela-check.ts";
import { externalPolicies, namedPolicies } from "../src/controller/read-plan.ts";
import { shapeFaults } from "../src/application/diagnose.ts";
import { embeddedTemplates, groupType } from "@lateen/workflow";
import { nativePolicyTypes } from "../src/application/native-policies.ts";
import { builtinDefinitions } from "../src/definition/builtin.ts";
import { type DefinitionSource, createDefinitionSet, floatingVersions } from "../src/definition/definition-set.ts";
import { type ClusterVersion, type RenderContext, defaultClusterVersion } from "../src/render/context.ts";
import { renderComponents, renderPolicies } from "../src/render/render-components.ts";
import type { ApplicationCase } from "./applications.ts";

/** Bundled definitions, those of the case, and revisions among its objects. */
export function definitionsOf(item: ApplicationCase): DefinitionSource {
  const set = createDefinitionSet([
    ...builtinDefinitions(),
    ...(item.objects ?? []).filter(isDefinition),
    ...(item.definitions ?? []),
  ]);
  return item.application?.metadata.annotations?.["app.oam.dev/autoUpdate"] === "true" ? floatingVersions(set) : set;
}

const isDefinition = ({ kind }: KubeObject): boolean => kind.endsWith("Definition") || kind === "DefinitionRevision";

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export function contextOf(given: JsonObject = {}): RenderContext {
  return {
    cluster: textOf(given.cluster),
    clusterVersion: (given.clusterVersion as unknown as ClusterVersion | undefined) ?? defaultClusterVersion,
    ...(given.revision === undefined ? {} : { revision: textOf(given.revision) }),
    ...(given.namespace === undefined ? {} : { fieldNamespace: textOf(given.namespace) }),
    ...(given.custom === undefined ? {} : { custom: given.custom as JsonObject }),
    ...(given.output === undefined ? {} : { liveOutput: given.output as JsonObject }),
  };
}

/** What the engine refuses while it parses, before anything is rendered; else the steps and all policies. */
export function parseCase(
  app: App,
  item: ApplicationCase,
  definitions: DefinitionSource,
): { plan: WorkflowPlan; policies: readonly AppPolicy[] } {
  const [malformed] = shapeFaults(item.application!);
  if (malformed !== undefined)
    throw new Error(`component ${app.components[0]?.name ?? ""}: ${formatPath(malformed.path)}: ${malformed.message}`);
  for (const { name, type } of app.components) {
    if (definitions.find("component", type, app.namespace) === undefined)
      throw new Error(`component ${name}: component definition ${type} not found`);
  }
  const inNamespace = (kind: string): readonly KubeObject[] =>
    (item.objects ?? []).filter(
      (object) => object.kind === kind && (object.metadata.namespace ?? "default") === app.namespace,
    );
  const plan = workflowPlanOf(
    app,
    inNamespace("Workflow").find(({ metadata }) => metadata.name === app.workflow?.ref),
  );
  for (const { type } of plan.steps) {
    const text = textOf(type);
    if (text === groupType || text === "apply-component" || Object.hasOwn(embeddedTemplates, text)) continue;
    if (definitions.find("workflow-step", text, app.namespace) === undefined)
      throw new Error(`workflow step definition ${text} not found`);
  }
  const external = [...namedPolicies(plan.steps)].filter(
    (name) => !app.policies.some((policy) => policy.name === name),
  );
  const found = external.map((name) => {
    const object = inNamespace("Policy").find(({ metadata }) => metadata.name === name);
    if (object === undefined) throw new Error(`external policy ${name} not found`);
    return object;
  });
  const policies = [...app.policies, ...externalPolicies(found)];
  for (const policy of policies) refuseUnparsablePolicy(policy, app, definitions);
  return { plan, policies };
}

function refuseUnparsablePolicy(policy: AppPolicy, app: App, definitions: DefinitionSource): void {
  if (policy.type === "debug") return;
  const definition = definitions.find("policy", policy.type, app.namespace);
  const scoped = definition !== undefined && (definition.spec as JsonObject).scope === "Application";
  if (policy.properties === undefined && !scoped)
    throw new Error(`policy ${policy.type} named ${policy.name} must not have empty properties`);
  if (!nativePolicyTypes.has(policy.type) && definition === undefined)
    throw new Error(`policy definition [${policy.type}] of ${policy.name} not found`);
}

export function answerRender(item: ApplicationCase): JsonObject {
  const definitions = definitionsOf(item);
  const app = appOf(item.application!);
  const { policies: allPolicies } = parseCase(app, item, definitions);
  const context = contextOf(item.context);
  const withReplica: App =
    item.context?.replicaKey === undefined
      ? app
      : { ...app, components: app.components.map((one) => ({ ...one, replicaKey: textOf(item.context!.replicaKey) })) };
  const rendered = renderComponents({ app: withReplica, definitions, context });
  if (rendered.kind === "failed") throw new Error(rendered.message);
  const policies = renderPolicies({
    app,
    policies: allPolicies,
    definitions,
    context,
    components: rendered.components,
    labelNamespace: false,
  });
  if (policies.kind === "failed") throw new Error(policies.message);
  return {
    components: rendered.components.map(({ name, workload, outputs }) => ({
      name,
      workload: workload as unknown as JsonObject,
      outputs: outputs.map(({ object }) => object as unknown as JsonObject),
    })),
    ...(policies.objects.length === 0 ? {} : { policies: policies.objects as unknown as JsonObject[] }),
  };
}

export function answerValidate(item: ApplicationCase): JsonObject {
  const definitions = definitionsOf(item);
  const app = appOf(item.application!);
  parseCase(app, item, definitions);
  const fault = kubevelaFault(app, definitions, {
    required: item.gates?.EnableCueValidation === true,
    undeclared: item.gates?.ValidateUndeclaredParameters === true,
  });
  if (fault !== undefined) throw new Error(fault);
  return { valid: true };
}
