import type { KubeObject } from "@lateen/objects";
import { decodeStored } from "../../object/stored-form.ts";
import type { Store } from "../../store/store.ts";

const plurals = [
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
  "mutatingwebhookconfigurations",
  "validatingwebhookconfigurations",
] as const;

export type ConfigurationPlural = (typeof plurals)[number];

/** The policies and webhooks in the store, followed: a write counts for the next request. Sorted by name. */
export class FollowedConfigurations {
  readonly #objects = new Map<ConfigurationPlural, Map<string, KubeObject>>();
  readonly #sorted = new Map<ConfigurationPlural, readonly KubeObject[]>();
  readonly #ends: (() => void)[] = [];

  constructor(store: Store) {
    for (const plural of plurals) {
      const prefix = `/registry/admissionregistration.k8s.io/${plural}/`;
      const objects = new Map<string, KubeObject>();
      this.#objects.set(plural, objects);
      const { entries, revision } = store.range(prefix);
      for (const entry of entries) objects.set(entry.key, decodeStored(entry));
      this.#ends.push(
        store.subscribe(prefix, revision, (event) => {
          if (event.kind === "progress") return;
          if (event.kind === "put") objects.set(event.key, decodeStored(event));
          else objects.delete(event.key);
          this.#sorted.delete(plural);
        }),
      );
    }
  }

  all(plural: ConfigurationPlural): readonly KubeObject[] {
    let sorted = this.#sorted.get(plural);
    if (sorted === undefined) {
      const objects = [...this.#objects.get(plural)!.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));
      this.#sorted.set(plural, (sorted = objects.map(([, object]) => object)));
    }
    return sorted;
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}
