import type { Random } from "@lateen/base";
import { type Assessment, assess, bestNodes, countedReasons } from "./assess.ts";
import type { SchedulingPod } from "./objects.ts";
import type { Plugin } from "./plugin.ts";
import { imageLocality, balancedAllocation, nodePorts, nodeResourcesFit } from "./plugins/node-resources.ts";
import { nodeAffinity, nodeName } from "./plugins/node-affinity.ts";
import { interPodAffinity } from "./plugins/pod-affinity.ts";
import { nodeUnschedulable, taintToleration } from "./plugins/taints.ts";
import { podTopologySpread } from "./plugins/topology-spread.ts";
import { volumeBinding, volumeRestrictions, volumeZone } from "./plugins/volumes.ts";
import { type Preemption, planPreemption } from "./preemption.ts";
import type { Snapshot } from "./snapshot.ts";

/** The default profile of kube-scheduler 1.36, in the order in which the plugins filter. */
export const defaultPlugins: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  balancedAllocation,
  imageLocality,
];

/** What decides whether a node takes a daemon: its load does not. */
export const daemonPlugins: readonly Plugin[] = [nodeName, taintToleration, nodeAffinity];

export type Placement =
  | { readonly kind: "placed"; readonly node: string; readonly assessment: Assessment }
  /** `message` is the text of the pod's condition and event. */
  | {
      readonly kind: "unschedulable";
      readonly message: string;
      readonly reasons: readonly string[];
      readonly assessment: Assessment;
      /** Pods whose end would make room on a node. */
      readonly preemption?: Preemption;
    }
  /** The pod may not be placed yet. */
  | { readonly kind: "gated"; readonly gates: readonly string[] };

export interface ScheduleOptions {
  readonly plugins?: readonly Plugin[];
  /** Chooses among equals; without it the first in the snapshot's order. */
  readonly random?: Random;
}

/** Where the pod should go in this snapshot: pure, the same answer for the same inputs. */
export function schedule(pod: SchedulingPod, snapshot: Snapshot, options: ScheduleOptions = {}): Placement {
  const gates = (pod.spec?.schedulingGates ?? []).map(({ name }) => name);
  if (gates.length > 0) return { kind: "gated", gates };
  const plugins = options.plugins ?? defaultPlugins;
  const assessment = assess(pod, snapshot, plugins);
  if (assessment.feasible.length === 0) return unplaced(pod, { snapshot, assessment, plugins });
  const best = bestNodes(assessment);
  const chosen = best[options.random === undefined ? 0 : Math.floor(options.random() * best.length)]!;
  return { kind: "placed", node: chosen, assessment };
}

function unplaced(
  pod: SchedulingPod,
  found: { readonly snapshot: Snapshot; readonly assessment: Assessment; readonly plugins: readonly Plugin[] },
): Placement {
  const { snapshot, assessment } = found;
  const unschedulable = { kind: "unschedulable", reasons: countedReasons(assessment), assessment } as const;
  const message = failureMessage(snapshot, assessment);
  if (snapshot.nodes.length === 0) return { ...unschedulable, message };
  if (assessment.rejection !== undefined) return { ...unschedulable, message: `${message} not found` };
  const outcome = planPreemption(pod, found);
  if (outcome.kind === "found") return { ...unschedulable, message, preemption: outcome.preemption };
  // The first words come from the plugin for device claims, which has none to give back.
  return { ...unschedulable, message: `${message} no new claims to deallocate, ${outcome.message}` };
}

function failureMessage(snapshot: Snapshot, assessment: Assessment): string {
  if (snapshot.nodes.length === 0) return "no nodes available to schedule pods";
  const reasons = countedReasons(assessment);
  const all = `0/${snapshot.nodes.length} nodes are available`;
  return reasons.length === 0 ? `${all}.` : `${all}: ${reasons.join(", ")}.`;
}
