import { errorMessage, type JsonObject, type JsonValue } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { listOf, objectsOf, specOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import { annotate } from "../../request/annotations.ts";
import { resourceText, statusError } from "../../status/errors.ts";
import { compilerOf, conditionsBudget, PolicyContext } from "./expressions.ts";
import { matchConditions } from "./match-conditions.ts";
import { isExempt, matchesResources, nameOf, type PolicySubject, subjectIn } from "./matching.ts";
import { policyParams } from "./policy-params.ts";

/** What one expression of a policy found. */
interface Finding {
  readonly index: number;
  readonly message: string;
  readonly reason: string;
}

interface Findings {
  readonly findings: readonly Finding[];
  /** Keys and values for the audit log, in their order. */
  readonly notes: readonly (readonly [key: string, value: string])[];
  /** Notes that could not be made, under failurePolicy Fail. */
  readonly failures: readonly string[];
}

const nothing: Findings = { findings: [], notes: [], failures: [] };

const codes: Readonly<Record<string, number>> = {
  Invalid: 422,
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

/** Longest messages and notes, in characters (apis/cel/config.go; the dispatcher). */
const maxMessage = 5 * 1024;
const maxNote = 10 * 1024;

interface Denial {
  readonly text: string;
  readonly reason: string;
}

/**
 * ValidatingAdmissionPolicy: expressions that a write must satisfy where a binding says so. Every policy is asked; the first
 * denial is answered. @throws a Status of the policy's reason.
 */
export async function checkValidatingPolicies(subject: PolicySubject): Promise<void> {
  const { core } = subject.request;
  const policies = core.configurations.all("validatingadmissionpolicies");
  if (policies.length === 0 || isExempt(subject)) return;
  const bindings = core.configurations.all("validatingadmissionpolicybindings");
  const denials: Denial[] = [];
  for (const policy of policies) {
    const own = bindings.filter((binding) => specOf(binding).policyName === policy.metadata.name);
    const matched = own.length === 0 ? undefined : matchesResources(specOf(policy).matchConstraints, subject);
    if (matched === undefined) continue;
    const seen = await subjectIn(subject, matched);
    denials.push(...(await enforce(seen, policy, own)));
  }
  const [first] = denials;
  if (first !== undefined) throw denial(subject, first);
}

async function enforce(subject: PolicySubject, policy: KubeObject, bindings: readonly KubeObject[]): Promise<Denial[]> {
  const denials: Denial[] = [];
  const notes = new Map<string, string[]>();
  for (const binding of bindings) {
    if (matchesResources(specOf(binding).matchResources, subject) === undefined) continue;
    const say = (message: string): string =>
      `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${message}`;
    let params: readonly JsonValue[];
    try {
      params = await policyParams(subject, { policy, binding });
    } catch (error) {
      if (specOf(policy).failurePolicy !== "Ignore")
        denials.push({ text: say(`failed to configure binding: ${errorMessage(error)}`), reason: "Invalid" });
      continue;
    }
    for (const one of params) {
      const found = evaluate(subject, policy, one);
      for (const finding of found.findings) {
        const isDenied = act(subject.request, { policy, binding, finding });
        if (isDenied) denials.push({ text: say(finding.message), reason: finding.reason });
      }
      for (const failure of found.failures) denials.push({ text: say(failure), reason: "Invalid" });
      for (const [key, value] of found.notes) {
        const values = notes.get(key) ?? [];
        notes.set(key, values.includes(value) ? values : [...values, value]);
      }
    }
  }
  for (const [key, values] of notes) annotate(subject.request, `${policy.metadata.name}/${key}`, values.join(", "));
  return denials;
}

interface Enforced {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  readonly finding: Finding;
}

/** Does what the binding says about a finding. @returns whether the request is denied. */
function act(request: PolicySubject["request"], { policy, binding, finding }: Enforced): boolean {
  const actions = listOf(specOf(binding).validationActions).map(textOf);
  const { message, index } = finding;
  const names = { policy: policy.metadata.name, binding: binding.metadata.name };
  if (actions.includes("Warn")) {
    request.warnings.push(
      `Validation failed for ValidatingAdmissionPolicy '${names.policy}' with binding '${names.binding}': ${message}`,
    );
  }
  if (actions.includes("Audit")) {
    const failure = { message, ...names, expressionIndex: index, validationActions: actions };
    annotate(request, "validation.policy.admission.k8s.io/validation_failure", JSON.stringify([failure]));
  }
  return actions.includes("Deny");
}

function denial(subject: PolicySubject, { text, reason }: Denial): Error {
  const { groupResource, kind } = subject.request.resource;
  const name = nameOf(subject);
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

function evaluate(subject: PolicySubject, policy: KubeObject, params: JsonValue): Findings {
  const spec = specOf(policy);
  const ignoresFailures = spec.failurePolicy === "Ignore";
  const compiler = compilerOf(policy);
  const conditions = new PolicyContext(subject, { compiler, params, budget: conditionsBudget });
  const matched = matchConditions(conditions, spec.matchConditions);
  if (matched.kind === "error") {
    if (ignoresFailures) return nothing;
    return { ...nothing, findings: [{ index: 0, message: matched.message, reason: "Invalid" }] };
  }
  if (!matched.matches) return nothing;
  const context = new PolicyContext(subject, { compiler, params });
  const findings: Finding[] = [];
  for (const [index, validation] of objectsOf(spec.validations).entries()) {
    const expression = textOf(validation.expression);
    const outcome = context.evaluate(expression);
    if (outcome.kind === "error") {
      const message = `expression '${expression}' resulted in error: ${outcome.message}`;
      if (!ignoresFailures) findings.push({ index, message, reason: "Invalid" });
    } else if (outcome.value !== true) {
      findings.push({
        index,
        message: messageOf(context, validation),
        reason: textOf(validation.reason) || "Invalid",
      });
    }
  }
  return { findings, ...notesOf(new PolicyContext(subject, { compiler, params }), spec) };
}

function messageOf(context: PolicyContext, validation: JsonObject): string {
  const expression = textOf(validation.messageExpression);
  if (expression !== "") {
    const outcome = context.evaluate(expression, { authorizer: false });
    if (outcome.kind === "value" && typeof outcome.value === "string") {
      const text = outcome.value.trim();
      if (text !== "" && text.length <= maxMessage && !text.includes("\n")) return text;
    }
  }
  return textOf(validation.message).trim() || `failed expression: ${textOf(validation.expression).trim()}`;
}

/** auditAnnotations: null and blanks are left out. */
function notesOf(context: PolicyContext, spec: JsonObject): Pick<Findings, "notes" | "failures"> {
  const notes: (readonly [string, string])[] = [];
  const failures: string[] = [];
  for (const { key, valueExpression } of objectsOf(spec.auditAnnotations)) {
    const expression = textOf(valueExpression);
    const outcome = context.evaluate(expression, { authorizer: false });
    if (outcome.kind === "error") {
      if (spec.failurePolicy !== "Ignore")
        failures.push(`expression '${expression}' resulted in error: ${outcome.message}`);
    } else if (typeof outcome.value === "string") {
      const text = outcome.value.trim();
      if (text !== "") notes.push([textOf(key), text.slice(0, maxNote)]);
    } else if (outcome.value !== null) {
      failures.push(
        `valueExpression '${expression}' resulted in unsupported return type. Return type must be either string or null.`,
      );
    }
  }
  return { notes, failures };
}
