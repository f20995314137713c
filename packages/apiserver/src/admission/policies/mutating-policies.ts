import { codeOf, errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { applyObject, asJson, type KubeObject, patchJson } from "@lateen/objects";
import { objectsOf, specOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import type { ResourceRequest } from "../../request/context.ts";
import { resourceText, statusError } from "../../status/errors.ts";
import { trackingOptions } from "../../write/field-tracking.ts";
import { jsonOf, PolicyContext } from "./expressions.ts";
import { isExempt, matchesResources, type PolicySubject } from "./matching.ts";
import { matchConditions, policyParams } from "./validating-policies.ts";

/** MutatingAdmissionPolicy: what expressions make of an object before anybody validates it. @throws Forbidden where one fails. */
export function applyMutatingPolicies(subject: PolicySubject): KubeObject | undefined {
  const { core } = subject.request;
  const policies = core.configurations.all("mutatingadmissionpolicies");
  let { object } = subject;
  if (policies.length === 0 || object === undefined || isExempt(subject)) return object;
  for (const binding of core.configurations.all("mutatingadmissionpolicybindings")) {
    const policy = policies.find(({ metadata }) => metadata.name === specOf(binding).policyName);
    if (policy === undefined) continue;
    const current = { ...subject, object };
    if (!matchesResources(specOf(policy).matchConstraints, current)) continue;
    if (!matchesResources(specOf(binding).matchResources, current)) continue;
    for (const params of policyParams(current, { policy, binding }))
      object = mutated({ ...subject, object }, policy, params);
  }
  return object;
}

function mutated(
  subject: PolicySubject & { readonly object: KubeObject },
  policy: KubeObject,
  params: JsonValue,
): KubeObject {
  const spec = specOf(policy);
  const matched = matchConditions(new PolicyContext(subject, params), spec.matchConditions);
  if (matched.kind === "error") {
    if (spec.failurePolicy === "Ignore") return subject.object;
    throw failed(subject, policy, matched.message);
  }
  if (!matched.matches) return subject.object;
  let { object } = subject;
  try {
    for (const mutation of objectsOf(spec.mutations))
      object = mutate({ ...subject, object }, { spec, mutation, params });
    return object;
  } catch (error) {
    if (spec.failurePolicy === "Ignore") return subject.object;
    throw failed(subject, policy, errorMessage(error));
  }
}

function failed({ request, object }: PolicySubject, policy: KubeObject, why: string): Error {
  const { groupResource, kind } = request.resource;
  const name = object?.metadata.name ?? "";
  const text = `MutatingAdmissionPolicy '${policy.metadata.name}' failed: ${why}`;
  return statusError(422, "Invalid", `${resourceText(groupResource)} ${JSON.stringify(name)} is forbidden: ${text}`, {
    name,
    ...(kind.group !== "" && { group: kind.group }),
    kind: kind.plural,
    causes: [{ message: text }],
  });
}

interface Mutating {
  readonly spec: JsonObject;
  readonly mutation: JsonObject;
  readonly params: JsonValue;
}

function mutate(
  subject: PolicySubject & { readonly object: KubeObject },
  { spec, mutation, params }: Mutating,
): KubeObject {
  const context = new PolicyContext(subject, params);
  for (const { name, expression } of objectsOf(spec.variables)) context.define(textOf(name), textOf(expression));
  const isPatch = mutation.patchType === "JSONPatch";
  const source = isPatch ? mutation.jsonPatch : mutation.applyConfiguration;
  const expression = isJsonObject(source) ? textOf(source.expression) : "";
  const outcome = context.evaluate(expression);
  if (outcome.kind === "error") throw new Error(`expression '${expression}' resulted in error: ${outcome.message}`);
  const value = jsonOf(outcome.value) ?? null;
  return isPatch ? patchedBy(subject.object, value) : merged(subject.request, subject.object, value);
}

/** A patch whose `test` does not hold changes nothing. */
function patchedBy(object: KubeObject, patch: JsonValue): KubeObject {
  try {
    return patchJson(asJson(object), patch) as unknown as KubeObject;
  } catch (error) {
    if (codeOf(error) === "NotApplicable" && /\btest/i.test(errorMessage(error))) return object;
    throw error;
  }
}

/** Merged as server-side apply merges, owning nothing. */
function merged(request: ResourceRequest, object: KubeObject, configuration: JsonValue): KubeObject {
  if (!isJsonObject(configuration)) throw new Error("an apply configuration must be an object");
  const metadata = isJsonObject(configuration.metadata) ? configuration.metadata : {};
  const { apiVersion, kind } = object;
  const { name = "", namespace } = object.metadata;
  const applied = {
    ...configuration,
    apiVersion,
    kind,
    metadata: { ...metadata, name, ...(namespace !== undefined && { namespace }) },
  } as unknown as KubeObject;
  const live = { ...object, metadata: { ...object.metadata, name } };
  const result = applyObject({ ...trackingOptions(request), live, applied, manager: "policy", force: true });
  if (result.kind === "conflict") throw new Error(result.message);
  const { managedFields: _, ...rest } = result.object.metadata;
  const { managedFields } = object.metadata;
  return { ...result.object, metadata: { ...rest, ...(managedFields && { managedFields }) } };
}
