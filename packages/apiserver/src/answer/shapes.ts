import { apiVersionOf, asJson, type KubeObject } from "@lateen/objects";
import type { JsonObject } from "@lateen/base";
import type { ResourceRequest } from "../request/context.ts";
import { statusError } from "../status/errors.ts";
import type { Answer } from "./answer.ts";

/** metadata of a list (meta/v1). */
export interface ListMeta {
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** One object in the shape that the client asked for. */
export function objectAnswer(request: ResourceRequest, object: KubeObject, status: number): Answer {
  return { kind: "object", status, object: shapeObject(request, object) };
}

export function shapeObject(request: ResourceRequest, object: KubeObject): JsonObject {
  const { as } = request.form;
  if (as === undefined) return asJson(object);
  switch (as.kind) {
    case "PartialObjectMetadata":
      return partialMetadata(object, as.version);
    default:
      throw notAcceptable();
  }
}

export function listAnswer(
  request: ResourceRequest,
  { meta, objects }: { readonly meta: ListMeta; readonly objects: readonly KubeObject[] },
): Answer {
  const { as } = request.form;
  if (as?.kind === "PartialObjectMetadataList") {
    const items = objects.map((object) => partialMetadata(object, as.version));
    return {
      kind: "object",
      status: 200,
      object: {
        kind: "PartialObjectMetadataList",
        apiVersion: `meta.k8s.io/${as.version}`,
        metadata: meta as unknown as JsonObject,
        items: items.length === 0 ? null : items,
      },
    };
  }
  throw notAcceptable();
}

export function partialMetadata(object: KubeObject, version: string): JsonObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: apiVersionOf({ group: "meta.k8s.io", version }),
    metadata: object.metadata as unknown as JsonObject,
  };
}

function notAcceptable(): Error {
  return statusError(
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}
