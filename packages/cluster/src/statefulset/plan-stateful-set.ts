/** What a StatefulSet's pods need next: pure (pkg/controller/statefulset/stateful_set_control.go). */
import type { Pod } from "../api/pod.ts";
import type { StatefulSet } from "../api/workloads.ts";
import { isPodFinished, isPodReady, isPodTerminating, podAvailability } from "../pods/pod-state.ts";
import { revisionHashLabel } from "../revisions/controller-revisions.ts";

export type StatefulSetAction =
  | { readonly kind: "create"; readonly ordinal: number; readonly revision: "current" | "update" }
  | { readonly kind: "delete"; readonly pod: Pod };

export interface StatefulSetFacts {
  readonly pods: readonly Pod[];
  /** Hashes of the revisions. */
  readonly currentHash: string;
  readonly updateHash: string;
  readonly nowMs: number;
}

/** The number at the end of the pod's name, if the name is one of the set's. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const rest = metadata.name?.startsWith(prefix) === true ? metadata.name.slice(prefix.length) : "";
  return /^(0|[1-9]\d*)$/.test(rest) ? Number(rest) : undefined;
}

const isHealthy = (pod: Pod, minReadySeconds: number, nowMs: number): boolean =>
  !isPodTerminating(pod) && podAvailability(pod, minReadySeconds, nowMs).available;

const hasRevision = ({ metadata }: Pod, hash: string): boolean => metadata.labels?.[revisionHashLabel] === hash;

/** The next actions; an ordered set gets at most one at a time, and waits for what is not ready. */
export function planStatefulSet(set: StatefulSet, facts: StatefulSetFacts): readonly StatefulSetAction[] {
  const { spec = {} } = set;
  const start = spec.ordinals?.start ?? 0;
  const replicas = spec.replicas ?? 1;
  const ordered = spec.podManagementPolicy !== "Parallel";
  const minReadySeconds = spec.minReadySeconds ?? 0;
  const byOrdinal = new Map(
    facts.pods.flatMap((pod) => {
      const ordinal = ordinalOf(set, pod);
      return ordinal === undefined ? [] : [[ordinal, pod] as const];
    }),
  );
  const actions: StatefulSetAction[] = [];
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) actions.push({ kind: "create", ordinal, revision: revisionFor(set, ordinal) });
    else if (isPodFinished(pod) && !isPodTerminating(pod)) actions.push({ kind: "delete", pod });
    const settled = pod !== undefined && isHealthy(pod, minReadySeconds, facts.nowMs);
    if (ordered && !settled) return actions;
  }
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal < start || ordinal >= start + replicas)
    .toSorted(([a], [b]) => b - a);
  for (const [, pod] of condemned) {
    if (!isPodTerminating(pod)) actions.push({ kind: "delete", pod });
    if (ordered) return actions;
  }
  if (actions.length > 0) return actions;
  return planUpdate(set, byOrdinal, facts);
}

/** Below the partition, and as long as a rollout has not reached it, a pod keeps the current revision. */
function revisionFor({ spec = {}, status = {} }: StatefulSet, ordinal: number): "current" | "update" {
  const start = spec.ordinals?.start ?? 0;
  const { partition } = spec.updateStrategy?.rollingUpdate ?? {};
  if (spec.updateStrategy?.type === "OnDelete") return "update";
  const limit = partition === undefined || partition === 0 ? (status.currentReplicas ?? 0) : partition;
  return ordinal < start + limit ? "current" : "update";
}

/** From the last pod to the partition, one after the other: what has another revision goes, and is made anew. */
function planUpdate(
  set: StatefulSet,
  byOrdinal: ReadonlyMap<number, Pod>,
  { updateHash, nowMs }: StatefulSetFacts,
): readonly StatefulSetAction[] {
  const { spec = {} } = set;
  if (spec.updateStrategy?.type === "OnDelete") return [];
  const start = spec.ordinals?.start ?? 0;
  const lowest = start + (spec.updateStrategy?.rollingUpdate?.partition ?? 0);
  for (let ordinal = start + (spec.replicas ?? 1) - 1; ordinal >= lowest; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return [];
    if (!hasRevision(pod, updateHash)) return isPodTerminating(pod) ? [] : [{ kind: "delete", pod }];
    if (!isHealthy(pod, spec.minReadySeconds ?? 0, nowMs)) return [];
  }
  return [];
}

export interface StatefulSetCounts {
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly currentReplicas: number;
  readonly updatedReplicas: number;
}

export function countReplicas(
  set: StatefulSet,
  { pods, currentHash, updateHash, nowMs }: StatefulSetFacts,
): StatefulSetCounts {
  const made = pods.filter((pod) => !isPodFinished(pod));
  const living = made.filter((pod) => !isPodTerminating(pod));
  return {
    replicas: made.length,
    readyReplicas: made.filter(isPodReady).length,
    availableReplicas: made.filter((pod) => podAvailability(pod, set.spec?.minReadySeconds ?? 0, nowMs).available)
      .length,
    currentReplicas: living.filter((pod) => hasRevision(pod, currentHash)).length,
    updatedReplicas: living.filter((pod) => hasRevision(pod, updateHash)).length,
  };
}
