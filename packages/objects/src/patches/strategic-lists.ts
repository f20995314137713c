import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import { goText } from "../own.ts";
import { PatchError } from "./patch-error.ts";

/** Lists of strategic patches: matching by merge key, and the order of what patch and server have. */

export const directive = "$patch";
export const retainKeysDirective = "$retainKeys";
export const deleteListPrefix = "$deleteFromPrimitiveList/";
export const orderPrefix = "$setElementOrder/";

export function noMergeKey(item: JsonValue | undefined, mergeKey: string): PatchError {
  return new PatchError("BadDirective", `map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
}

/** Whether the elements are objects or scalars. @throws PatchError when they are mixed, or lists themselves */
export function elementKind(...lists: readonly JsonArray[]): "objects" | "scalars" {
  let kind: string | undefined;
  for (const list of lists) {
    for (const item of list) {
      const own = Array.isArray(item) ? "list" : item === null ? "null" : typeof item;
      if (own === "list") throw new PatchError("NotApplicable", "lists of lists are not supported");
      if (kind !== undefined && kind !== own)
        throw new PatchError("BadDirective", `list element types are not identical: ${goText(lists)}`);
      kind = own;
    }
  }
  return kind === "object" ? "objects" : "scalars";
}

/** The value of the merge key, which must be there. */
export function keyOf(item: JsonValue | undefined, mergeKey: string): JsonValue {
  const value = isJsonObject(item) ? ownProperty(item, mergeKey) : undefined;
  if (value === undefined) throw noMergeKey(item, mergeKey);
  return value;
}

/** Position of the element with this key, or -1. A structured key matches nothing. */
export function indexOfKey(list: JsonArray, mergeKey: string, value: JsonValue): number {
  if (typeof value === "object" && value !== null) return -1;
  return list.findIndex((item) => isJsonObject(item) && ownProperty(item, mergeKey) === value);
}

/** Whether a list element of a patch deletes its twin. */
export const isDeletion = (item: JsonValue): boolean => isJsonObject(item) && ownProperty(item, directive) === "delete";

interface OrderRule {
  readonly mergeKey: string;
  readonly kind: "objects" | "scalars";
}

/** Where an element stands in an ordering list, or -1. */
function rank(order: JsonArray, item: JsonValue, { mergeKey, kind }: OrderRule): number {
  if (kind === "objects") return indexOfKey(order, mergeKey, keyOf(item, mergeKey));
  return order.findIndex((candidate) => jsonEquals(candidate, item));
}

/** Sorts as `order` says, deletions last. */
export function orderedBy(items: JsonArray, order: JsonArray, rule: OrderRule): JsonValue[] {
  if (rule.kind === "objects") for (const item of [...items, ...order]) keyOf(item, rule.mergeKey);
  const deletions = rule.kind === "objects" ? items.filter(isDeletion) : [];
  const kept = deletions.length === 0 ? [...items] : items.filter((item) => !isDeletion(item));
  const ranked = kept.map((item) => ({ item, at: rank(order, item, rule) }));
  ranked.sort((a, b) => (a.at < 0 || b.at < 0 ? 0 : a.at - b.at));
  return [...ranked.map(({ item }) => item), ...deletions];
}

export interface ElementOrder extends OrderRule {
  /** Order of what the patch speaks of. */
  readonly patch: JsonArray;
  /** Order that the list had before. */
  readonly server: JsonArray;
}

/**
 * Puts the elements that the patch's order names in that order, leaves the others in the server's, and lets a server
 * element go first only where it stood before the patch's element before.
 */
export function normalizeOrder(merged: JsonArray, order: ElementOrder): JsonValue[] {
  const patchItems: JsonValue[] = [];
  const serverItems: JsonValue[] = [];
  for (const item of merged) (rank(order.patch, item, order) >= 0 ? patchItems : serverItems).push(item);
  const patch = orderedBy(patchItems, order.patch, order);
  const server = orderedBy(serverItems, order.server, order);
  const result: JsonValue[] = [];
  let i = 0;
  let j = 0;
  while (i < server.length && j < patch.length) {
    const left = rank(order.server, server[i]!, order);
    const right = rank(order.server, patch[j]!, order);
    result.push(left >= 0 && right >= 0 && left < right ? server[i++]! : patch[j++]!);
  }
  return [...result, ...server.slice(i), ...patch.slice(j)];
}

/** @throws PatchError when the patch's list is not in the order that goes with it */
export function checkPatchOrder(patch: JsonArray, order: JsonArray, mergeKey: string): void {
  const items = mergeKey === "" ? patch : patch.filter((item) => !isDeletion(item));
  let at = 0;
  for (const place of order) {
    if (at >= items.length) return;
    const same =
      mergeKey === "" ? jsonEquals(items[at], place) : jsonEquals(keyOf(items[at], mergeKey), keyOf(place, mergeKey));
    if (same) at++;
  }
  if (at < items.length)
    throw new PatchError(
      "BadDirective",
      `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
    );
}

/** The order of scalars by their text, in which the server's library compares lists. */
export function compareByText(a: JsonValue, b: JsonValue): number {
  const left = goText(a);
  const right = goText(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Scalars without repetitions, the first of each kept. */
export function deduplicate(items: JsonArray): JsonValue[] {
  return [...new Set(items)];
}

export function listOf(value: JsonValue): JsonArray {
  if (Array.isArray(value)) return value as JsonArray;
  const shown = isJsonObject(value) ? "map[string]interface {}" : typeof value;
  throw new PatchError("BadDirective", `expected a []interface {}, but received a ${shown}`);
}

/**
 * The order that the server's library sees in a list after the patch's deletions and additions have been made in place:
 * what is deleted moves the others up, what is added takes the places that are free.
 */
export function orderInPlace(original: JsonArray, patch: JsonArray, mergeKey: string): JsonValue[] {
  const view = [...original];
  let length = view.length;
  for (const item of patch) {
    if (!isDeletion(item)) continue;
    for (let at = indexOfKey(view.slice(0, length), mergeKey, keyOf(item, mergeKey)); at >= 0; ) {
      view.copyWithin(at, at + 1, length--);
      at = indexOfKey(view.slice(0, length), mergeKey, keyOf(item, mergeKey));
    }
  }
  for (const item of patch) {
    if (length >= view.length) break;
    if (isJsonObject(item) && Object.hasOwn(item, directive)) continue;
    if (indexOfKey(view.slice(0, length), mergeKey, keyOf(item, mergeKey)) < 0) view[length++] = item;
  }
  return view;
}

/** The elements of a patch's list without its directives, and the server's list after them. */
export function applyListDirectives(
  original: JsonArray,
  patch: JsonArray,
  mergeKey: string,
): { readonly original: JsonArray; readonly patch: JsonArray } {
  let kept = original;
  let replace = false;
  const rest: JsonValue[] = [];
  for (const item of patch) {
    const command = isJsonObject(item) ? ownProperty(item as JsonObject, directive) : undefined;
    if (command === undefined) rest.push(item);
    else if (command === "delete") {
      const key = keyOf(item, mergeKey);
      kept = kept.filter((element) => !(isJsonObject(element) && jsonEquals(ownProperty(element, mergeKey), key)));
    } else if (command === "replace") replace = true;
    else if (command === "merge")
      throw new PatchError("BadDirective", "merging lists cannot yet be specified in the patch");
    else throw badDirective(command, item);
  }
  return replace ? { original: rest, patch: [] } : { original: kept, patch: rest };
}

export function badDirective(command: JsonValue, patch: JsonValue): PatchError {
  return new PatchError("BadDirective", `unknown patch type: ${goText(command)} in map: ${goText(patch)}`);
}
