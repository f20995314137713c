import type { Kind, KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { applyMutatingPolicies } from "./policies/mutating-policies.ts";
import { Rounds } from "./policies/reinvocation.ts";
import { checkValidatingPolicies } from "./policies/validating-policies.ts";
import { callMutatingWebhooks, callValidatingWebhooks } from "./policies/webhooks.ts";

/** A request through a subresource that has a kind of its own, as policies and webhooks see it. */
export interface AdmittedForm {
  readonly kind: Kind;
  readonly operation: "CREATE" | "UPDATE" | "CONNECT";
  readonly object: KubeObject;
  readonly old?: KubeObject;
  readonly dryRun: boolean;
}

/** What policies and webhooks make of the form. @throws what they answer. */
export async function admitForm(request: ResourceRequest, form: AdmittedForm): Promise<KubeObject> {
  const object = await mutateForm(request, form);
  await validateForm(request, { ...form, object });
  return object;
}

export async function mutateForm(request: ResourceRequest, form: AdmittedForm): Promise<KubeObject> {
  const rounds = new Rounds();
  const once = async (given: KubeObject): Promise<KubeObject> => {
    const subject = subjectOf(request, form);
    const object = (await applyMutatingPolicies({ ...subject, object: given }, rounds)) ?? given;
    return (await callMutatingWebhooks({ ...subject, object }, rounds)) ?? object;
  };
  const object = await once(form.object);
  // What was changed late may concern who was asked early.
  return rounds.next() ? once(object) : object;
}

export async function validateForm(request: ResourceRequest, form: AdmittedForm): Promise<void> {
  const subject = subjectOf(request, form);
  await checkValidatingPolicies(subject);
  await callValidatingWebhooks(subject);
}

function subjectOf(request: ResourceRequest, { kind, operation, object, old, dryRun }: AdmittedForm) {
  return { request, operation, object, old, dryRun, form: kind };
}
