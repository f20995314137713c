import type { PodAffinityTerm, SchedulingPod } from "../objects.ts";
import { type Judgement, type Plugin, type Rejection, maxNodeScore, unresolvable, unschedulable } from "../plugin.ts";
import type { NodeInfo, Snapshot } from "../snapshot.ts";
import { type PodTerm, labelOf, namespaceLabelsOf, podTermOf, termMatches } from "./pod-matching.ts";

/** Counts or weights by topology key and value. */
class TopologyCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  add(key: string, value: string, amount: number): void {
    const values = this.#counts.get(key) ?? new Map<string, number>();
    values.set(value, (values.get(value) ?? 0) + amount);
    this.#counts.set(key, values);
  }

  get(key: string, value: string): number {
    return this.#counts.get(key)?.get(value) ?? 0;
  }

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  /** The sum over the values that a node has. */
  sumFor({ labels }: NodeInfo): number {
    let sum = 0;
    for (const [key, values] of this.#counts) sum += values.get(labelOf(labels, key) ?? "") ?? 0;
    return sum;
  }
}

interface WeightedTerm {
  readonly term: PodTerm;
  readonly weight: number;
}

interface PodTerms {
  readonly affinity: readonly PodTerm[];
  readonly antiAffinity: readonly PodTerm[];
  /** Preferred terms of both kinds; those of anti-affinity weigh negatively. */
  readonly preferred: readonly WeightedTerm[];
}

const known = new WeakMap<SchedulingPod, PodTerms>();

function termsOf(pod: SchedulingPod): PodTerms {
  let terms = known.get(pod);
  if (terms === undefined) {
    const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
    const required = (list: readonly PodAffinityTerm[] | undefined): readonly PodTerm[] =>
      (list ?? []).map((term) => podTermOf(term, pod));
    const preferred = (affinity: typeof podAffinity, sign: 1 | -1): readonly WeightedTerm[] =>
      (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
        weight: sign * weight,
        term: podTermOf(podAffinityTerm, pod),
      }));
    terms = {
      affinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
      antiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
      preferred: [...preferred(podAffinity, 1), ...preferred(podAntiAffinity, -1)],
    };
    known.set(pod, terms);
  }
  return terms;
}

const hasAffinity = ({ spec }: SchedulingPod): boolean =>
  spec?.affinity?.podAffinity !== undefined || spec?.affinity?.podAntiAffinity !== undefined;

/** Weight with which the required affinity of running pods draws the pods that they match (hardPodAffinityWeight). */
const hardAffinityWeight = 1;

export const interPodAffinity: Plugin = {
  name: "InterPodAffinity",
  weight: 2,
  judge(pod, snapshot): Judgement {
    return { filter: filterOf(pod, snapshot), score: (feasible) => scoresOf(pod, snapshot, feasible) };
  },
};

function filterOf(pod: SchedulingPod, snapshot: Snapshot): (info: NodeInfo) => Rejection | undefined {
  const { affinity, antiAffinity } = termsOf(pod);
  const namespaces = namespaceLabelsOf(snapshot);
  const near = new TopologyCounts();
  const away = new TopologyCounts();
  const unwanted = new TopologyCounts();
  const count = (counts: TopologyCounts, { topologyKey }: PodTerm, info: NodeInfo): void => {
    const value = labelOf(info.labels, topologyKey);
    if (value !== undefined) counts.add(topologyKey, value, 1);
  };
  for (const info of snapshot.nodes) {
    for (const existing of info.pods) {
      if (hasAffinity(existing)) {
        for (const term of termsOf(existing).antiAffinity)
          if (termMatches(term, pod, namespaces)) count(unwanted, term, info);
      }
      if (affinity.length > 0 && affinity.every((term) => termMatches(term, existing, namespaces)))
        for (const term of affinity) count(near, term, info);
      for (const term of antiAffinity) if (termMatches(term, existing, namespaces)) count(away, term, info);
    }
  }
  // The first pod of a group that wants to be together may go anywhere.
  const first = near.empty && affinity.every((term) => termMatches(term, pod, namespaces));
  return (info) => {
    if (!satisfiesAffinity(affinity, info, { near, first }))
      return unresolvable("node(s) didn't match pod affinity rules");
    if (antiAffinity.some(({ topologyKey }) => away.get(topologyKey, labelOf(info.labels, topologyKey) ?? "") > 0))
      return unschedulable("node(s) didn't match pod anti-affinity rules");
    return unwanted.sumFor(info) > 0
      ? unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")
      : undefined;
  };
}

function satisfiesAffinity(
  affinity: readonly PodTerm[],
  { labels }: NodeInfo,
  { near, first }: { readonly near: TopologyCounts; readonly first: boolean },
): boolean {
  let together = true;
  for (const { topologyKey } of affinity) {
    const value = labelOf(labels, topologyKey);
    if (value === undefined) return false;
    if (near.get(topologyKey, value) <= 0) together = false;
  }
  return together || first;
}

function scoresOf(
  pod: SchedulingPod,
  snapshot: Snapshot,
  feasible: readonly NodeInfo[],
): readonly number[] | undefined {
  const { preferred } = termsOf(pod);
  const namespaces = namespaceLabelsOf(snapshot);
  const weights = new TopologyCounts();
  const add = ({ term, weight }: WeightedTerm, { labels }: NodeInfo): void => {
    const value = labelOf(labels, term.topologyKey);
    if (value !== undefined && weight !== 0) weights.add(term.topologyKey, value, weight);
  };
  for (const info of snapshot.nodes) {
    for (const existing of info.pods) {
      for (const weighted of preferred) if (termMatches(weighted.term, existing, namespaces)) add(weighted, info);
      if (!hasAffinity(existing)) continue;
      const theirs = termsOf(existing);
      for (const term of theirs.affinity)
        if (termMatches(term, pod, namespaces)) add({ term, weight: hardAffinityWeight }, info);
      for (const weighted of theirs.preferred) if (termMatches(weighted.term, pod, namespaces)) add(weighted, info);
    }
  }
  if (weights.empty) return undefined;
  const sums = feasible.map((info) => weights.sumFor(info));
  const least = Math.min(...sums);
  const range = Math.max(...sums) - least;
  return sums.map((sum) => (range === 0 ? 0 : Math.trunc((maxNodeScore * (sum - least)) / range)));
}
