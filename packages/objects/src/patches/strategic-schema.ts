import type { FieldFacts, SchemaFacts, TypeFacts } from "../kinds/kind.ts";
import { PatchError } from "./patch-error.ts";

/**
 * What a strategic patch needs to know about the value it stands in: a struct's fields, the values of a map, or nothing
 * (free-form data merges as maps and replaces lists).
 */
export type PatchSchema =
  | { readonly kind: "struct"; readonly type: TypeFacts }
  | { readonly kind: "map"; readonly value: SchemaFacts }
  | { readonly kind: "free" };

export interface PatchField {
  /** The schema of the field's value, or of the items if it is a list. */
  readonly schema: PatchSchema;
  readonly strategy: "merge" | "replace" | "";
  readonly retainKeys: boolean;
  readonly mergeKey: string;
}

export const freeForm: PatchSchema = { kind: "free" };
const freeField: PatchField = { schema: freeForm, strategy: "", retainKeys: false, mergeKey: "" };

export function structSchema(type: TypeFacts | undefined): PatchSchema {
  return type === undefined ? freeForm : { kind: "struct", type };
}

const cache = new WeakMap<FieldFacts, PatchField>();

/** @throws PatchError for a field that the struct does not have */
export function lookupField(schema: PatchSchema, name: string): PatchField {
  if (schema.kind === "free") return freeField;
  if (schema.kind === "map") return { ...freeField, schema: schemaOf(schema.value) };
  const field = schema.type.fieldOf(name);
  if (field === undefined)
    throw new PatchError(
      "NotApplicable",
      `unable to find api field in struct ${schema.type.name.split(".").at(-1)} for the json field ${JSON.stringify(name)}`,
    );
  let known = cache.get(field);
  if (known === undefined) {
    const strategies = (field.patchStrategy ?? "").split(",");
    known = {
      schema: schemaOf(field.schema),
      strategy: strategies.includes("merge") ? "merge" : strategies.includes("replace") ? "replace" : "",
      retainKeys: strategies.includes("retainKeys"),
      mergeKey: field.patchMergeKey ?? "",
    };
    cache.set(field, known);
  }
  return known;
}

function schemaOf(schema: SchemaFacts): PatchSchema {
  switch (schema.kind) {
    case "struct":
      return { kind: "struct", type: schema.type() };
    case "map":
      return { kind: "map", value: schema.value };
    case "list":
      return schemaOf(schema.item);
    default:
      return freeForm;
  }
}
