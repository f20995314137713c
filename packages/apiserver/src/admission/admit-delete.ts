import type { KubeObject } from "@lateen/objects";
import type { ResourceRequest } from "../request/context.ts";
import { checkValidatingPolicies } from "./policies/validating-policies.ts";
import { Rounds } from "./policies/reinvocation.ts";
import { callMutatingWebhooks, callValidatingWebhooks } from "./policies/webhooks.ts";
import { forbidden } from "../status/errors.ts";
import type { DeleteOptions } from "../write/delete-options.ts";

const immortal = new Set(["default", "kube-system", "kube-public"]);

/** What may refuse a deletion. @throws Forbidden. */
export async function admitDelete(request: ResourceRequest, live: KubeObject, options: DeleteOptions): Promise<void> {
  const { kind, groupResource } = request.resource;
  const name = live.metadata.name ?? "";
  if (kind.group === "" && kind.kind === "Namespace" && immortal.has(name)) {
    throw forbidden(groupResource, name, "this namespace may not be deleted");
  }
  if (request.admitted) return;
  const subject = { request, operation: "DELETE", object: undefined, old: live, dryRun: options.dryRun } as const;
  await callMutatingWebhooks(subject, new Rounds());
  await checkValidatingPolicies(subject);
  await callValidatingWebhooks(subject);
}
