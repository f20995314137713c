import { type JsonArray, type JsonValue, canonicalJson, isJsonObject, ownProperty } from "@lateen/base";
import { type FieldError, duplicateField, invalidField } from "../field-error.ts";
import { type MutableObject, setMember } from "../own.ts";
import type { SchemaNode } from "./node.ts";

/** Repetitions in lists of type set and map; each repeated value once, where it first comes again. */
export function checkListTypes(value: JsonValue, node: SchemaNode, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  walk(value, node, { path, errors });
  return errors;
}

interface Place {
  readonly path: string;
  readonly errors: FieldError[];
}

function walk(value: JsonValue, node: SchemaNode, { path, errors }: Place): void {
  if (Array.isArray(value)) {
    const items = value as JsonArray;
    if (node.listType === "set") checkSet(items, { path, errors });
    else if (node.listType === "map") checkMap(items, node, { path, errors });
    if (node.items === undefined) return;
    for (const [i, item] of items.entries()) walk(item, node.items, { path: `${path}[${i}]`, errors });
  } else if (isJsonObject(value)) {
    for (const name in value) {
      const schema = node.properties.get(name) ?? node.additional;
      const member = value[name];
      if (schema === undefined || typeof member !== "object" || member === null) continue;
      walk(member, schema, { path: path === "" ? name : `${path}.${name}`, errors });
    }
  }
}

function checkSet(items: JsonArray, { path, errors }: Place): void {
  const counts = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    const key = canonicalJson(item);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    if (count === 1) errors.push(duplicateField(`${path}[${i}]`, item));
  }
}

function checkMap(items: JsonArray, node: SchemaNode, { path, errors }: Place): void {
  const counts = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    if (!isJsonObject(item)) {
      errors.push(invalidField(`${path}[${i}]`, item, "must be an object for an array of list-type map"));
      return;
    }
    const keys: MutableObject = {};
    for (const name of node.listMapKeys) {
      const value = ownProperty(item, name);
      if (value !== undefined) setMember(keys, name, value);
    }
    const key = canonicalJson(keys);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    if (count === 1) errors.push(duplicateField(`${path}[${i}]`, keys));
  }
}
