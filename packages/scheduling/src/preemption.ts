/** Which pods could go so that a more important one has room (DefaultPreemption): pure; evicting them is the caller's. */
import type { KubeObject, MetaLabelSelector } from "@lateen/objects";
import { labelSelectorOf, matchesLabels } from "@lateen/objects";
import type { SchedulingPod } from "./objects.ts";
import type { Plugin } from "./plugin.ts";
import { type Assessment, assessNode } from "./assess.ts";
import { type Snapshot, withPods } from "./snapshot.ts";

export interface Preemption {
  readonly node: string;
  readonly victims: readonly SchedulingPod[];
}

export type PreemptionOutcome =
  | { readonly kind: "found"; readonly preemption: Preemption }
  /** `message` is the second part of the text of a pod's condition. */
  | { readonly kind: "none"; readonly message: string };

interface Candidate extends Preemption {
  readonly budgetViolations: number;
}

export const priorityOf = ({ spec }: SchedulingPod): number => spec?.priority ?? 0;
const startOf = ({ status }: SchedulingPod): string => status?.startTime ?? "9999";

/** More important first: higher priority, then an earlier start. */
function byImportance(a: SchedulingPod, b: SchedulingPod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a).localeCompare(startOf(b));
}

export function planPreemption(
  pod: SchedulingPod,
  {
    snapshot,
    assessment,
    plugins,
  }: { readonly snapshot: Snapshot; readonly assessment: Assessment; readonly plugins: readonly Plugin[] },
): PreemptionOutcome {
  if (pod.spec?.preemptionPolicy === "Never")
    return { kind: "none", message: "preemption: not eligible due to preemptionPolicy=Never." };
  const reasons = new Map<string, number>();
  const tell = (reason: string): void => void reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const candidates: Candidate[] = [];
  for (const { name } of snapshot.nodes) {
    const rejection = assessment.excluded.get(name) ?? assessment.rejected.get(name);
    if (rejection?.code !== "Unschedulable") {
      tell("Preemption is not helpful for scheduling");
      continue;
    }
    const found = victimsOn(name, pod, { snapshot, plugins });
    if ("reasons" in found) for (const reason of found.reasons) tell(reason);
    else candidates.push(found);
  }
  const best = bestCandidate(candidates);
  if (best !== undefined) return { kind: "found", preemption: { node: best.node, victims: best.victims } };
  const listed = [...reasons].map(([reason, count]) => `${count} ${reason}`).toSorted();
  const all = `preemption: 0/${snapshot.nodes.length} nodes are available`;
  return { kind: "none", message: listed.length === 0 ? `${all}.` : `${all}: ${listed.join(", ")}.` };
}

/** Takes all less important pods away, then puts back as many as still fit, the more important first. */
function victimsOn(
  nodeName: string,
  pod: SchedulingPod,
  { snapshot, plugins }: { readonly snapshot: Snapshot; readonly plugins: readonly Plugin[] },
): Candidate | { readonly reasons: readonly string[] } {
  const info = snapshot.nodeByName.get(nodeName)!;
  const lower = info.pods.filter((other) => priorityOf(other) < priorityOf(pod));
  if (lower.length === 0) return { reasons: ["No preemption victims found for incoming pod"] };
  let kept: readonly SchedulingPod[] = info.pods.filter((other) => !lower.includes(other));
  const fits = (pods: readonly SchedulingPod[]) =>
    assessNode(pod, withPods(snapshot, nodeName, pods), { nodeName, plugins });
  const rejection = fits(kept);
  if (rejection !== undefined) return { reasons: rejection.reasons };
  const { violating, others } = splitByBudget(lower.toSorted(byImportance), snapshot.disruptionBudgets);
  const victims: SchedulingPod[] = [];
  let budgetViolations = 0;
  for (const [list, counted] of [
    [violating, 1],
    [others, 0],
  ] as const) {
    for (const other of list) {
      if (fits([...kept, other]) === undefined) kept = [...kept, other];
      else {
        victims.push(other);
        budgetViolations += counted;
      }
    }
  }
  return { node: nodeName, victims: victims.toSorted(byImportance), budgetViolations };
}

interface Budget extends KubeObject {
  readonly spec?: { readonly selector?: MetaLabelSelector };
  readonly status?: { readonly disruptionsAllowed?: number; readonly disruptedPods?: Readonly<Record<string, string>> };
}

/** Which of the pods, taken away in this order, would break a disruption budget. */
function splitByBudget(
  pods: readonly SchedulingPod[],
  budgets: readonly Budget[],
): { readonly violating: readonly SchedulingPod[]; readonly others: readonly SchedulingPod[] } {
  const left = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0);
  const violating: SchedulingPod[] = [];
  const others: SchedulingPod[] = [];
  for (const pod of pods) {
    let violates = false;
    for (const [i, { spec, status, metadata }] of budgets.entries()) {
      const { matchLabels, matchExpressions } = spec?.selector ?? {};
      const selectsNone = Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0;
      if (
        metadata.namespace !== pod.metadata.namespace ||
        selectsNone ||
        Object.keys(pod.metadata.labels ?? {}).length === 0
      )
        continue;
      if (!matchesLabels(labelSelectorOf(spec?.selector), pod.metadata.labels ?? {})) continue;
      if (Object.hasOwn(status?.disruptedPods ?? {}, pod.metadata.name ?? "")) continue;
      left[i]!--;
      if (left[i]! < 0) violates = true;
    }
    (violates ? violating : others).push(pod);
  }
  return { violating, others };
}

/** Priorities are made positive for sums (they begin at −2^31). */
const priorityShift = 2 ** 31;

function bestCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  const highest = ({ victims }: Candidate): number => Math.max(...victims.map(priorityOf));
  const rank = (candidate: Candidate): readonly (number | string)[] => [
    candidate.budgetViolations,
    candidate.victims.length === 0 ? Number.NEGATIVE_INFINITY : highest(candidate),
    candidate.victims.reduce((sum, victim) => sum + priorityOf(victim) + priorityShift, 0),
    candidate.victims.length,
  ];
  /** Start of the earliest-started victim among those of the highest priority: later is better. */
  const start = (candidate: Candidate): string =>
    candidate.victims
      .filter((victim) => priorityOf(victim) === highest(candidate))
      .map(startOf)
      .toSorted()[0] ?? "";
  let best: Candidate | undefined;
  for (const candidate of candidates) if (best === undefined || isBetter(candidate, best)) best = candidate;
  return best;

  function isBetter(left: Candidate, right: Candidate): boolean {
    const a = rank(left);
    const b = rank(right);
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
    return start(left) > start(right);
  }
}
