import { InvariantError } from "@lateen/base";
import { type CueNumber, bigintOf, formatNumber, jsNumberOf, safeIntegerOf } from "../number.ts";
import { type LazyValue, type Native, BuiltinError } from "./builtin.ts";

/** Readers of a call's arguments. The evaluator has checked the kinds; these give them their types and ranges. */
type Args = readonly Native[];

function misread(args: Args, index: number, wanted: string): InvariantError {
  return new InvariantError(`argument ${index} of a library call is ${typeof args[index]}, not ${wanted}`);
}

export function isNumber(value: Native | undefined): value is CueNumber {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "number";
}

export function isLazy(value: Native | undefined): value is LazyValue {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "lazy";
}

export function textArgument(args: Args, index: number): string {
  const value = args[index];
  if (typeof value !== "string") throw misread(args, index, "a string");
  return value;
}

export function boolArgument(args: Args, index: number): boolean {
  const value = args[index];
  if (typeof value !== "boolean") throw misread(args, index, "a boolean");
  return value;
}

export function numberArgument(args: Args, index: number): CueNumber {
  const value = args[index];
  if (!isNumber(value)) throw misread(args, index, "a number");
  return value;
}

export function lazyArgument(args: Args, index: number): LazyValue {
  const value = args[index];
  if (!isLazy(value)) throw misread(args, index, "a lazy value");
  return value;
}

export function bigintArgument(args: Args, index: number): bigint {
  return bigintOf(numberArgument(args, index));
}

/** An integer of 64 bits as a JS number; beyond ±2^53 the nearest one. */
export function intArgument(args: Args, index: number): number {
  return boundedInt(numberArgument(args, index), index, 64);
}

/** An integer of 32 bits: a rune. */
export function runeArgument(args: Args, index: number): number {
  return boundedInt(numberArgument(args, index), index, 32);
}

function boundedInt(value: CueNumber, index: number, bits: 32 | 64): number {
  const safe = safeIntegerOf(value);
  if (safe !== undefined && (bits === 64 || Math.abs(safe) < 2 ** 32)) return safe;
  const whole = bigintOf(value);
  const length = (whole < 0n ? -whole : whole).toString(2).length;
  if (length > bits)
    throw new BuiltinError(
      `int ${formatNumber(value)} overflows ${bits === 32 ? "rune" : "int64"} in argument ${index}`,
    );
  return Number(whole);
}

/** A 64-bit unsigned integer. */
export function uintArgument(args: Args, index: number): number {
  const value = numberArgument(args, index);
  if (value.coefficient < 0)
    throw new BuiltinError(`cannot use ${formatNumber(value)} (type int) as uint64 in argument ${index}`);
  return boundedInt(value, index, 64);
}

/** A float64. @throws BuiltinError when the number is beyond its range. */
export function floatArgument(args: Args, index: number): number {
  const value = numberArgument(args, index);
  const float = jsNumberOf(value);
  if (value.form === "finite" && !Number.isFinite(float)) {
    const kind = value.isInt ? "int" : "float";
    const text = formatNumber(value);
    throw new BuiltinError(`cannot use ${text} (type ${kind}) as float64 in argument ${index}: value was rounded up`);
  }
  return float;
}

/** The bytes of a `bytes | string` argument; a string's UTF-8. */
export function bytesArgument(args: Args, index: number): Uint8Array {
  const value = args[index];
  if (value instanceof Uint8Array) return value;
  return encodeUtf8(textArgument(args, index));
}

/** The text of a `bytes | string` argument; bytes that are no UTF-8 become U+FFFD. */
export function textOrBytesArgument(args: Args, index: number): string {
  const value = args[index];
  return value instanceof Uint8Array ? decodeUtf8(value) : textArgument(args, index);
}

export function elementsArgument(args: Args, index: number): readonly LazyValue[] {
  const value = lazyArgument(args, index);
  const elements = value.elements();
  if (elements !== undefined) return elements;
  throw value.failure ?? misread(args, index, "a list");
}

/** The elements of a list of strings. @throws BuiltinError for others, `incomplete` for non-concrete ones. */
export function textsArgument(args: Args, index: number): string[] {
  return elementsArgument(args, index).map((element, position) => {
    const value = element.scalar();
    if (typeof value === "string") return value;
    throw wrongElement({ element, position, index, wanted: "string" });
  });
}

/** The elements of a list of numbers. @throws BuiltinError for others, `incomplete` for non-concrete ones. */
export function numbersArgument(args: Args, index: number): CueNumber[] {
  return elementsArgument(args, index).map((element, position) => {
    const value = element.scalar();
    if (isNumber(value)) return value;
    throw wrongElement({ element, position, index, wanted: "number" });
  });
}

function wrongElement(what: {
  readonly element: LazyValue;
  readonly position: number;
  readonly index: number;
  readonly wanted: "string" | "number";
}): BuiltinError {
  const { element, position, index, wanted } = what;
  const { failure } = element;
  if (failure !== undefined && failure.code !== "incomplete") return failure;
  const possible = element.isConcrete ? [element.type] : element.type.replaceAll(/[()]/g, "").split("|");
  const fits = possible.some(
    (kind) => kind === "_" || kind === wanted || (wanted === "number" && /^(int|float)$/.test(kind)),
  );
  if (!fits)
    return new BuiltinError(
      `invalid list element ${position} in argument ${index} to call: cannot use value ${element.text()} (${element.type}) as ${wanted}`,
    );
  return new BuiltinError(
    `non-concrete value ${element.text()} for element ${position} of ${wanted} list argument ${index}`,
    "incomplete",
  );
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Length in bytes of the UTF-8 form of `text`, from one UTF-16 index to another. */
export function utf8Length(text: string, start = 0, end = text.length): number {
  let length = end - start;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < end) {
      length += 2;
      i++;
    } else length += 2;
  }
  return length;
}

/** Orders as Go and CUE do: by the bytes of UTF-8, which is the order of code points. */
export function compareText(left: string, right: string): -1 | 0 | 1 {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a === b) continue;
    // A surrogate stands for a code point above all others, whatever its own value.
    const aboveA = a >= 0xd800 && a < 0xe000;
    const aboveB = b >= 0xd800 && b < 0xe000;
    if (aboveA !== aboveB) return aboveA ? 1 : -1;
    return a < b ? -1 : 1;
  }
  return left.length < right.length ? -1 : 1;
}
