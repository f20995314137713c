import { compilePattern } from "@lateen/objects";
import { type Range, add, multiply, patternFactor, range, scale, textFactor } from "../cost-range.ts";
import { dynType, intType, listType, stringType } from "../types.ts";
import { CelError, type CelList, PlainList } from "../values.ts";
import { textLength } from "./convert.ts";
import { formatText } from "./format-text.ts";
import { type Overload, fn, matchCost, method, sameSize, walksText } from "./function.ts";

/** cel-go's string extension (version 2) and Kubernetes' find and findAll. Positions count code points. */

const walk = { cost: walksText(0), size: sameSize(0) };
const lettersOf = (text: string): string[] => (textLength(text) === text.length ? text.split("") : Array.from(text));

function charAt(text: string, index: bigint): string {
  const letters = lettersOf(text);
  if (index < 0n || index > BigInt(letters.length)) throw new CelError(`index out of range: ${index}`);
  return letters[Number(index)] ?? "";
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const letters = lettersOf(text);
  if (part === "" && from <= BigInt(letters.length)) return from;
  if (from < 0n || from > BigInt(letters.length)) throw new CelError(`index out of range: ${from}`);
  const start = letters.slice(0, Number(from)).join("").length;
  const at = text.indexOf(part, start);
  return at < 0 ? -1n : BigInt(textLength(text.slice(0, at)));
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const letters = lettersOf(text);
  if (from !== undefined && (from < 0n || from > BigInt(letters.length)))
    throw new CelError(`index out of range: ${from}`);
  const start = from === undefined ? text.length : letters.slice(0, Number(from)).join("").length;
  const at = text.lastIndexOf(part, start);
  return at < 0 ? -1n : BigInt(textLength(text.slice(0, at)));
}

function substring(text: string, start: bigint, end?: bigint): string {
  const letters = lettersOf(text);
  const length = BigInt(letters.length);
  const stop = end ?? length;
  if (start < 0n || start > length) throw new CelError(`index out of range: ${start}`);
  if (stop < 0n || stop > length) throw new CelError(`index out of range: ${stop}`);
  if (start > stop) throw new CelError(`invalid substring range. start: ${start}, end: ${stop}`);
  return letters.slice(Number(start), Number(stop)).join("");
}

function replace(text: string, old: string, next: string, count = -1n): string {
  if (count < 0n) return text.replaceAll(old, () => next);
  let rest = text;
  let result = "";
  for (let left = count; left > 0n; left--) {
    const at = rest.indexOf(old);
    if (at < 0 || (old === "" && rest === "")) break;
    const width = old === "" ? 1 : old.length;
    result += old === "" ? next + rest.slice(0, 1) : rest.slice(0, at) + next;
    rest = rest.slice(at + width);
  }
  return result + rest;
}

function split(text: string, separator: string, limit = -1n): CelList {
  if (limit === 0n) return new PlainList([]);
  const parts = separator === "" ? lettersOf(text) : text.split(separator);
  if (limit < 0n || BigInt(parts.length) <= limit) return new PlainList(parts);
  const kept = parts.slice(0, Number(limit) - 1);
  return new PlainList([...kept, parts.slice(Number(limit) - 1).join(separator)]);
}

function join(list: CelList, separator = ""): string {
  return [...list]
    .map((item) => {
      if (typeof item !== "string") throw new CelError("no such overload");
      return item;
    })
    .join(separator);
}

const ascii = (text: string, change: (letter: string) => string): string =>
  text.replaceAll(/[A-Za-z]+/g, (letters) => change(letters));

/** White space as Unicode has it. */
const trim = (text: string): string => text.replaceAll(/^[\p{White_Space}]+|[\p{White_Space}]+$/gu, "");

const quoteEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};
const quote = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- the control characters are what is looked for
  `"${text.replaceAll(/[\x07\b\f\n\r\t\v\\"]/g, (letter) => quoteEscapes[letter]!)}"`;

const strings: Overload[] = [
  method("charAt", [stringType, intType], stringType, charAt, { size: () => range(0, 1) }),
  method("indexOf", [stringType, stringType], intType, indexOf, { cost: walksText(0) }),
  method("indexOf", [stringType, stringType, intType], intType, indexOf, { cost: walksText(0) }),
  method("lastIndexOf", [stringType, stringType], intType, lastIndexOf, { cost: walksText(0) }),
  method("lastIndexOf", [stringType, stringType, intType], intType, lastIndexOf, { cost: walksText(0) }),
  method(
    "lowerAscii",
    [stringType],
    stringType,
    (text: string) => ascii(text, (letters) => letters.toLowerCase()),
    walk,
  ),
  method(
    "upperAscii",
    [stringType],
    stringType,
    (text: string) => ascii(text, (letters) => letters.toUpperCase()),
    walk,
  ),
  method("replace", [stringType, stringType, stringType], stringType, replace, { cost: walksText(0), size: replaced }),
  method("replace", [stringType, stringType, stringType, intType], stringType, replace, {
    cost: walksText(0),
    size: replaced,
  }),
  method("split", [stringType, stringType], listType(stringType), split, walk),
  method("split", [stringType, stringType, intType], listType(stringType), split, walk),
  method("substring", [stringType, intType], stringType, substring, walk),
  method("substring", [stringType, intType, intType], stringType, substring, walk),
  method("trim", [stringType], stringType, trim, walk),
  method("join", [listType(stringType)], stringType, join, { cost: joinCost }),
  method("join", [listType(stringType), stringType], stringType, join, { cost: joinCost }),
  method("format", [stringType, listType(dynType)], stringType, formatText, { cost: walksText(0) }),
  fn("strings.quote", [stringType], stringType, quote, walk),
];

function replaced(sizes: readonly Range[]): Range {
  const [text, , next] = sizes as [Range, Range, Range];
  return range(0, Math.max(text.max, text.max * Math.max(1, next.max)));
}

function joinCost(sizes: readonly Range[]): Range {
  return add(range(1), scale(sizes[0]!, textFactor));
}

function compiled(pattern: string): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(pattern);
  } catch (error) {
    throw new CelError(`Illegal regex: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function find(text: string, pattern: string): string {
  const matcher = compiled(pattern).matcher(text);
  return matcher.find() ? (matcher.group() ?? "") : "";
}

function findAll(text: string, pattern: string, limit = -1n): CelList {
  const matcher = compiled(pattern).matcher(text);
  const found: string[] = [];
  while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) found.push(matcher.group() ?? "");
  return new PlainList(found);
}

const findCost = (sizes: readonly Range[]): Range =>
  multiply(scale(add(sizes[0]!, range(1)), textFactor), scale(sizes[1]!, patternFactor));

const regex: Overload[] = [
  method("find", [stringType, stringType], stringType, find, { cost: findCost, size: sameSize(0) }),
  method("findAll", [stringType, stringType], listType(stringType), findAll, { cost: findCost, size: sameSize(0) }),
  method("findAll", [stringType, stringType, intType], listType(stringType), findAll, {
    cost: matchCost,
    size: sameSize(0),
  }),
];

export const textLibrary: readonly Overload[] = [...strings, ...regex];
