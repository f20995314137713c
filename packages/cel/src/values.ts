import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, ownProperty } from "@lateen/base";

/**
 * Values at run time. An int is a bigint, a double a number: so they are told apart. Lists, maps and objects of a
 * schema are read from JSON when they are asked for.
 */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelTypeValue
  | CelOptional
  | CelOpaque
  | CelList
  | CelMap
  | CelObject;

/** An evaluation that ended with an error, in cel-go's words. */
export class CelError extends Error {
  override readonly name = "CelError";
  readonly code = "Cel";
}

export const noSuchOverload = (): CelError => new CelError("no such overload");

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since the epoch, and the minutes that its clock is ahead of UTC. */
export class CelTimestamp {
  readonly nanoseconds: bigint;
  readonly offset: number;
  constructor(nanoseconds: bigint, offset = 0) {
    this.nanoseconds = nanoseconds;
    this.offset = offset;
  }
}

export class CelDuration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

export class CelTypeValue {
  readonly type: string;
  constructor(type: string) {
    this.type = type;
  }
}

export class CelOptional {
  static readonly none = new CelOptional(undefined);
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

/** A value of a library's type; `key` makes equal values equal. */
export class CelOpaque<T = unknown> {
  readonly type: string;
  readonly value: T;
  readonly key: string;
  constructor(type: string, value: T, key: string) {
    this.type = type;
    this.value = value;
    this.key = key;
  }
}

export abstract class CelList {
  abstract readonly length: number;
  abstract at(index: number): CelValue;

  /** How lists of a schema compare and join: sets without order, maps by their keys. */
  readonly relation: "list" | "set" | "map" = "list";

  /** The text by which elements of a map list are the same. */
  keyOf(_item: CelValue): string | undefined {
    return undefined;
  }

  *[Symbol.iterator](): Generator<CelValue> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}

export class PlainList extends CelList {
  readonly items: readonly CelValue[];
  constructor(items: readonly CelValue[]) {
    super();
    this.items = items;
  }
  get length(): number {
    return this.items.length;
  }
  at(index: number): CelValue {
    return this.items[index]!;
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  abstract get(key: CelValue): CelValue | undefined;
  abstract keys(): Iterable<CelValue>;
}

/** Keys that are equal have one text: 1, 1u and 1.0 are one. */
export function mapKey(key: CelValue): string {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `b${key}`;
  if (typeof key === "bigint") return `n${key}`;
  if (key instanceof CelUint) return `n${key.value}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : `d${key}`;
  throw new CelError("unsupported key type");
}

export class PlainMap extends CelMap {
  readonly #entries: ReadonlyMap<string, readonly [CelValue, CelValue]>;
  constructor(entries: Iterable<readonly [CelValue, CelValue]>) {
    super();
    const map = new Map<string, readonly [CelValue, CelValue]>();
    for (const entry of entries) map.set(mapKey(entry[0]), entry);
    this.#entries = map;
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: CelValue): CelValue | undefined {
    return this.#entries.get(mapKey(key))?.[1];
  }
  *keys(): Generator<CelValue> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** Reads JSON as a value of one place of a schema. */
export type Reader = (json: JsonValue) => CelValue;

export class JsonList extends CelList {
  override readonly relation: "list" | "set" | "map";
  readonly #json: JsonArray;
  readonly #read: Reader;
  readonly #keys: readonly string[];
  readonly #items: (CelValue | undefined)[] = [];

  constructor(json: JsonArray, read: Reader, type: { relation: "list" | "set" | "map"; keys: readonly string[] }) {
    super();
    this.#json = json;
    this.#read = read;
    this.relation = type.relation;
    this.#keys = type.keys;
  }
  get length(): number {
    return this.#json.length;
  }
  at(index: number): CelValue {
    let item = this.#items[index];
    if (item === undefined) this.#items[index] = item = this.#read(this.#json[index]!);
    return item;
  }
  override keyOf(item: CelValue): string | undefined {
    if (!(item instanceof CelObject)) return undefined;
    return JSON.stringify(this.#keys.map((name) => ownProperty(item.json, name) ?? null));
  }
}

export class JsonMap extends CelMap {
  readonly #json: JsonObject;
  readonly #read: Reader;
  constructor(json: JsonObject, read: Reader) {
    super();
    this.#json = json;
    this.#read = read;
  }
  get size(): number {
    return Object.keys(this.#json).length;
  }
  get(key: CelValue): CelValue | undefined {
    const value = typeof key === "string" ? ownProperty(this.#json, key) : undefined;
    return value === undefined ? undefined : this.#read(value);
  }
  keys(): Iterable<CelValue> {
    return Object.keys(this.#json);
  }
}

/** A struct of a schema. Field names are as in expressions: escaped. */
export class CelObject {
  readonly json: JsonObject;
  readonly typeName: string;
  readonly #fields: ReadonlyMap<string, { readonly name: string; readonly read: Reader }>;
  constructor(
    json: JsonObject,
    typeName: string,
    fields: ReadonlyMap<string, { readonly name: string; readonly read: Reader }>,
  ) {
    this.json = json;
    this.typeName = typeName;
    this.#fields = fields;
  }
  get(field: string): CelValue | undefined {
    const known = this.#fields.get(field);
    const value = known === undefined ? undefined : ownProperty(this.json, known.name);
    return value === undefined ? undefined : known!.read(value);
  }
  get fieldNames(): Iterable<string> {
    return this.#fields.keys();
  }
}

/** JSON without a schema: whole numbers are ints. */
export function readDynamic(json: JsonValue): CelValue {
  if (typeof json === "number") return Number.isInteger(json) ? BigInt(json) : json;
  if (Array.isArray(json)) return new JsonList(json as JsonArray, readDynamic, { relation: "list", keys: [] });
  if (isJsonObject(json)) return new JsonMap(json, readDynamic);
  return json as null | boolean | string;
}

/** The name of a value's type, as `type(x)` and messages have it. */
export function typeNameOf(value: CelValue): string {
  if (value === null) return "null_type";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    default:
  }
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof CelUint) return "uint";
  if (value instanceof CelTimestamp) return "google.protobuf.Timestamp";
  if (value instanceof CelDuration) return "google.protobuf.Duration";
  if (value instanceof CelTypeValue) return "type";
  if (value instanceof CelOptional) return "optional_type";
  if (value instanceof CelOpaque) return value.type;
  if (value instanceof CelList) return "list";
  if (value instanceof CelMap) return "map";
  return value.typeName;
}

const isNumeric = (value: CelValue): value is bigint | number | CelUint =>
  typeof value === "bigint" || typeof value === "number" || value instanceof CelUint;

const numberOf = (value: bigint | number | CelUint): bigint | number =>
  value instanceof CelUint ? value.value : value;

/** −1, 0, 1, or undefined for values that have no order. Numbers compare across their types. */
export function compareValues(a: CelValue, b: CelValue): number | undefined {
  if (isNumeric(a) && isNumeric(b)) {
    const x = numberOf(a);
    const y = numberOf(b);
    if (Number.isNaN(x) || Number.isNaN(y)) return undefined;
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return sign(a.nanoseconds - b.nanoseconds);
  if (a instanceof CelDuration && b instanceof CelDuration) return sign(a.nanoseconds - b.nanoseconds);
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
    return Math.sign(a.length - b.length);
  }
  return undefined;
}

const sign = (value: bigint): number => (value < 0n ? -1 : value > 0n ? 1 : 0);

/** Texts in the order of their code points (as of their bytes in UTF-8). */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all others.
    const surrogates = Number(x >= 0xd800 && x < 0xe000) - Number(y >= 0xd800 && y < 0xe000);
    return surrogates === 0 ? (x < y ? -1 : 1) : surrogates;
  }
  return a.length < b.length ? -1 : 1;
}

const maxEqualityDepth = 500;

export function equalValues(a: CelValue, b: CelValue, depth = 0): boolean {
  if (a === b) return true;
  if (depth > maxEqualityDepth) throw new CelError("values nested too deep");
  if (isNumeric(a) && isNumeric(b)) return compareValues(a, b) === 0;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof CelList) return b instanceof CelList && equalLists(a, b, depth + 1);
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b, depth + 1);
  if (a instanceof CelObject) return b instanceof CelObject && equalObjects(a, b, depth + 1);
  if (a instanceof CelOpaque) return b instanceof CelOpaque && a.type === b.type && a.key === b.key;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.type === b.type;
  if (a instanceof CelOptional) {
    if (!(b instanceof CelOptional)) return false;
    if (a.value === undefined || b.value === undefined) return a.value === b.value;
    return equalValues(a.value, b.value, depth + 1);
  }
  return compareValues(a, b) === 0;
}

function equalLists(a: CelList, b: CelList, depth: number): boolean {
  if (a.length !== b.length) return false;
  if (a.relation === "set") return [...a].every((item) => [...b].some((other) => equalValues(item, other, depth)));
  if (a.relation === "map") {
    const byKey = new Map([...a].map((item) => [a.keyOf(item), item]));
    return [...b].every((item) => {
      const other = byKey.get(a.keyOf(item));
      return other !== undefined && equalValues(other, item, depth);
    });
  }
  for (let i = 0; i < a.length; i++) if (!equalValues(a.at(i), b.at(i), depth)) return false;
  return true;
}

function equalMaps(a: CelMap, b: CelMap, depth: number): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const other = b.get(key);
    if (other === undefined || !equalValues(a.get(key)!, other, depth)) return false;
  }
  return true;
}

function equalObjects(a: CelObject, b: CelObject, depth: number): boolean {
  for (const name of new Set([...a.fieldNames, ...b.fieldNames])) {
    const x = a.get(name);
    const y = b.get(name);
    if (x === undefined || y === undefined ? x !== y : !equalValues(x, y, depth)) return false;
  }
  return true;
}
