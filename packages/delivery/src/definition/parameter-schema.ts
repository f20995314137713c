/**
 * The OpenAPI schema of a template's `parameter`, from its text: what user interfaces make forms of. It says what CUE's
 * OpenAPI encoder and KubeVela's post-processing say (kubevela-definitions.md 3.4), without evaluating the template.
 */
import { type JsonObject, type JsonValue, canonicalJson } from "@lateen/base";
import { type Expr, type Field, parseFile } from "@lateen/cue";
import { labelName } from "./literal-json.ts";
import {
  type Resolved,
  type Scope,
  UndecidedCondition,
  branchesOf,
  childScope,
  conditionHolds,
  constantOf,
  decidedValue,
  fileScope,
  isNullLiteral,
  resolveIdent,
} from "./schema-scope.ts";

/** A template that is no CUE, or a parameter that the form cannot show. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}

type Schema = Record<string, JsonValue | undefined>;

const maxDepth = 60;

/** @throws SchemaError for a text that does not parse and for a recursive parameter. */
export function parameterSchema(template: string): JsonObject {
  const { file, diagnostics } = parseFile(template, { filename: "template" });
  if (diagnostics.length > 0) throw new SchemaError(diagnostics[0]!.message);
  const scope = fileScope(file);
  const fields = file.decls.filter(
    (decl): decl is Field => decl.kind === "field" && labelName(decl.label) === "parameter",
  );
  if (fields.length === 0) return { type: "object" };
  try {
    const schema = fields.map(({ value }) => schemaOf(value, scope, 0)).reduce(mergeSchemas);
    return described(schema, docOf(fields[0]!)) as JsonObject;
  } catch (error) {
    if (error instanceof UndecidedCondition) return { type: "object" };
    throw error;
  }
}

const basicTypes: Readonly<Record<string, Schema>> = {
  string: { type: "string" },
  int: { type: "integer" },
  bool: { type: "boolean" },
  number: { type: "number" },
  float: { type: "number" },
  bytes: { type: "string", format: "binary" },
  _: {},
  null: { nullable: true },
  uint: { type: "integer", minimum: 0 },
  uint8: { type: "integer", minimum: 0, maximum: 255 },
  uint16: { type: "integer", minimum: 0, maximum: 65_535 },
  uint32: { type: "integer", minimum: 0, maximum: 4_294_967_295 },
  int8: { type: "integer", minimum: -128, maximum: 127 },
  int16: { type: "integer", minimum: -32_768, maximum: 32_767 },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  float32: { type: "number", format: "float" },
  float64: { type: "number", format: "double" },
};

function schemaOf(expr: Expr, scope: Scope, depth: number): Schema {
  if (depth > maxDepth) throw new SchemaError("the parameter refers to itself");
  switch (expr.kind) {
    case "paren":
      return schemaOf(expr.expr, scope, depth + 1);
    case "ident":
      return identSchema(expr.name, scope, depth);
    case "literal":
    case "interpolation":
      return literalSchema(constantOf(expr, scope));
    case "unary":
      return expr.op === "*"
        ? schemaOf(expr.expr, scope, depth + 1)
        : boundSchema(expr.op, constantOf(expr.expr, scope), expr);
    case "binary":
      if (expr.op === "&")
        return mergeSchemas(schemaOf(expr.left, scope, depth + 1), schemaOf(expr.right, scope, depth + 1));
      if (expr.op === "|") return disjunctionSchema(expr, scope, depth);
      return literalSchema(constantOf(expr, scope));
    case "struct":
      return structSchema(expr, scope, depth);
    case "list":
      return listSchema(expr, scope, depth);
    case "call":
      return callSchema(expr, scope, depth);
    case "selector":
      return selectorSchema(expr);
    default:
      return {};
  }
}

function identSchema(name: string, scope: Scope, depth: number): Schema {
  const found = resolveIdent(name, scope);
  if (found !== undefined) return schemaOf(found.expr, found.scope, depth + 1);
  return Object.hasOwn(basicTypes, name) ? { ...basicTypes[name] } : {};
}

function literalSchema(value: JsonValue | undefined): Schema {
  if (value === undefined) return {};
  if (value === null) return { nullable: true };
  if (typeof value === "string") return { type: "string", enum: [value] };
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number", enum: [value] };
  if (typeof value === "boolean") return { type: "boolean" };
  return Array.isArray(value) ? { type: "array" } : { type: "object" };
}

function boundSchema(op: string, value: JsonValue | undefined, expr: Expr): Schema {
  if (op === "=~" && typeof value === "string") return { type: "string", pattern: value };
  if (op === "!=") throw new SchemaError("the encoder has no form for !=");
  if (typeof value !== "number") return op === "-" || op === "+" ? literalSchema(constantOf(expr, undefined)) : {};
  if (op === ">=") return { type: "number", minimum: value };
  if (op === ">") return { type: "number", minimum: value, exclusiveMinimum: true };
  if (op === "<=") return { type: "number", maximum: value };
  if (op === "<") return { type: "number", maximum: value, exclusiveMaximum: true };
  if (op === "-") return literalSchema(-value);
  return {};
}

function callSchema(expr: Extract<Expr, { kind: "call" }>, scope: Scope, depth: number): Schema {
  const { fun, args } = expr;
  if (fun.kind === "ident" && fun.name === "close" && args[0] !== undefined) return schemaOf(args[0], scope, depth + 1);
  if (fun.kind !== "selector" || fun.expr.kind !== "ident" || fun.selector.kind !== "ident") return {};
  const name = `${fun.expr.name}.${fun.selector.name}`;
  const number = args[0] === undefined ? undefined : constantOf(args[0], scope);
  switch (name) {
    case "strings.MinRunes":
      return { type: "string", minLength: number };
    case "strings.MaxRunes":
      return { type: "string", maxLength: number };
    case "list.UniqueItems":
      return { type: "array", uniqueItems: true };
    case "list.MaxItems":
      return { type: "array", maxItems: number };
    case "list.MinItems":
      throw new SchemaError("the encoder has no form for list.MinItems");
    default:
      return {};
  }
}

function selectorSchema(expr: Extract<Expr, { kind: "selector" }>): Schema {
  if (expr.expr.kind !== "ident" || expr.selector.kind !== "ident") return {};
  return expr.expr.name === "time" && expr.selector.name === "Time" ? { type: "string", format: "date-time" } : {};
}

function listSchema(expr: Extract<Expr, { kind: "list" }>, scope: Scope, depth: number): Schema {
  const rest = expr.elements.find((element) => element.kind === "ellipsis");
  if (rest === undefined) return { type: "array" };
  return {
    type: "array",
    items: rest.type === undefined ? {} : (schemaOf(rest.type, scope, depth + 1) as JsonObject),
  };
}

interface StructParts {
  readonly properties: Record<string, Schema>;
  readonly required: Set<string>;
  additional: Schema | undefined;
  embedded: Schema;
}

function structSchema(expr: Extract<Expr, { kind: "struct" }>, scope: Scope, depth: number): Schema {
  const inner = childScope(scope, expr);
  const parts: StructParts = { properties: {}, required: new Set(), additional: undefined, embedded: {} };
  collectDecls(expr, inner, { parts, depth, conditional: false });
  const own: Schema = { type: "object" };
  if (Object.keys(parts.properties).length > 0) own.properties = parts.properties as JsonObject;
  if (parts.required.size > 0) own.required = [...parts.required].toSorted();
  if (parts.additional !== undefined) own.additionalProperties = parts.additional as JsonObject;
  return mergeSchemas(parts.embedded, own);
}

interface Collecting {
  readonly parts: StructParts;
  readonly depth: number;
  /** Whether a condition gave these declarations. */
  readonly conditional: boolean;
}

function collectDecls(expr: Extract<Expr, { kind: "struct" }>, scope: Scope, collecting: Collecting): void {
  const { parts, depth } = collecting;
  for (const decl of expr.decls) {
    if (decl.kind === "field") collectField(decl, scope, collecting);
    else if (decl.kind === "ellipsis")
      parts.additional = decl.type === undefined ? {} : schemaOf(decl.type, scope, depth + 1);
    else if (decl.kind === "embed")
      parts.embedded = mergeSchemas(parts.embedded, schemaOf(decl.expr, scope, depth + 1));
    else if (decl.kind === "comprehension") {
      if (decl.clauses.some((clause) => clause.kind !== "if")) throw new UndecidedCondition();
      if (decl.clauses.every((clause) => clause.kind === "if" && conditionHolds(clause.condition, scope))) {
        collectDecls(decl.body, childScope(scope, decl.body), { parts, depth, conditional: true });
      }
    }
  }
}

function collectField(field: Field, scope: Scope, { parts, depth, conditional }: Collecting): void {
  if (field.label.kind === "pattern-label") {
    const { expr } = field.label;
    if (expr.kind === "ident" && expr.name === "string")
      parts.additional = untitled(schemaOf(field.value, scope, depth + 1));
    return;
  }
  const name = labelName(field.label);
  if (name === undefined || name.startsWith("#") || name.startsWith("_")) return;
  let schema = schemaOf(field.value, scope, depth + 1);
  if (conditional) schema = doubledEnum(schema);
  const titled = described({ title: name, ...schema }, docOf(field));
  const old = parts.properties[name];
  parts.properties[name] = old === undefined ? titled : mergeSchemas(old, titled);
  if (field.constraint !== "?") parts.required.add(name);
}

/** The encoder writes the alternatives of a conditional field's default twice. */
function doubledEnum(schema: Schema): Schema {
  const values = schema.enum;
  return schema.default === undefined || !Array.isArray(values)
    ? schema
    : { ...schema, enum: [...values, ...values.slice(1)] };
}

/** What the encoder writes of alternatives: an enum, one schema, or `oneOf`. */
function disjunctionSchema(expr: Expr, scope: Scope, depth: number): Schema {
  const branches = branchesOf(expr, scope);
  const given = branches.filter((branch) => !isNullLiteral(branch.expr, branch.scope));
  const nullable = given.length < branches.length ? { nullable: true } : {};
  const marked = branches.find((branch) => branch.marked);
  const defaultValue = marked === undefined ? undefined : constantOf(marked.expr, marked.scope);
  const shown =
    defaultValue === undefined || defaultValue === null || (Array.isArray(defaultValue) && defaultValue.length === 0)
      ? {}
      : { default: defaultValue };
  const alternatives = given
    .filter((branch) => !(branch.marked && isCovered(branch.expr, given, { scope: branch.scope })))
    .map((branch) => ({
      schema: schemaOf(branch.expr, branch.scope, depth + 1),
      isStruct: isStruct(branch.expr, branch.scope),
    }));
  const schemas = alternatives.map(({ schema }) => schema);
  if (schemas.length > 1 && alternatives.every(({ isStruct: struct }) => struct))
    return { ...structAlternatives(schemas), ...nullable, ...structDefault(marked) };
  return { ...joinedAlternatives(schemas), ...nullable, ...shown };
}

/** Whether a default is one of the values of another alternative. */
function isCovered(
  expr: Expr,
  branches: readonly { readonly expr: Expr; readonly scope: Scope; readonly marked: boolean }[],
  { scope }: { scope: Scope },
): boolean {
  const value = constantOf(expr, scope);
  if (isStruct(expr, scope)) return false;
  return branches.some(
    (other) =>
      !other.marked &&
      (value === undefined || constantOf(other.expr, other.scope) === undefined) &&
      (value === undefined || accepts(schemaOf(other.expr, other.scope, 0), value)),
  );
}

function accepts(schema: Schema, value: JsonValue): boolean {
  if (schema.type === "string") return typeof value === "string";
  if (schema.type === "integer") return typeof value === "number" && Number.isInteger(value);
  if (schema.type === "number") return typeof value === "number";
  if (schema.type === "boolean") return typeof value === "boolean";
  if (schema.type === "array") return Array.isArray(value);
  return schema.type === undefined;
}

/** Alternatives as the encoder writes them: one enum, one schema, an enum beside its plain type, or types of no form. */
function joinedAlternatives(schemas: readonly Schema[]): Schema {
  const literals = schemas.filter((schema) => Array.isArray(schema.enum));
  const plain = unique(schemas.filter((schema) => !Array.isArray(schema.enum)));
  const all = unique([...(literals.length === 0 ? [] : [enumOf(literals)]), ...plain]);
  if (all.length === 0) return {};
  if (all.length === 1) return all[0]!;
  const types = new Set(all.map(({ type }) => type));
  if (types.size === 1) {
    return { type: all[0]!.type, oneOf: all.map((schema) => withoutType(schema) as JsonObject) };
  }
  return {
    oneOf: all.map((schema) => (schema.type === "object" ? (untitled(withoutType(schema)) as JsonObject) : {})),
  };
}

const without = (schema: Schema, field: string): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => key !== field));
const withoutType = (schema: Schema): Schema => without(schema, "type");

function unique(schemas: readonly Schema[]): readonly Schema[] {
  return [...new Map(schemas.map((schema) => [canonicalJson(schema as JsonObject), schema])).values()];
}

function enumOf(literals: readonly Schema[]): Schema {
  const types = new Set(literals.map(({ type }) => type));
  return {
    ...(types.size === 1 ? { type: literals[0]!.type } : {}),
    enum: literals.flatMap((schema) => schema.enum as readonly JsonValue[]),
  };
}

/** Without titles, as children that are no plain properties are. */
function untitled(schema: Schema): Schema {
  const strip = (value: JsonValue | undefined, isProperties: boolean): JsonValue | undefined => {
    if (Array.isArray(value)) return value.map((item) => strip(item, false)!);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value as JsonObject).filter(([key]) => isProperties || key !== "title");
    return Object.fromEntries(
      entries.map(([key, member]) => [key, strip(member, key === "properties" && !isProperties)]),
    ) as JsonObject;
  };
  return strip(schema as JsonObject, false) as Schema;
}

function isStruct(expr: Expr, scope: Scope): boolean {
  if (expr.kind === "struct") return true;
  if (expr.kind === "paren") return isStruct(expr.expr, scope);
  if (expr.kind === "call") return expr.fun.kind === "ident" && expr.fun.name === "close";
  if (expr.kind !== "ident") return false;
  const found = resolveIdent(expr.name, scope);
  return found !== undefined && isStruct(found.expr, found.scope);
}

/** Alternatives that are structs: all their properties, and which go together. */
function structAlternatives(schemas: readonly Schema[]): Schema {
  const properties: Record<string, JsonValue> = {};
  for (const schema of schemas) {
    for (const [name, property] of Object.entries((schema.properties ?? {}) as JsonObject)) {
      const old = properties[name];
      properties[name] =
        old === undefined || canonicalJson(old) === canonicalJson(property!)
          ? property!
          : commonOf(old, property!, name);
    }
  }
  const oneOf = schemas.map((schema) => (schema.required === undefined ? {} : { required: schema.required }));
  return { type: "object", properties, oneOf };
}

function commonOf(left: JsonValue, right: JsonValue, name: string): JsonValue {
  const a = left as JsonObject;
  const b = right as JsonObject;
  const bare = (schema: JsonObject): string => canonicalJson(without(schema, "default") as JsonObject);
  return bare(a) === bare(b) ? { ...a } : { title: name };
}

/** The default that a marked struct stands for. @throws SchemaError when a field of it is open. */
function structDefault(marked: Resolved | undefined): Schema {
  return marked === undefined ? {} : { default: defaultStruct(marked.expr, marked.scope, 0) };
}

function defaultStruct(expr: Expr, scope: Scope, depth: number): JsonObject {
  if (depth > maxDepth) throw new SchemaError("the parameter refers to itself");
  if (expr.kind === "paren") return defaultStruct(expr.expr, scope, depth + 1);
  if (expr.kind === "call" && expr.args[0] !== undefined) return defaultStruct(expr.args[0], scope, depth + 1);
  if (expr.kind === "ident") {
    const found = resolveIdent(expr.name, scope);
    return found === undefined ? {} : defaultStruct(found.expr, found.scope, depth + 1);
  }
  if (expr.kind !== "struct") return {};
  const inner = childScope(scope, expr);
  const result: Record<string, JsonValue> = {};
  for (const decl of expr.decls) {
    if (decl.kind !== "field" || decl.constraint === "?") continue;
    const name = labelName(decl.label);
    if (name === undefined) continue;
    const value =
      decl.value.kind === "struct" ? defaultStruct(decl.value, inner, depth + 1) : decidedValue(decl.value, inner);
    if (value === undefined) throw new SchemaError(`a default struct leaves its field ${name} open`);
    result[name] = value;
  }
  return result;
}

function mergeSchemas(left: Schema, right: Schema): Schema {
  if (Object.keys(left).length === 0) return right;
  if (Object.keys(right).length === 0) return left;
  const merged: Schema = { ...left, ...right };
  if (left.type === "integer" || right.type === "integer") merged.type = "integer";
  if (left.properties !== undefined && right.properties !== undefined)
    merged.properties = { ...(left.properties as JsonObject), ...(right.properties as JsonObject) };
  if (left.required !== undefined && right.required !== undefined) {
    merged.required = [
      ...new Set([...(left.required as readonly string[]), ...(right.required as readonly string[])]),
    ].toSorted();
  }
  return merged;
}

/** The comment of a field; that of a chain `a: b: 1` belongs to its last field. */
function docOf(field: Field): string {
  if (field.value.kind === "struct" && !field.value.braces) return "";
  return (field.comments ?? [])
    .filter(({ doc }) => doc)
    .flatMap(({ lines }) => lines)
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n");
}

/** A description from a comment with its markers (kubevela-definitions.md 2.5 and 3.4). */
function described(schema: Schema, doc: string): Schema {
  if (doc === "") return schema;
  const immutable = doc.split("\n").some((line) => line.trim() === "+immutable");
  let text = doc
    .split("\n")
    .filter((line) => line.trim() !== "+immutable")
    .join("\n");
  const usage = text.split("+usage=");
  if (usage.length > 1) text = usage[1]!;
  const short = text.indexOf("+short");
  if (short >= 0) text = text.slice(0, short).trim();
  return { ...schema, ...(text === "" ? {} : { description: text }), ...(immutable ? { "x-immutable": true } : {}) };
}
