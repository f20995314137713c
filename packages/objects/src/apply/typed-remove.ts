import { type JsonArray, type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type MutableObject, setMember } from "../own.ts";
import { type ListSchema, type MapSchema, type MergeSchema, resolveSchema } from "./merge-schema.ts";
import { type PathNode, type PathSet, emptySet } from "./path-set.ts";
import { stepOfItem } from "./typed-values.ts";

/** Taking paths out of a value, and taking out a value of just some paths. */

/** The value without the paths of the set; what loses all its members becomes null. */
export function removePaths(value: JsonValue, set: PathSet, schema: MergeSchema): JsonValue {
  return walk(value, set, { schema, mode: "remove" }) ?? null;
}

/**
 * The value with the paths of the set alone (and the keys of the list elements that are in it); undefined when nothing
 * is left.
 */
export function extractPaths(value: JsonValue, set: PathSet, schema: MergeSchema): JsonValue | undefined {
  return walk(value, set, { schema, mode: "extract" });
}

interface Walk {
  readonly schema: MergeSchema;
  readonly mode: "remove" | "extract";
}

function walk(value: JsonValue, set: PathSet, { schema, mode }: Walk): JsonValue | undefined {
  const resolved = resolveSchema(schema, value);
  if (resolved.kind === "scalar") return value;
  if (resolved.kind === "list") {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    if (resolved.relation === "atomic") return mode === "extract" ? value : undefined;
    return walkList(value as JsonArray, set, resolved, mode);
  }
  if (!isJsonObject(value) || Object.keys(value).length === 0) return undefined;
  if (resolved.atomic) return mode === "extract" ? value : undefined;
  return walkMap(value, set, resolved, mode);
}

/** What becomes of a member: its value, or undefined when it goes. */
function member(value: JsonValue, node: PathNode | undefined, { schema, mode }: Walk): JsonValue | undefined {
  if (mode === "remove") {
    if (node === undefined) return value;
    if (node.member) return undefined;
    return walk(value, node.children ?? emptySet, { schema, mode }) ?? null;
  }
  if (node === undefined) return undefined;
  const kept = walk(value, node.children ?? emptySet, { schema, mode });
  if (kept !== undefined) return kept;
  // An empty struct stays; empty maps and lists, and structs of which nothing is owned, are not written.
  const emptyStruct = schema.kind === "map" && schema.element === undefined && isJsonObject(value);
  return emptyStruct && Object.keys(value).length === 0 ? {} : undefined;
}

function walkList(items: JsonArray, set: PathSet, schema: ListSchema, mode: Walk["mode"]): JsonValue | undefined {
  const kept: JsonValue[] = [];
  for (const item of items) {
    const value = member(item, set.get(stepOfItem(schema, item)), { schema: schema.item, mode });
    if (value === undefined) continue;
    kept.push(mode === "extract" && schema.relation === "map" ? withKeys(value, item, schema) : value);
  }
  return kept.length === 0 ? undefined : kept;
}

function withKeys(value: JsonValue, item: JsonValue, schema: ListSchema): JsonValue {
  const result: MutableObject = isJsonObject(value) ? ({ ...value } as MutableObject) : {};
  if (isJsonObject(item)) for (const key of schema.keys) if (item[key] !== undefined) setMember(result, key, item[key]);
  return result;
}

function walkMap(object: JsonObject, set: PathSet, schema: MapSchema, mode: Walk["mode"]): JsonValue | undefined {
  const kept: MutableObject = {};
  let count = 0;
  for (const name in object) {
    const inner = schema.field(name) ?? schema.element;
    if (inner === undefined || object[name] === undefined) continue;
    const node = set.get(`f:${name}`);
    const value = member(object[name], node, { schema: inner, mode });
    if (value !== undefined) setMember(kept, name, value);
    if (mode === "extract" ? node !== undefined : value !== undefined) count++;
  }
  return count === 0 ? undefined : kept;
}

/** The set with each declared field that has paths below it as a path of its own. */
export function withNamedFields(set: PathSet, schema: MergeSchema): PathSet {
  if (set.size === 0) return set;
  const result = new Map<string, PathNode>();
  for (const [step, node] of set) {
    if (node.children === undefined) {
      result.set(step, node);
      continue;
    }
    const name = step.startsWith("f:") ? step.slice(2) : undefined;
    const field = name !== undefined && schema.kind === "map" ? schema.field(name) : undefined;
    const inner = field ?? innerSchema(schema);
    const children = inner === undefined ? node.children : withNamedFields(node.children, inner);
    result.set(step, { member: node.member || field !== undefined, children });
  }
  return result;
}

/**
 * The set as it is owned once a list or map merges as a whole: who owned paths within it owns it. (One that is granular
 * now stays owned as a whole.) Deduced types say nothing about that.
 */
export function withAtomicOwned(set: PathSet, schema: MergeSchema): PathSet {
  let result: Map<string, PathNode> | undefined;
  for (const [step, node] of set) {
    if (node.children === undefined) continue;
    const named = schema.kind === "map" && step.startsWith("f:") ? schema.field(step.slice(2)) : undefined;
    const inner = named ?? (schema.kind === "any" ? undefined : innerSchema(schema));
    if (inner === undefined || inner.kind === "scalar" || (inner.kind === "any" && !inner.atomic)) continue;
    const atomic = inner.kind === "list" ? inner.relation === "atomic" : inner.atomic;
    const children = atomic ? undefined : withAtomicOwned(node.children, inner);
    if (children === node.children) continue;
    result ??= new Map(set);
    result.set(step, { member: node.member || atomic, children });
  }
  return result ?? set;
}

function innerSchema(schema: MergeSchema): MergeSchema | undefined {
  switch (schema.kind) {
    case "map":
      return schema.element;
    case "list":
      return schema.item;
    case "any":
      return schema;
    default:
      return undefined;
  }
}
