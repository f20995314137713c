import { isIdentifier } from "./characters.ts";

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const escapes = new Map([
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
]);

/** A string as a CUE literal of one line. `unquote` gives the string back; characters that no one sees are escaped. */
export function quoteString(text: string): string {
  return `"${escapeText(text, '"')}"`;
}

/**
 * A string as a multi-line literal, one line of the literal a line of the text, without indentation: the formatter indents
 * it with its surroundings.
 */
export function quoteMultiline(text: string): string {
  const lines = text.split("\n").map((line) => escapeText(line, '"').replaceAll('\\"', '"').replaceAll("\\t", "\t"));
  return `"""\n${lines.join("\n").replaceAll('"""', '\\"""')}\n"""`;
}

/** Bytes as a CUE literal: text where they are text, `\xNN` elsewhere. */
export function quoteBytes(bytes: Uint8Array): string {
  let out = "";
  for (let at = 0; at < bytes.length; ) {
    const point = decodePoint(bytes, at);
    if (point === undefined) {
      out += hexByte(bytes[at]!);
      at++;
      continue;
    }
    const text = String.fromCodePoint(point);
    out += point < 0x20 && !escapes.has(text) ? hexByte(point) : escapeText(text, "'");
    at += utf8Width(point);
  }
  return `'${out}'`;
}

/** A field's name as a label: bare where that is read back as the same field, else quoted. */
export function quoteLabel(name: string): string {
  return isIdentifier(name) && !name.startsWith("_") && !name.startsWith("#") ? name : quoteString(name);
}

const plainText = /^[\x20\x21\x23-\x26\x28-\x5b\x5d-\x7e]*$/;

function escapeText(text: string, quote: string): string {
  if (plainText.test(text)) return text;
  let out = "";
  for (const character of text) {
    const escaped = escapes.get(character);
    if (escaped !== undefined) out += escaped;
    else if (character === quote) out += `\\${quote}`;
    else if (printable.test(character)) out += character;
    else out += unicodeEscape(character.codePointAt(0)!);
  }
  return out;
}

function unicodeEscape(point: number): string {
  // Half of a surrogate pair stands for no character.
  const shown = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
  const hex = shown.toString(16);
  return shown > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

const hexByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`;

function utf8Width(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/** The code point at an offset, if the bytes there are UTF-8. */
function decodePoint(bytes: Uint8Array, at: number): number | undefined {
  const first = bytes[at]!;
  if (first < 0x80) return first;
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (width === 0 || at + width > bytes.length) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes.subarray(at, at + width))
      .codePointAt(0);
  } catch {
    return undefined;
  }
}
