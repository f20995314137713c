/** The history of a Deployment: which ReplicaSet is the newest, which number it has, which old ones may go. */
import { type JsonValue, jsonEquals } from "@lateen/base";
import type { Deployment, ReplicaSet } from "../api/workloads.ts";
import { byAge, replicasOf } from "./rollout.ts";
import { withoutHash } from "./template-hash.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";

/** Annotations of the Deployment that are its own business and not its ReplicaSets'. */
const ownAnnotations: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistoryAnnotation,
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.deployment.rollback.to",
]);

/** The set made from the Deployment's present template; the oldest where there are several. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = withoutHash(deployment.spec?.template) as unknown as JsonValue;
  return byAge(sets).find((set) => sameTemplate(withoutHash(set.spec?.template) as unknown as JsonValue, wanted));
}

/** Equal but for what an empty map or a missing one says alike. */
function sameTemplate(left: JsonValue, right: JsonValue): boolean {
  return jsonEquals(prunedMetadata(left), prunedMetadata(right));
}

function prunedMetadata(template: JsonValue): JsonValue {
  const { metadata, ...rest } = template as { readonly metadata?: Readonly<Record<string, JsonValue>> };
  const kept = Object.entries(metadata ?? {}).filter(
    ([key, value]) =>
      key !== "creationTimestamp" && !(typeof value === "object" && value !== null && Object.keys(value).length === 0),
  );
  return { ...(rest as Record<string, JsonValue>), metadata: Object.fromEntries(kept) };
}

export function revisionOf(object: {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}): number {
  const revision = Number(object.metadata.annotations?.[revisionAnnotation]);
  return Number.isSafeInteger(revision) ? revision : 0;
}

export function nextRevision(oldSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...oldSets.map(revisionOf)) + 1;
}

/** What the Deployment's annotations say on its ReplicaSet. */
export function inheritedAnnotations(deployment: Deployment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key)),
  );
}

/** The annotations that the new set should have when its revision becomes `revision` (never lower than it has). */
export function revisionAnnotations(set: ReplicaSet, revision: number): Readonly<Record<string, string>> {
  const current = revisionOf(set);
  if (current >= revision) return {};
  const history = set.metadata.annotations?.[revisionHistoryAnnotation];
  return {
    [revisionAnnotation]: String(revision),
    ...(current > 0 && {
      [revisionHistoryAnnotation]: history === undefined ? String(current) : `${history},${current}`,
    }),
  };
}

/** Empty old sets beyond the history limit, oldest revisions first. */
export function surplusHistory(deployment: Deployment, oldSets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const alive = oldSets.filter((set) => set.metadata.deletionTimestamp === undefined);
  const surplus = alive.length - limit;
  if (surplus <= 0) return [];
  return alive
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, surplus)
    .filter(
      (set) =>
        replicasOf(set) === 0 &&
        (set.status?.replicas ?? 0) === 0 &&
        set.metadata.generation === (set.status?.observedGeneration ?? set.metadata.generation),
    );
}
