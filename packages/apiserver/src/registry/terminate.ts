import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { timestamp } from "../write/metadata.ts";

/** A namespace stays while its own finalizers do: its controller deletes the content first. */
export function terminateNamespace(live: KubeObject): KubeObject | undefined {
  const finalizers = valueAt(live, "spec", "finalizers");
  if (!Array.isArray(finalizers) || finalizers.length === 0) return undefined;
  const status = (live["status"] ?? {}) as JsonObject;
  return { ...live, status: { ...status, phase: "Terminating" } };
}

export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

/** A definition stays until its objects are gone: deletion itself sets the finalizer that says so. */
export function terminateDefinition(live: KubeObject, request: ResourceRequest): KubeObject {
  const status = (live["status"] ?? {}) as JsonObject;
  const conditions = valueAt(live, "status", "conditions");
  const others = Array.isArray(conditions)
    ? conditions.filter((condition) => isJsonObject(condition) && condition.type !== "Terminating")
    : [];
  const terminating: JsonObject = {
    type: "Terminating",
    status: "True",
    lastTransitionTime: timestamp(request.core),
    reason: "InstanceDeletionPending",
    message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
  };
  return {
    ...live,
    metadata: { ...live.metadata, finalizers: [...new Set([...(live.metadata.finalizers ?? []), cleanupFinalizer])] },
    status: { ...status, conditions: [...(others as JsonValue[]), terminating] },
  };
}
