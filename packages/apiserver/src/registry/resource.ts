import type { Kind } from "@lateen/objects";
import type { CustomVersion } from "../crd/custom-kind.ts";
import type { GroupResource } from "../status/errors.ts";
import { type Strategy, strategyOf } from "./strategy.ts";

/** One resource in one served version: what a request's path resolves to. */
export interface Resource {
  readonly kind: Kind;
  readonly groupResource: GroupResource;
  /** Set for kinds that a CustomResourceDefinition made. */
  readonly custom: CustomVersion | undefined;
  readonly strategy: Strategy;
  /** Where its objects lie: `/registry/GROUP/PLURAL/`. */
  readonly prefix: string;
}

export function resourceOf(kind: Kind, custom?: CustomVersion): Resource {
  const strategy = strategyOf(kind, custom);
  return {
    kind,
    custom,
    strategy,
    groupResource: { group: kind.group, resource: kind.plural },
    prefix: `/registry/${strategy.storageGroup ?? (kind.group === "" ? "core" : kind.group)}/${kind.plural}/`,
  };
}

/** The key of an object; of a namespace's collection when `name` is "". */
export function keyOf(resource: Resource, namespace: string | undefined, name: string): string {
  return resource.kind.namespaced ? `${resource.prefix}${namespace ?? ""}/${name}` : resource.prefix + name;
}

/** The prefix of a collection: of one namespace, or of all. */
export function collectionPrefix(resource: Resource, namespace: string | undefined): string {
  return resource.kind.namespaced && namespace !== undefined ? `${resource.prefix}${namespace}/` : resource.prefix;
}

/** Namespace and name of a key of this resource. */
export function namesOfKey(
  resource: Resource,
  key: string,
): { readonly namespace: string | undefined; readonly name: string } {
  const rest = key.slice(resource.prefix.length);
  if (!resource.kind.namespaced) return { namespace: undefined, name: rest };
  const slash = rest.indexOf("/");
  return { namespace: rest.slice(0, slash), name: rest.slice(slash + 1) };
}
