import { isJsonObject, type JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { admitForm } from "../admission/admit-form.ts";
import type { Answer } from "../answer/answer.ts";
import { listOf, objectsOf, specOf, statusOf, withMetadata, withSpec, withStatusPart } from "../kinds/edit.ts";
import type { ResourceRequest } from "../request/context.ts";
import { badRequest, conflict, statusError } from "../status/errors.ts";
import { decodeBody, parseBody } from "../write/body.ts";
import { timestamp } from "../write/metadata.ts";
import { parseWriteOptions } from "../write/options.ts";
import { changeObject } from "../write/update.ts";

const bindingKind = { group: "", version: "v1", kind: "Binding" };

/** POST `pods/NAME/binding` and `bindings`: the scheduler says where a pod runs. */
export async function bindPod(request: ResourceRequest): Promise<Answer> {
  const options = parseWriteOptions(request, "CreateOptions");
  const kind = request.table.kinds.lookup(bindingKind)!;
  const { object: given } = decodeBody(request, kind, parseBody(request, kind));
  const name = request.name === "" ? (given.metadata.name ?? "") : request.name;
  checkName(request, given);
  checkTarget(given);
  const binding = await admitForm(request, {
    kind,
    operation: "CREATE",
    object: { ...given, metadata: { ...given.metadata, name, namespace: request.namespace! } },
    dryRun: options.dryRun,
  });
  const resource = request.table.lookup({ group: "", version: "v1", plural: "pods" })!;
  const target: ResourceRequest = { ...request, resource, name, subresource: "binding", admitted: true };
  await changeObject(target, { ...options, fieldManager: options.fieldManager }, (live) => ({
    object: bound(request, live, binding),
  }));
  return {
    kind: "object",
    status: 201,
    object: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 },
  };
}

/** @throws BadRequest when URL and body disagree about the pod. */
function checkName(request: ResourceRequest, { metadata: { name = "", namespace = "" } }: KubeObject): void {
  if (namespace !== "" && namespace !== request.namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  if (request.name !== "" && name !== "" && name !== request.name)
    throw badRequest("name in URL does not match name in Binding object");
}

function checkTarget(binding: KubeObject): void {
  const kind = valueAt(binding, "target", "kind") ?? "";
  const errors: string[] = [];
  if (kind !== "" && kind !== "Node") {
    errors.push(`target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`);
  }
  if ((valueAt(binding, "target", "name") ?? "") === "") errors.push("target.name: Required value");
  if (errors.length > 0) throw statusError(500, "", errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`);
}

function bound(request: ResourceRequest, pod: KubeObject, binding: KubeObject): KubeObject {
  const name = pod.metadata.name ?? "";
  const refuse = (why: string): Error => conflict({ group: "", resource: "pods/binding" }, name, why);
  const { nodeName, schedulingGates } = specOf(pod);
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (typeof nodeName === "string" && nodeName !== "") {
    throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(nodeName)}`);
  }
  if (listOf(schedulingGates).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  const condition: JsonObject = {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: timestamp(request.core),
  };
  const others = objectsOf(statusOf(pod).conditions).filter(({ type }) => type !== "PodScheduled");
  const annotations = valueAt(binding, "metadata", "annotations");
  const noted = isJsonObject(annotations)
    ? withMetadata(pod, { annotations: { ...pod.metadata.annotations, ...(annotations as Record<string, string>) } })
    : pod;
  const assigned = withSpec(noted, { nodeName: valueAt(binding, "target", "name")! });
  return withStatusPart(assigned, { conditions: [...others, condition] });
}
