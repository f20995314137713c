import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";

/** `spec.targets[0].ref` → its parts. */
export function parseFieldPath(text: string): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  for (const [, name, index] of text.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    parts.push(index === undefined ? name! : Number(index));
  }
  return parts;
}

/** The document with `value` at a path; missing structs and list elements are made. */
export function withFieldAt(
  document: JsonValue | undefined,
  path: readonly (string | number)[],
  value: JsonValue,
): JsonValue {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (typeof part === "number") {
    const list: JsonValue[] = Array.isArray(document) ? [...document] : [];
    while (list.length <= part) list.push({});
    list[part] = withFieldAt(list[part], rest, value);
    return list;
  }
  const object: JsonObject = isJsonObject(document) ? document : {};
  return { ...object, [part]: withFieldAt(Object.hasOwn(object, part) ? object[part] : undefined, rest, value) };
}

/** The document without the field at a path. */
export function withoutFieldAt(
  document: JsonValue | undefined,
  path: readonly (string | number)[],
): JsonValue | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return undefined;
  if (typeof part === "number") {
    if (!Array.isArray(document) || part >= document.length) return document;
    const item = withoutFieldAt(document[part], rest);
    return item === undefined ? document.toSpliced(part, 1) : document.with(part, item);
  }
  if (!isJsonObject(document) || !Object.hasOwn(document, part)) return document;
  const { [part]: old, ...others } = document;
  const inner = withoutFieldAt(old, rest);
  return inner === undefined ? others : { ...others, [part]: inner };
}

/** The value at a path, or undefined. */
export function lookupFieldAt(
  document: JsonValue | undefined,
  path: readonly (string | number)[],
): JsonValue | undefined {
  let current = document;
  for (const part of path) {
    if (Array.isArray(current)) current = typeof part === "number" ? current[part] : undefined;
    else if (isJsonObject(current) && Object.hasOwn(current, part)) current = current[part];
    else return undefined;
  }
  return current;
}
