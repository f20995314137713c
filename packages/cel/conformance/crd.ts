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
  const schema = compileSchema(input.schema, {});
  const pruned = schema.prune(input.object);
  const old = input.old === undefined ? undefined : schema.applyDefaults(schema.prune(input.old).object);
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

const schemaField = "spec.validation.openAPIV3Schema";

export function answer({ kind, input }: Case): { result: unknown } {
  switch (kind) {
    case "schema/validate":
      return { result: { errors: checkSchema(input.schema, schemaField) } };
    case "definition/validate":
      return { result: { errors: checkDefinition(input.definition) } };
    case "object/create":
    case "object/update":
    case "object/random":
    case "cel/nested":
      return { result: write(input) };
    case "cel/rule":
      return { result: { errors: write(input).errors } };
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
