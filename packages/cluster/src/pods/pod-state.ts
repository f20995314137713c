/** What a pod's status says, as the workload controllers ask it (k8s.io/kubernetes pkg/api/v1/pod, controller_utils.go). */
import { conditionOf } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import type { Pod } from "../api/pod.ts";

export function isPodReady(pod: Pod): boolean {
  return conditionOf(pod, "Ready")?.status === "True";
}

/** Ready for at least `minReadySeconds`. `inMs`: when a ready pod will be so, without further changes. */
export function podAvailability(
  pod: Pod,
  minReadySeconds: number,
  nowMs: number,
): { readonly available: boolean; readonly inMs?: number } {
  const ready = conditionOf(pod, "Ready");
  if (ready?.status !== "True") return { available: false };
  if (minReadySeconds === 0) return { available: true };
  if (ready.lastTransitionTime === undefined) return { available: false };
  const leftMs = Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 - nowMs;
  return leftMs <= 0 ? { available: true } : { available: false, inMs: leftMs };
}

export function isPodFinished(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

export function isPodTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Counts towards a workload's replicas: neither finished nor on its way out. */
export function isPodActive(pod: Pod): boolean {
  return !isPodFinished(pod) && !isPodTerminating(pod);
}

export function restartCount(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((most, { restartCount }) => Math.max(most, restartCount), 0);
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return (
    object.metadata.ownerReferences?.some(
      ({ controller, uid }) => controller === true && uid === owner.metadata.uid,
    ) === true
  );
}

export function controllerOf(object: KubeObject) {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/**
 * The order in which surplus pods go, first to last: unassigned before assigned, pending before running, not ready before
 * ready, lower deletion cost, crowded nodes, ready for a shorter time, more restarts, younger (ReplicaSet controller, ActivePodsWithRanks).
 */
export function rankForDeletion(pods: readonly Pod[]): readonly Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec?.nodeName ?? "";
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const rank = (pod: Pod): readonly number[] => {
    const ready = conditionOf(pod, "Ready");
    const cost = Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0);
    return [
      pod.spec?.nodeName === undefined ? 0 : 1,
      ["Pending", "Unknown", "Running"].indexOf(pod.status?.phase ?? "Pending"),
      ready?.status === "True" ? 1 : 0,
      Number.isFinite(cost) ? cost : 0,
      -(perNode.get(pod.spec?.nodeName ?? "") ?? 0),
      -ageRank(ready?.status === "True" ? ready.lastTransitionTime : undefined),
      -restartCount(pod),
      -ageRank(pod.metadata.creationTimestamp ?? undefined),
    ];
  };
  const ranked = pods.map((pod) => ({ pod, rank: rank(pod) }));
  return ranked.toSorted((a, b) => compareRanks(a.rank, b.rank)).map(({ pod }) => pod);
}

/** Seconds since the epoch, coarse on purpose: pods made within a second are alike. */
function ageRank(timestamp: string | undefined): number {
  return timestamp === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(Date.parse(timestamp) / 1000);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
