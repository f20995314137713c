import {
  type KubeObject,
  type LabelSelector,
  type MetaLabelSelector,
  labelSelectorOf,
  matchesLabels,
} from "@lateen/objects";
import type { SchedulingPod, TopologySpreadConstraint } from "../objects.ts";
import { type Judgement, type Plugin, type Rejection, maxNodeScore, unresolvable, unschedulable } from "../plugin.ts";
import type { NodeInfo, Snapshot } from "../snapshot.ts";
import { matchesNodeSelection } from "./node-affinity.ts";
import { labelOf, namespaceOf, withLabelKeys } from "./pod-matching.ts";
import { untoleratedTaint } from "./taints.ts";

const hostname = "kubernetes.io/hostname";

interface Constraint {
  readonly maxSkew: number;
  readonly key: string;
  readonly selector: LabelSelector;
  readonly minDomains: number;
  readonly affinityPolicy: string;
  readonly taintsPolicy: string;
}

/** Applied to the pods of Services and workloads that name no constraints (the scheduler's system defaults). */
const defaultConstraints = [
  { key: hostname, maxSkew: 3 },
  { key: "topology.kubernetes.io/zone", maxSkew: 5 },
] as const;

function constraintsOf(
  pod: SchedulingPod,
  whenUnsatisfiable: TopologySpreadConstraint["whenUnsatisfiable"],
): readonly Constraint[] {
  return (pod.spec?.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map((constraint) => ({
      maxSkew: constraint.maxSkew,
      key: constraint.topologyKey,
      selector: labelSelectorOf(
        withLabelKeys(constraint.labelSelector, pod, { match: constraint.matchLabelKeys ?? [] }),
      ),
      minDomains: constraint.minDomains ?? 1,
      affinityPolicy: constraint.nodeAffinityPolicy ?? "Honor",
      taintsPolicy: constraint.nodeTaintsPolicy ?? "Ignore",
    }));
}

export const podTopologySpread: Plugin = {
  name: "PodTopologySpread",
  weight: 2,
  judge(pod, snapshot): Judgement {
    const required = constraintsOf(pod, "DoNotSchedule");
    const own = (pod.spec?.topologySpreadConstraints ?? []).length > 0;
    const preferred = own ? constraintsOf(pod, "ScheduleAnyway") : defaultConstraintsOf(pod, snapshot);
    return {
      ...(required.length > 0 && { filter: filterOf(pod, snapshot, required) }),
      ...(preferred.length > 0 && {
        score: (feasible: readonly NodeInfo[]) =>
          scoresOf({ pod, snapshot, constraints: preferred, allKeys: own }, feasible),
      }),
    };
  },
};

/** Whether a node counts for a constraint. */
function counts(constraint: Constraint, pod: SchedulingPod, info: NodeInfo): boolean {
  if (constraint.affinityPolicy === "Honor" && !matchesNodeSelection(pod, info)) return false;
  if (constraint.taintsPolicy !== "Honor") return true;
  return (
    untoleratedTaint(info.node.spec?.taints ?? [], pod.spec?.tolerations ?? [], ["NoSchedule", "NoExecute"]) ===
    undefined
  );
}

function matchingPods({ pods }: NodeInfo, { selector }: Constraint, namespace: string): number {
  let matching = 0;
  for (const pod of pods) {
    if (
      pod.metadata.deletionTimestamp === undefined &&
      namespaceOf(pod) === namespace &&
      matchesLabels(selector, pod.metadata.labels ?? {})
    )
      matching++;
  }
  return matching;
}

const hasAllKeys = ({ labels }: NodeInfo, constraints: readonly Constraint[]): boolean =>
  constraints.every(({ key }) => labelOf(labels, key) !== undefined);

function filterOf(
  pod: SchedulingPod,
  snapshot: Snapshot,
  constraints: readonly Constraint[],
): (info: NodeInfo) => Rejection | undefined {
  const namespace = namespaceOf(pod);
  const domains = constraints.map(() => new Map<string, number>());
  for (const info of snapshot.nodes) {
    if (!hasAllKeys(info, constraints)) continue;
    for (const [i, constraint] of constraints.entries()) {
      if (!counts(constraint, pod, info)) continue;
      const value = labelOf(info.labels, constraint.key)!;
      domains[i]!.set(value, (domains[i]!.get(value) ?? 0) + matchingPods(info, constraint, namespace));
    }
  }
  const minimums = constraints.map(({ minDomains }, i) =>
    domains[i]!.size < minDomains ? 0 : Math.min(...domains[i]!.values()),
  );
  return (info) => {
    for (const [i, { key, selector, maxSkew }] of constraints.entries()) {
      const value = labelOf(info.labels, key);
      if (value === undefined)
        return unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
      const self = matchesLabels(selector, pod.metadata.labels ?? {}) ? 1 : 0;
      const skew = (domains[i]!.get(value) ?? 0) + self - minimums[i]!;
      if (skew > maxSkew) return unschedulable("node(s) didn't match pod topology spread constraints");
    }
    return undefined;
  };
}

interface Spreading {
  readonly pod: SchedulingPod;
  readonly snapshot: Snapshot;
  readonly constraints: readonly Constraint[];
  /** Nodes without all keys do not take part: so for the pod's own constraints, not for the defaults. */
  readonly allKeys: boolean;
}

function scoresOf(spreading: Spreading, feasible: readonly NodeInfo[]): readonly number[] {
  const { pod, constraints, allKeys } = spreading;
  const namespace = namespaceOf(pod);
  const taking = feasible.map((info) => !allKeys || hasAllKeys(info, constraints));
  const participants = feasible.filter((_, i) => taking[i]);
  const domains = countDomains(spreading, participants);
  const weights = constraints.map(({ key }, i) =>
    Math.log((key === hostname ? participants.length : domains[i]!.size) + 2),
  );
  const raw = feasible.map((info, n) => {
    if (!taking[n]) return undefined;
    let sum = 0;
    for (const [i, constraint] of constraints.entries()) {
      const value = labelOf(info.labels, constraint.key);
      if (value === undefined) continue;
      const count =
        constraint.key === hostname ? matchingPods(info, constraint, namespace) : (domains[i]!.get(value) ?? 0);
      sum += count * weights[i]! + (constraint.maxSkew - 1);
    }
    return Math.round(sum);
  });
  return normalizeSpread(raw);
}

/** Matching pods by domain, for the domains that feasible nodes have; each host is a domain of its own and counted later. */
function countDomains(
  { pod, snapshot, constraints, allKeys }: Spreading,
  participants: readonly NodeInfo[],
): readonly Map<string, number>[] {
  const domains = constraints.map(() => new Map<string, number>());
  for (const info of participants) {
    for (const [i, { key }] of constraints.entries()) {
      // Nodes without the key are together a domain of their own.
      if (key !== hostname) domains[i]!.set(labelOf(info.labels, key) ?? "", 0);
    }
  }
  for (const info of snapshot.nodes) {
    if (allKeys && !hasAllKeys(info, constraints)) continue;
    for (const [i, constraint] of constraints.entries()) {
      const value = labelOf(info.labels, constraint.key);
      const count = value === undefined ? undefined : domains[i]!.get(value);
      if (count === undefined || !counts(constraint, pod, info)) continue;
      domains[i]!.set(value!, count + matchingPods(info, constraint, namespaceOf(pod)));
    }
  }
  return domains;
}

/** Fewer is better; nodes that take no part get nothing. */
function normalizeSpread(raw: readonly (number | undefined)[]): readonly number[] {
  const scores = raw.filter((score): score is number => score !== undefined);
  const least = Math.min(...scores);
  const most = Math.max(...scores);
  return raw.map((score) => {
    if (score === undefined) return 0;
    return most === 0 ? maxNodeScore : Math.trunc((maxNodeScore * (most + least - score)) / most);
  });
}

function defaultConstraintsOf(pod: SchedulingPod, snapshot: Snapshot): readonly Constraint[] {
  const selector = defaultSelector(pod, snapshot);
  if (selector === undefined) return [];
  return defaultConstraints.map((constraint) => ({
    ...constraint,
    selector,
    minDomains: 1,
    affinityPolicy: "Honor",
    taintsPolicy: "Ignore",
  }));
}

/** What the Services and the workload of a pod select, together. */
function defaultSelector(pod: SchedulingPod, { services, workloads }: Snapshot): LabelSelector | undefined {
  const namespace = namespaceOf(pod);
  const labels = pod.metadata.labels ?? {};
  const matchLabels: Record<string, string> = {};
  for (const service of services) {
    const selector =
      (service.spec as { readonly selector?: Readonly<Record<string, string>> } | undefined)?.selector ?? {};
    if (service.metadata.namespace !== namespace || Object.keys(selector).length === 0) continue;
    if (matchesLabels(labelSelectorOf({ matchLabels: selector }), labels)) Object.assign(matchLabels, selector);
  }
  const owned = ownSelector(pod, workloads);
  const merged: MetaLabelSelector = {
    matchLabels: { ...matchLabels, ...owned?.matchLabels },
    matchExpressions: owned?.matchExpressions ?? [],
  };
  const empty = Object.keys(merged.matchLabels ?? {}).length === 0 && (merged.matchExpressions ?? []).length === 0;
  return empty ? undefined : labelSelectorOf(merged);
}

function ownSelector(pod: SchedulingPod, workloads: readonly KubeObject[]): MetaLabelSelector | undefined {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  const workload =
    owner &&
    workloads.find(
      ({ kind, metadata }) =>
        kind === owner.kind && metadata.name === owner.name && metadata.namespace === pod.metadata.namespace,
    );
  const selector = (
    workload?.spec as { readonly selector?: MetaLabelSelector & Readonly<Record<string, string>> } | undefined
  )?.selector;
  // ReplicationControllers have plain label maps.
  return workload?.kind === "ReplicationController" && selector !== undefined
    ? { matchLabels: selector as unknown as Readonly<Record<string, string>> }
    : selector;
}
