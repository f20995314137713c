import { compilePattern, parseDuration } from "@lateen/objects";
import { type Range, add, multiply, range, scale, textFactor } from "../cost-range.ts";
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
  parameter,
  stringType,
  timestampType,
  typeType,
  uintType,
} from "../types.ts";
import {
  CelDuration,
  CelError,
  CelList,
  type CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  PlainList,
  compareValues,
  equalValues,
  mapKey,
  noSuchOverload,
  typeNameOf,
} from "../values.ts";
import {
  checkInt,
  checkTimestamp,
  checkUint,
  formatDouble,
  formatDuration,
  formatTimestamp,
  localMs,
  parseTimestamp,
  textLength,
} from "./convert.ts";
import { type Overload, fn, matchCost, method, sameSize, walksText } from "./function.ts";

/** The standard functions and operators of CEL. `_&&_`, `_||_` and `_?_:_` are the evaluator's own. */

const a = parameter("A");
const b = parameter("B");

/** Comparing two values takes as long as the shorter of them. */
function compareCost(sizes: readonly Range[]): Range {
  const [left, right] = sizes as [Range, Range];
  return {
    min: Math.min(1, left.min, right.min),
    max: Math.max(1, scale(range(Math.min(left.max, right.max)), textFactor).max),
  };
}

const joinCost = (sizes: readonly Range[]): Range => scale(add(...sizes), textFactor);
const joinSize = (sizes: readonly Range[]): Range => add(...sizes);

function divide(x: bigint, y: bigint, name: string): bigint {
  if (y === 0n) throw new CelError(name === "%" ? "modulus by zero" : "division by zero");
  return name === "%" ? x % y : x / y;
}

const arithmetic: Overload[] = [
  fn("_+_", [intType, intType], intType, (x: bigint, y: bigint) => checkInt(x + y)),
  fn("_-_", [intType, intType], intType, (x: bigint, y: bigint) => checkInt(x - y)),
  fn("_*_", [intType, intType], intType, (x: bigint, y: bigint) => checkInt(x * y)),
  fn("_/_", [intType, intType], intType, (x: bigint, y: bigint) => checkInt(divide(x, y, "/"))),
  fn("_%_", [intType, intType], intType, (x: bigint, y: bigint) => divide(x, y, "%")),
  fn("_+_", [uintType, uintType], uintType, (x: CelUint, y: CelUint) => new CelUint(checkUint(x.value + y.value))),
  fn("_-_", [uintType, uintType], uintType, (x: CelUint, y: CelUint) => new CelUint(checkUint(x.value - y.value))),
  fn("_*_", [uintType, uintType], uintType, (x: CelUint, y: CelUint) => new CelUint(checkUint(x.value * y.value))),
  fn("_/_", [uintType, uintType], uintType, (x: CelUint, y: CelUint) => new CelUint(divide(x.value, y.value, "/"))),
  fn("_%_", [uintType, uintType], uintType, (x: CelUint, y: CelUint) => new CelUint(divide(x.value, y.value, "%"))),
  fn("_+_", [doubleType, doubleType], doubleType, (x: number, y: number) => x + y),
  fn("_-_", [doubleType, doubleType], doubleType, (x: number, y: number) => x - y),
  fn("_*_", [doubleType, doubleType], doubleType, (x: number, y: number) => x * y),
  fn("_/_", [doubleType, doubleType], doubleType, (x: number, y: number) => x / y),
  fn("-_", [intType], intType, (x: bigint) => checkInt(-x)),
  fn("-_", [doubleType], doubleType, (x: number) => -x),
  fn("!_", [boolType], boolType, (x: boolean) => !x),
  fn("_+_", [stringType, stringType], stringType, (x: string, y: string) => x + y, { cost: joinCost, size: joinSize }),
  fn("_+_", [bytesType, bytesType], bytesType, (x: Uint8Array, y: Uint8Array) => Uint8Array.from([...x, ...y]), {
    cost: joinCost,
    size: joinSize,
  }),
  fn("_+_", [listType(a), listType(a)], listType(a), joinLists, { size: joinSize }),
];

/** Sets join without repetitions, map lists by their keys. */
function joinLists(x: CelList, y: CelList): CelList {
  if (x.relation === "list") return new PlainList([...x, ...y]);
  const items = [...x];
  for (const item of y) {
    if (x.relation === "set") {
      if (!items.some((known) => equalValues(known, item))) items.push(item);
      continue;
    }
    const key = x.keyOf(item);
    const at = items.findIndex((known) => x.keyOf(known) === key);
    if (at < 0) items.push(item);
    else items[at] = item;
  }
  return new PlainList(items);
}

const times: Overload[] = [
  fn("_+_", [timestampType, durationType], timestampType, (x: CelTimestamp, y: CelDuration) =>
    checkTimestamp(x.nanoseconds + y.nanoseconds, x.offset),
  ),
  fn("_+_", [durationType, timestampType], timestampType, (x: CelDuration, y: CelTimestamp) =>
    checkTimestamp(x.nanoseconds + y.nanoseconds, y.offset),
  ),
  fn("_+_", [durationType, durationType], durationType, (x: CelDuration, y: CelDuration) =>
    duration(x.nanoseconds + y.nanoseconds),
  ),
  fn("_-_", [timestampType, durationType], timestampType, (x: CelTimestamp, y: CelDuration) =>
    checkTimestamp(x.nanoseconds - y.nanoseconds, x.offset),
  ),
  fn("_-_", [timestampType, timestampType], durationType, (x: CelTimestamp, y: CelTimestamp) =>
    duration(x.nanoseconds - y.nanoseconds),
  ),
  fn("_-_", [durationType, durationType], durationType, (x: CelDuration, y: CelDuration) =>
    duration(x.nanoseconds - y.nanoseconds),
  ),
];

function duration(nanoseconds: bigint): CelDuration {
  if (BigInt.asIntN(64, nanoseconds) !== nanoseconds) throw new CelError("duration overflow");
  return new CelDuration(nanoseconds);
}

const numeric: readonly CelType[] = [intType, uintType, doubleType];
const ordered: readonly CelType[] = [boolType, stringType, bytesType, timestampType, durationType];

function comparison(name: string, holds: (order: number) => boolean): Overload[] {
  const call = (x: CelValue, y: CelValue): boolean => {
    const order = compareValues(x, y);
    if (order === undefined) {
      if (typeof x === "number" || typeof y === "number") return false;
      throw noSuchOverload();
    }
    return holds(order);
  };
  const pairs = ordered.map((type): readonly [CelType, CelType] => [type, type]);
  for (const x of numeric) for (const y of numeric) pairs.push([x, y]);
  return pairs.map(([x, y]) => {
    const sized = x === stringType || x === bytesType;
    return fn(name, [x, y], boolType, call, sized ? { cost: compareCost } : {});
  });
}

const relations: Overload[] = [
  fn("_==_", [a, a], boolType, (x: CelValue, y: CelValue) => equalValues(x, y), { cost: compareCost }),
  fn("_!=_", [a, a], boolType, (x: CelValue, y: CelValue) => !equalValues(x, y), { cost: compareCost }),
  ...comparison("_<_", (order) => order < 0),
  ...comparison("_<=_", (order) => order <= 0),
  ...comparison("_>_", (order) => order > 0),
  ...comparison("_>=_", (order) => order >= 0),
  fn("@in", [a, listType(a)], boolType, (x: CelValue, y: CelList) => [...y].some((item) => equalValues(item, x)), {
    cost: (sizes) => sizes[1]!,
  }),
  fn("@in", [a, mapType(a, b)], boolType, (x: CelValue, y: CelMap) => hasKey(y, x)),
];

function hasKey(map: CelMap, key: CelValue): boolean {
  try {
    mapKey(key);
  } catch {
    return false;
  }
  return map.get(key) !== undefined;
}

const texts: Overload[] = [
  method("contains", [stringType, stringType], boolType, (x: string, y: string) => x.includes(y), {
    cost: (sizes) => multiply(scale(sizes[0]!, textFactor), scale(sizes[1]!, textFactor)),
  }),
  method("startsWith", [stringType, stringType], boolType, (x: string, y: string) => x.startsWith(y), {
    cost: walksText(1),
  }),
  method("endsWith", [stringType, stringType], boolType, (x: string, y: string) => x.endsWith(y), {
    cost: walksText(1),
  }),
  method("matches", [stringType, stringType], boolType, matches, { cost: matchCost }),
  fn("matches", [stringType, stringType], boolType, matches, { cost: matchCost }),
];

function matches(text: string, pattern: string): boolean {
  try {
    return compilePattern(pattern).matcher(text).find();
  } catch (error) {
    throw new CelError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const sized: readonly [CelType, (value: never) => number][] = [
  [stringType, (value: string) => textLength(value)],
  [bytesType, (value: Uint8Array) => value.length],
  [listType(a), (value: CelList) => value.length],
  [mapType(a, b), (value: CelMap) => value.size],
];
const sizes: Overload[] = sized.flatMap(([type, sizeOf]) => {
  const call = (value: never): bigint => BigInt(sizeOf(value));
  return [fn("size", [type], intType, call), method("size", [type], intType, call)];
});

function conversionError(from: string, to: string): CelError {
  return new CelError(`type conversion error from '${from}' to '${to}'`);
}

function intOfText(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw conversionError("string", "int");
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  if (BigInt.asIntN(64, value) !== value) throw conversionError("string", "int");
  return value;
}

function uintOfText(text: string): CelUint {
  if (!/^\d+$/.test(text) || BigInt.asUintN(64, BigInt(text)) !== BigInt(text)) throw conversionError("string", "uint");
  return new CelUint(BigInt(text));
}

function intOfDouble(value: number): bigint {
  if (!Number.isFinite(value) || value <= -9.223372036854775e18 || value >= 9.223372036854775e18)
    throw new CelError("integer overflow");
  return BigInt(Math.trunc(value));
}

function doubleOfText(text: string): number {
  if (/^[+-]?(?:inf|infinity)$/i.test(text))
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) throw conversionError("string", "double");
  const value = Number(text);
  if (!Number.isFinite(value)) throw conversionError("string", "double");
  return value;
}

function boolOfText(text: string): boolean {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(?:0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw conversionError("string", "bool");
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CelError("invalid UTF-8 in bytes, cannot convert to string", { cause: error });
  }
}

function durationOfText(text: string): CelDuration {
  try {
    return new CelDuration(parseDuration(text));
  } catch (error) {
    throw new CelError(`type conversion error from 'string' to 'google.protobuf.Duration'`, { cause: error });
  }
}

function timestampOfText(text: string): CelTimestamp {
  const timestamp = parseTimestamp(text);
  if (timestamp === undefined) throw conversionError("string", "google.protobuf.Timestamp");
  return timestamp;
}

const nano = 1_000_000_000n;
const same = (value: CelValue): CelValue => value;
const textWalk = { cost: walksText(0), size: sameSize(0) };

const conversions: Overload[] = [
  fn("int", [intType], intType, same),
  fn("int", [uintType], intType, (x: CelUint) => checkInt(x.value)),
  fn("int", [doubleType], intType, intOfDouble),
  fn("int", [stringType], intType, intOfText),
  fn("int", [timestampType], intType, (x: CelTimestamp) => x.nanoseconds / nano),
  fn("int", [durationType], intType, (x: CelDuration) => x.nanoseconds),
  fn("uint", [uintType], uintType, same),
  fn("uint", [intType], uintType, (x: bigint) => new CelUint(checkUint(x))),
  fn(
    "uint",
    [doubleType],
    uintType,
    (x: number) => new CelUint(checkUint(BigInt(Math.trunc(Number.isFinite(x) ? x : -1)))),
  ),
  fn("uint", [stringType], uintType, uintOfText),
  fn("double", [doubleType], doubleType, same),
  fn("double", [intType], doubleType, Number),
  fn("double", [uintType], doubleType, (x: CelUint) => Number(x.value)),
  fn("double", [stringType], doubleType, doubleOfText),
  fn("bool", [boolType], boolType, same),
  fn("bool", [stringType], boolType, boolOfText),
  fn("string", [stringType], stringType, same, { size: sameSize(0) }),
  fn("string", [boolType], stringType, String),
  fn("string", [intType], stringType, String),
  fn("string", [uintType], stringType, (x: CelUint) => String(x.value)),
  fn("string", [doubleType], stringType, formatDouble),
  fn("string", [bytesType], stringType, textOfBytes, textWalk),
  fn("string", [timestampType], stringType, formatTimestamp),
  fn("string", [durationType], stringType, formatDuration),
  fn("bytes", [bytesType], bytesType, same, { size: sameSize(0) }),
  fn("bytes", [stringType], bytesType, (x: string) => new TextEncoder().encode(x), textWalk),
  fn("duration", [durationType], durationType, same),
  fn("duration", [stringType], durationType, durationOfText),
  fn("timestamp", [timestampType], timestampType, same),
  fn("timestamp", [stringType], timestampType, timestampOfText),
  fn("timestamp", [intType], timestampType, (x: bigint) => checkTimestamp(x * nano)),
  fn("dyn", [a], dynType, same),
  fn("type", [a], typeType, (x: CelValue) => new CelTypeValue(typeNameOf(x))),
];

const day = 86_400_000;
const parts: readonly [string, (date: Date) => number][] = [
  ["getFullYear", (date) => date.getUTCFullYear()],
  ["getMonth", (date) => date.getUTCMonth()],
  ["getDayOfMonth", (date) => date.getUTCDate() - 1],
  ["getDate", (date) => date.getUTCDate()],
  ["getDayOfWeek", (date) => date.getUTCDay()],
  ["getDayOfYear", (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / day)],
  ["getHours", (date) => date.getUTCHours()],
  ["getMinutes", (date) => date.getUTCMinutes()],
  ["getSeconds", (date) => date.getUTCSeconds()],
  ["getMilliseconds", (date) => date.getUTCMilliseconds()],
];
const getters: Overload[] = parts.flatMap(([name, read]) => {
  const call = (x: CelTimestamp, zone?: string): bigint => BigInt(read(new Date(localMs(x, zone))));
  return [method(name, [timestampType], intType, call), method(name, [timestampType, stringType], intType, call)];
});
const durationParts: readonly [string, bigint][] = [
  ["getHours", 3600n * nano],
  ["getMinutes", 60n * nano],
  ["getSeconds", nano],
  ["getMilliseconds", 1_000_000n],
];
const durationGetters: Overload[] = durationParts.map(([name, unit]) =>
  method(name, [durationType], intType, (x: CelDuration) => x.nanoseconds / unit),
);

const indexing: Overload[] = [
  fn("_[_]", [listType(a), intType], a, (x: CelList, y: CelValue) => elementAt(x, y)),
  fn("_[_]", [mapType(a, b), a], b, (x: CelMap, y: CelValue) => memberAt(x, y)),
];

/** @throws CelError for an index outside */
export function elementAt(list: CelList, index: CelValue): CelValue {
  const at = index instanceof CelUint ? index.value : index;
  if (typeof at !== "bigint" && !(typeof at === "number" && Number.isInteger(at))) throw noSuchOverload();
  if (at < 0 || at >= list.length) throw new CelError(`index out of bounds: ${at}`);
  return list.at(Number(at));
}

/** @throws CelError for a key that is not there */
export function memberAt(map: CelMap, key: CelValue): CelValue {
  const value = map.get(key);
  if (value === undefined) throw new CelError(`no such key: ${keyText(key)}`);
  return value;
}

/** A key as messages name it. */
export function keyText(key: CelValue): string {
  if (typeof key === "number") return formatDouble(key);
  if (key instanceof CelUint) return String(key.value);
  return typeof key === "object" ? typeNameOf(key) : String(key);
}

export const standardLibrary: readonly Overload[] = [
  ...arithmetic,
  ...times,
  ...relations,
  ...texts,
  ...sizes,
  ...conversions,
  ...getters,
  ...durationGetters,
  ...indexing,
];
