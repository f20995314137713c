import { formatType } from "@lateen/cel";
import { isJsonObject, type JsonObject } from "@lateen/base";
import { type FieldError, invalidField, type KubeObject } from "@lateen/objects";
import { objectsOf, specOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import { compilerOf, conditionCompiler, type PolicyCompiler } from "./expressions.ts";

/** Expressions of a policy that do not compile or give another type than they must. */
export function policyErrors(policy: KubeObject): FieldError[] {
  const spec = specOf(policy);
  const compiler = compilerOf(policy);
  return [
    ...conditionErrors(spec.matchConditions, "spec.matchConditions", compiler),
    ...objectsOf(spec.validations).flatMap((one, i) => validationErrors(compiler, one, `spec.validations[${i}]`)),
    ...objectsOf(spec.auditAnnotations).flatMap(({ valueExpression }, i) =>
      expressionErrors(compiler, valueExpression, {
        field: `spec.auditAnnotations[${i}].valueExpression`,
        wanted: ["string", "null"],
        authorizer: false,
      }),
    ),
    ...variableErrors(spec, compiler),
  ];
}

/** As `policyErrors`, for a policy that changes objects. */
export function mutatingPolicyErrors(policy: KubeObject): FieldError[] {
  const spec = specOf(policy);
  const compiler = compilerOf(policy);
  const mutations = objectsOf(spec.mutations);
  return [
    ...conditionErrors(spec.matchConditions, "spec.matchConditions", compiler),
    ...variableErrors(spec, compiler),
    ...mutations.flatMap(({ jsonPatch, applyConfiguration }, i) => [
      ...mutationErrors(compiler, jsonPatch, {
        field: `spec.mutations[${i}].jsonPatch.expression`,
        kind: "list",
        name: "list(JSONPatch)",
      }),
      ...mutationErrors(compiler, applyConfiguration, {
        field: `spec.mutations[${i}].applyConfiguration.expression`,
        kind: "map",
        name: "Object",
      }),
    ]),
  ];
}

function variableErrors(spec: JsonObject, compiler: PolicyCompiler): FieldError[] {
  return objectsOf(spec.variables).flatMap(({ name, expression }, i) => {
    const result = compiler.variableResult(textOf(name));
    if (textOf(expression).trim() === "" || result?.kind !== "invalid") return [];
    const field = `spec.variables[${i}].expression`;
    return [invalidField(field, textOf(expression), `compilation failed: ${result.message}`)];
  });
}

function mutationErrors(
  compiler: PolicyCompiler,
  source: JsonObject[string],
  { field, kind, name }: { readonly field: string; readonly kind: string; readonly name: string },
): FieldError[] {
  const text = isJsonObject(source) ? textOf(source.expression) : "";
  const errors = expressionErrors(compiler, text, { field });
  if (text.trim() === "" || errors.length > 0) return errors;
  const result = compiler.compile(text);
  if (result.kind === "invalid" || result.type.kind === kind || result.type.kind === "dyn") return [];
  return [invalidField(field, text, `must evaluate to ${name} but got ${formatType(result.type)}`)];
}

/** Expressions of matchConditions, in policies and in webhooks. */
export function conditionErrors(
  conditions: JsonObject[string],
  field: string,
  compiler: PolicyCompiler = conditionCompiler(),
): FieldError[] {
  return objectsOf(conditions).flatMap(({ expression }, i) =>
    expressionErrors(compiler, expression, { field: `${field}[${i}].expression`, wanted: ["bool"] }),
  );
}

function validationErrors(
  compiler: PolicyCompiler,
  { expression, messageExpression }: JsonObject,
  field: string,
): FieldError[] {
  return [
    ...expressionErrors(compiler, expression, { field: `${field}.expression`, wanted: ["bool"] }),
    ...expressionErrors(compiler, messageExpression, {
      field: `${field}.messageExpression`,
      wanted: ["string"],
      authorizer: false,
    }),
  ];
}

interface Wanted {
  readonly field: string;
  /** Kinds of types; any without. */
  readonly wanted?: readonly string[];
  readonly authorizer?: boolean;
}

function expressionErrors(
  compiler: PolicyCompiler,
  value: JsonObject[string],
  { field, wanted, authorizer = true }: Wanted,
): FieldError[] {
  const text = textOf(value);
  if (text.trim() === "") return [];
  const result = compiler.compile(text, { authorizer });
  if (result.kind === "invalid") return [invalidField(field, text, `compilation failed: ${result.message}`)];
  if (wanted === undefined || wanted.includes(result.type.kind) || result.type.kind === "dyn") return [];
  const names = wanted.map((name) => (name === "null" ? "null_type" : name));
  const list = names.length === 1 ? names[0]! : `one of [${names.join(" ")}]`;
  return [invalidField(field, text, `must evaluate to ${list} but got ${formatType(result.type)}`)];
}
