/** Objects under construction: copies that belong to the defaulting alone. */
import { isJsonObject, type JsonObject, type JsonValue, ownProperty } from "@lateen/base";

export type Draft = Record<string, JsonValue>;

export function draftOf(object: JsonObject): Draft {
  return { ...object } as Draft;
}

export function isAbsent(draft: JsonObject, name: string): boolean {
  const value = ownProperty(draft, name);
  return value === undefined || value === null;
}

/** Absent or the zero value of a field that is no pointer. */
export function isUnset(draft: JsonObject, name: string): boolean {
  const value = ownProperty(draft, name);
  return value === undefined || value === null || value === "" || value === 0;
}

/** For pointers, lists and maps: a zero that was sent stays. */
export function ifAbsent(draft: Draft, name: string, value: JsonValue): void {
  if (isAbsent(draft, name)) draft[name] = value;
}

/** For fields that are no pointers: zero and absent are the same. */
export function ifUnset(draft: Draft, name: string, value: JsonValue): void {
  if (isUnset(draft, name)) draft[name] = value;
}

/** The struct in a field as a copy of its own, in its place; made when it is missing. */
export function childOf(draft: Draft, name: string): Draft {
  const value = ownProperty(draft, name);
  const child = isJsonObject(value) ? draftOf(value) : {};
  draft[name] = child;
  return child;
}

/** The structs of a list as copies, in their place. */
export function itemsOf(draft: Draft, name: string): readonly Draft[] {
  const value = ownProperty(draft, name);
  if (!Array.isArray(value)) return [];
  const items = (value as readonly JsonValue[]).map((item) => (isJsonObject(item) ? draftOf(item) : item));
  draft[name] = items;
  return items.filter((item): item is Draft => isJsonObject(item));
}

export function listLength(draft: JsonObject, name: string): number {
  const value = ownProperty(draft, name);
  return Array.isArray(value) ? value.length : 0;
}
