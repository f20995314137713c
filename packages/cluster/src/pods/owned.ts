/** The members of workloads by their controller: found without looking at every object of a namespace. */
import type { Environment } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import { controllerOf } from "./pod-state.ts";

const index = "controller";

const orphansOf = (namespace: string | undefined): string => `orphans of ${namespace ?? ""}`;

/** To be called once for each kind whose objects are looked up by `candidatesOf` or `ownedBy`. */
export function indexOwners(
  { cache }: Environment,
  kind: { readonly apiVersion: string; readonly kind: string },
): void {
  cache.addIndex(kind, index, (object) => [controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace)]);
}

/** What an owner controls, and what nobody does in its namespace. */
export function candidatesOf<T extends KubeObject>(
  { cache }: Environment,
  kind: { readonly apiVersion: string; readonly kind: string },
  owner: KubeObject,
): readonly T[] {
  const orphans = cache.byIndex<T>(kind, index, orphansOf(owner.metadata.namespace));
  const owned = ownedBy<T>({ cache }, kind, owner);
  return orphans.length === 0 ? owned : [...owned, ...orphans];
}

export function ownedBy<T extends KubeObject>(
  { cache }: Pick<Environment, "cache">,
  kind: { readonly apiVersion: string; readonly kind: string },
  owner: KubeObject,
): readonly T[] {
  return cache.byIndex<T>(kind, index, owner.metadata.uid ?? "");
}
