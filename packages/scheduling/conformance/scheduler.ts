/** Answers the cases of the scheduler's conformance suite: one pod on a small cluster. */
import type { KubeObject } from "@lateen/objects";
import type { SchedulingNode, SchedulingPod } from "../src/objects.ts";
import { bestNodes, totalOf } from "../src/assess.ts";
import { schedule } from "../src/schedule.ts";
import { snapshotOf } from "../src/snapshot.ts";

interface Case {
  readonly nodes: readonly SchedulingNode[];
  readonly pods?: readonly SchedulingPod[];
  readonly pod: SchedulingPod;
  readonly namespaces?: readonly KubeObject[];
  readonly services?: readonly KubeObject[];
  readonly pvs?: readonly KubeObject[];
  readonly pvcs?: readonly KubeObject[];
  readonly storageClasses?: readonly KubeObject[];
  readonly pdbs?: readonly KubeObject[];
}

const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? "default"}/${metadata.name}`;

export function answer(item: Case): { readonly result: unknown } {
  const snapshot = snapshotOf({
    nodes: item.nodes,
    pods: item.pods ?? [],
    namespaces: item.namespaces ?? [],
    services: item.services ?? [],
    persistentVolumes: item.pvs ?? [],
    persistentVolumeClaims: item.pvcs ?? [],
    storageClasses: item.storageClasses ?? [],
    disruptionBudgets: item.pdbs ?? [],
  });
  const placement = schedule(item.pod, snapshot);
  if (placement.kind === "gated") {
    const reasons = [`waiting for scheduling gates: [${placement.gates.join(" ")}]`];
    return { result: { feasible: [], choice: [], preEnqueue: { code: "UnschedulableAndUnresolvable", reasons } } };
  }
  const { assessment } = placement;
  const scores = Object.fromEntries(
    [...assessment.scores].map(([node, plugins]) => [node, Object.fromEntries(plugins)]),
  );
  const filter = Object.fromEntries(
    [...assessment.rejected].map(([node, { plugin, code, reasons }]) => [node, { [plugin]: { code, reasons } }]),
  );
  const { rejection } = assessment;
  return {
    result: {
      feasible: assessment.feasible.map(({ name }) => name),
      choice: bestNodes(assessment),
      filter,
      ...(rejection !== undefined && {
        preFilter: { [rejection.plugin]: { code: rejection.code, reasons: rejection.reasons } },
      }),
      ...(assessment.scores.size > 0 && {
        scores,
        totals: Object.fromEntries([...assessment.scores].map(([node, plugins]) => [node, totalOf(plugins)])),
      }),
      ...(placement.kind === "unschedulable" && {
        message: placement.message,
        ...(placement.preemption !== undefined && {
          preemption: { node: placement.preemption.node, victims: placement.preemption.victims.map(nameOf) },
        }),
      }),
    },
  };
}
