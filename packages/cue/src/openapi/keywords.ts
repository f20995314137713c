import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { compileRegex } from "../library/index.ts";
import type { Expr, Field } from "../syntax/ast.ts";
import type { SchemaResult } from "./schema-state.ts";
import { isKubernetes, isSince, own } from "./dialect.ts";
import {
  allOf,
  anyOf,
  call,
  constant,
  embed,
  field,
  ident,
  list,
  nameLabel,
  number,
  pattern,
  struct,
  text,
  unary,
} from "./nodes.ts";
import type { SchemaState } from "./schema-state.ts";
import { Types, allTypes, bitsOfName, bitsOfValue, numberTypes } from "./types.ts";

/** What a keyword's value adds to a schema. */
export type Keyword = (state: SchemaState, value: JsonValue) => void;

// Types and values.

const type: Keyword = (state, value) => {
  let bits = 0;
  for (const name of Array.isArray(value) ? value : [value]) {
    const found = typeof name === "string" ? bitsOfName(name) : undefined;
    if (found === undefined) state.context.report(state.at("type"), `unknown type ${JSON.stringify(name)}`);
    else bits |= found;
  }
  state.restrict(own(state.schema, "nullable") === true ? bits | Types.null : bits);
};

const values: Keyword = (state, value) => {
  const possible = (Array.isArray(value) ? value : []).filter((item) => (bitsOfValue(item) & state.allowed) !== 0);
  const bits = possible.reduce((sum: number, item) => sum | bitsOfValue(item), 0);
  state.restrict(bits);
  state.known &= bits;
  if (possible.length > 0) state.all.push(anyOf(possible.map(constant)));
};

const constantValue: Keyword = (state, value) => values(state, [value]);

// Numbers.

const bound =
  (op: ">=" | "<=", strict: ">" | "<", exclusive: string): Keyword =>
  (state, value) => {
    const limit = numberOf(state, value);
    if (limit === undefined) return;
    state.byType.number.push(unary(own(state.schema, exclusive) === true ? strict : op, limit));
  };

const strictBound =
  (op: ">" | "<"): Keyword =>
  (state, value) => {
    if (typeof value === "boolean") return;
    const limit = numberOf(state, value);
    if (limit !== undefined) state.byType.number.push(unary(op, limit));
  };

const multipleOf: Keyword = (state, value) => {
  const factor = numberOf(state, value);
  if (factor !== undefined) state.byType.number.push(call(state.context.fromPackage("math", "MultipleOf"), factor));
};

function numberOf(state: SchemaState, value: JsonValue): Expr | undefined {
  if (typeof value === "number") return number(value);
  state.context.report(state.pointer, "invalid number");
  return undefined;
}

/** A function of one whole number, as `strings.MinRunes`. */
const count =
  (core: "string" | "list" | "struct", path: string, name: string): Keyword =>
  (state, value) => {
    const limit = numberOf(state, value);
    if (limit !== undefined) state.byType[core].push(call(state.context.fromPackage(path, name), limit));
  };

// Strings.

const stringPattern: Keyword = (state, value) => {
  const checked = patternOf(state, value, "pattern");
  if (checked !== undefined) state.byType.string.push(unary("=~", text(checked)));
};

/** A regular expression that CUE has too; one of Perl's is left out, or refused where features are strict. */
function patternOf(state: SchemaState, value: JsonValue, keyword: string): string | undefined {
  if (typeof value !== "string") {
    state.context.report(state.at(keyword), "invalid string");
    return undefined;
  }
  try {
    compileRegex(value);
    return value;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (state.context.options.strictFeatures) {
      state.context.report(state.at(keyword), `unsupported Perl regexp syntax in ${JSON.stringify(value)}: ${why}`);
    }
    return undefined;
  }
}

const numberFormats = new Set(["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]);

const format: Keyword = (state, value) => {
  if (typeof value !== "string") return;
  if (numberFormats.has(value) && (state.allowed & numberTypes) !== 0) state.numberFormat = value;
  else if (value === "date-time") state.byType.string.push(state.context.fromPackage("time", "Time"));
  else if (value === "date") {
    state.byType.string.push(call(state.context.fromPackage("time", "Format"), text("2006-01-02")));
  }
};

// Arrays.

const unique: Keyword = (state, value) => {
  if (value === true) state.byType.list.push(call(state.context.fromPackage("list", "UniqueItems")));
};

const minItems: Keyword = (state, value) => {
  if (typeof value !== "number" || value <= 0) return;
  // Many elements are counted, few are shown.
  if (value > 10) count("list", "list", "MinItems")(state, value);
  else
    state.byType.list.push(
      list(
        Array.from({ length: value }, () => ident("_")),
        "open",
      ),
    );
};

const contains: Keyword = (state, value) => {
  const least = own(state.schema, "minContains");
  const most = own(state.schema, "maxContains");
  const counts = [unary(">=", number(typeof least === "number" ? least : 1))];
  if (typeof most === "number") counts.push(unary("<=", number(most)));
  const element = state.context.read(value, state.at("contains")).expr;
  state.byType.list.push(call(state.context.fromPackage("list", "MatchN"), allOf(counts), element));
};

const items: Keyword = (state, value) => {
  if (Array.isArray(value)) {
    if (isSince(state.context.dialect, "2020-12")) {
      const since = `from version ${"https://json-schema.org/draft/2020-12/schema"} onwards`;
      state.context.report(state.at("items"), `${since}, the value of "items" must be an object or a boolean`);
    }
    tuple(state, value, "items", own(state.schema, "additionalItems"));
    return;
  }
  if (own(state.schema, "prefixItems") !== undefined) return;
  state.byType.list.push(list([], state.context.read(value, state.at("items")).expr));
};

const prefixItems: Keyword = (state, value) => {
  if (Array.isArray(value)) tuple(state, value, "prefixItems", own(state.schema, "items"));
};

function tuple(state: SchemaState, elements: readonly JsonValue[], keyword: string, rest: JsonValue | undefined): void {
  const exprs = elements.map((element, index) => state.context.read(element, state.at(keyword, String(index))).expr);
  if (rest === false) state.byType.list.push(list(exprs));
  else if (rest === undefined || rest === true) state.byType.list.push(list(exprs, "open"));
  else state.byType.list.push(list(exprs, state.context.read(rest, state.at("additionalItems")).expr));
}

// Objects.

const properties: Keyword = (state, value) => {
  if (!isJsonObject(value)) return;
  const { decls } = state.objectParts();
  const required = new Set(requiredNames(state.schema));
  const identity = kindIdentity(state);
  for (const name of Object.keys(value)) {
    const known = identity.get(name);
    if (known === undefined) decls.push(property(state, name, value[name] ?? true, required.has(name)));
    else decls.push(field(nameLabel(name), text(known)));
    identity.delete(name);
  }
  for (const [name, known] of identity) decls.push(field(nameLabel(name), text(known)));
};

function property(state: SchemaState, name: string, schema: JsonValue, isRequired: boolean): Field {
  const { expr, doc, attributes } = state.context.read(schema, state.at("properties", name));
  return field(nameLabel(name), expr, { constraint: isRequired ? "!" : "?", doc, attributes });
}

function requiredNames(schema: JsonObject): string[] {
  const names = own(schema, "required");
  return Array.isArray(names) ? names.filter((name): name is string => typeof name === "string") : [];
}

/** In the Kubernetes API each kind's own schema fixes its version and kind. */
function kindIdentity({ schema, context }: SchemaState): Map<string, string> {
  const kinds = own(schema, "x-kubernetes-group-version-kind");
  const [only] = Array.isArray(kinds) ? kinds : [];
  if (context.dialect !== "kubernetes" || !Array.isArray(kinds) || kinds.length !== 1 || !isJsonObject(only))
    return new Map();
  const { group, version, kind } = only;
  if (typeof version !== "string" || typeof kind !== "string") return new Map();
  const apiVersion = typeof group === "string" && group !== "" ? `${group}/${version}` : version;
  return new Map([
    ["apiVersion", apiVersion],
    ["kind", kind],
  ]);
}

const required: Keyword = (state, value) => {
  if (!Array.isArray(value)) return;
  for (const name of value) {
    if (typeof name !== "string") state.context.report(state.at("required"), "invalid string");
  }
  const declared = own(state.schema, "properties");
  const known = isJsonObject(declared) ? declared : {};
  for (const name of requiredNames(state.schema)) {
    if (!Object.hasOwn(known, name)) {
      state.objectParts().decls.push(field(nameLabel(name), ident("_"), { constraint: "!" }));
    }
  }
};

const patternProperties: Keyword = (state, value) => {
  if (!isJsonObject(value)) return;
  for (const expression of Object.keys(value)) {
    const { expr } = state.context.read(value[expression] ?? true, state.at("patternProperties", expression));
    const checked = patternOf(state, expression, "patternProperties");
    if (checked === undefined) continue;
    state.objectParts().decls.push(embed(struct([pattern(unary("=~", text(checked)), expr)])));
  }
};

const additionalProperties: Keyword = (state, value) => {
  const object = state.objectParts();
  if (value === false) {
    if (!isKubernetes(state.context.dialect)) object.closed = true;
    return;
  }
  if (value === true) {
    object.open = true;
    return;
  }
  const declared = own(state.schema, "properties");
  const names = isJsonObject(declared) ? Object.keys(declared) : [];
  if (names.length > 0 && state.context.dialect === "custom-resource") {
    const message = "additionalProperties may not be combined with properties in Kubernetes CRD";
    state.context.report(state.at("additionalProperties"), message);
  }
  const patterns = own(state.schema, "patternProperties");
  const others = [
    ...(names.length > 0 ? [`^(${names.toSorted().map(escapeForPattern).join("|")})$`] : []),
    ...(isJsonObject(patterns) ? Object.keys(patterns) : []),
  ];
  const { expr } = state.context.read(value, state.at("additionalProperties"));
  object.constrained = true;
  if (others.length === 0) object.decls.push(pattern(ident("string"), expr));
  else object.decls.push(embed(struct([pattern(allOf(others.map((other) => unary("!~", text(other)))), expr)])));
};

function escapeForPattern(name: string): string {
  return name.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

// Combinations.

const combine =
  (keyword: string, makeCount: (options: number) => Expr): Keyword =>
  (state, value) => {
    if (!Array.isArray(value)) return;
    const results = value.map((schema, index) =>
      state.context.read(schema, state.at(keyword, String(index)), state.allowed),
    );
    const possible = results.filter((result, index) => result.allowed !== 0 || value[index] === false);
    const bits = results.reduce((sum, result) => sum | result.allowed, 0);
    state.restrict(bits);
    if (isNullable(possible)) return;
    state.known &= bits;
    if (possible.length === 1 && value[0] !== false) state.all.push(possible[0]!.expr);
    else if (possible.length > 0) {
      state.all.push(call(ident("matchN"), makeCount(possible.length), list(possible.map(({ expr }) => expr))));
    }
  };

/** A type or null: how documents say that a value may be null. */
function isNullable(results: readonly SchemaResult[]): boolean {
  const others = results.filter(({ expr }) => expr.kind !== "literal");
  return results.length === 2 && others.length === 1 && results.every(({ expr }) => isBareType(expr));
}

/** Nothing but a type: `string`, `null`, `[...]`, `{...}`. */
function isBareType(expr: Expr): boolean {
  if (expr.kind === "ident") return ["bool", "int", "number", "string"].includes(expr.name);
  if (expr.kind === "literal") return expr.type === "null";
  if (expr.kind === "list") return expr.elements.length === 1 && isOpenEnd(expr.elements[0]);
  return expr.kind === "struct" && expr.decls.length === 1 && isOpenEnd(expr.decls[0]);
}

function isOpenEnd(part: { readonly kind: string; readonly type?: unknown } | undefined): boolean {
  return part?.kind === "ellipsis" && part.type === undefined;
}

const everyOf: Keyword = (state, value) => {
  if (!Array.isArray(value)) return;
  const results = value.map((schema, index) =>
    state.context.read(schema, state.at("allOf", String(index)), state.allowed),
  );
  for (const { allowed } of results) {
    state.restrict(allowed);
    state.known &= allowed;
  }
  const said = results.filter(({ expr }) => !(expr.kind === "ident" && expr.name === "_"));
  if (said.length === 1) state.all.push(said[0]!.expr);
  else if (said.length > 1) {
    state.all.push(call(ident("matchN"), number(said.length), list(said.map(({ expr }) => expr))));
  }
};

const not: Keyword = (state, value) => {
  const { expr } = state.context.read(value, state.at("not"));
  state.all.push(call(ident("matchN"), number(0), list([expr])));
};

const condition: Keyword = (state, value) => {
  const branch = (keyword: string): Expr => {
    const schema = own(state.schema, keyword);
    return schema === undefined ? ident("_") : state.context.read(schema, state.at(keyword), state.allowed).expr;
  };
  const then = branch("then");
  const otherwise = branch("else");
  if (then.kind === "ident" && otherwise.kind === "ident") return;
  const test = state.context.read(value, state.at("if"), state.allowed).expr;
  state.all.push(call(ident("matchIf"), test, then, otherwise));
};

// Kubernetes' own.

const intOrString: Keyword = (state, value) => {
  if (value === true) state.restrict(Types.int | Types.string);
  if (value === true && state.all.length > 0) state.known = allTypes;
};

const preserveUnknown: Keyword = (state, value) => {
  if (value !== true) return;
  state.objectParts().open = true;
};

const embeddedResource: Keyword = (state, value) => {
  if (value === true) state.objectParts().decls.unshift(embed(state.context.embeddedResource()));
};

/** Keywords in the order in which they are worked off: later ones look at what earlier ones left. */
export const keywordPhases: readonly (readonly (readonly [name: string, keyword: Keyword])[])[] = [
  [["type", type]],
  [
    ["enum", values],
    ["const", constantValue],
    ["format", format],
    ["minimum", bound(">=", ">", "exclusiveMinimum")],
    ["maximum", bound("<=", "<", "exclusiveMaximum")],
    ["exclusiveMinimum", strictBound(">")],
    ["exclusiveMaximum", strictBound("<")],
    ["multipleOf", multipleOf],
    ["minLength", count("string", "strings", "MinRunes")],
    ["maxLength", count("string", "strings", "MaxRunes")],
    ["pattern", stringPattern],
    ["maxItems", count("list", "list", "MaxItems")],
    ["uniqueItems", unique],
    ["contains", contains],
    ["minProperties", count("struct", "struct", "MinFields")],
    ["maxProperties", count("struct", "struct", "MaxFields")],
    ["anyOf", combine("anyOf", () => unary(">=", number(1)))],
    ["oneOf", combine("oneOf", () => number(1))],
    ["allOf", everyOf],
    ["not", not],
    ["if", condition],
  ],
  [
    ["minItems", minItems],
    ["x-kubernetes-int-or-string", intOrString],
  ],
  [
    ["items", items],
    ["prefixItems", prefixItems],
    ["properties", properties],
  ],
  [["required", required]],
  [["patternProperties", patternProperties]],
  [
    ["additionalProperties", additionalProperties],
    ["x-kubernetes-preserve-unknown-fields", preserveUnknown],
  ],
  [["x-kubernetes-embedded-resource", embeddedResource]],
];
