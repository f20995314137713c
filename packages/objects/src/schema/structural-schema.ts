import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type FieldError, fieldError, invalidField } from "../field-error.ts";
import { checkValue } from "./check-value.ts";
import { applyDefaults } from "./defaults.ts";
import { checkEmbedded, coerceEmbedded, coerceMetadata } from "./embedded.ts";
import { checkListTypes } from "./list-types.ts";
import { type SchemaNode, hasRules, readSchemaNode } from "./node.ts";
import { prune } from "./prune.ts";
import { type RuleCompiler, RuleRunner } from "./rules.ts";

export interface ReadObject {
  readonly object: JsonObject;
  /** What `fieldValidation=Strict` refuses. */
  readonly unknownFields: readonly string[];
}

/** The schema of a version of a custom resource, made ready. */
export interface StructuralSchema {
  readonly node: SchemaNode;
  /** Takes out unknown fields, also of metadata and embedded resources. @throws ObjectError for malformed metadata */
  prune(object: JsonObject): ReadObject;
  /** Fills in defaults and drops nulls that are not allowed. */
  applyDefaults(object: JsonObject): JsonObject;
  /**
   * All that is wrong with an object after pruning and defaulting, apart from its own metadata. With `old` it is an
   * update: what has not changed is not checked again. `earlier` are errors found before: some keep rules from running.
   */
  validate(object: JsonObject, old?: JsonObject, earlier?: readonly FieldError[]): FieldError[];
}

export interface SchemaOptions {
  /** What compiles the rules (package `cel`); without it a schema with rules is refused. */
  readonly rules?: RuleCompiler | undefined;
}

/** Errors that keep rules from running. */
const blocking = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

const notChecked =
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

const nodes = new WeakMap<JsonObject, SchemaNode>();

/** Reads a schema once for each object that it is given as. */
export function schemaNodeOf(schema: JsonObject): SchemaNode {
  let node = nodes.get(schema);
  if (node === undefined) nodes.set(schema, (node = readSchemaNode(schema)));
  return node;
}

/**
 * Makes a structural schema (`openAPIV3Schema`) ready for objects. The schema must have passed `checkSchema`.
 * @throws TypeError for a schema with rules when nothing compiles them
 */
export function compileSchema(schema: JsonObject, options: SchemaOptions = {}): StructuralSchema {
  const node = schemaNodeOf(schema);
  const withRules = hasRules(node);
  if (withRules && options.rules === undefined)
    throw new TypeError("the schema has x-kubernetes-validations, but nothing to compile them was given");
  const runner = options.rules === undefined || !withRules ? undefined : new RuleRunner(options.rules);
  return {
    node,
    prune: (object) => pruneObject(object, node),
    applyDefaults: (object) => applyDefaults(object, node) as JsonObject,
    validate: (object, old, earlier = []) => validateObject(object, old, { node, runner, earlier }),
  };
}

function pruneObject(object: JsonObject, node: SchemaNode): ReadObject {
  const unknownFields: string[] = [];
  const pruned = prune(object, node, { root: true });
  unknownFields.push(...pruned.unknownFields);
  let result = coerceEmbedded(pruned.value, node, { path: "", unknownFields }) as JsonObject;
  const metadata = Object.hasOwn(result, "metadata") ? result["metadata"] : undefined;
  if (metadata !== undefined) {
    const coerced = coerceMetadata(metadata);
    unknownFields.push(...coerced.unknownFields.map((field) => `metadata.${field}`));
    if (coerced.unknownFields.length > 0 || !isJsonObject(metadata)) result = { ...result, metadata: coerced.metadata };
  }
  return { object: result, unknownFields };
}

function validateObject(
  object: JsonObject,
  old: JsonObject | undefined,
  { node, runner, earlier }: { node: SchemaNode; runner: RuleRunner | undefined; earlier: readonly FieldError[] },
): FieldError[] {
  const errors = checkValue(object, node, { old });
  errors.push(...checkEmbedded(object, node));
  const repeated = checkListTypes(object, node);
  // Repetitions are tolerated while the old object had some.
  if (repeated.length > 0 && (old === undefined || checkListTypes(old, node).length === 0)) errors.push(...repeated);
  return runner === undefined
    ? errors
    : [...errors, ...runRules(object, old, { node, runner, errors: [...earlier, ...errors] })];
}

function runRules(
  object: JsonValue,
  old: JsonValue | undefined,
  { node, runner, errors }: { node: SchemaNode; runner: RuleRunner; errors: readonly FieldError[] },
): FieldError[] {
  if (errors.some(({ type }) => blocking.has(type)))
    return [fieldError("FieldValueInvalid", "<nil>", null, notChecked)];
  return runner.run(object, old, node, { root: true });
}

/** Whether an object is of the kind and version that it is written to. */
export function checkTypeMeta(object: JsonObject, expected: { apiVersion: string; kind: string }): FieldError[] {
  const errors: FieldError[] = [];
  if (object["kind"] !== expected.kind)
    errors.push(invalidField("kind", object["kind"] ?? "", `must be ${expected.kind}`));
  if (object["apiVersion"] !== expected.apiVersion)
    errors.push(invalidField("apiVersion", object["apiVersion"] ?? "", `must be ${expected.apiVersion}`));
  return errors;
}
