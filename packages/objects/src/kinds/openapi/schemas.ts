/**
 * OpenAPI schemas of the built-in types, as kube-openapi derives them from the same Go types: required fields, defaults,
 * enums, list types, patch strategies. Texts come from `descriptions.ts`, not from the Go sources.
 */
import type { JsonObject, JsonValue } from "@lateen/base";
import { builtinType } from "../built-in-types.ts";
import type { FieldFacts, SchemaFacts, TypeFacts } from "../kind.ts";
import { fieldDescription, typeDescription } from "./descriptions.ts";

/** OpenAPI 3.0, or Swagger 2.0, which knows no `oneOf`, no `allOf` around references and no defaults here. */
export type Dialect = "v3" | "v2";

const quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";
const rawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension";

/** Named schemas that are no structs. */
const leafSchemas: Readonly<Record<string, Readonly<Record<Dialect, JsonObject>>>> = {
  [quantity]: { v3: { oneOf: [{ type: "string" }, { type: "number" }] }, v2: { type: "string" } },
  [intOrString]: {
    v3: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
    v2: { type: "string", format: "int-or-string" },
  },
  [`${meta}Time`]: both({ type: "string", format: "date-time" }),
  [`${meta}MicroTime`]: both({ type: "string", format: "date-time" }),
  [`${meta}Duration`]: both({ type: "string" }),
  [`${meta}FieldsV1`]: both({ type: "object" }),
  [`${meta}Patch`]: both({ type: "object" }),
  [rawExtension]: both({ type: "object" }),
  [`${extensions}JSON`]: both({}),
  [`${extensions}JSONSchemaPropsOrBool`]: both({}),
  [`${extensions}JSONSchemaPropsOrArray`]: both({}),
  [`${extensions}JSONSchemaPropsOrStringArray`]: both({}),
};

function both(schema: JsonObject): Readonly<Record<Dialect, JsonObject>> {
  return { v3: schema, v2: schema };
}

const leafNames: Partial<Record<SchemaFacts["kind"], string>> = {
  quantity,
  "int-or-string": intOrString,
  time: `${meta}Time`,
  "micro-time": `${meta}MicroTime`,
  duration: `${meta}Duration`,
  "fields-v1": `${meta}FieldsV1`,
};

const anyNames = {
  raw: `${extensions}JSON`,
  "schema-or-bool": `${extensions}JSONSchemaPropsOrBool`,
  "schema-or-array": `${extensions}JSONSchemaPropsOrArray`,
  "schema-or-strings": `${extensions}JSONSchemaPropsOrStringArray`,
} as const;

/** The schemas of one document: those asked for, and all that they refer to. */
export class SchemaSet {
  private readonly dialect: Dialect;
  private readonly schemas = new Map<string, JsonObject>();
  private readonly waiting: string[] = [];

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** A reference to the schema of this name, which becomes part of the set. */
  ref(name: string): JsonObject {
    if (!this.schemas.has(name)) {
      this.schemas.set(name, {});
      this.waiting.push(name);
    }
    return { $ref: this.dialect === "v3" ? `#/components/schemas/${name}` : `#/definitions/${name}` };
  }

  /** Adds a schema that is not generated, such as that of a custom resource. */
  add(name: string, schema: JsonObject): JsonObject {
    this.schemas.set(name, schema);
    return this.ref(name);
  }

  /** All schemas by name, sorted; `extensionsOf` gives what a kind's schema carries beside its fields. */
  finish(extensionsOf: (name: string) => JsonObject): JsonObject {
    for (let name = this.waiting.pop(); name !== undefined; name = this.waiting.pop()) {
      const schema = this.schemaOf(name);
      this.schemas.set(name, { ...schema, ...extensionsOf(name) });
    }
    return Object.fromEntries([...this.schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private schemaOf(name: string): JsonObject {
    const leaf = leafSchemas[name]?.[this.dialect];
    const description = typeDescription(name);
    const shown = description === undefined ? {} : { description };
    if (leaf !== undefined) return { ...shown, ...leaf };
    const type = builtinType(name);
    if (type === undefined) return { type: "object" };
    return { ...shown, ...this.structSchema(type) };
  }

  private structSchema(type: TypeFacts): JsonObject {
    const required = type.fields.filter((field) => field.required).map(({ name }) => name);
    const properties = Object.fromEntries(type.fields.map((field) => [field.name, this.property(type, field)]));
    return {
      type: "object",
      ...(required.length === 0 ? {} : { required }),
      ...(type.fields.length === 0 ? {} : { properties }),
      ...(type.atomic ? { "x-kubernetes-map-type": "atomic" } : {}),
    };
  }

  private property(type: TypeFacts, field: FieldFacts): JsonObject {
    const description = fieldDescription(type.name, field.name);
    const value = this.value(field.schema, { default: defaultOf(field) });
    const isBare = this.dialect === "v3" && Object.hasOwn(value, "$ref");
    return {
      ...(description === undefined ? {} : { description }),
      ...(isBare ? { allOf: [value] } : value),
      ...listExtensions(field),
    };
  }

  private value(schema: SchemaFacts, options: { readonly default: JsonValue | undefined }): JsonObject {
    const shown = this.dialect === "v2" || options.default === undefined ? {} : { default: options.default };
    switch (schema.kind) {
      case "string":
        return { type: "string", ...shown, ...(schema.values === undefined ? {} : { enum: schema.values }) };
      case "integer":
        return { type: "integer", format: schema.format, ...shown };
      case "number":
        return { type: "number", format: "double", ...shown };
      case "boolean":
        return { type: "boolean", ...shown };
      case "bytes":
        return { type: "string", format: "byte" };
      case "struct":
        return this.reference(schema.type().name, shown);
      case "map":
        return { type: "object", ...shown, additionalProperties: this.element(schema.value) };
      case "list":
        return { type: "array", ...shown, items: this.element(schema.item) };
      case "any":
        return this.reference(schema.object ? rawExtension : anyNames[schema.wire], shown);
      default:
        return this.reference(leafNames[schema.kind] ?? rawExtension, shown);
    }
  }

  private element(schema: SchemaFacts): JsonObject {
    return this.value(schema, { default: zeroDefault(schema) });
  }

  /** OpenAPI 3.0 ignores what stands beside `$ref`: with company it goes into an `allOf`. */
  private reference(name: string, beside: JsonObject): JsonObject {
    const ref = this.ref(name);
    return this.dialect === "v2" || Object.keys(beside).length === 0 ? ref : { ...beside, allOf: [ref] };
  }
}

/** kube-openapi shows the zero value as default of what is always written, and `{}` of every embedded struct. */
function defaultOf(field: FieldFacts): JsonValue | undefined {
  if (field.defaultValue !== undefined) return field.defaultValue;
  if (field.pointer) return undefined;
  if (field.schema.kind === "struct") return {};
  return field.omitEmpty || field.omitZero ? undefined : zeroDefault(field.schema);
}

function zeroDefault(schema: SchemaFacts): JsonValue | undefined {
  switch (schema.kind) {
    case "string":
      return "";
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    case "struct":
      return {};
    default:
      return undefined;
  }
}

function listExtensions({ schema, patchStrategy, patchMergeKey }: FieldFacts): JsonObject {
  const declared = schema.kind === "list" && !schema.implied ? schema : undefined;
  const mapType =
    schema.kind === "map" && schema.atomic ? "atomic" : schema.kind === "struct" ? schema.declared : undefined;
  return {
    ...(declared !== undefined && declared.listMapKeys.length > 0
      ? { "x-kubernetes-list-map-keys": declared.listMapKeys }
      : {}),
    ...(declared === undefined ? {} : { "x-kubernetes-list-type": declared.listType }),
    ...(mapType === undefined ? {} : { "x-kubernetes-map-type": mapType }),
    ...(patchMergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": patchMergeKey }),
    ...(patchStrategy === undefined ? {} : { "x-kubernetes-patch-strategy": patchStrategy }),
  };
}
