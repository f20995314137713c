/** What an application is, from its object and the objects that it made: the tree that people look at. */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { appOf } from "../application/application.ts";
import { workflowPlanOf } from "../application/default-workflow.ts";
import { oamLabels } from "../render/metadata.ts";

export type TreeHealth = "progressing" | "healthy" | "failed" | "unknown";

export interface ApplicationTree {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly revision: string | undefined;
  readonly message: string | undefined;
  readonly health: TreeHealth;
  readonly workflow:
    | {
        readonly phase: string;
        readonly suspended: boolean;
        readonly finished: boolean;
        readonly message?: string;
        readonly steps: readonly StepNode[];
      }
    | undefined;
  readonly components: readonly ComponentNode[];
  /** Those that say that something is wrong. */
  readonly conditions: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
}

export interface StepNode {
  readonly name: string;
  readonly type: string;
  readonly phase: "pending" | "running" | "succeeded" | "failed" | "skipped" | "suspending";
  readonly message?: string;
  readonly since?: string;
  readonly subSteps: readonly StepNode[];
}

export interface ComponentNode {
  readonly name: string;
  readonly type: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly health: TreeHealth;
  readonly message?: string;
  readonly traits: readonly { readonly type: string; readonly health: TreeHealth; readonly message?: string }[];
  readonly resources: readonly ResourceNode[];
}

export interface ResourceNode {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly ready?: string;
  readonly status: string;
  readonly simulated: boolean;
  readonly message?: string;
  readonly address?: string;
  readonly children: readonly ResourceNode[];
}

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const optional = <K extends string>(field: K, value: string): { readonly [P in K]?: string } =>
  (value === "" ? {} : { [field]: value }) as { readonly [P in K]?: string };
const objectsAt = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

/** @param objects whatever was listed: trackers, workloads, pods, services …; others are passed over. */
export function summarizeApplication({
  application,
  objects,
}: {
  readonly application: KubeObject;
  readonly objects: readonly KubeObject[];
}): ApplicationTree {
  const status = application.status as JsonObject | undefined;
  const phase = text(status?.status);
  const conditions = failingConditions(status);
  return {
    name: application.metadata.name ?? "",
    namespace: application.metadata.namespace ?? "",
    phase,
    revision: text(valueAt(status, "latestRevision", "name")) || undefined,
    message: text(valueAt(status, "workflow", "message")) || conditions[0]?.message,
    health: applicationHealth(phase, status),
    workflow: workflowNode(application, status),
    components: componentNodes(application, status, objects),
    conditions,
  };
}

function failingConditions(status: JsonObject | undefined): ApplicationTree["conditions"] {
  return objectsAt(status?.conditions)
    .filter((condition) => condition.status === "False")
    .map((condition) => ({
      type: text(condition.type),
      reason: text(condition.reason),
      message: text(condition.message),
    }));
}

function applicationHealth(phase: string, status: JsonObject | undefined): TreeHealth {
  if (phase === "running") return "healthy";
  if (phase === "workflowFailed" || phase === "workflowTerminated" || phase === "unhealthy") return "failed";
  if (phase === "" && status === undefined) return "unknown";
  return "progressing";
}

function workflowNode(application: KubeObject, status: JsonObject | undefined): ApplicationTree["workflow"] {
  const workflow = status?.workflow;
  const recorded = isJsonObject(workflow) ? workflow : undefined;
  const steps = stepNodes(plannedSteps(application), objectsAt(recorded?.steps));
  if (recorded === undefined && steps.length === 0) return undefined;
  return {
    phase: text(recorded?.status),
    suspended: recorded?.suspend === true,
    finished: recorded?.finished === true,
    ...optional("message", text(recorded?.message)),
    steps,
  };
}

function plannedSteps(application: KubeObject): readonly JsonObject[] {
  const app = appOf(application);
  if (app.workflow?.ref !== undefined) return [];
  try {
    return workflowPlanOf(app).steps;
  } catch {
    return [];
  }
}

/** Steps in the order of the plan, then recorded ones that the plan does not have. */
function stepNodes(planned: readonly JsonObject[], recorded: readonly JsonObject[]): readonly StepNode[] {
  const names = planned.map((step, index) => text(step.name) || `step-${index}`);
  const nodes = planned.map((step, index) => {
    const own = recorded.find(({ name }) => name === names[index]);
    return stepNode(names[index]!, text(step.type), own, objectsAt(step.subSteps));
  });
  const further = recorded.filter(({ name }) => !names.includes(text(name)));
  return [...nodes, ...further.map((own) => stepNode(text(own.name), text(own.type), own, []))];
}

const phases = new Set(["pending", "running", "succeeded", "failed", "skipped", "suspending"]);

function stepNode(
  name: string,
  type: string,
  recorded: JsonObject | undefined,
  planned: readonly JsonObject[],
): StepNode {
  const phase = text(recorded?.phase);
  return {
    name,
    type: type === "builtin-apply-component" ? "apply-component" : type,
    phase: phases.has(phase) ? (phase as StepNode["phase"]) : recorded === undefined ? "pending" : "running",
    ...optional("message", text(recorded?.message)),
    ...optional("since", text(recorded?.firstExecuteTime)),
    subSteps: stepNodes(planned, objectsAt(recorded?.subSteps)),
  };
}

function componentNodes(
  application: KubeObject,
  status: JsonObject | undefined,
  objects: readonly KubeObject[],
): readonly ComponentNode[] {
  const app = appOf(application);
  const services = objectsAt(status?.services);
  const typeOf = (name: string): string => app.components.find((component) => component.name === name)?.type ?? "";
  const own = objects.filter(
    ({ metadata }) =>
      metadata.labels?.[oamLabels.name] === app.name && metadata.labels[oamLabels.namespace] === app.namespace,
  );
  const nodes = services.map((service): ComponentNode => {
    const name = text(service.name);
    const namespace = text(service.namespace) || app.namespace;
    const pieces = own.filter(
      ({ metadata }) => metadata.labels?.[oamLabels.component] === name && (metadata.namespace ?? "") === namespace,
    );
    return {
      name,
      type: typeOf(name),
      cluster: text(service.cluster) || "local",
      namespace,
      health: service.healthy === true ? "healthy" : "progressing",
      ...optional("message", text(service.message)),
      traits: objectsAt(service.traits).map((trait) => ({
        type: text(trait.type),
        health: trait.healthy === true ? ("healthy" as const) : ("progressing" as const),
        ...optional("message", text(trait.message)),
      })),
      resources: pieces.map((object) => resourceNode(object, objects, 0)),
    };
  });
  const missing = app.components.filter(({ name }) => !services.some((service) => service.name === name));
  return [
    ...nodes,
    ...missing.map(
      (component): ComponentNode => ({
        name: component.name,
        type: component.type,
        cluster: "",
        namespace: app.namespace,
        health: "unknown",
        traits: component.traits.map(({ type }) => ({ type, health: "unknown" as const })),
        resources: [],
      }),
    ),
  ];
}

function resourceNode(object: KubeObject, objects: readonly KubeObject[], depth: number): ResourceNode {
  const { uid } = object.metadata;
  const children =
    depth > 5 || uid === undefined
      ? []
      : objects
          .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid) === true)
          .filter((child) => !isIdleReplicaSet(child))
          .map((child) => resourceNode(child, objects, depth + 1));
  const ready = readiness(object);
  return {
    kind: object.kind,
    name: object.metadata.name ?? "",
    namespace: object.metadata.namespace ?? "",
    ...optional("ready", ready),
    status: resourceStatus(object),
    simulated: isSimulated(object),
    ...optional("message", resourceMessage(object)),
    ...optional("address", addressOf(object)),
    children,
  };
}

function isIdleReplicaSet(object: KubeObject): boolean {
  return (
    object.kind === "ReplicaSet" &&
    valueAt(object, "spec", "replicas") === 0 &&
    (valueAt(object, "status", "replicas") ?? 0) === 0
  );
}

function readiness(object: KubeObject): string {
  const count = (...path: string[]): number => {
    const value = valueAt(object, ...path);
    return typeof value === "number" ? value : 0;
  };
  if (["Deployment", "StatefulSet", "ReplicaSet"].includes(object.kind))
    return `${count("status", "readyReplicas")}/${count("spec", "replicas")}`;
  if (object.kind === "DaemonSet")
    return `${count("status", "numberReady")}/${count("status", "desiredNumberScheduled")}`;
  if (object.kind === "Job") return `${count("status", "succeeded")}/${Math.max(1, count("spec", "completions"))}`;
  if (object.kind !== "Pod") return "";
  const statuses = objectsAt(valueAt(object, "status", "containerStatuses"));
  const containers = objectsAt(valueAt(object, "spec", "containers"));
  return `${statuses.filter(({ ready }) => ready === true).length}/${containers.length}`;
}

function resourceStatus(object: KubeObject): string {
  if (object.metadata.deletionTimestamp !== undefined) return "Terminating";
  const waiting = waitingContainer(object);
  if (waiting !== undefined) return text(waiting.reason);
  const phase = text(valueAt(object, "status", "phase"));
  if (phase !== "") return phase;
  const ready = readiness(object);
  if (ready === "") return "";
  const [have, want] = ready.split("/");
  return have === want ? "Ready" : "Progressing";
}

function waitingContainer(object: KubeObject): JsonObject | undefined {
  if (object.kind !== "Pod") return undefined;
  for (const container of objectsAt(valueAt(object, "status", "containerStatuses"))) {
    const waiting = valueAt(container, "state", "waiting");
    if (isJsonObject(waiting) && text(waiting.reason) !== "") return waiting;
  }
  return undefined;
}

function resourceMessage(object: KubeObject): string {
  const waiting = waitingContainer(object);
  return waiting === undefined ? text(valueAt(object, "status", "message")) : text(waiting.message);
}

/** The node agent says so in the pod's status. */
function isSimulated(object: KubeObject): boolean {
  return object.kind === "Pod" && valueAt(object, "status", "reason") === "Simulated";
}

/** Where it is reached: the addresses that the node agent has opened, or the cluster's own. */
function addressOf(object: KubeObject): string {
  const opened = object.metadata.annotations?.["lateen.dev/addresses"];
  if (opened !== undefined && opened !== "") return opened.split(",")[0]!;
  if (object.kind === "Pod")
    return isSimulated(object)
      ? ""
      : joined(
          valueAt(object, "status", "podIP"),
          valueAt(object, "spec", "containers", 0, "ports", 0, "containerPort"),
        );
  if (object.kind !== "Service") return "";
  const ip =
    text(valueAt(object, "status", "loadBalancer", "ingress", 0, "ip")) || text(valueAt(object, "spec", "clusterIP"));
  return ip === "None" ? "" : joined(ip, valueAt(object, "spec", "ports", 0, "port"));
}

function joined(host: JsonValue | undefined, port: JsonValue | undefined): string {
  return typeof host !== "string" || host === "" || typeof port !== "number" ? "" : `${host}:${port}`;
}
