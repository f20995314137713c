import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { type App, appOf } from "../src/application/application.ts";
import { diagnoseApplication } from "../src/application/diagnose.ts";
import { embeddedTemplates, groupType } from "@lateen/workflow";
import { nativePolicyTypes } from "../src/application/native-policies.ts";
import { builtinDefinitions } from "../src/definition/builtin.ts";
import { type DefinitionSource, createDefinitionSet } from "../src/definition/definition-set.ts";
import { type ClusterVersion, type RenderContext, defaultClusterVersion } from "../src/render/context.ts";
import { renderComponents, renderPolicies } from "../src/render/render-components.ts";
import type { ApplicationCase } from "./applications.ts";

/** Bundled definitions, those of the case, and revisions among its objects. */
export function definitionsOf(item: ApplicationCase): DefinitionSource {
  return createDefinitionSet([
    ...builtinDefinitions(),
    ...(item.objects ?? []).filter(isDefinition),
    ...(item.definitions ?? []),
  ]);
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

/** What the engine refuses while it parses, before anything is rendered. */
export function refuseUnparsable(app: App, item: ApplicationCase, definitions: DefinitionSource): void {
  for (const { name, type } of app.components) {
    if (definitions.find("component", type, app.namespace) === undefined)
      throw new Error(
        `failed to parseComponents: fetch component/policy type of ${name}: component definition [${type}] not found`,
      );
  }
  const external = (item.objects ?? []).filter(({ kind }) => kind === "Workflow");
  const steps = app.workflow?.steps ?? external.flatMap((workflow) => workflow.steps as readonly JsonObject[]);
  for (const { type } of steps) {
    const text = textOf(type);
    if (text === groupType || text === "apply-component" || Object.hasOwn(embeddedTemplates, text)) continue;
    if (definitions.find("workflow-step", text, app.namespace) === undefined)
      throw new Error(`failed to parseWorkflowSteps: failed to get workflow step definition ${text}: not found`);
  }
  for (const policy of app.policies) {
    if (policy.type === "debug") continue;
    const definition = definitions.find("policy", policy.type, app.namespace);
    const scoped = definition !== undefined && (definition.spec as JsonObject).scope === "Application";
    if (policy.properties === undefined && !scoped)
      throw new Error(
        `failed to parsePolicies: policy ${policy.type} named ${policy.name} must not have empty properties`,
      );
    if (!nativePolicyTypes.has(policy.type) && definition === undefined)
      throw new Error(
        `failed to parsePolicies: load template from policy definition [${policy.type}] of ${policy.name}: not found`,
      );
  }
}

export function answerRender(item: ApplicationCase): JsonObject {
  const definitions = definitionsOf(item);
  const app = appOf(item.application!);
  refuseUnparsable(app, item, definitions);
  const context = contextOf(item.context);
  const withReplica: App =
    item.context?.replicaKey === undefined
      ? app
      : { ...app, components: app.components.map((one) => ({ ...one, replicaKey: textOf(item.context!.replicaKey) })) };
  const rendered = renderComponents({ app: withReplica, definitions, context });
  if (rendered.kind === "failed") throw new Error(rendered.message);
  const policies = renderPolicies({
    app,
    policies: app.policies,
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

export function answerValidate(_item: ApplicationCase): JsonObject {
  void diagnoseApplication;
  throw new Error("not yet");
}
