import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";

const letters = "bcdfghjklmnpqrstvwxz2456789";

/**
 * The suffix of an unnamed output's name: FNV-1a (32 bit) over a textual form of the object, its decimal digits written
 * as letters that make no words. Source: kubevela-engine.md 3.4 (kubevela 5a44b5f).
 */
export function objectHash(object: JsonObject): string {
  const bytes = new TextEncoder().encode(`(unstructured.Unstructured){Object:${dump(object)}}`);
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return String(hash >>> 0).replaceAll(/\d/g, (digit) => letters[digit.charCodeAt(0) % letters.length]!);
}

function dump(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "(interface {})<nil>";
  if (typeof value === "string") return `(string)${value}`;
  if (typeof value === "boolean") return `(bool)${value}`;
  if (typeof value === "number") return Number.isInteger(value) ? `(int64)${value}` : `(float64)${value}`;
  if (Array.isArray(value)) return `([]interface {})[${value.map(dump).join(" ")}]`;
  const object = isJsonObject(value) ? value : {};
  const members = Object.keys(object)
    .toSorted()
    .map((key) => `${key}:${dump(object[key])}`);
  return `(map[string]interface {})map[${members.join(" ")}]`;
}
