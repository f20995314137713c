/** Which pods a term or a selector of another pod means. */
import { type LabelSelector, type MetaLabelSelector, labelSelectorOf, matchesLabels } from "@lateen/objects";
import type { PodAffinityTerm, SchedulingPod } from "../objects.ts";
import type { Snapshot } from "../snapshot.ts";

export interface PodTerm {
  readonly topologyKey: string;
  readonly selector: LabelSelector;
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: LabelSelector;
}

/** A term as its pod means it; `matchLabelKeys` become part of the selector, as the API server makes them. */
export function podTermOf(term: PodAffinityTerm, owner: SchedulingPod): PodTerm {
  const { namespaces = [], namespaceSelector, labelSelector } = term;
  const ownNamespace = namespaces.length === 0 && (namespaceSelector === undefined || namespaceSelector === null);
  return {
    topologyKey: term.topologyKey,
    selector: labelSelectorOf(
      withLabelKeys(labelSelector, owner, { match: term.matchLabelKeys ?? [], mismatch: term.mismatchLabelKeys ?? [] }),
    ),
    namespaces: new Set(ownNamespace ? [namespaceOf(owner)] : namespaces),
    namespaceSelector: labelSelectorOf(namespaceSelector ?? null),
  };
}

/** The selector with what the pod's own labels say for some keys; keys that it lacks are skipped. */
export function withLabelKeys(
  selector: MetaLabelSelector | null | undefined,
  owner: SchedulingPod,
  { match, mismatch = [] }: { readonly match: readonly string[]; readonly mismatch?: readonly string[] },
): MetaLabelSelector | null | undefined {
  if (selector === undefined || selector === null) return selector;
  const labels = owner.metadata.labels ?? {};
  const requirement = (operator: string) => (key: string) =>
    Object.hasOwn(labels, key) ? [{ key, operator, values: [labels[key]!] }] : [];
  const added = [...match.flatMap(requirement("In")), ...mismatch.flatMap(requirement("NotIn"))];
  return added.length === 0
    ? selector
    : { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] };
}

export function namespaceOf(pod: SchedulingPod): string {
  return pod.metadata.namespace ?? "";
}

export function termMatches(
  term: PodTerm,
  pod: SchedulingPod,
  namespaceLabels: ReadonlyMap<string, Readonly<Record<string, string>>>,
): boolean {
  const namespace = namespaceOf(pod);
  const inNamespace =
    term.namespaces.has(namespace) || matchesLabels(term.namespaceSelector, namespaceLabels.get(namespace) ?? {});
  return inNamespace && matchesLabels(term.selector, pod.metadata.labels ?? {});
}

export function namespaceLabelsOf({ namespaces }: Snapshot): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const labels = new Map<string, Readonly<Record<string, string>>>([
    ["default", { "kubernetes.io/metadata.name": "default" }],
  ]);
  for (const { metadata } of namespaces)
    labels.set(metadata.name ?? "", { "kubernetes.io/metadata.name": metadata.name ?? "", ...metadata.labels });
  return labels;
}

/** Own label, so that `constructor` is just a name. */
export function labelOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
