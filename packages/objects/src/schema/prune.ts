import { type JsonArray, type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type MutableObject, setMember } from "../own.ts";
import type { SchemaNode } from "./node.ts";

export interface Pruned {
  readonly value: JsonValue;
  /** Paths of what the schema does not know: `spec.v.l[0].y`. */
  readonly unknownFields: readonly string[];
}

/** Fields of an object that its schema never needs to name. */
const typeFields = new Set(["apiVersion", "kind", "metadata"]);

/** Takes out what the schema does not specify; what it leaves is the same object. Pruning twice changes nothing. */
export function prune(value: JsonValue, node: SchemaNode, options: { readonly root: boolean }): Pruned {
  const unknownFields: string[] = [];
  return { value: walk(value, node, { path: "", root: options.root, unknownFields }), unknownFields };
}

interface Place {
  readonly path: string;
  /** An object with apiVersion, kind and metadata. */
  readonly root: boolean;
  readonly unknownFields: string[];
}

function walk(value: JsonValue, node: SchemaNode, place: Place): JsonValue {
  if (Array.isArray(value)) return walkList(value as JsonArray, node, place);
  return isJsonObject(value) ? walkObject(value, node, place) : value;
}

function walkList(items: JsonArray, node: SchemaNode, place: Place): JsonValue {
  const { items: schema } = node;
  if (schema === undefined) return items;
  let result: JsonValue[] | undefined;
  for (const [i, item] of items.entries()) {
    const inner = { ...place, path: `${place.path}[${i}]`, root: schema.embedded };
    const next = walk(item, schema, inner);
    if (next === item) continue;
    result ??= [...items];
    result[i] = next;
  }
  return result ?? items;
}

function walkObject(object: JsonObject, node: SchemaNode, place: Place): JsonValue {
  let result: MutableObject | undefined;
  for (const name in object) {
    const value = object[name];
    if (value === undefined || (place.root && typeFields.has(name))) continue;
    const path = place.path === "" ? name : `${place.path}.${name}`;
    const schema = node.properties.get(name) ?? node.additional;
    if (schema === undefined) {
      if (node.preserve || node.additionalAny) continue;
      result ??= { ...object } as MutableObject;
      delete result[name];
      place.unknownFields.push(path);
      continue;
    }
    if (typeof value !== "object") continue;
    const next = walk(value, schema, { ...place, path, root: schema.embedded });
    if (next === value) continue;
    result ??= { ...object } as MutableObject;
    setMember(result, name, next);
  }
  return result ?? object;
}
