import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import { type MutableObject, goText, setMember } from "../own.ts";
import { PatchError, checkDepth } from "./patch-error.ts";

/**
 * JSON merge patch (RFC 7386) as gopkg.in/evanphx/json-patch v4 applies and makes it: nulls of the original stay, null
 * members of new objects go, also inside lists; null elements of lists stay.
 */

/**
 * Applies a merge patch; what it leaves alone is shared with the result.
 * @throws PatchError when the patch is neither object nor list
 */
export function patchMerge(document: JsonValue, patch: JsonValue): JsonValue {
  if (isJsonObject(document) && isJsonObject(patch)) return mergeObjects(document, patch, 0);
  if (typeof patch !== "object" || patch === null) throw new PatchError("BadPatch", "Invalid JSON Patch");
  return withoutNulls(patch, 0);
}

function mergeObjects(document: JsonObject, patch: JsonObject, depth: number): JsonObject {
  checkDepth(depth);
  const result = { ...document } as MutableObject;
  for (const name of Object.keys(patch)) {
    const value = patch[name];
    if (value === undefined) continue;
    const current = ownProperty(document, name);
    if (value === null) delete result[name];
    else if (current === undefined || current === null) setMember(result, name, withoutNulls(value, depth + 1));
    else if (!isJsonObject(current)) setMember(result, name, withoutNulls(value, depth + 1));
    else if (isJsonObject(value)) setMember(result, name, mergeObjects(current, value, depth + 1));
    else setMember(result, name, value);
  }
  return result;
}

/** Null members are dropped at every level, null elements are kept. */
function withoutNulls(value: JsonValue, depth: number): JsonValue {
  checkDepth(depth);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as JsonArray).map((item) => withoutNulls(item, depth + 1));
  const result: MutableObject = {};
  for (const [name, member] of Object.entries(value as JsonObject))
    if (member !== null && member !== undefined) setMember(result, name, withoutNulls(member, depth + 1));
  return result;
}

/** The merge patch that turns `original` into `modified`: changed and new members, null for what is gone. */
export function diffMerge(original: JsonObject, modified: JsonObject): JsonObject {
  return diffObjects(original, modified, 0);
}

function diffObjects(original: JsonObject, modified: JsonObject, depth: number): JsonObject {
  checkDepth(depth);
  const patch: MutableObject = {};
  for (const [name, value] of Object.entries(modified)) {
    if (value === undefined) continue;
    const old = ownProperty(original, name);
    if (isJsonObject(old) && isJsonObject(value)) {
      const inner = diffObjects(old, value, depth + 1);
      if (Object.keys(inner).length > 0) setMember(patch, name, inner);
    } else if (old === undefined || !jsonEquals(old, value)) setMember(patch, name, value);
  }
  for (const name of Object.keys(original))
    if (original[name] !== undefined && ownProperty(modified, name) === undefined) setMember(patch, name, null);
  return patch;
}

/** Either only the deletions of a merge patch, or all but them. */
function filterNulls(patch: JsonObject, keep: "nulls" | "values"): MutableObject {
  const result: MutableObject = {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) {
      if (keep === "nulls") setMember(result, name, null);
    } else if (isJsonObject(value) && Object.keys(value).length > 0) {
      const inner = filterNulls(value, keep);
      if (Object.keys(inner).length > 0) setMember(result, name, inner);
    } else if (keep === "values") setMember(result, name, value);
  }
  return result;
}

export interface ThreeWayInput {
  /** What was applied last, from the annotation; null when nothing was. */
  readonly lastApplied: JsonObject | null;
  /** What is applied now. */
  readonly modified: JsonObject;
  /** What is live. */
  readonly current: JsonObject;
}

/**
 * `kubectl apply` for kinds without struct types: deletions from `lastApplied` to `modified`, changes from `current`.
 * @throws PatchError Conflict when apiVersion, kind or name would change
 */
export function threeWayMerge({ lastApplied, modified, current }: ThreeWayInput): JsonObject {
  const changes = filterNulls(diffMerge(current, modified), "values");
  const deletions = filterNulls(diffMerge(lastApplied ?? {}, modified), "nulls");
  if (haveConflicts(changes, deletions))
    throw new PatchError("Conflict", `patch:\n${goText(changes)}\nconflicts with changes:\n${goText(deletions)}`);
  const patch = patchMerge(deletions, changes) as JsonObject;
  requireSameIdentity(patch);
  return patch;
}

/** @throws PatchError when a patch touches what identifies an object */
export function requireSameIdentity(patch: JsonObject): void {
  const metadata = ownProperty(patch, "metadata");
  const touched =
    Object.hasOwn(patch, "apiVersion") ||
    Object.hasOwn(patch, "kind") ||
    (isJsonObject(metadata) && Object.hasOwn(metadata, "name"));
  if (touched) throw new PatchError("Conflict", `precondition failed for: ${goText(patch)}`);
}

function haveConflicts(left: JsonValue, right: JsonValue): boolean {
  if (isJsonObject(left)) {
    if (!isJsonObject(right)) return true;
    return Object.keys(left).some((name) => Object.hasOwn(right, name) && haveConflicts(left[name]!, right[name]!));
  }
  return !jsonEquals(left, right);
}
