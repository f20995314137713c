import type { JsonObject, JsonValue } from "@lateen/base";
import type { ObjectTerm, SchemaTarget, SchemaTerm } from "./schema-term.ts";

/** Which keywords a schema is written with. */
export type WrittenDialect =
  | "draft-04"
  | "draft-06"
  | "draft-07"
  | "2019-09"
  | "2020-12"
  | "openapi-3.0"
  | "openapi-3.1";

type Written = boolean | JsonObject;

/**
 * Keywords whose meaning depends on each other: two parts of a conjunction that use the same group stand in schemas of
 * their own.
 */
const groups: readonly (readonly string[])[] = [
  ["properties", "patternProperties", "additionalProperties"],
  ["contains", "maxContains", "minContains"],
  ["items", "additionalItems", "prefixItems"],
  ["if", "then", "else"],
];
/** Of dialects whose exclusive limits are flags. */
const limits: readonly (readonly string[])[] = [
  ["minimum", "exclusiveMinimum"],
  ["maximum", "exclusiveMaximum"],
];

function partnersOf(all: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  return new Map(all.flatMap((group) => group.map((keyword) => [keyword, group])));
}

const order = ["draft-04", "draft-06", "draft-07", "2019-09", "2020-12"];

/** Writes terms in the keywords of a dialect. What a dialect has no words for is left out: the schema admits more then. */
export class SchemaWriter {
  readonly #rank: number;
  readonly #isOpenApi: boolean;
  readonly #partners: ReadonlyMap<string, readonly string[]>;
  readonly #nameOf: (target: SchemaTarget) => string;
  readonly #prefix: string;

  constructor(dialect: WrittenDialect, nameOf: (target: SchemaTarget) => string) {
    this.#isOpenApi = dialect === "openapi-3.0";
    this.#rank = dialect === "openapi-3.1" ? order.length - 1 : this.#isOpenApi ? 0 : order.indexOf(dialect);
    this.#partners = partnersOf(this.#since("draft-06") ? groups : [...groups, ...limits]);
    this.#nameOf = nameOf;
    this.#prefix = dialect.startsWith("openapi") ? "#/components/schemas/" : `#/${definitionsKey(dialect)}/`;
  }

  #since(dialect: string): boolean {
    return this.#rank >= order.indexOf(dialect);
  }

  write(term: SchemaTerm): Written {
    switch (term.kind) {
      case "any":
        return true;
      case "none":
        return false;
      case "all":
        return this.#all(term.terms);
      case "any-of":
        return this.#anyOf(term.terms);
      case "one-of":
        return { oneOf: term.terms.map((part) => this.#schema(part)) };
      case "not":
        return { not: this.#schema(term.term) };
      case "constant":
        return this.#since("draft-06") ? { const: term.value } : { enum: [term.value] };
      case "enum":
        return { enum: [...term.values] };
      case "type":
        return this.#type(term.types);
      case "bytes":
        return this.#bytes();
      case "keywords":
        return term.keywords;
      case "bound":
        return this.#bound(term.op, term.limit);
      case "described":
        return this.#described(term.text, term.term);
      case "reference":
        return { $ref: `${this.#prefix}${fragmentOf(this.#nameOf(term.target))}` };
      case "items":
        return this.#items(term);
      case "contains":
        return this.#contains(term);
      case "conditional":
        return this.#conditional(term);
      case "object":
        return this.#object(term);
    }
  }

  /** Where older dialects want an object. */
  #schema(term: SchemaTerm): JsonValue {
    const written = this.write(term);
    if (typeof written !== "boolean" || this.#since("draft-06")) return written;
    return written ? {} : { not: {} };
  }

  /** One schema says several things at once, as far as their keywords do not interfere. */
  #all(terms: readonly SchemaTerm[]): Written {
    const apart: JsonObject[] = [];
    const merged: Record<string, JsonValue> = {};
    for (const term of terms) {
      const schema = this.write(term);
      if (schema === false) return false;
      if (schema === true) continue;
      const keywords = Object.keys(schema);
      const isApart =
        keywords.some((keyword) => Object.hasOwn(merged, keyword)) ||
        keywords.some((keyword) => this.#partners.get(keyword)?.some((other) => Object.hasOwn(merged, other))) ||
        (keywords.includes("$ref") && !this.#since("2019-09") && terms.length > 1);
      if (isApart) apart.push(schema);
      else Object.assign(merged, schema);
    }
    if (apart.length === 0) return merged;
    if (Object.keys(merged).length > 0) apart.push(merged);
    return apart.length === 1 ? apart[0]! : { allOf: apart };
  }

  #anyOf(terms: readonly SchemaTerm[]): Written {
    const others = this.#isOpenApi ? terms.filter((term) => !isNull(term)) : terms;
    if (others.length === terms.length) return { anyOf: terms.map((term) => this.#schema(term)) };
    const [only] = others;
    if (only === undefined) return { nullable: true };
    if (others.length > 1) {
      const values = others.flatMap((term) => (term.kind === "constant" ? [term.value] : []));
      if (values.length === others.length) return { nullable: true, enum: [...values, null] };
      return { nullable: true, anyOf: others.map((term) => this.#schema(term)) };
    }
    const schema = this.write(only);
    if (typeof schema === "boolean") return schema;
    return Object.hasOwn(schema, "$ref") ? { nullable: true, allOf: [schema] } : { nullable: true, ...schema };
  }

  #type(types: readonly string[]): JsonObject {
    if (!this.#isOpenApi) return { type: types.length === 1 ? types[0]! : [...types] };
    const others = types.filter((type) => type !== "null");
    const nullable = others.length < types.length && { nullable: true };
    if (others.length === 0) return { nullable: true };
    if (others.length === 1) return { type: others[0]!, ...nullable };
    return { anyOf: others.map((type) => ({ type })), ...nullable };
  }

  #bytes(): JsonObject {
    if (this.#isOpenApi) return { type: "string", format: "byte" };
    return this.#since("draft-07") ? { type: "string", contentEncoding: "base64" } : { type: "string" };
  }

  #bound(op: string, limit: number): JsonObject {
    const plain = op.startsWith("<") ? "maximum" : "minimum";
    if (op.endsWith("=")) return { [plain]: limit };
    const strict = op === "<" ? "exclusiveMaximum" : "exclusiveMinimum";
    return this.#since("draft-06") ? { [strict]: limit } : { [plain]: limit, [strict]: true };
  }

  #described(description: string, term: SchemaTerm): Written {
    const schema = this.write(term);
    if (schema === true) return { description };
    if (schema === false) return false;
    // Older dialects leave alone what stands beside a reference.
    if (Object.hasOwn(schema, "$ref") && !this.#since("2019-09")) return { description, allOf: [schema] };
    return { ...schema, description };
  }

  #items({ prefix, rest }: SchemaTerm & { kind: "items" }): Written {
    const first = prefix.map((term) => this.#schema(term));
    if (first.length === 0) return rest === undefined ? true : { items: this.#schema(rest) };
    if (this.#isOpenApi) return { items: anyOf([...first, ...(rest === undefined ? [] : [this.#schema(rest)])]) };
    const [whole, further] = this.#since("2020-12") ? ["prefixItems", "items"] : ["items", "additionalItems"];
    return { [whole!]: first, ...(rest !== undefined && { [further!]: this.#schema(rest) }) };
  }

  #contains({ term, least, most }: SchemaTerm & { kind: "contains" }): Written {
    if (!this.#since("draft-06")) return true;
    const limits = {
      ...(least !== undefined && { minContains: least }),
      ...(most !== undefined && { maxContains: most }),
    };
    if (this.#since("2019-09")) return { contains: this.#schema(term), ...limits };
    return least === 0 ? true : { contains: this.#schema(term) };
  }

  #conditional({ condition, then, otherwise }: SchemaTerm & { kind: "conditional" }): Written {
    if (!this.#since("draft-07")) return true;
    return {
      if: this.#schema(condition),
      ...(then.kind !== "any" && { then: this.#schema(then) }),
      ...(otherwise.kind !== "any" && { else: this.#schema(otherwise) }),
    };
  }

  #object({ properties, required, patterns, others }: ObjectTerm): Written {
    const all = (parts: ReadonlyMap<string, SchemaTerm>) =>
      Object.fromEntries([...parts].toSorted(byName).map(([name, term]) => [name, this.#schema(term)]));
    const hasPatterns = patterns.size > 0 && !this.#isOpenApi;
    // Fields that only a pattern admits must not be refused where patterns cannot be told.
    const refuses = others !== undefined && (hasPatterns || patterns.size === 0 || others.kind !== "none");
    const schema: JsonObject = {
      ...(properties.size > 0 && { properties: all(properties) }),
      ...(required.length > 0 && { required: [...required] }),
      ...(refuses && { additionalProperties: this.write(others) }),
      ...(hasPatterns && { patternProperties: all(patterns) }),
    };
    return Object.keys(schema).length === 0 ? true : schema;
  }
}

/** The keyword that holds the schemas that a schema refers to. */
export function definitionsKey(dialect: WrittenDialect): "$defs" | "definitions" {
  return dialect === "2019-09" || dialect === "2020-12" ? "$defs" : "definitions";
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isNull(term: SchemaTerm): boolean {
  return term.kind === "type" && term.types.length === 1 && term.types[0] === "null";
}

function anyOf(schemas: readonly JsonValue[]): JsonValue {
  const distinct = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  return distinct.length === 1 ? distinct[0]! : { anyOf: distinct };
}

/** A name as a token of a JSON pointer within a URL. */
function fragmentOf(name: string): string {
  const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
  return encodeURI(token).replaceAll("#", "%23");
}
