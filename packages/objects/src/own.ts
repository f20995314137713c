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

/** Go's `%v` of JSON data, as some of the server's messages show it: `map[a:1 b:[x]]`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value === "number") return formatNumber(value);
  if (typeof value !== "object") return String(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${name}:${goText((value as Record<string, unknown>)[name])}`);
  return `map[${members.join(" ")}]`;
}
