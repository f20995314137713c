import { formatType } from "@lateen/cel";
import type { JsonObject } from "@lateen/base";
import { type FieldError, invalidField, type KubeObject } from "@lateen/objects";
import { objectsOf, specOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import { compilePolicyExpression } from "./expressions.ts";

/** Expressions of a policy that do not compile or give another type than they must. */
export function policyErrors(policy: KubeObject): FieldError[] {
  const spec = specOf(policy);
  return [
    ...conditionErrors(spec.matchConditions, "spec.matchConditions"),
    ...objectsOf(spec.validations).flatMap((one, i) => validationErrors(one, `spec.validations[${i}]`)),
    ...objectsOf(spec.auditAnnotations).flatMap(({ valueExpression }, i) =>
      expressionErrors(valueExpression, `spec.auditAnnotations[${i}].valueExpression`, ["string", "null"]),
    ),
    ...objectsOf(spec.variables).flatMap(({ expression }, i) =>
      expressionErrors(expression, `spec.variables[${i}].expression`, undefined),
    ),
  ];
}

/** Expressions of matchConditions, in policies and in webhooks. */
export function conditionErrors(conditions: JsonObject[string], field: string): FieldError[] {
  return objectsOf(conditions).flatMap(({ expression }, i) =>
    expressionErrors(expression, `${field}[${i}].expression`, ["bool"]),
  );
}

function validationErrors({ expression, messageExpression }: JsonObject, field: string): FieldError[] {
  return [
    ...expressionErrors(expression, `${field}.expression`, ["bool"]),
    ...expressionErrors(messageExpression, `${field}.messageExpression`, ["string"]),
  ];
}

function expressionErrors(
  value: JsonObject[string],
  field: string,
  wanted: readonly string[] | undefined,
): FieldError[] {
  const text = textOf(value);
  if (text.trim() === "") return [];
  const result = compilePolicyExpression(text);
  if (result.kind === "invalid") return [invalidField(field, text, `compilation failed: ${result.message}`)];
  if (wanted === undefined || wanted.includes(result.type.kind) || result.type.kind === "dyn") return [];
  const names = wanted.map((name) => (name === "null" ? "null_type" : name));
  const list = names.length === 1 ? names[0]! : `one of [${names.join(" ")}]`;
  return [invalidField(field, text, `must evaluate to ${list} but got ${formatType(result.type)}`)];
}
