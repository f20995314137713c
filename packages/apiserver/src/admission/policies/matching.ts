import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { type Kind, type KubeObject, labelSelectorOf, matchesLabels, type MetaLabelSelector } from "@lateen/objects";
import { listOf, objectsOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import { convertTo } from "../../object/convert-to.ts";
import type { Resource } from "../../registry/resource.ts";
import { readObject } from "../../server/core.ts";
import type { ResourceRequest } from "../../request/context.ts";

/** A write as webhooks and policies see it. */
export interface PolicySubject {
  readonly request: ResourceRequest;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  readonly dryRun: boolean;
  /** The version that object and old are in, where it is not that of the request. */
  readonly matched?: Resource;
  /** What object and old are of, where a subresource has a kind of its own (Scale, Eviction, PodExecOptions). */
  readonly form?: Kind;
}

/** The name of what is written; options of connections have none of their own. */
export function nameOf({ request, object, old }: PolicySubject): string {
  const own = (object as Partial<KubeObject> | undefined)?.metadata?.name;
  return own ?? old?.metadata.name ?? request.name;
}

/** The request as a request about what the subject holds: in the version that was matched, or of the form's kind. */
export function requestSeen({ request, matched = request.resource, form }: PolicySubject): ResourceRequest {
  if (form !== undefined) return { ...request, resource: { ...matched, kind: form, custom: undefined } };
  return matched === request.resource ? request : { ...request, resource: matched };
}

/**
 * The resource in the version that a list of RuleWithOperations names: that of the request, or with the policy Equivalent
 * another one in which the same object can be had. Undefined when the write is not meant.
 */
export function matchedResource(
  rules: JsonValue | undefined,
  subject: PolicySubject,
  matchPolicy: JsonValue | undefined,
): Resource | undefined {
  const list = objectsOf(rules);
  const { resource } = subject.request;
  if (list.some((rule) => matchesRule(rule, subject, resource))) return resource;
  if (matchPolicy === "Exact") return undefined;
  const others = equivalentsOf(subject.request);
  for (const rule of list) {
    const found = others.find((other) => matchesRule(rule, subject, other));
    if (found !== undefined) return found;
  }
  return undefined;
}

function matchesRule(rule: JsonObject, subject: PolicySubject, { kind }: Resource): boolean {
  const { request, operation } = subject;
  return (
    includes(rule.operations, operation) &&
    includes(rule.apiGroups, kind.group) &&
    includes(rule.apiVersions, kind.version) &&
    matchesScope(rule.scope, kind) &&
    matchesResource(rule.resources, kind.plural, request.subresource) &&
    matchesName(rule.resourceNames, request.name === "" ? nameOf(subject) : request.name)
  );
}

/** The same resource in its other served versions; events have two groups. */
function equivalentsOf({ resource, table }: ResourceRequest): readonly Resource[] {
  const { kind } = resource;
  const groups = kind.plural === "events" && eventGroups.includes(kind.group) ? eventGroups : [kind.group];
  return groups.flatMap((group) =>
    table.kinds
      .versionsOf(group)
      .map((version) => table.lookup({ group, version, plural: kind.plural }))
      .filter((other): other is Resource => other !== undefined && other !== resource),
  );
}

const eventGroups: readonly string[] = ["", "events.k8s.io"];

/** The write as it looks in another version of its resource. */
export async function subjectIn(subject: PolicySubject, resource: Resource): Promise<PolicySubject> {
  const { request, object, old } = subject;
  if (resource === request.resource) return subject;
  // A form is the same in every version.
  if (subject.form !== undefined) return { ...subject, matched: resource };
  const convert = async (one: KubeObject | undefined): Promise<KubeObject | undefined> =>
    one === undefined ? undefined : convertTo(request.core, resource, one);
  return { ...subject, object: await convert(object), old: await convert(old), matched: resource };
}

function includes(list: JsonValue | undefined, item: string): boolean {
  return listOf(list).some((one) => one === "*" || one === item);
}

function matchesScope(scope: JsonValue | undefined, kind: Kind): boolean {
  // A namespace is both what it holds and an object of the cluster; rules count it as the latter.
  return scope === undefined || scope === "*" || scope === (kind.namespaced ? "Namespaced" : "Cluster");
}

function matchesResource(resources: JsonValue | undefined, plural: string, subresource: string | undefined): boolean {
  return listOf(resources).some((one) => {
    const [resource, sub] = textOf(one).split("/");
    if (one === "*/*") return true;
    const matches = resource === "*" || resource === plural;
    return matches && (sub === undefined ? subresource === undefined : sub === "*" || sub === subresource);
  });
}

function matchesName(names: JsonValue | undefined, name = ""): boolean {
  const list = listOf(names);
  return list.length === 0 || list.includes(name);
}

/** Whether the namespace (or, for namespaces, the object itself) and the object have the labels that are asked for. */
export function matchesSelectors(owner: JsonObject, subject: PolicySubject): boolean {
  const { object, old } = subject;
  if (!matchesNamespace(owner.namespaceSelector, subject)) return false;
  const selector = selectorOf(owner.objectSelector);
  if (selector === undefined || selector.requirements.length === 0) return true;
  return [object, old].some((one) => hasMetadata(one) && matchesLabels(selector, one.metadata.labels));
}

/** Options of connections have none, and so no labels. */
function hasMetadata(one: Partial<KubeObject> | undefined): one is KubeObject {
  return one?.metadata !== undefined;
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

/** The resource that matchConstraints of a policy, or matchResources of a binding, name; undefined when they do not. */
export function matchesResources(match: JsonValue | undefined, subject: PolicySubject): Resource | undefined {
  const { resource } = subject.request;
  if (!isJsonObject(match)) return resource;
  if (!matchesSelectors(match, subject)) return undefined;
  if (matchedResource(match.excludeResourceRules, subject, match.matchPolicy) !== undefined) return undefined;
  if (listOf(match.resourceRules).length === 0) return resource;
  return matchedResource(match.resourceRules, subject, match.matchPolicy);
}

/** Kinds that no policy and no webhook may stand in the way of. */
export function isExempt({ request }: PolicySubject): boolean {
  const { kind } = request.resource;
  return kind.group === "admissionregistration.k8s.io" || (reviewGroups.has(kind.group) && kind.verbs.length === 1);
}

const reviewGroups = new Set(["authentication.k8s.io", "authorization.k8s.io"]);

/** AdmissionReview's request, without its uid. */
export function reviewRequest(subject: PolicySubject): JsonObject {
  const { request, operation, object, old, dryRun, matched = request.resource, form } = subject;
  const { user } = request;
  const sub = request.subresource === undefined ? {} : { subResource: request.subresource };
  const requestSub = request.subresource === undefined ? {} : { requestSubResource: request.subresource };
  return {
    kind: gvkOfKind(form ?? matched.kind),
    resource: gvrIn(matched),
    ...sub,
    requestKind: gvkOfKind(form ?? request.resource.kind),
    requestResource: gvrIn(request.resource),
    ...requestSub,
    name: nameOf(subject),
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
    options: optionsOf(subject),
  };
}

const gvkOfKind = ({ group, version, kind }: Kind): JsonObject => ({ group, version, kind });

const gvrIn = ({ kind }: Resource): JsonObject => ({
  group: kind.group,
  version: kind.version,
  resource: kind.plural,
});

/** The options of the request: a patch is an update, or a creation; a connection has none. */
function optionsOf({ request, operation, dryRun }: PolicySubject): JsonValue {
  if (operation === "CONNECT") return null;
  const { query } = request;
  const manager = query.get("fieldManager");
  const validation = query.get("fieldValidation");
  return {
    kind: `${operation[0]}${operation.slice(1).toLowerCase()}Options`,
    apiVersion: "meta.k8s.io/v1",
    ...(dryRun && { dryRun: ["All"] }),
    ...(manager && operation !== "DELETE" && { fieldManager: manager }),
    ...(validation && operation !== "DELETE" && { fieldValidation: validation }),
  };
}
