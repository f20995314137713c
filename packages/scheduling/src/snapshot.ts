/** The cluster at one moment, as placements see it. Built from objects, never changed; `withPods` makes the next one. */
import type { KubeObject } from "@lateen/objects";
import type { SchedulingNode, SchedulingPod } from "./objects.ts";
import { type Amounts, amountsOf, podAmounts } from "./resources.ts";

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A node with what runs there. */
export interface NodeInfo {
  readonly node: SchedulingNode;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pods: readonly SchedulingPod[];
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  /** Requests with defaults for containers that name none: for scores. */
  readonly nonZeroRequested: Amounts;
  readonly ports: readonly HostPort[];
}

export interface ClusterObjects {
  readonly nodes: readonly SchedulingNode[];
  /** All pods; those without a node or finished are not counted. */
  readonly pods: readonly SchedulingPod[];
  readonly namespaces?: readonly KubeObject[];
  readonly services?: readonly KubeObject[];
  /** Workloads whose selectors give default spreading: ReplicaSets, ReplicationControllers, StatefulSets. */
  readonly workloads?: readonly KubeObject[];
  readonly persistentVolumes?: readonly KubeObject[];
  readonly persistentVolumeClaims?: readonly KubeObject[];
  readonly storageClasses?: readonly KubeObject[];
  readonly disruptionBudgets?: readonly KubeObject[];
}

export interface Snapshot extends Required<Omit<ClusterObjects, "nodes" | "pods">> {
  readonly nodes: readonly NodeInfo[];
  readonly nodeByName: ReadonlyMap<string, NodeInfo>;
}

const noObjects: readonly KubeObject[] = [];

export function snapshotOf(objects: ClusterObjects): Snapshot {
  const perNode = new Map<string, SchedulingPod[]>();
  for (const pod of objects.pods) {
    const nodeName = pod.spec?.nodeName;
    if (nodeName === undefined || nodeName === "" || isFinished(pod)) continue;
    const pods = perNode.get(nodeName);
    if (pods === undefined) perNode.set(nodeName, [pod]);
    else pods.push(pod);
  }
  const nodes = objects.nodes.map((node) => nodeInfoOf(node, perNode.get(node.metadata.name ?? "") ?? []));
  return {
    namespaces: objects.namespaces ?? noObjects,
    services: objects.services ?? noObjects,
    workloads: objects.workloads ?? noObjects,
    persistentVolumes: objects.persistentVolumes ?? noObjects,
    persistentVolumeClaims: objects.persistentVolumeClaims ?? noObjects,
    storageClasses: objects.storageClasses ?? noObjects,
    disruptionBudgets: objects.disruptionBudgets ?? noObjects,
    nodes,
    nodeByName: new Map(nodes.map((info) => [info.name, info])),
  };
}

export function isFinished(pod: SchedulingPod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

export function nodeInfoOf(node: SchedulingNode, pods: readonly SchedulingPod[]): NodeInfo {
  const requested = new Map<string, number>();
  const nonZeroRequested = new Map<string, number>();
  const ports: HostPort[] = [];
  for (const pod of pods) {
    const amounts = podAmounts(pod);
    for (const [name, amount] of amounts.requests) requested.set(name, (requested.get(name) ?? 0) + amount);
    for (const [name, amount] of amounts.nonZero)
      nonZeroRequested.set(name, (nonZeroRequested.get(name) ?? 0) + amount);
    ports.push(...hostPortsOf(pod));
  }
  return {
    node,
    name: node.metadata.name ?? "",
    labels: node.metadata.labels ?? {},
    pods,
    allocatable: amountsOf(node.status?.allocatable ?? node.status?.capacity),
    requested,
    nonZeroRequested,
    ports,
  };
}

/** The snapshot with one pod more on a node: what was added up before is kept. */
export function withPlacedPod(snapshot: Snapshot, nodeName: string, pod: SchedulingPod): Snapshot {
  const amounts = podAmounts(pod);
  return withNode(snapshot, nodeName, (info) => ({
    ...info,
    pods: [...info.pods, pod],
    requested: sumOf(info.requested, amounts.requests),
    nonZeroRequested: sumOf(info.nonZeroRequested, amounts.nonZero),
    ports: [...info.ports, ...hostPortsOf(pod)],
  }));
}

function sumOf(left: Amounts, right: Amounts): Amounts {
  const sum = new Map(left);
  for (const [name, amount] of right) sum.set(name, (sum.get(name) ?? 0) + amount);
  return sum;
}

/** The snapshot with another set of pods on one node. */
export function withPods(snapshot: Snapshot, nodeName: string, pods: readonly SchedulingPod[]): Snapshot {
  return withNode(snapshot, nodeName, (info) => nodeInfoOf(info.node, pods));
}

function withNode(snapshot: Snapshot, nodeName: string, change: (info: NodeInfo) => NodeInfo): Snapshot {
  const nodes = snapshot.nodes.map((info) => (info.name === nodeName ? change(info) : info));
  return { ...snapshot, nodes, nodeByName: new Map(nodes.map((info) => [info.name, info])) };
}

export function hostPortsOf({ spec }: SchedulingPod): readonly HostPort[] {
  const ports: HostPort[] = [];
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  for (const container of [...sidecars, ...(spec?.containers ?? [])]) {
    for (const { hostPort = 0, hostIP = "", protocol = "TCP", containerPort = 0 } of container.ports ?? []) {
      const port = hostPort > 0 ? hostPort : spec?.hostNetwork === true ? containerPort : 0;
      if (port > 0) ports.push({ ip: hostIP === "" ? "0.0.0.0" : hostIP, protocol, port });
    }
  }
  return ports;
}
