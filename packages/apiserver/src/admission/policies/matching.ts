import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { type KubeObject, labelSelectorOf, matchesLabels, type MetaLabelSelector } from "@lateen/objects";
import { listOf, objectsOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import { readObject } from "../../server/core.ts";
import type { ResourceRequest } from "../../request/context.ts";

/** A write as webhooks and policies see it. */
export interface PolicySubject {
  readonly request: ResourceRequest;
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  readonly dryRun: boolean;
}

/** Whether a list of RuleWithOperations names the write. */
export function matchesRules(rules: JsonValue | undefined, { request, operation }: PolicySubject): boolean {
  const { kind } = request.resource;
  return objectsOf(rules).some(
    (rule) =>
      includes(rule.operations, operation) &&
      includes(rule.apiGroups, kind.group) &&
      // Equivalent: a rule for another version of the group means this one too.
      (includes(rule.apiVersions, kind.version) || request.table.kinds.versionsOf(kind.group).length > 1) &&
      matchesScope(rule.scope, kind.namespaced) &&
      matchesResource(rule.resources, kind.plural, request.subresource) &&
      matchesName(rule.resourceNames, request.name),
  );
}

function includes(list: JsonValue | undefined, item: string): boolean {
  return listOf(list).some((one) => one === "*" || one === item);
}

function matchesScope(scope: JsonValue | undefined, namespaced: boolean): boolean {
  return scope === undefined || scope === "*" || scope === (namespaced ? "Namespaced" : "Cluster");
}

function matchesResource(resources: JsonValue | undefined, plural: string, subresource: string | undefined): boolean {
  return listOf(resources).some((one) => {
    const [resource, sub] = textOf(one).split("/");
    if (one === "*/*") return true;
    const matches = resource === "*" || resource === plural;
    return matches && (sub === undefined ? subresource === undefined : sub === "*" || sub === subresource);
  });
}

function matchesName(names: JsonValue | undefined, name: string): boolean {
  const list = listOf(names);
  return list.length === 0 || list.includes(name);
}

/** Whether the namespace (or, for namespaces, the object itself) and the object have the labels that are asked for. */
export function matchesSelectors(owner: JsonObject, subject: PolicySubject): boolean {
  const { object, old } = subject;
  if (!matchesNamespace(owner.namespaceSelector, subject)) return false;
  const selector = selectorOf(owner.objectSelector);
  if (selector === undefined) return true;
  return [object, old].some((one) => one !== undefined && matchesLabels(selector, one.metadata.labels));
}

function matchesNamespace(value: JsonValue | undefined, { request, object, old }: PolicySubject): boolean {
  const selector = selectorOf(value);
  if (selector === undefined || selector.requirements.length === 0) return true;
  const { kind } = request.resource;
  if (kind.group === "" && kind.kind === "Namespace") return matchesLabels(selector, (object ?? old)?.metadata.labels);
  if (request.namespace === undefined) return true;
  return matchesLabels(selector, namespaceOf(request)?.metadata.labels);
}

export function namespaceOf(request: ResourceRequest): KubeObject | undefined {
  const resource = request.table.lookup({ group: "", version: "v1", plural: "namespaces" })!;
  return request.namespace === undefined
    ? undefined
    : readObject(request.core, resource, resource.prefix + request.namespace);
}

function selectorOf(value: JsonValue | undefined) {
  return isJsonObject(value) ? labelSelectorOf(value as MetaLabelSelector) : undefined;
}

/** matchConstraints of a policy, or matchResources of a binding. */
export function matchesResources(match: JsonValue | undefined, subject: PolicySubject): boolean {
  if (!isJsonObject(match)) return true;
  if (!matchesSelectors(match, subject)) return false;
  if (matchesRules(match.excludeResourceRules, subject)) return false;
  return listOf(match.resourceRules).length === 0 || matchesRules(match.resourceRules, subject);
}

/** Kinds that no policy and no webhook may stand in the way of. */
export function isExempt({ request }: PolicySubject): boolean {
  const { kind } = request.resource;
  return kind.group === "admissionregistration.k8s.io" || (reviewGroups.has(kind.group) && kind.verbs.length === 1);
}

const reviewGroups = new Set(["authentication.k8s.io", "authorization.k8s.io"]);

/** AdmissionReview's request, without its uid. */
export function reviewRequest({ request, operation, object, old, dryRun }: PolicySubject): JsonObject {
  const { kind } = request.resource;
  const { user } = request;
  const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
  const gvr = { group: kind.group, version: kind.version, resource: kind.plural };
  const sub = request.subresource === undefined ? {} : { subResource: request.subresource };
  const requestSub = request.subresource === undefined ? {} : { requestSubResource: request.subresource };
  return {
    kind: gvk,
    resource: gvr,
    ...sub,
    requestKind: gvk,
    requestResource: gvr,
    ...requestSub,
    name: object?.metadata.name ?? old?.metadata.name ?? request.name,
    ...(request.namespace !== undefined && { namespace: request.namespace }),
    operation,
    userInfo: {
      username: user.username,
      ...(user.uid && { uid: user.uid }),
      groups: user.groups,
      ...(user.extra && { extra: user.extra as unknown as JsonObject }),
    },
    object: (object ?? null) as JsonValue,
    oldObject: (old ?? null) as JsonValue,
    dryRun,
    options: { kind: `${operation[0]}${operation.slice(1).toLowerCase()}Options`, apiVersion: "meta.k8s.io/v1" },
  };
}
