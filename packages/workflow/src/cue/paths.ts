import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";

export type PathPart = string | number;

/**
 * The parts of a `parameterKey`: `a.b`, `list[0].x`, `"with-dash".y`. Quoted names are unquoted in the middle and at the
 * end alike. Undefined for what is no path.
 */
export function parseKeyPath(text: string): readonly PathPart[] | undefined {
  const parts: PathPart[] = [];
  let rest = text;
  while (rest !== "") {
    const match = /^(?:\.?([A-Za-z_$#][\w$-]*|\d+)|\.?("(?:[^"\\]|\\.)*")|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\])/.exec(
      rest,
    );
    if (match === null) return undefined;
    if (match[1] !== undefined) parts.push(match[1]);
    else if (match[2] !== undefined || match[4] !== undefined)
      parts.push(JSON.parse((match[2] ?? match[4])!) as string);
    else parts.push(Number(match[3]));
    rest = rest.slice(match[0].length);
    if (rest !== "" && !rest.startsWith(".") && !rest.startsWith("[")) return undefined;
    if (rest === ".") return undefined;
  }
  return parts;
}

/** The value at a path, or undefined. */
export function lookupPath(value: JsonValue | undefined, parts: readonly PathPart[]): JsonValue | undefined {
  let current = value;
  for (const part of parts) {
    if (Array.isArray(current)) current = typeof part === "number" ? current[part] : undefined;
    else if (isJsonObject(current) && Object.hasOwn(current, part)) current = current[part];
    else return undefined;
  }
  return current;
}

/**
 * A document with `value` put at a path: what is there is replaced, structs on the way are made, a list grows with `{}`
 * up to its last part, an index where no list is becomes a field of that name.
 * @throws Error for a field of a list and for a path through a scalar.
 */
export function setByPath(document: JsonValue | undefined, parts: readonly PathPart[], value: JsonValue): JsonValue {
  const [part, ...rest] = parts;
  if (part === undefined) return value;
  if (Array.isArray(document)) {
    if (typeof part !== "number") throw new Error(`invalid key type ${JSON.stringify(part)} for a list`);
    if (rest.length > 0 && part >= document.length)
      throw new Error(`index ${part} is beyond the list's ${document.length} elements`);
    const list = [...document];
    while (list.length <= part) list.push({});
    list[part] = setByPath(list[part], rest, value);
    return list;
  }
  if (document !== undefined && !isJsonObject(document))
    throw new Error(`not support type ${typeof document}: no field can be set in it`);
  const object: JsonObject = document ?? {};
  const key = String(part);
  return { ...object, [key]: setByPath(Object.hasOwn(object, key) ? object[key] : undefined, rest, value) };
}
