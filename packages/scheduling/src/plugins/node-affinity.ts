import type { NodeSelectorRequirement, NodeSelectorTerm, SchedulingPod } from "../objects.ts";
import { type Judgement, type Plugin, normalizeScores, unresolvable } from "../plugin.ts";
import type { NodeInfo } from "../snapshot.ts";

const mismatch = "node(s) didn't match Pod's node affinity/selector";
const nameField = "metadata.name";

/** All requirements hold. An empty term matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, info: Pick<NodeInfo, "name" | "labels">): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, ownLabel(info.labels, requirement.key))) &&
    matchFields.every((requirement) => matchesField(requirement, info.name))
  );
}

function ownLabel(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function matchesField({ key, operator, values = [] }: NodeSelectorRequirement, name: string): boolean {
  if (key !== nameField || values.length !== 1) return false;
  if (operator === "In") return values[0] === name;
  return operator === "NotIn" && values[0] !== name;
}

function matchesRequirement({ operator, values = [] }: NodeSelectorRequirement, label: string | undefined): boolean {
  switch (operator) {
    case "In":
      return label !== undefined && values.includes(label);
    case "NotIn":
      return values.length > 0 && (label === undefined || !values.includes(label));
    case "Exists":
      return label !== undefined && values.length === 0;
    case "DoesNotExist":
      return label === undefined && values.length === 0;
    case "Gt":
    case "Lt":
      return comparesTo(operator, label, values);
    default:
      return false;
  }
}

const integer = /^[+-]?\d+$/;

function comparesTo(operator: "Gt" | "Lt", label: string | undefined, values: readonly string[]): boolean {
  const [limit] = values;
  if (label === undefined || limit === undefined || values.length !== 1) return false;
  if (!integer.test(label) || !integer.test(limit)) return false;
  return operator === "Gt" ? BigInt(label) > BigInt(limit) : BigInt(label) < BigInt(limit);
}

/** `nodeSelector` and required node affinity together. */
export function matchesNodeSelection(pod: SchedulingPod, info: Pick<NodeInfo, "name" | "labels">): boolean {
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {}))
    if (ownLabel(info.labels, key) !== value) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, info));
}

/** The nodes that the terms name outright, if each of them does. */
function namedNodes(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { matchFields = [] } of terms) {
    const lists = matchFields.filter(({ key, operator }) => key === nameField && operator === "In");
    const [first, ...others] = lists.map(({ values = [] }) => values);
    if (first === undefined) return undefined;
    for (const name of first) if (others.every((values) => values.includes(name))) names.add(name);
  }
  return names;
}

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  weight: 2,
  judge(pod): Judgement {
    const affinity = pod.spec?.affinity?.nodeAffinity;
    const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
    const names = terms.length === 0 ? undefined : namedNodes(terms);
    if (names?.size === 0) return { rejection: unresolvable("pod affinity terms conflict") };
    const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution;
    return {
      ...(names !== undefined && { onlyNodes: names }),
      filter: (info) => (matchesNodeSelection(pod, info) ? undefined : unresolvable(mismatch)),
      ...(preferred !== undefined && {
        score: (feasible: readonly NodeInfo[]) =>
          normalizeScores(
            feasible.map((info) =>
              preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, info) ? weight : 0), 0),
            ),
            "more is better",
          ),
      }),
    };
  },
};

export const nodeName: Plugin = {
  name: "NodeName",
  weight: 0,
  judge: (pod) => {
    const wanted = pod.spec?.nodeName ?? "";
    if (wanted === "") return {};
    return {
      filter: ({ name }) =>
        name === wanted ? undefined : unresolvable("node(s) didn't match the requested node name"),
    };
  },
};
