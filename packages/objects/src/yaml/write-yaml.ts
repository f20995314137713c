import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, maxJsonDepth } from "@lateen/base";
import { formatNumber } from "../own.ts";
import { resolvePlain } from "./scalars.ts";

/**
 * JSON as YAML the way kubectl prints it (sigs.k8s.io/yaml): keys sorted, two blanks of indentation, lists at the
 * indentation of their key, long texts folded after column 80, several lines as a literal block.
 */

const bestWidth = 80;
/** Longer keys stand behind a `?`. */
const maxSimpleKey = 128;
const maxRecursion = 500;

export function toYaml(value: JsonValue): string {
  const writer = new Writer();
  writer.root(value);
  return writer.text();
}

type Style = "plain" | "single" | "double" | "literal";

interface Analysis {
  readonly plain: boolean;
  readonly single: boolean;
  readonly literal: boolean;
  readonly multiline: boolean;
}

const firstIndicators = new Set("#,[]{}&*!|>'\"%@`".split(""));
const unprintable = /[^\n\x20-\x7e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;
const breaks = /[\r\n\u0085\u2028\u2029]/;

/** Which styles can carry a text (libyaml's analysis of scalars). */
function analyze(text: string): Analysis {
  if (text === "") return { plain: true, single: true, literal: false, multiline: false };
  let plain = !text.startsWith("---") && !text.startsWith("...");
  const first = text[0]!;
  const blankAfter = (i: number): boolean =>
    i + 1 >= text.length || " \t".includes(text[i + 1]!) || breaks.test(text[i + 1]!);
  if (firstIndicators.has(first)) plain = false;
  if ((first === "?" || first === ":" || first === "-") && blankAfter(0)) plain = false;
  const multiline = breaks.test(text);
  if (plain) {
    for (let i = 1; i < text.length; i++) {
      const letter = text[i];
      if (letter === ":" && blankAfter(i)) plain = false;
      else if (letter === "#" && (" \t".includes(text[i - 1]!) || breaks.test(text[i - 1]!))) plain = false;
    }
  }
  const edge = /^[ \r\n\u0085\u2028\u2029]|[ \r\n\u0085\u2028\u2029]$/.test(text);
  const special = unprintable.test(text) || / [\r\n\u0085\u2028\u2029]/.test(text);
  const breakSpace = /[\r\n\u0085\u2028\u2029] /.test(text);
  return {
    plain: plain && !edge && !special && !multiline,
    single: !special && !breakSpace,
    literal: !special && !text.endsWith(" "),
    multiline,
  };
}

function styleOf(text: string, analysis: Analysis, key: boolean): Style {
  if (key && analysis.multiline) return "double";
  if (text.includes("\n")) return analysis.literal && !key ? "literal" : "double";
  if (resolvePlain(text).kind !== "str" || isBase60(text) || isTimestamp(text)) return "double";
  if (analysis.plain && !(text === "" && key)) return "plain";
  return analysis.single ? "single" : "double";
}

/** Texts that YAML 1.1 elsewhere reads as base-60 numbers. */
function isBase60(text: string): boolean {
  return /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text);
}

const timestamp =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]| )(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+]\d{2}:\d{2})?)?$/;

/** Texts that kubectl's library reads as a time: with `T` they have a zone, with a blank they have none. */
function isTimestamp(text: string): boolean {
  const parts = timestamp.exec(text);
  if (parts === null) return false;
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  if (/[Tt ]/.test(text) && /[Tt]/.test(text) !== /(?:Z|[-+]\d{2}:\d{2})$/.test(text)) return false;
  const date = new Date(0);
  date.setUTCFullYear(year!, month! - 1, day);
  return (
    month! >= 1 &&
    date.getUTCMonth() === month! - 1 &&
    date.getUTCDate() === day! &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  );
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\u0085": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function escapeLetter(letter: string): string {
  const known = escapes[letter];
  if (known !== undefined) return known;
  if (!unprintable.test(letter) && letter !== "\ufeff") return letter;
  const code = letter.codePointAt(0)!;
  if (code <= 0xff) return `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return `\\U${code.toString(16).toUpperCase().padStart(8, "0")}`;
}

class Writer {
  readonly #out: string[] = [];
  #column = 0;

  text(): string {
    return this.#out.join("");
  }

  #put(text: string): void {
    this.#out.push(text);
    this.#column += text.length;
  }

  #line(indent: number): void {
    this.#out.push("\n", " ".repeat(indent));
    this.#column = indent;
  }

  root(value: JsonValue): void {
    this.#node(value, { indent: 0, depth: 0, place: "root" });
    this.#out.push("\n");
  }

  #node(value: JsonValue, at: { indent: number; depth: number; place: "root" | "value" | "item" }): void {
    if (at.depth > maxRecursion)
      throw new RangeError(`YAML nested deeper than ${Math.min(maxRecursion, maxJsonDepth)} levels`);
    if (Array.isArray(value) && value.length > 0) this.#sequence(value as JsonArray, at);
    else if (isJsonObject(value) && Object.keys(value).length > 0) this.#mapping(value, at);
    else {
      if (at.place === "value") this.#put(" ");
      this.#leaf(value, at.indent);
    }
  }

  #sequence(items: JsonArray, at: { indent: number; depth: number; place: string }): void {
    for (const [i, item] of items.entries()) {
      if (i > 0 || at.place === "value") this.#line(at.indent);
      this.#put("- ");
      this.#node(item, { indent: at.indent + 2, depth: at.depth + 1, place: "item" });
    }
  }

  #mapping(object: JsonObject, at: { indent: number; depth: number; place: string }): void {
    const names = Object.keys(object).filter((name) => object[name] !== undefined);
    for (const [i, name] of names.sort(compareKeys).entries()) {
      if (i > 0 || at.place === "value") this.#line(at.indent);
      const value = object[name]!;
      if (name.length > maxSimpleKey) {
        this.#put("? ");
        this.#scalar(name, at.indent, false);
        this.#line(at.indent);
      } else this.#scalar(name, at.indent, true);
      this.#put(":");
      const list = Array.isArray(value);
      this.#node(value, { indent: list ? at.indent : at.indent + 2, depth: at.depth + 1, place: "value" });
    }
  }

  #leaf(value: JsonValue, indent: number): void {
    if (typeof value === "string") this.#scalar(value, indent, false);
    else if (typeof value === "number") this.#put(formatNumber(value));
    else if (Array.isArray(value)) this.#put("[]");
    else if (typeof value === "object" && value !== null) this.#put("{}");
    else this.#put(String(value));
  }

  #scalar(text: string, indent: number, key: boolean): void {
    const analysis = analyze(text);
    switch (styleOf(text, analysis, key)) {
      case "plain":
        this.#folded(text, { indent, breaks: !key, between: (i) => text[i + 1] !== " ", quote: "" });
        return;
      case "single":
        this.#folded(text.replaceAll("'", "''"), {
          indent,
          breaks: !key,
          between: (i, letters) => i > 0 && i < letters.length - 1 && letters[i + 1] !== " ",
          quote: "'",
        });
        return;
      case "double":
        this.#double(text, indent, key);
        return;
      case "literal":
        this.#literal(text, indent);
    }
  }

  #folded(
    text: string,
    rule: { indent: number; breaks: boolean; quote: string; between: (i: number, letters: string) => boolean },
  ): void {
    this.#put(rule.quote);
    if (!rule.breaks || this.#column + text.length <= bestWidth) {
      this.#put(text + rule.quote);
      return;
    }
    let spaces = false;
    for (let i = 0; i < text.length; i++) {
      const letter = text[i]!;
      if (letter !== " ") {
        this.#put(letter);
        spaces = false;
        continue;
      }
      if (!spaces && this.#column > bestWidth && rule.between(i, text)) this.#line(Math.max(rule.indent, 0));
      else this.#put(letter);
      spaces = true;
    }
    this.#put(rule.quote);
  }

  #double(text: string, indent: number, key: boolean): void {
    this.#put('"');
    let spaces = false;
    const letters = Array.from(text);
    for (const [i, letter] of letters.entries()) {
      if (letter !== " ") {
        this.#put(escapeLetter(letter));
        spaces = false;
        continue;
      }
      if (!key && !spaces && this.#column > bestWidth && i > 0 && i < letters.length - 1) {
        this.#line(indent);
        if (letters[i + 1] === " ") this.#put("\\");
      } else this.#put(" ");
      spaces = true;
    }
    this.#put('"');
  }

  #literal(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? "2" : "";
    const chomp = text.endsWith("\n") ? (text.length === 1 || text.endsWith("\n\n") ? "+" : "") : "-";
    this.#put(`|${hint}${chomp}`);
    const lines = text.split("\n");
    if (text.endsWith("\n")) lines.pop();
    const pad = " ".repeat(Math.max(indent, 2));
    for (const line of lines) this.#out.push("\n", line === "" ? "" : pad + line);
    this.#column = pad.length;
  }
}

/** Keys with numbers in them sort by the numbers, letters before other signs, as yaml.v2 sorts. */
function compareKeys(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x === y) continue;
    const xLetter = /\p{L}/u.test(x);
    const yLetter = /\p{L}/u.test(y);
    if (xLetter && yLetter) return x < y ? -1 : 1;
    if (xLetter !== yLetter)
      return digitAt(a, i - 1) && (digitAt(a, i) || digitAt(b, i)) ? (xLetter ? -1 : 1) : xLetter ? 1 : -1;
    return compareNumbers(a, b, i) || (x < y ? -1 : 1);
  }
  return a.length - b.length;
}

const digitAt = (letters: readonly string[], i: number): boolean => /^[0-9]$/.test(letters[i] ?? "");

/** Compares the runs of digits that start or go on at `i`; 0 when they say nothing. */
function compareNumbers(a: readonly string[], b: readonly string[], i: number): number {
  if (a[i] === "0" || b[i] === "0") {
    for (let j = i - 1; j >= 0 && digitAt(a, j); j--) if (a[j] !== "0") return 0;
  }
  const run = (letters: readonly string[]): number => {
    let value = 0;
    for (let j = i; digitAt(letters, j) && j < i + 15; j++) value = value * 10 + Number(letters[j]);
    return value;
  };
  const length = (letters: readonly string[]): number => {
    let j = i;
    while (digitAt(letters, j)) j++;
    return j;
  };
  const difference = run(a) - run(b);
  if (difference !== 0) return difference;
  return length(a) - length(b);
}
