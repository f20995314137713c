import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";

/** `inputs[]` and `outputs[]` of components and steps. */
export interface InputItem {
  readonly from: string;
  readonly parameterKey?: string;
}
export interface OutputItem {
  readonly name: string;
  readonly valueFrom: string;
}

export interface AppTrait {
  readonly type: string;
  readonly properties: JsonObject | undefined;
}

export interface AppComponent {
  readonly name: string;
  readonly type: string;
  /** Absent and `{}` are different: a trait or component without properties gets no parameter text. */
  readonly properties: JsonObject | undefined;
  readonly traits: readonly AppTrait[];
  readonly dependsOn: readonly string[];
  readonly inputs: readonly InputItem[];
  readonly outputs: readonly OutputItem[];
  readonly externalRevision?: string;
  /** Set by a replication policy. */
  readonly replicaKey?: string;
}

export interface AppPolicy {
  readonly name: string;
  readonly type: string;
  readonly properties: JsonObject | undefined;
}

export interface AppWorkflow {
  readonly ref?: string;
  readonly mode?: { readonly steps?: string; readonly subSteps?: string };
  readonly steps?: readonly JsonObject[];
}

/** An Application as the engine reads it: shapes are sure, nothing else is. */
export interface App {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly components: readonly AppComponent[];
  readonly policies: readonly AppPolicy[];
  readonly workflow: AppWorkflow | undefined;
  /** `shop-v3`, empty while there is none. */
  readonly revisionName: string;
}

export const appAnnotations = {
  publishVersion: "app.oam.dev/publishVersion",
  workflowName: "app.oam.dev/workflowName",
  autoUpdate: "app.oam.dev/autoUpdate",
  restartWorkflow: "app.oam.dev/restart-workflow",
  reconcileInterval: "app.oam.dev/reconcile-interval",
  filterLabels: "filter.oam.dev/label-keys",
  filterAnnotations: "filter.oam.dev/annotation-keys",
  serviceAccount: "app.oam.dev/service-account-name",
  username: "app.oam.dev/username",
  group: "app.oam.dev/group",
} as const;

/** A text as it is; anything else counts as none. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const objectOf = (value: JsonValue | undefined): JsonObject | undefined => (isJsonObject(value) ? value : undefined);
const listOf = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);
const objectsOf = (value: JsonValue | undefined): readonly JsonObject[] => listOf(value).filter(isJsonObject);
const stringsOf = (value: JsonValue | undefined): readonly string[] =>
  listOf(value).filter((item): item is string => typeof item === "string");

/** What a component's JSON says; odd shapes read as absent (admission refuses them by schema). */
export function componentOf(component: JsonObject): AppComponent {
  const externalRevision = textOf(component.externalRevision);
  const replicaKey = textOf(component.replicaKey);
  return {
    name: textOf(component.name),
    type: textOf(component.type),
    properties: objectOf(component.properties),
    traits: objectsOf(component.traits).map((trait) => ({
      type: textOf(trait.type),
      properties: objectOf(trait.properties),
    })),
    dependsOn: stringsOf(component.dependsOn),
    inputs: inputsOf(component.inputs),
    outputs: outputsOf(component.outputs),
    ...(externalRevision === "" ? {} : { externalRevision }),
    ...(replicaKey === "" ? {} : { replicaKey }),
  };
}

export function inputsOf(value: JsonValue | undefined): readonly InputItem[] {
  return objectsOf(value).map((item) => {
    const parameterKey = textOf(item.parameterKey);
    return { from: textOf(item.from), ...(parameterKey === "" ? {} : { parameterKey }) };
  });
}

export function outputsOf(value: JsonValue | undefined): readonly OutputItem[] {
  return objectsOf(value).map((item) => ({ name: textOf(item.name), valueFrom: textOf(item.valueFrom) }));
}

/** The component as JSON again, as `context.components` and steps see it. */
export function componentJson(component: AppComponent): JsonObject {
  return {
    name: component.name,
    type: component.type,
    ...(component.properties === undefined ? {} : { properties: component.properties }),
    ...(component.inputs.length === 0 ? {} : { inputs: component.inputs.map((input) => ({ ...input })) }),
    ...(component.outputs.length === 0 ? {} : { outputs: component.outputs.map((output) => ({ ...output })) }),
    ...(component.traits.length === 0
      ? {}
      : {
          traits: component.traits.map(({ type, properties }) => ({
            type,
            ...(properties === undefined ? {} : { properties }),
          })),
        }),
    ...(component.dependsOn.length === 0 ? {} : { dependsOn: [...component.dependsOn] }),
    ...(component.externalRevision === undefined ? {} : { externalRevision: component.externalRevision }),
  };
}

/** `<type>-auto-gen-<index>` for a policy without a name. */
export function policiesOf(value: JsonValue | undefined): readonly AppPolicy[] {
  return objectsOf(value).map((policy, index) => {
    const type = textOf(policy.type);
    const name = textOf(policy.name);
    return { name: name === "" ? `${type}-auto-gen-${index}` : name, type, properties: objectOf(policy.properties) };
  });
}

function workflowOf(value: JsonValue | undefined): AppWorkflow | undefined {
  if (!isJsonObject(value)) return undefined;
  const ref = textOf(value.ref);
  const mode = objectOf(value.mode);
  return {
    ...(ref === "" ? {} : { ref }),
    ...(mode === undefined
      ? {}
      : {
          mode: {
            ...(textOf(mode.steps) === "" ? {} : { steps: textOf(mode.steps) }),
            ...(textOf(mode.subSteps) === "" ? {} : { subSteps: textOf(mode.subSteps) }),
          },
        }),
    ...(Array.isArray(value.steps) ? { steps: objectsOf(value.steps) } : {}),
  };
}

/** Reads an Application object; its namespace is `default` where it names none. */
export function appOf(application: KubeObject): App {
  const spec = objectOf(application.spec as JsonValue | undefined) ?? {};
  const status = objectOf(application.status as JsonValue | undefined) ?? {};
  const { metadata } = application;
  return {
    name: metadata.name ?? "",
    namespace: metadata.namespace ?? "default",
    uid: metadata.uid ?? "",
    generation: metadata.generation ?? 0,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    components: objectsOf(spec.components).map(componentOf),
    policies: policiesOf(spec.policies),
    workflow: workflowOf(spec.workflow),
    revisionName: textOf(objectOf(status.latestRevision)?.name),
  };
}

/** The number at the end of a revision's name: `shop-v12` → 12, otherwise 0. */
export function revisionNumber(revisionName: string): number {
  const match = /-v(\d+)$/.exec(revisionName);
  return match === null ? 0 : Number(match[1]);
}
