import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import { type FieldError, forbiddenField, invalidField, requiredField, unsupportedField } from "../field-error.ts";
import { checkValue } from "./check-value.ts";
import { applyDefaults } from "./defaults.ts";
import { ObjectError, checkEmbedded, coerceEmbedded } from "./embedded.ts";
import { checkListTypes } from "./list-types.ts";
import { type SchemaNode, SchemaDepthError, compilePattern, readSchemaNode } from "./node.ts";
import { prune } from "./prune.ts";
import { type RuleCompiler, RuleRunner } from "./rules.ts";

/**
 * Is an openAPIV3Schema structural and sound: the checks of apiextensions-apiserver on the schema of a definition,
 * without those of rules (which come from package `cel` through `ruleChecks`).
 */

export interface SchemaCheckOptions {
  readonly rules?: RuleCompiler | undefined;
  /** Checks all rules of the schema: do they compile, what do they cost. */
  readonly ruleChecks?:
    | ((schema: JsonObject, field: string, options: { readonly compile: boolean }) => FieldError[])
    | undefined;
}

/** Errors of a schema below `field`; a schema without errors can be compiled. */
export function checkSchema(schema: JsonObject, field: string, options: SchemaCheckOptions = {}): FieldError[] {
  let node: SchemaNode;
  try {
    node = readSchemaNode(schema);
  } catch (error) {
    if (error instanceof SchemaDepthError) return [invalidField(field, "", error.message)];
    throw error;
  }
  const errors: FieldError[] = [];
  if (schema["nullable"] === true)
    errors.push(forbiddenField(`${field}.nullable`, "nullable cannot be true at the root"));
  checkGeneric(schema, { field, errors, root: true, metadata: undefined });
  const structural: FieldError[] = [];
  checkStructure(schema, { field, level: "root", errors: structural });
  // Rules are compiled only against a schema that is sound.
  const compile = errors.length === 0 && structural.length === 0;
  const ruleErrors = options.ruleChecks?.(schema, field, { compile }) ?? [];
  errors.push(...ruleErrors);
  if (structural.length > 0) errors.push(...structural);
  else {
    // A rule that does not compile says so itself.
    const rules = ruleErrors.length === 0 ? options.rules : undefined;
    checkDefaults(node, { field, errors, options: { ...options, rules }, root: true });
  }
  return errors;
}

const types = ["array", "boolean", "integer", "number", "object", "string"];
const unsupported = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];

interface GenericPlace {
  readonly field: string;
  readonly errors: FieldError[];
  readonly root: boolean;
  /** `top-level metadata` where a default must not stand. */
  readonly metadata: string | undefined;
}

const get = (schema: JsonObject, name: string): JsonValue | undefined => ownProperty(schema, name) ?? undefined;
const child = (schema: JsonObject, name: string): JsonObject | undefined => {
  const value = get(schema, name);
  return isJsonObject(value) ? value : undefined;
};
const listOf = (schema: JsonObject, name: string): JsonArray => {
  const value = get(schema, name);
  return Array.isArray(value) ? (value as JsonArray) : [];
};
const typeOf = (schema: JsonObject): string => {
  const type = get(schema, "type");
  return typeof type === "string" ? type : "";
};

function checkGeneric(schema: JsonObject, place: GenericPlace): void {
  const { field, errors } = place;
  checkStandard(schema, place);
  checkLists(schema, { field, errors });
  const properties = child(schema, "properties");
  const additional = get(schema, "additionalProperties");
  if (additional !== undefined && properties !== undefined && Object.keys(properties).length > 0 && additional !== true)
    errors.push(
      forbiddenField(`${field}.additionalProperties`, "additionalProperties and properties are mutual exclusive"),
    );
  const inner = { errors, root: false, metadata: place.metadata };
  if (isJsonObject(additional)) checkGeneric(additional, { ...inner, field: `${field}.additionalProperties` });
  for (const [name, property] of Object.entries(properties ?? {})) {
    if (!isJsonObject(property)) continue;
    const reserved = place.root && ["apiVersion", "kind", "metadata"].includes(name);
    const metadata = reserved ? `top-level ${name}` : place.metadata;
    checkGeneric(property, { errors, root: false, metadata, field: `${field}.properties[${name}]` });
  }
  const items = child(schema, "items");
  if (items !== undefined) checkGeneric(items, { ...inner, field: `${field}.items` });
  for (const junctor of ["allOf", "anyOf", "oneOf"])
    for (const [i, part] of listOf(schema, junctor).entries())
      if (isJsonObject(part)) checkGeneric(part, { ...inner, field: `${field}.${junctor}[${i}]` });
  const not = child(schema, "not");
  if (not !== undefined) checkGeneric(not, { ...inner, field: `${field}.not` });
}

function checkStandard(schema: JsonObject, { field, errors, metadata }: GenericPlace): void {
  const type = typeOf(schema);
  if (type !== "" && !types.includes(type)) errors.push(unsupportedField(`${field}.type`, type, types));
  if (type === "null")
    errors.push(forbiddenField(`${field}.type`, "type cannot be set to null, use nullable as an alternative"));
  if (metadata !== undefined && get(schema, "default") !== undefined)
    errors.push(forbiddenField(`${field}.default`, `must not be set in ${metadata}`));
  for (const name of unsupported) {
    const value = get(schema, name);
    if (value !== undefined && value !== "")
      errors.push(forbiddenField(`${field}.${name}`, `${name} is not supported`));
  }
  if (Array.isArray(get(schema, "items")))
    errors.push(forbiddenField(`${field}.items`, "items must be a schema object and not an array"));
  if (schema["uniqueItems"] === true)
    errors.push(
      forbiddenField(
        `${field}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  const pattern = get(schema, "pattern");
  if (typeof pattern === "string" && pattern !== "") {
    try {
      compilePattern(pattern);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      errors.push(
        invalidField(`${field}.pattern`, pattern, `must be a valid regular expression, but isn't: ${reason}`),
      );
    }
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    errors.push(invalidField(`${field}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
}

interface Place {
  readonly field: string;
  readonly errors: FieldError[];
}

function demandType(schema: JsonObject, wanted: string, { field, errors }: Place, because: string): void {
  const type = typeOf(schema);
  if (type === wanted) return;
  const detail = `must be ${wanted} if ${because} is specified`;
  errors.push(type === "" ? requiredField(`${field}.type`, detail) : invalidField(`${field}.type`, type, detail));
}

function checkLists(schema: JsonObject, place: Place): void {
  const { field, errors } = place;
  const mapType = get(schema, "x-kubernetes-map-type");
  if (mapType !== undefined) {
    demandType(schema, "object", place, "x-kubernetes-map-type");
    if (mapType !== "atomic" && mapType !== "granular")
      errors.push(unsupportedField(`${field}.x-kubernetes-map-type`, mapType, ["atomic", "granular"]));
  }
  const listType = get(schema, "x-kubernetes-list-type");
  if (listType !== undefined) {
    demandType(schema, "array", place, "x-kubernetes-list-type");
    if (listType !== "atomic" && listType !== "set" && listType !== "map")
      errors.push(unsupportedField(`${field}.x-kubernetes-list-type`, listType, ["atomic", "set", "map"]));
  }
  if (listType === "set" && typeOf(schema) === "array") checkSetItems(schema, place);
  if (listOf(schema, "x-kubernetes-list-map-keys").length > 0 && listType !== "map") {
    const detail = "must be map if x-kubernetes-list-map-keys is non-empty";
    const at = `${field}.x-kubernetes-list-type`;
    errors.push(listType === undefined ? requiredField(at, detail) : invalidField(at, listType, detail));
  }
  if (listType === "map") checkMapKeys(schema, place);
  const items = child(schema, "items");
  if ((listType === "set" || listType === "map") && items?.["nullable"] === true)
    errors.push(
      forbiddenField(`${field}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    );
}

function checkSetItems(schema: JsonObject, { field, errors }: Place): void {
  const items = child(schema, "items");
  if (items === undefined) return;
  const detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const listType = get(items, "x-kubernetes-list-type");
  const mapType = get(items, "x-kubernetes-map-type");
  if (typeOf(items) === "array" && listType !== undefined && listType !== "atomic")
    errors.push(invalidField(`${field}.items.x-kubernetes-list-type`, listType, detail));
  if (typeOf(items) === "object" && mapType !== "atomic")
    errors.push(invalidField(`${field}.items.x-kubernetes-map-type`, mapType ?? null, detail));
}

function checkMapKeys(schema: JsonObject, { field, errors }: Place): void {
  const keys = listOf(schema, "x-kubernetes-list-map-keys").map(String);
  const at = `${field}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) errors.push(requiredField(at, "must not be empty if x-kubernetes-list-type is map"));
  const items = child(schema, "items");
  if (items === undefined) {
    errors.push(requiredField(`${field}.items`, "must have a schema if x-kubernetes-list-type is map"));
    return;
  }
  if (typeOf(items) !== "object") {
    errors.push(
      invalidField(
        `${field}.items.type`,
        typeOf(items),
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
    return;
  }
  const properties = child(items, "properties");
  const required = new Set(listOf(items, "required").map(String));
  const seen = new Set<string>();
  for (const key of keys) {
    const property = properties === undefined ? undefined : child(properties, key);
    const keyField = `${field}.items.properties[${key}]`;
    if (property === undefined) {
      errors.push(invalidField(at, keys, "entries must all be names of item properties"));
    } else {
      if (typeOf(property) === "array" || typeOf(property) === "object")
        errors.push(
          invalidField(
            `${keyField}.type`,
            typeOf(items),
            "must be a scalar type if parent array's x-kubernetes-list-type is map",
          ),
        );
      if (!required.has(key) && get(property, "default") === undefined)
        errors.push(
          requiredField(
            `${keyField}.default`,
            "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
          ),
        );
      if (property["nullable"] === true)
        errors.push(
          forbiddenField(
            `${keyField}.nullable`,
            "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
          ),
        );
    }
    if (seen.has(key)) errors.push(invalidField(at, keys, "must not contain duplicate entries"));
    seen.add(key);
  }
}

interface StructurePlace extends Place {
  readonly level: "root" | "field" | "item";
}

const untypedTexts = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function checkStructure(schema: JsonObject, place: StructurePlace): void {
  const { field, level, errors } = place;
  const type = typeOf(schema);
  const items = child(schema, "items");
  const additional = child(schema, "additionalProperties");
  const properties = child(schema, "properties") ?? {};
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const preserve = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (type === "array" && items === undefined) errors.push(requiredField(`${field}.items`, "must be specified"));
  if (items !== undefined) checkStructure(items, { field: `${field}.items`, level: "item", errors });
  for (const [name, property] of Object.entries(properties))
    if (isJsonObject(property))
      checkStructure(property, { field: `${field}.properties[${name}]`, level: "field", errors });
  if (additional !== undefined)
    checkStructure(additional, { field: `${field}.additionalProperties`, level: "field", errors });
  checkJunctors(schema, { field, errors }, { intOrString: schema["x-kubernetes-int-or-string"] === true });
  if (level === "root" && get(schema, "additionalProperties") !== undefined)
    errors.push(forbiddenField(`${field}.additionalProperties`, "must not be used at the root"));
  if (embedded && type !== "object") {
    const detail = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type === "" ? requiredField(`${field}.type`, detail) : invalidField(`${field}.type`, type, detail));
  } else if (type === "" && schema["x-kubernetes-int-or-string"] !== true && !preserve) {
    errors.push(requiredField(`${field}.type`, untypedTexts[level]));
  } else if (level === "root" && type !== "" && type !== "object") {
    errors.push(invalidField(`${field}.type`, type, "must be object at the root"));
  }
  if (embedded && get(schema, "additionalProperties") !== undefined)
    errors.push(
      forbiddenField(`${field}.additionalProperties`, "must not be used if x-kubernetes-embedded-resource is set"),
    );
  if (level === "root" || embedded) checkMetaFields(properties, place);
  if (embedded && !preserve && Object.keys(properties).length === 0)
    errors.push(
      requiredField(
        `${field}.properties`,
        "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
      ),
    );
}

function checkMetaFields(properties: JsonObject, { field, level, errors }: StructurePlace): void {
  for (const [name, wanted] of [
    ["kind", "string"],
    ["apiVersion", "string"],
    ["metadata", "object"],
  ] as const) {
    const property = child(properties, name);
    if (property !== undefined && typeOf(property) !== wanted)
      errors.push(invalidField(`${field}.properties[${name}].type`, typeOf(property), `must be ${wanted}`));
  }
  const metadata = child(properties, "metadata");
  if (metadata === undefined || level !== "root" || typeOf(metadata) !== "object") return;
  const inner = Object.keys(child(metadata, "properties") ?? {});
  const named = inner.every((name) => name === "name" || name === "generateName");
  const others = Object.keys(metadata).filter(
    (name) => !["type", "properties", "default", "description"].includes(name),
  );
  if (!named || others.length > 0)
    errors.push(
      forbiddenField(
        `${field}.properties[metadata]`,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
}

const isPattern = (anyOf: JsonArray): boolean =>
  anyOf.length === 2 && jsonEquals(anyOf[0], { type: "integer" }) && jsonEquals(anyOf[1], { type: "string" });

/** Inside allOf, anyOf, oneOf and not only values are checked: no types, no defaults, no text. */
function checkJunctors(schema: JsonObject, { field, errors }: Place, options: { intOrString: boolean }): void {
  for (const junctor of ["anyOf", "allOf", "oneOf"]) {
    const parts = listOf(schema, junctor);
    if (junctor === "anyOf" && options.intOrString && isPattern(parts)) continue;
    for (const [i, part] of parts.entries()) {
      if (!isJsonObject(part)) continue;
      const first = junctor === "allOf" && i === 0 && options.intOrString && isPattern(listOf(part, "anyOf"));
      checkNested(part, { field: `${field}.${junctor}[${i}]`, errors }, { intOrString: first });
    }
  }
  const not = child(schema, "not");
  if (not !== undefined) checkNested(not, { field: `${field}.not`, errors }, { intOrString: false });
}

const forbiddenInside: readonly [string, string][] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function checkNested(schema: JsonObject, { field, errors }: Place, options: { intOrString: boolean }): void {
  checkJunctors(schema, { field, errors }, options);
  const items = child(schema, "items");
  if (items !== undefined) checkNested(items, { field: `${field}.items`, errors }, { intOrString: false });
  for (const [name, property] of Object.entries(child(schema, "properties") ?? {})) {
    if (!isJsonObject(property)) continue;
    const at = `${field}.properties[${name}]`;
    checkNested(property, { field: at, errors }, { intOrString: false });
    if (name === "metadata") errors.push(forbiddenField(at, "must not be specified in a nested context"));
  }
  for (const [name, detail] of forbiddenInside) {
    const value = get(schema, name);
    const absent = value === undefined || value === "" || value === false;
    if (!absent && !(Array.isArray(value) && value.length === 0))
      errors.push(forbiddenField(`${field}.${name}`, detail));
  }
}

interface DefaultsPlace extends Place {
  readonly options: SchemaCheckOptions;
  readonly root: boolean;
}

function checkDefaults(node: SchemaNode, place: DefaultsPlace): void {
  const { field } = place;
  if (node.default !== undefined) checkDefault(node.default, node, place);
  if (node.items !== undefined) checkDefaults(node.items, { ...place, root: false, field: `${field}.items` });
  for (const [name, property] of node.properties) {
    // Metadata has no defaults, which is an error of its own.
    if (place.root && name === "metadata") continue;
    checkDefaults(property, { ...place, root: false, field: `${field}.properties[${name}]` });
  }
  if (node.additional !== undefined)
    checkDefaults(node.additional, { ...place, root: false, field: `${field}.additionalProperties` });
}

function checkDefault(value: JsonValue, node: SchemaNode, { field, errors, options }: DefaultsPlace): void {
  const at = `${field}.default`;
  if (prune(value, node, { root: node.embedded }).unknownFields.length > 0)
    errors.push(invalidField(at, value, "must not have unknown fields"));
  const filled = applyDefaults(value, node);
  const embedded = embeddedErrors(filled, node, at);
  if (embedded.length > 0) {
    errors.push(...embedded);
    return;
  }
  // The library checks a default without a path and puts its own in front.
  const found = [...checkValue(filled, node), ...checkListTypes(filled, node)];
  if (found.length === 0 && options.rules !== undefined)
    found.push(...new RuleRunner(options.rules).run(filled, undefined, node, { root: false }));
  for (const error of found) {
    const inner =
      error.field === "" || error.field === "<nil>"
        ? at
        : error.field.startsWith("[")
          ? at + error.field
          : `${at}.${error.field}`;
    errors.push({ ...error, field: error.detail.startsWith('"') ? at : inner });
  }
}

function embeddedErrors(value: JsonValue, node: SchemaNode, at: string): FieldError[] {
  try {
    coerceEmbedded(value, node, { path: at, unknownFields: [] });
    return checkEmbedded(value, node, at);
  } catch (error) {
    if (error instanceof ObjectError) return [invalidField(at, value, error.message)];
    throw error;
  }
}
