import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import type { TypeFacts } from "../kinds/kind.ts";
import { type MutableObject, goText, setMember } from "../own.ts";
import { toYaml } from "../yaml/write-yaml.ts";
import { type ThreeWayInput, requireSameIdentity } from "./merge-patch.ts";
import { PatchError, checkDepth } from "./patch-error.ts";
import { haveStrategicConflicts } from "./strategic-conflicts.ts";
import {
  compareByText,
  deleteListPrefix,
  directive,
  elementKind,
  keyOf,
  orderPrefix,
  orderedBy,
  retainKeysDirective,
} from "./strategic-lists.ts";
import { mergeStrategic } from "./strategic-patch.ts";
import { type PatchField, type PatchSchema, lookupField, structSchema } from "./strategic-schema.ts";

/** What a strategic diff writes down. */
interface DiffOptions {
  readonly order: boolean;
  readonly deletions: boolean;
  readonly changes: boolean;
}

interface Place {
  readonly schema: PatchSchema;
  readonly options: DiffOptions;
  readonly retainKeys: boolean;
  readonly depth: number;
}

/** The strategic patch that turns `original` into `modified`. @throws PatchError */
export function diffStrategic(original: JsonObject, modified: JsonObject, type: TypeFacts | undefined): JsonObject {
  return diff(original, modified, structSchema(type), { order: true, deletions: true, changes: true });
}

function diff(original: JsonObject, modified: JsonObject, schema: PatchSchema, options: DiffOptions): JsonObject {
  return diffMaps(original, modified, { schema, options, retainKeys: false, depth: 0 });
}

/**
 * `kubectl apply` for typed kinds: deletions from `lastApplied` to `modified`, changes from `current` to `modified`.
 * Without `overwrite`, live changes that the patch touches are an error.
 * @throws PatchError
 */
export function threeWayStrategic(
  { lastApplied, modified, current }: ThreeWayInput,
  { type, overwrite }: { readonly type: TypeFacts | undefined; readonly overwrite: boolean },
): JsonObject {
  const schema = structSchema(type);
  const changes = diff(current, modified, schema, { order: true, deletions: false, changes: true });
  const deletions = diff(lastApplied ?? {}, modified, schema, { order: true, deletions: true, changes: false });
  const patch = mergeStrategic(deletions, changes, { schema, mode: "patches" });
  requireSameIdentity(patch);
  if (!overwrite) {
    const drift = diff(lastApplied ?? {}, current, schema, { order: false, deletions: true, changes: true });
    if (haveStrategicConflicts(patch, drift, schema))
      throw new PatchError(
        "Conflict",
        `patch:\n${toYaml(patch)}\nconflicts with changes made from original to current:\n${toYaml(drift)}\n`,
      );
  }
  return patch;
}

function diffMaps(original: JsonObject, modified: JsonObject, place: Place): MutableObject {
  checkDepth(place.depth);
  const patch: MutableObject = {};
  let cleared = false;
  for (const [name, before] of Object.entries(original)) {
    if (before === undefined) continue;
    const after = ownProperty(modified, name);
    if (after === undefined) {
      cleared ||= before !== null;
      if (place.options.deletions) setMember(patch, name, null);
      continue;
    }
    if (name === directive) {
      if (!jsonEquals(before, after)) throw new PatchError("BadDirective", "invalid patch format");
      setMember(patch, name, after);
    } else diffMember(patch, { name, before, after }, place);
  }
  const kept: string[] = [];
  for (const [name, value] of Object.entries(modified)) {
    if (value === undefined) continue;
    if (value !== null) kept.push(name);
    if (place.options.changes && ownProperty(original, name) === undefined) setMember(patch, name, value);
  }
  if (place.retainKeys && kept.length > 0 && (Object.keys(patch).length > 0 || cleared))
    patch[retainKeysDirective] = kept.sort();
  return patch;
}

interface Change {
  readonly name: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

function diffMember(patch: MutableObject, change: Change, place: Place): void {
  const { name, before, after } = change;
  const { options } = place;
  if (isJsonObject(before) && isJsonObject(after)) {
    const field = lookupField(place.schema, name);
    if (field.strategy === "replace") {
      if (options.changes && !jsonEquals(before, after)) setMember(patch, name, after);
      return;
    }
    const inner = { ...place, schema: field.schema, retainKeys: field.retainKeys, depth: place.depth + 1 };
    const value = diffMaps(before, after, inner);
    if (Object.keys(value).length > 0) setMember(patch, name, value);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const field = lookupField(place.schema, name);
    if (field.strategy === "merge") {
      diffList(patch, { name, before: before as JsonArray, after: after as JsonArray, field }, place);
      return;
    }
  }
  if (options.changes && !jsonEquals(before, after)) setMember(patch, name, after);
}

interface ListChange {
  readonly name: string;
  readonly before: JsonArray;
  readonly after: JsonArray;
  readonly field: PatchField;
}

function diffList(patch: MutableObject, change: ListChange, place: Place): void {
  const { name, before, after, field } = change;
  const { options } = place;
  if (before.length === 0) {
    if (after.length > 0 && options.changes) setMember(patch, name, after);
    return;
  }
  const { mergeKey } = field;
  if (elementKind(before, after) === "objects") {
    const { changed, deleted } = diffObjects(change, place);
    const list = [...orderedBy(changed, after, { mergeKey, kind: "objects" }), ...deleted];
    if (list.length > 0) setMember(patch, name, list);
    if (options.order && (list.length > 0 || !sameKeys(before, after, mergeKey)))
      setOrder(
        patch,
        name,
        after.map((item): JsonValue => ({ [mergeKey]: keyOf(item, mergeKey) })),
      );
    return;
  }
  const added = options.changes ? multisetMinus(after, before) : [];
  const deleted = options.deletions ? [...new Set(multisetMinus(before, after))] : [];
  if (added.length > 0) setMember(patch, name, orderedBy(added, after, { mergeKey: "", kind: "scalars" }));
  if (deleted.length > 0) setMember(patch, `${deleteListPrefix}${name}`, deleted);
  // As the server's library does it: a list that is not sorted counts as reordered.
  if (options.order && !jsonEquals(before.toSorted(compareByText), after)) setOrder(patch, name, after);
}

function setOrder(patch: MutableObject, name: string, order: JsonArray): void {
  if (order.length > 0) setMember(patch, `${orderPrefix}${name}`, order);
}

function sameKeys(before: JsonArray, after: JsonArray, mergeKey: string): boolean {
  if (before.length !== after.length) return false;
  return before.every((item, i) => jsonEquals(keyOf(item, mergeKey), keyOf(after[i], mergeKey)));
}

/** What `left` has more of than `right`, sorted by text. */
function multisetMinus(left: JsonArray, right: JsonArray): JsonValue[] {
  const counts = new Map<string, number>();
  for (const item of right) counts.set(goText(item), (counts.get(goText(item)) ?? 0) + 1);
  return left.toSorted(compareByText).filter((item) => {
    const count = counts.get(goText(item)) ?? 0;
    if (count > 0) counts.set(goText(item), count - 1);
    return count === 0;
  });
}

function diffObjects(
  { before, after, field }: ListChange,
  place: Place,
): { changed: JsonValue[]; deleted: JsonValue[] } {
  const { mergeKey } = field;
  const changed: JsonValue[] = [];
  const deleted: JsonValue[] = [];
  const byKey = (list: JsonArray): [string, JsonObject][] =>
    list
      .map((item): [string, JsonObject] => [goText(keyOf(item, mergeKey)), item as JsonObject])
      // Twins (equal keys) end in reverse order, as in the server's library.
      .reverse()
      .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const left = byKey(before);
  const right = byKey(after);
  const inner = { ...place, schema: field.schema, retainKeys: field.retainKeys, depth: place.depth + 1 };
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const old = left[i];
    const next = right[j];
    if (old !== undefined && next !== undefined && old[0] === next[0]) {
      const value = diffMaps(old[1], next[1], inner);
      if (Object.keys(value).length > 0) changed.push({ ...value, [mergeKey]: next[1][mergeKey]! });
      i++;
      j++;
    } else if (old === undefined || (next !== undefined && next[0] < old[0])) {
      if (place.options.changes) changed.push(next![1]);
      j++;
    } else {
      if (place.options.deletions) deleted.push({ [mergeKey]: old[1][mergeKey]!, [directive]: "delete" });
      i++;
    }
  }
  return { changed, deleted };
}
