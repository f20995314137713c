import { type JsonObject, type JsonValue, isJsonObject, jsonEquals } from "@lateen/base";

/** The variable at a dotted name, or undefined. */
export function variableAt(vars: JsonObject, name: string): JsonValue | undefined {
  let current: JsonValue | undefined = vars;
  for (const part of name.split(".")) {
    if (!isJsonObject(current) || !Object.hasOwn(current, part)) return undefined;
    current = current[part];
  }
  return current;
}

/**
 * Variables with `value` at a dotted name, unified with what is there.
 * @throws Error when it contradicts an earlier value.
 */
export function unifyVariable(vars: JsonObject, name: string, value: JsonValue): JsonObject {
  if (name === "") return unifyRoot(vars, value);
  const nested = name.split(".").reduceRight<JsonValue>((inner, part) => ({ [part]: inner }), value);
  return unify(vars, nested, "") as JsonObject;
}

function unifyRoot(vars: JsonObject, value: JsonValue): JsonObject {
  if (!isJsonObject(value))
    throw new Error(`conflicting values ${JSON.stringify(value)} and ${JSON.stringify(vars)}: variables are a struct`);
  return unify(vars, value, "") as JsonObject;
}

function unify(left: JsonValue, right: JsonValue, path: string): JsonValue {
  if (isJsonObject(left) && isJsonObject(right)) {
    const result: Record<string, JsonValue | undefined> = { ...left };
    for (const [name, member] of Object.entries(right)) {
      if (member === undefined) continue;
      const old = Object.hasOwn(result, name) ? result[name] : undefined;
      result[name] = old === undefined ? member : unify(old, member, path === "" ? name : `${path}.${name}`);
    }
    return result;
  }
  if (jsonEquals(left, right)) return left;
  throw new Error(`${path}: conflicting values ${JSON.stringify(right)} and ${JSON.stringify(left)}`);
}

/** Variables without those that the named outputs wrote. */
export function withoutVariables(vars: JsonObject, names: readonly string[]): JsonObject {
  return names.reduce<JsonObject>((rest, name) => (without(rest, name.split(".")) ?? {}) as JsonObject, vars);
}

function without(value: JsonObject, [part, ...rest]: readonly string[]): JsonObject {
  if (part === undefined || !Object.hasOwn(value, part)) return value;
  const { [part]: old, ...others } = value;
  if (rest.length === 0 || !isJsonObject(old)) return others;
  const inner = without(old, rest);
  return Object.keys(inner).length === 0 ? others : { ...others, [part]: inner };
}
