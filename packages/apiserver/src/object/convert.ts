import { apiVersionOf, asJson, type KubeObject, type RuleCompiler } from "@lateen/objects";
import { convertKind } from "./convert-builtin.ts";
import { throughStorageSchema } from "../crd/custom-objects.ts";
import type { CustomVersion } from "../crd/custom-kind.ts";
import { internalError } from "../status/errors.ts";
import type { Resource } from "../registry/resource.ts";

/**
 * A stored object in the version of `resource`. Custom resources of another schema than the present one pass through the
 * storage version's pruning and defaults again, as kube-apiserver does on every read.
 */
export function convertObject(resource: Resource, stored: KubeObject, tag: string, rules: RuleCompiler): KubeObject {
  const apiVersion = apiVersionOf(resource.kind);
  const { custom } = resource;
  if (custom !== undefined) {
    const current = tag === custom.tag ? stored : asObject(throughStorageSchema(custom, asJson(stored), rules));
    if (current.apiVersion !== apiVersion) checkConvertible(custom);
    return current.apiVersion === apiVersion ? current : { ...current, apiVersion, kind: resource.kind.kind };
  }
  if (stored.apiVersion === apiVersion && stored.kind === resource.kind.kind) return stored;
  return convertKind(stored, resource.kind);
}

/** The object in the version that the store keeps. */
export function toStoredVersion(resource: Resource, object: KubeObject, rules: RuleCompiler): KubeObject {
  const { kind, custom } = resource;
  if (custom !== undefined) {
    if (custom.storage) return object;
    checkConvertible(custom);
    const apiVersion = apiVersionOf({ group: kind.group, version: custom.storageVersion });
    return asObject(throughStorageSchema(custom, asJson({ ...object, apiVersion }), rules));
  }
  const target = storedKind(resource);
  return target === undefined ? object : convertKind(object, target);
}

/** A version that only a webhook can make is refused, never served as something else. */
function checkConvertible({ webhookConversion, definition }: CustomVersion): void {
  if (!webhookConversion) return;
  throw internalError(`conversion webhook for ${definition} failed: this server does not call conversion webhooks`);
}

function storedKind({ kind, strategy }: Resource): { group: string; version: string; kind: string } | undefined {
  if (strategy.storageGroup !== undefined) return { group: "", version: "v1", kind: kind.kind };
  if (kind.storageVersion === undefined) return undefined;
  return { group: kind.group, version: kind.storageVersion, kind: kind.kind };
}

function asObject(value: ReturnType<typeof asJson>): KubeObject {
  return value as unknown as KubeObject;
}
