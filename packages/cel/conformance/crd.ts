import type { JsonObject, JsonValue } from "@lateen/base";
import {
  type FieldError,
  type ObjectMeta,
  type PrinterColumn,
  checkDefinition,
  checkSchema,
  checkTypeMeta,
  compileSchema,
  nameIsSubdomain,
  printerTable,
  validateMetadata,
  validateMetadataUpdate,
} from "@lateen/objects";
import { celRules, checkRules } from "../src/index.ts";

// Answers the cases of conformance/crd: definitions, objects of them, rules, tables.

interface Input {
  readonly schema: JsonObject;
  readonly definition: JsonObject;
  readonly object: JsonObject;
  readonly old?: JsonObject;
  readonly statusSubresource?: boolean;
  readonly columns: readonly PrinterColumn[];
  readonly self: JsonValue;
  readonly expression: string;
}

interface Case {
  readonly kind: string;
  readonly input: Input;
}

const expected = { apiVersion: "example.com/v1", kind: "Widget" };

function write(input: Input): { object: JsonObject; unknownFields: readonly string[]; errors: FieldError[] } {
  const schema = compileSchema(input.schema, { rules: celRules });
  const pruned = schema.prune(input.object);
  const { old } = input;
  let object = schema.applyDefaults(pruned.object);
  if (input.statusSubresource === true) {
    const { status: _, ...rest } = object;
    object = old?.["status"] === undefined ? rest : { ...rest, status: old["status"] };
  }
  const { unknownFields } = pruned;
  const typeErrors = checkTypeMeta(object, expected);
  if (typeErrors.length > 0) return { object, unknownFields, errors: typeErrors };
  const metadata = (object["metadata"] ?? {}) as ObjectMeta;
  const errors = validateMetadata(metadata, { namespaced: false, nameRule: nameIsSubdomain });
  if (old !== undefined) {
    const identified = { ...metadata, resourceVersion: metadata.resourceVersion ?? "1" };
    errors.push(...validateMetadataUpdate(identified, (old["metadata"] ?? {}) as ObjectMeta));
  }
  errors.push(...schema.validate(object, old, errors));
  return { object: withoutGeneration(object), unknownFields, errors };
}

function withoutGeneration(object: JsonObject): JsonObject {
  const { generation: _, ...metadata } = (object["metadata"] ?? {}) as Record<string, JsonValue>;
  return { ...object, metadata };
}

const checks = { rules: celRules, ruleChecks: checkRules };
const schemaField = "spec.validation.openAPIV3Schema";

/** The text of the expression, which is the message of a rule that never holds. */
function valueOf(input: Input): string {
  const broken = checkSchema(wrapped(input.schema), schemaField, checks);
  // The cases were recorded without a limit of cost.
  const error = broken.find(({ type }) => type !== "FieldValueForbidden");
  if (error !== undefined) throw new Error(`does not compile: ${error.detail}`);
  const schema = compileSchema(wrapped(input.schema), { rules: celRules });
  const object = schema.applyDefaults({ ...expectedObject, spec: { v: input.self } });
  const [failed] = schema.validate(object);
  if (failed === undefined || failed.detail === "the expression failed") throw new Error("evaluation failed");
  return failed.detail;
}

const expectedObject = { ...expected, metadata: { name: "w" } };
const wrapped = (schema: JsonObject): JsonObject => ({
  type: "object",
  properties: { spec: { type: "object", properties: { v: schema } } },
});

export function answer({ kind, input }: Case): { result: unknown } {
  switch (kind) {
    case "schema/validate":
      return { result: { errors: checkSchema(input.schema, schemaField, checks) } };
    case "definition/validate":
      return { result: { errors: checkDefinition(input.definition, checks) } };
    case "object/create":
    case "object/update":
    case "object/random":
    case "cel/nested":
      return { result: write(input) };
    case "cel/rule":
      return { result: { errors: write(input).errors } };
    case "cel/value":
      return { result: { text: valueOf(input) } };
    case "columns/table": {
      const table = printerTable(input.columns);
      return {
        result: {
          columnDefinitions: table.columnDefinitions.map(({ name, type, format, priority }) => ({
            name,
            type,
            format,
            priority,
          })),
          rows: [table.cellsOf(input.object, Date.now())],
        },
      };
    }
    default:
      throw new Error(`no answer for cases of kind ${kind}`);
  }
}
