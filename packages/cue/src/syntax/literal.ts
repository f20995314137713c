import type { Interpolation } from "./ast.ts";
import { isHexDigit } from "./characters.ts";

/** What a literal stands for, or why it stands for nothing; `offset` counts from the literal's start. */
export type Literal =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | LiteralError;

export interface LiteralError {
  readonly kind: "error";
  readonly message: string;
  readonly offset: number;
}

/** The decoded texts between the expressions of an interpolation: all strings, or all bytes. */
export type InterpolationTexts =
  | { readonly kind: "string"; readonly texts: readonly string[] }
  | { readonly kind: "bytes"; readonly texts: readonly Uint8Array[] }
  | LiteralError;

interface QuoteForm {
  readonly hashes: number;
  readonly quote: string;
  readonly multiline: boolean;
  /** Length of the opening quotes, the line break of a multi-line one not counted. */
  readonly width: number;
}

/** Decodes a string or bytes literal: quotes, `#` quotes, multi-line forms, escapes (specification, "String literals"). */
export function unquote(text: string): Literal {
  const form = quoteFormOf(text);
  if (form === undefined) return { kind: "error", message: "invalid string literal", offset: 0 };
  const { multiline, width } = form;
  if (!multiline && form.hashes === 0 && form.quote === '"' && !text.includes("\\")) {
    return { kind: "string", value: text.slice(1, -1) };
  }
  const body = multiline ? multilineBody(text, form) : { from: width, to: text.length - width, indent: "" };
  if ("kind" in body) return body;
  const decoder = new Decoder(form, body.indent);
  const error = decoder.decode(text, body.from, body.to, multiline);
  return (
    error ??
    (form.quote === '"' ? { kind: "string", value: decoder.text() } : { kind: "bytes", value: decoder.bytes() })
  );
}

/** Decodes the texts of an interpolation. An offset in an error counts from the start of the part named by `part`. */
export function interpolationTexts(node: Interpolation): InterpolationTexts & { readonly part?: number } {
  const { parts } = node;
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  const form = quoteFormOf(first);
  if (form === undefined) return { kind: "error", message: "invalid string literal", offset: 0 };
  const closing = last.length - form.width;
  let indent = "";
  let to = closing;
  if (form.multiline) {
    const line = last.lastIndexOf("\n", closing);
    indent = last.slice(line + 1, closing);
    if (line < 0 || /[^ \t]/.test(indent)) return { ...unclosedLine, part: parts.length - 1 };
    to = last.charCodeAt(line - 1) === 0x0d ? line - 1 : line;
  }
  const strings: string[] = [];
  const bytes: Uint8Array[] = [];
  for (const [part, text] of parts.entries()) {
    const decoder = new Decoder(form, indent);
    const from = part > 0 ? 1 : form.multiline ? text.indexOf("\n") + 1 : form.width;
    const end = part === parts.length - 1 ? to : text.length - 2 - form.hashes;
    const error = decoder.decode(text, from, end, form.multiline && part === 0);
    if (error !== undefined) return { ...error, part };
    if (form.quote === '"') strings.push(decoder.text());
    else bytes.push(decoder.bytes());
  }
  return form.quote === '"' ? { kind: "string", texts: strings } : { kind: "bytes", texts: bytes };
}

export const mismatchedIndent = "non-matching whitespace for multiline strings";

const unclosedLine: LiteralError = {
  kind: "error",
  message: "closing quotes of a multi-line string must stand on a line of their own",
  offset: 0,
};

function quoteFormOf(text: string): QuoteForm | undefined {
  let hashes = 0;
  while (text.charCodeAt(hashes) === 0x23) hashes++;
  const quote = text[hashes];
  if (quote !== '"' && quote !== "'") return undefined;
  const tripled = text.startsWith(quote.repeat(3), hashes);
  const after = text.charCodeAt(hashes + 3);
  const multiline = tripled && (after === 0x0a || after === 0x0d);
  return { hashes, quote, multiline, width: hashes + (multiline ? 3 : 1) };
}

function multilineBody(text: string, form: QuoteForm): { from: number; to: number; indent: string } | LiteralError {
  const from = text.indexOf("\n") + 1;
  const closing = text.length - form.width;
  const line = text.lastIndexOf("\n", closing - 1);
  const indent = text.slice(line + 1, closing);
  if (line < 0 || /[^ \t]/.test(indent)) return { ...unclosedLine, offset: closing };
  const to = text.charCodeAt(line - 1) === 0x0d ? line - 1 : line;
  return { from, to: Math.max(from, to), indent };
}

/** Collects the text or the bytes of one piece. */
class Decoder {
  readonly #form: QuoteForm;
  readonly #indent: string;
  readonly #isBytes: boolean;
  #parts: string[] = [];
  #chunks: Uint8Array[] = [];

  constructor(form: QuoteForm, indent: string) {
    this.#form = form;
    this.#indent = indent;
    this.#isBytes = form.quote === "'";
  }

  text(): string {
    return this.#parts.join("");
  }

  bytes(): Uint8Array {
    this.#flush();
    const all = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  #flush(): void {
    if (this.#parts.length === 0) return;
    this.#chunks.push(new TextEncoder().encode(this.#parts.join("")));
    this.#parts = [];
  }

  /** Decodes `text` from `from` to `to`; `lineStart` where the first character starts a line of a multi-line string. */
  decode(text: string, from: number, to: number, lineStart: boolean): LiteralError | undefined {
    const { hashes, multiline } = this.#form;
    const introducer = `\\${"#".repeat(hashes)}`;
    let at = from;
    if (lineStart) {
      const next = this.#skipIndent(text, at, to);
      if (typeof next !== "number") return next;
      at = next;
    }
    let plain = at;
    while (at < to) {
      const code = text.charCodeAt(at);
      if (code === 0x5c && text.startsWith(introducer, at)) {
        this.#parts.push(text.slice(plain, at));
        const next = this.#decodeEscape(text, at + introducer.length, to);
        if (typeof next !== "number") return next;
        at = plain = next;
      } else if (code === 0x0d) {
        this.#parts.push(text.slice(plain, at));
        at = plain = at + 1;
      } else if (code === 0x0a && multiline) {
        this.#parts.push(text.slice(plain, at + 1));
        const next = this.#skipIndent(text, at + 1, to);
        if (typeof next !== "number") return next;
        at = plain = next;
      } else at++;
    }
    this.#parts.push(text.slice(plain, to));
    return undefined;
  }

  /** Each line that is not empty starts with the closing line's white space. */
  #skipIndent(text: string, at: number, to: number): number | LiteralError {
    if (at >= to) return at;
    if (text.startsWith(this.#indent, at)) return at + this.#indent.length;
    const code = text.charCodeAt(at);
    if (code === 0x0a || (code === 0x0d && text.charCodeAt(at + 1) === 0x0a)) return at;
    return { kind: "error", message: mismatchedIndent, offset: at };
  }

  #decodeEscape(text: string, at: number, to: number): number | LiteralError {
    const letter = text[at] ?? "";
    const simple = simpleEscapes.get(letter);
    if (simple !== undefined && (letter !== '"' || !this.#isBytes) && (letter !== "'" || this.#isBytes)) {
      this.#parts.push(simple);
      return at + 1;
    }
    switch (letter) {
      case "u":
        return this.#decodeUnicode(text, at + 1, 4);
      case "U":
        return this.#decodeUnicode(text, at + 1, 8);
      case "\n":
        if (this.#form.multiline) return this.#skipIndent(text, at + 1, to);
        break;
      case "\r":
        if (this.#form.multiline && text[at + 1] === "\n") return this.#skipIndent(text, at + 2, to);
        break;
      case "x":
        if (this.#isBytes) return this.#pushByte(text.slice(at + 1, at + 3), 16, at + 3);
        break;
      default:
        if (this.#isBytes && letter >= "0" && letter <= "7") return this.#pushByte(text.slice(at, at + 3), 8, at + 3);
    }
    return { kind: "error", message: "unknown escape sequence", offset: at };
  }

  #pushByte(digits: string, radix: number, next: number): number | LiteralError {
    const byte = Number.parseInt(digits, radix);
    if (!(byte <= 255))
      return { kind: "error", message: "invalid byte in escape sequence", offset: next - digits.length };
    this.#flush();
    this.#chunks.push(Uint8Array.of(byte));
    return next;
  }

  #decodeUnicode(text: string, at: number, digits: number): number | LiteralError {
    const point = hexAt(text, at, digits);
    const invalid: LiteralError = {
      kind: "error",
      message: "escape sequence is invalid Unicode code point",
      offset: at - 2,
    };
    if (point === undefined || point > 0x10ffff) return invalid;
    if (point < 0xd800 || point > 0xdfff) {
      this.#parts.push(String.fromCodePoint(point));
      return at + digits;
    }
    // A pair of surrogates, each by its own escape.
    const second = `\\${"#".repeat(this.#form.hashes)}u`;
    const low = text.startsWith(second, at + digits) ? hexAt(text, at + digits + second.length, 4) : undefined;
    if (point > 0xdbff || low === undefined || low < 0xdc00 || low > 0xdfff) {
      return { ...invalid, message: "unmatched surrogate pair" };
    }
    this.#parts.push(String.fromCharCode(point, low));
    return at + digits + second.length + 4;
  }
}

const simpleEscapes = new Map([
  ["a", "\u0007"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["/", "/"],
  ["\\", "\\"],
  ['"', '"'],
  ["'", "'"],
]);

function hexAt(text: string, at: number, digits: number): number | undefined {
  for (let i = 0; i < digits; i++) if (!isHexDigit(text.charCodeAt(at + i))) return undefined;
  return Number.parseInt(text.slice(at, at + digits), 16);
}

/** A number literal taken apart: `(integer.fraction in base) · 10^exponent · multiplier`. */
export interface NumberPieces {
  /** Written as an integer, or with a multiplier, which makes an integer too. */
  readonly isInt: boolean;
  readonly base: 2 | 8 | 10 | 16;
  /** Digits without separators; may be empty (`.5`). */
  readonly integer: string;
  readonly fraction: string;
  readonly exponent: number;
  /** 1, or what `K`, `Mi` … stand for. */
  readonly multiplier: bigint;
}

const multiplierPowers = new Map([
  ["K", 1n],
  ["M", 2n],
  ["G", 3n],
  ["T", 4n],
  ["P", 5n],
]);

/** Takes a number literal apart; `undefined` for a text that the scanner would not have let pass. */
export function numberPieces(text: string): NumberPieces | undefined {
  const digits = text.includes("_") ? text.replaceAll("_", "") : text;
  const radix = /^0(?:[xX]([0-9a-fA-F]+)|o([0-7]+)|b([01]+))$/.exec(digits);
  if (radix !== null) {
    const integer = radix[1] ?? radix[2] ?? radix[3] ?? "";
    const base = radix[1] !== undefined ? 16 : radix[2] !== undefined ? 8 : 2;
    return { isInt: true, base, integer, fraction: "", exponent: 0, multiplier: 1n };
  }
  const match = /^(\d*)(\.(\d*))?(?:[eE]([+-]?\d+)|([KMGTP])(i?))?$/.exec(digits);
  if (match === null || (match[1] === "" && (match[3] ?? "") === "")) return undefined;
  const [, integer = "", point, fraction = "", exponent, letter, binary] = match;
  const power = letter === undefined ? 0n : (multiplierPowers.get(letter) ?? 0n);
  return {
    isInt: letter !== undefined || (point === undefined && exponent === undefined),
    base: 10,
    integer,
    fraction,
    exponent: exponent === undefined ? 0 : Number(exponent),
    multiplier: (binary === "i" ? 1024n : 1000n) ** power,
  };
}
