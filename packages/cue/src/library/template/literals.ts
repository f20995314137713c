import type { NumberNode } from "./nodes.ts";

/** A number as Go reads it: any base, `_` between digits. Undefined where it is none. */
export function numberOf(text: string, at: number): NumberNode | undefined {
  if (text.endsWith("i") || !hasGoodSeparators(text)) return undefined;
  const sign = text.startsWith("-") ? -1 : 1;
  const digits = text.replace(/^[+-]/, "").replaceAll("_", "");
  const int = wholeOf(digits);
  if (int !== undefined) {
    const value = BigInt(sign) * int;
    if (value >= 1n << 64n || value < -(1n << 63n)) return undefined;
    return { kind: "number", at, text, int: value, float: Number(value), isRune: false };
  }
  if (!/[.eEpP]/.test(digits)) return undefined;
  const float = sign * floatOf(digits);
  if (!Number.isFinite(float)) return undefined;
  // 1.0 fits where a whole number is wanted.
  const whole = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined;
  return { kind: "number", at, text, int: whole, float, isRune: false };
}

/** `_` stands between digits, or after the mark of a base. */
function hasGoodSeparators(text: string): boolean {
  if (!text.includes("_")) return true;
  return /^[+-]?(?:0[xXoObB](?:_?[0-9a-fA-F]+)+|[0-9]+(?:_[0-9]+)*)$/.test(text);
}

function wholeOf(digits: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(digits) || /^0[oO][0-7]+$/.test(digits) || /^0[bB][01]+$/.test(digits))
    return BigInt(digits.toLowerCase());
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^(?:0|[1-9][0-9]*)$/.test(digits) ? BigInt(digits) : undefined;
}

function floatOf(digits: string): number {
  const hex = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/.exec(digits);
  if (hex !== null) {
    const [, whole = "", fraction = "", exponent = "0"] = hex;
    if (whole + fraction === "") return Number.NaN;
    return Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  }
  return /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits) ? Number(digits) : Number.NaN;
}

export function runeOf(text: string, at: number): NumberNode | undefined {
  const value = text.length < 3 ? undefined : unescaped(text.slice(1, -1), "'");
  const point = value?.codePointAt(0);
  if (value === undefined || point === undefined || String.fromCodePoint(point) !== value) return undefined;
  return { kind: "number", at, text, int: BigInt(point), float: point, isRune: true };
}

/** The text of a quoted or raw literal, or undefined where it is wrong. */
export function unquoted(text: string): string | undefined {
  if (text.startsWith("`")) return text.slice(1, -1).replaceAll("\r", "");
  return unescaped(text.slice(1, -1), '"');
}

const simple: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

function unescaped(text: string, quote: string): string | undefined {
  if (!text.includes("\\")) return text;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length; ) {
    if (text[at] !== "\\") {
      const point = String.fromCodePoint(text.codePointAt(at)!);
      bytes.push(...encoder.encode(point));
      at += point.length;
      continue;
    }
    const escape = text[at + 1] ?? "";
    if (escape === quote || Object.hasOwn(simple, escape)) {
      bytes.push(...encoder.encode(escape === quote ? quote : simple[escape]!));
      at += 2;
      continue;
    }
    const found = /^\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text.slice(at));
    if (found === null) return undefined;
    const [all, hex, octal, short, long] = found;
    at += all.length;
    if (hex !== undefined || octal !== undefined) {
      const byte = hex === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hex, 16);
      if (byte > 255) return undefined;
      bytes.push(byte);
    } else {
      const point = Number.parseInt(short ?? long!, 16);
      if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined;
      bytes.push(...encoder.encode(String.fromCodePoint(point)));
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
