/**
 * Patches of traits: the strategic merge that comment tags steer, JSON merge patch (RFC 7396) and JSON patch (RFC 6902).
 * Source of the rules: kubevela-definitions.md 2.4 (kubevela/workflow v0.6.4, pkg/cue/model/sets).
 */
import {
  type Diagnostic,
  type JsonObject,
  type JsonValue,
  canonicalJson,
  errorMessage,
  isJsonObject,
} from "@lateen/base";
import { patchJson, patchMerge } from "@lateen/objects";
import {
  type FieldPath,
  type ListTree,
  type StructTree,
  type Tree,
  type TreeConflict,
  type TreeField,
  emptyStruct,
  treeAt,
  treeJson,
  treeOfJson,
  unifyTrees,
  withOpenLists,
  withTreeAt,
} from "./tree.ts";

export type PatchResult =
  | { readonly kind: "patched"; readonly tree: Tree }
  | { readonly kind: "failed"; readonly problems: readonly Diagnostic[] };

const failed = (message: string, path: FieldPath = []): PatchResult => ({
  kind: "failed",
  problems: [{ code: "patch", message, path, causes: [] }],
});

/** @param tags those of the `patch` field itself: `patchStrategy=jsonMergePatch` or `jsonPatch` take the patch whole. */
export function applyPatch(base: Tree, patch: Tree, tags: ReadonlyMap<string, string> | undefined): PatchResult {
  const strategy = tags?.get("patchStrategy");
  if (strategy === "jsonMergePatch" || strategy === "jsonPatch") return applyJson(base, patch, strategy);
  return applyStrategic(base, patch);
}

function applyJson(base: Tree, patch: Tree, strategy: "jsonMergePatch" | "jsonPatch"): PatchResult {
  const problems: Diagnostic[] = [];
  const document = treeJson(base, [], problems) ?? null;
  const change = treeJson(patch, ["patch"], problems) ?? null;
  if (problems.length > 0) return { kind: "failed", problems };
  if (strategy === "jsonMergePatch") return patched(patchMerge(document, change));
  const operations = isJsonObject(change) ? change.operations : undefined;
  if (!Array.isArray(operations) || operations.length === 0) return patched(document);
  try {
    return patched(patchJson(document, operations));
  } catch (error) {
    return failed(`failed to apply json patch: ${errorMessage(error)}`);
  }
}

const patched = (json: JsonValue): PatchResult => ({ kind: "patched", tree: withOpenLists(treeOfJson(json)) });

/** The strategic merge: lists by key, marked fields replaced, everything else unified. */
export function applyStrategic(base: Tree, patch: Tree): PatchResult {
  const state = { base: withOpenLists(base) };
  const rewritten = rewrite(patch, { path: [], patchKey: undefined, tags: undefined }, state);
  const conflicts: TreeConflict[] = [];
  const tree = unifyTrees(state.base, rewritten, [], conflicts);
  if (conflicts.length === 0) return { kind: "patched", tree };
  return {
    kind: "failed",
    problems: conflicts.map(({ path, message }) => ({ code: "conflict", message, path, causes: [] })),
  };
}

interface Place {
  readonly path: FieldPath;
  /** The nearest `patchKey` of the field or of those around it. */
  readonly patchKey: string | undefined;
  readonly tags: ReadonlyMap<string, string> | undefined;
}

/** Walks the patch from its root; lists become what positions in the base need, and replaced parts leave the base. */
function rewrite(patch: Tree, place: Place, state: { base: Tree }): Tree {
  if (patch.kind === "list") return rewriteItems(rewriteList(patch, place, state), place, state);
  if (place.tags?.get("patchStrategy") === "retainKeys" && treeAt(state.base, place.path) !== undefined) {
    state.base = withTreeAt(state.base, place.path, patch);
    return patch;
  }
  if (patch.kind !== "struct") return patch;
  const fields = new Map<string, TreeField>();
  for (const [name, field] of patch.fields) {
    const inner = {
      path: [...place.path, name],
      patchKey: field.tags?.get("patchKey") ?? place.patchKey,
      tags: field.tags,
    };
    fields.set(name, { tree: rewrite(field.tree, inner, state), tags: field.tags });
  }
  return { kind: "struct", fields };
}

function rewriteItems(list: ListTree, place: Place, state: { base: Tree }): Tree {
  const items = list.items.map((item, index) =>
    rewrite(item, { path: [...place.path, index], patchKey: place.patchKey, tags: undefined }, state),
  );
  return { ...list, items };
}

function rewriteList(patch: ListTree, place: Place, state: { base: Tree }): ListTree {
  const base = treeAt(state.base, place.path);
  if (base?.kind !== "list") return patch;
  const strategy = place.tags?.get("patchStrategy");
  if (strategy === "replace") {
    state.base = withTreeAt(state.base, place.path, withOpenLists(patch));
    return patch;
  }
  if (place.patchKey === undefined || place.patchKey === "") return patch;
  const merged = mergeByKeys(base, patch, { keys: place.patchKey.split(","), retain: strategy === "retainKeys" });
  if (merged === undefined) return patch;
  state.base = withTreeAt(state.base, place.path, merged.base);
  return merged.patch;
}

/** A key of an element: its literal, `none` without one, `undecided` where it is no literal. */
function keyOf(element: Tree, key: string): { readonly literal: string } | "none" | "undecided" {
  const found = treeAt(element, key.split("."));
  if (found === undefined) return "none";
  if (found.kind === "literal" && !isJsonObject(found.json) && !Array.isArray(found.json) && found.json !== null)
    return { literal: canonicalJson(found.json) };
  return found.kind === "open" || found.kind === "literal" ? "undecided" : "none";
}

interface KeyedMerge {
  readonly base: ListTree;
  readonly patch: ListTree;
}

/** Puts each patch element where the base has its key, new ones at the end; undefined where a key is no literal. */
function mergeByKeys(
  base: ListTree,
  patch: ListTree,
  { keys, retain }: { readonly keys: readonly string[]; readonly retain: boolean },
): KeyedMerge | undefined {
  const placed: Tree[] = [];
  const left: Tree[] = [];
  let baseItems = base.items;
  for (const key of keys) {
    const pending = new Map<string, Tree>();
    for (const item of patch.items) {
      const found = keyOf(item, key);
      if (found === "undecided") return undefined;
      if (found !== "none") {
        pending.delete(found.literal);
        pending.set(found.literal, item);
      }
    }
    if (pending.size === 0) {
      if (patch.items.length === 0) continue;
      return undefined;
    }
    for (const [index, item] of base.items.entries()) {
      const found = keyOf(item, key);
      if (found === "undecided") return undefined;
      if (found === "none") continue;
      const match = pending.get(found.literal);
      placed.push(match ?? emptyStruct);
      if (match === undefined) continue;
      pending.delete(found.literal);
      if (retain) baseItems = baseItems.with(index, emptyStruct);
    }
    left.push(...pending.values());
  }
  return { base: { ...base, items: baseItems }, patch: { kind: "list", items: [...placed, ...left], open: true } };
}

/** A merge patch of plain objects for callers that hold no trees: maps merge, everything else is replaced, null too. */
export function mergeProperties(base: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, JsonValue | undefined> = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    const old = Object.hasOwn(result, name) ? result[name] : undefined;
    result[name] = isJsonObject(old) && isJsonObject(value) ? mergeProperties(old, value) : value;
  }
  return result;
}

/** Two structs unified, for the patches that workflow steps bring. */
export function structOf(json: JsonObject): StructTree {
  return treeOfJson(json) as StructTree;
}
