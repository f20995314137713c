import { ApiError } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import type { WriteOptions } from "../write/options.ts";
import { checkEscalation } from "../authz/escalation.ts";
import { mutateForm } from "./admit-form.ts";
import { scaled, scaleForm } from "../subresources/scale-form.ts";
import { withDefaultClass } from "./default-classes.ts";
import { applyMutatingPolicies } from "./policies/mutating-policies.ts";
import { Rounds } from "./policies/reinvocation.ts";
import { callMutatingWebhooks } from "./policies/webhooks.ts";
import { checkNamespaceLives } from "./namespace-lifecycle.ts";
import { taintNewNode } from "./node-taint.ts";
import { admitPod } from "./pod.ts";

export interface Admission {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly object: KubeObject;
  readonly old?: KubeObject | undefined;
  readonly options: Pick<WriteOptions, "dryRun">;
}

/**
 * Everything that may change or refuse a write before it is validated, in kube-apiserver's order.
 * @throws Forbidden and what else a part answers.
 */
export async function admit(request: ResourceRequest, admission: Admission): Promise<KubeObject> {
  checkNamespaceLives(request, admission);
  checkEscalation(request, { live: admission.old, next: admission.object });
  let object = await mutated(request, admission);
  for (const admitter of request.core.admitters) {
    const verdict = await admitter({
      operation: admission.operation,
      apiVersion: object.apiVersion,
      kind: object.kind,
      subresource: request.subresource,
      namespace: object.metadata.namespace,
      name: object.metadata.name ?? "",
      object,
      oldObject: admission.old,
      userInfo: request.user,
      dryRun: admission.options.dryRun,
    });
    if (verdict.kind === "denied") throw new ApiError(verdict.status);
    request.warnings.push(...(verdict.warnings ?? []));
    object = verdict.object ?? object;
  }
  return object;
}

async function mutated(request: ResourceRequest, admission: Admission): Promise<KubeObject> {
  const { object, old, options } = admission;
  if (request.subresource === "scale" && old !== undefined) {
    const form = scaleForm(request, { object, old, dryRun: options.dryRun });
    const scale = await mutateForm(request, form);
    return scale === form.object ? object : scaled(request, object, scale);
  }
  const rounds = new Rounds();
  const once = await mutate(request, admission, rounds);
  // What was changed late may concern who was asked early.
  return rounds.next() ? mutate(request, { ...admission, object: once }, rounds) : once;
}

/** One round of everything that may change the object. */
async function mutate(request: ResourceRequest, admission: Admission, rounds: Rounds): Promise<KubeObject> {
  const { operation, old, options } = admission;
  const { kind } = request.resource.kind;
  let object = admitPod(request, admission);
  if (kind === "Node" && request.resource.kind.group === "" && operation === "CREATE") object = taintNewNode(object);
  if (operation === "CREATE" && request.subresource === undefined) object = withDefaultClass(request, object);
  if (request.admitted) return object;
  const subject = { request, operation, old, dryRun: options.dryRun };
  object = (await applyMutatingPolicies({ ...subject, object }, rounds)) ?? object;
  return (await callMutatingWebhooks({ ...subject, object }, rounds)) ?? object;
}
