import { type JsonArray, type JsonObject, type JsonValue, isJsonObject, jsonEquals, ownProperty } from "@lateen/base";
import {
  type FieldError,
  fieldError,
  forbiddenField,
  invalidField,
  requiredField,
  unsupportedField,
} from "../field-error.ts";
import type { ObjectMeta } from "../kube-object.ts";
import { validateMetadata } from "../names/metadata.ts";
import { type NameRule, nameIsSubdomain, validateDns1035Label, validateDns1123Subdomain } from "../names/names.ts";
import { checkSchema, type SchemaCheckOptions } from "./check-schema.ts";

/** Is a CustomResourceDefinition (apiextensions.k8s.io/v1) sound, as kube-apiserver checks it when it is created. */

const get = (object: JsonObject | undefined, name: string): JsonValue | undefined =>
  object === undefined ? undefined : (ownProperty(object, name) ?? undefined);
const objectAt = (object: JsonObject | undefined, name: string): JsonObject | undefined => {
  const value = get(object, name);
  return isJsonObject(value) ? value : undefined;
};
const listAt = (object: JsonObject | undefined, name: string): JsonArray => {
  const value = get(object, name);
  return Array.isArray(value) ? (value as JsonArray) : [];
};
const textAt = (object: JsonObject | undefined, name: string): string => {
  const value = get(object, name);
  return typeof value === "string" ? value : "";
};

const versionsOf = (spec: JsonObject): JsonObject[] =>
  listAt(spec, "versions").filter((version): version is JsonObject => isJsonObject(version));

/** A definition with the names and conversion that follow from what it says. */
export function withDefinitionDefaults(definition: JsonObject): JsonObject {
  const spec = objectAt(definition, "spec") ?? {};
  const names = objectAt(spec, "names") ?? {};
  const kind = textAt(names, "kind");
  const singular = textAt(names, "singular") || kind.toLowerCase();
  const listKind = textAt(names, "listKind") || (kind === "" ? "" : `${kind}List`);
  const conversion = objectAt(spec, "conversion") ?? { strategy: "None" };
  return {
    ...definition,
    spec: {
      ...spec,
      conversion,
      names: { ...names, ...(singular !== "" && { singular }), ...(listKind !== "" && { listKind }) },
    },
  };
}

/** Errors of a definition as it is created; `withDefinitionDefaults` is applied first. */
export function checkDefinition(given: JsonObject, options: SchemaCheckOptions = {}): FieldError[] {
  const definition = withDefinitionDefaults(given);
  const spec = objectAt(definition, "spec") ?? {};
  const group = textAt(spec, "group");
  const plural = textAt(objectAt(spec, "names"), "plural");
  const metadata = (objectAt(definition, "metadata") ?? {}) as ObjectMeta;
  const nameRule: NameRule = (name, prefix) => {
    const messages = nameIsSubdomain(name, prefix);
    if (messages.length > 0) return messages;
    return name === `${plural}.${group}` ? [] : ['must be spec.names.plural+"."+spec.group'];
  };
  return [
    ...validateMetadata(metadata, { namespaced: false, nameRule }),
    ...checkGroup(group, metadata),
    ...checkSpec(spec, options),
    ...checkStoredVersions(definition, versionsOf(spec)),
  ];
}

const approval = "api-approved.kubernetes.io";

function checkGroup(group: string, metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (group === "") return [requiredField("spec.group")];
  const messages = validateDns1123Subdomain(group);
  for (const message of messages) errors.push(invalidField("spec.group", group, message));
  if (messages.length === 0 && group.split(".").length < 2)
    errors.push(invalidField("spec.group", group, "should be a domain with at least one dot"));
  const isProtected = /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
  if (isProtected && (metadata.annotations?.[approval] ?? "") === "")
    errors.push(
      requiredField(
        `metadata.annotations[${approval}]`,
        `protected groups must have approval annotation "${approval}", see https://github.com/kubernetes/enhancements/pull/1111`,
      ),
    );
  return errors;
}

function checkSpec(spec: JsonObject, options: SchemaCheckOptions): FieldError[] {
  const errors: FieldError[] = [];
  const scope = textAt(spec, "scope");
  if (scope === "") errors.push(requiredField("spec.scope"));
  else if (scope !== "Cluster" && scope !== "Namespaced")
    errors.push(unsupportedField("spec.scope", scope, ["Cluster", "Namespaced"]));
  if (spec["preserveUnknownFields"] === true)
    errors.push(
      invalidField(
        "spec.preserveUnknownFields",
        true,
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      ),
    );
  errors.push(...checkVersions(spec, options), ...checkNames(spec), ...checkConversion(spec));
  return errors;
}

function checkVersions(spec: JsonObject, options: SchemaCheckOptions): FieldError[] {
  const errors: FieldError[] = [];
  const versions = versionsOf(spec);
  const names = versions.map((version) => textAt(version, "name"));
  const [firstName] = names;
  if (firstName !== undefined)
    for (const message of validateDns1035Label(firstName))
      errors.push(invalidField("spec.version", firstName, message));
  for (const [i, name] of names.entries())
    for (const message of validateDns1035Label(name))
      errors.push(invalidField(`spec.versions[${i}].name`, name, message));
  if (new Set(names).size < names.length)
    errors.push(invalidField("spec.versions", spec["versions"] ?? null, "must contain unique version names"));
  const stored = versions.filter((version) => version["storage"] === true).length;
  if (stored !== 1)
    errors.push(
      invalidField(
        "spec.versions",
        spec["versions"] ?? null,
        "must have exactly one version marked as storage version",
      ),
    );
  // What is the same in all versions is reported as if it stood at the top.
  const common = (name: string): boolean =>
    versions.every((version) => jsonEquals(version[name] ?? null, versions[0]![name] ?? null));
  const fieldOf = (i: number, name: string): string | undefined => {
    if (!common(name)) return `spec.versions[${i}].${name}`;
    if (i > 0) return undefined;
    return `spec.${name === "schema" ? "validation" : name}`;
  };
  for (const [i, version] of versions.entries()) errors.push(...checkVersion(version, { i, fieldOf, options }));
  return errors;
}

interface VersionPlace {
  readonly i: number;
  /** Where a part is reported; undefined when the first version reports it for all. */
  readonly fieldOf: (i: number, name: string) => string | undefined;
  readonly options: SchemaCheckOptions;
}

function checkVersion(version: JsonObject, { i, fieldOf, options }: VersionPlace): FieldError[] {
  const errors: FieldError[] = [];
  const schema = objectAt(objectAt(version, "schema"), "openAPIV3Schema");
  const schemaField = fieldOf(i, "schema");
  if (schema === undefined) errors.push(requiredField(`spec.versions[${i}].schema.openAPIV3Schema`));
  else if (schemaField !== undefined) errors.push(...checkSchema(schema, `${schemaField}.openAPIV3Schema`, options));
  const subresources = objectAt(version, "subresources");
  const subresourcesField = fieldOf(i, "subresources");
  if (subresources !== undefined && subresourcesField !== undefined)
    errors.push(...checkSubresources(subresources, subresourcesField));
  const columnsField = fieldOf(i, "additionalPrinterColumns");
  if (columnsField !== undefined)
    errors.push(...checkColumns(listAt(version, "additionalPrinterColumns"), columnsField));
  const selectableField = fieldOf(i, "selectableFields");
  if (selectableField !== undefined)
    errors.push(...checkSelectable(listAt(version, "selectableFields"), schema, selectableField));
  if (version["deprecated"] !== true && textAt(version, "deprecationWarning") !== "")
    errors.push(
      invalidField(
        `spec.versions[${i}].deprecationWarning`,
        version["deprecationWarning"]!,
        "can only be set for deprecated versions",
      ),
    );
  errors.push(...checkDeprecationWarning(version, `spec.versions[${i}].deprecationWarning`));
  return errors;
}

function checkDeprecationWarning(version: JsonObject, field: string): FieldError[] {
  const warning = get(version, "deprecationWarning");
  if (typeof warning !== "string") return [];
  if (warning === "") return [invalidField(field, warning, "must not be an empty string")];
  if (warning.length > 256)
    return [fieldError("FieldValueTooLong", field, undefined, "may not be more than 256 bytes")];
  const bad = Array.from(warning).findIndex((letter) => /\p{C}/u.test(letter));
  return bad < 0
    ? []
    : [
        invalidField(
          field,
          warning,
          `must only contain printable UTF-8 characters; non-printable character found at index ${bad}`,
        ),
      ];
}

const simplePath = /^\.[A-Za-z0-9_$-]+(?:\.[A-Za-z0-9_$-]+|\[[^\]]*\]|\\\.[^.[]*)*$/;

function checkSubresources(subresources: JsonObject, field: string): FieldError[] {
  const scale = objectAt(subresources, "scale");
  if (scale === undefined) return [];
  const errors: FieldError[] = [];
  const rules: readonly [string, readonly string[], string, boolean][] = [
    ["specReplicasPath", [".spec."], "should be a json path under .spec", true],
    ["statusReplicasPath", [".status."], "should be a json path under .status", true],
    ["labelSelectorPath", [".spec.", ".status."], "should be a json path under either .spec or .status", false],
  ];
  for (const [name, roots, detail, required] of rules) {
    const at = `${field}.scale.${name}`;
    const path = textAt(scale, name);
    if (path === "") {
      if (required) errors.push(requiredField(at));
    } else if (!simplePath.test(path))
      errors.push(invalidField(at, path, "must be a simple json path starting with ."));
    else if (!roots.some((root) => path.startsWith(root))) errors.push(invalidField(at, path, detail));
  }
  return errors;
}

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

function checkColumns(columns: JsonArray, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, column] of columns.entries()) {
    if (!isJsonObject(column)) continue;
    const at = `${field}[${i}]`;
    if (textAt(column, "name") === "") errors.push(requiredField(`${at}.name`));
    const type = textAt(column, "type");
    const oneOf = `must be one of ${columnTypes.join(",")}`;
    if (type === "") errors.push(requiredField(`${at}.type`, oneOf));
    else if (!columnTypes.includes(type)) errors.push(invalidField(`${at}.type`, type, oneOf));
    const format = textAt(column, "format");
    if (format !== "" && !columnFormats.includes(format))
      errors.push(invalidField(`${at}.format`, format, `must be one of ${columnFormats.join(",")}`));
    const path = textAt(column, "jsonPath");
    if (path === "") errors.push(requiredField(`${at}.JSONPath`));
    else if (!path.startsWith("."))
      errors.push(invalidField(`${at}.JSONPath`, path, "must be a simple json path starting with ."));
  }
  return errors;
}

const maxSelectable = 8;

function checkSelectable(fields: JsonArray, schema: JsonObject | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, selectable] of fields.entries()) {
    const at = `${field}[${i}].jsonPath`;
    const path = isJsonObject(selectable) ? textAt(selectable, "jsonPath") : "";
    if (path === "") {
      errors.push(requiredField(at));
      continue;
    }
    const found = selectedSchema(path, schema ?? {});
    if (typeof found === "string") errors.push(invalidField(at, path, `is an invalid path: ${found}`));
    else if (!["string", "boolean", "integer"].includes(textAt(found, "type")))
      errors.push(
        invalidField(
          at,
          path,
          "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
        ),
      );
    else if (path.startsWith(".metadata.") || path === ".metadata")
      errors.push(invalidField(at, path, "must not point to fields in metadata"));
    if (seen.has(path)) errors.push(fieldError("FieldValueDuplicate", at, path));
    seen.add(path);
  }
  if (seen.size > maxSelectable)
    errors.push(fieldError("FieldValueTooMany", field, seen.size, `must have at most ${maxSelectable} items`));
  return errors;
}

/** The schema that a path of names leads to, or why it leads nowhere. */
function selectedSchema(path: string, schema: JsonObject): JsonObject | string {
  let current = schema;
  let rest = path;
  while (rest !== "") {
    const step = /^(?:\.([A-Za-z_][A-Za-z0-9_]*)|\['([^']*)'\])/.exec(rest);
    if (step === null) {
      const word = /^[A-Za-z0-9_]+/.exec(rest)?.[0] ?? rest[0]!;
      return rest.startsWith(".") || rest.startsWith("[")
        ? "does not refer to a valid field"
        : `expected [ or . but got: ${word}`;
    }
    const next = objectAt(objectAt(current, "properties"), step[1] ?? step[2]!);
    if (next === undefined) return "does not refer to a valid field";
    current = next;
    rest = rest.slice(step[0].length);
  }
  return current;
}

function checkNames(spec: JsonObject): FieldError[] {
  const names = objectAt(spec, "names");
  const errors: FieldError[] = [];
  for (const name of ["plural", "singular", "kind", "listKind"]) {
    const at = `spec.names.${name}`;
    const value = textAt(names, name);
    if (value === "") {
      errors.push(requiredField(at));
      continue;
    }
    const mixed = name === "kind" || name === "listKind";
    const messages = validateDns1035Label(mixed ? value.toLowerCase() : value);
    if (messages.length > 0)
      errors.push(
        invalidField(
          at,
          value,
          mixed ? `may have mixed case, but should otherwise match: ${messages.join(",")}` : messages.join(","),
        ),
      );
  }
  for (const name of ["shortNames", "categories"]) {
    for (const [i, value] of listAt(names, name).entries()) {
      const messages = validateDns1035Label(typeof value === "string" ? value : "");
      if (messages.length > 0) errors.push(invalidField(`spec.names.${name}[${i}]`, value, messages.join(",")));
    }
  }
  const [kind, listKind] = [textAt(names, "kind"), textAt(names, "listKind")];
  if (kind !== "" && kind === listKind)
    errors.push(invalidField("spec.names.listKind", listKind, "kind and listKind may not be the same"));
  return errors;
}

function checkConversion(spec: JsonObject): FieldError[] {
  const conversion = objectAt(spec, "conversion")!;
  const field = "spec.conversion";
  const strategy = textAt(conversion, "strategy");
  if (strategy === "") return [requiredField(`${field}.strategy`)];
  const webhook = objectAt(conversion, "webhook");
  const reviewVersions = listAt(webhook, "conversionReviewVersions");
  const clientConfig = objectAt(webhook, "clientConfig");
  const errors: FieldError[] = [];
  if (strategy !== "Webhook") {
    if (strategy !== "None") errors.push(unsupportedField(`${field}.strategy`, strategy, ["None", "Webhook"]));
    if (clientConfig !== undefined)
      errors.push(
        forbiddenField(`${field}.webhookClientConfig`, "should not be set when strategy is not set to Webhook"),
      );
    if (reviewVersions.length > 0)
      errors.push(
        forbiddenField(`${field}.conversionReviewVersions`, "should not be set when strategy is not set to Webhook"),
      );
    return errors;
  }
  if (clientConfig === undefined)
    errors.push(requiredField(`${field}.webhookClientConfig`, "required when strategy is set to Webhook"));
  else errors.push(...checkClientConfig(clientConfig, `${field}.webhookClientConfig`));
  return [...errors, ...checkReviewVersions(reviewVersions, `${field}.conversionReviewVersions`)];
}

function checkReviewVersions(versions: JsonArray, field: string): FieldError[] {
  if (versions.length === 0) return [requiredField(field)];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, version] of versions.map(String).entries()) {
    if (seen.has(version)) errors.push(invalidField(`${field}[${i}]`, version, "duplicate version"));
    seen.add(version);
    for (const message of validateDns1035Label(version)) errors.push(invalidField(`${field}[${i}]`, version, message));
  }
  if (!seen.has("v1") && !seen.has("v1beta1"))
    errors.push(invalidField(field, versions, "must include at least one of v1, v1beta1"));
  return errors;
}

function checkClientConfig(config: JsonObject, field: string): FieldError[] {
  const url = get(config, "url");
  const service = objectAt(config, "service");
  if ((url === undefined) === (service === undefined))
    return [requiredField(field, "exactly one of url or service is required")];
  const errors: FieldError[] = [];
  if (typeof url === "string") errors.push(...checkWebhookUrl(url, `${field}.url`));
  if (service !== undefined) {
    for (const name of ["name", "namespace"])
      if (textAt(service, name) === "")
        errors.push(requiredField(`${field}.service.${name}`, `service ${name} is required`));
    const port = get(service, "port");
    if (typeof port === "number" && (port < 1 || port > 65535))
      errors.push(
        invalidField(`${field}.service.port`, port, "port is not valid: must be between 1 and 65535, inclusive"),
      );
  }
  return errors;
}

const urlForm = "desired format: https://host[/path]";

function checkWebhookUrl(text: string, field: string): FieldError[] {
  const parts = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
  if (parts === null) return [invalidField(field, text, `url must be a valid URL; ${urlForm}`)];
  const [, scheme, authority, , query, fragment] = parts;
  const errors: FieldError[] = [];
  if (scheme !== "https")
    errors.push(invalidField(field, scheme!, `'https' is the only allowed URL scheme; ${urlForm}`));
  if (authority!.replace(/^.*@/, "") === "") errors.push(invalidField(field, "", `host must be specified; ${urlForm}`));
  if (authority!.includes("@")) errors.push(invalidField(field, text, "user information is not permitted in the URL"));
  if (fragment !== undefined && fragment !== "")
    errors.push(invalidField(field, fragment, "fragments are not permitted in the URL"));
  if (query !== undefined && query !== "")
    errors.push(invalidField(field, query, "query parameters are not permitted in the URL"));
  return errors;
}

/** The versions that status names as stored once this definition stands: the first storage version is among them. */
function storedVersions(definition: JsonObject, storage: string | undefined): string[] {
  const stored = listAt(objectAt(definition, "status"), "storedVersions").filter((name) => typeof name === "string");
  return storage === undefined || stored.includes(storage) ? stored : [...stored, storage];
}

function checkStoredVersions(definition: JsonObject, versions: readonly JsonObject[]): FieldError[] {
  const storage = versions.find((version) => version["storage"] === true);
  const stored = storedVersions(definition, storage && textAt(storage, "name"));
  if (stored.length === 0)
    return [invalidField("status.storedVersions", null, "must have at least one stored version")];
  const errors: FieldError[] = [];
  const open = new Set(stored);
  for (const version of versions) {
    const name = textAt(version, "name");
    // A name is stored once: a second version of that name is missing there.
    if (!open.delete(name) && version["storage"] === true)
      errors.push(invalidField("status.storedVersions", stored, `must have the storage version ${name}`));
  }
  return errors;
}
