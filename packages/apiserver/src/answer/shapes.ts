import { isJsonObject, type JsonObject } from "@lateen/base";
import { apiVersionOf, asJson, type KubeObject } from "@lateen/objects";
import { type CustomColumn, tableOf, type TableOptions } from "@lateen/objects/kinds";
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
    case "Table": {
      const { resourceVersion } = object.metadata;
      return table(request, [object], resourceVersion === undefined ? {} : { resourceVersion });
    }
    default:
      throw notAcceptable();
  }
}

export function listAnswer(
  request: ResourceRequest,
  { meta, objects }: { readonly meta: ListMeta; readonly objects: readonly KubeObject[] },
): Answer {
  const { as } = request.form;
  const { kind, custom } = { kind: request.resource.kind, custom: request.resource.custom };
  switch (as?.kind) {
    case undefined: {
      const items = objects.map((object) => (custom === undefined ? withoutKind(object) : asJson(object)));
      return {
        kind: "object",
        status: 200,
        object: {
          kind: kind.listKind,
          apiVersion: apiVersionOf(kind),
          metadata: (custom === undefined ? meta : { ...meta, continue: meta.continue ?? "" }) as JsonObject,
          items,
        },
      };
    }
    case "PartialObjectMetadataList": {
      const items = objects.map((object) => partialMetadata(object, as!.version));
      return {
        kind: "object",
        status: 200,
        object: {
          kind: "PartialObjectMetadataList",
          apiVersion: `meta.k8s.io/${as!.version}`,
          metadata: meta as JsonObject,
          items: items.length === 0 ? null : items,
        },
      };
    }
    case "Table":
      return { kind: "object", status: 200, object: table(request, objects, meta) };
    default:
      throw notAcceptable();
  }
}

function withoutKind(object: KubeObject): JsonObject {
  const { apiVersion: _, kind: __, ...rest } = asJson(object);
  return rest;
}

function table(request: ResourceRequest, objects: readonly KubeObject[], meta: ListMeta): JsonObject {
  const { resource, form } = request;
  const version = form.as?.version ?? "v1";
  const made = tableOf(resource.kind, objects.map(asJson), tableOptions(request));
  return {
    ...made,
    apiVersion: `meta.k8s.io/${version}`,
    metadata: meta as JsonObject,
    rows: (made.rows as readonly JsonObject[]).map((row) => shownRow(request, row, version)),
  };
}

/** A row as this version and kind show it. */
export function shownRow({ resource }: ResourceRequest, row: JsonObject, version: string): JsonObject {
  const { object } = row;
  if (!isJsonObject(object) || object.kind !== "PartialObjectMetadata") return row;
  const metadata = shownMetadata(resource.kind.kind, object.metadata as JsonObject);
  return { ...row, object: { ...object, apiVersion: `meta.k8s.io/${version}`, metadata } };
}

const templateGeneration = "deprecated.daemonset.template.generation";

/** Of a DaemonSet's metadata the annotation that only the v1 form of the object carries is left out. */
function shownMetadata(kind: string, metadata: JsonObject): JsonObject {
  const annotations = metadata.annotations;
  if (kind !== "DaemonSet" || !isJsonObject(annotations)) return metadata;
  const { [templateGeneration]: _, ...others } = annotations;
  const { annotations: __, ...rest } = metadata;
  return Object.keys(others).length === 0 ? rest : { ...rest, annotations: others };
}

/** How the request wants its table. */
export function tableOptions({ core, resource, query }: ResourceRequest): TableOptions {
  const include = query.get("includeObject");
  return {
    now: core.clock.now(),
    customColumns: resource.custom?.columns as unknown as readonly CustomColumn[] | undefined,
    includeObject: include === "None" || include === "Object" ? include : "Metadata",
  };
}

export function partialMetadata(object: KubeObject, version: string): JsonObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: apiVersionOf({ group: "meta.k8s.io", version }),
    metadata: shownMetadata(object.kind, object.metadata as unknown as JsonObject),
  };
}

function notAcceptable(): Error {
  return statusError(
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}
