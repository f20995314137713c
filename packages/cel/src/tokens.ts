export interface Token {
  readonly kind: "ident" | "keyword" | "reserved" | "symbol" | "int" | "uint" | "double" | "string" | "bytes" | "end";
  /** The name or symbol, the digits of a number, the value of a string. */
  readonly text: string;
  readonly bytes?: Uint8Array;
  readonly offset: number;
}

export class CelSyntaxError extends Error {
  override readonly name = "CelSyntaxError";
  readonly code = "CelSyntax";
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Longest expression, in UTF-16 units. */
export const maxExpressionLength = 100_000;

const keywords = new Set(["true", "false", "null", "in"]);
const reserved = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" "),
);
const symbols = ["==", "!=", "<=", ">=", "&&", "||", ...Array.from("[]{}().,-!?:+*/%<>")];
const numberShape =
  /^(?:0[xX]([0-9a-fA-F]+)|(\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|(\d+))([uU]?)/;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const stringStart = /^([rR]?[bB]?|[bB][rR])("""|'''|"|')/;

/** @throws CelSyntaxError */
export function tokenize(text: string): Token[] {
  if (text.length > maxExpressionLength)
    throw new CelSyntaxError(`expression code point size exceeds limit: ${maxExpressionLength}`, 0);
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const blank = /^(?:\s+|\/\/[^\n]*)/.exec(text.slice(at, at + 4096));
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const [token, end] = next(text, at);
    tokens.push(token);
    at = end;
  }
  tokens.push({ kind: "end", text: "", offset: text.length });
  return tokens;
}

function next(text: string, offset: number): [Token, number] {
  const window = text.slice(offset, offset + 400);
  const string = stringStart.exec(window);
  if (string !== null) return readString(text, offset, string[0].length);
  const number = /^(?:\d|\.\d)/.test(window) ? numberShape.exec(window) : null;
  if (number !== null) return [numberToken(number, offset), offset + number[0].length];
  identifier.lastIndex = offset;
  const word = identifier.exec(text);
  if (word !== null) {
    const [name] = word;
    const kind = keywords.has(name) ? "keyword" : reserved.has(name) ? "reserved" : "ident";
    return [{ kind, text: name, offset }, offset + name.length];
  }
  const symbol = symbols.find((candidate) => window.startsWith(candidate));
  if (symbol === undefined)
    throw new CelSyntaxError(`Syntax error: token recognition error at: '${window[0]}'`, offset);
  return [{ kind: "symbol", text: symbol, offset }, offset + symbol.length];
}

function numberToken(match: RegExpExecArray, offset: number): Token {
  const [, hex, double, digits, unsigned] = match;
  if (double !== undefined) return { kind: "double", text: double, offset };
  const text = hex === undefined ? digits! : `0x${hex}`;
  return { kind: unsigned === "" ? "int" : "uint", text, offset };
}

function readString(text: string, offset: number, length: number): [Token, number] {
  const start = text.slice(offset, offset + length);
  const quote = /["']+$/.exec(start)![0];
  const raw = /r/i.test(start);
  const asBytes = /b/i.test(start);
  let at = offset + length;
  for (;;) {
    if (at >= text.length || (quote.length === 1 && (text[at] === "\n" || text[at] === "\r")))
      throw new CelSyntaxError(
        `Syntax error: token recognition error at: '${text.slice(offset, at).slice(0, 40)}'`,
        offset,
      );
    if (text.startsWith(quote, at)) break;
    at += text[at] === "\\" && !raw ? 2 : 1;
  }
  const body = text.slice(offset + length, at);
  const end = at + quote.length;
  if (!asBytes) return [{ kind: "string", text: raw ? body : unescapeText(body, offset), offset }, end];
  return [{ kind: "bytes", text: "", bytes: raw ? encode(body) : unescapeBytes(body, offset), offset }, end];
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const simple: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};

const escape = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))/g;

function unescapeText(body: string, offset: number): string {
  return body.replaceAll(escape, (...groups) => {
    const [, byte, short, long, octal, letter] = groups as (string | undefined)[];
    if (letter !== undefined) return simpleEscape(letter, offset);
    const code = octal === undefined ? Number.parseInt((byte ?? short ?? long)!, 16) : Number.parseInt(octal, 8);
    return codePoint(code, offset);
  });
}

function codePoint(code: number, offset: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    throw new CelSyntaxError("invalid unicode code point", offset);
  return String.fromCodePoint(code);
}

function simpleEscape(letter: string, offset: number): string {
  if (!Object.hasOwn(simple, letter)) throw new CelSyntaxError(`unable to unescape string`, offset);
  return simple[letter]!;
}

/** In bytes \x and octal escapes are bytes, others text in UTF-8. */
function unescapeBytes(body: string, offset: number): Uint8Array {
  const out: number[] = [];
  let last = 0;
  for (const match of body.matchAll(escape)) {
    out.push(...encode(body.slice(last, match.index)));
    last = match.index + match[0].length;
    const [, byte, short, long, octal, letter] = match;
    if (byte !== undefined) out.push(Number.parseInt(byte, 16));
    else if (octal !== undefined) out.push(Number.parseInt(octal, 8));
    else if (letter !== undefined) out.push(...encode(simpleEscape(letter, offset)));
    else out.push(...encode(codePoint(Number.parseInt((short ?? long)!, 16), offset)));
  }
  out.push(...encode(body.slice(last)));
  return Uint8Array.from(out);
}
