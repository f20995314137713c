import { isConflict, isNotFound } from "@lateen/base";
import {
  type Controller,
  type Environment,
  type ReconcileContext,
  type Request,
  type Result,
  conditionOf,
  withCondition,
  type EventRecorder,
  createEventRecorder,
} from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import {
  type Preemption,
  type SchedulingNode,
  type SchedulingPod,
  type Snapshot,
  schedule,
  snapshotOf,
  withPlacedPod,
} from "@lateen/scheduling";
import { type Node, namespaceKind, nodeKind, serviceKind } from "../api/cluster.ts";
import { type Pod, podKind } from "../api/pod.ts";
import { replicaSetKind, statefulSetKind } from "../api/workloads.ts";
import { isPodFinished } from "../pods/pod-state.ts";

export const schedulerName = "default-scheduler";

/** A pod that found no place is looked at again after so long even if nothing was seen to change. */
const retryMs = 60_000;

const volumeKind = { apiVersion: "v1", kind: "PersistentVolume" } as const;
const claimKind = { apiVersion: "v1", kind: "PersistentVolumeClaim" } as const;
const storageClassKind = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass" } as const;
const budgetKind = { apiVersion: "policy/v1", kind: "PodDisruptionBudget" } as const;

/** What a placement depends on beside pods and nodes. */
const neighbours = [
  namespaceKind,
  serviceKind,
  replicaSetKind,
  statefulSetKind,
  volumeKind,
  claimKind,
  storageClassKind,
  budgetKind,
] as const;

/** Victims of a preemption need a moment to end. */
const preemptedRetryMs = 1_000;

/** Gives pods their nodes. Decisions are taken one after the other; the bindings are written side by side. */
export function createSchedulerController(environment: Environment): Controller {
  const scheduler = new PodScheduler(environment);
  return {
    name: "scheduler",
    sources: [
      { ...podKind, map: (pod, previous) => scheduler.requestsFor(pod as Pod, previous as Pod | undefined) },
      {
        ...nodeKind,
        when: (node, previous) => scheduler.matters(node as Node, previous as Node | undefined),
        map: () => scheduler.pending(),
      },
      // A claim that is bound lets the pods go on that wait for it.
      { ...claimKind, map: () => scheduler.pending() },
      { ...volumeKind, map: () => scheduler.pending() },
    ],
    concurrency: 16,
    reconcile: (request, context) => scheduler.schedulePod(request, context),
  };
}

class PodScheduler {
  readonly #environment: Environment;
  readonly #events: EventRecorder;
  /** Where pods will be as soon as the cache shows their bindings. */
  #known: Snapshot | undefined;
  readonly #assumed = new Map<string, { readonly pod: Pod; readonly node: string }>();

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#events = createEventRecorder(environment, schedulerName);
  }

  /** A pod's own change, or room that it leaves. */
  requestsFor(pod: Pod, previous: Pod | undefined): readonly Request[] {
    const gone = pod === previous;
    if (this.#changesPlacement(pod, previous)) this.#known = undefined;
    if (gone || (isPodFinished(pod) && previous !== undefined && !isPodFinished(previous))) {
      this.#assumed.delete(pod.metadata.uid ?? "");
      return this.pending();
    }
    if (pod.spec?.nodeName !== undefined) {
      this.#assumed.delete(pod.metadata.uid ?? "");
      return [];
    }
    return isWaiting(pod) ? [requestOf(pod)] : [];
  }

  /** Whether a change of a pod makes the snapshot wrong: not that of its status, nor its binding to where we assumed it. */
  #changesPlacement(pod: Pod, previous: Pod | undefined): boolean {
    const facts = ({ metadata, spec, status }: Pod): string =>
      JSON.stringify([
        spec?.nodeName,
        metadata.labels,
        metadata.deletionTimestamp,
        status?.phase === "Succeeded" || status?.phase === "Failed",
      ]);
    const before = this.#assumed.get(pod.metadata.uid ?? "")?.pod ?? previous;
    if (pod === previous) return pod.spec?.nodeName !== undefined || before !== previous;
    if (before === undefined) return pod.spec?.nodeName !== undefined;
    return facts(pod) !== facts(before);
  }

  /** Heartbeats do not. */
  matters(node: Node, previous: Node | undefined): boolean {
    const facts = ({ spec, status, metadata }: Node): string =>
      JSON.stringify([spec, status?.allocatable, metadata.labels]);
    const matters = previous === undefined || previous === node || facts(node) !== facts(previous);
    if (matters) this.#known = undefined;
    return matters;
  }

  pending(): readonly Request[] {
    return this.#environment.cache.list<Pod>(podKind).filter(isWaiting).map(requestOf);
  }

  async schedulePod({ namespace, name }: Request, { signal }: ReconcileContext): Promise<Result> {
    const { cache } = this.#environment;
    const pod = cache.get<Pod>({ ...podKind, namespace, name });
    if (pod === undefined || !isWaiting(pod) || this.#assumed.has(pod.metadata.uid ?? "")) return {};
    const placement = schedule(pod as unknown as SchedulingPod, this.#snapshot());
    switch (placement.kind) {
      case "placed":
        await this.#bindPod(pod, placement.node, signal);
        return {};
      case "unschedulable":
        await this.#reject(pod, placement.message, signal);
        if (placement.preemption === undefined) return { requeueAfterMs: retryMs };
        await this.#preempt(pod, placement.preemption, signal);
        return { requeueAfterMs: preemptedRetryMs };
      case "gated":
        return {};
    }
  }

  #snapshot(): Snapshot {
    this.#known ??= this.#takeSnapshot();
    const { cache } = this.#environment;
    return {
      ...this.#known,
      namespaces: cache.list<KubeObject>(namespaceKind),
      services: cache.list<KubeObject>(serviceKind),
      workloads: [...cache.list<KubeObject>(replicaSetKind), ...cache.list<KubeObject>(statefulSetKind)],
      persistentVolumes: cache.list(volumeKind),
      persistentVolumeClaims: cache.list(claimKind),
      storageClasses: cache.list(storageClassKind),
      disruptionBudgets: cache.list(budgetKind),
    };
  }

  #takeSnapshot(): Snapshot {
    const { cache } = this.#environment;
    for (const kind of neighbours) cache.watch(kind);
    const pods = cache.list<Pod>(podKind).map((pod) => {
      const assumed = pod.spec?.nodeName === undefined ? this.#assumed.get(pod.metadata.uid ?? "") : undefined;
      return assumed === undefined ? pod : assumed.pod;
    });
    return snapshotOf({
      nodes: cache.list<Node>(nodeKind) as unknown as readonly SchedulingNode[],
      pods: pods as unknown as readonly SchedulingPod[],
    });
  }

  async #bindPod(pod: Pod, node: string, signal: AbortSignal): Promise<void> {
    const { namespace = "", name = "", uid = "" } = pod.metadata;
    const assumed: Pod = { ...pod, spec: { containers: [], ...pod.spec, nodeName: node } };
    this.#assumed.set(uid, { node, pod: assumed });
    if (this.#known !== undefined) this.#known = withPlacedPod(this.#known, node, assumed as unknown as SchedulingPod);
    try {
      await this.#environment.client.raw({
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/pods/${name}/binding`,
        body: {
          apiVersion: "v1",
          kind: "Binding",
          metadata: { namespace, name, uid },
          target: { apiVersion: "v1", kind: "Node", name: node },
        },
        signal,
      });
    } catch (error) {
      this.#assumed.delete(uid);
      this.#known = undefined;
      // Somebody else was faster, or the pod has gone: nothing is left to do.
      if (isNotFound(error) || isConflict(error)) return;
      throw error;
    }
    this.#events.record({
      object: pod,
      type: "Normal",
      reason: "Scheduled",
      message: `Successfully assigned ${namespace}/${name} to ${node}`,
    });
  }

  /** Ends less important pods, so that this one has room when they are gone. */
  async #preempt(pod: Pod, { node, victims }: Preemption, signal: AbortSignal): Promise<void> {
    const { client } = this.#environment;
    const { namespace = "", name = "" } = pod.metadata;
    if (victims.some(({ metadata }) => metadata.deletionTimestamp !== undefined)) return;
    await client.patch(
      { ...podKind, namespace, name },
      { kind: "merge", value: { status: { nominatedNodeName: node } } },
      { signal, subresource: "status" },
    );
    for (const victim of victims) {
      this.#events.record({
        object: victim,
        type: "Normal",
        reason: "Preempted",
        message: `Preempted by pod ${pod.metadata.uid} on node ${node}`,
      });
      const { uid = "" } = victim.metadata;
      const ref = { ...podKind, namespace: victim.metadata.namespace, name: victim.metadata.name ?? "" };
      await client.delete(ref, { signal, preconditions: { uid } }).catch((error: unknown) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
    }
  }

  async #reject(pod: Pod, message: string, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#environment;
    const { namespace = "", name = "" } = pod.metadata;
    const known = conditionOf(pod, "PodScheduled");
    if (known?.status === "False" && known.message === message) return;
    const conditions = withCondition(
      pod.status?.conditions,
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message },
      clock.now(),
    );
    await client.patch(
      { ...podKind, namespace, name },
      { kind: "merge", value: { status: { conditions: conditions as never } } },
      { signal, subresource: "status" },
    );
    this.#events.record({ object: pod, type: "Warning", reason: "FailedScheduling", message });
  }
}

function isWaiting(pod: Pod): boolean {
  return (
    pod.spec?.nodeName === undefined &&
    (pod.spec?.schedulerName ?? schedulerName) === schedulerName &&
    pod.metadata.deletionTimestamp === undefined &&
    !isPodFinished(pod)
  );
}

function requestOf(pod: Pod): Request {
  return { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name ?? "" };
}
