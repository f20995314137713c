import type { JsonValue } from "@lateen/base";
import type { FieldFacts, SchemaFacts, TypeFacts } from "../kinds/kind.ts";

/**
 * How values merge in server-side apply: the schema of structured-merge-diff. A map may have declared fields and an
 * `element` for all other keys; `any` is deduced from the value (maps granular, lists atomic).
 */
export type MergeSchema = ScalarSchema | ListSchema | MapSchema | AnySchema;

export interface ScalarSchema {
  readonly kind: "scalar";
  readonly type: "string" | "numeric" | "boolean" | "untyped";
}

export interface ListSchema {
  readonly kind: "list";
  readonly relation: "atomic" | "set" | "map";
  /** Keys of a `map`, sorted; what an element lacks is completed by `defaults`. */
  readonly keys: readonly string[];
  readonly defaults: Readonly<Record<string, JsonValue>>;
  readonly item: MergeSchema;
}

export interface MapSchema {
  readonly kind: "map";
  readonly atomic: boolean;
  readonly field: (name: string) => MergeSchema | undefined;
  readonly element: MergeSchema | undefined;
}

export interface AnySchema {
  readonly kind: "any";
  readonly atomic: boolean;
}

export const untyped: ScalarSchema = { kind: "scalar", type: "untyped" };
const scalars = {
  string: { kind: "scalar", type: "string" } satisfies ScalarSchema,
  numeric: { kind: "scalar", type: "numeric" } satisfies ScalarSchema,
  boolean: { kind: "scalar", type: "boolean" } satisfies ScalarSchema,
};
export const { string: stringSchema, numeric: numericSchema, boolean: booleanSchema } = scalars;

/** Everything deduced from the value. */
export const deduced: AnySchema = { kind: "any", atomic: false };
/** Any value, merged as a whole. */
export const atomicAny: AnySchema = { kind: "any", atomic: true };

const deducedList: ListSchema = { kind: "list", relation: "atomic", keys: [], defaults: {}, item: deduced };
const noField = (): undefined => undefined;
const deducedMap: MapSchema = { kind: "map", atomic: false, field: noField, element: deduced };
const atomicMap: MapSchema = { kind: "map", atomic: true, field: noField, element: deduced };

/** The schema with a deduced one replaced by what the value shows. */
export function resolveSchema(
  schema: MergeSchema,
  value: JsonValue | undefined,
): ScalarSchema | ListSchema | MapSchema {
  if (schema.kind !== "any") return schema;
  if (Array.isArray(value)) return deducedList;
  if (typeof value !== "object" || value === null) return untyped;
  return schema.atomic ? atomicMap : deducedMap;
}

const compiled = new WeakMap<TypeFacts, MapSchema>();

/** The merge schema of a struct type. Types are recursive: fields are compiled when they are first met. */
export function mergeSchemaOf(type: TypeFacts): MapSchema {
  return structSchema(type, false);
}

const atomicStructs = new WeakMap<TypeFacts, MapSchema>();

function structSchema(type: TypeFacts, atomic: boolean): MapSchema {
  const cache = atomic ? atomicStructs : compiled;
  const known = cache.get(type);
  if (known !== undefined) return known;
  const fields = new Map<string, MergeSchema | undefined>();
  const schema: MapSchema = {
    kind: "map",
    atomic,
    element: undefined,
    field(name) {
      const found = fields.get(name);
      if (found !== undefined || fields.has(name)) return found;
      const facts = type.fieldOf(name);
      const made = facts === undefined ? undefined : schemaOf(facts.schema);
      // Unknown names are not kept: they are the user's and without end.
      if (made !== undefined) fields.set(name, made);
      return made;
    },
  };
  cache.set(type, schema);
  return schema;
}

function schemaOf(facts: SchemaFacts): MergeSchema {
  switch (facts.kind) {
    case "string":
    case "bytes":
      return scalars.string;
    case "integer":
    case "number":
      return scalars.numeric;
    case "boolean":
      return scalars.boolean;
    case "duration":
      return scalars.string;
    case "quantity":
    case "int-or-string":
    case "time":
    case "micro-time":
      return untyped;
    case "fields-v1":
      return deduced;
    case "any":
      return facts.object ? atomicMap : atomicAny;
    case "struct":
      return structSchema(facts.type(), facts.atomic);
    case "map":
      return { kind: "map", atomic: facts.atomic, field: noField, element: schemaOf(facts.value) };
    case "list":
      return {
        kind: "list",
        relation: facts.listType,
        keys: facts.listMapKeys.toSorted(),
        defaults: facts.listType === "map" ? keyDefaults(facts.item, facts.listMapKeys) : {},
        item: schemaOf(facts.item),
      };
  }
}

/** A key that a built-in type lacks is its default, else the zero value of its type. */
function keyDefaults(item: SchemaFacts, keys: readonly string[]): Record<string, JsonValue> {
  const defaults: Record<string, JsonValue> = {};
  if (item.kind !== "struct") return defaults;
  for (const key of keys) {
    const field = item.type().fieldOf(key);
    if (field !== undefined) defaults[key] = field.defaultValue ?? zeroOf(field);
  }
  return defaults;
}

function zeroOf(field: FieldFacts): JsonValue {
  switch (field.schema.kind) {
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    default:
      return "";
  }
}

/** How a kind's values merge: its type, a merge schema, or undefined for what is deduced from the values. */
export type MergeType = TypeFacts | MergeSchema | undefined;

export function schemaOfType(type: MergeType): MergeSchema {
  if (type === undefined) return deduced;
  return "kind" in type ? type : mergeSchemaOf(type);
}
