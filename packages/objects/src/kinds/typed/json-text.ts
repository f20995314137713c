/**
 * JSON text as the API server reads it: the value, and what `JSON.parse` hides: names that occur twice in one object, and
 * numbers written with a fraction or an exponent (`2.0` is no integer to a Go decoder).
 */
import { type JsonValue, maxJsonDepth } from "@lateen/base";
import { isInexactInteger, refuseInexactInteger } from "../../values/exact-integer.ts";

export interface JsonText {
  readonly value: JsonValue;
  /** Paths as `spec.containers[0].name`, in the order of the text, each once. */
  readonly duplicates: readonly string[];
  /** The text of numbers that are written otherwise than as an integer, by path. */
  readonly literals: ReadonlyMap<string, string>;
}

const none: Pick<JsonText, "duplicates" | "literals"> = { duplicates: [], literals: new Map() };

/**
 * Almost always one pass of `JSON.parse` and one over the characters; the slow reader runs only when there is something to
 * report.
 * @throws SyntaxError as JSON.parse does; RangeError when nested deeper than the longest walk allows, or for an int64 that a
 * double does not hold: what would come back as another number is refused.
 */
export function readJsonText(text: string): JsonText {
  const value = JSON.parse(text) as JsonValue;
  const seen = countMembers(text);
  if (seen.depth > maxJsonDepth) throw new RangeError("exceeded max depth");
  if (seen.longNumbers) refuseInexact(text);
  if (!seen.fractions && seen.members === membersOf(value)) return { value, ...none };
  return { value, ...findOddities(text) };
}

interface Seen {
  /** Colons outside strings, one a member. */
  readonly members: number;
  /** Whether a number holds `.`, `e` or `E`. */
  readonly fractions: boolean;
  /** Whether a number has more digits than a double holds for sure. */
  readonly longNumbers: boolean;
  /** The deepest nesting. */
  readonly depth: number;
}

function countMembers(text: string): Seen {
  let longNumbers = false;
  let digits = 0;
  let members = 0;
  let fractions = false;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) {
      if (++digits > 15) longNumbers = true;
      continue;
    }
    digits = 0;
    switch (code) {
      case 0x22:
        at = endOfString(text, at);
        break;
      case 0x3a:
        members++;
        break;
      case 0x2e:
      case 0x45:
        fractions = true;
        break;
      case 0x65:
        // `true` and `false` end in e after a letter; an exponent follows a digit.
        fractions ||= isDigit(text.charCodeAt(at - 1));
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > deepest) deepest = depth;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
      default:
        break;
    }
  }
  return { members, fractions, longNumbers, depth: deepest };
}

/** @throws RangeError for an integer of 64 bits that a double does not hold. */
function refuseInexact(text: string): void {
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs))
    if (token.length > 15 && /^-?\d+$/.test(token) && isInexactInteger(BigInt(token))) refuseInexactInteger(token);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The position of the quote that ends the string which starts at `start`. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at > 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

function membersOf(value: JsonValue): number {
  let members = 0;
  const open: JsonValue[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const items = Object.values(next) as JsonValue[];
    if (!Array.isArray(next)) members += items.length;
    for (const item of items) if (typeof item === "object" && item !== null) open.push(item);
  }
  return members;
}

interface Level {
  readonly path: string;
  readonly names: Set<string> | undefined;
  index: number;
}

/** Walks the tokens of a text that is known to be valid JSON, with a stack of its own. */
function findOddities(text: string): Pick<JsonText, "duplicates" | "literals"> {
  const duplicates = new Set<string>();
  const literals = new Map<string, string>();
  const levels: Level[] = [];
  let path = "";
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],]/gs;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const token = match[0];
    const level = levels.at(-1);
    switch (token) {
      case "{":
      case "[":
        levels.push({ path, names: token === "{" ? new Set() : undefined, index: 0 });
        if (token === "[") path = `${path}[0]`;
        break;
      case "}":
      case "]":
        levels.pop();
        break;
      case ",":
        if (level !== undefined && level.names === undefined) path = `${level.path}[${++level.index}]`;
        break;
      default:
        if (token.startsWith('"')) {
          if (level?.names === undefined || !isMemberName(text, tokens.lastIndex)) break;
          const name = JSON.parse(token) as string;
          path = level.path === "" ? name : `${level.path}.${name}`;
          if (level.names.has(name)) duplicates.add(path);
          level.names.add(name);
        } else if (/[.eE]/.test(token)) literals.set(path, token);
    }
  }
  return { duplicates: [...duplicates], literals };
}

function isMemberName(text: string, after: number): boolean {
  let at = after;
  while (/\s/.test(text.charAt(at)) && at < text.length) at++;
  return text.charCodeAt(at) === 0x3a;
}
