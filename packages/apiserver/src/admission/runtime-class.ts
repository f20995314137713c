import { isJsonObject, jsonEquals, type JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { objectsOf, specOf, withSpec } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { readObject } from "../server/core.ts";
import { forbidden } from "../status/errors.ts";

/** Overhead, node selector and tolerations of the pod's runtime class (plugin/pkg/admission/runtimeclass). */
export function admitRuntimeClass(request: ResourceRequest, pod: KubeObject): KubeObject {
  const spec = specOf(pod);
  const name = textOf(spec.runtimeClassName);
  const refuse = (why: string): Error => forbidden(request.resource.groupResource, pod.metadata.name ?? "", why);
  if (name === "") {
    if (spec.overhead !== undefined)
      throw refuse("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    return pod;
  }
  const resource = request.table.lookup({ group: "node.k8s.io", version: "v1", plural: "runtimeclasses" })!;
  const found = readObject(request.core, resource, `${resource.prefix}${name}`);
  if (found === undefined) throw refuse(`pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  const overhead = valueAt(found, "overhead", "podFixed");
  if (spec.overhead !== undefined && !jsonEquals(spec.overhead, overhead)) {
    throw refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
  const selector = valueAt(found, "scheduling", "nodeSelector");
  const tolerations = objectsOf(valueAt(found, "scheduling", "tolerations"));
  const own = (spec.nodeSelector ?? {}) as JsonObject;
  for (const [key, value] of Object.entries(isJsonObject(selector) ? selector : {})) {
    if (own[key] !== undefined && own[key] !== value) {
      throw refuse(
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${textOf(value)}; pod.spec.nodeSelector[${key}] = ${textOf(own[key])}`,
      );
    }
  }
  const existing = objectsOf(spec.tolerations);
  const added = tolerations.filter((one) => !existing.some((other) => jsonEquals(one, other)));
  return withSpec(pod, {
    ...(overhead !== undefined && { overhead }),
    ...(isJsonObject(selector) && { nodeSelector: { ...own, ...selector } }),
    ...(added.length > 0 && { tolerations: [...existing, ...added] }),
  });
}
