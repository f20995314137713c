import type { Client } from "@lateen/client";
import type { ApplicationAdmitterOptions } from "@lateen/delivery";
import { type KubeObject, valueAt } from "@lateen/objects";

/** Asks the API server whether a user has the verb `impersonate` on a service account. */
export function mayActAs(client: Client): NonNullable<ApplicationAdmitterOptions["mayActAs"]> {
  return async ({ username, groups = [] }, { namespace, name }) => {
    const resourceAttributes = { verb: "impersonate", resource: "serviceaccounts", namespace, name };
    const review = await client.create({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: { user: username, groups: [...groups], resourceAttributes },
    } as unknown as KubeObject);
    return valueAt(review.status, "allowed") === true;
  };
}
