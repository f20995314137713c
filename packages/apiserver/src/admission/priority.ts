import { type KubeObject, valueAt } from "@lateen/objects";
import { specOf, withSpec } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { readObject } from "../server/core.ts";
import { forbidden } from "../status/errors.ts";

interface PriorityClass {
  readonly name: string;
  readonly value: number;
  readonly preemptionPolicy: string;
}

const systemClasses: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** A pod's priority is that of its class (plugin/pkg/admission/priority). */
export function admitPriority(request: ResourceRequest, pod: KubeObject): KubeObject {
  const spec = specOf(pod);
  const asked = textOf(spec.priorityClassName);
  const refuse = (why: string): Error => forbidden(request.resource.groupResource, pod.metadata.name ?? "", why);
  const found = asked === "" ? defaultClass(request) : classNamed(request, asked);
  if (found === undefined && asked !== "") throw refuse(`no PriorityClass with name ${asked} was found`);
  const value = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? "PreemptLowerPriority";
  if (typeof spec.priority === "number" && spec.priority !== value) {
    throw refuse(
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  if (typeof spec.preemptionPolicy === "string" && spec.preemptionPolicy !== policy) {
    throw refuse(
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  return withSpec(pod, {
    ...(asked === "" && found !== undefined && { priorityClassName: found.name }),
    priority: value,
    preemptionPolicy: policy,
  });
}

function classesOf(request: ResourceRequest) {
  return request.table.lookup({ group: "scheduling.k8s.io", version: "v1", plural: "priorityclasses" })!;
}

function classNamed(request: ResourceRequest, name: string): PriorityClass | undefined {
  const resource = classesOf(request);
  const object = readObject(request.core, resource, `${resource.prefix}${name}`);
  if (object !== undefined) return classOf(object);
  const value = Object.hasOwn(systemClasses, name) ? systemClasses[name] : undefined;
  return value === undefined ? undefined : { name, value, preemptionPolicy: "PreemptLowerPriority" };
}

/** The class for pods that name none: of several the one with the lowest value. */
function defaultClass(request: ResourceRequest): PriorityClass | undefined {
  const resource = classesOf(request);
  const { core } = request;
  const defaults = core.store
    .range(resource.prefix)
    .entries.map((entry) => core.reader.read(resource, entry))
    .filter((object) => valueAt(object, "globalDefault") === true)
    .map(classOf);
  return defaults.toSorted((a, b) => a.value - b.value)[0];
}

function classOf(object: KubeObject): PriorityClass {
  return {
    name: object.metadata.name ?? "",
    value: Number(valueAt(object, "value") ?? 0),
    preemptionPolicy: textOf(valueAt(object, "preemptionPolicy")) || "PreemptLowerPriority",
  };
}
