/** A value that a schema permits, for trying a template: required fields only, the first alternative, the smallest number. */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";

const maxDepth = 30;

/** Undefined where no value can be named surely, as for a pattern. */
export function sampleOf(schema: JsonValue | undefined, depth = 0): JsonValue | undefined {
  if (!isJsonObject(schema) || depth > maxDepth) return undefined;
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  for (const choice of [schema.oneOf, schema.anyOf]) {
    if (!Array.isArray(choice)) continue;
    const values = choice.map((one) => sampleOf({ ...rest(schema), ...(isJsonObject(one) ? one : {}) }, depth + 1));
    return values.find((value) => value !== undefined);
  }
  switch (schema.type) {
    case "string":
      return schema.pattern === undefined ? "sample".padEnd(Number(schema.minLength ?? 0), "x") : undefined;
    case "integer":
    case "number":
      return sampleNumber(schema);
    case "boolean":
      return false;
    case "array":
      return Number(schema.minItems ?? 0) > 0 ? undefined : [];
    default:
      return sampleStruct(schema, depth);
  }
}

const rest = (schema: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "oneOf" && key !== "anyOf"));

function sampleNumber({ minimum, maximum, exclusiveMinimum }: JsonObject): number {
  if (typeof minimum === "number") return exclusiveMinimum === true ? minimum + 1 : minimum;
  return typeof maximum === "number" ? Math.min(1, maximum - 1) : 1;
}

function sampleStruct(schema: JsonObject, depth: number): JsonValue | undefined {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const object: Record<string, JsonValue> = {};
  for (const name of required) {
    if (typeof name !== "string" || !Object.hasOwn(properties, name)) continue;
    const value = sampleOf(properties[name], depth + 1);
    if (value === undefined) return undefined;
    object[name] = value;
  }
  return object;
}
