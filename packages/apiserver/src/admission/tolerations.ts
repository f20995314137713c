import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { objectsOf, specOf, withSpec } from "../kinds/edit.ts";

const taints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** Pods outlive a lost node by five minutes, unless they say otherwise (DefaultTolerationSeconds). */
export function addDefaultTolerations(pod: KubeObject): KubeObject {
  const tolerations = objectsOf(specOf(pod).tolerations);
  const missing = taints.filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)));
  if (missing.length === 0) return pod;
  const added = missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }));
  return withSpec(pod, { tolerations: [...tolerations, ...added] });
}

function tolerates({ key, effect }: JsonObject, taint: string): boolean {
  return ((key ?? "") === "" || key === taint) && ((effect ?? "") === "" || effect === "NoExecute");
}
