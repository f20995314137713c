import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import type { TypeFacts } from "../kinds/kind.ts";
import { type MutableObject, setMember } from "../own.ts";
import { PatchError, checkDepth } from "./patch-error.ts";
import {
  applyListDirectives,
  badDirective,
  checkPatchOrder,
  deduplicate,
  deleteListPrefix,
  directive,
  elementKind,
  indexOfKey,
  isDeletion,
  keyOf,
  listOf,
  normalizeOrder,
  orderInPlace,
  orderPrefix,
  retainKeysDirective,
} from "./strategic-lists.ts";
import { type PatchField, type PatchSchema, lookupField, structSchema } from "./strategic-schema.ts";

/**
 * Strategic merge patch of k8s.io/apimachinery pkg/util/strategicpatch: lists of structs merge by the key that the
 * type declares, `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…` steer it. Nothing that
 * is handed in is changed; what a patch leaves alone is shared with the result.
 */

/** How two maps merge: a patch into a document, or a patch into a patch (their directives are kept). */
export type MergeMode = "document" | "patches";

interface Merge {
  readonly mode: MergeMode;
}

/**
 * Applies a strategic merge patch. `type` undefined: free-form data, maps merge and lists are replaced.
 * @throws PatchError
 */
export function patchStrategic(document: JsonObject, patch: JsonObject, type: TypeFacts | undefined): JsonObject {
  return mergeStrategic(document, patch, { schema: structSchema(type), mode: "document" });
}

export function mergeStrategic(
  original: JsonObject,
  patch: JsonObject,
  options: { readonly schema: PatchSchema; readonly mode: MergeMode },
): JsonObject {
  return mergeMap(original, patch, { schema: options.schema, merge: options, depth: 0 });
}

interface Place {
  readonly schema: PatchSchema;
  readonly merge: Merge;
  readonly depth: number;
}

function mergeMap(original: JsonObject, patch: JsonObject, place: Place): JsonObject {
  checkDepth(place.depth);
  const command = ownProperty(patch, directive);
  if (command !== undefined) return replaceOrDelete(command, patch);
  const result = { ...original } as MutableObject;
  const rest = { ...patch } as MutableObject;
  retainKeys(result, rest, place.merge);
  for (const name of Object.keys(rest)) if (name.startsWith(orderPrefix)) mergeOrdered(result, rest, { name, place });
  for (const name of Object.keys(rest)) mergeMember(result, rest, { name, place });
  return result;
}

function replaceOrDelete(command: JsonValue, patch: JsonObject): JsonObject {
  if (command === "delete") return {};
  if (command !== "replace") throw badDirective(command, patch);
  const { [directive]: _, ...rest } = patch;
  return rest;
}

function retainKeys(result: MutableObject, patch: MutableObject, { mode }: Merge): void {
  const kept = ownProperty(patch, retainKeysDirective);
  if (kept === undefined) return;
  delete patch[retainKeysDirective];
  const malformed = new PatchError("BadPatch", "invalid patch format of retainKeys");
  if (mode === "patches") {
    const other = ownProperty(result, retainKeysDirective);
    if (other !== undefined && !jsonEquals(other, kept)) throw malformed;
    result[retainKeysDirective] = kept;
    return;
  }
  if (!Array.isArray(kept)) throw malformed;
  const names = new Set(kept as JsonArray);
  for (const [name, value] of Object.entries(patch)) {
    const exempt = value === null || name.startsWith(deleteListPrefix) || name.startsWith(orderPrefix);
    if (!exempt && !names.has(name)) throw malformed;
  }
  for (const name of Object.keys(result)) if (!names.has(name)) delete result[name];
}

interface Member {
  readonly name: string;
  readonly place: Place;
}

/** A `$setElementOrder/x` together with the list `x` of the patch; both leave the patch. */
function mergeOrdered(result: MutableObject, patch: MutableObject, { name, place }: Member): void {
  const ordering = patch[name]!;
  if (place.merge.mode === "patches") {
    const other = ownProperty(result, name);
    if (other !== undefined && !jsonEquals(other, ordering))
      throw new PatchError("BadDirective", "invalid patch format of setElementOrder list");
    setMember(result, name, ordering);
  }
  delete patch[name];
  const order = listOf(ordering);
  const listName = name.slice(orderPrefix.length);
  const originalList = ownProperty(result, listName);
  const patchList = ownProperty(patch, listName);
  const before = originalList === undefined ? [] : listOf(originalList);
  const added = patchList === undefined ? [] : listOf(patchList);
  const field = lookupField(place.schema, listName);
  checkPatchOrder(added, order, field.mergeKey);
  if (originalList === undefined && patchList === undefined) return;
  let merged: JsonArray = before;
  if (originalList === undefined) merged = withoutDirectives(added, place.merge) as JsonArray;
  else if (patchList !== undefined) merged = mergeList(before, added, { field, place, deletion: false });
  const kind = elementKind(before, added);
  const { mergeKey } = field;
  const deletes = kind === "objects" && mergeKey !== "" && added.some(isDeletion);
  const server = deletes ? orderInPlace(before, added, mergeKey) : before;
  setMember(result, listName, normalizeOrder(merged, { patch: order, server, mergeKey, kind }));
  delete patch[listName];
}

function mergeMember(result: MutableObject, patch: MutableObject, { name: given, place }: Member): void {
  if (!Object.hasOwn(patch, given)) return;
  const value = patch[given]!;
  const deletion = given.startsWith(deleteListPrefix);
  if (deletion && place.merge.mode === "patches") {
    setMember(result, given, value);
    return;
  }
  const name = deletion ? given.slice(deleteListPrefix.length) : given;
  if (value === null) {
    delete result[name];
    if (place.merge.mode === "document") return;
  }
  const current = ownProperty(result, name);
  if (current === undefined || shapeOf(current) !== shapeOf(value)) {
    if (!deletion) setMember(result, name, asNew(value, place.merge));
    return;
  }
  if (isJsonObject(value)) {
    const field = lookupField(place.schema, name);
    const inner = { ...place, schema: field.schema, depth: place.depth + 1 };
    setMember(result, name, field.strategy === "replace" ? value : mergeMap(current as JsonObject, value, inner));
  } else if (Array.isArray(value)) {
    const field = lookupField(place.schema, name);
    setMember(result, name, mergeList(current as JsonArray, value as JsonArray, { field, place, deletion }));
  } else setMember(result, name, value);
}

function shapeOf(value: JsonValue): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
}

interface ListPlace {
  readonly field: PatchField;
  readonly place: Place;
  readonly deletion: boolean;
}

function mergeList(original: JsonArray, patch: JsonArray, { field, place, deletion }: ListPlace): JsonArray {
  if (field.strategy !== "merge" && !deletion) return patch;
  if (original.length === 0 && patch.length === 0) return original;
  const kind = elementKind(original, patch);
  const { mergeKey } = field;
  if (kind === "scalars") {
    if (deletion && place.merge.mode === "document")
      return original.filter((item) => !patch.some((gone) => jsonEquals(gone, item)));
    const both = deduplicate([...original, ...patch]);
    return normalizeOrder(both, { patch, server: original, mergeKey: "", kind });
  }
  if (mergeKey === "") throw new PatchError("BadDirective", "cannot merge lists without merge key");
  const parts = applyListDirectives(original, patch, mergeKey);
  const merged = [...parts.original];
  for (const item of parts.patch) {
    const at = indexOfKey(merged, mergeKey, keyOf(item, mergeKey));
    if (at < 0) merged.push(item);
    else {
      const inner = { ...place, schema: field.schema, depth: place.depth + 1 };
      merged[at] = mergeMap(merged[at] as JsonObject, item as JsonObject, inner);
    }
  }
  return normalizeOrder(merged, { patch: parts.patch, server: parts.original, mergeKey, kind });
}

/** A value that the document did not have. */
function asNew(value: JsonValue, merge: Merge): JsonValue {
  return merge.mode === "patches" ? value : withoutDirectives(value, merge);
}

/** Resolves the directives and nulls of a new value. */
function withoutDirectives(value: JsonValue, merge: Merge, depth = 0): JsonValue {
  checkDepth(depth);
  if (merge.mode === "patches") return value;
  if (Array.isArray(value)) {
    return (value as JsonArray)
      .filter((item) => !(isJsonObject(item) && Object.hasOwn(item, directive)))
      .map((item) => withoutDirectives(item, merge, depth + 1));
  }
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, directive)) return null;
  const result: MutableObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === null || member === undefined) continue;
    if (name === retainKeysDirective) continue;
    if (name.startsWith(orderPrefix) || name.startsWith(deleteListPrefix)) continue;
    setMember(result, name, withoutDirectives(member, merge, depth + 1));
  }
  return result;
}
