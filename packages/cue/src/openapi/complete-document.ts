import type { JsonObject, JsonValue } from "@lateen/base";
import { isJsonObject } from "@lateen/base";
import type { CueValue } from "../cue-value.ts";
import { CueError, type Value } from "../value.ts";
import { closingOf, definitionsOf, packagesOf } from "./json-schema.ts";
import { namesOf } from "./schema-names.ts";
import { SchemaReader } from "./schema-reader.ts";
import { type SchemaTarget, TermStore, simplified } from "./schema-term.ts";
import { SchemaWriter } from "./schema-writer.ts";

/** How an OpenAPI document is completed. */
export interface CompleteOptions {
  /** Where it is not given the document's own field `openapi` says it. */
  readonly version?: "3.0" | "3.1";
  /** A schema for each definition of the value, whether anything refers to it or not. */
  readonly allSchemas?: boolean;
  /** The name of a shared schema by its path: `#A.b`. */
  readonly nameOf?: (path: string) => string;
  /** The description of a value, in place of its documentation. */
  readonly descriptionOf?: (value: Value) => string;
}

/**
 * Completes a value that is written as an OpenAPI document: where it has a place for a schema, the definition `#` of that
 * place becomes one (`schema: #: #User`); what is referred to becomes a schema in `components`. All else stays as it is.
 * @throws CueError where the value holds an error, or something in the document is not concrete.
 */
export function completeOpenApi(value: Value, options: CompleteOptions = {}): JsonObject {
  const wrong = value.validate();
  if (wrong.length > 0) throw new CueError(wrong);
  return new Completion(value as CueValue, options).document();
}

/** Keywords of a schema that hold schemas: one, several by name, or a list. */
const single = new Set(["items", "additionalProperties", "not", "contains", "if", "then", "else", "propertyNames"]);
const named = new Set(["properties", "patternProperties", "$defs", "dependentSchemas"]);
const listed = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);

/** What may stand at a place of the document. */
type Place = "document" | "components" | "schemas" | "list of schemas" | "schema" | "other";

const deepest = 200;

class Completion {
  readonly #root: CueValue;
  readonly #options: CompleteOptions;
  readonly #version: "3.0" | "3.1";
  readonly #reader: SchemaReader;
  #writer: SchemaWriter | undefined;

  constructor(root: CueValue, options: CompleteOptions) {
    this.#root = root;
    this.#options = options;
    this.#version = options.version ?? statedVersion(root);
    const { descriptionOf } = options;
    this.#reader = new SchemaReader(new TermStore(), {
      namesRanges: this.#version === "3.0",
      ...(descriptionOf !== undefined && { descriptionOf }),
    });
  }

  document(): JsonObject {
    // Names can be given when it is known what is referred to.
    this.#written(this.#root, "document", 0);
    if (this.#options.allSchemas === true)
      for (const { selector, value } of this.#root.fields({ definitions: true }))
        if (/^#./.test(selector)) this.#reader.define(value as CueValue);
    const names = this.#names();
    this.#writer = new SchemaWriter(`openapi-${this.#version}`, (target) => names.get(target)!);
    const document = this.#written(this.#root, "document", 0) as JsonObject;
    const schemas = definitionsOf(this.#reader, names, this.#writer);
    if (Object.keys(schemas).length === 0) return document;
    const { components } = document;
    const known = isJsonObject(components) ? components : {};
    const own = isJsonObject(known["schemas"]) ? known["schemas"] : {};
    return { ...document, components: { ...known, schemas: { ...own, ...schemas } } };
  }

  #names(): Map<SchemaTarget, string> {
    const targets = [...this.#reader.targets.keys()];
    const { nameOf } = this.#options;
    if (nameOf === undefined) return namesOf(targets, packagesOf(this.#root));
    return new Map(targets.map((target) => [target, nameOf(target.path.join("."))]));
  }

  #written(value: CueValue, place: Place, depth: number): JsonValue {
    if (depth > deepest) throw new CueError([tooDeep(value)]);
    if (place === "schema") {
      const schema = value.fields({ definitions: true }).find(({ selector }) => selector === "#");
      if (schema !== undefined) return this.#schema(schema.value as CueValue);
    }
    switch (value.kind) {
      case "struct": {
        const fields = value
          .fields()
          .map((field): [string, JsonValue] => [
            String((field.value as CueValue).path.at(-1)),
            this.#field(field.value as CueValue, place, depth),
          ]);
        return Object.fromEntries(fields);
      }
      case "list": {
        const inner = place === "list of schemas" ? "schema" : "other";
        return value.elements().map((element) => this.#written(element as CueValue, inner, depth + 1));
      }
      default:
        return value.toJSON();
    }
  }

  #field(value: CueValue, place: Place, depth: number): JsonValue {
    return this.#written(value, this.#placeOf(String(value.path.at(-1)), place), depth + 1);
  }

  #placeOf(name: string, within: Place): Place {
    switch (within) {
      case "schemas":
        return "schema";
      case "schema":
        if (named.has(name)) return "schemas";
        return listed.has(name) ? "list of schemas" : single.has(name) ? "schema" : "other";
      case "components":
        return name === "schemas" ? "schemas" : "other";
      case "document":
        return name === "components" ? "components" : "other";
      default:
        return name === "schema" ? "schema" : "other";
    }
  }

  #schema(value: CueValue): JsonValue {
    const term = this.#reader.described(value, closingOf(value));
    return this.#writer === undefined ? null : this.#writer.write(simplified(this.#reader.store, term));
  }
}

function statedVersion(root: Value): "3.0" | "3.1" {
  const stated = root.lookupPath("openapi");
  return stated.kind === "string" && stated.toJSONText().startsWith('"3.1') ? "3.1" : "3.0";
}

function tooDeep(value: CueValue) {
  return {
    code: "limit",
    message: `the document is nested deeper than ${deepest} levels`,
    path: value.path,
    causes: [],
  };
}
