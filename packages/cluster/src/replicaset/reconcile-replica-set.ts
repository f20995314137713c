import { errorMessage, isForbidden, isInvalid, jsonEquals } from "@lateen/base";
import {
  type Condition,
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  requestForController,
  withCondition,
} from "@lateen/controller";
import { type KubeObject, labelSelectorOf, matchesLabels } from "@lateen/objects";
import { type Pod, podKind } from "../api/pod.ts";
import { type ReplicaSet, type ReplicaSetStatus, replicaSetKind } from "../api/workloads.ts";
import { claimObjects, settleClaim } from "../pods/adopt.ts";
import { candidatesOf, indexOwners, ownedBy } from "../pods/owned.ts";
import { createPods, deletePods, observe, podFromTemplate } from "../pods/pod-control.ts";
import {
  controllerOf,
  isPodActive,
  isPodReady,
  isPodTerminating,
  podAvailability,
  rankForDeletion,
} from "../pods/pod-state.ts";

/** Pods made or ended in one pass at most (the ReplicaSet controller's burst). */
const burstReplicas = 500;

/** Keeps as many pods of its template as it declares. */
export function createReplicaSetController(environment: Environment): Controller {
  indexOwners(environment, podKind);
  return {
    name: "replicaset",
    sources: [
      { ...replicaSetKind },
      {
        ...podKind,
        map: (pod, previous) => [
          ...requestForController(replicaSetKind)(pod, previous),
          ...(controllerOf(pod) === undefined ? replicaSetsSelecting(environment, pod) : []),
        ],
      },
    ],
    concurrency: 8,
    reconcile: (request, context) => reconcileReplicaSet(environment, request, context),
  };
}

function replicaSetsSelecting({ cache }: Environment, pod: KubeObject): readonly Request[] {
  const namespace = pod.metadata.namespace ?? "";
  return cache
    .list<ReplicaSet>({ ...replicaSetKind, namespace })
    .filter((set) => matchesLabels(labelSelectorOf(set.spec?.selector), pod.metadata.labels ?? {}))
    .map((set) => ({ namespace, name: set.metadata.name ?? "" }));
}

export async function reconcileReplicaSet(
  environment: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache, clock } = environment;
  const set = cache.get<ReplicaSet>({ ...replicaSetKind, namespace, name });
  if (set === undefined) return {};
  const claim = claimObjects(set, candidatesOf<Pod>(environment, podKind, set), labelSelectorOf(set.spec?.selector));
  if (await settleClaim(environment, set, claim, { signal })) return { requeueAfterMs: 1 };

  let failure: { readonly reason: string; readonly error: unknown } | undefined;
  if (set.metadata.deletionTimestamp === undefined) {
    const surplus = claim.mine.filter(isPodActive).length - (set.spec?.replicas ?? 1);
    try {
      await scale(environment, { set, pods: claim.mine, surplus }, signal);
    } catch (error) {
      failure = { reason: surplus < 0 ? "FailedCreate" : "FailedDelete", error };
    }
  }
  const pods = ownedBy<Pod>(environment, podKind, set);
  const { status, recheckMs } = summarizeReplicaSet(set, { pods, nowMs: clock.now(), failure });
  if (!jsonEquals(status as never, (set.status ?? {}) as never)) {
    const written = await environment.client.updateStatus<ReplicaSet>({ ...set, status }, { signal });
    await observe(environment, replicaSetKind, written.metadata.resourceVersion, signal);
  }
  // A refusal (quota, validation) is told in the condition and tried again at leisure; the rest by the queue's back-off.
  if (failure !== undefined) {
    if (isForbidden(failure.error) || isInvalid(failure.error)) return { requeueAfterMs: 15_000 };
    throw failure.error;
  }
  return recheckMs === undefined ? {} : { requeueAfterMs: recheckMs };
}

async function scale(
  environment: Environment,
  { set, pods, surplus }: { readonly set: ReplicaSet; readonly pods: readonly Pod[]; readonly surplus: number },
  signal: AbortSignal,
): Promise<void> {
  if (surplus < 0) {
    const missing = Array.from({ length: Math.min(-surplus, burstReplicas) }, () =>
      podFromTemplate(set.spec?.template, set),
    );
    await createPods(environment, missing, { signal });
  } else if (surplus > 0) {
    const leaving = rankForDeletion(pods.filter(isPodActive)).slice(0, Math.min(surplus, burstReplicas));
    await deletePods(environment, leaving, { signal });
  }
}

/** The status that the pods justify, and when it may change without an event. */
export function summarizeReplicaSet(
  set: ReplicaSet,
  {
    pods,
    nowMs,
    failure,
  }: {
    readonly pods: readonly Pod[];
    readonly nowMs: number;
    readonly failure?: { readonly reason: string; readonly error: unknown } | undefined;
  },
): { readonly status: ReplicaSetStatus; readonly recheckMs?: number } {
  const active = pods.filter(isPodActive);
  const templateLabels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const availability = active.map((pod) => podAvailability(pod, set.spec?.minReadySeconds ?? 0, nowMs));
  const recheckMs = Math.min(...availability.map(({ inMs = Number.POSITIVE_INFINITY }) => inMs));
  const terminating = pods.filter(isPodTerminating).length;
  const conditions = failureConditions(set, failure, nowMs);
  const positive = (field: keyof ReplicaSetStatus, count: number): object => (count > 0 ? { [field]: count } : {});
  const status: ReplicaSetStatus = {
    replicas: active.length,
    ...positive(
      "fullyLabeledReplicas",
      active.filter((pod) => templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length,
    ),
    ...positive("readyReplicas", active.filter(isPodReady).length),
    ...positive("availableReplicas", availability.filter(({ available }) => available).length),
    ...(terminating > 0 && { terminatingReplicas: terminating }),
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    ...(conditions.length > 0 && { conditions }),
  };
  return { status, ...(Number.isFinite(recheckMs) && { recheckMs }) };
}

/** A failure is told once: its text names a pod that is another each time, and each new text would wake us again. */
function failureConditions(
  { status }: ReplicaSet,
  failure: { readonly reason: string; readonly error: unknown } | undefined,
  nowMs: number,
): readonly Condition[] {
  const known = status?.conditions ?? [];
  const told = known.find(({ type }) => type === "ReplicaFailure");
  if (failure === undefined) return told === undefined ? known : known.filter((condition) => condition !== told);
  if (told?.status === "True" && told.reason === failure.reason) return known;
  const message = errorMessage(failure.error);
  return withCondition(known, { type: "ReplicaFailure", status: "True", reason: failure.reason, message }, nowMs);
}
