/**
 * The typed form of an object: what the Go structs of k8s.io/api make of JSON when they read it and write it again. The
 * API server stores and serves built-in objects in it: unknown fields are gone, null is as absent, empty values are left out
 * or written as the field's `omitempty` says, quantities and times are canonical, keys have the order of the struct.
 * Sources: encoding/json (Go 1.26), sigs.k8s.io/json (case-sensitive, strict errors as data), the struct tags.
 */
import type { JsonObject, JsonValue } from "@lateen/base";
import { isJsonObject, jsonEquals } from "@lateen/base";
import { DurationError } from "../../values/duration.ts";
import { QuantityError } from "../../values/quantity.ts";
import { TimeError } from "../../values/time.ts";
import { builtinType } from "../built-in-types.ts";
import type { FieldFacts, SchemaFacts, TypeFacts } from "../kind.ts";
import { bytesText, durationText, LeafError, mismatch, quantityText, timeText } from "./leaf-values.ts";

export interface TypedForm {
  readonly object: JsonObject;
  /** `unknown field "spec.foo"`, `duplicate field "data.k"`, in the order of the document. */
  readonly strictErrors: readonly string[];
  /** The first value of a wrong type, in the Go decoder's words; `object` lacks such values. */
  readonly error?: string | undefined;
}

export interface DecodeOptions {
  /** From `readJsonText`. */
  readonly duplicates?: readonly string[];
  readonly literals?: ReadonlyMap<string, string>;
}

/** Reads `value` as `type`. Never throws for what a user sent: see `error` and `strictErrors`. */
export function decodeTyped(value: JsonValue, type: TypeFacts, options: DecodeOptions = {}): TypedForm {
  const decoder = new Decoder(options);
  const root = new At(undefined, "");
  root.type = type;
  if (!isJsonObject(value)) {
    if (value !== null) decoder.complain(mismatch(value, goStruct(type)), root);
    return { object: zeroStruct(type), strictErrors: [], error: decoder.error };
  }
  const object = decoder.struct(value, type, root);
  return { object, strictErrors: decoder.strictErrors, error: decoder.error };
}

/** The typed form of a value that is known to fit its type. @throws LeafError when it does not. */
export function typedForm(value: JsonValue, type: TypeFacts): JsonObject {
  const { object, error } = decodeTyped(value, type);
  if (error !== undefined) throw new LeafError(error);
  return object;
}

/** Where the decoder is: a chain from the innermost step to the root. */
class At {
  readonly up: At | undefined;
  /** A field name, a map key, or a list index. */
  readonly step: string | number;
  /** The type of the struct that `step` leads to, once it is known to be one. */
  type: TypeFacts | undefined;
  /** The step is a key of a map, which Go's messages leave out. */
  readonly isMapKey: boolean;

  constructor(up: At | undefined, step: string | number, isMapKey = false) {
    this.up = up;
    this.step = step;
    this.type = undefined;
    this.isMapKey = isMapKey;
  }
}

/** Structs may be nested this deep; deeper is an error, as in sigs.k8s.io/json. */
const maxDepth = 500;

class Decoder {
  readonly strictErrors: string[] = [];
  error: string | undefined;
  private depth = 0;
  private readonly duplicates: ReadonlySet<string>;
  private readonly literals: ReadonlyMap<string, string>;

  constructor({ duplicates = [], literals = new Map() }: DecodeOptions) {
    this.duplicates = new Set(duplicates);
    this.literals = literals;
  }

  struct(value: JsonObject, type: TypeFacts, at: At): JsonObject {
    if (++this.depth > maxDepth) {
      this.error ??= "exceeded max depth";
      this.depth--;
      return {};
    }
    const plan = planOf(type);
    const known: (JsonValue | undefined)[] = [];
    for (const name of Object.keys(value)) {
      const position = plan.positions.get(name);
      const field = position === undefined ? undefined : plan.fields[position];
      const here = new At(at, name);
      if (field === undefined || position === undefined) this.strictErrors.push(`unknown field "${fullPath(here)}"`);
      else {
        this.noteDuplicate(here);
        const decoded = this.value(value[name] ?? null, field.schema, here);
        if (decoded !== undefined) known[position] = decoded;
      }
    }
    this.depth--;
    return written(known, plan);
  }

  private noteDuplicate(at: At): void {
    if (this.duplicates.size === 0) return;
    const path = fullPath(at);
    if (this.duplicates.has(path)) this.strictErrors.push(`duplicate field "${path}"`);
  }

  /** The value in its typed form; undefined for null, and for what does not fit. */
  private value(value: JsonValue, schema: SchemaFacts, at: At): JsonValue | undefined {
    if (value === null) return undefined;
    switch (schema.kind) {
      case "string":
        return typeof value === "string" ? value : this.complain(mismatch(value, "string"), at);
      case "boolean":
        return typeof value === "boolean" ? value : this.complain(mismatch(value, "bool"), at);
      case "number":
        return typeof value === "number" ? value : this.complain(mismatch(value, "float64"), at);
      case "integer":
        return this.integer(value, schema.format, at);
      case "struct":
        return this.structValue(value, schema.type(), at);
      case "map":
        return this.map(value, schema.value, at);
      case "list":
        return this.list(value, schema.item, at);
      case "any":
        return this.any(value, schema, at);
      default:
        return this.leaf(value, schema.kind, at);
    }
  }

  private integer(value: JsonValue, format: "int32" | "int64", at: At): number | undefined {
    if (typeof value !== "number") return this.complain(mismatch(value, format), at);
    const literal = this.literals.size === 0 ? undefined : this.literals.get(fullPath(at));
    const fits = format === "int64" ? Math.abs(value) <= 2 ** 63 : value >= -(2 ** 31) && value < 2 ** 31;
    if (literal !== undefined || !Number.isInteger(value) || !fits)
      return this.complain(new LeafError(`number ${literal ?? JSON.stringify(value)}`, format), at);
    return value;
  }

  private structValue(value: JsonValue, type: TypeFacts, at: At): JsonValue | undefined {
    if (!isJsonObject(value)) return this.complain(mismatch(value, goStruct(type)), at);
    at.type = type;
    return this.struct(value, type, at);
  }

  private map(value: JsonValue, schema: SchemaFacts, at: At): JsonValue | undefined {
    if (!isJsonObject(value))
      return this.complain(mismatch(value, goType({ kind: "map", atomic: false, value: schema })), at);
    const items = new Map<string, JsonValue>();
    for (const name of Object.keys(value)) {
      const here = new At(at, name, true);
      this.noteDuplicate(here);
      items.set(name, this.value(value[name] ?? null, schema, here) ?? zeroOf(schema));
    }
    return inOrder(items);
  }

  private list(value: JsonValue, item: SchemaFacts, at: At): JsonValue | undefined {
    if (!Array.isArray(value)) return this.complain(mismatch(value, `[]${goType(item)}`), at);
    const items = value as readonly JsonValue[];
    return items.map((element, index) => this.value(element, item, new At(at, index)) ?? zeroOf(item));
  }

  private any(value: JsonValue, schema: Extract<SchemaFacts, { kind: "any" }>, at: At): JsonValue | undefined {
    if (schema.wire === "raw") return value;
    const isSchema = isJsonObject(value);
    if (isSchema) {
      const type = builtinType("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
      return type === undefined ? value : this.structValue(value, type, at);
    }
    if (schema.wire === "schema-or-bool")
      return typeof value === "boolean" ? value : this.complain(new LeafError("boolean or JSON schema expected"), at);
    return Array.isArray(value) ? value : this.complain(new LeafError("array or JSON schema expected"), at);
  }

  private leaf(value: JsonValue, kind: SchemaFacts["kind"], at: At): JsonValue | undefined {
    try {
      return leafForm(value, kind);
    } catch (error) {
      if (error instanceof LeafError) return this.complain(error, at);
      if (error instanceof QuantityError || error instanceof TimeError || error instanceof DurationError)
        return this.complain(new LeafError(error.message), at);
      throw error;
    }
  }

  /** Keeps the first error, as the Go decoder does. */
  complain(error: LeafError, at: At): undefined {
    if (this.error !== undefined) return undefined;
    if (error.goType === undefined) this.error = error.message;
    else if (at.up === undefined)
      this.error = `json: cannot unmarshal ${error.message} into Go value of type ${error.goType}`;
    else {
      const field = `${structAround(at)}.${goPath(at)}`;
      this.error = `json: cannot unmarshal ${error.message} into Go struct field ${field} of type ${error.goType}`;
    }
    return undefined;
  }
}

/** Go writes maps by the order of their keys. */
function inOrder(items: ReadonlyMap<string, JsonValue>): JsonObject {
  const out: Record<string, JsonValue> = {};
  for (const name of items.size < 2 ? items.keys() : [...items.keys()].sort()) {
    const value = items.get(name) ?? null;
    if (name === "__proto__")
      Object.defineProperty(out, name, { value, enumerable: true, configurable: true, writable: true });
    else out[name] = value;
  }
  return out;
}

function leafForm(value: JsonValue, kind: SchemaFacts["kind"]): JsonValue {
  switch (kind) {
    case "quantity":
      return quantityText(value);
    case "time":
      return timeText(value, { micro: false });
    case "micro-time":
      return timeText(value, { micro: true });
    case "duration":
      return durationText(value);
    case "bytes":
      return bytesText(value);
    case "int-or-string":
      if (typeof value === "string") return value;
      if (typeof value !== "number") throw mismatch(value, "int32");
      if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31)
        throw new LeafError(`number ${JSON.stringify(value)}`, "int32");
      return value;
    default:
      return value;
  }
}

/** What is worked out once for each type. */
interface Plan {
  readonly fields: readonly FieldFacts[];
  readonly positions: ReadonlyMap<string, number>;
  /** For each field whether something is written in its absence. */
  readonly always: readonly boolean[];
}

const plans = new WeakMap<TypeFacts, Plan>();

function planOf(type: TypeFacts): Plan {
  let plan = plans.get(type);
  if (plan === undefined) {
    plan = {
      fields: type.fields,
      positions: new Map(type.fields.map(({ name }, position) => [name, position])),
      always: type.fields.map(isAlwaysWritten),
    };
    plans.set(type, plan);
  }
  return plan;
}

/** The fields of a struct as Go writes them: in order, empty ones left out or filled in as their tags say. */
function written(known: readonly (JsonValue | undefined)[], { fields, always }: Plan): JsonObject {
  const out: Record<string, JsonValue> = {};
  for (const [position, field] of fields.entries()) {
    const value = known[position];
    if (value === undefined) {
      if (always[position] === true) out[field.name] = whenAbsent(field);
    } else if (!isLeftOut(field, value)) out[field.name] = stored(field, value);
  }
  return out;
}

/** An empty list or map does not outlive the store, whose protobuf cannot tell it from none. */
function stored({ pointer, schema }: FieldFacts, value: JsonValue): JsonValue {
  return !pointer && (schema.kind === "list" || schema.kind === "map") && isEmpty(value, schema) ? null : value;
}

function isLeftOut(field: FieldFacts, value: JsonValue): boolean {
  if (field.pointer) return false;
  if (field.omitEmpty && isEmpty(value, field.schema)) return true;
  return field.omitZero && (value === null || jsonEquals(value, zeroOf(field.schema)));
}

/** Empty in the sense of `omitempty`: never a struct. */
function isEmpty(value: JsonValue, schema: SchemaFacts): boolean {
  switch (schema.kind) {
    case "string":
    case "bytes":
      return value === "";
    case "integer":
    case "number":
      return value === 0;
    case "boolean":
      return value === false;
    case "list":
      return Array.isArray(value) && value.length === 0;
    case "map":
      return isJsonObject(value) && Object.keys(value).length === 0;
    default:
      return false;
  }
}

function isAlwaysWritten({ pointer, omitEmpty, omitZero, schema }: FieldFacts): boolean {
  if (pointer) return !omitEmpty;
  if (omitZero) return false;
  const isRaw = schema.kind === "any" && schema.wire === "raw";
  return !omitEmpty || schema.kind === "struct" || (isGoStruct(schema) && !isRaw);
}

/** What stands for an absent field that is written all the same. */
function whenAbsent({ pointer, schema }: FieldFacts): JsonValue {
  return pointer || schema.kind === "list" || schema.kind === "map" || schema.kind === "bytes" ? null : zeroOf(schema);
}

function isGoStruct({ kind }: SchemaFacts): boolean {
  return (
    kind === "time" ||
    kind === "micro-time" ||
    kind === "quantity" ||
    kind === "int-or-string" ||
    kind === "duration" ||
    kind === "fields-v1" ||
    kind === "any"
  );
}

/** How the zero value of a Go type is written. */
function zeroOf(schema: SchemaFacts): JsonValue {
  switch (schema.kind) {
    case "string":
      return "";
    case "integer":
    case "number":
    case "int-or-string":
      return 0;
    case "boolean":
      return false;
    case "quantity":
      return "0";
    case "duration":
      return "0s";
    case "struct":
      return zeroStruct(schema.type());
    default:
      return null;
  }
}

function zeroStruct(type: TypeFacts): JsonObject {
  return written([], planOf(type));
}

/** `v1.ObjectMeta`, as Go prints the type. */
function goStruct(type: TypeFacts): string {
  return type.name.split(".").slice(-2).join(".");
}

function shortName(type: TypeFacts): string {
  return type.name.slice(type.name.lastIndexOf(".") + 1);
}

function goType(schema: SchemaFacts): string {
  switch (schema.kind) {
    case "string":
      return "string";
    case "integer":
      return schema.format;
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    case "bytes":
      return "[]uint8";
    case "struct":
      return goStruct(schema.type());
    case "map":
      return `map[string]${goType(schema.value)}`;
    case "list":
      return `[]${goType(schema.item)}`;
    case "quantity":
      return "resource.Quantity";
    case "int-or-string":
      return "intstr.IntOrString";
    default:
      return "v1.Time";
  }
}

/** The struct whose field is being read: the next one outwards. */
function structAround(at: At): string {
  for (let next = at.up; next !== undefined; next = next.up) if (next.type !== undefined) return shortName(next.type);
  return "";
}

/** Field names alone: Go's messages name neither indices nor map keys. */
function goPath(at: At): string {
  const names: string[] = [];
  for (let next: At | undefined = at; next?.up !== undefined; next = next.up)
    if (typeof next.step === "string" && !next.isMapKey) names.push(next.step);
  return names.reverse().join(".");
}

function fullPath(at: At): string {
  const steps: (string | number)[] = [];
  for (let next: At | undefined = at; next?.up !== undefined; next = next.up) steps.push(next.step);
  return steps
    .reverse()
    .reduce<string>(
      (path, step) => (typeof step === "number" ? `${path}[${step}]` : path === "" ? step : `${path}.${step}`),
      "",
    );
}
