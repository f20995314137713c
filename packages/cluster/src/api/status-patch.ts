import type { JsonValue } from "@lateen/base";

/** A merge patch that also takes away what the new status no longer has. */
export function statusPatch(before: object | undefined, after: object): JsonValue {
  const gone = Object.keys(before ?? {}).filter((key) => !Object.hasOwn(after, key));
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...(after as Record<string, JsonValue>) };
}
