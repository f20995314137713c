export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Own property or undefined: names such as `constructor` and `__proto__` in a user's object are just names. */
export function ownProperty(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Deepest nesting that any of our walks accepts; the parsers refuse more. */
export const maxJsonDepth = 10_000;

/**
 * JSON text with sorted keys and no white space: equal values give equal texts. Undefined members are left out. Walks
 * with a stack of its own, so that depth costs no call stack.
 * @throws RangeError when nested deeper than `maxJsonDepth`; TypeError for what JSON cannot say (functions, NaN).
 */
export function canonicalJson(value: JsonValue): string {
  if (isShallow(value, 200)) return stringifySorted(value);
  return stringifyDeep(value);
}

/** True when `value` is nested at most `limit` deep: then plain recursion is safe and several times faster. */
function isShallow(value: JsonValue | undefined, limit: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (limit === 0) return false;
  if (Array.isArray(value)) {
    for (const item of value as JsonArray) if (!isShallow(item, limit - 1)) return false;
    return true;
  }
  for (const key in value as JsonObject) if (!isShallow((value as JsonObject)[key], limit - 1)) return false;
  return true;
}

function stringifyScalar(value: JsonValue | undefined): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new TypeError(`canonicalJson: ${value} is no JSON number`);
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`canonicalJson: a ${typeof value} is no JSON value`);
  return text;
}

function sortedKeys(object: JsonObject): string[] {
  const keys = Object.keys(object);
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.sort();
  return keys;
}

function stringifySorted(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return stringifyScalar(value);
  if (Array.isArray(value)) {
    let text = "[";
    for (let i = 0; i < value.length; i++) text += (i === 0 ? "" : ",") + stringifySorted((value as JsonArray)[i]!);
    return `${text}]`;
  }
  let text = "{";
  for (const key of sortedKeys(value as JsonObject)) {
    const member = (value as JsonObject)[key];
    if (member === undefined) continue;
    text += `${text.length === 1 ? "" : ","}${JSON.stringify(key)}:${stringifySorted(member)}`;
  }
  return `${text}}`;
}

function stringifyDeep(root: JsonValue): string {
  const out: string[] = [];
  // Work still to do, last first: a text to write, or a value to open.
  const stack: ({ readonly text: string } | { readonly value: JsonValue; readonly depth: number })[] = [
    { value: root, depth: 0 },
  ];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ("text" in next) {
      out.push(next.text);
      continue;
    }
    const { value, depth } = next;
    if (depth > maxJsonDepth) throw new RangeError(`JSON nested deeper than ${maxJsonDepth} levels`);
    if (typeof value !== "object" || value === null) {
      out.push(stringifyScalar(value));
    } else if (Array.isArray(value)) {
      out.push("[");
      stack.push({ text: "]" });
      for (let i = value.length - 1; i >= 0; i--) {
        stack.push({ value: (value as JsonArray)[i]!, depth: depth + 1 });
        if (i > 0) stack.push({ text: "," });
      }
    } else {
      const object = value as JsonObject;
      const keys = sortedKeys(object).filter((key) => object[key] !== undefined);
      out.push("{");
      stack.push({ text: "}" });
      for (let i = keys.length - 1; i >= 0; i--) {
        stack.push({ value: object[keys[i]!]!, depth: depth + 1 });
        stack.push({ text: `${i > 0 ? "," : ""}${JSON.stringify(keys[i])}:` });
      }
    }
  }
  return out.join("");
}

/** Equal as data: key order aside, `undefined` members as absent. */
export function jsonEquals(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  const stack: [JsonValue | undefined, JsonValue | undefined][] = [[left, right]];
  for (let pair = stack.pop(); pair !== undefined; pair = stack.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) || Array.isArray(b)) {
      if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
      for (let i = 0; i < a.length; i++) stack.push([(a as JsonArray)[i], (b as JsonArray)[i]]);
      continue;
    }
    const x = a as JsonObject;
    const y = b as JsonObject;
    let count = 0;
    for (const key of Object.keys(x)) {
      if (x[key] === undefined) continue;
      count++;
      if (!Object.hasOwn(y, key)) return false;
      stack.push([x[key], y[key]]);
    }
    for (const key of Object.keys(y)) if (y[key] !== undefined) count--;
    if (count !== 0) return false;
  }
  return true;
}

/** Freezes a JSON value to its leaves and returns it. What is frozen already is taken to be so to its leaves. */
export function deepFreeze<T>(value: T): T {
  const stack: unknown[] = [value];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next !== "object" || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const member of Object.values(next)) if (typeof member === "object" && member !== null) stack.push(member);
  }
  return value;
}

export type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
