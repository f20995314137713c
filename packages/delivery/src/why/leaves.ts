/** Plain values of data with their paths; empty objects and lists count as plain. */
import { type JsonValue, isJsonObject } from "@lateen/base";

export type Path = readonly (string | number)[];

export interface JsonLeaf {
  readonly path: Path;
  readonly value: JsonValue;
}

interface Link {
  readonly part: string | number;
  readonly up: Link | undefined;
}

function pathTo(link: Link | undefined): Path {
  const path: (string | number)[] = [];
  for (let at = link; at !== undefined; at = at.up) path.push(at.part);
  return path.toReversed();
}

/** The leaves of `value` in its order, at any depth. */
export function leavesOf(value: JsonValue): readonly JsonLeaf[] {
  const leaves: JsonLeaf[] = [];
  const stack: { readonly value: JsonValue; readonly link: Link | undefined }[] = [{ value, link: undefined }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { value: at, link } = item;
    const members = membersOf(at);
    if (members.length === 0) leaves.push({ path: pathTo(link), value: at });
    for (const [part, member] of members.toReversed()) stack.push({ value: member, link: { part, up: link } });
  }
  return leaves;
}

/** Fields or elements; none for what is plain. */
export function membersOf(value: JsonValue): readonly (readonly [string | number, JsonValue])[] {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item, index) => [index, item] as const);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : [[name, member] as const]));
}

/** The value at a path; undefined where nothing is. */
export function valueAtPath(value: JsonValue | undefined, path: Path): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const part of path) {
    if (Array.isArray(at) && typeof part === "number") at = (at as readonly JsonValue[])[part];
    else if (isJsonObject(at) && Object.hasOwn(at, String(part))) at = at[String(part)];
    else return undefined;
  }
  return at;
}

/** Whether one path leads through the other. */
export const touches = (left: Path, right: Path): boolean => {
  const shorter = Math.min(left.length, right.length);
  for (let i = 0; i < shorter; i++) if (left[i] !== right[i]) return false;
  return true;
};
