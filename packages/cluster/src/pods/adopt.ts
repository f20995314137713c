/** Which objects belong to a workload: by owner reference first, and by selector where nobody owns them (ControllerRefManager). */
import { isConflict, isInvalid, isNotFound } from "@lateen/base";
import type { Environment } from "@lateen/controller";
import { type KubeObject, type LabelSelector, matchesLabels } from "@lateen/objects";
import { newerVersion, observe, ownerReferenceTo } from "./pod-control.ts";
import { controllerOf } from "./pod-state.ts";

export interface Claim<T extends KubeObject> {
  readonly mine: readonly T[];
  /** Match and have no controller: to be adopted. */
  readonly orphans: readonly T[];
  /** Ours by reference, but no longer matching: to be let go. */
  readonly strangers: readonly T[];
}

/** Sorts candidates of one namespace. An owner that is being deleted adopts nobody. */
export function claimObjects<T extends KubeObject>(
  owner: KubeObject,
  candidates: readonly T[],
  selector: LabelSelector,
): Claim<T> {
  const mine: T[] = [];
  const orphans: T[] = [];
  const strangers: T[] = [];
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  for (const candidate of candidates) {
    const controller = controllerOf(candidate);
    const matches = matchesLabels(selector, candidate.metadata.labels ?? {});
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches) mine.push(candidate);
      else if (deleting) mine.push(candidate);
      else strangers.push(candidate);
    } else if (matches && !deleting && candidate.metadata.deletionTimestamp === undefined) {
      orphans.push(candidate);
    }
  }
  return { mine, orphans, strangers };
}

/** Adopts orphans and lets strangers go; answers whether anything was written (then decide again with fresh caches). */
export async function settleClaim<T extends KubeObject>(
  environment: Environment,
  owner: KubeObject,
  claim: Claim<T>,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const patches: { readonly object: T; readonly references: readonly object[] }[] = [
    ...claim.orphans.map((object) => ({
      object,
      references: [...(object.metadata.ownerReferences ?? []), ownerReferenceTo(owner)],
    })),
    ...claim.strangers.map((object) => ({
      object,
      references: (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid),
    })),
  ];
  let latest = "";
  for (const { object, references } of patches) {
    const { apiVersion, kind, metadata } = object;
    try {
      const written = await environment.client.patch(
        { apiVersion, kind, namespace: metadata.namespace, name: metadata.name ?? "" },
        {
          kind: "merge",
          value: {
            metadata: {
              uid: metadata.uid ?? null,
              resourceVersion: metadata.resourceVersion ?? null,
              ownerReferences: references as never,
            },
          },
        },
        { signal },
      );
      latest = newerVersion(latest, written.metadata.resourceVersion);
    } catch (error) {
      if (!isNotFound(error) && !isInvalid(error) && !isConflict(error)) throw error;
    }
  }
  const kind = patches[0]?.object;
  if (kind !== undefined) await observe(environment, kind, latest, signal);
  return latest !== "";
}
