import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, ownProperty } from "@lateen/base";
import { builtinType } from "../kinds/built-in-types.ts";
import {
  type ListSchema,
  type MapSchema,
  type MergeSchema,
  booleanSchema,
  deduced,
  mergeSchemaOf,
  numericSchema,
  stringSchema,
  untyped,
} from "./merge-schema.ts";

/** Merge schemas of custom resources, from the structural schema of their definition. */

const compiled = new WeakMap<JsonObject, MapSchema>();
const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** The merge schema of a custom resource: its openAPIV3Schema with the fields that every object has. */
export function mergeSchemaOfOpenApi(schema: JsonObject): MapSchema {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const declared = convert(schema);
  const root = declared.kind === "map" ? declared : undefined;
  const metaType = builtinType(objectMeta);
  const metadata = metaType === undefined ? deduced : mergeSchemaOf(metaType);
  const result: MapSchema = {
    kind: "map",
    atomic: false,
    element: root?.element,
    field(name) {
      if (name === "apiVersion" || name === "kind") return stringSchema;
      return name === "metadata" ? metadata : root?.field(name);
    },
  };
  compiled.set(schema, result);
  return result;
}

function convert(schema: JsonObject): MergeSchema {
  if (schema["x-kubernetes-int-or-string"] === true) return untyped;
  const preserve = schema["x-kubernetes-preserve-unknown-fields"] === true;
  switch (schema["type"]) {
    case "string":
      return stringSchema;
    case "integer":
    case "number":
      return numericSchema;
    case "boolean":
      return booleanSchema;
    case "array":
      return convertList(schema);
    case "object":
      return convertMap(schema, preserve);
    default:
      return preserve ? deduced : untyped;
  }
}

function convertList(schema: JsonObject): ListSchema {
  const items = ownProperty(schema, "items");
  const type = schema["x-kubernetes-list-type"];
  const relation = type === "set" || type === "map" ? type : "atomic";
  const keys = ((ownProperty(schema, "x-kubernetes-list-map-keys") ?? []) as JsonArray).map(String).sort();
  const defaults: Record<string, JsonValue> = {};
  const properties = isJsonObject(items) ? ownProperty(items, "properties") : undefined;
  for (const key of keys) {
    const property = isJsonObject(properties) ? ownProperty(properties, key) : undefined;
    const value = isJsonObject(property) ? ownProperty(property, "default") : undefined;
    if (value !== undefined && value !== null) defaults[key] = value;
  }
  return { kind: "list", relation, keys, defaults, item: isJsonObject(items) ? convert(items) : deduced };
}

function convertMap(schema: JsonObject, preserve: boolean): MapSchema {
  const fields = new Map<string, MergeSchema>();
  const properties = ownProperty(schema, "properties");
  if (isJsonObject(properties)) {
    for (const [name, property] of Object.entries(properties))
      if (isJsonObject(property)) fields.set(name, convert(property));
  }
  const additional = ownProperty(schema, "additionalProperties");
  let element: MergeSchema | undefined;
  if (isJsonObject(additional)) element = convert(additional);
  else if (preserve || additional === true || schema["x-kubernetes-embedded-resource"] === true) element = deduced;
  const atomic = schema["x-kubernetes-map-type"] === "atomic";
  return { kind: "map", atomic, element, field: (name) => fields.get(name) };
}
