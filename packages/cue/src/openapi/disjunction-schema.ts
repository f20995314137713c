import type { JsonValue } from "@lateen/base";
import type { Base, Disjunction } from "../eval/values.ts";
import { Vertex, target } from "../eval/vertex.ts";
import type { Value } from "../value.ts";
import type { SchemaWriter } from "./export-schema.ts";
import { type Schema, scalarJson, scalarSchema, typeSchema } from "./scalar-schema.ts";

/** A choice: of constants an `enum`, with null `nullable` (OpenAPI 3.0), else one schema each. A single default is given. */
export function anyOfSchema(writer: SchemaWriter, value: Value, base: Disjunction, depth: number): Schema {
  const isOpenApi = writer.dialect === "openapi-3.0";
  const terms = base.values;
  const nulls = terms.filter(isNull);
  const others = isOpenApi ? terms.filter((term) => !isNull(term)) : terms;
  const schema = choiceSchema(writer, others, value, depth);
  if (isOpenApi && nulls.length > 0) schema["nullable"] = true;
  const given = defaultOf(value, base);
  return given === undefined ? schema : { ...schema, default: given };
}

function choiceSchema(writer: SchemaWriter, terms: readonly (Base | Vertex)[], value: Value, depth: number): Schema {
  const constants = terms.map(constantOf);
  if (terms.length > 0 && constants.every((constant) => constant !== undefined)) {
    const values = constants.map(({ json }) => json);
    const kinds = new Set(constants.map(({ kind }) => kind));
    const types =
      kinds.size === 1 && writer.dialect === "openapi-3.0" ? typeSchema([...kinds][0]!, writer.dialect) : {};
    return { ...types, enum: values };
  }
  const schemas = terms.map((term) => termSchema(writer, term, value, depth));
  const bare = new Set(schemas.filter((schema) => Object.keys(schema).length === 1).map((schema) => schema["type"]));
  // `*"x" | string` is a string: the constant only tells the default.
  const said = schemas.filter((_, index) => !bare.has(typeOfConstant(constants[index])));
  const unique = [...new Map(said.map((schema) => [JSON.stringify(schema), schema])).values()];
  if (unique.length === 1) return { ...unique[0] };
  const isOpenApi = writer.dialect === "openapi-3.0";
  const types = new Set(unique.map((schema) => schema["type"]));
  const shared = isOpenApi && types.size === 1 && unique[0]?.["type"] !== undefined ? { type: unique[0]["type"] } : {};
  return { ...shared, [isOpenApi ? "oneOf" : "anyOf"]: unique };
}

function typeOfConstant(constant: { readonly kind: number } | undefined): JsonValue | undefined {
  return constant === undefined ? "" : typeSchema(constant.kind, "json-schema")["type"];
}

function termSchema(writer: SchemaWriter, term: Base | Vertex, value: Value, depth: number): Schema {
  const made = writer.valueOf(term, value);
  if (!("tag" in made)) return writer.schemaOf(made, depth + 1);
  switch (made.tag) {
    case "disjunction":
      return choiceSchema(writer, made.values, value, depth + 1);
    case "struct":
    case "list":
    case "func":
      return typeSchema(made.kind, writer.dialect);
    default:
      return scalarSchema(made, writer.dialect);
  }
}

function atomOf(term: Base | Vertex): Extract<Base, { tag: "atom" }> | undefined {
  const base = term instanceof Vertex ? target(term).base : term;
  return base?.tag === "atom" ? base : undefined;
}

function isNull(term: Base | Vertex): boolean {
  return atomOf(term)?.value === null;
}

function constantOf(term: Base | Vertex): { readonly json: JsonValue; readonly kind: number } | undefined {
  const atom = atomOf(term);
  return atom === undefined || atom.value === null ? undefined : { json: scalarJson(atom.value), kind: atom.kind };
}

/** The default's data, where there is one default and it is data. */
function defaultOf(value: Value, base: Disjunction): JsonValue | undefined {
  if (base.defaults !== 1) return undefined;
  const { value: given, exists } = value.default();
  if (!exists || given.validate({ concrete: true }).length > 0) return undefined;
  return given.toJSON();
}
