import { type JsonArray, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import { type MutableObject, setMember } from "../own.ts";
import { PatchError } from "./patch-error.ts";

/**
 * JSON patch with the semantics of gopkg.in/evanphx/json-patch v4, which the API server uses and which differ from
 * RFC 6902: negative indices count from the end, `replace` of an absent key adds it, `test` of an absent key against
 * null passes, the empty path works for `replace` and `test` only, a missing value is null.
 */

/** More operations than this the API server refuses. */
export const maxJsonPatchOperations = 10_000;

type Container = MutableObject | JsonValue[];

interface Place {
  readonly container: Container;
  readonly key: string;
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from: string | undefined;
  readonly value: JsonValue;
}

/** Copies each container once, so that the caller's document stays as it is. */
class Draft {
  readonly #root: { document: JsonValue };
  readonly #own = new Set<Container>();

  constructor(document: JsonValue) {
    this.#root = { document };
  }

  get document(): JsonValue {
    return this.#root.document;
  }

  set document(value: JsonValue) {
    this.#root.document = value;
  }

  /** The container of a path's last part, ready to be changed; undefined when it is not there. */
  locate(path: string): Place | undefined {
    const parts = path.split("/");
    if (parts.length < 2) return undefined;
    let container = this.#writable(this.#root.document, (copy) => {
      this.#root.document = copy;
    });
    for (const part of parts.slice(1, -1)) {
      if (container === undefined) return undefined;
      const parent: Container = container;
      const key = unescape(part);
      const index = Array.isArray(parent) ? indexIn(parent.length, key) : undefined;
      const next = Array.isArray(parent) ? (index === undefined ? undefined : parent[index]) : ownProperty(parent, key);
      container = this.#writable(next, (copy) => {
        if (Array.isArray(parent)) parent[index!] = copy;
        else setMember(parent, key, copy);
      });
    }
    return container === undefined ? undefined : { container, key: unescape(parts.at(-1)!) };
  }

  #writable(value: JsonValue | undefined, store: (copy: JsonValue) => void): Container | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    const known = value as Container;
    if (this.#own.has(known)) return known;
    const copy: Container = Array.isArray(value) ? [...(value as JsonArray)] : { ...(value as MutableObject) };
    this.#own.add(copy);
    store(copy);
    return copy;
  }

  /** A value that has been put in twice must be copied again before it is changed. */
  share(value: JsonValue): void {
    if (typeof value === "object" && value !== null) this.#forget(value as Container);
  }

  #forget(container: Container): void {
    const stack: unknown[] = [container];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (typeof next !== "object" || next === null || !this.#own.delete(next as Container)) continue;
      stack.push(...Object.values(next));
    }
  }
}

function unescape(part: string): string {
  return part.includes("~") ? part.replaceAll("~1", "/").replaceAll("~0", "~") : part;
}

const integer = /^[+-]?\d+$/;

/** The position that an index names in a list of `length`, or undefined. */
function indexIn(length: number, key: string): number | undefined {
  if (!integer.test(key)) return undefined;
  const index = Number(key);
  const position = index < 0 ? index + length : index;
  return position < 0 || position >= length ? undefined : position;
}

function position(list: JsonValue[], key: string, length: number): number {
  if (!integer.test(key))
    throw new PatchError("NotApplicable", `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  const found = indexIn(length, key);
  if (found === undefined)
    throw new PatchError("NotApplicable", `Unable to access invalid index: ${key}: invalid index referenced`);
  return found;
}

function read({ container, key }: Place): JsonValue | undefined {
  return Array.isArray(container) ? container[position(container, key, container.length)] : ownProperty(container, key);
}

function insert({ container, key }: Place, value: JsonValue): void {
  if (!Array.isArray(container)) setMember(container, key, value);
  else if (key === "-") container.push(value);
  else if (!integer.test(key))
    throw new PatchError(
      "NotApplicable",
      `value was not a proper array index: '${key}': strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`,
    );
  else container.splice(position(container, key, container.length + 1), 0, value);
}

function drop({ container, key }: Place): void {
  if (Array.isArray(container)) container.splice(position(container, key, container.length), 1);
  else if (Object.hasOwn(container, key)) delete container[key];
  else throw new PatchError("NotApplicable", `Unable to remove nonexistent key: ${key}: missing value`);
}

function missing(message: string): PatchError {
  return new PatchError("NotApplicable", `${message}: missing value`);
}

/** Names the operation and path in an error that a list or map gave. */
function within<T>(op: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof PatchError)
      throw new PatchError(error.code, `error in ${op} for path: '${path}': ${error.message}`);
    throw error;
  }
}

function operationOf(item: JsonValue | undefined): Operation {
  if (item === null || item === undefined) return { op: "unknown", path: "", from: undefined, value: null };
  if (!isJsonObject(item))
    throw new PatchError("BadPatch", "json: cannot unmarshal value into Go value of type jsonpatch.Operation");
  const op = ownProperty(item, "op");
  const kind = typeof op === "string" ? op : "unknown";
  if (!["add", "remove", "replace", "move", "copy", "test"].includes(kind))
    throw new PatchError("NotApplicable", `Unexpected kind: ${kind}`);
  const path = ownProperty(item, "path");
  if (typeof path !== "string") throw missing(`${kind} operation failed to decode path`);
  const from = ownProperty(item, "from");
  if (kind === "move" || kind === "copy") {
    if (typeof from !== "string")
      throw missing(`${kind} operation failed to decode from: operation, missing from field`);
  }
  const value = ownProperty(item, "value") ?? null;
  return { op: kind, path, from: typeof from === "string" ? from : undefined, value };
}

function apply(draft: Draft, { op, path, from, value }: Operation): void {
  switch (op) {
    case "add": {
      const place = draft.locate(path);
      if (place === undefined)
        throw missing(`add operation does not apply: doc is missing path: ${JSON.stringify(path)}`);
      within("add", path, () => insert(place, value));
      return;
    }
    case "remove": {
      const place = draft.locate(path);
      if (place === undefined)
        throw missing(`remove operation does not apply: doc is missing path: ${JSON.stringify(path)}`);
      within("remove", path, () => drop(place));
      return;
    }
    case "replace":
      replace(draft, path, value);
      return;
    case "move":
    case "copy":
      transfer(draft, { op, path, from: from! });
      return;
    case "test":
      test(draft, path, value);
      return;
    default:
      throw new PatchError("NotApplicable", `Unexpected kind: ${op}`);
  }
}

function replace(draft: Draft, path: string, value: JsonValue): void {
  if (path === "") {
    if (typeof value !== "object" || value === null)
      throw new PatchError("NotApplicable", "replace operation value must be object or array");
    draft.document = value;
    return;
  }
  const place = draft.locate(path);
  if (place === undefined) throw missing(`replace operation does not apply: doc is missing path: ${path}`);
  const { container, key } = place;
  if (!Array.isArray(container)) setMember(container, key, value);
  else {
    const index = indexIn(container.length, key);
    if (index === undefined) throw missing(`replace operation does not apply: doc is missing key: ${path}`);
    container[index] = value;
  }
}

function transfer(draft: Draft, { op, path, from }: { op: "move" | "copy"; path: string; from: string }): void {
  const source = draft.locate(from);
  if (source === undefined) throw missing(`${op} operation does not apply: doc is missing from path: ${from}`);
  const value = within(op, source.key, () => read(source)) ?? null;
  if (op === "move") within(op, source.key, () => drop(source));
  else draft.share(value);
  const target = draft.locate(path);
  if (target === undefined) throw missing(`${op} operation does not apply: doc is missing destination path: ${path}`);
  within(op, path, () => insert(target, value));
}

function test(draft: Draft, path: string, value: JsonValue): void {
  const failed = new PatchError("NotApplicable", `testing value ${path} failed: test failed`);
  if (path === "") {
    if (!jsonEquals(draft.document, value)) throw failed;
    return;
  }
  const place = draft.locate(path);
  if (place === undefined) throw missing(`test operation does not apply: is missing path: ${path}`);
  const actual = within("test", path, () => read(place)) ?? null;
  if (!jsonEquals(actual, value)) throw failed;
}

/**
 * Applies a JSON patch, all of it or nothing. The document is not changed; what the patch leaves alone is shared with
 * the result. A patch of null changes nothing.
 * @throws PatchError
 */
export function patchJson(document: JsonValue, operations: JsonValue): JsonValue {
  if (operations === null) return document;
  if (!Array.isArray(operations)) {
    const shown = isJsonObject(operations) ? "object" : typeof operations;
    throw new PatchError("BadPatch", `json: cannot unmarshal ${shown} into Go value of type jsonpatch.Patch`);
  }
  const draft = new Draft(document);
  for (const item of operations as JsonArray) apply(draft, operationOf(item));
  return draft.document;
}
