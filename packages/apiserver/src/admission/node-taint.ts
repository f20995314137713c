import type { KubeObject } from "@lateen/objects";
import { objectsOf, specOf, withSpec } from "../kinds/edit.ts";

const key = "node.kubernetes.io/not-ready";

/** A new node takes no pods until it has said that it is ready (plugin/pkg/admission/nodetaint). */
export function taintNewNode(node: KubeObject): KubeObject {
  const taints = objectsOf(specOf(node).taints);
  if (taints.some((taint) => taint.key === key && taint.effect === "NoSchedule")) return node;
  return withSpec(node, { taints: [...taints, { key, effect: "NoSchedule" }] });
}
