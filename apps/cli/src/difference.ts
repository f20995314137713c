import { type JsonValue, canonicalJson, formatPath, isJsonObject, jsonEquals } from "@lateen/base";

export interface Difference {
  readonly path: readonly (string | number)[];
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** Leaves in which two values differ, in the order of the fields. List elements that carry a `name` are matched by it. */
export function differencesOf(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: readonly (string | number)[] = [],
): Difference[] {
  if (jsonEquals(before, after)) return [];
  if (path.length < 64) {
    if (isJsonObject(before) && isJsonObject(after)) {
      return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
        differencesOf(
          Object.hasOwn(before, key) ? before[key] : undefined,
          Object.hasOwn(after, key) ? after[key] : undefined,
          [...path, key],
        ),
      );
    }
    if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, path);
  }
  return [{ path, before, after }];
}

function listDifferences(
  before: readonly JsonValue[],
  after: readonly JsonValue[],
  path: readonly (string | number)[],
): Difference[] {
  const named = [...before, ...after].every((item) => isJsonObject(item) && typeof item["name"] === "string");
  if (!named)
    return Array.from({ length: Math.max(before.length, after.length) }, (_, i) =>
      differencesOf(before[i], after[i], [...path, i]),
    ).flat();
  const find = (items: readonly JsonValue[], name: string): JsonValue | undefined =>
    items.find((item) => isJsonObject(item) && item["name"] === name);
  const names = new Set([...before, ...after].map((item) => (item as { readonly name: string }).name));
  return [...names].flatMap((name) => differencesOf(find(before, name), find(after, name), [...path, name]));
}

/** At most `limit` lines, `- path: old` and `+ path: new` as one: `path: old → new`. */
export function describeDifferences(differences: readonly Difference[], limit = 8): string[] {
  const lines = differences.slice(0, limit).map(({ path, before, after }) => {
    if (before === undefined) return `+ ${formatPath(path)}: ${short(after)}`;
    if (after === undefined) return `- ${formatPath(path)}: ${short(before)}`;
    if (isText(before) && isText(after)) return `~ ${formatPath(path)}, ${changedLines(before, after)}`;
    return `~ ${formatPath(path)}: ${short(before)} → ${short(after)}`;
  });
  if (differences.length > limit) lines.push(`  … and ${differences.length - limit} more`);
  return lines;
}

const isText = (value: JsonValue): value is string => typeof value === "string" && value.includes("\n");

/** The first line in which two texts differ: `line 4: old → new`, cut where they are long. */
function changedLines(before: string, after: string): string {
  const old = before.split("\n");
  const now = after.split("\n");
  const at = now.findIndex((line, i) => line !== old[i]);
  const n = at < 0 ? now.length : at;
  const cut = (line: string | undefined): string => {
    const text = (line ?? "").trim();
    return text.length > 60 ? `${text.slice(0, 59)}…` : text;
  };
  return `line ${n + 1}: ${cut(old[n])} → ${cut(now[n])}`;
}

function short(value: JsonValue | undefined): string {
  const text = value === undefined ? "" : canonicalJson(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
