/** What is to be done about one object, from the state of its owners and dependents: pure (pkg/controller/garbagecollector). */
import type { OwnerReference } from "@lateen/objects";
import type { GraphObject } from "./ownership-graph.ts";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

/** `solid`: lives. `dangling`: is gone. `waiting`: is being deleted in the foreground and waits for this object. */
export interface JudgedOwners {
  readonly solid: readonly OwnerReference[];
  readonly dangling: readonly OwnerReference[];
  readonly waiting: readonly OwnerReference[];
}

export type CollectionStep =
  | { readonly kind: "keep" }
  /** Drop the references to these owners. */
  | { readonly kind: "release"; readonly owners: readonly OwnerReference[] }
  | { readonly kind: "delete"; readonly policy: "Background" | "Foreground" | "Orphan" };

export function planCollection(
  object: GraphObject,
  owners: JudgedOwners,
  dependents: readonly GraphObject[],
): CollectionStep {
  if (object.deleting || object.owners.length === 0) return { kind: "keep" };
  const leaving = [...owners.dangling, ...owners.waiting];
  if (leaving.length === 0) return { kind: "keep" };
  if (owners.solid.length > 0) return { kind: "release", owners: leaving };
  if (owners.waiting.length > 0 && dependents.length > 0) return { kind: "delete", policy: "Foreground" };
  if (object.finalizers.includes(orphanFinalizer)) return { kind: "delete", policy: "Orphan" };
  return { kind: "delete", policy: object.finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background" };
}

/** Whether `owner` may not go before `dependent`. */
export function blocks(dependent: GraphObject, owner: GraphObject): boolean {
  return dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true);
}
