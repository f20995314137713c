import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import { RE2JS } from "re2js";

/** One x-kubernetes-validations rule. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string | undefined;
  readonly messageExpression?: string | undefined;
  readonly reason?: string | undefined;
  readonly fieldPath?: string | undefined;
  readonly optionalOldSelf?: boolean | undefined;
}

/** What a schema demands of a value, apart from its shape: also what allOf, anyOf, oneOf and not may hold. */
export interface ValueChecks {
  readonly format: string;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly exclusiveMinimum: boolean;
  readonly exclusiveMaximum: boolean;
  readonly multipleOf: number | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly pattern: string | undefined;
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
  readonly minProperties: number | undefined;
  readonly maxProperties: number | undefined;
  readonly enum: JsonArray | undefined;
  readonly required: readonly string[];
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[];
  readonly oneOf: readonly SchemaNode[];
  readonly not: SchemaNode | undefined;
}

/** A structural schema (apiextensions.k8s.io/v1), read once. */
export interface SchemaNode extends ValueChecks {
  /** "" for int-or-string, preserved fields, and inside allOf, anyOf, oneOf, not. */
  readonly type: string;
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly items: SchemaNode | undefined;
  readonly additional: SchemaNode | undefined;
  /** `additionalProperties: true`: any members, not looked into. */
  readonly additionalAny: boolean;
  readonly nullable: boolean;
  readonly preserve: boolean;
  readonly embedded: boolean;
  readonly intOrString: boolean;
  readonly listType: string;
  readonly listMapKeys: readonly string[];
  readonly mapType: string;
  /** Undefined also for an explicit null. */
  readonly default: JsonValue | undefined;
  readonly rules: readonly ValidationRule[];
}

/** Deepest nesting of a schema. */
export const maxSchemaDepth = 300;

export class SchemaDepthError extends RangeError {
  override readonly name = "SchemaDepthError";
  readonly code = "SchemaDepth";
}

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
const number = (value: JsonValue | undefined): number | undefined => (typeof value === "number" ? value : undefined);
const list = (value: JsonValue | undefined): JsonArray => (Array.isArray(value) ? (value as JsonArray) : []);
const strings = (value: JsonValue | undefined): string[] =>
  list(value).filter((item): item is string => typeof item === "string");

/** @throws SchemaDepthError */
export function readSchemaNode(schema: JsonObject, depth = 0): SchemaNode {
  if (depth > maxSchemaDepth) throw new SchemaDepthError(`schema nested deeper than ${maxSchemaDepth} levels`);
  const get = (name: string): JsonValue | undefined => ownProperty(schema, name);
  const child = (value: JsonValue | undefined): SchemaNode | undefined =>
    isJsonObject(value) ? readSchemaNode(value, depth + 1) : undefined;
  const children = (value: JsonValue | undefined): SchemaNode[] =>
    list(value).flatMap((item) => (isJsonObject(item) ? [readSchemaNode(item, depth + 1)] : []));
  const properties = new Map<string, SchemaNode>();
  const declared = get("properties");
  if (isJsonObject(declared)) {
    for (const [name, property] of Object.entries(declared)) {
      const node = child(property);
      if (node !== undefined) properties.set(name, node);
    }
  }
  return {
    type: text(get("type")),
    format: text(get("format")),
    properties,
    items: child(get("items")),
    additional: child(get("additionalProperties")),
    additionalAny: get("additionalProperties") === true,
    nullable: get("nullable") === true,
    preserve: get("x-kubernetes-preserve-unknown-fields") === true,
    embedded: get("x-kubernetes-embedded-resource") === true,
    intOrString: get("x-kubernetes-int-or-string") === true,
    listType: text(get("x-kubernetes-list-type")),
    listMapKeys: strings(get("x-kubernetes-list-map-keys")),
    mapType: text(get("x-kubernetes-map-type")),
    default: get("default") ?? undefined,
    rules: list(get("x-kubernetes-validations")).flatMap((rule) => (isJsonObject(rule) ? [readRule(rule)] : [])),
    minimum: number(get("minimum")),
    maximum: number(get("maximum")),
    exclusiveMinimum: get("exclusiveMinimum") === true,
    exclusiveMaximum: get("exclusiveMaximum") === true,
    multipleOf: number(get("multipleOf")),
    minLength: number(get("minLength")),
    maxLength: number(get("maxLength")),
    pattern: typeof get("pattern") === "string" && get("pattern") !== "" ? text(get("pattern")) : undefined,
    minItems: number(get("minItems")),
    maxItems: number(get("maxItems")),
    minProperties: number(get("minProperties")),
    maxProperties: number(get("maxProperties")),
    enum: Array.isArray(get("enum")) ? list(get("enum")) : undefined,
    required: strings(get("required")),
    allOf: children(get("allOf")),
    anyOf: children(get("anyOf")),
    oneOf: children(get("oneOf")),
    not: child(get("not")),
  };
}

function readRule(rule: JsonObject): ValidationRule {
  const optional = (name: string): string | undefined => {
    const value = ownProperty(rule, name);
    return typeof value === "string" ? value : undefined;
  };
  return {
    rule: optional("rule") ?? "",
    message: optional("message"),
    messageExpression: optional("messageExpression"),
    reason: optional("reason"),
    fieldPath: optional("fieldPath"),
    optionalOldSelf: ownProperty(rule, "optionalOldSelf") === true,
  };
}

const patterns = new Map<string, RE2JS | Error>();
const maxPatterns = 1_000;

/** A pattern in RE2's syntax, matched anywhere in the text. @throws Error when it is none */
export function compilePattern(pattern: string): RE2JS {
  let known = patterns.get(pattern);
  if (known === undefined) {
    try {
      known = RE2JS.compile(pattern);
    } catch (error) {
      known = error instanceof Error ? error : new Error(String(error));
    }
    if (patterns.size >= maxPatterns) patterns.clear();
    patterns.set(pattern, known);
  }
  if (known instanceof Error) throw known;
  return known;
}

/** Whether a rule stands anywhere in a schema. */
export function hasRules(node: SchemaNode): boolean {
  if (node.rules.length > 0) return true;
  if (node.items !== undefined && hasRules(node.items)) return true;
  if (node.additional !== undefined && hasRules(node.additional)) return true;
  for (const property of node.properties.values()) if (hasRules(property)) return true;
  return false;
}

/** The values of an item's list-map keys as one text; undefined when one is missing or no scalar. */
function mapKeyOf(node: SchemaNode, item: JsonValue): string | undefined {
  if (!isJsonObject(item)) return undefined;
  const keys = node.listMapKeys.map((key) => ownProperty(item, key));
  return keys.every((key) => key !== undefined && key !== null && typeof key !== "object")
    ? JSON.stringify(keys)
    : undefined;
}

/** The (first) old element that has the same list-map keys as `item`, for comparing the old with the new. */
export function correlatedItem(node: SchemaNode, old: JsonValue | undefined, item: JsonValue): JsonValue | undefined {
  if (node.listType !== "map" || !Array.isArray(old)) return undefined;
  const key = mapKeyOf(node, item);
  if (key === undefined) return undefined;
  return (old as JsonArray).find((candidate) => mapKeyOf(node, candidate) === key);
}

/** Whether a value is what it was before: map lists by their keys, an element without keys is never the same. */
export function isUnchanged(node: SchemaNode, old: JsonValue | undefined, value: JsonValue): boolean {
  if (old === undefined) return false;
  if (Array.isArray(value) && node.listType === "map") {
    const { items } = node;
    if (!Array.isArray(old) || old.length !== value.length || items === undefined) return false;
    return (value as JsonArray).every((item) => isUnchanged(items, correlatedItem(node, old, item), item));
  }
  if (!isJsonObject(value) || !isJsonObject(old)) return jsonEquals(old, value);
  const names = Object.keys(value);
  if (names.length !== Object.keys(old).length) return false;
  return names.every((name) => {
    const before = ownProperty(old, name);
    const schema = node.properties.get(name) ?? node.additional;
    return schema === undefined ? jsonEquals(before, value[name]) : isUnchanged(schema, before, value[name]!);
  });
}

/** A member of an old map, if it was one. */
export function correlatedMember(old: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(old) ? ownProperty(old, name) : undefined;
}
