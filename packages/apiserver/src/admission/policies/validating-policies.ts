import type { JsonObject, JsonValue } from "@lateen/base";
import { type KubeObject, labelSelectorOf, matchesLabels, type MetaLabelSelector, valueAt } from "@lateen/objects";
import { listOf, objectsOf, specOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import { keyOf } from "../../registry/resource.ts";
import { readObject } from "../../server/core.ts";
import { resourceText, statusError } from "../../status/errors.ts";
import { PolicyContext } from "./expressions.ts";
import { isExempt, matchesResources, type PolicySubject } from "./matching.ts";

/** What one expression of a policy found. */
interface Finding {
  readonly message: string;
  readonly reason: string;
}

const codes: Readonly<Record<string, number>> = {
  Invalid: 422,
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

/** ValidatingAdmissionPolicy: expressions that a write must satisfy where a binding says so. @throws a Status of the policy's reason. */
export function checkValidatingPolicies(subject: PolicySubject): void {
  const { core } = subject.request;
  const policies = core.configurations.all("validatingadmissionpolicies");
  if (policies.length === 0 || isExempt(subject)) return;
  for (const binding of core.configurations.all("validatingadmissionpolicybindings")) {
    const policy = policies.find(({ metadata }) => metadata.name === specOf(binding).policyName);
    if (policy === undefined) continue;
    if (!matchesResources(specOf(policy).matchConstraints, subject)) continue;
    if (!matchesResources(specOf(binding).matchResources, subject)) continue;
    for (const params of policyParams(subject, { policy, binding })) enforce(subject, { policy, binding, params });
  }
}

interface Enforced {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  readonly params: JsonValue;
}

function enforce(subject: PolicySubject, { policy, binding, params }: Enforced): void {
  const actions = listOf(specOf(binding).validationActions).map(textOf);
  for (const { message, reason } of findings(subject, policy, params)) {
    const text = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${message}`;
    if (actions.includes("Deny")) throw denial(subject, text, reason);
    if (actions.includes("Warn")) {
      subject.request.warnings.push(
        `Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${message}`,
      );
    }
  }
}

function denial({ request, object, old }: PolicySubject, text: string, reason: string): Error {
  const { groupResource, kind } = request.resource;
  const name = object?.metadata.name ?? old?.metadata.name ?? "";
  return statusError(
    codes[reason] ?? 422,
    reason,
    `${resourceText(groupResource)} ${JSON.stringify(name)} is forbidden: ${text}`,
    {
      name,
      ...(kind.group !== "" && { group: kind.group }),
      kind: kind.plural,
      causes: [{ message: text }],
    },
  );
}

function findings(subject: PolicySubject, policy: KubeObject, params: JsonValue): readonly Finding[] {
  const spec = specOf(policy);
  const ignoresFailures = spec.failurePolicy === "Ignore";
  const context = new PolicyContext(subject, params);
  const matched = matchConditions(context, spec.matchConditions);
  if (matched.kind === "error") return ignoresFailures ? [] : [{ message: matched.message, reason: "Invalid" }];
  if (!matched.matches) return [];
  for (const { name, expression } of objectsOf(spec.variables)) context.define(textOf(name), textOf(expression));
  const found: Finding[] = [];
  for (const validation of objectsOf(spec.validations)) {
    const expression = textOf(validation.expression);
    const outcome = context.evaluate(expression);
    const reason = textOf(validation.reason) || "Invalid";
    if (outcome.kind === "error") {
      if (!ignoresFailures)
        found.push({ message: `expression '${expression}' resulted in error: ${outcome.message}`, reason });
    } else if (outcome.value !== true) found.push({ message: messageOf(context, validation), reason });
  }
  return found;
}

function messageOf(context: PolicyContext, validation: JsonObject): string {
  const expression = textOf(validation.messageExpression);
  if (expression !== "") {
    const outcome = context.evaluate(expression);
    if (outcome.kind === "value" && typeof outcome.value === "string") {
      const text = outcome.value.trim();
      if (text !== "" && !text.includes("\n")) return text;
    }
  }
  return textOf(validation.message).trim() || `failed expression: ${textOf(validation.expression).trim()}`;
}

type Matched =
  | { readonly kind: "decided"; readonly matches: boolean }
  | { readonly kind: "error"; readonly message: string };

/** All of the conditions must hold; one that is false decides even where another fails. */
export function matchConditions(context: PolicyContext, conditions: JsonValue | undefined): Matched {
  let failure: string | undefined;
  for (const { expression } of objectsOf(conditions)) {
    const outcome = context.evaluate(textOf(expression));
    if (outcome.kind === "error") failure ??= outcome.message;
    else if (outcome.value !== true) return { kind: "decided", matches: false };
  }
  return failure === undefined ? { kind: "decided", matches: true } : { kind: "error", message: failure };
}

/** The parameter objects of a binding: one null without a paramKind. @throws Forbidden when one must be there and is not. */
export function policyParams(
  subject: PolicySubject,
  { policy, binding }: { readonly policy: KubeObject; readonly binding: KubeObject },
): readonly JsonValue[] {
  const paramKind = valueAt(policy, "spec", "paramKind");
  const reference = valueAt(binding, "spec", "paramRef");
  if (paramKind === undefined || paramKind === null || reference === undefined || reference === null) return [null];
  const { core, table, namespace } = subject.request;
  const apiVersion = textOf(valueAt(paramKind, "apiVersion"));
  const [group, version] = apiVersion.includes("/") ? (apiVersion.split("/") as [string, string]) : ["", apiVersion];
  const kind = table.kinds.lookup({ group, version, kind: textOf(valueAt(paramKind, "kind")) });
  const resource = kind && table.lookup(kind);
  const denies = textOf(valueAt(reference, "parameterNotFoundAction")) !== "Allow";
  const missing = (): readonly JsonValue[] => {
    if (denies)
      throw denial(
        subject,
        `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
        "Invalid",
      );
    return [];
  };
  if (resource === undefined) return missing();
  const home = resource.kind.namespaced ? textOf(valueAt(reference, "namespace")) || namespace : undefined;
  const name = textOf(valueAt(reference, "name"));
  if (name !== "") {
    const found = readObject(core, resource, keyOf(resource, home, name));
    return found === undefined ? missing() : [found as unknown as JsonValue];
  }
  const selector = labelSelectorOf((valueAt(reference, "selector") ?? null) as MetaLabelSelector | null);
  const found = core.store
    .range(resource.kind.namespaced ? `${resource.prefix}${home ?? ""}/` : resource.prefix)
    .entries.map((entry) => core.reader.read(resource, entry))
    .filter((object) => matchesLabels(selector, object.metadata.labels));
  return found.length === 0 ? missing() : (found as unknown as JsonValue[]);
}
