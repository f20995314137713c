import { type Diagnostic, type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import type { Attribute, Decl, Expr, Field, File } from "../syntax/ast.ts";
import { isIdentifier } from "../syntax/characters.ts";
import { parseFile } from "../syntax/parser.ts";
import { type Dialect, dialectName, dialectOfUri, isKubernetes, isSince, own, uriOf } from "./dialect.ts";
import { keywordPhases } from "./keywords.ts";
import { knownKeywords, laterKeywords } from "./keyword-names.ts";
import {
  attribute,
  call,
  comment,
  ellipsis,
  embed,
  field,
  ident,
  nameLabel,
  nestedField,
  select,
  spaced,
  struct,
  text,
} from "./nodes.ts";
import { UniqueNames } from "../export/unique-names.ts";
import { SchemaIdentifiers, partsOf } from "./schema-identifiers.ts";
import { type Pointer, type SchemaContext, type SchemaResult, SchemaState } from "./schema-state.ts";
import { Types, allTypes } from "./types.ts";

/** How a schema is read. */
export interface ImportSchemaOptions {
  /** Whose rules hold; else `$schema` tells, and JSON Schema 2020-12 is meant where nothing does. */
  readonly dialect?: Dialect;
  readonly packageName?: string;
  /** Where the schema stands in the document (`#/a/b`); definitions are found beside it. */
  readonly root?: string;
  /** Objects are open only where the schema says so in words, not wherever it does not say that they are closed. */
  readonly openOnlyWhenExplicit?: boolean;
  /** Refuses what CUE cannot say, instead of leaving it out. */
  readonly strictFeatures?: boolean;
  /** Refuses keywords that no dialect knows, and those that do nothing where they stand. */
  readonly strictKeywords?: boolean;
  /** Names a definition by the schema's name in `components/schemas`: `Deployment` gives `#Deployment`. */
  readonly definitionName?: (schema: string) => string | undefined;
  /** A document without the root that is asked for is empty, not wrong. */
  readonly allowMissingRoot?: boolean;
}

/** The CUE that a schema became, and what was left out. */
export interface ImportSchemaResult {
  readonly decls: readonly Decl[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Levels of schemas within schemas. */
const maxDepth = 200;

/**
 * A JSON Schema, an OpenAPI 3.0 document, the schema of a Kubernetes API or of a custom resource as CUE declarations. The
 * schema itself is the file's value; what it refers to becomes definitions (`#name`, `_#defs."/pointer"`).
 */
export function importSchema(document: JsonValue, options: ImportSchemaOptions = {}): ImportSchemaResult {
  const reader = new SchemaReader(document, options);
  const decls = reader.file();
  return { decls, diagnostics: reader.diagnostics };
}

/** The declarations as a file that the formatter prints. */
export function schemaFile({ decls }: ImportSchemaResult): File {
  return Object.assign(parseFile("").file, { decls });
}

interface Definition {
  readonly pointer: Pointer;
  /** As it stands in the file: `#name`, `#."odd name"` or `_#defs."/pointer"`. */
  readonly name: readonly string[];
  result: SchemaResult | undefined;
}

class SchemaReader implements SchemaContext {
  readonly dialect: Dialect;
  readonly options: { readonly openOnlyWhenExplicit: boolean; readonly strictFeatures: boolean };
  readonly diagnostics: Diagnostic[] = [];
  readonly #document: JsonValue;
  readonly #given: ImportSchemaOptions;
  readonly #definitions = new Map<string, Definition>();
  readonly #pending: Definition[] = [];
  readonly #packages = new Map<string, string>();
  readonly #identifiers: SchemaIdentifiers;
  /** Other documents by their paths: the names of their packages. */
  readonly #documents = new Map<string, { readonly name: string; readonly local: string }>();
  readonly #names = new UniqueNames();
  #root: Pointer = [];
  #refersToRoot = false;
  #needsEmbeddedResource = false;
  #depth = 0;

  constructor(document: JsonValue, given: ImportSchemaOptions) {
    this.#document = document;
    this.#identifiers = new SchemaIdentifiers(document);
    this.#given = given;
    this.options = {
      openOnlyWhenExplicit: given.openOnlyWhenExplicit ?? false,
      strictFeatures: given.strictFeatures ?? false,
    };
    const uri = isJsonObject(document) ? own(document, "$schema") : undefined;
    this.dialect = given.dialect ?? (typeof uri === "string" ? dialectOfUri(uri) : undefined) ?? "2020-12";
  }

  report(pointer: Pointer, message: string): void {
    this.diagnostics.push({ code: "compile", message, path: pointer, causes: [] });
  }

  fromPackage(path: string, name: string): Expr {
    const local = path.slice(path.lastIndexOf("/") + 1);
    this.#packages.set(local, path);
    return select(ident(local), name);
  }

  embeddedResource(): Expr {
    this.#needsEmbeddedResource = true;
    return ident("_embeddedResource");
  }

  file(): Decl[] {
    const root = this.#findRoot();
    const hasDefinitionsOnly =
      this.#given.root === undefined && (this.dialect === "openapi" || this.dialect === "kubernetes");
    if (hasDefinitionsOnly) return this.#definitionsOnly();
    if (root === undefined) {
      if (this.#given.allowMissingRoot !== true)
        this.report([], `root value at path ${this.#given.root ?? "#"} does not exist`);
      return [];
    }
    for (const key of ["definitions", "$defs"]) this.#defineAll(key);
    const result = this.read(root, this.#root);
    if (result.allowed === 0 && this.diagnostics.length === 0) {
      this.report(this.#root, "constraints are not possible to satisfy");
    }
    this.#readPending();
    return this.#assemble(root, result);
  }

  #findRoot(): JsonValue | undefined {
    if (this.dialect === "custom-resource" && this.#given.root === undefined) {
      this.#root = ["spec", "versions", "0", "schema", "openAPIV3Schema"];
    } else this.#root = pointerOf(this.#given.root ?? "#") ?? [];
    return valueAt(this.#document, this.#root);
  }

  #definitionsOnly(): Decl[] {
    const schemas = valueAt(this.#document, ["components", "schemas"]);
    if (!isJsonObject(schemas)) {
      if (this.#given.allowMissingRoot !== true)
        this.report([], "root value at path #/components/schemas/ does not exist");
      return this.#header(undefined, undefined, []);
    }
    for (const name of Object.keys(schemas)) this.#define(["components", "schemas", name]);
    this.#readPending();
    const decls = this.#definitionDecls(false);
    const header = this.#header(undefined, undefined, decls);
    return [...header, ...(header.length === 0 ? withoutGap(decls) : decls)];
  }

  #defineAll(key: string): void {
    const schemas = valueAt(this.#document, [...this.#root, key]);
    if (!isJsonObject(schemas)) return;
    for (const name of Object.keys(schemas)) this.#define([...this.#root, key, name]);
  }

  #define(pointer: Pointer): Definition {
    const key = pointer.join("/");
    let definition = this.#definitions.get(key);
    if (definition === undefined) {
      definition = { pointer, name: this.#nameOf(pointer), result: undefined };
      this.#definitions.set(key, definition);
      this.#pending.push(definition);
    }
    return definition;
  }

  /** Names of definitions are kept where they stand at the usual place; others are named by their pointer. */
  #nameOf(pointer: Pointer): readonly string[] {
    const [first, second, third] = pointer;
    const given =
      first === "components" && second === "schemas" && third !== undefined && pointer.length === 3
        ? this.#given.definitionName?.(third)
        : undefined;
    if (given !== undefined) return [`#${given}`];
    const isSchema =
      pointer.length === 3 && first === "components" && second === "schemas" && this.dialect === "openapi";
    const name = isSchema
      ? third
      : pointer.length === 2 && (first === "definitions" || first === "$defs")
        ? second
        : undefined;
    if (name === undefined) return ["_#defs", `/${pointer.map(escapePointer).join("/")}`];
    return isIdentifier(name) && !name.startsWith("_") && !name.startsWith("#") ? [`#${name}`] : ["#", name];
  }

  #readPending(): void {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const schema = valueAt(this.#document, next.pointer);
      next.result = schema === undefined ? undefined : this.read(schema, next.pointer);
    }
  }

  reference(ref: string, pointer: Pointer): Expr | undefined {
    if (this.dialect === "custom-resource") {
      this.report(pointer, `keyword "$ref" is not supported in JSON schema version ${dialectName(this.dialect)}`);
      return undefined;
    }
    const found = this.#identifiers.targetOf(ref, pointer);
    if (found?.kind === "outside") return this.#imported(found.url, found.fragment, pointer);
    const target = found?.pointer;
    if (target === undefined || valueAt(this.#document, target) === undefined) {
      const isElsewhere = target === undefined && !ref.startsWith("#");
      this.report(
        pointer,
        isElsewhere ? `references to other documents need a host: ${ref}` : `reference to non-existent schema ${ref}`,
      );
      return undefined;
    }
    if (target.join("/") === this.#root.join("/")) {
      this.#refersToRoot = true;
      return ident("_schema");
    }
    return pathExpr(this.#define(target).name);
  }

  #isIdentified(schema: JsonObject, pointer: Pointer): boolean {
    const id = own(schema, "$id");
    return typeof id === "string" && !id.startsWith("#") && pointer.length > this.#root.length;
  }

  /** Another document is a package: that of its URL's host and path, named by its file. */
  #imported(url: URL, fragment: Pointer, pointer: Pointer): Expr | undefined {
    if (url.host === "") {
      this.report(pointer, `cannot determine the package of ${url.href}`);
      return undefined;
    }
    const path = `${url.host}${url.pathname.replace(/\/$/, "")}`;
    let local = this.#documents.get(path);
    if (local === undefined) {
      const file = path.slice(path.lastIndexOf("/") + 1).replace(/\..*$/, "");
      const name = isIdentifier(file) ? file : "schema";
      const isTaken = [...this.#documents.values()].some((known) => known.name === name);
      local = { name, local: isTaken ? this.#names.other(name) : name };
      this.#documents.set(path, local);
    }
    const expr = ident(local.local);
    return fragment.length === 0 ? expr : pathExpr([local.local, ...this.#nameOf(fragment)]);
  }

  read(schema: JsonValue, pointer: Pointer, allowed = allTypes): SchemaResult {
    if (typeof schema === "boolean") return this.#readBoolean(schema, pointer, allowed);
    if (!isJsonObject(schema)) {
      this.report(pointer, "a schema must be an object or a boolean");
      return { expr: ident("_"), allowed, doc: undefined, attributes: [], struct: undefined };
    }
    if (this.#depth > maxDepth) {
      this.report(pointer, `schemas nest deeper than ${maxDepth} levels`);
      return { expr: ident("_"), allowed, doc: undefined, attributes: [], struct: undefined };
    }
    // A schema with an identifier of its own can be referred to by it: it becomes a definition.
    if (this.#isIdentified(schema, pointer) && !this.#definitions.has(pointer.join("/")))
      return { expr: pathExpr(this.#define(pointer).name), allowed, doc: undefined, attributes: [], struct: undefined };
    this.#depth++;
    const result = this.#readObject(schema, pointer, allowed);
    this.#depth--;
    return this.#isIdentified(schema, pointer)
      ? identified(result, this.#attributes({ $id: own(schema, "$id")! }))
      : result;
  }

  #readBoolean(schema: boolean, pointer: Pointer, allowed: number): SchemaResult {
    if (!isSince(this.dialect, "draft-06")) {
      this.report(pointer, `boolean schemas not supported in ${dialectName(this.dialect)}`);
    }
    const expr = schema ? ident("_") : call(ident("error"), text("disallowed"));
    return { expr, allowed: schema ? allowed : 0, doc: undefined, attributes: [], struct: undefined };
  }

  #readObject(schema: JsonObject, pointer: Pointer, allowed: number): SchemaResult {
    const state = new SchemaState(this, schema, pointer, allowed);
    this.#checkKeywords(schema, pointer);
    const ref = own(schema, "$ref");
    const target = typeof ref === "string" ? this.reference(ref, state.at("$ref")) : undefined;
    if (target !== undefined) state.all.push(target);
    // Before 2019-09 nothing beside a reference counts.
    const countsOthers = ref === undefined || isSince(this.dialect, "2019-09");
    if (countsOthers) this.#applyKeywords(state);
    const isOpen = !this.options.openOnlyWhenExplicit && !isKubernetes(this.dialect);
    const { expr, struct: literal } = state.finish(isOpen);
    if (state.allowed === 0 && allowed === allTypes && pointer !== this.#root && this.#depth === 1) {
      this.report(pointer, "constraints are not possible to satisfy");
    }
    const attributes = own(schema, "deprecated") === true ? [attribute("deprecated", "")] : [];
    return { expr, allowed: state.allowed, doc: docOf(schema), attributes, struct: literal };
  }

  #applyKeywords(state: SchemaState): void {
    const { schema } = state;
    for (const phase of keywordPhases) {
      const order = phase.length === 1 ? phase : phase.toSorted(([a], [b]) => indexIn(schema, a) - indexIn(schema, b));
      for (const [name, keyword] of order) {
        const value = own(schema, name);
        if (value !== undefined) keyword(state, value);
      }
    }
    if (own(schema, "type") === "array" && this.dialect === "openapi" && own(schema, "items") === undefined) {
      this.report(state.pointer, '"items" must be present when the "type" is "array" in OpenAPI 3.0');
    }
    if (
      state.object !== undefined &&
      state.object.decls.length === 0 &&
      !state.object.open &&
      !state.object.closed &&
      !state.object.constrained
    ) {
      state.object = undefined;
    }
    if ((state.allowed & Types.struct) !== 0 && own(schema, "x-kubernetes-preserve-unknown-fields") === true) {
      state.objectParts().open = true;
    }
  }

  #checkKeywords(schema: JsonObject, pointer: Pointer): void {
    if (own(schema, "$schema") !== undefined && pointer.length > this.#root.length && this.dialect !== "2020-12") {
      const message = `$schema can only appear at the root in JSON Schema version ${dialectName(this.dialect)}`;
      this.report([...pointer, "$schema"], message);
    }
    const { strictKeywords = false, strictFeatures = false } = this.#given;
    if (!strictKeywords && !strictFeatures) return;
    for (const key of Object.keys(schema)) {
      const wrong = this.#wrongKeyword(key, schema, strictKeywords);
      if (wrong !== undefined) this.report([...pointer, key], wrong);
    }
  }

  #wrongKeyword(key: string, schema: JsonObject, strictKeywords: boolean): string | undefined {
    const version = `is not supported in JSON schema version ${dialectName(this.dialect)}`;
    if (strictKeywords && key === "$id" && this.dialect === "draft-04") return `keyword "$id" ${version}`;
    if (strictKeywords && key === "id" && isSince(this.dialect, "draft-06")) return `keyword "id" ${version}`;
    if (
      strictKeywords &&
      key !== "$ref" &&
      own(schema, "$ref") !== undefined &&
      !isSince(this.dialect, "2019-09") &&
      key !== "$schema"
    ) {
      return `ignoring keyword ${JSON.stringify(key)} alongside $ref`;
    }
    if (this.options.strictFeatures && laterKeywords.has(key))
      return `keyword ${JSON.stringify(key)} not yet implemented`;
    if (strictKeywords && !knownKeywords.has(key) && !key.startsWith("x-"))
      return `unknown keyword ${JSON.stringify(key)}`;
    return undefined;
  }

  #header(root: JsonValue | undefined, doc: string | undefined, body: readonly Decl[]): Decl[] {
    const decls: Decl[] = [];
    const { packageName } = this.#given;
    const docs = doc === undefined ? {} : { comments: [comment(doc)] };
    if (packageName !== undefined) {
      decls.push({ kind: "package", start: 0, end: 0, name: ident(packageName), ...docs });
    }
    const documents = [...this.#documents].map(([path, { name, local }]) => ({
      path: `${path}:${name}`,
      name: local === name ? undefined : local,
    }));
    const imports = [...documents, ...usedPackages(body, this.#packages).map((path) => ({ path, name: undefined }))];
    if (imports.length > 0) {
      const importing = importDecl(imports);
      decls.push(decls.length === 0 ? { ...importing, ...docs } : importing);
    }
    for (const tag of this.#attributes(root)) decls.push(tag);
    return decls;
  }

  #attributes(root: JsonValue | undefined): Attribute[] {
    if (!isJsonObject(root ?? null)) return [];
    const schema = root as JsonObject;
    const tags: Attribute[] = [];
    const uri = own(schema, "$schema");
    if (typeof uri === "string")
      tags.push(attribute("jsonschema", `schema=${JSON.stringify(uriOf(this.dialect) ?? uri)}`));
    const id = own(schema, this.dialect === "draft-04" ? "id" : "$id");
    if (typeof id === "string") tags.push(attribute("jsonschema", `id=${JSON.stringify(id)}`));
    return tags;
  }

  #assemble(root: JsonValue, result: SchemaResult): Decl[] {
    const schema = isJsonObject(root) ? root : {};
    const tags = this.#attributes(schema);
    const body: Decl[] = [];
    let rest: Decl[] = [];
    if (this.#needsEmbeddedResource || this.dialect === "custom-resource") body.push(embed(this.embeddedResource()));
    if (this.#refersToRoot) body.push(...rootDefinition(tags, result, this.#definitionDecls(true)));
    else if (result.struct !== undefined) {
      const own_ = result.struct.decls;
      rest = own_.filter((decl) => decl.kind === "ellipsis");
      body.push(...own_.filter((decl) => decl.kind !== "ellipsis"));
    } else body.push(embed(result.expr, tags.length === 1 ? "section" : tags.length > 1 ? "newline" : "none"));
    const definitions = this.#refersToRoot ? [] : this.#definitionDecls(body.at(-1)?.kind === "field");
    if (this.#needsEmbeddedResource) definitions.push(embeddedResourceDecl());
    const shown = [...apart(body, tags.length > 0), ...definitions, ...rest];
    const header = this.#header(this.#refersToRoot ? withoutId(schema) : schema, result.doc, shown);
    const all = [...header, ...shown];
    return documented(
      all,
      result.doc,
      header.some((decl) => decl.kind === "package" || decl.kind === "import"),
    );
  }

  #definitionDecls(afterFields: boolean): Decl[] {
    const found = [...this.#definitions.values()].filter(({ result }) => result !== undefined);
    const sorted = found.toSorted((a, b) => compare(a.name.join("."), b.name.join(".")));
    return sorted.map(({ name, result }, index) => definitionField(name, result!, { gap: index > 0 || !afterFields }));
  }
}

/** A definition apart from what is before it; the first one, if it is documented, follows the fields at once. */
function definitionField(
  [first = "", second]: readonly string[],
  result: SchemaResult,
  { gap }: { readonly gap: boolean },
): Field {
  const { expr, doc, attributes } = result;
  const made =
    second === undefined
      ? field(ident(first), expr, { doc, attributes })
      : nestedField(ident(first), field(nameLabel(second), expr, { attributes }), { doc });
  if (doc === undefined) return { ...made, relPos: "section" };
  const relPos = gap ? "section" : "newline";
  return { ...made, relPos: "newline", comments: (made.comments ?? []).map((group) => ({ ...group, relPos })) };
}

/** A file's fields: documented ones, and what is embedded behind them, stand apart. */
function apart(decls: readonly Decl[], behindAttributes: boolean): readonly Decl[] {
  const all = behindAttributes && decls[0]?.kind === "field" ? spaced([ellipsis, ...decls]).slice(1) : spaced(decls);
  return all.map((decl, index) =>
    decl.kind === "embed" && decl.expr.kind === "struct" && all[index - 1]?.kind === "field"
      ? { ...decl, relPos: "section" as const }
      : decl,
  );
}

/** The packages that an expression selects from, in the order in which they are first used. */
function usedPackages(decls: readonly Decl[], packages: ReadonlyMap<string, string>): string[] {
  const used = new Set<string>();
  const stack: object[] = [decls];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const node = next as { kind?: unknown; expr?: { kind?: unknown; name?: unknown } };
    if (node.kind === "selector" && node.expr?.kind === "ident") {
      const path = packages.get(String(node.expr.name));
      if (path !== undefined) used.add(path);
    }
    const children: unknown[] = Object.values(next);
    for (const child of children.toReversed()) if (typeof child === "object" && child !== null) stack.push(child);
  }
  return [...used];
}

/** A schema's identifier stands at the beginning of its value. */
function identified(result: SchemaResult, attributes: readonly Attribute[]): SchemaResult {
  const decls = [...attributes, ...(result.struct?.decls ?? [embed(result.expr)])];
  const made = struct(decls);
  return { ...result, expr: made, struct: result.struct === undefined ? undefined : made };
}

/** A schema that refers to itself is a field that the file embeds. */
function rootDefinition(tags: readonly Attribute[], result: SchemaResult, definitions: readonly Decl[]): Decl[] {
  const id = tags.filter(({ body }) => body.startsWith("id="));
  const inner = [...(result.struct?.decls ?? [embed(result.expr)]), ...definitions];
  const isPlain = id.length === 0 && result.struct === undefined && definitions.length === 0;
  const value: Expr = isPlain ? { ...result.expr, relPos: "newline" } : struct([...id, ...inner]);
  return [embed(ident("_schema")), field(ident("_schema"), value)];
}

function embeddedResourceDecl(): Field {
  const required = (name: string): Field => field(ident(name), ident("string"), { constraint: "!" });
  const metadata = field(ident("metadata"), struct([ellipsis]), { constraint: "?" });
  const value = struct([required("apiVersion"), required("kind"), metadata]);
  return field(ident("_embeddedResource"), value, { relPos: "section" });
}

/** The schema's own documentation, above what comes first. */
function documented(decls: readonly Decl[], doc: string | undefined, inHeader: boolean): Decl[] {
  const [first, ...rest] = decls;
  if (doc === undefined || inHeader || first === undefined) return [...decls];
  const own_ = "comments" in first ? (first.comments ?? []) : [];
  return [{ ...first, comments: [comment(doc), ...own_] } as Decl, ...rest];
}

function withoutGap(decls: readonly Decl[]): Decl[] {
  const [first, ...rest] = decls;
  return first === undefined ? [] : [{ ...first, relPos: "newline" } as Decl, ...rest];
}

function withoutId(schema: JsonObject): JsonObject {
  const { $id: _, id: __, ...rest } = schema;
  return rest;
}

function importDecl(packages: readonly { readonly path: string; readonly name: string | undefined }[]): Decl {
  const specs = packages.map(({ path, name }) => ({
    kind: "import-spec" as const,
    start: 0,
    end: 0,
    relPos: "newline" as const,
    name: name === undefined ? undefined : ident(name),
    path: { kind: "literal" as const, start: 0, end: 0, type: "string" as const, text: JSON.stringify(path) },
    importPath: path,
    localName: name ?? path.slice(path.lastIndexOf("/") + 1),
  }));
  return { kind: "import", start: 0, end: 0, relPos: "section", specs, parenthesized: specs.length > 1 };
}

function docOf(schema: JsonObject): string | undefined {
  const title = own(schema, "title");
  const description = own(schema, "description");
  const parts = [title, description].filter((part): part is string => typeof part === "string" && part !== "");
  return parts.length === 0 ? undefined : parts.join("\n\n");
}

function indexIn(schema: JsonObject, key: string): number {
  const at = Object.keys(schema).indexOf(key);
  return at < 0 ? Number.MAX_SAFE_INTEGER : at;
}

function pointerOf(ref: string): Pointer | undefined {
  return ref === "" ? [] : ref.startsWith("#") ? partsOf(ref.slice(1)) : undefined;
}

/** `#A.b` of the names one by one. */
function pathExpr([first = "", ...rest]: readonly string[]): Expr {
  let expr: Expr = ident(first);
  for (const name of rest) expr = select(expr, name);
  return expr;
}

function escapePointer(part: string): string {
  return part.replaceAll("~", "~0").replaceAll("/", "~1");
}

function valueAt(document: JsonValue, pointer: Pointer): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const part of pointer) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isJsonObject(value ?? null)) value = own(value as JsonObject, part);
    else return undefined;
  }
  return value;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
