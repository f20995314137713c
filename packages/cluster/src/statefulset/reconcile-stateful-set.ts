import { type JsonValue, isAlreadyExists, isNotFound, jsonEquals } from "@lateen/base";
import {
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  requestForController,
} from "@lateen/controller";
import { type KubeObject, labelSelectorOf } from "@lateen/objects";
import { type Pod, type PodTemplate, podKind } from "../api/pod.ts";
import { type StatefulSet, statefulSetKind } from "../api/workloads.ts";
import { statusPatch } from "../api/status-patch.ts";
import { claimObjects, settleClaim } from "../pods/adopt.ts";
import { candidatesOf, indexOwners } from "../pods/owned.ts";
import { createPods, deletePods, observe, podFromTemplate } from "../pods/pod-control.ts";
import { podAvailability } from "../pods/pod-state.ts";
import {
  type Revisions,
  controllerRevisionKind,
  hashOf,
  revisionHashLabel,
  syncRevisions,
  templateOf,
  trimRevisions,
} from "../revisions/controller-revisions.ts";
import { type StatefulSetFacts, countReplicas, planStatefulSet } from "./plan-stateful-set.ts";

const claimKind = { apiVersion: "v1", kind: "PersistentVolumeClaim" } as const;

/** Keeps numbered pods with names, and volumes, of their own. */
export function createStatefulSetController(environment: Environment): Controller {
  indexOwners(environment, podKind);
  indexOwners(environment, controllerRevisionKind);
  return {
    name: "statefulset",
    sources: [
      { ...statefulSetKind },
      { ...podKind, map: requestForController(statefulSetKind) },
      { ...controllerRevisionKind, map: requestForController(statefulSetKind) },
    ],
    concurrency: 4,
    reconcile: (request, context) => reconcileStatefulSet(environment, request, context),
  };
}

export async function reconcileStatefulSet(
  environment: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache, clock } = environment;
  const set = cache.get<StatefulSet>({ ...statefulSetKind, namespace, name });
  if (set === undefined) return {};
  const claim = claimObjects(set, candidatesOf<Pod>(environment, podKind, set), labelSelectorOf(set.spec?.selector));
  if (await settleClaim(environment, set, claim, { signal })) return { requeueAfterMs: 1 };
  if (set.metadata.deletionTimestamp !== undefined) return {};

  const revisions = await syncRevisions(environment, set, signal);
  const current =
    revisions.all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? revisions.update;
  const facts: StatefulSetFacts = {
    pods: claim.mine,
    currentHash: hashOf(current),
    updateHash: hashOf(revisions.update),
    nowMs: clock.now(),
  };
  const templates = { current: templateOf(current), update: templateOf(revisions.update) };
  for (const action of planStatefulSet(set, facts)) {
    if (action.kind === "delete") await deletePods(environment, [action.pod], { signal });
    else
      await createMember(
        environment,
        {
          set,
          ordinal: action.ordinal,
          template: templates[action.revision],
          hash: action.revision === "update" ? facts.updateHash : facts.currentHash,
        },
        signal,
      );
  }
  const mine = candidatesOf<Pod>(environment, podKind, set).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid),
  );
  await writeStatus(
    environment,
    set,
    { facts: { ...facts, pods: mine }, revisions, currentName: current.metadata.name ?? "" },
    signal,
  );
  const live = new Set([current.metadata.name ?? "", revisions.update.metadata.name ?? ""]);
  await trimRevisions(environment, { workload: set, all: revisions.all, live }, signal);
  const waits = mine.map(
    (pod) => podAvailability(pod, set.spec?.minReadySeconds ?? 0, clock.now()).inMs ?? Number.POSITIVE_INFINITY,
  );
  const waitMs = Math.min(...waits);
  return Number.isFinite(waitMs) ? { requeueAfterMs: waitMs } : {};
}

interface Member {
  readonly set: StatefulSet;
  readonly ordinal: number;
  readonly template: PodTemplate | undefined;
  readonly hash: string;
}

async function createMember(
  environment: Environment,
  { set, ordinal, template, hash }: Member,
  signal: AbortSignal,
): Promise<void> {
  const { name = "" } = set.metadata;
  const podName = `${name}-${ordinal}`;
  const claims = (set.spec?.volumeClaimTemplates ?? []).map((claim) => claimFor(set, claim, ordinal));
  for (const claim of claims) await ensureClaim(environment, claim, signal);
  const pod = podFromTemplate(template, set, {
    name: podName,
    labels: {
      "statefulset.kubernetes.io/pod-name": podName,
      "apps.kubernetes.io/pod-index": String(ordinal),
      [revisionHashLabel]: hash,
    },
  });
  const volumes = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }, i) => ({
    name: metadata.name ?? "",
    persistentVolumeClaim: { claimName: claims[i]?.metadata.name ?? "" },
  }));
  const others = (pod.spec?.volumes ?? []).filter((volume) => !volumes.some(({ name: own }) => own === volume.name));
  const spec: Pod["spec"] = {
    containers: [],
    ...pod.spec,
    hostname: podName,
    ...(set.spec?.serviceName !== undefined && set.spec.serviceName !== "" && { subdomain: set.spec.serviceName }),
    ...(volumes.length + others.length > 0 && { volumes: [...volumes, ...others] }),
  };
  try {
    await createPods(environment, [{ ...pod, spec }], { signal });
  } catch (error) {
    // The pod of this name before it is still on its way out.
    if (!isAlreadyExists(error)) throw error;
  }
}

function claimFor(set: StatefulSet, template: KubeObject, ordinal: number): KubeObject {
  const { namespace = "", name = "" } = set.metadata;
  const { labels, annotations } = template.metadata;
  return {
    ...claimKind,
    metadata: {
      namespace,
      name: `${template.metadata.name}-${name}-${ordinal}`,
      labels: { ...labels, ...set.spec?.selector?.matchLabels },
      ...(annotations !== undefined && { annotations }),
    },
    spec: template.spec,
  };
}

async function ensureClaim({ cache, client }: Environment, claim: KubeObject, signal: AbortSignal): Promise<void> {
  const { namespace = "", name = "" } = claim.metadata;
  if (cache.get({ ...claimKind, namespace, name }) !== undefined) return;
  try {
    await client.create(claim, { signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

async function writeStatus(
  environment: Environment,
  set: StatefulSet,
  {
    facts,
    revisions,
    currentName,
  }: { readonly facts: StatefulSetFacts; readonly revisions: Revisions; readonly currentName: string },
  signal: AbortSignal,
): Promise<void> {
  const counts = countReplicas(set, facts);
  const updateName = revisions.update.metadata.name ?? "";
  // The rollout is over when every pod has the new revision and is ready: from then on it is the current one.
  const onDelete = set.spec?.updateStrategy?.type === "OnDelete";
  const complete = !onDelete && counts.updatedReplicas === counts.replicas && counts.readyReplicas === counts.replicas;
  const status: NonNullable<StatefulSet["status"]> = {
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    replicas: counts.replicas,
    ...(counts.readyReplicas > 0 && { readyReplicas: counts.readyReplicas }),
    availableReplicas: counts.availableReplicas,
    currentReplicas: complete ? counts.updatedReplicas : counts.currentReplicas,
    updatedReplicas: counts.updatedReplicas,
    currentRevision: complete ? updateName : currentName,
    updateRevision: updateName,
    collisionCount: set.status?.collisionCount ?? 0,
  };
  if (jsonEquals(status as JsonValue, (set.status ?? {}) as JsonValue)) return;
  const { namespace = "", name = "", uid = null } = set.metadata;
  try {
    const written = await environment.client.patch(
      { ...statefulSetKind, namespace, name },
      { kind: "merge", value: { metadata: { uid }, status: statusPatch(set.status, status) } },
      { subresource: "status", signal },
    );
    await observe(environment, statefulSetKind, written.metadata.resourceVersion, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
