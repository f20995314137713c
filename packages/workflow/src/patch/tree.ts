import { type Diagnostic, type JsonObject, type JsonValue, canonicalJson, isJsonObject } from "@lateen/base";
import { CueError, type Value } from "@lateen/cue";
import { stepContext } from "../cue/expressions.ts";

/**
 * An object while traits still work on it: what is written in it lies open as structs, lists and literals, and what is
 * not decided yet (a default that may still be overridden, a bound, a gap) stays a CUE value. So patches merge at the
 * cost of what they touch, and unresolved defaults stay overridable, as in the engine that exports its base with them.
 */
export type Tree = StructTree | ListTree | LiteralTree | OpenTree;

export interface StructTree {
  readonly kind: "struct";
  readonly fields: ReadonlyMap<string, TreeField>;
}

export interface TreeField {
  readonly tree: Tree;
  /** `+key=value` markers of the field's own comment. */
  readonly tags?: ReadonlyMap<string, string> | undefined;
}

export interface ListTree {
  readonly kind: "list";
  readonly items: readonly Tree[];
  readonly open: boolean;
  /** What an open list says of further elements. */
  readonly rest?: Tree | undefined;
}

export interface LiteralTree {
  readonly kind: "literal";
  readonly json: JsonValue;
}

export interface OpenTree {
  readonly kind: "open";
  readonly value: Value;
}

export type FieldPath = readonly (string | number)[];

const maxDepth = 500;

/** Reads a value into a tree; definitions, hidden and optional fields stay outside. */
export function treeOf(value: Value, depth = 0): Tree {
  if (depth > maxDepth) return { kind: "open", value };
  const { incompleteKind } = value;
  if (incompleteKind === "struct") {
    const fields = new Map<string, TreeField>();
    for (const { selector, value: member } of structFields(value)) {
      const tags = tagsOf(member.doc);
      fields.set(fieldName(selector), { tree: treeOf(member, depth + 1), tags });
    }
    return { kind: "struct", fields };
  }
  if (incompleteKind === "list" && !value.default().exists) {
    const open = value.allows("[_]");
    const items = value.elements();
    const rest = open ? furtherElement(value, items.length) : undefined;
    return {
      kind: "list",
      items: items.map((element) => treeOf(element, depth + 1)),
      open,
      rest: rest === undefined ? undefined : restTree(rest, depth),
    };
  }
  if (value.kind !== "bottom" && value.err === undefined && !value.default().exists) {
    try {
      return { kind: "literal", json: value.toJSON() };
    } catch (error) {
      if (!(error instanceof CueError)) throw error;
    }
  }
  return { kind: "open", value };
}

/** What an open list says of an element that it does not have: its value with one element more. */
function furtherElement(value: Value, count: number): Value | undefined {
  const longer = value.unify(stepContext().compile(`[${"_, ".repeat(count + 1)}]`));
  const element = longer.elements()[count];
  return element === undefined || element.incompleteKind === "_" || element.incompleteKind === "top"
    ? undefined
    : element;
}

function restTree(rest: Value, depth: number): Tree | undefined {
  const tree = treeOf(rest, depth + 1);
  return tree.kind === "struct" && tree.fields.size === 0 ? undefined : tree;
}

function structFields(value: Value): readonly { readonly selector: string; readonly value: Value }[] {
  return value.fields();
}

/** The name that a selector stands for: `"a-b"` → a-b. */
export function fieldName(selector: string): string {
  return selector.startsWith('"') ? (JSON.parse(selector) as string) : selector;
}

/** `+key=value` lines of a comment; white space around either part does not count. */
export function tagsOf(doc: readonly string[]): ReadonlyMap<string, string> | undefined {
  let tags: Map<string, string> | undefined;
  for (const group of doc) {
    if (!group.includes("+")) continue;
    for (const line of group.split("\n")) {
      const text = line.replace(/^\s*\/\//, "").trim();
      const equals = text.indexOf("=");
      if (!text.startsWith("+") || equals < 0) continue;
      tags ??= new Map();
      tags.set(text.slice(1, equals).trim(), text.slice(equals + 1).replaceAll(/\s+/g, ""));
    }
  }
  return tags;
}

/** Data as a tree whose lists are closed until somebody opens them. */
export function treeOfJson(json: JsonValue): Tree {
  if (Array.isArray(json)) return { kind: "list", items: json.map(treeOfJson), open: false };
  if (isJsonObject(json)) {
    const fields = new Map<string, TreeField>();
    for (const [name, member] of Object.entries(json))
      if (member !== undefined) fields.set(name, { tree: treeOfJson(member) });
    return { kind: "struct", fields };
  }
  return { kind: "literal", json };
}

/** A tree as data: defaults are taken, gaps are reported with their path. */
export function treeJson(tree: Tree, path: FieldPath, problems: Diagnostic[]): JsonValue | undefined {
  switch (tree.kind) {
    case "literal":
      return tree.json;
    case "list":
      return tree.items.map((item, index) => treeJson(item, [...path, index], problems) ?? null);
    case "struct": {
      const object: Record<string, JsonValue> = {};
      for (const [name, { tree: member }] of tree.fields) {
        const json = treeJson(member, [...path, name], problems);
        if (json !== undefined) setOwn(object, name, json);
      }
      return object;
    }
    case "open":
      return openJson(tree.value, path, problems);
  }
}

function setOwn(object: Record<string, JsonValue>, name: string, json: JsonValue): void {
  if (name === "__proto__") Object.defineProperty(object, name, { value: json, enumerable: true, writable: true });
  else object[name] = json;
}

function openJson(value: Value, path: FieldPath, problems: Diagnostic[]): JsonValue | undefined {
  try {
    return value.toJSON();
  } catch (error) {
    if (!(error instanceof CueError)) throw error;
    const found = value.validate({ concrete: true, final: true });
    const faults = found.length > 0 ? found : error.diagnostics;
    for (const fault of faults) problems.push({ ...fault, path: placed(fault.path, value.path, path) });
    return undefined;
  }
}

/** The path of a fault inside `value`, seen from where the value now stands. */
function placed(fault: FieldPath, own: FieldPath, path: FieldPath): FieldPath {
  return fault.length >= own.length && own.every((part, index) => fault[index] === part)
    ? [...path, ...fault.slice(own.length)]
    : path;
}

/** The part of a tree that is data already: gaps are left out. What templates see as `context.output`. */
export function knownJson(tree: Tree): JsonValue | undefined {
  return treeJson(tree, [], []);
}

/** The value at a path, or undefined. */
export function treeAt(tree: Tree, path: FieldPath): Tree | undefined {
  let current: Tree | undefined = tree;
  for (const part of path) {
    if (current?.kind === "struct") current = current.fields.get(String(part))?.tree;
    else if (current?.kind === "list" && typeof part === "number") current = current.items[part];
    else return undefined;
  }
  return current;
}

/** A new tree with `value` at a path that exists up to its last part. */
export function withTreeAt(tree: Tree, path: FieldPath, value: Tree): Tree {
  if (path.length === 0) return value;
  const [part, ...rest] = path as [string | number, ...(string | number)[]];
  if (tree.kind === "struct") {
    const fields = new Map(tree.fields);
    const old = fields.get(String(part));
    fields.set(String(part), { ...old, tree: withTreeAt(old?.tree ?? emptyStruct, rest, value) });
    return { kind: "struct", fields };
  }
  if (tree.kind === "list" && typeof part === "number" && part < tree.items.length) {
    return { ...tree, items: tree.items.with(part, withTreeAt(tree.items[part]!, rest, value)) };
  }
  return tree;
}

export const emptyStruct: StructTree = { kind: "struct", fields: new Map() };

export interface TreeConflict {
  readonly path: FieldPath;
  readonly message: string;
}

/** Both at once, as CUE unifies them; what cannot be is a conflict and keeps the left side. */
export function unifyTrees(left: Tree, right: Tree, path: FieldPath, conflicts: TreeConflict[]): Tree {
  if (left.kind === "struct" && right.kind === "struct") return unifyStructs(left, right, path, conflicts);
  if (left.kind === "list" && right.kind === "list") return unifyLists(left, right, path, conflicts);
  if (left.kind === "literal" && right.kind === "literal") {
    if (canonicalJson(left.json) !== canonicalJson(right.json))
      conflicts.push({ path, message: conflictText(left, right) });
    return left;
  }
  if (left.kind !== "open" && right.kind !== "open") {
    conflicts.push({ path, message: conflictText(left, right) });
    return left;
  }
  return unifyOpen(left, right, path, conflicts);
}

function unifyOpen(left: Tree, right: Tree, path: FieldPath, conflicts: TreeConflict[]): Tree {
  const unified = valueOf(left).unify(valueOf(right));
  const faults = unified.validate();
  if (faults.length > 0) {
    for (const { message } of faults) conflicts.push({ path, message });
    return left;
  }
  return treeOf(unified);
}

function valueOf(tree: Tree): Value {
  if (tree.kind === "open") return tree.value;
  return stepContext().encode(knownJson(tree) ?? null);
}

function unifyStructs(left: StructTree, right: StructTree, path: FieldPath, conflicts: TreeConflict[]): Tree {
  const fields = new Map(left.fields);
  for (const [name, { tree }] of right.fields) {
    const old = fields.get(name);
    fields.set(name, { tree: old === undefined ? tree : unifyTrees(old.tree, tree, [...path, name], conflicts) });
  }
  return { kind: "struct", fields };
}

function unifyLists(left: ListTree, right: ListTree, path: FieldPath, conflicts: TreeConflict[]): Tree {
  if (
    (!right.open && left.items.length > right.items.length) ||
    (!left.open && right.items.length > left.items.length)
  ) {
    const lengths = [right.items.length, left.items.length].toSorted((a, b) => a - b);
    conflicts.push({ path, message: `incompatible list lengths (${lengths[0]} and ${lengths[1]})` });
    return left;
  }
  const items: Tree[] = [];
  for (let i = 0; i < Math.max(left.items.length, right.items.length); i++) {
    const a = left.items[i] ?? left.rest;
    const b = right.items[i] ?? right.rest;
    items.push(a === undefined ? b! : b === undefined ? a : unifyTrees(a, b, [...path, i], conflicts));
  }
  const rest =
    left.rest === undefined || right.rest === undefined
      ? (left.rest ?? right.rest)
      : unifyTrees(left.rest, right.rest, [...path, items.length], conflicts);
  return { kind: "list", items, open: left.open && right.open, rest };
}

function kindName(tree: Tree): string {
  if (tree.kind !== "literal") return tree.kind === "open" ? tree.value.incompleteKind : tree.kind;
  const { json } = tree;
  if (json === null) return "null";
  if (typeof json === "number") return Number.isInteger(json) ? "int" : "float";
  return typeof json === "boolean" ? "bool" : "string";
}

function shown(tree: Tree): string {
  const text = tree.kind === "open" ? tree.value.syntax() : JSON.stringify(knownJson(tree) ?? null);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function conflictText(left: Tree, right: Tree): string {
  const kinds = [kindName(right), kindName(left)];
  const mismatch = kinds[0] === kinds[1] ? "" : ` (mismatched types ${kinds[0]} and ${kinds[1]})`;
  return `conflicting values ${shown(right)} and ${shown(left)}${mismatch}`;
}

/** All lists of a tree open at their end, as the base of a patch is. */
export function withOpenLists(tree: Tree): Tree {
  if (tree.kind === "struct") {
    const fields = new Map<string, TreeField>();
    for (const [name, { tree: member }] of tree.fields) fields.set(name, { tree: withOpenLists(member) });
    return { kind: "struct", fields };
  }
  if (tree.kind === "list") {
    return { kind: "list", items: tree.items.map(withOpenLists), open: true, rest: tree.rest };
  }
  return tree;
}

/** JSON of an object whose root is a struct. */
export function treeObject(tree: Tree, path: FieldPath, problems: Diagnostic[]): JsonObject {
  const json = treeJson(tree, path, problems);
  return isJsonObject(json) ? json : {};
}
