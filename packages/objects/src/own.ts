import type { JsonValue } from "@lateen/base";
import { formatFloat } from "./yaml/scalars.ts";

/** A JSON object under construction. */
export type MutableObject = Record<string, JsonValue>;

/** Sets an own member; `__proto__` is a name like any other. */
export function setMember(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  else target[name] = value;
}

/** A number as Go prints it: whole ones in digits, others shortest. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value).toString() : formatFloat(value);
}

const quoted: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Go's `%q`: quotes, with escapes for what cannot be printed. */
export function goQuote(text: string): string {
  const body = text.replaceAll(/["\\]|(?! )[\p{C}\p{Z}]/gu, (letter) => {
    const known = quoted[letter];
    if (known !== undefined) return known;
    const code = letter.codePointAt(0)!;
    const hex = (length: number): string => code.toString(16).padStart(length, "0");
    if (code < 0x80) return `\\x${hex(2)}`;
    return code > 0xffff ? `\\U${hex(8)}` : `\\u${hex(4)}`;
  });
  return `"${body}"`;
}

/** Go's `%v` of JSON data, as some of the server's messages show it: `map[a:1 b:[x]]`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return value;
  if (typeof value !== "object") return JSON.stringify(value) ?? "<nil>";
  const members = Object.keys(value)
    .sort()
    .map((name) => `${name}:${goText((value as Record<string, unknown>)[name])}`);
  return `map[${members.join(" ")}]`;
}
