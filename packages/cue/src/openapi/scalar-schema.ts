import type { JsonValue } from "@lateen/base";
import {
  boolKind,
  bytesKind,
  floatKind,
  intKind,
  listKind,
  nullKind,
  numberKind,
  stringKind,
  structKind,
} from "../eval/kind.ts";
import type { Base, Bound, Scalar, Simple, Validator } from "../eval/values.ts";
import { type CueNumber, formatNumber } from "../number.ts";
import type { SchemaDialect } from "./export-schema.ts";

/** A schema while it is being made. */
export type Schema = Record<string, JsonValue>;

/** The JSON of a scalar; bytes are base64, as on the wire. */
export function scalarJson(value: Scalar): JsonValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value));
  return numberJson(value);
}

function numberJson(value: CueNumber): number {
  return Number(formatNumber(value));
}

/** What a value without parts says: its type, its bounds, its validators. */
export function scalarSchema(
  base: Exclude<Base, { tag: "disjunction" | "struct" | "list" | "func" }>,
  dialect: SchemaDialect,
): Schema {
  if (base.tag === "atom") return constantSchema(scalarJson(base.value), base.kind, dialect);
  const parts: readonly Simple[] = base.tag === "conjunction" ? base.values : [base];
  const schema = typeSchema(base.kind, dialect);
  for (const part of parts) {
    if (part.tag === "type" && part.name !== undefined) nameFormat(schema, part.name, dialect);
    else if (part.tag === "bound") addBound(schema, part, dialect);
    else if (part.tag === "validator") addValidator(schema, part);
  }
  if (dialect === "openapi-3.0") nameRange(schema);
  return schema;
}

export function constantSchema(value: JsonValue, kind: number, dialect: SchemaDialect): Schema {
  if (value === null) return dialect === "openapi-3.0" ? { nullable: true } : { type: "null" };
  if (dialect === "json-schema") return { const: value };
  return { ...typeSchema(kind, dialect), enum: [value] };
}

const typeNames: readonly (readonly [kind: number, name: string])[] = [
  [boolKind, "boolean"],
  [numberKind, "number"],
  [intKind, "integer"],
  [floatKind, "number"],
  [stringKind, "string"],
  [bytesKind, "string"],
  [listKind, "array"],
  [structKind, "object"],
  [nullKind, "null"],
];

/** `{type}` of a single kind; nothing where several are possible. */
export function typeSchema(kind: number, dialect: SchemaDialect): Schema {
  if (kind === bytesKind) {
    return dialect === "openapi-3.0"
      ? { type: "string", format: "binary" }
      : { type: "string", contentEncoding: "base64" };
  }
  const name = typeNames.find(([bits]) => bits === kind)?.[1];
  return name === undefined ? {} : { type: name };
}

const formats = new Map([
  ["int32", "int32"],
  ["int64", "int64"],
  ["float32", "float"],
  ["float64", "double"],
]);

function nameFormat(schema: Schema, name: string, dialect: SchemaDialect): void {
  const format = formats.get(name);
  if (format !== undefined && dialect === "openapi-3.0") schema["format"] = format;
}

const ranges = [
  { minimum: -2_147_483_648, maximum: 2_147_483_647, format: "int32" },
  { minimum: Number(-(2n ** 63n)), maximum: Number(2n ** 63n - 1n), format: "int64" },
];

/** `int32` and `int64` are bounds in CUE, but formats in OpenAPI. */
function nameRange(schema: Schema): void {
  const range = ranges.find(({ minimum, maximum }) => schema["minimum"] === minimum && schema["maximum"] === maximum);
  if (range === undefined || schema["type"] !== "integer") return;
  delete schema["minimum"];
  delete schema["maximum"];
  schema["format"] = range.format;
}

function addBound(schema: Schema, { op, value }: Bound, dialect: SchemaDialect): void {
  const limit = scalarJson(value.value);
  const isOld = dialect === "openapi-3.0";
  switch (op) {
    case ">=":
      if (typeof limit === "number") schema["minimum"] = limit;
      return;
    case "<=":
      if (typeof limit === "number") schema["maximum"] = limit;
      return;
    case ">":
      if (typeof limit === "number")
        Object.assign(schema, isOld ? { minimum: limit, exclusiveMinimum: true } : { exclusiveMinimum: limit });
      return;
    case "<":
      if (typeof limit === "number")
        Object.assign(schema, isOld ? { maximum: limit, exclusiveMaximum: true } : { exclusiveMaximum: limit });
      return;
    case "=~":
      if (typeof limit === "string") addPattern(schema, limit);
      return;
    case "!~":
      addNot(schema, { pattern: limit });
      return;
    case "!=":
      addNot(
        schema,
        isOld && typeof limit === "number"
          ? { allOf: [{ minimum: limit }, { maximum: limit }] }
          : isOld
            ? { enum: [limit] }
            : { const: limit },
      );
      return;
    default:
  }
}

/** A second pattern stands in `allOf`: one schema has but one. */
function addPattern(schema: Schema, pattern: string): void {
  if (schema["pattern"] === undefined) schema["pattern"] = pattern;
  else addAll(schema, { pattern });
}

function addNot(schema: Schema, inner: Schema): void {
  if (schema["not"] === undefined) schema["not"] = inner;
  else addAll(schema, { not: inner });
}

function addAll(schema: Schema, inner: Schema): void {
  const { allOf } = schema;
  schema["allOf"] = [...(Array.isArray(allOf) ? allOf : []), inner];
}

const limits = new Map([
  ["strings.MinRunes", "minLength"],
  ["strings.MaxRunes", "maxLength"],
  ["list.MinItems", "minItems"],
  ["list.MaxItems", "maxItems"],
  ["struct.MinFields", "minProperties"],
  ["struct.MaxFields", "maxProperties"],
  ["math.MultipleOf", "multipleOf"],
]);

const timeFormats = new Map([
  ["2006-01-02T15:04:05Z07:00", "date-time"],
  ["2006-01-02T15:04:05.999999999Z07:00", "date-time"],
  ["2006-01-02", "date"],
  ["15:04:05", "time"],
]);

/** A validator that a schema has a keyword for; others say no more than their type. */
function addValidator(schema: Schema, { func, args }: Validator): void {
  const [argument] = args;
  const value = argument?.tag === "atom" ? scalarJson(argument.value) : undefined;
  const name = `${func.pkg}.${func.name.slice(func.name.lastIndexOf(".") + 1)}`;
  const keyword = limits.get(name);
  if (keyword !== undefined) {
    if (typeof value === "number") schema[keyword] = value;
  } else if (name === "list.UniqueItems") schema["uniqueItems"] = true;
  else if (name === "time.Time") schema["format"] = "date-time";
  else if (name === "time.Format" && typeof value === "string") {
    const format = timeFormats.get(value);
    if (format !== undefined) schema["format"] = format;
  }
}
