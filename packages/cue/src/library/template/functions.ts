import { escapeUrl } from "../url.ts";
import { isPrint } from "../quote.ts";
import {
  type CallContext,
  GoInt,
  type ParamType,
  TemplateCallError,
  type TemplateFunction,
  type TemplateValue,
  isFunction,
  isList,
  isMap,
  isTrue,
  typeName,
} from "./values.ts";
import { formatted, plainText, printed } from "./print.ts";

/** The functions that every template has. `and`, `or` stop early: the evaluator sees to that. */

/** A function from its parameters: `rest` is the type of all that may follow. */
export function templateFunction(
  params: readonly ParamType[],
  rest: ParamType | undefined,
  call: TemplateFunction["call"],
): TemplateFunction {
  return rest === undefined ? { kind: "function", params, call } : { kind: "function", params, rest, call };
}

export const builtinFunctions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["and", templateFunction(["value"], "value", (args) => args.find((value) => !isTrue(value)) ?? args.at(-1))],
  ["or", templateFunction(["value"], "value", (args) => args.find(isTrue) ?? args.at(-1))],
  ["not", templateFunction(["value"], undefined, ([value]) => !isTrue(value))],
  ["call", templateFunction(["value"], "value", callValue)],
  ["html", templateFunction([], "any", (args) => escapeHtml(textOf(args)))],
  ["js", templateFunction([], "any", (args) => escapeJs(textOf(args)))],
  ["urlquery", templateFunction([], "any", (args) => escapeUrl(textOf(args), "query component"))],
  ["index", templateFunction(["value"], "value", ([item, ...indexes]) => indexed(item, indexes))],
  ["slice", templateFunction(["value"], "value", ([item, ...indexes]) => sliced(item, indexes))],
  ["len", templateFunction(["value"], undefined, ([item]) => new GoInt(BigInt(lengthOf(item))))],
  ["print", templateFunction([], "any", (args) => printed(args))],
  ["println", templateFunction([], "any", (args) => `${args.map(plainText).join(" ")}\n`)],
  ["printf", templateFunction(["string"], "any", ([format, ...args]) => formatted(format as string, args))],
  ["eq", templateFunction(["value"], "value", ([first, ...others]) => isEqualToOne(first, others))],
  ["ne", templateFunction(["value", "value"], undefined, ([a, b]) => !isEqualToOne(a, [b]))],
  ["lt", templateFunction(["value", "value"], undefined, ([a, b]) => isLess(a, b))],
  ["le", templateFunction(["value", "value"], undefined, ([a, b]) => isLess(a, b) || isEqualToOne(a, [b]))],
  ["gt", templateFunction(["value", "value"], undefined, ([a, b]) => !(isLess(a, b) || isEqualToOne(a, [b])))],
  ["ge", templateFunction(["value", "value"], undefined, ([a, b]) => !isLess(a, b))],
]);

function callValue([value, ...args]: readonly TemplateValue[], context: CallContext): TemplateValue {
  if (value === undefined || value === null) throw new TemplateCallError("call of nil");
  if (!isFunction(value)) throw new TemplateCallError(`non-function of type ${typeName(value)}`);
  return value.call(args, context);
}

// Comparison ---------------------------------------------------------------------------------------------------------

function basicKind(value: TemplateValue): "bool" | "int" | "float" | "string" | undefined {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "string";
  return value instanceof GoInt ? "int" : undefined;
}

const wrongKinds = (a: TemplateValue, b: TemplateValue): TemplateCallError =>
  new TemplateCallError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);

function isEqualToOne(first: TemplateValue, others: readonly TemplateValue[]): boolean {
  if (others.length === 0) throw new TemplateCallError("missing argument for comparison");
  return others.some((other) => isEqual(first, other));
}

function isEqual(a: TemplateValue, b: TemplateValue): boolean {
  const [left, right] = [basicKind(a), basicKind(b)];
  if (left !== right) {
    if (a == null || b == null) return false;
    throw wrongKinds(a, b);
  }
  if (left !== undefined) return a instanceof GoInt && b instanceof GoInt ? a.value === b.value : a === b;
  if (a == null || b == null) return a == null && b == null;
  throw new TemplateCallError(`non-comparable type ${plainText(a)}: ${typeName(a)}`);
}

function isLess(a: TemplateValue, b: TemplateValue): boolean {
  const [left, right] = [basicKind(a), basicKind(b)];
  if (left === undefined || right === undefined) throw new TemplateCallError("invalid type for comparison");
  if (left !== right) throw wrongKinds(a, b);
  if (left === "bool") throw new TemplateCallError("invalid type for comparison");
  if (a instanceof GoInt && b instanceof GoInt) return a.value < b.value;
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b) < 0;
  return (a as number) < (b as number);
}

function compareTexts(a: string, b: string): number {
  const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  for (let i = 0; i < left.length && i < right.length; i++) if (left[i] !== right[i]) return left[i]! - right[i]!;
  return left.length - right.length;
}

// Parts --------------------------------------------------------------------------------------------------------------

function lengthOf(item: TemplateValue): number {
  if (item === undefined || item === null) throw new TemplateCallError("len of nil pointer");
  if (typeof item === "string") return new TextEncoder().encode(item).length;
  if (isList(item)) return item.length;
  if (isMap(item)) return item.size;
  throw new TemplateCallError(`len of type ${typeName(item)}`);
}

function indexed(item: TemplateValue, indexes: readonly TemplateValue[]): TemplateValue {
  if (item === undefined || item === null) throw new TemplateCallError("index of untyped nil");
  let at: TemplateValue = item;
  for (const index of indexes) {
    if (at === undefined || at === null) throw new TemplateCallError("index of nil pointer");
    if (isMap(at)) at = inMap(at, index);
    else if (isList(at)) at = at[positionOf(index, at.length - 1)];
    else if (typeof at === "string") {
      const bytes = new TextEncoder().encode(at);
      at = new GoInt(BigInt(bytes[positionOf(index, bytes.length - 1)]!), "uint8");
    } else throw new TemplateCallError(`can't index item of type ${typeName(at)}`);
    at ??= null;
  }
  return at;
}

function inMap(map: ReadonlyMap<string, TemplateValue>, key: TemplateValue): TemplateValue {
  if (key === undefined || key === null) throw new TemplateCallError("value is nil; should be of type string");
  if (typeof key !== "string") throw new TemplateCallError(`value has type ${typeName(key)}; should be string`);
  return map.get(key) ?? null;
}

function positionOf(index: TemplateValue, most: number): number {
  if (index === undefined || index === null) throw new TemplateCallError("cannot index slice/array with nil");
  if (!(index instanceof GoInt)) throw new TemplateCallError(`cannot index slice/array with type ${typeName(index)}`);
  if (index.value < 0n || index.value > BigInt(most)) throw new TemplateCallError(`index out of range: ${index.value}`);
  return Number(index.value);
}

function sliced(item: TemplateValue, indexes: readonly TemplateValue[]): TemplateValue {
  if (item === undefined || item === null) throw new TemplateCallError("slice of untyped nil");
  if (indexes.length > 3) throw new TemplateCallError(`too many slice indexes: ${indexes.length}`);
  if (typeof item !== "string" && !isList(item))
    throw new TemplateCallError(`can't slice item of type ${typeName(item)}`);
  if (typeof item === "string" && indexes.length === 3) throw new TemplateCallError("cannot 3-index slice a string");
  const sequence = typeof item === "string" ? new TextEncoder().encode(item) : item;
  const places = [0, sequence.length, sequence.length];
  for (const [i, index] of indexes.entries()) places[i] = positionOf(index, sequence.length);
  const [from, to, end] = places as [number, number, number];
  if (from > to) throw new TemplateCallError(`invalid slice index: ${from} > ${to}`);
  if (to > end) throw new TemplateCallError(`invalid slice index: ${to} > ${end}`);
  return sequence instanceof Uint8Array
    ? new TextDecoder().decode(sequence.subarray(from, to))
    : sequence.slice(from, to);
}

// Escapes ------------------------------------------------------------------------------------------------------------

function textOf(args: readonly TemplateValue[]): string {
  const [only] = args;
  if (args.length === 1 && typeof only === "string") return only;
  return printed(args.map((value) => (value == null ? "<no value>" : value)));
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "\0": "\uFFFD",
};

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'\0]/g, (character) => htmlEscapes[character]!);
}

export function escapeJs(text: string): string {
  let result = "";
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (character === "\\" || character === "'" || character === '"') result += `\\${character}`;
    else if ("<>&=".includes(character) || point < 0x20 || point === 0x7f) result += unicode(point);
    else result += point < 0x80 || isPrint(point) ? character : unicode(point);
  }
  return result;
}

function unicode(point: number): string {
  return `\\u${point.toString(16).toUpperCase().padStart(4, "0")}`;
}
