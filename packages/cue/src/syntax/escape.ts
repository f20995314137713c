import { isHexDigit } from "./characters.ts";

/** The opening of a string: how many `#`, which quote, and whether it runs over lines. */
export interface Quote {
  readonly start: number;
  readonly hashes: number;
  readonly code: number;
  readonly multiline: boolean;
}

/** Told of each lexical error: its offset and message. */
export type ReportError = (offset: number, message: string) => void;

/** Checks the escape whose letter is at `at`, and gives the offset after it. */
export function scanEscape(text: string, at: number, quote: Quote, report: ReportError): number {
  const code = text.charCodeAt(at);
  const bytes = quote.code === 0x27;
  switch (code) {
    case 0x61: // a
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
    case 0x76: // v
    case 0x2f: // /
    case 0x5c: // backslash
      return at + 1;
    case 0x22:
    case 0x27:
      if (code === quote.code) return at + 1;
      break;
    case 0x75:
      return scanHexEscape(text, at + 1, 4, report);
    case 0x55:
      return scanHexEscape(text, at + 1, 8, report);
    case 0x78:
      if (bytes) return scanHexEscape(text, at + 1, 2, report);
      report(at, "hexadecimal escape not allowed in string literal");
      return at + 1;
    case 0x0a:
      if (quote.multiline) return at + 1;
      break;
    case 0x0d:
      if (quote.multiline && text.charCodeAt(at + 1) === 0x0a) return at + 2;
      break;
    default:
      if (!isOctalDigit(code)) break;
      if (bytes) return scanOctalEscape(text, at, report);
      report(at, "octal escape not allowed in string literal");
      return at + 1;
  }
  if (code !== code) return at;
  report(at, "unknown escape sequence");
  return code === 0x0a || code === 0x0d ? at : at + 1;
}

function scanHexEscape(text: string, at: number, digits: number, report: ReportError): number {
  let value = 0;
  for (let i = 0; i < digits; i++) {
    const code = text.charCodeAt(at + i);
    if (!isHexDigit(code)) return refuseInEscape(text, at + i, report);
    value = value * 16 + Number.parseInt(text[at + i]!, 16);
  }
  if (value > 0x10ffff) report(at, "escape sequence is invalid Unicode code point");
  return at + digits;
}

function refuseInEscape(text: string, at: number, report: ReportError): number {
  const point = text.codePointAt(at);
  if (point === undefined || point === 0x0a) report(at, "escape sequence not terminated");
  else report(at, `illegal character ${characterText(point)} in escape sequence`);
  return at;
}

function scanOctalEscape(text: string, at: number, report: ReportError): number {
  for (let i = 0; i < 3; i++) {
    if (!isOctalDigit(text.charCodeAt(at + i))) return refuseInEscape(text, at + i, report);
  }
  if (Number.parseInt(text.slice(at, at + 3), 8) > 255) report(at, "octal escape is larger than a byte");
  return at + 3;
}

/** `U+0025 '%'`, without the character where no one would see it. */
export function characterText(point: number): string {
  const shown = point < 0x20 || (point >= 0x7f && point < 0xa0) ? "" : ` '${String.fromCodePoint(point)}'`;
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}${shown}`;
}

export const isOctalDigit = (code: number): boolean => code >= 0x30 && code <= 0x37;
