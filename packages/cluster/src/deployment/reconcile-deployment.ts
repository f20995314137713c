import {
  type JsonValue,
  errorMessage,
  isAlreadyExists,
  isForbidden,
  isInvalid,
  isNotFound,
  jsonEquals,
} from "@lateen/base";
import {
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  requestForController,
  type EventRecorder,
  createEventRecorder,
} from "@lateen/controller";
import { labelSelectorOf } from "@lateen/objects";
import { type Pod, podKind } from "../api/pod.ts";
import { statusPatch } from "../api/status-patch.ts";
import { type Deployment, type ReplicaSet, deploymentKind, replicaSetKind } from "../api/workloads.ts";
import { claimObjects, settleClaim } from "../pods/adopt.ts";
import { candidatesOf, indexOwners, ownedBy } from "../pods/owned.ts";
import { observe, ownerReferenceTo } from "../pods/pod-control.ts";
import { controllerOf, isControlledBy, isPodFinished } from "../pods/pod-state.ts";
import {
  findNewSet,
  inheritedAnnotations,
  nextRevision,
  revisionAnnotation,
  revisionAnnotations,
  surplusHistory,
} from "./revisions.ts";
import {
  type Scale,
  desiredReplicasAnnotation,
  isScalingEvent,
  maxReplicasAnnotation,
  newSetReplicas,
  planProportionalScaling,
  planRollingUpdate,
  replicasOf,
  rolloutLimits,
} from "./rollout.ts";
import { isDeploymentComplete, summarizeDeployment } from "./summarize-deployment.ts";
import { templateHash, templateHashLabel } from "./template-hash.ts";

/** Rolls a Deployment's template out over ReplicaSets: one for each template, grown and shrunk within the strategy's limits. */
export function createDeploymentController(environment: Environment): Controller {
  const events = createEventRecorder(environment, "deployment-controller");
  indexOwners(environment, replicaSetKind);
  indexOwners(environment, podKind);
  return {
    name: "deployment",
    sources: [
      { ...deploymentKind },
      { ...replicaSetKind, map: requestForController(deploymentKind) },
      // Recreate waits for the old pods to be gone.
      { ...podKind, when: (pod, previous) => pod === previous, map: (pod) => deploymentOfPod(environment, pod as Pod) },
    ],
    concurrency: 8,
    reconcile: (request, context) => reconcileDeployment(environment, events, request, context),
  };
}

function deploymentOfPod({ cache }: Environment, pod: Pod): readonly Request[] {
  const owner = controllerOf(pod);
  if (owner?.kind !== "ReplicaSet") return [];
  const namespace = pod.metadata.namespace ?? "";
  const set = cache.get<ReplicaSet>({ ...replicaSetKind, namespace, name: owner.name });
  return set === undefined ? [] : requestForController(deploymentKind)(set);
}

interface Rollout {
  readonly deployment: Deployment;
  readonly events: EventRecorder;
  newSet: ReplicaSet | undefined;
  oldSets: readonly ReplicaSet[];
  created: boolean;
  failure: { readonly error: unknown } | undefined;
  collisionCount: number | undefined;
}

async function reconcileDeployment(
  environment: Environment,
  events: EventRecorder,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache } = environment;
  const deployment = cache.get<Deployment>({ ...deploymentKind, namespace, name });
  if (deployment === undefined) return {};
  const claim = claimObjects(
    deployment,
    candidatesOf<ReplicaSet>(environment, replicaSetKind, deployment),
    labelSelectorOf(deployment.spec?.selector),
  );
  if (await settleClaim(environment, deployment, claim, { signal })) return { requeueAfterMs: 1 };

  const rollout: Rollout = {
    deployment,
    events,
    ...divide(deployment, claim.mine),
    created: false,
    failure: undefined,
    collisionCount: deployment.status?.collisionCount,
  };
  if (deployment.metadata.deletionTimestamp === undefined) await advanceRollout(environment, rollout, signal);
  const recheckMs = await writeStatus(environment, rollout, signal);
  if (rollout.failure !== undefined) {
    const { error } = rollout.failure;
    if (isForbidden(error) || isInvalid(error)) return { requeueAfterMs: 15_000 };
    throw error;
  }
  return recheckMs === undefined ? {} : { requeueAfterMs: recheckMs };
}

function divide(deployment: Deployment, sets: readonly ReplicaSet[]): Pick<Rollout, "newSet" | "oldSets"> {
  const newSet = findNewSet(deployment, sets);
  return { newSet, oldSets: sets.filter((set) => set !== newSet) };
}

async function advanceRollout(environment: Environment, rollout: Rollout, signal: AbortSignal): Promise<void> {
  const { deployment } = rollout;
  const sets = rollout.newSet === undefined ? rollout.oldSets : [rollout.newSet, ...rollout.oldSets];
  if (deployment.spec?.paused === true || isScalingEvent(deployment, sets)) {
    if (rollout.newSet !== undefined) await annotateNewSet(environment, rollout, signal);
    await applyScales(
      environment,
      rollout,
      planProportionalScaling(deployment, rollout.newSet, rollout.oldSets),
      signal,
    );
    if (deployment.spec?.paused === true) await trimHistory(environment, rollout, signal);
    return;
  }
  const recreate = deployment.spec?.strategy?.type === "Recreate";
  if (recreate && (await clearOldSets(environment, rollout, signal)) === "waiting") return;
  if (rollout.newSet === undefined) await createNewSet(environment, rollout, signal);
  else await annotateNewSet(environment, rollout, signal);
  const { newSet } = rollout;
  if (newSet === undefined) return;
  if (recreate) {
    const { replicas } = rolloutLimits(deployment);
    if (replicasOf(newSet) !== replicas) await applyScales(environment, rollout, [{ set: newSet, replicas }], signal);
  } else {
    await applyScales(environment, rollout, planRollingUpdate(deployment, newSet, rollout.oldSets), signal);
  }
  if (
    isDeploymentComplete(deployment, {
      replicas: sum(rollout),
      updatedReplicas: newSet.status?.replicas ?? 0,
      availableReplicas: newSet.status?.availableReplicas ?? 0,
    })
  )
    await trimHistory(environment, rollout, signal);
}

const sum = ({ newSet, oldSets }: Rollout): number =>
  [...oldSets, ...(newSet === undefined ? [] : [newSet])].reduce(
    (total, set) => total + (set.status?.replicas ?? 0),
    0,
  );

/** Recreate: no new pod before the last old one is gone. */
async function clearOldSets(
  environment: Environment,
  rollout: Rollout,
  signal: AbortSignal,
): Promise<"waiting" | "clear"> {
  const busy = rollout.oldSets.filter((set) => replicasOf(set) > 0);
  if (busy.length > 0) {
    await applyScales(
      environment,
      rollout,
      busy.map((set) => ({ set, replicas: 0 })),
      signal,
    );
    return "waiting";
  }
  const running = rollout.oldSets.some((set) =>
    ownedBy<Pod>(environment, podKind, set).some((pod) => !isPodFinished(pod)),
  );
  return running ? "waiting" : "clear";
}

async function createNewSet(environment: Environment, rollout: Rollout, signal: AbortSignal): Promise<void> {
  const { deployment } = rollout;
  const { namespace = "", name = "" } = deployment.metadata;
  const hash = templateHash(deployment.spec?.template, rollout.collisionCount);
  const { spec } = deployment;
  const labels = { ...spec?.template?.metadata?.labels, [templateHashLabel]: hash };
  const { replicas, maxSurge } = rolloutLimits(deployment);
  const set: ReplicaSet = {
    ...replicaSetKind,
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...inheritedAnnotations(deployment),
        [desiredReplicasAnnotation]: String(replicas),
        [maxReplicasAnnotation]: String(replicas + maxSurge),
        [revisionAnnotation]: String(nextRevision(rollout.oldSets)),
      },
      ownerReferences: [ownerReferenceTo(deployment)],
    },
    spec: {
      replicas: newSetReplicas(deployment, undefined, rollout.oldSets),
      ...(spec?.minReadySeconds !== undefined && spec.minReadySeconds > 0 && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec?.selector, matchLabels: { ...spec?.selector?.matchLabels, [templateHashLabel]: hash } },
      template: { ...spec?.template, metadata: { ...spec?.template?.metadata, labels } },
    },
  };
  try {
    const created = await environment.client.create(set, { signal });
    await observe(environment, replicaSetKind, created.metadata.resourceVersion, signal);
    rollout.newSet = created;
    rollout.created = true;
    tellScale(rollout, created, 0, replicasOf(created));
  } catch (error) {
    if (!isAlreadyExists(error)) {
      rollout.failure = { error };
      return;
    }
    await judgeCollision(environment, rollout, set, signal);
  }
  await annotateDeployment(environment, rollout, signal);
}

/** A set of this name exists: ours and alike (the cache lagged behind), or another template's with the same hash. */
async function judgeCollision(
  environment: Environment,
  rollout: Rollout,
  set: ReplicaSet,
  signal: AbortSignal,
): Promise<void> {
  const { deployment } = rollout;
  const { namespace = "", name = "" } = set.metadata;
  const existing = await environment.client.get<ReplicaSet>({ ...replicaSetKind, namespace, name }, { signal });
  if (isControlledBy(existing, deployment) && findNewSet(deployment, [existing]) !== undefined) {
    await observe(environment, replicaSetKind, existing.metadata.resourceVersion, signal);
    rollout.newSet = existing;
    return;
  }
  rollout.collisionCount = (rollout.collisionCount ?? 0) + 1;
  environment.log({
    level: "info",
    message: "another template has this ReplicaSet's name; trying the next",
    controller: "deployment",
    object: `${namespace}/${name}`,
  });
}

/** Brings the new set's revision, inherited annotations and minReadySeconds up to date, then the Deployment's own revision. */
async function annotateNewSet(environment: Environment, rollout: Rollout, signal: AbortSignal): Promise<void> {
  const set = rollout.newSet;
  if (set === undefined) return;
  const wanted: Record<string, string> = {
    ...inheritedAnnotations(rollout.deployment),
    ...revisionAnnotations(set, nextRevision(rollout.oldSets)),
  };
  const minReadySeconds = rollout.deployment.spec?.minReadySeconds ?? 0;
  const stale = Object.entries(wanted).some(([key, value]) => set.metadata.annotations?.[key] !== value);
  if (stale || (set.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
    const updated = await environment.client.update<ReplicaSet>(
      {
        ...set,
        metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...wanted } },
        spec: { ...set.spec, minReadySeconds },
      },
      { signal },
    );
    await observe(environment, replicaSetKind, updated.metadata.resourceVersion, signal);
    rollout.newSet = updated;
  }
  await annotateDeployment(environment, rollout, signal);
}

async function annotateDeployment(environment: Environment, rollout: Rollout, signal: AbortSignal): Promise<void> {
  const { deployment, newSet } = rollout;
  const revision = newSet?.metadata.annotations?.[revisionAnnotation];
  if (revision === undefined || deployment.metadata.annotations?.[revisionAnnotation] === revision) return;
  const { namespace = "", name = "" } = deployment.metadata;
  const written = await environment.client.patch(
    { ...deploymentKind, namespace, name },
    { kind: "merge", value: { metadata: { annotations: { [revisionAnnotation]: revision } } } },
    { signal },
  );
  await observe(environment, deploymentKind, written.metadata.resourceVersion, signal);
}

async function applyScales(
  environment: Environment,
  rollout: Rollout,
  scales: readonly Scale[],
  signal: AbortSignal,
): Promise<void> {
  const { replicas, maxSurge } = rolloutLimits(rollout.deployment);
  const sizes = { [desiredReplicasAnnotation]: String(replicas), [maxReplicasAnnotation]: String(replicas + maxSurge) };
  const sets = rollout.newSet === undefined ? rollout.oldSets : [rollout.newSet, ...rollout.oldSets];
  for (const set of sets) {
    const size = scales.find((scale) => scale.set.metadata.uid === set.metadata.uid)?.replicas ?? replicasOf(set);
    const marked = Object.entries(sizes).every(([key, value]) => set.metadata.annotations?.[key] === value);
    if (size === replicasOf(set) && (marked || size === 0)) continue;
    const updated = await environment.client.update<ReplicaSet>(
      {
        ...set,
        metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...sizes } },
        spec: { ...set.spec, replicas: size },
      },
      { signal },
    );
    await observe(environment, replicaSetKind, updated.metadata.resourceVersion, signal);
    tellScale(rollout, updated, replicasOf(set), size);
    if (rollout.newSet === set) rollout.newSet = updated;
    else rollout.oldSets = rollout.oldSets.map((old) => (old === set ? updated : old));
  }
}

function tellScale({ events, deployment }: Rollout, { metadata }: ReplicaSet, from: number, to: number): void {
  if (from === to) return;
  const message = `Scaled ${to > from ? "up" : "down"} replica set ${metadata.name} from ${from} to ${to}`;
  events.record({ object: deployment, type: "Normal", reason: "ScalingReplicaSet", message });
}

async function trimHistory({ client }: Environment, rollout: Rollout, signal: AbortSignal): Promise<void> {
  for (const set of surplusHistory(rollout.deployment, rollout.oldSets)) {
    const { namespace = "", name = "", uid } = set.metadata;
    try {
      await client.delete(
        { ...replicaSetKind, namespace, name },
        { signal, ...(uid !== undefined && { preconditions: { uid } }) },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

async function writeStatus(
  environment: Environment,
  rollout: Rollout,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { deployment, failure, events: _, ...facts } = rollout;
  const { status, recheckMs } = summarizeDeployment(deployment, {
    ...facts,
    nowMs: environment.clock.now(),
    ...(failure !== undefined && { failure: errorMessage(failure.error) }),
  });
  if (!jsonEquals(status as unknown as JsonValue, (deployment.status ?? {}) as unknown as JsonValue)) {
    const { namespace = "", name = "" } = deployment.metadata;
    // The annotation above may have moved the version on; the status is ours alone, so it needs no precondition but the uid.
    const written = await environment.client.patch(
      { ...deploymentKind, namespace, name },
      {
        kind: "merge",
        value: { metadata: { uid: deployment.metadata.uid ?? null }, status: statusPatch(deployment.status, status) },
      },
      { subresource: "status", signal },
    );
    await observe(environment, deploymentKind, written.metadata.resourceVersion, signal);
  }
  return recheckMs;
}
