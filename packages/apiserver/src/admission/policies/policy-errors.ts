import { formatType } from "@lateen/cel";
import { isJsonObject, type JsonObject } from "@lateen/base";
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

/** As `policyErrors`, for a policy that changes objects. */
export function mutatingPolicyErrors(policy: KubeObject): FieldError[] {
  const spec = specOf(policy);
  const mutations = objectsOf(spec.mutations);
  return [
    ...conditionErrors(spec.matchConditions, "spec.matchConditions"),
    ...objectsOf(spec.variables).flatMap(({ expression }, i) =>
      expressionErrors(expression, `spec.variables[${i}].expression`, undefined),
    ),
    ...mutations.flatMap(({ jsonPatch, applyConfiguration }, i) => [
      ...mutationErrors(jsonPatch, `spec.mutations[${i}].jsonPatch.expression`, {
        kind: "list",
        name: "list(JSONPatch)",
      }),
      ...mutationErrors(applyConfiguration, `spec.mutations[${i}].applyConfiguration.expression`, {
        kind: "map",
        name: "Object",
      }),
    ]),
  ];
}

function mutationErrors(
  source: JsonObject[string],
  field: string,
  wanted: { readonly kind: string; readonly name: string },
): FieldError[] {
  const text = isJsonObject(source) ? textOf(source.expression) : "";
  const errors = expressionErrors(text, field, undefined);
  if (text.trim() === "" || errors.length > 0) return errors;
  const result = compilePolicyExpression(text);
  if (result.kind === "invalid" || result.type.kind === wanted.kind || result.type.kind === "dyn") return [];
  return [invalidField(field, text, `must evaluate to ${wanted.name} but got ${formatType(result.type)}`)];
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
