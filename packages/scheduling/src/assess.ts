import type { SchedulingPod } from "./objects.ts";
import type { Judgement, Plugin, Rejection } from "./plugin.ts";
import type { NodeInfo, Snapshot } from "./snapshot.ts";

export interface NodeRejection extends Rejection {
  readonly plugin: string;
}

/** What was found out about each node. */
export interface Assessment {
  /** Rejections for all nodes at once, by plugin. */
  readonly rejection?: NodeRejection;
  /** Nodes left out because a plugin named others. */
  readonly excluded: ReadonlyMap<string, NodeRejection>;
  readonly rejected: ReadonlyMap<string, NodeRejection>;
  readonly feasible: readonly NodeInfo[];
  /** Weighted scores by node and plugin; empty with fewer than two feasible nodes. */
  readonly scores: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Why one node does not take the pod; undefined if it does. */
export function assessNode(
  pod: SchedulingPod,
  snapshot: Snapshot,
  { nodeName, plugins }: { readonly nodeName: string; readonly plugins: readonly Plugin[] },
): Rejection | undefined {
  const info = snapshot.nodeByName.get(nodeName);
  if (info === undefined) return { code: "UnschedulableAndUnresolvable", reasons: [`node ${nodeName} is not there`] };
  for (const plugin of plugins) {
    const { rejection, onlyNodes, filter } = plugin.judge(pod, snapshot);
    if (rejection !== undefined) return rejection;
    if (onlyNodes?.has(nodeName) === false)
      return { code: "UnschedulableAndUnresolvable", reasons: ["another node is meant"] };
    const rejected = filter?.(info);
    if (rejected !== undefined) return rejected;
  }
  return undefined;
}

export function assess(pod: SchedulingPod, snapshot: Snapshot, plugins: readonly Plugin[]): Assessment {
  const judgements: { readonly plugin: Plugin; readonly judgement: Judgement }[] = [];
  const none = { excluded: new Map(), rejected: new Map(), feasible: [], scores: new Map() };
  for (const plugin of plugins) {
    const judgement = plugin.judge(pod, snapshot);
    if (judgement.rejection !== undefined)
      return { ...none, rejection: { ...judgement.rejection, plugin: plugin.name } };
    judgements.push({ plugin, judgement });
  }
  const excluded = excludedNodes(snapshot, judgements);
  const rejected = new Map<string, NodeRejection>();
  const feasible: NodeInfo[] = [];
  for (const info of snapshot.nodes) {
    if (excluded.has(info.name)) continue;
    const rejection = firstRejection(info, judgements);
    if (rejection === undefined) feasible.push(info);
    else rejected.set(info.name, rejection);
  }
  return { excluded, rejected, feasible, scores: feasible.length < 2 ? new Map() : scoresOf(feasible, judgements) };
}

type Judged = readonly { readonly plugin: Plugin; readonly judgement: Judgement }[];

function firstRejection(info: NodeInfo, judgements: Judged): NodeRejection | undefined {
  for (const { plugin, judgement } of judgements) {
    const rejection = judgement.filter?.(info);
    if (rejection !== undefined) return { ...rejection, plugin: plugin.name };
  }
  return undefined;
}

function excludedNodes(snapshot: Snapshot, judgements: Judged): ReadonlyMap<string, NodeRejection> {
  const excluded = new Map<string, NodeRejection>();
  const narrowing = judgements.filter(({ judgement }) => judgement.onlyNodes !== undefined);
  if (narrowing.length === 0) return excluded;
  const names = narrowing.map(({ plugin }) => plugin.name).join(", ");
  for (const { name } of snapshot.nodes) {
    if (narrowing.every(({ judgement }) => judgement.onlyNodes?.has(name))) continue;
    excluded.set(name, {
      plugin: narrowing[0]!.plugin.name,
      code: "UnschedulableAndUnresolvable",
      reasons: [`node(s) didn't satisfy plugin(s) [${names}]`],
    });
  }
  return excluded;
}

function scoresOf(feasible: readonly NodeInfo[], judgements: Judged): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const scores = new Map(feasible.map(({ name }) => [name, new Map<string, number>()]));
  for (const { plugin, judgement } of judgements) {
    if (plugin.weight === 0) continue;
    const given = judgement.score?.(feasible);
    if (given === undefined) continue;
    for (const [i, { name }] of feasible.entries()) scores.get(name)!.set(plugin.name, given[i]! * plugin.weight);
  }
  return scores;
}

/** The nodes with the highest total. */
export function bestNodes({ feasible, scores }: Assessment): readonly string[] {
  if (feasible.length < 2) return feasible.map(({ name }) => name);
  const totals = feasible.map(({ name }) => ({ name, total: totalOf(scores.get(name)) }));
  const highest = Math.max(...totals.map(({ total }) => total));
  return totals.filter(({ total }) => total === highest).map(({ name }) => name);
}

export function totalOf(scores: ReadonlyMap<string, number> | undefined): number {
  let total = 0;
  for (const score of scores?.values() ?? []) total += score;
  return total;
}

/** `3 Insufficient cpu`, each reason with its number of nodes, sorted as text. */
export function countedReasons({ rejection, excluded, rejected }: Assessment): readonly string[] {
  if (rejection !== undefined) return [...rejection.reasons];
  const counts = new Map<string, number>();
  for (const { reasons } of [...excluded.values(), ...rejected.values()])
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted();
}
