import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, ownProperty } from "@lateen/base";
import { type FieldError, invalidField, requiredField } from "../field-error.ts";
import { builtinType } from "../kinds/built-in-types.ts";
import { decodeTyped } from "../kinds/typed/typed-form.ts";
import { validateMetadata } from "../names/metadata.ts";
import { nameIsPathSegment, validateDns1035Label } from "../names/names.ts";
import type { ObjectMeta } from "../kube-object.ts";
import { type MutableObject, setMember } from "../own.ts";
import type { SchemaNode } from "./node.ts";

/** Metadata of custom resources and of the resources embedded in them. */

/** An object whose metadata cannot be read; the message is the server's. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
  readonly code = "Object";
}

const metaTypeName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

export interface CoercedMetadata {
  readonly metadata: JsonObject;
  readonly unknownFields: readonly string[];
}

/** Metadata as the server reads and writes it. @throws ObjectError */
export function coerceMetadata(value: JsonValue): CoercedMetadata {
  if (value === null) return { metadata: {}, unknownFields: [] };
  if (!isJsonObject(value)) {
    const found = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    throw new ObjectError(`json: cannot unmarshal ${found} into Go value of type v1.ObjectMeta`);
  }
  const { strictErrors, error } = decodeTyped(value, builtinType(metaTypeName)!);
  if (error !== undefined) throw new ObjectError(error);
  const unknown = strictErrors.flatMap((text) => /^unknown field "(.*)"$/.exec(text)?.[1] ?? []);
  return { metadata: withoutFields(value, unknown), unknownFields: unknown };
}

/** What is known stays as it was written. */
function withoutFields(object: JsonObject, unknown: readonly string[]): JsonObject {
  const known = builtinType(metaTypeName)!;
  const result: MutableObject = {};
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined || value === null || known.fieldOf(name) === undefined) continue;
    setMember(result, name, value);
  }
  return unknown.some((path) => path.includes(".") || path.includes("[")) ? decodeTyped(result, known).object : result;
}

/** Cleans the metadata of all embedded resources. @throws ObjectError */
export function coerceEmbedded(
  value: JsonValue,
  node: SchemaNode,
  place: { readonly path: string; readonly unknownFields: string[] },
): JsonValue {
  const { path, unknownFields } = place;
  if (Array.isArray(value)) {
    if (node.items === undefined) return value;
    const items = value as JsonArray;
    const next = items.map((item, i) => coerceEmbedded(item, node.items!, { path: `${path}[${i}]`, unknownFields }));
    return next.every((item, i) => item === items[i]) ? value : next;
  }
  if (!isJsonObject(value)) return value;
  let result: MutableObject | undefined;
  for (const name in value) {
    const schema = node.properties.get(name) ?? node.additional;
    const memberPath = path === "" ? name : `${path}.${name}`;
    let next: JsonValue = value[name]!;
    if (node.embedded && name === "metadata") next = embeddedMetadata(next, memberPath, unknownFields);
    else if (schema !== undefined && typeof next === "object")
      next = coerceEmbedded(next, schema, { path: memberPath, unknownFields });
    if (next === value[name]) continue;
    result ??= { ...value } as MutableObject;
    setMember(result, name, next);
  }
  return result ?? value;
}

function embeddedMetadata(value: JsonValue, path: string, unknownFields: string[]): JsonValue {
  try {
    const coerced = coerceMetadata(value);
    unknownFields.push(...coerced.unknownFields.map((field) => `${path}.${field}`));
    return coerced.unknownFields.length === 0 ? value : coerced.metadata;
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    throw new ObjectError(`${path}: Invalid value: ${JSON.stringify(value)}: ${error.message}`);
  }
}

/** What is wrong with embedded resources: apiVersion and kind must be there, metadata must be sound. */
export function checkEmbedded(value: JsonValue, node: SchemaNode, path = ""): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return [];
    return (value as JsonArray).flatMap((item, i) => checkEmbedded(item, items, `${path}[${i}]`));
  }
  if (!isJsonObject(value)) return [];
  const errors = node.embedded ? checkResource(value, path) : [];
  for (const name in value) {
    const schema = node.properties.get(name) ?? node.additional;
    const member = value[name];
    if (schema === undefined || typeof member !== "object" || member === null) continue;
    errors.push(...checkEmbedded(member, schema, path === "" ? name : `${path}.${name}`));
  }
  return errors;
}

function checkResource(object: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ["apiVersion", "kind"] as const) {
    const value = ownProperty(object, name);
    if (value === undefined) errors.push(requiredField(`${path}.${name}`));
    else if (typeof value !== "string") errors.push(invalidField(`${path}.${name}`, value, "must be a string"));
    else if (value === "") errors.push(invalidField(`${path}.${name}`, value, "must not be empty"));
    else if (name === "apiVersion") {
      if (value.split("/").length > 2)
        errors.push(invalidField(`${path}.apiVersion`, value, `unexpected GroupVersion string: ${value}`));
    } else {
      const messages = validateDns1035Label(value.toLowerCase());
      if (messages.length > 0)
        errors.push(
          invalidField(`${path}.kind`, value, `may have mixed case, but should otherwise match: ${messages.join(",")}`),
        );
    }
  }
  const metadata = ownProperty(object, "metadata");
  if (isJsonObject(metadata)) {
    const given = metadata as ObjectMeta;
    const named = (given.name ?? "") === "" ? { ...given, name: "fakename" } : given;
    const rules = { namespaced: (given.namespace ?? "") !== "", nameRule: nameIsPathSegment };
    errors.push(...validateMetadata(named, rules, `${path}.metadata`));
  }
  return errors;
}
