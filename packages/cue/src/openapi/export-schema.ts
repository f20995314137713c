import type { JsonValue } from "@lateen/base";
import { Context } from "../context.ts";
import { CueValue } from "../cue-value.ts";
import { anyOfSchema } from "./disjunction-schema.ts";
import { nullKind, structKind, topKind } from "../eval/kind.ts";
import { nameOfLabel } from "../eval/label.ts";
import type { Base } from "../eval/values.ts";
import { Vertex, target } from "../eval/vertex.ts";
import type { Value } from "../value.ts";
import { type Schema, scalarSchema, typeSchema } from "./scalar-schema.ts";

/** Which keywords a schema is written with: OpenAPI 3.0's, or JSON Schema 2020-12's (also OpenAPI 3.1). */
export type SchemaDialect = "openapi-3.0" | "json-schema";

/** Which schemas are made of a value. */
export interface ExportSchemaOptions {
  readonly dialect?: SchemaDialect;
  /**
   * References become what they refer to; else they stay references, under the prefix: those to definitions, or to all
   * fields.
   */
  readonly references?: "expand" | { readonly prefix: string; readonly to?: "definitions" | "fields" };
  /** Where references are looked up; the value itself where nothing is given. */
  readonly root?: Value;
}

/** The schema of a value, and what it could not say. */
export interface ExportSchemaResult {
  readonly schema: Readonly<Schema>;
  /** The definitions that the schema refers to, and those that they refer to, by name. */
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** Levels of values within values. Deeper ones, and values that contain themselves, are any value. */
const maxDepth = 60;

/** Schemas within one result: expanding definitions that hold several of each other would have no end. */
const maxSchemas = 20_000;

/**
 * The schema that a value's instances fit: types, bounds, the validators that have keywords, choices, fields, defaults,
 * documentation. What schemas cannot say is left out, so that the schema never refuses what the value accepts.
 */
export function exportSchema(value: Value, options: ExportSchemaOptions = {}): ExportSchemaResult {
  const writer = new SchemaWriter(value, options);
  const schema = writer.schemaOf(value, 0, { documented: true });
  return { schema, definitions: writer.definitions() };
}

export class SchemaWriter {
  readonly dialect: SchemaDialect;
  readonly #root: Value;
  readonly #prefix: string | undefined;
  readonly #toFields: boolean;
  readonly #context = new Context();
  #made = 0;
  readonly #pending = new Map<string, string>();
  readonly #done = new Map<string, Schema>();
  /** Names of definitions by their paths. */
  readonly #names = new Map<string, string>();

  constructor(value: Value, { dialect = "json-schema", references = "expand", root = value }: ExportSchemaOptions) {
    this.#root = root;
    this.dialect = dialect;
    this.#prefix = references === "expand" ? undefined : references.prefix;
    this.#toFields = references !== "expand" && references.to === "fields";
  }

  /** Asks for a definition by its path, so that it is among `definitions`. Gives its name: without `#`, unless that is taken. */
  define(path: string): string {
    const known = this.#names.get(path);
    if (known !== undefined) return known;
    const short = path.replaceAll("#", "");
    const name = [...this.#names.values()].includes(short) ? path : short;
    this.#names.set(path, name);
    this.#pending.set(name, path);
    return name;
  }

  definitions(): Record<string, Schema> {
    for (let [next] = this.#pending; next !== undefined; [next] = this.#pending) {
      const [name, path] = next;
      this.#pending.delete(name);
      this.#done.set(name, {});
      const found = this.#root.lookupPath(path);
      this.#done.set(name, found.exists ? this.schemaOf(found, 0, { documented: true }) : {});
    }
    return Object.fromEntries([...this.#done].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The schema of a value; a reference to a definition stays one where references do. */
  #fieldSchema(value: Value, depth: number): Schema {
    const path = this.#prefix === undefined ? undefined : referenceOf(value);
    // A name of an inner scope is not found from the root: what it stands for is written out.
    const isReferred = path !== undefined && (this.#toFields || path.includes("#"));
    if (!isReferred || !this.#root.lookupPath(path).exists) return this.schemaOf(value, depth, { documented: true });
    const reference: Schema = { $ref: `${this.#prefix}${encodeURIComponent(this.define(path))}` };
    const description = descriptionOf(value);
    if (description === undefined) return reference;
    return this.dialect === "openapi-3.0" ? { description, allOf: [reference] } : { description, ...reference };
  }

  schemaOf(value: Value, depth: number, { documented = false }: { readonly documented?: boolean } = {}): Schema {
    const description = documented ? descriptionOf(value) : undefined;
    this.#made++;
    const schema = depth > maxDepth || this.#made > maxSchemas ? {} : this.#plainSchema(value, depth);
    return description === undefined ? schema : { description, ...schema };
  }

  #plainSchema(value: Value, depth: number): Schema {
    const base = baseOf(value);
    if (base === undefined) return {};
    switch (base.tag) {
      case "disjunction":
        return anyOfSchema(this, value, base, depth);
      case "struct":
        return this.#structSchema(value, depth);
      case "list":
        return this.#listSchema(value, base.isOpen, depth);
      case "func":
        return {};
      default:
        return this.#constrainedSchema(value, base, depth);
    }
  }

  /** A validator of structs or lists stands beside fields and elements. */
  #constrainedSchema(value: Value, base: Extract<Base, { kind: number }>, depth: number): Schema {
    if (base.tag === "disjunction" || base.tag === "struct" || base.tag === "list" || base.tag === "func") return {};
    if (base.tag === "type" && base.kind === topKind) return {};
    const schema = scalarSchema(base, this.dialect);
    if (base.tag === "type" && schema["type"] === undefined) return this.#kindsSchema(base.kind);
    if (base.kind === structKind) return { ...this.#structSchema(value, depth), ...schema };
    return schema;
  }

  /** Several kinds at once: `bool | string` that unification made of types. */
  #kindsSchema(kind: number): Schema {
    const options: Schema[] = [];
    for (let bit = 1; bit <= topKind; bit <<= 1) {
      if ((kind & bit) === 0 || (bit === nullKind && this.dialect === "openapi-3.0")) continue;
      const schema = typeSchema(bit, this.dialect);
      if (schema["type"] !== undefined) options.push(schema);
    }
    const nullable = (kind & nullKind) !== 0 && this.dialect === "openapi-3.0";
    const unique = [...new Map(options.map((option) => [JSON.stringify(option), option])).values()];
    if (unique.length === 1) return nullable ? { ...unique[0], nullable: true } : unique[0]!;
    const schema: Schema = { [this.dialect === "openapi-3.0" ? "oneOf" : "anyOf"]: unique };
    return nullable ? { ...schema, nullable: true } : schema;
  }

  #structSchema(value: Value, depth: number): Schema {
    const properties: Schema = {};
    const needed: string[] = [];
    for (const { selector, optional, required, value: field } of value.fields({ optional: true })) {
      const name = nameOfSelector(field, selector);
      Object.defineProperty(properties, name, {
        value: this.#fieldSchema(field, depth + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      if (required || (!optional && !isGiven(field))) needed.push(name);
    }
    const schema: Schema = { type: "object" };
    if (Object.keys(properties).length > 0) schema["properties"] = properties;
    if (needed.length > 0) schema["required"] = needed;
    const others = this.#otherFields(value, depth);
    if (others !== undefined) schema["additionalProperties"] = others;
    return schema;
  }

  /** What fields that have no declaration hold: a probe says what the patterns make of one. */
  #otherFields(value: Value, depth: number): JsonValue | undefined {
    const patterns = value instanceof CueValue ? (target(value.vertex).patterns?.length ?? 0) : 0;
    if (patterns > 0) {
      const probe = value.unify(this.#context.compile(`${JSON.stringify(probeName)}: _`));
      const held = probe.lookupPath(JSON.stringify(probeName));
      if (held.exists && held.err === undefined && held.incompleteKind !== "top")
        return this.#fieldSchema(held, depth + 1);
    }
    if (this.dialect === "openapi-3.0") return undefined;
    if (value instanceof CueValue && target(value.vertex).openedBy !== undefined) return true;
    return value.allows(JSON.stringify(probeName)) ? undefined : false;
  }

  #listSchema(value: Value, isOpen: boolean, depth: number): Schema {
    const elements = value.elements();
    const fixed = elements.map((element) => this.#fieldSchema(element, depth + 1));
    const rest = isOpen ? this.#restSchema(value, elements.length, depth) : undefined;
    const schema: Schema = { type: "array" };
    if (fixed.length === 0) {
      if (rest !== undefined) schema["items"] = rest;
      else if (!isOpen) schema["maxItems"] = 0;
      return schema;
    }
    if (this.dialect === "openapi-3.0") {
      schema["items"] = fixed.length === 1 ? fixed[0]! : { oneOf: fixed };
      schema["minItems"] = fixed.length;
      if (!isOpen) schema["maxItems"] = fixed.length;
      return schema;
    }
    schema["prefixItems"] = fixed;
    schema["minItems"] = fixed.length;
    if (rest !== undefined) schema["items"] = rest;
    else if (!isOpen) schema["maxItems"] = fixed.length;
    return schema;
  }

  /** What elements beyond the fixed ones hold, seen at one that is put there. */
  #restSchema(value: Value, count: number, depth: number): Schema | undefined {
    const longer = value.unify(this.#context.compile(`[${"_, ".repeat(count)}_]`));
    const element = longer.elements()[count];
    if (element === undefined || element.incompleteKind === "top") return undefined;
    return this.#fieldSchema(element, depth + 1);
  }

  /** A disjunct as a value of its own. */
  valueOf(term: Base | Vertex, like: Value): Value | Base {
    return term instanceof Vertex && like instanceof CueValue ? like.at(term) : (term as Base);
  }
}

const probeName = "\u0001other";

export function baseOf(value: Value): Base | undefined {
  if (!(value instanceof CueValue)) return undefined;
  // Asking for the kind works it off. What is only not known yet still has the parts that are.
  if (value.incompleteKind === "bottom" && value.isFatal) return undefined;
  return target(value.vertex).base;
}

/** What a value refers to, if that is all it is; a probe's `_` says nothing. */
function referenceOf(value: Value): string | undefined {
  const said = value.explain().filter(({ text }) => text !== "_");
  return said.length === 1 ? said[0]?.reference : undefined;
}

/** A regular field whose value the schema's user need not give: it is known, or has a default. */
function isGiven(value: Value): boolean {
  return value.default().exists || value.validate({ concrete: true }).length === 0;
}

function nameOfSelector(field: Value, selector: string): string {
  return field instanceof CueValue && typeof field.vertex.label !== "number"
    ? nameOfLabel(field.vertex.label)
    : selector;
}

function descriptionOf(value: Value): string | undefined {
  const doc = value.doc.map((text) => text.trim()).filter((text) => text !== "");
  return doc.length === 0 ? undefined : doc.join("\n");
}
