import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { objectsOf, specOf, statusOf, withSpec, withStatusPart } from "../kinds/edit.ts";
import type { ResourceRequest } from "../request/context.ts";

/** Of an update through a subresource only its own part counts; everything else stays as it is. */
export function keepOtherPart(request: ResourceRequest, live: KubeObject, next: KubeObject): KubeObject {
  switch (request.subresource) {
    case undefined:
      return request.resource.strategy.statusSubresource
        ? withStatus(next, live["status"] as JsonValue | undefined)
        : next;
    case "status":
      return withStatus(
        { ...live, metadata: statusMetadata(request, live, next) },
        keptStatus(request, live, next["status"] as JsonValue | undefined),
      );
    case "ephemeralcontainers":
      return tracked(withSpec(live, { ephemeralContainers: specOf(next).ephemeralContainers }), next);
    case "resize":
      return tracked(withResources(live, next), next);
    case "approval":
      return tracked(withStatusPart(live, { conditions: statusOf(next).conditions }), next);
    case "finalize":
      return tracked(withSpec(live, { finalizers: specOf(next).finalizers }), next);
    default:
      return next;
  }
}

function tracked(object: KubeObject, next: KubeObject): KubeObject {
  const { managedFields, resourceVersion } = next.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(managedFields && { managedFields }),
      ...(resourceVersion && { resourceVersion }),
    },
  };
}

/** Labels and annotations of most built-in kinds may be changed along with their status; those of custom resources not. */
function statusMetadata(request: ResourceRequest, live: KubeObject, next: KubeObject): KubeObject["metadata"] {
  if (request.resource.custom !== undefined) {
    return { ...live.metadata, ...(next.metadata.managedFields && { managedFields: next.metadata.managedFields }) };
  }
  const { ownerReferences, finalizers, ...metadata } = next.metadata;
  return {
    ...metadata,
    ...(live.metadata.ownerReferences && { ownerReferences: live.metadata.ownerReferences }),
    ...(request.resource.strategy.statusKeepsFinalizers
      ? live.metadata.finalizers && { finalizers: live.metadata.finalizers }
      : finalizers && { finalizers }),
    ...(ownerReferences && !live.metadata.ownerReferences && {}),
  };
}

function withStatus(object: KubeObject, status: JsonValue | undefined): KubeObject {
  const { status: _, ...rest } = object as KubeObject & { readonly status?: unknown };
  return (status === undefined ? rest : { ...rest, status }) as KubeObject;
}

/** A pod's quality of service is never unset. */
function keptStatus(
  { resource }: ResourceRequest,
  live: KubeObject,
  status: JsonValue | undefined,
): JsonValue | undefined {
  if (resource.kind.kind !== "Pod" || resource.kind.group !== "" || !isJsonObject(status)) return status;
  const { qosClass } = statusOf(live);
  return status.qosClass === undefined && qosClass !== undefined ? { ...status, qosClass } : status;
}

/** A resize changes what containers ask for, by their names. */
function withResources(live: KubeObject, next: KubeObject): KubeObject {
  const resize = (member: "containers" | "initContainers"): readonly JsonObject[] => {
    const wanted = new Map(objectsOf(specOf(next)[member]).map((container) => [container.name, container]));
    return objectsOf(specOf(live)[member]).map((container) => {
      const asked = wanted.get(container.name);
      return asked === undefined
        ? container
        : {
            ...container,
            resources: asked.resources,
            ...(asked.resizePolicy !== undefined && { resizePolicy: asked.resizePolicy }),
          };
    });
  };
  const init = objectsOf(specOf(live).initContainers).length > 0 ? { initContainers: resize("initContainers") } : {};
  return withSpec(live, { containers: resize("containers"), ...init });
}
