import { type AuthorizationCheck, authorizerValue, type CelValue, resourceCheckValue } from "@lateen/cel";
import { serviceAccountGroups, serviceAccountName } from "../../authn/user.ts";
import type { Attributes } from "../../authz/attributes.ts";
import { parseFieldSelectorName } from "../../read/selection.ts";
import type { UserInfo } from "../../request/context.ts";
import type { PolicySubject } from "./matching.ts";

/** `authorizer`: what the sender of the request, or a service account, may do. */
export function authorizerOf(subject: PolicySubject): CelValue {
  return authorizerValue(checkOf(subject));
}

/** `authorizer.requestResource`: the question about the object of the request. */
export function requestResourceOf(subject: PolicySubject): CelValue {
  const { request, object, old } = subject;
  const { kind } = request.resource;
  return resourceCheckValue(checkOf(subject), {
    group: kind.group,
    resource: kind.plural,
    subresource: request.subresource ?? "",
    namespace: request.namespace ?? "",
    name: request.name === "" ? (object?.metadata.name ?? old?.metadata.name ?? "") : request.name,
  });
}

function checkOf({ request }: PolicySubject): AuthorizationCheck {
  return (question) => {
    const { serviceAccount } = question;
    const user: UserInfo =
      serviceAccount === undefined
        ? request.user
        : {
            username: serviceAccountName(serviceAccount.namespace, serviceAccount.name),
            groups: [...serviceAccountGroups(serviceAccount.namespace), "system:authenticated"],
          };
    const { verb, path } = question;
    const attributes: Attributes =
      path === undefined
        ? {
            user,
            verb,
            kind: "resource",
            group: question.group ?? "",
            version: "*",
            resource: question.resource ?? "",
            subresource: question.subresource || undefined,
            namespace: question.namespace || undefined,
            name: question.name || parseFieldSelectorName(question.fieldSelector),
          }
        : { user, verb, kind: "path", path };
    const decision = request.core.rbac.authorize(attributes);
    return { allowed: decision.kind === "allowed", reason: decision.reason };
  };
}
