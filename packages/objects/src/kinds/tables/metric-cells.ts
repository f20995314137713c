import type { JsonObject, JsonValue } from "@lateen/base";
import { objects, read, shown, text } from "./read.ts";

/** The TARGETS column of a HorizontalPodAutoscaler: `cpu: 12%/80%`, two metrics at most. */
export function metricsText(scaler: JsonObject): string {
  const old = shown(scaler, "spec", "targetCPUUtilizationPercentage");
  if (old !== undefined) {
    const current = shown(scaler, "status", "currentCPUUtilizationPercentage");
    return `cpu: ${current === undefined ? "<unknown>" : `${current}%`}/${old}%`;
  }
  const current = read(scaler, "status", "currentMetrics");
  const metrics = objects(scaler, "spec", "metrics").map((metric, index) => metricText(metric, read(current, index)));
  if (metrics.length === 0) return "<none>";
  const few = metrics.slice(0, 2).join(", ");
  return metrics.length > 2 ? `${few} + ${metrics.length - 2} more...` : few;
}

const members: Readonly<Record<string, string>> = {
  External: "external",
  Pods: "pods",
  Object: "object",
  Resource: "resource",
  ContainerResource: "containerResource",
};

function metricText(metric: JsonObject, status: JsonValue | undefined): string {
  const type = text(metric, "type");
  const member = Object.hasOwn(members, type) ? members[type] : undefined;
  if (member === undefined) return "<unknown type>";
  const target = read(metric, member, "target");
  const current = read(status, member, "current");
  const average = shown(target, "averageValue");
  const named = type === "Resource" || type === "ContainerResource" ? `${text(metric, member, "name")}: ` : "";
  if (type === "Pods") return `${shown(current, "averageValue") ?? unknownUnless(current)}/${average ?? "0"}`;
  if (average !== undefined) {
    const now = shown(current, "averageValue") ?? "<unknown>";
    return named === "" ? `${now}/${average} (avg)` : `${named}${now}/${average}`;
  }
  if (named === "") return `${shown(current, "value") ?? unknownUnless(current)}/${shown(target, "value") ?? "0"}`;
  const used = shown(current, "averageUtilization");
  const wanted = shown(target, "averageUtilization");
  return `${named}${used === undefined ? "<unknown>" : `${used}%`}/${wanted === undefined ? "<auto>" : `${wanted}%`}`;
}

function unknownUnless(current: JsonValue | undefined): string {
  return current === undefined ? "<unknown>" : "<nil>";
}
