import type { SchedulingPod } from "./objects.ts";
import type { NodeInfo, Snapshot } from "./snapshot.ts";

/** `Unschedulable`: removing pods could help. `UnschedulableAndUnresolvable`: it could not. */
export interface Rejection {
  readonly code: "Unschedulable" | "UnschedulableAndUnresolvable";
  readonly reasons: readonly string[];
}

/** What a plugin has to say about one pod in one snapshot. Absent parts: it does not care. */
export interface Judgement {
  /** Rejects the pod for all nodes. */
  readonly rejection?: Rejection;
  /** Only these nodes can be meant. */
  readonly onlyNodes?: ReadonlySet<string>;
  readonly filter?: (info: NodeInfo) => Rejection | undefined;
  /** Scores of the feasible nodes, each 0 to 100, in their order. Undefined: the plugin does not score this pod. */
  readonly score?: (feasible: readonly NodeInfo[]) => readonly number[] | undefined;
}

/** A rule of placement. It is asked once for each pod, then once for each node: both must be pure. */
export interface Plugin {
  readonly name: string;
  /** Weight of its score; 0 for plugins that only filter. */
  readonly weight: number;
  judge(pod: SchedulingPod, snapshot: Snapshot): Judgement;
}

export const maxNodeScore = 100;

export function unschedulable(...reasons: string[]): Rejection {
  return { code: "Unschedulable", reasons };
}

export function unresolvable(...reasons: string[]): Rejection {
  return { code: "UnschedulableAndUnresolvable", reasons };
}

/** Scales counts so that the highest is 100 (or 0 when reversed); all zero gives 0 (reversed: 100). Integer division. */
export function normalizeScores(
  scores: readonly number[],
  direction: "more is better" | "less is better",
): readonly number[] {
  const highest = Math.max(0, ...scores);
  const reversed = direction === "less is better";
  if (highest === 0) return reversed ? scores.map(() => maxNodeScore) : scores;
  return scores.map((score) => {
    const scaled = Math.trunc((maxNodeScore * score) / highest);
    return reversed ? maxNodeScore - scaled : scaled;
  });
}
