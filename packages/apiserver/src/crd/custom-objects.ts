import { codeOf, errorMessage, type JsonObject } from "@lateen/base";
import {
  asJson,
  checkTypeMeta,
  compileSchema,
  type FieldError,
  type KubeObject,
  apiVersionOf,
  type RuleCompiler,
  type StructuralSchema,
} from "@lateen/objects";
import type { Resource } from "../registry/resource.ts";
import { textOf } from "../object/text.ts";
import { badRequest } from "../status/errors.ts";
import type { CustomVersion } from "./custom-kind.ts";

const compiled = new WeakMap<JsonObject, StructuralSchema>();

/** The schema of a version, made ready once. */
function schemaFor(schema: JsonObject | undefined, rules: RuleCompiler): StructuralSchema | undefined {
  if (schema === undefined) return undefined;
  let known = compiled.get(schema);
  if (known === undefined) compiled.set(schema, (known = compileSchema(schema, { rules })));
  return known;
}

export interface PrunedObject {
  readonly object: JsonObject;
  /** `unknown field "spec.b"`. */
  readonly strictErrors: readonly string[];
}

/** An object as the version's schema lets it be. @throws BadRequest for metadata that is none. */
export function pruneCustom(
  { kind, custom }: Pick<Resource, "kind" | "custom">,
  object: JsonObject,
  rules: RuleCompiler,
): PrunedObject {
  const schema = schemaFor(custom?.schema, rules);
  if (schema === undefined) return { object, strictErrors: [] };
  try {
    const pruned = schema.prune(object);
    return { object: pruned.object, strictErrors: pruned.unknownFields.map((field) => `unknown field "${field}"`) };
  } catch (error) {
    if (codeOf(error) === undefined && (error as Error).name !== "ObjectError") throw error;
    throw badRequest(
      `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${errorMessage(error)}`,
    );
  }
}

export function defaultCustom(custom: CustomVersion, object: JsonObject, rules: RuleCompiler): JsonObject {
  return schemaFor(custom.schema, rules)?.applyDefaults(object) ?? object;
}

/** As the version that is stored keeps an object: pruned and with its defaults. */
export function throughStorageSchema(custom: CustomVersion, object: JsonObject, rules: RuleCompiler): JsonObject {
  const schema = schemaFor(custom.storageSchema, rules);
  if (schema === undefined) return object;
  return schema.applyDefaults(schema.prune(object).object);
}

/** An object that was stored under another schema, as the present schema of its own version keeps it. */
export function throughStoredSchema(custom: CustomVersion, object: JsonObject, rules: RuleCompiler): JsonObject {
  if (custom.conversion === undefined) return throughStorageSchema(custom, object, rules);
  const version = textOf(object.apiVersion).split("/").at(-1) ?? "";
  const schema = schemaFor(custom.schemas.get(version), rules);
  return schema === undefined ? object : schema.applyDefaults(schema.prune(object).object);
}

export function validateCustom(
  { kind, custom }: Resource,
  {
    live,
    next,
    earlier,
  }: { readonly live: KubeObject | undefined; readonly next: KubeObject; readonly earlier: readonly FieldError[] },
  rules: RuleCompiler,
): FieldError[] {
  const schema = schemaFor(custom?.schema, rules);
  const typeErrors = checkTypeMeta(asJson(next), { apiVersion: apiVersionOf(kind), kind: kind.kind });
  if (schema === undefined) return typeErrors;
  const old = live === undefined ? undefined : asJson(live);
  return [...typeErrors, ...schema.validate(asJson(next), old, [...earlier, ...typeErrors])];
}
