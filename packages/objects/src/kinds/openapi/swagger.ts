import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";

/** What Swagger 2.0 has no word for; nullable values and defaults are left out as kube-apiserver does. */
const unknownToSwagger = new Set(["nullable", "default", "anyOf", "oneOf", "not", "allOf", "example"]);

const byName = new Set(["properties", "patternProperties", "definitions"]);

/** A schema deeper than this is described no further. */
const maxDepth = 100;

/** A schema of a CustomResourceDefinition in Swagger 2.0. */
export function swaggerOf(schema: JsonObject, depth = 0): JsonObject {
  if (depth > maxDepth) return {};
  if (schema["x-kubernetes-int-or-string"] === true) return { "x-kubernetes-int-or-string": true };
  if (schema["x-kubernetes-preserve-unknown-fields"] === true && depth > 0) return preserved(schema);
  const out: Record<string, JsonValue | undefined> = {};
  for (const [name, value] of Object.entries(schema)) {
    if (unknownToSwagger.has(name)) continue;
    if (byName.has(name) && isJsonObject(value)) out[name] = eachOf(value, depth);
    else if ((name === "items" || name === "additionalProperties") && isJsonObject(value))
      out[name] = swaggerOf(value, depth + 1);
    else out[name] = value;
  }
  if (schema["nullable"] === true) delete out["type"];
  return out;
}

function preserved(schema: JsonObject): JsonObject {
  const { description } = schema;
  return { ...(description === undefined ? {} : { description }), "x-kubernetes-preserve-unknown-fields": true };
}

function eachOf(schemas: JsonObject, depth: number): JsonObject {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, value]) => [name, isJsonObject(value) ? swaggerOf(value, depth + 1) : value]),
  );
}
