import { RE2JS } from "re2js";
import { errorMessage } from "@lateen/base";
import { BuiltinError } from "./builtin.ts";

/**
 * RE2's regular expressions: matched in linear time, whatever the pattern. Simple anchored patterns, on which the host's
 * own matcher agrees and is linear too, take that.
 */
export interface RegularExpression {
  /** Whether it matches somewhere in the text. */
  matches(text: string): boolean;
  /** Pairs of UTF-16 offsets, the whole match first, then each group; −1 for groups that took no part. */
  find(text: string): readonly number[] | undefined;
  /** At most `limit` matches; all when it is negative. */
  findAll(text: string, limit: number): readonly (readonly number[])[];
  /** Names of the groups, from 0 (the whole match); empty for those without. */
  readonly groupNames: readonly string[];
}

const cacheSize = 500;
const cache = new Map<string, RegularExpression>();

/** Compiles a pattern; compiled ones are kept. @throws BuiltinError saying what is wrong with it, in RE2's words. */
export function compileRegex(pattern: string): RegularExpression {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const compiled = compile(pattern);
  if (cache.size >= cacheSize) cache.delete(cache.keys().next().value!);
  cache.set(pattern, compiled);
  return compiled;
}

/** Longest pattern that is compiled at all; the compiled form is up to 1,000 times as large. */
const maxPatternLength = 20_000;

function compile(pattern: string): RegularExpression {
  if (pattern.length > maxPatternLength) throw new BuiltinError("error parsing regexp: expression too large");
  // Duplicate names are legal here but not in the engine: groups are found by number, and go by names of their own.
  const { text, names } = withoutGroupNames(pattern);
  let engine: ReturnType<RE2JS["re2"]>;
  try {
    if (text !== pattern && !hasDuplicates(names)) RE2JS.compile(pattern);
    engine = RE2JS.compile(text).re2();
  } catch (error) {
    throw new BuiltinError(errorMessage(error), "eval");
  }
  const own = hostEquivalent(pattern);
  return {
    matches: own === undefined ? (input) => engine.match(input) : (input) => own.test(input),
    find(input) {
      const found = engine.findSubmatchIndex(input) as readonly number[] | null;
      return found === null || found.length === 0 ? undefined : found;
    },
    findAll: (input, limit) => (engine.findAllSubmatchIndex(input, limit) ?? []) as readonly (readonly number[])[],
    groupNames: names,
  };
}

function hasDuplicates(names: readonly string[]): boolean {
  const given = names.filter((name) => name !== "");
  return new Set(given).size < given.length;
}

/** The pattern with its named groups as plain ones, and the name of each group. */
function withoutGroupNames(pattern: string): { readonly text: string; readonly names: readonly string[] } {
  const names = [""];
  if (!pattern.includes("(")) return { text: pattern, names };
  let text = "";
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i]!;
    if (character === "\\") {
      const quoteEnd = pattern[i + 1] === "Q" && !inClass ? pattern.indexOf("\\E", i + 2) : i;
      const end = quoteEnd === -1 ? pattern.length : quoteEnd === i ? i + 2 : quoteEnd + 2;
      text += pattern.slice(i, end);
      i = end - 1;
      continue;
    }
    text += character;
    if (inClass) {
      if (character === "]") inClass = false;
    } else if (character === "[") {
      inClass = true;
      // A `]` directly after the bracket (or its `^`) is a member of the class.
      const first = pattern[i + 1] === "^" ? i + 2 : i + 1;
      if (pattern[first] === "]") {
        text += pattern.slice(i + 1, first + 1);
        i = first;
      }
    } else if (character === "(") {
      const named = /^\?P?<([A-Za-z0-9_]+)>/.exec(pattern.slice(i + 1, i + 260));
      if (named !== null) {
        names.push(named[1]!);
        i += named[0].length;
      } else if (pattern[i + 1] !== "?") names.push("");
    }
  }
  return { text, names };
}

/**
 * The same pattern for the host's matcher, where it is sure to agree and to take linear time: anchored at the start, at
 * most one unbounded repetition, groups only plain and at most optional, classes of plain ASCII characters.
 */
function hostEquivalent(pattern: string): RegExp | undefined {
  if (!pattern.startsWith("^") || pattern.length > 300) return undefined;
  let unbounded = 0;
  let optional = 0;
  let inGroup = false;
  let rest = pattern.slice(1);
  let source = "^";
  while (rest !== "") {
    if (rest === "$") return inGroup ? undefined : build(`${source}$`);
    const token =
      /^(?:\(|\)\??|(?:\[\^?(?:\\[.\-\][/]|[A-Za-z0-9_./: ](?:-[A-Za-z0-9])?|-(?=\]|[A-Za-z]))+\]|\\[.\-/]|[A-Za-z0-9_/: -])(?:[+*?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})?)/.exec(
        rest,
      )?.[0];
    if (token === undefined) return undefined;
    if (token === "(" || token.startsWith(")")) {
      if (inGroup === (token === "(")) return undefined;
      inGroup = token === "(";
    }
    if (/(?:[+*]|,\})$/.test(token)) unbounded++;
    else if (/(?:\?|,[0-9]+\})$/.test(token)) optional++;
    if (unbounded > 1 || optional > 3 || (/,[0-9]+\}$/.test(token) && unbounded + optional > 1)) return undefined;
    source += hostToken(token);
    rest = rest.slice(token.length);
  }
  return inGroup ? undefined : build(source);
}

function hostToken(token: string): string {
  // Outside a class the host's Unicode mode knows no escaped hyphen.
  return token.startsWith("\\-") ? token.slice(1) : token;
}

function build(source: string): RegExp | undefined {
  try {
    return new RegExp(source, "u");
  } catch {
    return undefined;
  }
}
