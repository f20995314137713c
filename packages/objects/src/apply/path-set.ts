import { type JsonObject, type JsonValue, canonicalJson, isJsonObject } from "@lateen/base";
import { setMember } from "../own.ts";

/**
 * Sets of field paths (structured-merge-diff's fieldpath.Set) as tries. A step of a path is written as in FieldsV1:
 * `f:name` a field, `k:{"name":"c"}` an element of a list by its keys, `v:"x"` an element of a set, `i:3` by position.
 * Sets are never changed once they are handed out.
 */
export type PathSet = ReadonlyMap<string, PathNode>;

export interface PathNode {
  /** The path up to here is in the set. */
  readonly member: boolean;
  readonly children: PathSet | undefined;
}

export const emptySet: PathSet = new Map();
const leaf: PathNode = { member: true, children: undefined };

type MutableNodes = Map<string, { readonly member: boolean; readonly children: MutableNodes | undefined }>;

/** A set under construction; what stays empty takes no place. */
export class PathSetBuilder {
  readonly #parent: PathSetBuilder | undefined;
  readonly #step: string;
  #nodes: MutableNodes | undefined;

  constructor(parent?: PathSetBuilder, step = "") {
    this.#parent = parent;
    this.#step = step;
  }

  /** The nodes here, made and hung into the parent when there are none. */
  #own(): MutableNodes {
    if (this.#nodes !== undefined) return this.#nodes;
    if (this.#parent === undefined) return (this.#nodes = new Map());
    const above = this.#parent.#own();
    const node = above.get(this.#step);
    this.#nodes = node?.children ?? new Map();
    if (node?.children === undefined) above.set(this.#step, { member: node?.member ?? false, children: this.#nodes });
    return this.#nodes;
  }

  /** Puts the path of one step into the set. */
  insert(step: string): void {
    const nodes = this.#own();
    const node = nodes.get(step);
    if (node === undefined) nodes.set(step, leaf as { member: true; children: undefined });
    else if (!node.member) nodes.set(step, { member: true, children: node.children });
  }

  /** The set below a step. */
  below(step: string): PathSetBuilder {
    return new PathSetBuilder(this, step);
  }

  /** The set; nothing can be put into it any more. */
  build(): PathSet {
    return this.#nodes ?? emptySet;
  }
}

function nodeOf(member: boolean, children: PathSet | undefined): PathNode | undefined {
  const kept = children === undefined || children.size === 0 ? undefined : children;
  if (kept === undefined) return member ? leaf : undefined;
  return { member, children: kept };
}

export function union(a: PathSet, b: PathSet): PathSet {
  if (a.size === 0 || a === b) return b;
  if (b.size === 0) return a;
  const result = new Map(a);
  for (const [step, right] of b) {
    const left = a.get(step);
    if (left === undefined) result.set(step, right);
    else if (left !== right) {
      const children =
        left.children === undefined || right.children === undefined
          ? (left.children ?? right.children)
          : union(left.children, right.children);
      result.set(step, { member: left.member || right.member, children });
    }
  }
  return result;
}

/** The paths of `a` that are not in `b`; paths below a path of `b` stay. */
export function difference(a: PathSet, b: PathSet): PathSet {
  if (a.size === 0 || b.size === 0) return a;
  const result = new Map<string, PathNode>();
  let changed = false;
  for (const [step, left] of a) {
    const right = b.get(step);
    if (right === undefined) {
      result.set(step, left);
      continue;
    }
    const children =
      left.children === undefined || right.children === undefined
        ? left.children
        : difference(left.children, right.children);
    const member = left.member && !right.member;
    if (member === left.member && children === left.children) {
      result.set(step, left);
      continue;
    }
    changed = true;
    const node = nodeOf(member, children);
    if (node !== undefined) result.set(step, node);
  }
  return changed ? result : a;
}

/** The paths of `a` that are neither in `b` nor below a path of `b`. */
export function recursiveDifference(a: PathSet, b: PathSet): PathSet {
  if (a.size === 0 || b.size === 0) return a;
  const result = new Map<string, PathNode>();
  for (const [step, left] of a) {
    const right = b.get(step);
    if (right?.member === true) continue;
    const children =
      left.children === undefined || right?.children === undefined
        ? left.children
        : recursiveDifference(left.children, right.children);
    const node = nodeOf(left.member, children);
    if (node !== undefined) result.set(step, node);
  }
  return result;
}

export function intersection(a: PathSet, b: PathSet): PathSet {
  if (a.size === 0 || b.size === 0) return emptySet;
  const result = new Map<string, PathNode>();
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  for (const [step, left] of small) {
    const right = large.get(step);
    if (right === undefined) continue;
    const children =
      left.children === undefined || right.children === undefined
        ? undefined
        : intersection(left.children, right.children);
    const node = nodeOf(left.member && right.member, children);
    if (node !== undefined) result.set(step, node);
  }
  return result;
}

export function equalSets(a: PathSet, b: PathSet): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [step, left] of a) {
    const right = b.get(step);
    if (right === undefined || left.member !== right.member) return false;
    if (left.children === right.children) continue;
    if (left.children === undefined || right.children === undefined) return false;
    if (!equalSets(left.children, right.children)) return false;
  }
  return true;
}

/** The set of some paths, each a list of steps. */
export function setOfPaths(...paths: readonly (readonly string[])[]): PathSet {
  const builder = new PathSetBuilder();
  for (const path of paths) {
    let at = builder;
    for (const step of path.slice(0, -1)) at = at.below(step);
    at.insert(path.at(-1)!);
  }
  return builder.build();
}

/** All paths of a set: those that end at a level before those that go deeper, each in the order of their steps. */
export function* pathsOf(set: PathSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const steps = [...set.keys()].sort(compareSteps);
  for (const step of steps) if (set.get(step)!.member) yield [...prefix, step];
  for (const step of steps) {
    const { children } = set.get(step)!;
    if (children !== undefined) yield* pathsOf(children, [...prefix, step]);
  }
}

/** The paths that have no path below them. */
export function leavesOf(set: PathSet): PathSet {
  const result = new Map<string, PathNode>();
  for (const [step, node] of set)
    result.set(step, node.children === undefined ? node : { member: false, children: leavesOf(node.children) });
  return result;
}

const kindOrder = "fkvi";

function compareSteps(a: string, b: string): number {
  if (a.charCodeAt(0) !== b.charCodeAt(0)) return kindOrder.indexOf(a[0]!) - kindOrder.indexOf(b[0]!);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A path as conflicts name it: `.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"]`. */
export function formatFieldPath(path: readonly string[]): string {
  return path.map(formatStep).join("");
}

export function formatStep(step: string): string {
  const body = step.slice(2);
  switch (step[0]) {
    case "f":
      return `.${body}`;
    case "v":
      return `[=${body}]`;
    case "i":
      return `[${body}]`;
    default: {
      const keys = JSON.parse(body) as JsonObject;
      const parts = Object.keys(keys)
        .sort()
        .map((name) => `${name}=${JSON.stringify(keys[name])}`);
      return `[${parts.join(",")}]`;
    }
  }
}

const decoded = new WeakMap<JsonObject, PathSet>();

/** @throws SyntaxError for steps that are none */
export function decodeFieldsV1(fields: JsonObject): PathSet {
  const known = decoded.get(fields);
  if (known !== undefined) return known;
  const set = decodeLevel(fields, 0);
  decoded.set(fields, set);
  return set;
}

const maxFieldDepth = 1_000;

function decodeLevel(fields: JsonObject, depth: number): PathSet {
  if (depth > maxFieldDepth) throw new SyntaxError(`fieldsV1 nested deeper than ${maxFieldDepth} levels`);
  const result = new Map<string, PathNode>();
  for (const name in fields) {
    if (name === ".") continue;
    const value = fields[name];
    if (!isJsonObject(value)) throw new SyntaxError(`fieldsV1: ${name} is not an object`);
    const children = hasMembers(value) ? decodeLevel(value, depth + 1) : emptySet;
    // An empty object is a path of the set; one with members only if it says so.
    result.set(
      name.startsWith("f:") ? name : canonicalStep(name),
      children.size === 0 ? leaf : { member: Object.hasOwn(value, "."), children },
    );
  }
  return result;
}

function hasMembers(object: JsonObject): boolean {
  for (const _ in object) return true;
  return false;
}

function canonicalStep(name: string): string {
  const body = name.slice(2);
  switch (name.slice(0, 2)) {
    case "i:":
      if (!/^-?\d+$/.test(body)) throw new SyntaxError(`fieldsV1: ${name} is no index`);
      return name;
    case "v:":
      return `v:${canonicalJson(JSON.parse(body) as JsonValue)}`;
    case "k:": {
      const keys = JSON.parse(body) as JsonValue;
      if (!isJsonObject(keys)) throw new SyntaxError(`fieldsV1: ${name} has no keys`);
      return `k:${canonicalJson(keys)}`;
    }
    default:
      throw new SyntaxError(`fieldsV1: ${name} is no step of a path`);
  }
}

const encoded = new WeakMap<PathSet, JsonObject>();

/** The FieldsV1 of a set, in the order of its steps. */
export function encodeFieldsV1(set: PathSet): JsonObject {
  const known = encoded.get(set);
  if (known !== undefined) return known;
  const fields = encodeLevel(set, false);
  encoded.set(set, fields);
  decoded.set(fields, set);
  return fields;
}

function encodeLevel(set: PathSet, dot: boolean): JsonObject {
  const result: Record<string, JsonValue> = {};
  if (dot) result["."] = {};
  const steps = set.size === 1 ? set.keys() : [...set.keys()].sort(compareSteps);
  for (const step of steps) {
    const { member, children } = set.get(step)!;
    setMember(result, step, children === undefined ? {} : encodeLevel(children, member));
  }
  return result;
}
