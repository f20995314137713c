import { formatNumber } from "../number.ts";
import { encodeUtf8, isLazy, isNumber } from "./arguments.ts";
import { encodeBase64 } from "./base64.ts";
import { type Native, BuiltinError } from "./builtin.ts";
import { isStruct } from "./struct-builder.ts";
import { resolvePlain } from "./yaml-scalar.ts";

/**
 * YAML as CUE's `yaml.Marshal` writes it: two blanks a level, sequences under a key indented too, strings quoted that some
 * YAML would read as something else, texts of several lines as block literals.
 */
export function yamlText(value: Native): string {
  return new YamlWriter().write(value);
}

/** Words that YAML 1.1 reads as booleans, and the like. */
const legacyWords = /^(?:[yYnNtTfF]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|\.Nan)$/;

/** Dates, times and base-60 numbers, cautiously. */
const legacyNumbers = /^[-+0-9:. \t]+(?:[-:]|[tT])[-+0-9:. \t]+[zZ]?$|^0x[a-fA-F0-9]+$/;

const maxDepth = 1000;

/** Longest key in bytes that stands before a colon; longer ones follow a question mark. */
const maxSimpleKey = 128;

class YamlWriter {
  #out = "";

  write(value: Native): string {
    this.#node(value, { indent: 0, depth: 0, after: "" });
    return this.#out;
  }

  /** `after` is what stands before the node on its line: nothing, a key's colon or a dash. */
  #node(value: Native, at: Place): void {
    if (at.depth > maxDepth) throw new BuiltinError(`value nested deeper than ${maxDepth} levels`);
    if (isLazy(value)) return this.#node(value.concrete(), at);
    if (Array.isArray(value)) return this.#sequence(value as readonly Native[], at);
    if (isStruct(value)) return this.#mapping(value.fields, at);
    const gap = at.after === "" ? "" : " ";
    this.#out += `${gap}${scalarText(value, { indent: at.indent + 2, key: false })}\n`;
  }

  #sequence(elements: readonly Native[], at: Place): void {
    if (elements.length === 0) {
      this.#out += `${at.after === "" ? "" : " "}[]\n`;
      return;
    }
    const indent = this.#begin(at);
    for (const [i, element] of elements.entries()) {
      if (i > 0 || at.after === ":") this.#out += " ".repeat(indent);
      this.#out += "-";
      this.#node(element, { indent, depth: at.depth + 1, after: "-" });
    }
  }

  #mapping(fields: ReadonlyMap<string, Native>, at: Place): void {
    if (fields.size === 0) {
      this.#out += `${at.after === "" ? "" : " "}{}\n`;
      return;
    }
    const indent = this.#begin(at);
    let first = at.after !== ":";
    for (const [key, value] of fields) {
      if (!first) this.#out += " ".repeat(indent);
      first = false;
      const simple = !/[\n\r\u0085\u2028\u2029]/.test(key) && encodeUtf8(key).length <= maxSimpleKey;
      const text = scalarText(key, { indent: indent + 2, key: simple });
      this.#out += simple ? `${text}:` : `? ${text}\n${" ".repeat(indent)}:`;
      this.#node(value, { indent, depth: at.depth + 1, after: simple ? ":" : "?" });
    }
  }

  /** Begins a block collection and gives the column of its members. */
  #begin(at: Place): number {
    if (at.after === "") return at.indent;
    this.#out += at.after === ":" ? "\n" : " ";
    return at.indent + 2;
  }
}

interface Place {
  readonly indent: number;
  readonly depth: number;
  readonly after: "" | ":" | "-" | "?";
}

interface ScalarPlace {
  /** Column of the lines of a block literal. */
  readonly indent: number;
  readonly key: boolean;
}

function scalarText(value: Native, place: ScalarPlace): string {
  if (typeof value === "string") return stringText(value, place);
  if (isNumber(value)) return formatNumber(value);
  if (value instanceof Uint8Array) return `!!binary ${encodeBase64(value)}`.trimEnd();
  return typeof value === "object" ? "null" : String(value);
}

function stringText(text: string, place: ScalarPlace): string {
  const traits = analyze(text);
  if (text.includes("\n") && !place.key) return traits.block ? literalText(text, place.indent) : doubleQuoted(text);
  if (legacyWords.test(text) || legacyNumbers.test(text)) return doubleQuoted(text);
  const resolved = resolvePlain(text);
  if (resolved !== "str" && resolved !== "merge") return doubleQuoted(text);
  if (traits.plain) return text;
  return traits.single ? `'${text.replaceAll("'", "''")}'` : doubleQuoted(text);
}

/** Which styles can carry a text. */
function analyze(text: string): { readonly plain: boolean; readonly single: boolean; readonly block: boolean } {
  const lineBreaks = /[\n\r\u0085\u2028\u2029]/.test(text);
  const outerSpace = /^[ \n\r\u0085\u2028\u2029]|[ \n\r\u0085\u2028\u2029]$/.test(text);
  const breakSpace = /[\n\r\u0085\u2028\u2029] /.test(text);
  const spaceBreak = / [\n\r\u0085\u2028\u2029]/.test(text);
  const special = hasSpecialCharacters(text);
  const odd = spaceBreak || special || text.includes("\t");
  return {
    plain: !lineBreaks && !outerSpace && !odd && !hasIndicators(text),
    single: !breakSpace && !odd,
    block: !spaceBreak && !special && !text.endsWith(" "),
  };
}

/** Characters that YAML's emitter does not call printable; those beyond U+FFFF are among them. */
function hasSpecialCharacters(text: string): boolean {
  return /[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u.test(text);
}

/** Characters that mean something else where they stand. */
function hasIndicators(text: string): boolean {
  if (/^(?:---|\.\.\.)/.test(text)) return true;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return true;
  return /^[-?](?:[ \t\n]|$)|:(?:[ \t\n]|$)|[ \t\n]#/.test(text);
}

function literalText(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  const margin = " ".repeat(indent);
  const lines = body.split("\n").map((line) => (line === "" ? "" : margin + line));
  return `|${hint}${chomp}\n${lines.join("\n")}`;
}

const escapes = new Map<number, string>([
  [0x00, "0"],
  [0x07, "a"],
  [0x08, "b"],
  [0x09, "t"],
  [0x0a, "n"],
  [0x0b, "v"],
  [0x0c, "f"],
  [0x0d, "r"],
  [0x1b, "e"],
  [0x22, '"'],
  [0x5c, "\\"],
  [0x85, "N"],
  [0x2028, "L"],
  [0x2029, "P"],
]);

function doubleQuoted(text: string): string {
  let body = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const escape = escapes.get(code);
    if (escape !== undefined) body += `\\${escape}`;
    else if (!hasSpecialCharacters(character)) body += character;
    else if (code <= 0xff) body += `\\x${hexadecimal(code, 2)}`;
    else body += code <= 0xffff ? `\\u${hexadecimal(code, 4)}` : `\\U${hexadecimal(code, 8)}`;
  }
  return `"${body}"`;
}

function hexadecimal(code: number, width: number): string {
  return code.toString(16).toUpperCase().padStart(width, "0");
}
