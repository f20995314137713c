import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { apiVersionOf, type KubeObject, valueAt } from "@lateen/objects";

interface Target {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A built-in object in another version of its kind. Kinds with one form in all versions change their apiVersion alone. */
export function convertKind(object: KubeObject, target: Target): KubeObject {
  const apiVersion = apiVersionOf(target);
  if (object.apiVersion === apiVersion) return object;
  const converted = { ...object, apiVersion, kind: target.kind };
  if (target.kind === "Event") return target.group === "" ? coreEvent(converted) : newEvent(converted);
  if (target.kind === "HorizontalPodAutoscaler")
    return target.version === "v1" ? oldAutoscaler(converted) : newAutoscaler(converted);
  return converted;
}

type Names = readonly (readonly [core: string, newer: string])[];

/** Fields of Event that events.k8s.io calls otherwise. */
const eventNames: Names = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];

const newEvent = (event: KubeObject): KubeObject => rename(event, eventNames);
const coreEvent = (event: KubeObject): KubeObject =>
  rename(
    event,
    eventNames.map(([core, newer]) => [newer, core] as const),
  );

function rename(object: KubeObject, names: Names): KubeObject {
  const result: Record<string, unknown> = { ...object };
  for (const [from, to] of names) {
    if (!Object.hasOwn(result, from)) continue;
    result[to] = result[from];
    delete result[from];
  }
  return result as unknown as KubeObject;
}

const metricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";
const currentAnnotation = "autoscaling.alpha.kubernetes.io/current-metrics";
const conditionsAnnotation = "autoscaling.alpha.kubernetes.io/conditions";
const behaviorAnnotation = "autoscaling.alpha.kubernetes.io/behavior";

/** v2 → v1: the cpu utilization has a field, everything else that v1 lacks goes into annotations. */
function oldAutoscaler(object: KubeObject): KubeObject {
  const spec = (object["spec"] ?? {}) as JsonObject;
  const status = (object["status"] ?? {}) as JsonObject;
  const { metrics, behavior, ...rest } = spec;
  const { currentMetrics, conditions, ...restStatus } = status;
  const cpu = listOf(metrics).find(isCpuUtilization);
  const others = listOf(metrics).filter((metric) => metric !== cpu);
  const currentCpu = listOf(currentMetrics).find((metric) => valueAt(metric, "resource", "name") === "cpu");
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  const note = (name: string, value: JsonValue | undefined): void => {
    if (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null)
      annotations[name] = JSON.stringify(value);
  };
  note(metricsAnnotation, others);
  note(
    currentAnnotation,
    listOf(currentMetrics).filter((metric) => metric !== currentCpu),
  );
  note(conditionsAnnotation, conditions);
  note(behaviorAnnotation, behavior);
  const target = valueAt(cpu, "resource", "target", "averageUtilization");
  const current = valueAt(currentCpu, "resource", "current", "averageUtilization");
  return {
    ...object,
    metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: { ...rest, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: 0,
      ...restStatus,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  };
}

/** v1 → v2: what `oldAutoscaler` made, undone. */
function newAutoscaler(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...rest } = (object["spec"] ?? {}) as JsonObject;
  const { currentCPUUtilizationPercentage: current, ...status } = (object["status"] ?? {}) as JsonObject;
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  const take = (name: string): JsonValue | undefined => {
    const text = annotations[name];
    delete annotations[name];
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as JsonValue;
    } catch {
      return undefined;
    }
  };
  const others = listOf(take(metricsAnnotation));
  const currentOthers = listOf(take(currentAnnotation));
  const conditions = take(conditionsAnnotation);
  const behavior = take(behaviorAnnotation);
  const cpuMetric = (value: JsonValue, part: string): JsonObject => ({
    type: "Resource",
    resource: { name: "cpu", [part]: { ...(part === "target" && { type: "Utilization" }), averageUtilization: value } },
  });
  const metrics = [...(target === undefined ? [] : [cpuMetric(target, "target")]), ...others];
  const currentMetrics = [...(current === undefined ? [] : [cpuMetric(current, "current")]), ...currentOthers];
  const { annotations: _, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    spec: { ...rest, ...(metrics.length > 0 && { metrics }), ...(behavior !== undefined && { behavior }) },
    status: {
      ...status,
      currentMetrics: currentMetrics.length > 0 ? currentMetrics : null,
      ...(conditions !== undefined && { conditions }),
    },
  };
}

function isCpuUtilization(metric: JsonValue): boolean {
  return (
    valueAt(metric, "type") === "Resource" &&
    valueAt(metric, "resource", "name") === "cpu" &&
    valueAt(metric, "resource", "target", "averageUtilization") !== undefined
  );
}

function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
