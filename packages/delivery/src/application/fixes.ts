/** Changes of a user's text that mend a fault surely: one name or value is meant, and only one. */
import { type Fix, type JsonValue, nearestName } from "@lateen/base";
import type { Path } from "./fault.ts";

/** The one candidate that a misspelt name is nearest to; undefined where two are as near. */
export function certainName(name: string, candidates: Iterable<string>): string | undefined {
  const all = [...new Set(candidates)];
  const alike = all.filter((one) => one.toLowerCase() === name.toLowerCase());
  if (alike.length === 1) return alike[0];
  const related = all.filter((one) => singular(one) === singular(name));
  if (related.length === 1) return related[0];
  const first = nearestName(name, all);
  return first !== undefined && first === nearestName(name, all.toReversed()) ? first : undefined;
}

/** `policies` and `policy` are one word. */
const singular = (word: string): string => word.toLowerCase().replace(/ies$/, "y").replace(/s$/, "");

/** ` (did you mean "traits"?)`: the certain name, or the nearest. */
export function suggested(name: string, candidates: readonly string[]): string {
  const meant = certainName(name, candidates) ?? nearestName(name, candidates);
  return meant === undefined ? "" : ` (did you mean ${JSON.stringify(meant)}?)`;
}

/** The field's value is a misspelt name. */
export function nameFix(path: Path, name: string, candidates: Iterable<string>): { readonly fix?: Fix } {
  const value = certainName(name, candidates);
  return value === undefined ? {} : { fix: { kind: "replace", path, value } };
}

/** The field's own name is misspelt; a field that is given already is not meant. */
export function renameFix(
  path: Path,
  candidates: readonly string[],
  given: Readonly<Record<string, unknown>> | undefined,
): { readonly fix?: Fix } {
  const open = candidates.filter((one) => given === undefined || !Object.hasOwn(given, one));
  const name = certainName(String(path.at(-1) ?? ""), open);
  return name === undefined ? {} : { fix: { kind: "rename", path, name } };
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

/** What a value of the wrong kind stands for in a type as CUE writes it: `int`, `"Always" or "Never"`. */
export function valueMeant(type: string, found: JsonValue | undefined): JsonValue | undefined {
  const words = type.split(" or ");
  const has = (...names: readonly string[]): boolean => words.some((word) => names.includes(word));
  const options = words.flatMap((word) => (/^"[^"]*"$/.test(word) ? [JSON.parse(word) as string] : []));
  if (typeof found === "string") {
    if (/^[-+]?\d+$/.test(found) && has("int", "number", "uint", "uint16", "uint32")) return Number(found);
    if (/^[-+]?\d*\.\d+$/.test(found) && has("number", "float")) return Number(found);
    const truth = found.toLowerCase();
    if (has("bool", "true", "false") && Object.hasOwn(truths, truth)) return truths[truth];
    return options.length === 0 ? undefined : certainName(found, options);
  }
  if (typeof found === "number" && Number.isInteger(found) && has("string")) return String(found);
  return typeof found === "boolean" && has("string") ? String(found) : undefined;
}
