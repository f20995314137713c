import { type JsonValue, jsonEquals } from "@lateen/base";
import {
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  requestForController,
} from "@lateen/controller";
import { labelSelectorOf } from "@lateen/objects";
import { type SchedulingNode, type SchedulingPod, assessNode, daemonPlugins, snapshotOf } from "@lateen/scheduling";
import { type Node, nodeKind } from "../api/cluster.ts";
import { type Pod, type Toleration, podKind } from "../api/pod.ts";
import { type DaemonSet, daemonSetKind } from "../api/workloads.ts";
import { statusPatch } from "../api/status-patch.ts";
import { resolveIntOrPercent } from "../deployment/rollout.ts";
import { claimObjects, settleClaim } from "../pods/adopt.ts";
import { candidatesOf, indexOwners } from "../pods/owned.ts";
import { createPods, deletePods, observe, podFromTemplate } from "../pods/pod-control.ts";
import { isPodFinished, isPodReady, isPodTerminating, podAvailability } from "../pods/pod-state.ts";
import {
  controllerRevisionKind,
  hashOf,
  revisionHashLabel,
  syncRevisions,
  trimRevisions,
} from "../revisions/controller-revisions.ts";

/** What daemons bear beside what their template says (pkg/controller/daemon/util). */
const daemonTolerations: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];

/** Keeps one pod on each node that suits. */
export function createDaemonSetController(environment: Environment): Controller {
  indexOwners(environment, podKind);
  indexOwners(environment, controllerRevisionKind);
  const all = (): readonly Request[] =>
    environment.cache
      .list<DaemonSet>(daemonSetKind)
      .map(({ metadata }) => ({ namespace: metadata.namespace ?? "", name: metadata.name ?? "" }));
  return {
    name: "daemonset",
    sources: [
      { ...daemonSetKind },
      { ...podKind, map: requestForController(daemonSetKind) },
      {
        ...nodeKind,
        when: (node, previous) =>
          previous === undefined ||
          placementFacts(node as Node) !== placementFacts(previous as Node) ||
          node === previous,
        map: all,
      },
    ],
    concurrency: 2,
    reconcile: (request, context) => reconcileDaemonSet(environment, request, context),
  };
}

const placementFacts = ({ metadata, spec }: Node): string =>
  JSON.stringify([metadata.labels, spec?.taints, spec?.unschedulable]);

export async function reconcileDaemonSet(
  environment: Environment,
  { namespace, name }: Request,
  { signal }: ReconcileContext,
): Promise<Result> {
  const { cache, clock } = environment;
  const set = cache.get<DaemonSet>({ ...daemonSetKind, namespace, name });
  if (set === undefined) return {};
  const claim = claimObjects(set, candidatesOf<Pod>(environment, podKind, set), labelSelectorOf(set.spec?.selector));
  if (await settleClaim(environment, set, claim, { signal })) return { requeueAfterMs: 1 };
  if (set.metadata.deletionTimestamp !== undefined) return {};
  const revisions = await syncRevisions(environment, set, signal);
  const hash = hashOf(revisions.update);
  const suitable = new Set(
    cache
      .list<Node>(nodeKind)
      .filter((node) => suits(set, node))
      .map(({ metadata }) => metadata.name ?? ""),
  );
  const plan = planDaemons(set, { pods: claim.mine, suitable, hash, nowMs: clock.now() });
  await createPods(
    environment,
    plan.create.map((node) => daemonPod(set, node, hash)),
    { signal },
  );
  await deletePods(environment, plan.delete, { signal });

  const mine = candidatesOf<Pod>(environment, podKind, set).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid),
  );
  await writeStatus(environment, set, { pods: mine, suitable, hash }, signal);
  await trimRevisions(
    environment,
    { workload: set, all: revisions.all, live: new Set([revisions.update.metadata.name ?? ""]) },
    signal,
  );
  return {};
}

/** Whether a node would take the daemon, its load aside. */
function suits(set: DaemonSet, node: Node): boolean {
  const pod = daemonPod(set, node.metadata.name ?? "", "") as unknown as SchedulingPod;
  const snapshot = snapshotOf({ nodes: [node as unknown as SchedulingNode], pods: [] });
  return assessNode(pod, snapshot, { nodeName: node.metadata.name ?? "", plugins: daemonPlugins }) === undefined;
}

/** The node that a daemon's pod is meant for: bound already, or named by its affinity. */
function nodeOf(pod: Pod): string {
  const { nodeAffinity } = (pod.spec?.affinity ?? {}) as SchedulingAffinityPart;
  return (
    pod.spec?.nodeName ??
    nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]?.matchFields?.[0]
      ?.values?.[0] ??
    ""
  );
}

interface SchedulingAffinityPart {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms?: readonly {
        readonly matchFields?: readonly { readonly values?: readonly string[] }[];
      }[];
    };
  };
}

function daemonPod(set: DaemonSet, node: string, hash: string): Pod {
  const pod = podFromTemplate(set.spec?.template, set, {
    labels: { [revisionHashLabel]: hash, "pod-template-generation": String(set.metadata.generation ?? 1) },
  });
  const affinity = (pod.spec?.affinity ?? {}) as { readonly nodeAffinity?: object };
  const required = { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }] };
  return {
    ...pod,
    spec: {
      containers: [],
      ...pod.spec,
      affinity: {
        ...affinity,
        nodeAffinity: { ...affinity.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required },
      },
      tolerations: [...(pod.spec?.tolerations ?? []), ...daemonTolerations],
    },
  };
}

interface DaemonFacts {
  readonly pods: readonly Pod[];
  readonly suitable: ReadonlySet<string>;
  readonly hash: string;
  readonly nowMs: number;
}

/** Which nodes need a pod and which pods must go: at most as many of a rollout at once as may be unavailable. */
export function planDaemons(
  set: DaemonSet,
  { pods, suitable, hash, nowMs }: DaemonFacts,
): { readonly create: readonly string[]; readonly delete: readonly Pod[] } {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) byNode.set(nodeOf(pod), [...(byNode.get(nodeOf(pod)) ?? []), pod]);
  const create = [...suitable].filter((node) => !byNode.has(node));
  const leaving: Pod[] = [];
  for (const [node, members] of byNode) {
    const living = members.filter((pod) => !isPodTerminating(pod));
    const finished = living.filter(isPodFinished);
    if (!suitable.has(node)) leaving.push(...living);
    else leaving.push(...finished, ...living.filter((pod) => !isPodFinished(pod)).slice(1));
  }
  if (set.spec?.updateStrategy?.type === "OnDelete") return { create, delete: leaving };
  const { maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {};
  const isAvailable = (pod: Pod): boolean =>
    !isPodTerminating(pod) && podAvailability(pod, set.spec?.minReadySeconds ?? 0, nowMs).available;
  const old = pods.filter(
    (pod) => pod.metadata.labels?.[revisionHashLabel] !== hash && !isPodTerminating(pod) && !leaving.includes(pod),
  );
  const available = [...suitable].filter((node) => byNode.get(node)?.some(isAvailable) === true).length;
  let mayLeave = Math.max(1, resolveIntOrPercent(maxUnavailable, suitable.size, "up")) - (suitable.size - available);
  for (const pod of old) {
    if (!isAvailable(pod)) leaving.push(pod);
    else if (mayLeave > 0) {
      leaving.push(pod);
      mayLeave--;
    }
  }
  return { create, delete: leaving };
}

async function writeStatus(
  environment: Environment,
  set: DaemonSet,
  { pods, suitable, hash }: Omit<DaemonFacts, "nowMs">,
  signal: AbortSignal,
): Promise<void> {
  const nowMs = environment.clock.now();
  const wanted = [...suitable].flatMap(
    (node) => pods.find((pod) => nodeOf(pod) === node && !isPodTerminating(pod)) ?? [],
  );
  const available = wanted.filter(
    (pod) => podAvailability(pod, set.spec?.minReadySeconds ?? 0, nowMs).available,
  ).length;
  const misscheduled = new Set(pods.map(nodeOf).filter((node) => !suitable.has(node))).size;
  const unavailable = suitable.size - available;
  const updated = wanted.filter((pod) => pod.metadata.labels?.[revisionHashLabel] === hash).length;
  const status: NonNullable<DaemonSet["status"]> = {
    currentNumberScheduled: wanted.length,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: suitable.size,
    numberReady: wanted.filter(isPodReady).length,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(available > 0 && { numberAvailable: available }),
    ...(unavailable > 0 && { numberUnavailable: unavailable }),
  };
  if (jsonEquals(status as JsonValue, (set.status ?? {}) as JsonValue)) return;
  const { namespace = "", name = "", uid = null } = set.metadata;
  const written = await environment.client.patch(
    { ...daemonSetKind, namespace, name },
    { kind: "merge", value: { metadata: { uid }, status: statusPatch(set.status, status) } },
    { subresource: "status", signal },
  );
  await observe(environment, daemonSetKind, written.metadata.resourceVersion, signal);
}
