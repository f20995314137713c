import { type JsonArray, type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type MutableObject, setMember } from "../own.ts";
import type { SchemaNode } from "./node.ts";

/**
 * Fills in defaults, and takes out nulls that are not allowed (a default stands in for them). Elements and members that
 * are there are filled, none are made; null elements without a default stay. What needs nothing is the same object.
 */
export function applyDefaults(value: JsonValue, node: SchemaNode): JsonValue {
  if (Array.isArray(value)) return fillList(value as JsonArray, node);
  return isJsonObject(value) ? fillObject(value, node) : value;
}

function fillList(items: JsonArray, node: SchemaNode): JsonValue {
  const { items: schema } = node;
  if (schema === undefined) return items;
  let result: JsonValue[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    const start = item === null && !schema.nullable ? (schema.default ?? null) : item;
    const next = applyDefaults(start, schema);
    if (next === item) continue;
    result ??= [...items];
    result[i] = next;
  }
  return result ?? items;
}

function fillObject(object: JsonObject, node: SchemaNode): JsonValue {
  let result: MutableObject | undefined;
  const change = (): MutableObject => (result ??= { ...object } as MutableObject);
  for (const [name, schema] of node.properties) {
    if (schema.default === undefined) continue;
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined || (value === null && !schema.nullable))
      setMember(change(), name, applyDefaults(schema.default, schema));
  }
  for (const name in object) {
    const value = object[name];
    const schema = node.properties.get(name) ?? node.additional;
    if (schema === undefined || value === undefined) continue;
    if (value === null) {
      if (schema.nullable || (schema.default !== undefined && node.properties.has(name))) continue;
      if (schema.default === undefined) delete change()[name];
      else setMember(change(), name, applyDefaults(schema.default, schema));
    } else if (typeof value === "object") {
      const next = applyDefaults(value, schema);
      if (next !== value) setMember(change(), name, next);
    }
  }
  return result ?? object;
}
