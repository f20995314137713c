/**
 * What Go's JSON reader says of a text that is no JSON (encoding/json, scanner.go of Go 1.26): the first wrong byte and what
 * was looked for.
 */

const unexpectedEnd = "unexpected end of JSON input";
const escapes = new Set('bfnrt\\/"'.split(""));

/** The complaint about the first syntax error, or undefined for a text that is JSON. */
export function jsonErrorOf(text: string): string | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.document();
    return undefined;
  } catch (error) {
    if (error instanceof ScanError) return error.message;
    throw error;
  }
}

class ScanError extends Error {}

/** An object or a list that is open. */
interface Open {
  readonly close: "}" | "]";
}

class Scanner {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): void {
    const open: Open[] = [];
    this.startValue(open);
    for (let innermost = open.at(-1); innermost !== undefined; innermost = open.at(-1)) {
      const next = this.skipSpace();
      if (next === ",") {
        this.at++;
        if (innermost.close === "}") this.key();
        this.startValue(open);
      } else if (next === innermost.close) {
        this.at++;
        open.pop();
      } else this.fail(innermost.close === "}" ? "after object key:value pair" : "after array element");
    }
    if (this.skipSpace() !== undefined) this.fail("after top-level value");
  }

  /** Reads a scalar or an empty container, or opens containers up to the first scalar inside. */
  private startValue(open: Open[]): void {
    for (;;) {
      const next = this.skipSpace();
      if (next !== "{" && next !== "[") {
        this.scalar(next);
        return;
      }
      this.at++;
      const close = next === "{" ? "}" : "]";
      if (this.skipSpace() === close) {
        this.at++;
        return;
      }
      open.push({ close });
      if (close === "}") this.key();
    }
  }

  private key(): void {
    if (this.skipSpace() !== '"') this.fail("looking for beginning of object key string");
    this.string();
    if (this.skipSpace() !== ":") this.fail("after object key");
    this.at++;
  }

  private scalar(next: string | undefined): void {
    if (next === '"') this.string();
    else if (next === "t") this.literal("true");
    else if (next === "f") this.literal("false");
    else if (next === "n") this.literal("null");
    else if (next === "-" || isDigit(next)) this.number();
    else this.fail("looking for beginning of value");
  }

  private literal(word: string): void {
    for (const [index, letter] of word.split("").entries()) {
      if (index > 0 && this.text[this.at] !== letter) this.fail(`in literal ${word} (expecting '${letter}')`);
      this.at++;
    }
  }

  private number(): void {
    if (this.text[this.at] === "-") this.at++;
    if (this.text[this.at] === "0") this.at++;
    else this.digits("in numeric literal");
    if (this.text[this.at] === ".") {
      this.at++;
      this.digits("after decimal point in numeric literal");
    }
    const exponent = this.text[this.at];
    if (exponent !== "e" && exponent !== "E") return;
    this.at++;
    const sign = this.text[this.at];
    if (sign === "+" || sign === "-") this.at++;
    this.digits("in exponent of numeric literal");
  }

  private digits(context: string): void {
    if (!isDigit(this.text[this.at])) this.fail(context);
    while (isDigit(this.text[this.at])) this.at++;
  }

  private string(): void {
    for (this.at++; this.text[this.at] !== '"'; this.at++) {
      const next = this.text[this.at];
      if (next === undefined || next < " ") this.fail("in string literal");
      if (next === "\\") this.escape();
    }
    this.at++;
  }

  /** Ends on the last character of the escape. */
  private escape(): void {
    const letter = this.text[++this.at];
    if (letter === "u")
      for (let digit = 0; digit < 4; digit++) {
        this.at++;
        if (!/^[0-9a-fA-F]$/.test(this.text[this.at] ?? "")) this.fail("in \\u hexadecimal character escape");
      }
    else if (letter === undefined || !escapes.has(letter)) this.fail("in string escape code");
  }

  private skipSpace(): string | undefined {
    while (/^[ \t\r\n]$/.test(this.text[this.at] ?? "")) this.at++;
    return this.text[this.at];
  }

  private fail(context: string): never {
    const code = this.text.codePointAt(this.at);
    throw new ScanError(code === undefined ? unexpectedEnd : `invalid character ${shown(code)} ${context}`);
  }
}

function isDigit(text: string | undefined): boolean {
  return text !== undefined && text >= "0" && text <= "9";
}

/** Go looks at bytes: of a character beyond ASCII it shows the first byte as if that were a character. */
function shown(code: number): string {
  const byte = code < 0x80 ? code : (new TextEncoder().encode(String.fromCodePoint(code))[0] ?? 0);
  const char = String.fromCodePoint(byte);
  if (char === "'") return String.raw`'\''`;
  if (char === '"') return `'"'`;
  const named: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f" };
  if (named[char] !== undefined) return `'${named[char]}'`;
  if (char === "\\") return String.raw`'\\'`;
  if (byte === 7) return String.raw`'\a'`;
  if (byte === 11) return String.raw`'\v'`;
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, "0")}'`;
  if (byte >= 0x80 && byte < 0xa1) return `'\\u00${byte.toString(16)}'`;
  return byte === 0xad ? String.raw`'\u00ad'` : `'${char}'`;
}
