/**
 * How many replicas each ReplicaSet of a Deployment should have next: pure arithmetic over what is observed, following the
 * deployment controller (k8s.io/kubernetes pkg/controller/deployment: rolling.go, sync.go, util/deployment_util.go).
 */
import type { Deployment, IntOrString, ReplicaSet } from "../api/workloads.ts";

export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";

export interface Scale {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

export interface RolloutLimits {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** `25%` of a number of replicas, rounded as asked; plain numbers stay. Bad text counts as 0. */
export function resolveIntOrPercent(value: IntOrString | undefined, total: number, rounding: "up" | "down"): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value ?? "")?.[1];
  if (percent === undefined) return 0;
  const exact = (Number(percent) * total) / 100;
  return rounding === "up" ? Math.ceil(exact) : Math.floor(exact);
}

export function rolloutLimits(deployment: Deployment): RolloutLimits {
  const replicas = deployment.spec?.replicas ?? 1;
  if (deployment.spec?.strategy?.type === "Recreate") return { replicas, maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge, replicas, "up");
  const unavailable = resolveIntOrPercent(maxUnavailable, replicas, "down");
  // Both zero would never move.
  return {
    replicas,
    maxSurge: surge,
    maxUnavailable: Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable),
  };
}

export const replicasOf = (set: ReplicaSet): number => set.spec?.replicas ?? 1;
const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + of(set), 0);
const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;

/** Size of a new ReplicaSet, given what the others hold. */
export function newSetReplicas(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  sets: readonly ReplicaSet[],
): number {
  const { replicas, maxSurge } = rolloutLimits(deployment);
  if (deployment.spec?.strategy?.type === "Recreate") return replicas;
  const current = newSet === undefined ? 0 : replicasOf(newSet);
  const total = sum(sets, replicasOf);
  if (total >= replicas + maxSurge) return current;
  return current + Math.min(replicas + maxSurge - total, replicas - current);
}

/** The next step of a rolling update: first the new set grows, then the old ones shrink by what availability allows. */
export function planRollingUpdate(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): readonly Scale[] {
  const { replicas } = rolloutLimits(deployment);
  const current = replicasOf(newSet);
  if (current > replicas) return [{ set: newSet, replicas }];
  const grown = newSetReplicas(deployment, newSet, [newSet, ...oldSets]);
  if (grown > current) return [{ set: newSet, replicas: grown }];
  return planShrink(deployment, newSet, oldSets);
}

function planShrink(deployment: Deployment, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): readonly Scale[] {
  const { replicas, maxUnavailable } = rolloutLimits(deployment);
  if (sum(oldSets, replicasOf) === 0) return [];
  const minAvailable = replicas - maxUnavailable;
  const newUnavailable = replicasOf(newSet) - available(newSet);
  let mayLeave = sum([newSet, ...oldSets], replicasOf) - minAvailable - newUnavailable;
  if (mayLeave <= 0) return [];

  const sizes = new Map<ReplicaSet, number>();
  // Pods that serve nobody go first.
  for (const set of byAge(oldSets)) {
    const unhealthy = replicasOf(set) - available(set);
    const leaving = Math.min(mayLeave, Math.max(0, unhealthy));
    if (leaving > 0) sizes.set(set, replicasOf(set) - leaving);
    mayLeave -= leaving;
  }
  let surplus = sum([newSet, ...oldSets], available) - minAvailable;
  for (const set of byAge(oldSets)) {
    const size = sizes.get(set) ?? replicasOf(set);
    const leaving = Math.min(size, Math.max(0, surplus));
    if (leaving > 0) sizes.set(set, size - leaving);
    surplus -= leaving;
  }
  return [...sizes].map(([set, size]) => ({ set, replicas: size }));
}

/** Oldest first, then by name. */
export function byAge(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const born = (set: ReplicaSet): number => Date.parse(set.metadata.creationTimestamp ?? "") || 0;
  return sets.toSorted((a, b) => born(a) - born(b) || (a.metadata.name ?? "").localeCompare(b.metadata.name ?? ""));
}

/**
 * When the Deployment's own size changes in the middle of a rollout (or while paused), each set keeps its share: the
 * difference is divided by size, larger sets first, leftovers to the first.
 */
export function planProportionalScaling(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): readonly Scale[] {
  const { replicas, maxSurge } = rolloutLimits(deployment);
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  const active = all.filter((set) => replicasOf(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? byAge(all).at(-1);
    return only === undefined || replicasOf(only) === replicas ? [] : [{ set: only, replicas }];
  }
  if (newSet !== undefined && replicasOf(newSet) === replicas && available(newSet) === replicas) {
    return oldSets.filter((set) => replicasOf(set) > 0).map((set) => ({ set, replicas: 0 }));
  }
  if (deployment.spec?.strategy?.type === "Recreate") return [];
  const total = sum(active, replicasOf);
  const allowed = replicas > 0 ? replicas + maxSurge : 0;
  const difference = allowed - total;
  const ordered = active.toSorted(
    (a, b) => replicasOf(b) - replicasOf(a) || (difference > 0 ? -1 : 1) * (bornAt(a) - bornAt(b)),
  );
  const sizes = new Map<ReplicaSet, number>();
  let given = 0;
  for (const set of ordered) {
    const share = difference === 0 ? 0 : shareOf(set, { replicas, maxSurge, difference, given });
    given += share;
    sizes.set(set, replicasOf(set) + share);
  }
  const first = ordered[0]!;
  sizes.set(first, Math.max(0, sizes.get(first)! + difference - given));
  return [...sizes].filter(([set, size]) => size !== replicasOf(set)).map(([set, size]) => ({ set, replicas: size }));
}

const bornAt = (set: ReplicaSet): number => Date.parse(set.metadata.creationTimestamp ?? "") || 0;

function shareOf(
  set: ReplicaSet,
  {
    replicas,
    maxSurge,
    difference,
    given,
  }: { readonly replicas: number; readonly maxSurge: number; readonly difference: number; readonly given: number },
): number {
  const before = Number(set.metadata.annotations?.[maxReplicasAnnotation]) || replicas + maxSurge;
  const share = Math.round((replicasOf(set) * (replicas + maxSurge)) / before) - replicasOf(set);
  const left = difference - given;
  return difference > 0 ? Math.min(Math.max(share, 0), left) : Math.max(Math.min(share, 0), left);
}

/** Whether the Deployment's size differs from the one that its active sets were scaled for. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  const replicas = deployment.spec?.replicas ?? 1;
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[desiredReplicasAnnotation];
    return replicasOf(set) > 0 && desired !== undefined && Number(desired) !== replicas;
  });
}
