/** Who owns whom, by UID: pure bookkeeping over what the watches bring. */
import type { KubeObject, OwnerReference } from "@lateen/objects";

export interface GraphObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly owners: readonly OwnerReference[];
  readonly finalizers: readonly string[];
  readonly deleting: boolean;
}

export function graphObjectOf({ apiVersion, kind, metadata }: KubeObject): GraphObject {
  return {
    apiVersion,
    kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    owners: metadata.ownerReferences ?? [],
    finalizers: metadata.finalizers ?? [],
    deleting: metadata.deletionTimestamp !== undefined,
  };
}

/** Gone owners that are remembered, so that their dependents need no question each. */
const rememberedGone = 10_000;

export class OwnershipGraph {
  readonly #objects = new Map<string, GraphObject>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #gone = new Set<string>();

  get(uid: string): GraphObject | undefined {
    return this.#objects.get(uid);
  }

  /** Whether an object of this UID is known to be gone. UIDs are never used again. */
  isGone(uid: string): boolean {
    return this.#gone.has(uid);
  }

  dependentsOf(uid: string): readonly GraphObject[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#objects.get(dependent) ?? []);
  }

  /** Takes an object in. */
  set(object: GraphObject): void {
    const previous = this.#objects.get(object.uid);
    for (const { uid } of previous?.owners ?? []) this.#dependents.get(uid)?.delete(object.uid);
    this.#objects.set(object.uid, object);
    for (const { uid } of object.owners) {
      const dependents = this.#dependents.get(uid) ?? new Set<string>();
      dependents.add(object.uid);
      this.#dependents.set(uid, dependents);
    }
  }

  delete(uid: string): void {
    const object = this.#objects.get(uid);
    this.#objects.delete(uid);
    for (const owner of object?.owners ?? []) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
    this.markGone(uid);
  }

  markGone(uid: string): void {
    if (this.#gone.size >= rememberedGone) this.#gone.delete(this.#gone.values().next().value ?? "");
    this.#gone.add(uid);
  }
}
