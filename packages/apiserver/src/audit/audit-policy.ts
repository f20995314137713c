import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { listOf, objectsOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { UserInfo } from "../request/context.ts";
import type { ResourcePath } from "../request/request-info.ts";

/** How much of a request is told, from nothing to the objects of request and response. */
export const auditLevels = ["None", "Metadata", "Request", "RequestResponse"] as const;
export type AuditLevel = (typeof auditLevels)[number];

export const auditStages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const;
export type AuditStage = (typeof auditStages)[number];

/** What is asked of a policy: who does what where. */
export interface AuditQuestion {
  readonly user: UserInfo;
  readonly verb: string;
  readonly path: string;
  readonly resource: ResourcePath | undefined;
}

export interface AuditDecision {
  readonly level: AuditLevel;
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitManagedFields: boolean;
}

export type AuditPolicy = (question: AuditQuestion) => AuditDecision;

/** Why a policy cannot be used; names the place. */
export class AuditPolicyError extends Error {
  override readonly name = "AuditPolicyError";
  readonly code = "AuditPolicy";
}

/** Everything, without its objects; once, when it is over. */
export const metadataOfAll: AuditPolicy = () => ({
  level: "Metadata",
  omitStages: new Set(["RequestReceived"]),
  omitManagedFields: false,
});

/**
 * Reads a Policy of audit.k8s.io/v1: the first rule that is about a request counts; without one nothing is told.
 * @throws AuditPolicyError.
 */
export function parseAuditPolicy(policy: JsonValue): AuditPolicy {
  if (!isJsonObject(policy) || policy.kind !== "Policy") throw new AuditPolicyError("kind: must be Policy");
  if (policy.apiVersion !== "audit.k8s.io/v1") throw new AuditPolicyError("apiVersion: must be audit.k8s.io/v1");
  const rules = objectsOf(policy.rules);
  if (rules.length === 0) throw new AuditPolicyError("rules: at least one rule is needed");
  const everywhere = stagesOf(policy.omitStages, "omitStages");
  const compiled = rules.map((rule, i) => {
    const field = `rules[${i}]`;
    const level = auditLevels.find((one) => one === rule.level);
    if (level === undefined) throw new AuditPolicyError(`${field}.level: must be one of ${auditLevels.join(", ")}`);
    if (
      listOf(rule.nonResourceURLs).length > 0 &&
      (listOf(rule.resources).length > 0 || listOf(rule.namespaces).length > 0)
    ) {
      throw new AuditPolicyError(`${field}: rules cannot apply to both regular resources and non-resource URLs`);
    }
    const omitManagedFields = rule.omitManagedFields ?? policy.omitManagedFields;
    const decision: AuditDecision = {
      level,
      omitStages: new Set([...everywhere, ...stagesOf(rule.omitStages, `${field}.omitStages`)]),
      omitManagedFields: omitManagedFields === true,
    };
    return { rule, decision };
  });
  const nothing: AuditDecision = { level: "None", omitStages: new Set(), omitManagedFields: false };
  return (question) => compiled.find(({ rule }) => isAbout(rule, question))?.decision ?? nothing;
}

function stagesOf(value: JsonValue | undefined, field: string): readonly AuditStage[] {
  return listOf(value).map((text) => {
    const stage = auditStages.find((one) => one === text);
    if (stage === undefined) throw new AuditPolicyError(`${field}: must be of ${auditStages.join(", ")}`);
    return stage;
  });
}

function isAbout(rule: JsonObject, { user, verb, path, resource }: AuditQuestion): boolean {
  if (!anyOf(rule.users, (one) => one === user.username)) return false;
  if (!anyOf(rule.userGroups, (one) => user.groups.includes(one))) return false;
  if (!anyOf(rule.verbs, (one) => one === verb)) return false;
  const [resources, namespaces, urls] = [
    objectsOf(rule.resources),
    listOf(rule.namespaces),
    listOf(rule.nonResourceURLs),
  ];
  if (resources.length > 0 || namespaces.length > 0) {
    if (resource === undefined || !anyOf(rule.namespaces, (one) => one === (resource.namespace ?? ""))) return false;
    return resources.length === 0 || resources.some((one) => namesResource(one, resource));
  }
  if (urls.length === 0) return true;
  return resource === undefined && urls.map(textOf).some((url) => coversPath(url, path));
}

/** An empty list is about everything. */
function anyOf(value: JsonValue | undefined, test: (text: string) => boolean): boolean {
  const list = listOf(value);
  return list.length === 0 || list.map(textOf).some(test);
}

function namesResource({ group, resources, resourceNames }: JsonObject, path: ResourcePath): boolean {
  if (textOf(group) !== path.group) return false;
  if (!anyOf(resourceNames, (name) => name === (path.name ?? ""))) return false;
  const full = path.subresource === undefined ? path.resource : `${path.resource}/${path.subresource}`;
  return anyOf(resources, (one) => {
    if (one === "*" || one === full) return true;
    const [main, sub] = one.split("/");
    if (sub === undefined) return false;
    return (main === "*" && sub === path.subresource) || (sub === "*" && main === path.resource);
  });
}

function coversPath(url: string, path: string): boolean {
  return url === "*" || url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1)));
}
