import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { scaleForm } from "../subresources/scale-form.ts";
import { validateForm } from "./admit-form.ts";
import { checkLimits } from "./limit-ranger.ts";
import { checkPodSecurity } from "./pod-security.ts";
import { checkValidatingPolicies } from "./policies/validating-policies.ts";
import { callValidatingWebhooks } from "./policies/webhooks.ts";
import { chargeQuotas } from "./quota.ts";

export interface ValidatedWrite {
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
  readonly dryRun: boolean;
}

/** What may still refuse a write that is valid; quotas come last, since they keep what they have counted. @throws Forbidden. */
export async function admitValidated(request: ResourceRequest, write: ValidatedWrite): Promise<void> {
  const { object, old } = write;
  if (old === undefined) checkLimits(request, object);
  if (request.subresource === undefined || request.subresource === "ephemeralcontainers")
    checkPodSecurity(request, object);
  if (request.subresource === "scale" && old !== undefined)
    await validateForm(request, scaleForm(request, { object, old, dryRun: write.dryRun }));
  else if (!request.admitted) await askPolicies(request, write);
  await chargeQuotas(request, write);
}

async function askPolicies(request: ResourceRequest, { object, old, dryRun }: ValidatedWrite): Promise<void> {
  const operation = old === undefined ? "CREATE" : "UPDATE";
  const subject = { request, operation, object, old, dryRun } as const;
  await checkValidatingPolicies(subject);
  await callValidatingWebhooks(subject);
}
