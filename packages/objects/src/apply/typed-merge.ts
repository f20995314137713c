import { type JsonArray, type JsonObject, type JsonValue, jsonEquals, ownProperty } from "@lateen/base";
import { type MutableObject, setMember } from "../own.ts";
import { type ListSchema, type MapSchema, type MergeSchema, resolveSchema } from "./merge-schema.ts";
import { type PathSet, PathSetBuilder } from "./path-set.ts";
import { isEmptyMap, listOf, mapOf, stepOfItem } from "./typed-values.ts";

/** Merging an applied value into a live one, and comparing two values, path by path (structured-merge-diff v6). */

/** `live` with all that `applied` sets; what stays the same is the same object. */
export function mergeTyped(live: JsonValue, applied: JsonValue, schema: MergeSchema): JsonValue {
  return merge(live, applied, schema) ?? null;
}

function merge(
  live: JsonValue | undefined,
  applied: JsonValue | undefined,
  schema: MergeSchema,
): JsonValue | undefined {
  if (applied === undefined || live === applied) return live;
  const resolved = resolveSchema(schema, applied);
  if (resolved.kind === "scalar") return sameOr(live, applied);
  if (resolved.kind === "map") {
    const left = mapOf(live);
    const right = mapOf(applied);
    if (resolved.atomic || (isEmptyMap(left) && isEmptyMap(right))) return sameOr(live, applied);
    return mergeMaps(left, right, resolved);
  }
  const left = listOf(live);
  const right = listOf(applied);
  const bothEmpty = (left?.length ?? 0) === 0 && (right?.length ?? 0) === 0;
  if (resolved.relation === "atomic" || bothEmpty) return sameOr(live, applied);
  return mergeLists(left ?? [], right ?? [], resolved);
}

function sameOr(live: JsonValue | undefined, applied: JsonValue): JsonValue {
  return live !== undefined && jsonEquals(live, applied) ? live : applied;
}

function mergeMaps(live: JsonObject | undefined, applied: JsonObject | undefined, schema: MapSchema): JsonObject {
  if (applied === undefined) return live ?? {};
  let result: MutableObject | undefined;
  for (const name in applied) {
    const value = applied[name];
    const inner = schema.field(name) ?? schema.element;
    if (value === undefined || inner === undefined) continue;
    const before = live === undefined ? undefined : ownProperty(live, name);
    const after = merge(before, value, inner);
    if (after === before || after === undefined) continue;
    result ??= { ...live } as MutableObject;
    setMember(result, name, after);
  }
  return result ?? live ?? {};
}

/** Equal lists of steps without twins. */
function sameSteps(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length || left.some((step, i) => step !== right[i])) return false;
  return left.length < 2 || new Set(left).size === left.length;
}

/**
 * The applied order wins among applied elements; those of others keep their place relative to their neighbours. Live
 * elements that share a key are kept all, and merge with nothing.
 */
function mergeLists(live: JsonArray, applied: JsonArray, schema: ListSchema): JsonArray {
  const left = live.map((item) => stepOfItem(schema, item));
  const right = applied.map((item) => stepOfItem(schema, item));
  if (sameSteps(left, right)) {
    const merged = live.map((item, i) => merge(item, applied[i]!, schema.item) ?? item);
    return merged.every((item, i) => item === live[i]) ? live : merged;
  }
  const liveByStep = new Map<string, JsonValue | undefined>();
  for (const [i, step] of left.entries()) liveByStep.set(step, liveByStep.has(step) ? undefined : live[i]!);
  const appliedByStep = new Map(right.map((step, i) => [step, applied[i]!]));
  const shared = right.filter((step) => liveByStep.has(step));
  let nextShared = 0;
  const merged = new Set<string>();
  const out: JsonValue[] = [];
  const take = (step: string): void => {
    merged.add(step);
    const value = merge(liveByStep.get(step), appliedByStep.get(step)!, schema.item);
    if (value !== undefined) out.push(value);
  };
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const l = left[i];
    const r = right[j];
    if (l !== undefined && r !== undefined) {
      if (l === r) {
        take(l);
        i++;
        j++;
        nextShared++;
        continue;
      }
      if (appliedByStep.has(l) && nextShared < shared.length && shared[nextShared] !== l) {
        i++;
        continue;
      }
    }
    if (l !== undefined) {
      if (!appliedByStep.has(l)) {
        out.push(live[i]!);
        i++;
        continue;
      }
      if (merged.has(l)) i++;
    }
    if (r !== undefined) {
      take(r);
      j++;
      if (nextShared < shared.length && shared[nextShared] === r) nextShared++;
    }
  }
  const same = out.length === live.length && out.every((item, at) => item === live[at]);
  return same ? live : out;
}

export interface Comparison {
  readonly added: PathSet;
  readonly modified: PathSet;
  readonly removed: PathSet;
}

/** The paths that differ between two values. */
export function compareTyped(before: JsonValue, after: JsonValue, schema: MergeSchema): Comparison {
  const sets = { added: new PathSetBuilder(), modified: new PathSetBuilder(), removed: new PathSetBuilder() };
  compareChildren(before, after, { schema, sets: sets as Sets });
  return { added: sets.added.build(), modified: sets.modified.build(), removed: sets.removed.build() };
}

interface Sets {
  readonly added: PathSetBuilder;
  readonly modified: PathSetBuilder;
  readonly removed: PathSetBuilder;
}

interface ComparePlace {
  readonly schema: MergeSchema;
  /** The sets at the parent; `step` leads to the value. */
  readonly sets: Sets;
}

function below(sets: Sets, step: string): Sets {
  return { added: sets.added.below(step), modified: sets.modified.below(step), removed: sets.removed.below(step) };
}

/** Compares two values at `step`; undefined is an absent value. */
function compareAt(
  step: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  { schema, sets }: ComparePlace,
): void {
  if (before === after) return;
  const left = before === undefined ? undefined : resolveSchema(schema, before);
  const right = after === undefined ? undefined : resolveSchema(schema, after);
  const shape = right ?? left!;
  if (left !== undefined && right !== undefined && left !== right && !sameShape(left, right)) {
    compareShaped(step, before, after, { schema: left, sets });
    compareShaped(step, before, after, { schema: right, sets });
    return;
  }
  // A null takes the shape of the other side.
  const schemaHere = after === null && left !== undefined ? left : shape;
  const isLeaf = compareShaped(step, before, after, { schema: schemaHere, sets });
  if (isLeaf) return;
  if (before === undefined) sets.added.insert(step);
  else if (after === undefined) sets.removed.insert(step);
}

function sameShape(left: MergeSchema, right: MergeSchema): boolean {
  return left.kind === right.kind;
}

/** Compares as one shape; true when the values were compared as a whole. */
function compareShaped(
  step: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  { schema, sets }: ComparePlace,
): boolean {
  if (isWhole(before, after, schema)) {
    if (before === undefined) sets.added.insert(step);
    else if (after === undefined) sets.removed.insert(step);
    else if (!jsonEquals(before, after)) sets.modified.insert(step);
    return true;
  }
  compareChildren(before, after, { schema, sets: below(sets, step) });
  return false;
}

/** Scalars, atomic values, and maps and lists that are empty on both sides are compared as a whole. */
function isWhole(before: JsonValue | undefined, after: JsonValue | undefined, schema: MergeSchema): boolean {
  if (schema.kind === "map") return schema.atomic || (isEmptyMap(mapOf(before)) && isEmptyMap(mapOf(after)));
  if (schema.kind === "list")
    return schema.relation === "atomic" || ((listOf(before)?.length ?? 0) === 0 && (listOf(after)?.length ?? 0) === 0);
  return true;
}

function compareChildren(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  { schema, sets }: ComparePlace,
): void {
  const resolved = resolveSchema(schema, after ?? before);
  if (resolved.kind === "map") compareMaps(mapOf(before) ?? {}, mapOf(after) ?? {}, { schema: resolved, sets });
  else if (resolved.kind === "list") compareLists(listOf(before) ?? [], listOf(after) ?? [], resolved, sets);
}

function compareMaps(before: JsonObject, after: JsonObject, { schema, sets }: { schema: MapSchema; sets: Sets }): void {
  for (const name in before) {
    const left = before[name];
    const right = Object.hasOwn(after, name) ? after[name] : undefined;
    if (left === right) continue;
    const inner = schema.field(name) ?? schema.element;
    if (inner !== undefined) compareAt(`f:${name}`, left, right, { schema: inner, sets });
  }
  for (const name in after) {
    if (Object.hasOwn(before, name) && before[name] !== undefined) continue;
    const inner = schema.field(name) ?? schema.element;
    if (inner !== undefined) compareAt(`f:${name}`, undefined, after[name], { schema: inner, sets });
  }
}

function compareLists(before: JsonArray, after: JsonArray, schema: ListSchema, sets: Sets): void {
  const place = { schema: schema.item, sets };
  if (before.length === after.length && sameElements(before, after, { schema, place })) return;
  const left = byStep(before, schema);
  const right = byStep(after, schema);
  for (const step of new Set([...left.keys(), ...right.keys()])) {
    const old = left.get(step) ?? [];
    const next = right.get(step) ?? [];
    if (old.length <= 1 && next.length <= 1) compareAt(step, old[0], next[0], place);
    else if (old.length >= 2 && next.length >= 2) {
      // Twins are compared as a whole.
      if (!jsonEquals(old, next)) sets.modified.insert(step);
    } else if (old.length >= 2) {
      if (next.length > 0) compareAt(step, undefined, next[0], place);
      sets.removed.insert(step);
    } else {
      if (old.length > 0) compareAt(step, old[0], undefined, place);
      sets.added.insert(step);
    }
  }
}

/** Lists of the same elements in the same order, compared one by one; false (and nothing done) for others. */
function sameElements(
  before: JsonArray,
  after: JsonArray,
  { schema, place }: { schema: ListSchema; place: ComparePlace },
): boolean {
  const left = before.map((item) => stepOfItem(schema, item));
  const right = after.map((item, i) => (item === before[i] ? left[i]! : stepOfItem(schema, item)));
  if (!sameSteps(left, right)) return false;
  for (let i = 0; i < left.length; i++) compareAt(left[i]!, before[i], after[i], place);
  return true;
}

function byStep(items: JsonArray, schema: ListSchema): Map<string, JsonValue[]> {
  const result = new Map<string, JsonValue[]>();
  for (const item of items) {
    const step = stepOfItem(schema, item);
    const known = result.get(step);
    if (known === undefined) result.set(step, [item]);
    else known.push(item);
  }
  return result;
}
