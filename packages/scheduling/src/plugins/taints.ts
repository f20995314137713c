import type { SchedulingTaint, SchedulingToleration } from "../objects.ts";
import { type Plugin, normalizeScores, unresolvable } from "../plugin.ts";

/** Core/v1 Toleration.ToleratesTaint. The operators Gt and Lt are off in 1.36: they tolerate nothing. */
export function tolerates(toleration: SchedulingToleration, taint: SchedulingTaint): boolean {
  const { effect = "", key = "", operator = "", value = "" } = toleration;
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  if (operator === "Exists") return true;
  return (operator === "" || operator === "Equal") && value === (taint.value ?? "");
}

export function untoleratedTaint(
  taints: readonly SchedulingTaint[],
  tolerations: readonly SchedulingToleration[],
  effects: readonly string[],
): SchedulingTaint | undefined {
  return taints.find(
    (taint) => effects.includes(taint.effect) && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  weight: 0,
  judge: (pod) => ({
    filter: ({ node }) => {
      if (node.spec?.unschedulable !== true) return undefined;
      const cordon = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
      const tolerated = pod.spec?.tolerations?.some((toleration) => tolerates(toleration, cordon)) === true;
      return tolerated ? undefined : unresolvable("node(s) were unschedulable");
    },
  }),
};

export const taintToleration: Plugin = {
  name: "TaintToleration",
  weight: 3,
  judge: (pod) => {
    const tolerations = pod.spec?.tolerations ?? [];
    const soft = tolerations.filter(({ effect = "" }) => effect === "" || effect === "PreferNoSchedule");
    return {
      filter: ({ node }) =>
        untoleratedTaint(node.spec?.taints ?? [], tolerations, ["NoSchedule", "NoExecute"]) === undefined
          ? undefined
          : unresolvable("node(s) had untolerated taint(s)"),
      score: (feasible) =>
        normalizeScores(
          feasible.map(
            ({ node }) =>
              (node.spec?.taints ?? []).filter(
                (taint) =>
                  taint.effect === "PreferNoSchedule" && !soft.some((toleration) => tolerates(toleration, taint)),
              ).length,
          ),
          "less is better",
        ),
    };
  },
};
