import { apiVersionOf, asJson, type KubeObject } from "@lateen/objects";
import { convertKind } from "./convert-builtin.ts";
import { pruneCustom, throughStorageSchema, throughStoredSchema } from "../crd/custom-objects.ts";
import type { Converter } from "./converter.ts";
import type { Resource } from "../registry/resource.ts";

/**
 * A stored object in the version of `resource`. Custom resources of another schema than the present one pass through the
 * storage version's pruning and defaults again, as kube-apiserver does on every read. Where a webhook converts, `converter`
 * must know its answer: the call stands in a `settle`.
 */
export function convertObject(
  resource: Resource,
  stored: KubeObject,
  { tag, converter }: { readonly tag: string; readonly converter: Converter },
): KubeObject {
  const apiVersion = apiVersionOf(resource.kind);
  const { custom } = resource;
  if (custom !== undefined) {
    const current =
      tag === custom.tag ? stored : asObject(throughStoredSchema(custom, asJson(stored), converter.rules));
    if (current.apiVersion === apiVersion) return current;
    if (custom.conversion === undefined) return { ...current, apiVersion, kind: resource.kind.kind };
    const converted = asJson(converter.byWebhook(custom, current, apiVersion));
    return asObject(pruneCustom(resource, converted, converter.rules).object);
  }
  if (stored.apiVersion === apiVersion && stored.kind === resource.kind.kind) return stored;
  return convertKind(stored, resource.kind);
}

/** The object in the version that the store keeps. */
export function toStoredVersion(resource: Resource, object: KubeObject, converter: Converter): KubeObject {
  const { kind, custom } = resource;
  if (custom !== undefined) {
    if (custom.storage) return object;
    const apiVersion = apiVersionOf({ group: kind.group, version: custom.storageVersion });
    const stored =
      custom.conversion === undefined ? { ...object, apiVersion } : converter.byWebhook(custom, object, apiVersion);
    return asObject(throughStorageSchema(custom, asJson(stored), converter.rules));
  }
  const target = storedKind(resource);
  return target === undefined ? object : convertKind(object, target);
}

function storedKind({ kind, strategy }: Resource): { group: string; version: string; kind: string } | undefined {
  if (strategy.storageGroup !== undefined) return { group: "", version: "v1", kind: kind.kind };
  if (kind.storageVersion === undefined) return undefined;
  return { group: kind.group, version: kind.storageVersion, kind: kind.kind };
}

function asObject(value: ReturnType<typeof asJson>): KubeObject {
  return value as unknown as KubeObject;
}
