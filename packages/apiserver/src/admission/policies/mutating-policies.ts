import { codeOf, errorMessage, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { applyObject, asJson, atomicFieldsOf, type KubeObject, patchJson, valueAt } from "@lateen/objects";
import { withDefaults } from "../../kinds/behaviour.ts";
import { objectsOf, specOf } from "../../kinds/edit.ts";
import { convertTo } from "../../object/convert-to.ts";
import { textOf } from "../../object/text.ts";
import type { ResourceRequest } from "../../request/context.ts";
import { statusError } from "../../status/errors.ts";
import { trackingOptions } from "../../write/field-tracking.ts";
import { isSameObject } from "../../write/pipeline.ts";
import { compilerOf, conditionsBudget, jsonOf, PolicyContext } from "./expressions.ts";
import { matchConditions } from "./match-conditions.ts";
import { isExempt, matchesResources, nameOf, type PolicySubject, requestSeen, subjectIn } from "./matching.ts";
import { policyParams } from "./policy-params.ts";
import type { Rounds } from "./reinvocation.ts";

type Mutable = PolicySubject & { readonly object: KubeObject };

/** Why a policy could not do its work. */
interface Failure {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  readonly message: string;
  /** Forbidden for what is wrong with the binding, Invalid for what an expression did. */
  readonly reason: "Forbidden" | "Invalid";
}

/**
 * MutatingAdmissionPolicy: what expressions make of an object before anybody validates it. Every policy is asked, each seeing
 * what the others made; then the failures of those with failurePolicy Fail are answered. @throws Forbidden.
 */
export async function applyMutatingPolicies(subject: PolicySubject, rounds: Rounds): Promise<KubeObject | undefined> {
  const { core } = subject.request;
  const policies = core.configurations.all("mutatingadmissionpolicies");
  let { object } = subject;
  if (policies.length === 0 || object === undefined || isExempt(subject)) return object;
  const bindings = core.configurations.all("mutatingadmissionpolicybindings");
  const failures: Failure[] = [];
  rounds.policies.begin(object);
  for (const policy of policies) {
    for (const binding of bindings.filter((one) => specOf(one).policyName === policy.metadata.name)) {
      object = await applyBinding({ ...subject, object }, { policy, binding, failures, rounds });
    }
  }
  rounds.policies.end(object);
  const counted = failures.filter(({ policy }) => specOf(policy).failurePolicy !== "Ignore");
  if (counted.length > 0) throw refusal(subject, counted);
  return object;
}

interface Applied {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  readonly failures: Failure[];
  readonly rounds: Rounds;
}

async function applyBinding(subject: Mutable, applied: Applied): Promise<KubeObject> {
  const { policy, binding, failures, rounds } = applied;
  const matched = matchesResources(specOf(policy).matchConstraints, subject);
  if (matched === undefined || matchesResources(specOf(binding).matchResources, subject) === undefined)
    return subject.object;
  let params: readonly JsonValue[];
  try {
    params = await policyParams(subject, { policy, binding });
  } catch (error) {
    const message = `failed to configure binding: ${errorMessage(error)}`;
    failures.push({ policy, binding, message, reason: "Forbidden" });
    return subject.object;
  }
  let seen = (await subjectIn(subject, matched)) as Mutable;
  for (const one of params) {
    const conditions = new PolicyContext(seen, { compiler: compilerOf(policy), params: one, budget: conditionsBudget });
    const condition = matchConditions(conditions, specOf(policy).matchConditions);
    if (condition.kind === "error") failures.push({ policy, binding, message: condition.message, reason: "Invalid" });
    if (condition.kind === "error" || !condition.matches) continue;
    const key = JSON.stringify([policy.metadata.name, binding.metadata.name, keyOfParams(one)]);
    if (!rounds.policies.isDue(key)) continue;
    const next = await mutated(seen, applied, one);
    const changed = !isSameObject(seen.object, next);
    rounds.policies.asked(key, { changed, policy: specOf(policy).reinvocationPolicy });
    seen = { ...seen, object: next };
  }
  return matched === subject.request.resource || subject.form !== undefined
    ? seen.object
    : convertTo(subject.request.core, subject.request.resource, seen.object);
}

function keyOfParams(params: JsonValue): readonly string[] {
  return [textOf(valueAt(params, "metadata", "namespace")), textOf(valueAt(params, "metadata", "name"))];
}

async function mutated(subject: Mutable, applied: Applied, params: JsonValue): Promise<KubeObject> {
  const { policy, binding, failures } = applied;
  let { object } = subject;
  for (const mutation of objectsOf(specOf(policy).mutations)) {
    try {
      const seen = { ...subject, object };
      object = await subject.request.core.converter.settle(() => mutate(seen, { policy, mutation, params }));
    } catch (error) {
      failures.push({ policy, binding, message: errorMessage(error), reason: "Invalid" });
    }
  }
  return object;
}

function refusal(subject: PolicySubject, failures: readonly Failure[]): Error {
  const { kind } = subject.request.resource;
  const name = nameOf(subject);
  const texts = failures.map(
    ({ policy, binding, message }) =>
      `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${message}`,
  );
  return statusError(403, failures[0]!.reason, texts[0]!, {
    ...(name !== "" && { name }),
    ...(kind.group !== "" && { group: kind.group }),
    kind: kind.plural,
    causes: texts.map((message) => ({ message })),
  });
}

interface Mutation {
  readonly policy: KubeObject;
  readonly mutation: JsonObject;
  readonly params: JsonValue;
}

function mutate(subject: Mutable, { policy, mutation, params }: Mutation): KubeObject {
  const context = new PolicyContext(subject, { compiler: compilerOf(policy), params });
  const isPatch = mutation.patchType === "JSONPatch";
  const source = isPatch ? mutation.jsonPatch : mutation.applyConfiguration;
  const expression = isJsonObject(source) ? textOf(source.expression) : "";
  const outcome = context.evaluate(expression);
  if (outcome.kind === "error") throw new Error(`expression '${expression}' resulted in error: ${outcome.message}`);
  const value = jsonOf(outcome.value) ?? null;
  const seen = requestSeen(subject);
  const next = isPatch ? patchedBy(subject.object, value) : merged(seen, subject.object, value);
  return next === subject.object ? next : withDefaults(seen, next);
}

/** A patch whose `test` does not hold changes nothing. */
function patchedBy(object: KubeObject, patch: JsonValue): KubeObject {
  try {
    return patchJson(asJson(object), patch) as unknown as KubeObject;
  } catch (error) {
    if (codeOf(error) === "NotApplicable" && /\btest/i.test(errorMessage(error))) return object;
    throw new Error(`JSON Patch: ${errorMessage(error)}`, { cause: error });
  }
}

/** Merged as server-side apply merges, owning nothing. */
function merged(request: ResourceRequest, object: KubeObject, configuration: JsonValue): KubeObject {
  if (!isJsonObject(configuration)) throw new Error("an apply configuration must be an object");
  const tracking = trackingOptions(request);
  const atomic = atomicFieldsOf(tracking.type, configuration);
  if (atomic.length > 0) {
    throw new Error(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(", ")}`,
    );
  }
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
  const result = applyObject({ ...tracking, live, applied, manager: "policy", force: true });
  if (result.kind === "conflict") throw new Error(result.message);
  const { managedFields: _, ...rest } = result.object.metadata;
  const { managedFields } = object.metadata;
  return { ...result.object, metadata: { ...rest, ...(managedFields && { managedFields }) } };
}
