import { type KubeObject, valueAt } from "@lateen/objects";
import { objectsOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ResourceRequest } from "../request/context.ts";
import { forbidden, notFound } from "../status/errors.ts";
import { missingRules, type PolicyRule } from "./rules.ts";

const rbacGroup = "rbac.authorization.k8s.io";

/**
 * Nobody grants what they do not have: who writes a role must hold its rules or the verb `escalate`, who binds one must
 * hold its rules or the verb `bind` on it (pkg/registry/rbac, policybased).
 * @throws Forbidden; NotFound for a binding to an absent role.
 */
export function checkEscalation(
  request: ResourceRequest,
  { live, next }: { readonly live: KubeObject | undefined; readonly next: KubeObject },
): void {
  const { kind } = request.resource;
  if (kind.group !== rbacGroup || request.user.groups.includes("system:masters")) return;
  if (kind.kind === "Role" || kind.kind === "ClusterRole") checkRole(request, { live, next });
  else checkBinding(request, next);
}

function checkRole(
  request: ResourceRequest,
  { live, next }: { readonly live: KubeObject | undefined; readonly next: KubeObject },
): void {
  const { kind } = request.resource;
  const rules = rulesIn(next);
  if (live !== undefined && JSON.stringify(rules) === JSON.stringify(rulesIn(live))) return;
  const namespace = next.metadata.namespace;
  if (isAllowed(request, { verb: "escalate", resource: kind.plural, namespace, name: next.metadata.name ?? "" }))
    return;
  refuseMissing(request, next, rules);
}

function checkBinding(request: ResourceRequest, next: KubeObject): void {
  const roleKind = textOf(valueAt(next, "roleRef", "kind"));
  const roleName = textOf(valueAt(next, "roleRef", "name"));
  const namespace = next.metadata.namespace;
  const resource = roleKind === "ClusterRole" ? "clusterroles" : "roles";
  if (isAllowed(request, { verb: "bind", resource, namespace, name: roleName })) return;
  const rules = request.core.rbac.rulesOfRole(roleKind, namespace, roleName);
  if (rules === undefined) throw notFound(request.resource.groupResource, roleName);
  refuseMissing(request, next, rules);
}

function rulesIn(object: KubeObject): readonly PolicyRule[] {
  return objectsOf(valueAt(object, "rules")) as unknown as readonly PolicyRule[];
}

function isAllowed(
  request: ResourceRequest,
  asked: {
    readonly verb: string;
    readonly resource: string;
    readonly namespace: string | undefined;
    readonly name: string;
  },
): boolean {
  const attributes = { ...asked, user: request.user, kind: "resource" as const, group: rbacGroup };
  return request.core.rbac.authorize(attributes).kind === "allowed";
}

function refuseMissing(request: ResourceRequest, object: KubeObject, wanted: readonly PolicyRule[]): void {
  const { user, core, resource } = request;
  const held = [...core.rbac.grants(user, object.metadata.namespace)].map(({ rule }) => rule);
  const missing = missingRules(held, wanted);
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(" ");
  throw forbidden(
    resource.groupResource,
    object.metadata.name ?? "",
    `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.join("\n")}`,
  );
}
