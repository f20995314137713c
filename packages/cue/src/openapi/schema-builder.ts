import type { JsonObject, JsonValue } from "@lateen/base";
import type { CueValue } from "../cue-value.ts";
import { nullKind } from "../eval/kind.ts";
import { rootOf } from "../eval/vertex.ts";
import type { Base, Validator } from "../eval/values.ts";
import { type OpenApiOptions, nameOf } from "./document-options.ts";
import { scalarJson } from "./scalar-schema.ts";
import { formatOf, typeOf, withoutRange } from "./value-formats.ts";
import {
  baseOf,
  constantOf,
  evaluatedParts,
  evaluatedTerms,
  kindsOf,
  nameOfField,
  opened,
  othersOf,
  restOf,
  splitBy,
  structParts,
  together,
} from "./value-parts.ts";

export interface BuildContext {
  readonly root: CueValue;
  readonly options: OpenApiOptions;
  readonly schemas: Map<string, JsonObject>;
  /** What is referred to in other packages, by the names of the schemas. */
  readonly outside: Map<string, CueValue>;
  /** Where the value stands. */
  path: string[];
  made: number;
}

type MutableSchema = Record<string, JsonValue>;

/** Schemas within one document, and levels of one. */
const mostSchemas = 20_000;
const deepest = 60;

/** One schema: keywords of which there is one, and groups of those that can come again, which stand in `allOf` then. */
export class SchemaBuilder {
  readonly #context: BuildContext;
  /** The schema that an alternative is part of: what that says is not said again. */
  readonly #outer: SchemaBuilder | undefined;
  readonly #single = new Map<string, JsonValue>();
  readonly #groups: MutableSchema[] = [];
  #current: MutableSchema | undefined;
  #type: string | undefined;
  #format: string | undefined;

  constructor(context: BuildContext, core?: SchemaBuilder) {
    this.#context = context;
    this.#outer = core === undefined ? undefined : (core.#outer ?? core);
    if (core === undefined) return;
    this.#type = core.#type;
    this.#format = core.#format;
  }

  static schemaOf(context: BuildContext, value: CueValue): JsonObject {
    if (context.path.length > deepest || ++context.made > mostSchemas) return {};
    const builder = new SchemaBuilder(context);
    builder.#type = typeOf(kindsOf(value) & ~nullKind);
    builder.#format = formatOf(value);
    const isReference = builder.#value(value);
    if (isReference) builder.#type = undefined;
    else builder.#describe(value);
    const schema = withoutRange(builder.#finish(), builder.#format);
    return isDeprecated(value) ? { ...schema, deprecated: true } : schema;
  }

  #describe(value: CueValue): void {
    const { descriptionOf } = this.#context.options;
    const text = descriptionOf === undefined ? value.doc.join("\n\n").trim() : descriptionOf(value).trim();
    if (text !== "") this.#single.set("description", text);
  }

  // Values -----------------------------------------------------------------------------------------------------------

  /** Whether the value is a reference and nothing else. */
  #value(value: CueValue): boolean {
    let rest: CueValue | undefined = value;
    let isReference = false;
    let hasReference = false;
    if (this.#format === undefined) {
      const references = new Set<string>();
      const others: CueValue[] = [];
      for (const part of structParts(value)) {
        const name = this.#referenceOf(part);
        if (name === undefined) others.push(part);
        else references.add(name);
      }
      for (const name of references) this.#groups.push({ $ref: `#/components/schemas/${name}` });
      hasReference = references.size > 0;
      isReference = others.length === 0 && references.size === 1;
      rest = !hasReference ? value : others.length === 0 ? undefined : together(value, others);
    }
    if (rest !== undefined) this.#parts(rest);
    if (!hasReference) this.#default(value);
    return isReference;
  }

  #referenceOf(value: CueValue): string | undefined {
    const path = value.referencePath()?.path;
    const to = value.referredVertex();
    if (path === undefined || path === "" || to === undefined) return undefined;
    const { root, options, outside } = this.#context;
    if (rootOf(to) !== rootOf(root.vertex)) {
      const name = nameOf(options, path);
      if (name !== undefined) outside.set(name, value.at(to));
      return name;
    }
    // What a choice holds cannot be looked up; where the path begins can.
    const [first = ""] = /^(?:"(?:[^"\\\\]|\\\\.)*"|[^.[]+)/.exec(path) ?? [];
    return root.lookupPath(first).exists ? nameOf(options, path) : undefined;
  }

  #parts(value: CueValue): void {
    if (value.err !== undefined && value.isFatal) return;
    const isStruct = value.incompleteKind === "struct";
    for (const part of isStruct ? structParts(value) : evaluatedParts(value)) {
      const constant = constantOf(part);
      if (constant !== undefined) {
        this.#dispatch(part);
        if (this.#outer === undefined) this.#set("enum", [constant]);
        continue;
      }
      const terms = isStruct ? splitBy("|", part) : evaluatedTerms(part);
      if (terms.length === 1) this.#dispatch(terms[0]!);
      else if (terms.length > 1) this.#choice(terms);
    }
  }

  #default(value: CueValue): void {
    const { value: chosen, exists } = value.default();
    const base = baseOf(value);
    const isOpenList = base?.tag === "list" && base.isOpen;
    if (!exists && !isOpenList) return;
    if (chosen.validate({ concrete: true }).length > 0 || this.#outer !== undefined) return;
    const json = chosen.toJSON();
    if (Array.isArray(json) && json.length === 0) return;
    this.#filtered("default", json);
  }

  #choice(terms: readonly CueValue[]): void {
    const constants: JsonValue[] = [];
    const others: CueValue[] = [];
    let isNullable = false;
    for (const term of terms) {
      const constant = constantOf(term);
      if (constant === null) isNullable = true;
      else if (constant !== undefined) constants.push(constant);
      else others.push(term);
    }
    if (isNullable) this.#single.set("nullable", true);
    if (others.length === 0 || (others.length === 1 && constants.length === 0)) {
      if (others[0] !== undefined) this.#value(others[0]);
      if (constants.length > 0 && this.#outer === undefined) this.#set("enum", constants);
      return;
    }
    const schemas: JsonObject[] = [];
    for (const other of others) {
      const builder = new SchemaBuilder(this.#context, this);
      builder.#value(other);
      const schema = builder.#finish();
      // One that takes anything makes the others meaningless.
      if (Object.keys(schema).length === 0 && builder.#type === undefined) return;
      schemas.push(schema);
    }
    const alternatives = others.map((other, i) => apart(other, { others, schemas, at: i }));
    this.#set("oneOf", [...(constants.length > 0 ? [{ enum: constants }] : []), ...alternatives]);
  }

  // Kinds ------------------------------------------------------------------------------------------------------------

  #dispatch(value: CueValue): void {
    const base = baseOf(value);
    switch (value.incompleteKind) {
      case "null":
        this.#single.set("nullable", true);
        return;
      case "bool":
        this.#type ??= "boolean";
        return;
      case "int":
        this.#type ??= "integer";
        this.#scalar(base);
        return;
      case "float":
      case "number":
      case "int|float":
        this.#type ??= "number";
        this.#scalar(base);
        return;
      case "bytes":
        this.#type ??= "string";
        this.#scalar(base);
        return;
      case "string":
        this.#type ??= "string";
        this.#scalar(base);
        return;
      case "struct":
        this.#type ??= "object";
        if (base?.tag === "validator") this.#validator(base);
        else this.#object(value);
        return;
      case "list":
        this.#type ??= "array";
        if (base?.tag === "validator") this.#validator(base);
        else this.#list(value, base?.tag === "list" && base.isOpen);
        return;
      default:
    }
  }

  #scalar(base: Base | undefined): void {
    if (base?.tag === "conjunction") for (const part of base.values) this.#scalar(part);
    else if (base?.tag === "validator") this.#validator(base);
    else if (base?.tag === "bound") this.#bound(base.op, scalarJson(base.value.value));
  }

  #bound(op: string, limit: JsonValue): void {
    const isOld = this.#context.options.version !== "3.1.0";
    const strictly = (strict: string, plain: string): void => {
      if (isOld) {
        this.#filtered(strict, true);
        this.#filtered(plain, limit);
      } else this.#filtered(strict, limit);
    };
    if (op === "<") strictly("exclusiveMaximum", "maximum");
    else if (op === ">") strictly("exclusiveMinimum", "minimum");
    else if (op === "<=") this.#filtered("maximum", limit);
    else if (op === ">=") this.#filtered("minimum", limit);
    else if (op === "=~") this.#filtered("pattern", limit);
    else if (op === "!~") this.#groups.push({ not: { pattern: limit } });
    else if (op === "!=" && typeof limit === "number")
      this.#groups.push({ not: { allOf: [{ minimum: limit }, { maximum: limit }] } });
  }

  #validator({ func, args }: Validator): void {
    const name = `${func.pkg}.${func.name.slice(func.name.lastIndexOf(".") + 1)}`;
    if (name === "list.UniqueItems") this.#filtered("uniqueItems", true);
    const keyword = limits.get(name);
    const [limit] = args;
    if (keyword !== undefined && limit?.tag === "atom") this.#filtered(keyword, scalarJson(limit.value));
  }

  #object(value: CueValue): void {
    const fields = value.fields({ optional: true, definitions: true });
    const needed = fields.filter((field) => !field.optional && !field.selector.startsWith("#")).map(nameOfField);
    if (needed.length > 0) this.#filtered("required", needed);
    const properties: [string, JsonObject][] = [];
    for (const field of fields) {
      const { selector, value: inner } = field;
      if (selector.startsWith("#") && selector.endsWith("_value")) continue;
      const schema = this.#within(selector, () => SchemaBuilder.schemaOf(this.#context, inner as CueValue));
      if (selector.startsWith("#")) this.#define([...this.#context.path, selector].join("."), schema);
      else if (this.#outer === undefined || Object.keys(schema).length > 0)
        properties.push([nameOfField(field), schema]);
    }
    const known = this.#single.get("properties") as JsonObject | undefined;
    if (properties.length > 0) this.#single.set("properties", { ...known, ...Object.fromEntries(properties) });
    const others = othersOf(value);
    if (others === undefined) return;
    const schema = this.#within("*", () => SchemaBuilder.schemaOf(this.#context, others));
    if (Object.keys(schema).length > 0) this.#single.set("additionalProperties", schema);
  }

  #define(path: string, schema: JsonObject): void {
    const name = nameOf(this.#context.options, path);
    if (name !== undefined) this.#context.schemas.set(name, schema);
  }

  #list(value: CueValue, isOpen: boolean): void {
    const items = value
      .elements()
      .map((element, i) => this.#within(String(i), () => SchemaBuilder.schemaOf(this.#context, element as CueValue)));
    if (items.length > 0) this.#set("items", items);
    if (!isOpen) return;
    if (items.length > 0) this.#filtered("minItems", items.length);
    const rest = restOf(value);
    if (rest === undefined) return;
    const schema = this.#within("*", () => SchemaBuilder.schemaOf(this.#context, rest));
    if (items.length > 0) this.#filtered("additionalItems", schema);
    else if (this.#outer === undefined || Object.keys(schema).length > 0) this.#single.set("items", schema);
  }

  #within<T>(name: string, make: () => T): T {
    const before = this.#context.path;
    this.#context.path = [...before, name];
    const result = make();
    this.#context.path = before;
    return result;
  }

  // Keywords ---------------------------------------------------------------------------------------------------------

  #filtered(keyword: string, value: JsonValue): void {
    if (this.#context.options.without?.test(`Schema/${keyword}`) !== true) this.#set(keyword, value);
  }

  #set(keyword: string, value: JsonValue): void {
    if (this.#current === undefined || Object.hasOwn(this.#current, keyword)) {
      this.#current = {};
      this.#groups.push(this.#current);
    }
    this.#current[keyword] = value;
  }

  #finish(): MutableSchema {
    const [only] = this.#groups;
    const isPlain = this.#groups.length === 1 && (!Object.hasOwn(only!, "$ref") || this.#single.size === 0);
    const rest: JsonObject = this.#groups.length === 0 ? {} : isPlain ? only! : { allOf: this.#groups };
    const schema: MutableSchema = { ...Object.fromEntries(this.#single), ...(rest as MutableSchema) };
    const outer = this.#outer;
    if (this.#type !== undefined && (outer === undefined || outer.#type !== this.#type)) schema["type"] ??= this.#type;
    if (this.#format !== undefined && (outer === undefined || outer.#format !== this.#format))
      schema["format"] = this.#format;
    return schema;
  }
}

const limits = new Map([
  ["strings.MinRunes", "minLength"],
  ["strings.MaxRunes", "maxLength"],
  ["list.MinItems", "minItems"],
  ["list.MaxItems", "maxItems"],
  ["struct.MinFields", "minProperties"],
  ["struct.MaxFields", "maxProperties"],
  ["math.MultipleOf", "multipleOf"],
]);

/** An alternative that says which of the others it is not: those whose instances would all be its own too. */
function apart(
  value: CueValue,
  choice: { readonly others: readonly CueValue[]; readonly schemas: readonly JsonObject[]; readonly at: number },
): JsonObject {
  const { others, schemas, at } = choice;
  const schema = schemas[at]!;
  const alone = opened(value);
  const within = schemas.filter((_, i) => i !== at && admits(alone, opened(others[i]!)));
  if (within.length === 0) return schema;
  const exclude: JsonObject = { not: { anyOf: within } };
  return Object.keys(schema).length === 0 ? exclude : { allOf: [schema, exclude] };
}

function isDeprecated(value: CueValue): boolean {
  return value.attributes().some(({ name, body }) => name === "protobuf" && /,\s*deprecated\b/.test(body));
}

/** Whether every instance of the other is one of the value: said of it, or seen where unifying them gives the other. */
function admits(value: CueValue, other: CueValue): boolean {
  if (value.subsumes(other, { schema: true })) return true;
  const both = value.unify(other);
  if (both.validate().length > 0) return false;
  const shown = { evaluated: "defaults kept", optional: true, definitions: true } as const;
  return both.syntax(shown) === other.syntax(shown) && both.fields().length > value.fields().length;
}
