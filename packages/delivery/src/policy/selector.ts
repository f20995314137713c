import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { AppPolicy } from "../application/application.ts";
import { PolicyError } from "./policy-error.ts";
import { oamLabels } from "../render/metadata.ts";

const stringList = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

/** Conditions are and-ed, values within one or-ed; a selector without conditions matches nothing (engine 4.2). */
export function selectsObject(selector: JsonValue | undefined, object: KubeObject): boolean {
  if (!isJsonObject(selector)) return false;
  const labels = object.metadata.labels ?? {};
  const facts: Readonly<Record<string, string | undefined>> = {
    componentNames: labels[oamLabels.component],
    componentTypes: labels[oamLabels.workloadType],
    oamTypes: labels[oamLabels.resourceType],
    traitTypes: labels[oamLabels.traitType],
    resourceTypes: object.kind,
    resourceNames: object.metadata.name,
  };
  let conditions = 0;
  for (const [condition, fact] of Object.entries(facts)) {
    const wanted = stringList(selector[condition]);
    if (wanted.length === 0) continue;
    conditions++;
    if (fact === undefined || !wanted.includes(fact)) return false;
  }
  return conditions > 0;
}

/**
 * Several policies of one type as one: lists are concatenated, objects merged, true wins, otherwise the first value stays.
 * @throws PolicyError for a value of another type than the policy has.
 */
export function mergePolicies(policies: readonly AppPolicy[], type: string): JsonObject | undefined {
  let merged: JsonObject | undefined;
  for (const policy of policies) {
    if (policy.type !== type || policy.properties === undefined) continue;
    refuseWrongTypes(policy, policy.properties);
    merged = merged === undefined ? policy.properties : (mergeValues(merged, policy.properties) as JsonObject);
  }
  return merged;
}

const fieldTypes: Readonly<Record<string, string>> = {
  enable: "boolean",
  keepLegacyResource: "boolean",
  continueOnFailure: "boolean",
  applicationRevisionLimit: "number",
  order: "string",
};

function refuseWrongTypes(policy: AppPolicy, properties: JsonObject): void {
  for (const [field, type] of Object.entries(fieldTypes)) {
    const value = properties[field];
    if (value === undefined || value === null || typeof value === type) continue;
    throw new PolicyError(
      policy.name,
      `${policy.type} policy ${policy.name}: ${field} must be a ${type}, not ${JSON.stringify(value)}`,
    );
  }
  const { rules } = properties;
  if (rules !== undefined && rules !== null && !Array.isArray(rules))
    throw new PolicyError(policy.name, `${policy.type} policy ${policy.name}: rules must be a list`);
}

function mergeValues(first: JsonValue, second: JsonValue): JsonValue {
  if (Array.isArray(first) && Array.isArray(second)) return [...first, ...second];
  if (typeof first === "boolean" && typeof second === "boolean") return first || second;
  if (!isJsonObject(first) || !isJsonObject(second)) return first;
  const result: Record<string, JsonValue | undefined> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const old = Object.hasOwn(result, name) ? result[name] : undefined;
    result[name] = old === undefined || value === undefined ? (old ?? value) : mergeValues(old, value);
  }
  return result;
}

/** Rules of a policy, in order. */
export function rulesOf(spec: JsonObject | undefined): readonly JsonObject[] {
  return Array.isArray(spec?.rules) ? spec.rules.filter(isJsonObject) : [];
}

/** The first rule whose selector matches. */
export function ruleFor(spec: JsonObject | undefined, object: KubeObject): JsonObject | undefined {
  return rulesOf(spec).find((rule) => selectsObject(rule.selector, object));
}
