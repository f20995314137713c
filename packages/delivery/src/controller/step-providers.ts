/** Operations that workflow steps of an Application call: deploying by policies, applying one component (engine 4.10). */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type KubeObject, asJson } from "@lateen/objects";
import {
  type ProviderContext,
  type ProviderFunction,
  type ProviderTable,
  builtinProviders,
  createProviders,
  expressionJson,
  scopeOf,
} from "@lateen/workflow";
import {
  type App,
  type AppComponent,
  type AppPolicy,
  componentJson,
  componentOf,
  textOf,
} from "../application/application.ts";
import { type DeployTask, deployTasksOf, taskKey, withInputs } from "../deploy-tasks.ts";
import { policiesOfEnvironment } from "../policy/env-binding.ts";
import { localCluster } from "../policy/topology.ts";
import { oamLabels } from "../render/metadata.ts";
import { isTerraform } from "../render/terraform.ts";
import { type Delivered, type DeliveryTools, deliverComponent } from "./deliver-component.ts";
import type { ServiceStatus } from "./deliver-component.ts";
import type { Placement } from "./ports.ts";

export interface StepProviderOptions {
  readonly tools: DeliveryTools;
  readonly placement: Placement;
  readonly policies: readonly AppPolicy[];
  /** Told of each service that a step has looked at. */
  readonly report: (service: ServiceStatus) => void;
}

const strings = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

const operations = {
  multicluster: [
    "deploy",
    "list-clusters",
    "get-placements-from-topology-policies",
    "apply-env-bind-app",
    "deploy-cloud-resource",
    "share-cloud-resource",
  ],
  oam: [
    "component-apply",
    "load",
    "load-comps-in-order",
    "load-policies",
    "apply-application",
    "apply-application-in-parallel",
    "apply-remaining",
  ],
  kube: ["apply", "apply-in-parallel"],
} as const;

type Operations<P extends keyof typeof operations> = Readonly<Record<(typeof operations)[P][number], ProviderFunction>>;

/** Whether one of the tables, the engine or delivery itself answers an operation. */
export function knownOperations(tables: readonly ProviderTable[]): (provider: string, operation: string) => boolean {
  const others = createProviders(builtinProviders, ...tables);
  const own = new Map<string, ReadonlySet<string>>(
    Object.entries(operations).map(([provider, names]) => [provider, new Set(names)]),
  );
  own.set("op", new Set(Object.values(operations).flat()));
  return (provider, operation) =>
    own.get(provider)?.has(operation) === true || others.find(provider, operation) !== undefined;
}

/** Under the new and the old provider names. */
export function stepProviders(options: StepProviderOptions): ProviderTable {
  const multicluster: Operations<"multicluster"> = {
    deploy: deployOperation(options),
    "list-clusters": listClusters(options),
    "get-placements-from-topology-policies": topologyPlacements(options),
    "apply-env-bind-app": deployEnvironment(options),
    "deploy-cloud-resource": refuseTerraform,
    "share-cloud-resource": refuseTerraform,
  };
  const oam: Operations<"oam"> = {
    "component-apply": applyComponent(options),
    load: loadComponents(options, "map"),
    "load-comps-in-order": loadComponents(options, "list"),
    "load-policies": loadPolicies(options),
    "apply-application": applyAll(options),
    "apply-application-in-parallel": applyAll(options),
    "apply-remaining": applyAll(options),
  };
  const kube: Operations<"kube"> = { apply: applyObject(options), "apply-in-parallel": applyObjects(options) };
  return { multicluster, oam, kube, op: { ...multicluster, ...oam, ...kube } };
}

/** What steps of an Application apply is recorded and goes with it, as its components' objects do. */
async function applyTracked({ tools }: StepProviderOptions, params: JsonObject): Promise<readonly JsonObject[]> {
  const { app, keeper } = tools;
  const values = Array.isArray(params.value) ? params.value : [params.value];
  const cluster = textOf(params.cluster) === "" ? localCluster : textOf(params.cluster);
  const applied = await keeper.dispatch(
    values.map((value) => ({ cluster, object: ownedObject(value, app), creator: "workflow" })),
  );
  return applied.map(plain);
}

/** @throws Error for what is no object. */
function ownedObject(value: JsonValue | undefined, app: App): KubeObject {
  if (!isJsonObject(value) || textOf(value.kind) === "" || textOf(value.apiVersion) === "")
    throw new Error(`what a step applies needs an apiVersion and a kind: ${JSON.stringify(value ?? {})}`);
  const object = value as unknown as KubeObject;
  const metadata = isJsonObject(value.metadata) ? object.metadata : {};
  return {
    ...object,
    metadata: {
      ...metadata,
      namespace: metadata.namespace ?? "default",
      labels: { ...metadata.labels, [oamLabels.name]: app.name, [oamLabels.namespace]: app.namespace },
    },
  };
}

function applyObject(options: StepProviderOptions): ProviderFunction {
  return async (params) => ({ value: (await applyTracked(options, params))[0] ?? {} });
}

function applyObjects(options: StepProviderOptions): ProviderFunction {
  return async (params) => ({ value: await applyTracked(options, params) });
}

/** Waits without ending the template, as the engine's deploy does. */
function wait({ outcome }: ProviderContext, message: string): void {
  outcome.waiting = true;
  if (outcome.phase === "failed" || outcome.phase === "suspending") return;
  outcome.phase = "running";
  outcome.reason = "Wait";
  outcome.message = message;
}

function deployOperation(options: StepProviderOptions): ProviderFunction {
  return async (params, context) => {
    const parallelism = typeof params.parallelism === "number" ? params.parallelism : 5;
    if (parallelism < 1) throw new Error("parallelism cannot be smaller than 1");
    await deployBy(options, params, context);
    return undefined;
  };
}

function deployEnvironment(options: StepProviderOptions): ProviderFunction {
  return async (params, context) => {
    const place = { name: textOf(params.policy), env: textOf(params.env) };
    await deployBy(options, { inlinePolicies: [...policiesOfEnvironment(options.policies, place)] }, context);
    return undefined;
  };
}

const refuseTerraform: ProviderFunction = async () => {
  throw new Error("cloud resources need Terraform, which this control plane does not run: provision them elsewhere");
};

/** Delivers the components to where the named and given policies place them, and waits for them. */
async function deployBy(options: StepProviderOptions, params: JsonObject, context: ProviderContext): Promise<void> {
  const { tools, placement, policies } = options;
  const { tasks } = deployTasksOf(
    tools.app,
    { policies: strings(params.policies), inlinePolicies: params.inlinePolicies },
    {
      clusters: placement.clusters(),
      namespace: tools.app.namespace,
      allPolicies: policies,
      isTerraform: (component) => params.ignoreTerraformComponent === true && isTerraformType(tools, component),
    },
  );
  const reasons = await deliverTasks(options, tasks);
  if (reasons.length > 0) wait(context, reasons.join(","));
}

function isTerraformType({ definitions, app }: DeliveryTools, { type }: AppComponent): boolean {
  const definition = definitions.find("component", type, app.namespace);
  return definition !== undefined && isTerraform(definition);
}

/** Delivers what can be delivered now. @returns why the rest has to wait. */
async function deliverTasks(
  { tools, report }: StepProviderOptions,
  tasks: readonly DeployTask[],
): Promise<readonly string[]> {
  const done = new Map<string, Delivered>();
  const reasons: string[] = [];
  let left = [...tasks];
  for (let progress = true; progress && left.length > 0; ) {
    progress = false;
    const waiting: DeployTask[] = [];
    for (const task of left) {
      const ready = readyTask(task, tasks, done);
      if (ready === undefined) {
        waiting.push(task);
        continue;
      }
      progress = true;
      const delivered = await deliverComponent(tools, ready, "deliver");
      report(delivered.service);
      if (delivered.service.healthy && delivered.healthy) done.set(taskKey(task), delivered);
      else
        reasons.push(
          `${shownTask(task)} is not healthy${delivered.service.message === "" ? "" : ` (${delivered.service.message})`}`,
        );
    }
    left = waiting;
  }
  return [...reasons, ...left.map((task) => `${shownTask(task)} is waiting dependents`)];
}

const shownTask = (task: DeployTask): string => taskKey(task).replace(/\/{2,}/g, "/");

/** The task with its inputs filled in, or undefined while something that it needs is not there. */
function readyTask(
  task: DeployTask,
  all: readonly DeployTask[],
  done: ReadonlyMap<string, Delivered>,
): DeployTask | undefined {
  const { component, target } = task;
  const peers = all.filter(
    (other) =>
      other.target.cluster === target.cluster &&
      other.target.namespace === target.namespace &&
      (other.component.replicaKey === undefined || other.component.replicaKey === component.replicaKey),
  );
  for (const name of component.dependsOn) {
    const peer = peers.find((other) => other.component.name === name);
    if (peer !== undefined && !done.has(taskKey(peer))) return undefined;
  }
  const ready = withInputs(component, component.inputs.length === 0 ? {} : variablesOf(peers, done));
  return ready === undefined ? undefined : { target, component: ready };
}

function variablesOf(tasks: readonly DeployTask[], done: ReadonlyMap<string, Delivered>): Record<string, JsonValue> {
  const variables: Record<string, JsonValue> = {};
  for (const task of tasks) {
    const delivered = done.get(taskKey(task));
    if (delivered === undefined || task.component.outputs.length === 0) continue;
    const scope = scopeOf({
      ...(delivered.output === undefined ? {} : { output: asJson(delivered.output) }),
      outputs: delivered.outputs as unknown as JsonObject,
    });
    for (const { name, valueFrom } of task.component.outputs) {
      try {
        variables[name] = expressionJson(valueFrom, scope);
      } catch {
        // Not there yet: who needs it waits.
      }
    }
  }
  return variables;
}

function applyComponent({ tools, report }: StepProviderOptions): ProviderFunction {
  return async (params, context) => {
    const value = isJsonObject(params.value) ? params.value : {};
    const component = withReferences(componentOf(value), tools.app);
    const cluster = textOf(params.cluster);
    const namespace = typeof params.namespace === "string" ? params.namespace : "";
    const delivered = await deliverComponent(tools, { component, target: { cluster, namespace } }, "deliver");
    report(delivered.service);
    if (!delivered.healthy && params.waitHealthy !== false) wait(context, "wait healthy");
    return {
      ...(delivered.output === undefined ? {} : { output: plain(delivered.output) }),
      outputs: Object.fromEntries(Object.entries(delivered.outputs).map(([name, object]) => [name, plain(object)])),
    };
  };
}

/** The plan has components as they are written; what one of them refers to has been read since. */
function withReferences(component: AppComponent, { components }: App): AppComponent {
  if (component.type !== "ref-objects") return component;
  const resolved = components.find(({ name, type }) => name === component.name && type === component.type);
  return resolved?.properties === undefined ? component : { ...component, properties: resolved.properties };
}

/** A live object without what only clutters a step's value. */
function plain(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...asJson(object), metadata: metadata as JsonObject };
}

function applyAll(options: StepProviderOptions): ProviderFunction {
  return async (params, context) => {
    const exceptions = new Set(strings(params.exceptions));
    const tasks = options.tools.app.components
      .filter(({ name }) => !exceptions.has(name))
      .map((component) => ({ component, target: { cluster: localCluster, namespace: "" } }));
    const reasons = await deliverTasks(options, tasks);
    if (reasons.length > 0) wait(context, reasons.join(","));
    return undefined;
  };
}

function listClusters({ placement }: StepProviderOptions): ProviderFunction {
  return async () => ({ outputs: { clusters: placement.clusters().map(({ name }) => name) } });
}

function topologyPlacements({ tools, placement, policies }: StepProviderOptions): ProviderFunction {
  return async (params) => {
    const { placements } = deployTasksOf(
      tools.app,
      { policies: strings(params.policies) },
      { clusters: placement.clusters(), namespace: tools.app.namespace, allPolicies: policies },
    );
    return {
      placements: placements.map(({ cluster, namespace }) => ({
        cluster,
        namespace: namespace === "" ? tools.app.namespace : namespace,
      })),
    };
  };
}

function loadComponents({ tools }: StepProviderOptions, form: "map" | "list"): ProviderFunction {
  return async () => {
    const components = tools.app.components.map((component) => {
      const { inputs: _, outputs: __, ...value } = componentJson(component);
      return value;
    });
    return {
      value:
        form === "list"
          ? components
          : Object.fromEntries(components.map((component) => [textOf(component.name), component])),
    };
  };
}

function loadPolicies({ policies }: StepProviderOptions): ProviderFunction {
  return async () => ({
    value: Object.fromEntries(
      policies.map(({ name, type, properties }) => [
        name,
        { name, type, ...(properties === undefined ? {} : { properties }) },
      ]),
    ),
  });
}
