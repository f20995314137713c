import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type SchemaNode, parseDuration } from "@lateen/objects";
import { type Range, range } from "./cost-range.ts";
import { parseTimestamp } from "./library/convert.ts";
import {
  type CelType,
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  stringType,
  timestampType,
} from "./types.ts";
import { CelDuration, CelError, CelObject, type CelValue, JsonList, JsonMap, type Reader } from "./values.ts";

/** Structural schemas as CEL sees them: types, how JSON becomes values, how large values can be. */

export interface SchemaType {
  readonly type: CelType;
  readonly read: Reader;
  readonly shape: Shape;
}

/** How large a value can be (for estimates), and what is in it. */
export interface Shape {
  readonly size: Range;
  readonly item?: Shape | undefined;
  readonly key?: Shape | undefined;
  readonly fieldOf?: ((name: string) => Shape | undefined) | undefined;
}

/** Largest request that the server takes: bounds all sizes that the schema does not. */
export const maxRequestBytes = 3 * 1024 * 1024;

const scalar: Shape = { size: range(1) };
const dateTimeBytes = 29;
const durationBytes = 32;

const cache = new WeakMap<SchemaNode, SchemaType | null>();
let names = 0;

/** Undefined for what rules do not see: values without a type. */
export function schemaTypeOf(node: SchemaNode): SchemaType | undefined {
  let known = cache.get(node);
  if (known === undefined) cache.set(node, (known = make(node) ?? null));
  return known ?? undefined;
}

function make(node: SchemaNode): SchemaType | undefined {
  if (node.intOrString) return { type: dynType, read: readIntOrText, shape: { size: range(0, textLimit(node)) } };
  switch (node.type) {
    case "string":
      return text(node);
    case "integer":
      return { type: intType, read: readInt, shape: scalar };
    case "number":
      return { type: doubleType, read: readDouble, shape: scalar };
    case "boolean":
      return { type: boolType, read: readBool, shape: scalar };
    case "array":
      return list(node);
    case "object":
      return node.additional !== undefined ? map(node) : struct(node, node.embedded);
    default:
      return undefined;
  }
}

/** Go's name of what JSON was decoded to, as its errors show it. */
function goTypeOf(json: JsonValue): string {
  if (Array.isArray(json)) return "[]interface {}";
  if (isJsonObject(json)) return "map[string]interface {}";
  if (typeof json === "number") return Number.isInteger(json) ? "int64" : "float64";
  return typeof json === "boolean" ? "bool" : "string";
}

/** Reads a scalar of one JavaScript type; what is of another is an error where the rule uses it. */
const reader =
  (wanted: "string" | "number" | "boolean", name: string): Reader =>
  (json) => {
    if (json === null) return null;
    if (typeof json !== wanted) throw new CelError(`invalid data, expected ${name}, got ${goTypeOf(json)}`);
    return json as CelValue;
  };

const readText = reader("string", "string");
const readDouble = reader("number", "float");
const readBool = reader("boolean", "bool");

function readInt(json: JsonValue): CelValue {
  if (json === null) return null;
  if (typeof json === "number" && Number.isInteger(json)) return clampInt(BigInt(json));
  throw new CelError(`invalid data, expected int, got ${goTypeOf(json)}`);
}

function readIntOrText(json: JsonValue): CelValue {
  if (json === null || typeof json === "string") return json;
  if (typeof json === "number" && Number.isInteger(json)) return clampInt(BigInt(json));
  throw new CelError(
    `invalid data, expected XIntOrString value to be either a string or integer, found ${goTypeOf(json)}`,
  );
}

/** What stands above 2^63 − 1 in a double was the largest int. */
function clampInt(value: bigint): bigint {
  const max = 2n ** 63n - 1n;
  return value > max ? max : value < -max - 1n ? -max - 1n : value;
}

function textLimit({ maxLength }: SchemaNode): number {
  // Lengths count code points, sizes bytes.
  return maxLength === undefined ? maxRequestBytes - 2 : Math.max(0, maxLength) * 4;
}

function text(node: SchemaNode): SchemaType {
  switch (node.format) {
    case "byte":
      return { type: bytesType, read: readBytes, shape: { size: range(0, node.maxLength ?? maxRequestBytes - 2) } };
    case "date-time":
    case "date":
      return { type: timestampType, read: readTime, shape: { size: range(0, dateTimeBytes) } };
    case "duration":
      return { type: durationType, read: readDuration, shape: { size: range(0, durationBytes) } };
    default: {
      const choices = node.enum?.filter((item): item is string => typeof item === "string");
      const max =
        choices !== undefined && choices.length > 0 ? Math.max(...choices.map((item) => item.length)) : textLimit(node);
      return { type: stringType, read: readText, shape: { size: range(0, max) } };
    }
  }
}

function readBytes(json: JsonValue): CelValue {
  if (typeof json !== "string") return readText(json);
  try {
    return Uint8Array.from(atob(json), (letter) => letter.charCodeAt(0));
  } catch (error) {
    throw new CelError(`Invalid byte formatted string ${json}`, { cause: error });
  }
}

function readTime(json: JsonValue): CelValue {
  if (typeof json !== "string") return readText(json);
  const time = parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(json) ? `${json}T00:00:00Z` : json);
  if (time === undefined) throw new CelError(`Invalid date formatted string ${json}`);
  return time;
}

const wordUnits: Readonly<Record<string, bigint>> = { d: 86_400n, w: 604_800n };

function readDuration(json: JsonValue): CelValue {
  if (typeof json !== "string") return readText(json);
  const days = /^(\d+)\s*(d|w)/.exec(json);
  try {
    if (days !== null) return new CelDuration(BigInt(days[1]!) * wordUnits[days[2]!]! * 1_000_000_000n);
    return new CelDuration(parseDuration(json.replaceAll(" ", "")));
  } catch (error) {
    throw new CelError(`Invalid duration formatted string ${json}`, { cause: error });
  }
}

function list(node: SchemaNode): SchemaType | undefined {
  const item = node.items === undefined ? undefined : schemaTypeOf(node.items);
  if (item === undefined) return undefined;
  const relation = node.listType === "set" || node.listType === "map" ? node.listType : "list";
  const keys = node.listMapKeys;
  return {
    type: listType(item.type),
    read: (json) => {
      if (json === null) return null;
      if (!Array.isArray(json))
        throw new CelError("invalid data, expected an array for the provided schema with type=array");
      return new JsonList(json, item.read, { relation, keys });
    },
    shape: { size: range(0, maxItemsOf(node)), item: item.shape, key: scalar },
  };
}

function demandObject(json: JsonValue): JsonObject {
  if (!isJsonObject(json)) throw new CelError("invalid data, expected a map for the provided schema with type=object");
  return json;
}

/** How many elements a list can have: declared, or as many as a request can carry. */
export function maxItemsOf(node: SchemaNode): number {
  if (node.maxItems !== undefined) return Math.max(0, node.maxItems);
  const smallest = node.items === undefined ? 1 : minSizeOf(node.items);
  return Math.floor((maxRequestBytes - 2) / (smallest + 1));
}

function map(node: SchemaNode): SchemaType | undefined {
  const value = schemaTypeOf(node.additional!);
  if (value === undefined) return undefined;
  return {
    type: mapType(stringType, value.type),
    read: (json) => (json === null ? null : new JsonMap(demandObject(json), value.read)),
    shape: {
      size: range(0, maxPropertiesOf(node)),
      item: value.shape,
      // The server's own types of keys and names have no size, so estimates take them to be empty.
      key: { size: range(0) },
      fieldOf: () => value.shape,
    },
  };
}

export function maxPropertiesOf(node: SchemaNode): number {
  if (node.maxProperties !== undefined) return Math.max(0, node.maxProperties);
  return Math.floor((maxRequestBytes - 2) / (minSizeOf(node.additional!) + 6));
}

const nameNode = { type: stringType, read: readText, shape: { size: range(0) } };
const metaFields = new Map([
  ["name", { name: "name", ...nameNode }],
  ["generateName", { name: "generateName", ...nameNode }],
]);
const metaType: SchemaType = structOf(metaFields, "object.metadata");

interface Field extends SchemaType {
  readonly name: string;
}

function struct(node: SchemaNode, withMeta: boolean): SchemaType {
  const fields = new Map<string, Field>();
  for (const [name, property] of node.properties) {
    if (withMeta && (name === "apiVersion" || name === "kind" || name === "metadata")) continue;
    const escaped = escapeName(name);
    const type = schemaTypeOf(property);
    if (escaped !== undefined && type !== undefined) fields.set(escaped, { name, ...type });
  }
  if (withMeta) {
    fields.set("apiVersion", { name: "apiVersion", ...nameNode });
    fields.set("kind", { name: "kind", ...nameNode });
    fields.set("metadata", { name: "metadata", ...metaType });
  }
  return structOf(fields, `object${names++}`);
}

function structOf(fields: ReadonlyMap<string, Field>, name: string): SchemaType {
  const read: Reader = (json) => (json === null ? null : new CelObject(demandObject(json), name, fields));
  return {
    type: { kind: "object", name, fieldOf: (field) => fields.get(field)?.type },
    read,
    shape: { size: range(1), fieldOf: (field) => fields.get(field)?.shape },
  };
}

const roots = new WeakMap<SchemaNode, SchemaType>();

/** The type of a whole object: with apiVersion, kind and the names of its metadata. */
export function rootTypeOf(node: SchemaNode): SchemaType {
  let known = roots.get(node);
  if (known === undefined) roots.set(node, (known = struct(node, true)));
  return known;
}

const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** The name of a property in expressions; undefined for one that cannot be named. */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_][A-Za-z0-9_.\-/]*$/.test(name)) return undefined;
  return name
    .replaceAll("__", "\0underscores\0")
    .replaceAll(".", "\0dot\0")
    .replaceAll("-", "\0dash\0")
    .replaceAll("/", "\0slash\0")
    .replaceAll("\0", "__");
}

/** Fewest bytes that a value takes as JSON. */
export function minSizeOf(node: SchemaNode): number {
  if (node.intOrString) return 1;
  switch (node.type) {
    case "string":
      return 2;
    case "boolean":
      return 4;
    case "array":
      return 2;
    case "object": {
      let size = 2;
      for (const name of node.required) {
        const property = node.properties.get(name);
        if (property !== undefined && property.default === undefined) size += name.length + minSizeOf(property) + 4;
      }
      return size;
    }
    default:
      return 1;
  }
}
