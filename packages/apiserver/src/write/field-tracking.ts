import type { KubeObject, TypeFacts } from "@lateen/objects";
import { typedForm } from "@lateen/objects/kinds";
import { mergeSchemaOfOpenApi, recordUpdate } from "@lateen/objects";
import { convertObject } from "../object/convert.ts";
import type { ResourceRequest } from "../request/context.ts";
import { timestamp } from "./metadata.ts";
import type { WriteOptions } from "./options.ts";

/** The object with the managed fields that this write makes: what it changed is the writer's. */
export function recordWrite(
  request: ResourceRequest,
  { live, updated }: { readonly live: KubeObject | undefined; readonly updated: KubeObject },
  options: WriteOptions,
): KubeObject {
  if (request.resource.strategy.untracked) return updated;
  const before = live ?? emptyObject(updated, request.resource.kind.type);
  const tracked = recordUpdate({ ...trackingOptions(request), live: before, updated, manager: options.fieldManager });
  return request.subresource === "scale" ? withoutScaleTimes(tracked) : tracked;
}

/** What is owned through a scale carries no time on the object itself. */
function withoutScaleTimes(object: KubeObject): KubeObject {
  const managedFields = object.metadata.managedFields?.map(({ time, ...entry }) =>
    entry.subresource === "scale" || time === undefined ? entry : { time, ...entry },
  );
  return managedFields === undefined ? object : { ...object, metadata: { ...object.metadata, managedFields } };
}

/** What the Go type of a new object holds before anybody sets a field: structs that are always written own nothing. */
function emptyObject({ apiVersion, kind }: KubeObject, type: TypeFacts | undefined): KubeObject | undefined {
  if (type === undefined) return undefined;
  const known = emptyObjects.get(type);
  if (known?.apiVersion === apiVersion && known.kind === kind) return known;
  const made = typedForm({ apiVersion, kind, metadata: {} }, type) as unknown as KubeObject;
  emptyObjects.set(type, made);
  return made;
}

const emptyObjects = new WeakMap<TypeFacts, KubeObject>();

/** What both kinds of bookkeeping, of updates and of applies, are told about a request. */
export function trackingOptions(request: ResourceRequest) {
  const { resource, core, subresource, table } = request;
  const { kind } = resource;
  const typeAt = (version: string) => {
    const other = table.lookup({ group: kind.group, version, plural: kind.plural });
    return other === undefined ? undefined : mergeTypeOf(other);
  };
  return {
    type: mergeTypeOf(resource),
    subresource,
    resetFields: resetFieldsOf(request),
    now: timestamp(core),
    convert: (object: KubeObject, apiVersion: string): KubeObject | undefined => {
      const version = versionOf(apiVersion);
      const other = table.lookup({ group: kind.group, version, plural: kind.plural });
      const tag = other?.custom?.tag ?? "";
      return other === undefined ? undefined : convertObject(other, object, { tag, converter: core.converter });
    },
    typeOf: (apiVersion: string) => typeAt(versionOf(apiVersion)),
  };
}

function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf("/") + 1);
}

function mergeTypeOf(resource: ResourceRequest["resource"]) {
  if (resource.custom === undefined) return resource.kind.type;
  return resource.custom.schema === undefined ? undefined : mergeSchemaOfOpenApi(resource.custom.schema);
}

/** Fields that a request of this kind neither writes nor owns (strategies' GetResetFields). */
function resetFieldsOf({ resource, subresource }: ResourceRequest): readonly string[] {
  if (!resource.strategy.statusSubresource) return [];
  if (subresource === undefined) return ["status"];
  if (subresource !== "status") return [];
  return resource.custom === undefined ? ["spec"] : ["spec", "metadata"];
}
