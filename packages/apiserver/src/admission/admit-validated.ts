import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
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
  const operation = old === undefined ? "CREATE" : "UPDATE";
  const subject = { request, operation, object, old, dryRun: write.dryRun } as const;
  await checkValidatingPolicies(subject);
  await callValidatingWebhooks(subject);
  await chargeQuotas(request, write);
}
