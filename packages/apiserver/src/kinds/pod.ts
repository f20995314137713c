import type { JsonObject } from "@lateen/base";
import { compareQuantities, type KubeObject, parseQuantity } from "@lateen/objects";
import type { KindBehaviour } from "./kind-behaviour.ts";
import { listOf, objectsOf, specOf, withStatusPart } from "./edit.ts";
import { timestamp } from "../write/metadata.ts";

export const podBehaviour: KindBehaviour = {
  prepareCreate(request, object) {
    const gated = listOf(specOf(object).schedulingGates).length > 0;
    const message = "Scheduling is blocked due to non-empty scheduling gates";
    return withStatusPart(object, {
      phase: "Pending",
      ...(gated && {
        conditions: [
          {
            type: "PodScheduled",
            status: "False",
            reason: "SchedulingGated",
            message,
            lastProbeTime: null,
            lastTransitionTime: timestamp(request.core),
          },
        ],
      }),
      qosClass: qosClassOf(object),
    });
  },
};

const counted = new Set(["cpu", "memory"]);

/** Guaranteed when every container limits and requests the same, BestEffort when none asks for anything (qos.go). */
export function qosClassOf(pod: KubeObject): "Guaranteed" | "Burstable" | "BestEffort" {
  const spec = specOf(pod);
  const own = spec.resources as JsonObject | undefined;
  const podLevel = own !== undefined && (hasCounted(own.requests) || hasCounted(own.limits));
  const holders: readonly JsonObject[] = podLevel
    ? [{ resources: own }]
    : [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)];
  let asks = false;
  let guaranteed = holders.length > 0;
  for (const { resources } of holders) {
    const { requests, limits } = (resources ?? {}) as { readonly requests?: JsonObject; readonly limits?: JsonObject };
    if (hasCounted(requests) || hasCounted(limits)) asks = true;
    for (const name of counted) {
      const limit = quantityOf(limits, name);
      const request = quantityOf(requests, name) ?? limit;
      if (limit === undefined || request === undefined || compareQuantities(limit, request) !== 0) guaranteed = false;
    }
  }
  if (!asks) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

function hasCounted(list: unknown): boolean {
  return [...counted].some((name) => quantityOf(list as JsonObject | undefined, name) !== undefined);
}

function quantityOf(list: JsonObject | undefined, name: string) {
  const value = list?.[name];
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const quantity = parseQuantity(String(value));
  return compareQuantities(quantity, parseQuantity("0")) > 0 ? quantity : undefined;
}
