import { intNumber } from "../number.ts";
import { bytesArgument, compareText, intArgument, textArgument, textsArgument, utf8Length } from "./arguments.ts";
import { type Builtin, type BuiltinContext, type BuiltinPackage, type Native, BuiltinError } from "./builtin.ts";
import { lowerCharacter, lowerText, mapInitials, spaceClass, titleCharacter, upperText } from "./text-case.ts";

/** The package `strings`. Positions and lengths are in bytes of UTF-8, except where a name says runes. */

/** Most copies that `Repeat` makes, here and in `list`. */
export const maxRepeatCount = 1_000_000;

export function checkRepeatCount(count: number): void {
  if (count < 0) throw new BuiltinError("negative count");
  if (count > maxRepeatCount) throw new BuiltinError(`count ${count} exceeds limit of ${maxRepeatCount}`);
}

function runeCount(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) count--;
  }
  return count;
}

/** At most `limit` parts, all when it is negative; `keep` is how much of the separator stays with the part before. */
function split(text: string, separator: string, options: { limit: number; keepSeparator: boolean }): string[] {
  const { limit, keepSeparator } = options;
  if (limit === 0) return [];
  if (separator === "") return explode(text, limit);
  const parts: string[] = [];
  let start = 0;
  while (limit < 0 || parts.length < limit - 1) {
    const at = text.indexOf(separator, start);
    if (at < 0) break;
    parts.push(text.slice(start, keepSeparator ? at + separator.length : at));
    start = at + separator.length;
  }
  parts.push(text.slice(start));
  return parts;
}

function explode(text: string, limit: number): string[] {
  const characters = Array.from(text);
  if (limit < 0 || characters.length <= limit) return characters;
  return [...characters.slice(0, limit - 1), characters.slice(limit - 1).join("")];
}

function count(text: string, part: string): number {
  if (part === "") return runeCount(text) + 1;
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++;
  return found;
}

function replace(text: string, old: string, options: { replacement: string; limit: number }): string {
  const { replacement, limit } = options;
  if (limit === 0 || old === replacement) return text;
  if (old !== "")
    return split(text, old, { limit: limit < 0 ? -1 : limit + 1, keepSeparator: false }).join(replacement);
  const characters = Array.from(text);
  const places = limit < 0 ? characters.length + 1 : Math.min(limit, characters.length + 1);
  let result = "";
  for (let i = 0; i < places; i++) result += replacement + (characters[i] ?? "");
  return result + characters.slice(places).join("");
}

function byteIndex(text: string, index: number): Native {
  return intNumber(index < 0 ? -1 : utf8Length(text, 0, index));
}

function indexAny(text: string, characters: string): number {
  const wanted = new Set(characters);
  let index = 0;
  for (const character of text) {
    if (wanted.has(character)) return index;
    index += character.length;
  }
  return -1;
}

function lastIndexAny(text: string, characters: string): number {
  const wanted = new Set(characters);
  let index = 0;
  let found = -1;
  for (const character of text) {
    if (wanted.has(character)) found = index;
    index += character.length;
  }
  return found;
}

function trim(text: string, cutset: string, sides: { left?: boolean; right?: boolean }): string {
  const cut = new Set(cutset);
  const characters = Array.from(text);
  let start = 0;
  let end = characters.length;
  if (sides.left) while (start < end && cut.has(characters[start]!)) start++;
  if (sides.right) while (end > start && cut.has(characters[end - 1]!)) end--;
  return characters.slice(start, end).join("");
}

const outerSpace = new RegExp(`^[${spaceClass}]+|[${spaceClass}]+$`, "gu");
const innerSpace = new RegExp(`[${spaceClass}]+`, "u");

function trimSpace(text: string): string {
  // The host's own trim is linear; it knows one space less and one more.
  if (!/[\u0085\ufeff]/.test(text)) return text.trim();
  return text.replaceAll(outerSpace, "");
}

function bytesBetween(args: readonly Native[]): Native {
  const bytes = bytesArgument(args, 0);
  const start = intArgument(args, 1);
  const end = intArgument(args, 2);
  if (start < 0 || start > end || end > bytes.length) throw new BuiltinError("index out of range");
  return bytes.slice(start, end);
}

function runesBetween(args: readonly Native[]): Native {
  const runes = Array.from(textArgument(args, 0));
  const start = intArgument(args, 1);
  const end = intArgument(args, 2);
  if (start < 0 || start > end || end > runes.length) throw new BuiltinError("index out of range");
  return runes.slice(start, end).join("");
}

function repeat(args: readonly Native[], context: BuiltinContext): Native {
  const text = textArgument(args, 0);
  const times = intArgument(args, 1);
  checkRepeatCount(times);
  context.spend(1, text.length * times);
  return text.repeat(times);
}

/** A function of two strings. */
function ofPair(name: string, result: string, call: (a: string, b: string) => Native): Builtin {
  return {
    name,
    params: ["string", "string"],
    result,
    ...(result === "bool" ? { validator: true } : {}),
    call: (args) => call(textArgument(args, 0), textArgument(args, 1)),
  };
}

function ofText(name: string, result: string, call: (text: string) => Native): Builtin {
  return { name, params: ["string"], result, call: (args) => call(textArgument(args, 0)) };
}

function ofRuneCount(name: string, call: (count: number, bound: number) => boolean): Builtin {
  return {
    name,
    params: ["string", "int"],
    result: "bool",
    validator: true,
    call: (args) => call(runeCount(textArgument(args, 0)), intArgument(args, 1)),
  };
}

function splitter(name: string, keepSeparator: boolean): Builtin {
  return ofPair(name, "list", (text, separator) => split(text, separator, { limit: -1, keepSeparator }));
}

function boundedSplitter(name: string, keepSeparator: boolean): Builtin {
  return {
    name,
    params: ["string", "string", "int"],
    result: "list",
    call: (args) => split(textArgument(args, 0), textArgument(args, 1), { limit: intArgument(args, 2), keepSeparator }),
  };
}

const functions: readonly Builtin[] = [
  {
    name: "ByteAt",
    params: ["bytes | string", "int"],
    result: "int",
    call(args) {
      const byte = bytesArgument(args, 0)[intArgument(args, 1)];
      if (byte === undefined) throw new BuiltinError("index out of range");
      return intNumber(byte);
    },
  },
  { name: "ByteSlice", params: ["bytes | string", "int", "int"], result: "bytes | string", call: bytesBetween },
  ofText("Runes", "list", (text) => Array.from(text, (character) => intNumber(character.codePointAt(0)!))),
  { name: "Repeat", params: ["string", "int"], result: "string", call: repeat },
  ofRuneCount("MinRunes", (runes, least) => runes >= least),
  ofRuneCount("MaxRunes", (runes, most) => runes <= most),
  ofText("ToTitle", "string", (text) => mapInitials(text, titleCharacter)),
  ofText("ToCamel", "string", (text) => mapInitials(text, lowerCharacter)),
  { name: "SliceRunes", params: ["string", "int", "int"], result: "string", call: runesBetween },
  ofPair("Compare", "int", (a, b) => intNumber(compareText(a, b))),
  ofPair("Count", "int", (text, part) => intNumber(count(text, part))),
  ofPair("Contains", "bool", (text, part) => text.includes(part)),
  ofPair("ContainsAny", "bool", (text, characters) => indexAny(text, characters) >= 0),
  ofPair("LastIndex", "int", (text, part) => byteIndex(text, text.lastIndexOf(part))),
  ofPair("IndexAny", "int", (text, characters) => byteIndex(text, indexAny(text, characters))),
  ofPair("LastIndexAny", "int", (text, characters) => byteIndex(text, lastIndexAny(text, characters))),
  boundedSplitter("SplitN", false),
  boundedSplitter("SplitAfterN", true),
  splitter("Split", false),
  splitter("SplitAfter", true),
  ofText("Fields", "list", (text) => text.split(innerSpace).filter((field) => field !== "")),
  {
    name: "Join",
    params: ["list", "string"],
    result: "string",
    call(args, context) {
      const joined = textsArgument(args, 0).join(textArgument(args, 1));
      context.spend(1, joined.length);
      return joined;
    },
  },
  ofPair("HasPrefix", "bool", (text, prefix) => text.startsWith(prefix)),
  ofPair("HasSuffix", "bool", (text, suffix) => text.endsWith(suffix)),
  ofText("ToUpper", "string", upperText),
  ofText("ToLower", "string", lowerText),
  ofPair("Trim", "string", (text, cutset) => trim(text, cutset, { left: true, right: true })),
  ofPair("TrimLeft", "string", (text, cutset) => trim(text, cutset, { left: true })),
  ofPair("TrimRight", "string", (text, cutset) => trim(text, cutset, { right: true })),
  ofText("TrimSpace", "string", trimSpace),
  ofPair("TrimPrefix", "string", (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  ofPair("TrimSuffix", "string", (text, suffix) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  {
    name: "Replace",
    params: ["string", "string", "string", "int"],
    result: "string",
    call(args, context) {
      const options = { replacement: textArgument(args, 2), limit: intArgument(args, 3) };
      const replaced = replace(textArgument(args, 0), textArgument(args, 1), options);
      context.spend(1, replaced.length);
      return replaced;
    },
  },
  ofPair("Index", "int", (text, part) => byteIndex(text, text.indexOf(part))),
];

export const stringsPackage: BuiltinPackage = { path: "strings", functions, constants: {} };
