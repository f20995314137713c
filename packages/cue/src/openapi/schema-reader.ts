import type { JsonValue } from "@lateen/base";
import type { CueValue } from "../cue-value.ts";
import type { CommentGroup, File } from "../syntax/ast.ts";
import {
  boolKind,
  bytesKind,
  floatKind,
  intKind,
  listKind,
  nullKind,
  numberKind,
  stringKind,
  structKind,
  topKind,
} from "../eval/kind.ts";
import { formatLabel } from "../eval/label.ts";
import { type Vertex, pathOf, rootOf, target } from "../eval/vertex.ts";
import { callTerm, numberOf } from "./schema-calls.ts";
import { formOf, functionName, isStruct, isWithinDefinition, referredVertex, valueBase } from "./schema-form.ts";
import { objectTerm } from "./schema-object.ts";
import type { SchemaTarget, SchemaTerm, TermStore } from "./schema-term.ts";
import { scalarJson } from "./scalar-schema.ts";
import type { Closing, TermReader } from "./term-reader.ts";
import { formatOf } from "./value-formats.ts";
import { restOf } from "./value-parts.ts";

/** Schemas within one document, and levels of one. */
const mostTerms = 50_000;
const deepest = 200;

const typeNames: readonly (readonly [kind: number, name: string])[] = [
  [nullKind, "null"],
  [boolKind, "boolean"],
  [intKind, "integer"],
  [stringKind, "string"],
  [listKind, "array"],
  [structKind, "object"],
];

/** JSON's names of kinds: numbers are one type, whether they are whole or not. */
function typesOf(kind: number): string[] {
  const rest = (kind & floatKind) === 0 ? kind : kind & ~numberKind;
  const names = typeNames.flatMap(([bits, name]) => ((rest & bits) === 0 ? [] : [name]));
  return rest === kind ? names : ["number", ...names];
}

interface Redirect {
  readonly from: SchemaTarget;
  readonly to: SchemaTarget;
}

export interface ReaderOptions {
  /** The description of a value, in place of its documentation. */
  readonly descriptionOf?: (value: CueValue) => string;
  /** Ranges that OpenAPI has names for, such as `int32`, are told by name. */
  readonly namesRanges?: boolean;
}

/** Reads values as terms of a schema. What they refer to gets schemas of its own. */
export class SchemaReader implements TermReader {
  readonly store: TermStore;
  readonly targets = new Map<SchemaTarget, SchemaTerm>();
  readonly #descriptionOf: ((value: CueValue) => string) | undefined;
  readonly #namesRanges: boolean;
  readonly #known = new Map<Vertex, SchemaTarget>();
  /** A definition that is one value which is none: within it, references to that value lead to the definition. */
  #redirect: Redirect | undefined;
  #isInlining = false;
  #depth = 0;
  #made = 0;

  constructor(store: TermStore, options: ReaderOptions = {}) {
    this.store = store;
    this.#descriptionOf = options.descriptionOf;
    this.#namesRanges = options.namesRanges ?? false;
  }

  described(value: CueValue, closing: Closing): SchemaTerm {
    if (this.#descriptionOf === undefined) return this.read(value, closing);
    const text = this.#descriptionOf(value).trim();
    const term = this.#bare(value, closing);
    return text === "" ? term : this.store.of({ kind: "described", text, term });
  }

  read(value: CueValue, closing: Closing = "open"): SchemaTerm {
    const term = this.#bare(value, closing);
    const text = this.#descriptionOf === undefined ? documentationOf(value) : "";
    return text === "" ? term : this.store.of({ kind: "described", text, term });
  }

  #bare(value: CueValue, closing: Closing): SchemaTerm {
    if (this.#depth > deepest || ++this.#made > mostTerms) return this.store.any;
    this.#depth++;
    const term = this.#term(value, closing);
    this.#depth--;
    return term;
  }

  #term(value: CueValue, closing: Closing): SchemaTerm {
    const { store } = this;
    const to = referredVertex(value);
    if (to !== undefined) return this.#call(value, [value], closing) ?? this.#reference(value, to, closing);
    const { op, operands } = formOf(value);
    switch (op) {
      case "&":
        if (this.#namesRanges && operands.every((part) => referredVertex(part) === undefined)) {
          const format = formatOf(value) ?? "";
          const type = sizes.get(format);
          if (type !== undefined) return store.keywords({ type, format });
        }
        if (isStruct(value)) return store.all(objectTerm(this, value, closing), store.type("object"));
        return this.#conjunction(operands);
      case "|":
        return store.of({ kind: "any-of", terms: operands.map((term) => this.read(term, closing)) });
      case "()":
        return this.#call(value, operands, closing) ?? store.any;
      default:
        return (operands.length === 1 ? this.#bound(op, operands[0]!) : undefined) ?? this.#plain(value, closing);
    }
  }

  /** What is joined keeps its own closedness out: another part may name the fields. */
  #conjunction(operands: readonly CueValue[]): SchemaTerm {
    return this.store.all(...operands.map((part) => this.read(part)));
  }

  #bound(op: string, limit: CueValue): SchemaTerm | undefined {
    const { store } = this;
    const base = valueBase(limit);
    const constant = base?.tag === "atom" ? scalarJson(base.value) : undefined;
    switch (op) {
      case "=~":
      case "!~": {
        if (typeof constant !== "string") return store.type("string");
        const pattern = store.keywords({ pattern: constant });
        return store.all(store.type("string"), op === "=~" ? pattern : store.of({ kind: "not", term: pattern }));
      }
      case "==":
      case "!=": {
        const known = this.#constant(limit, "recursively") ?? constant;
        if (known === undefined) return store.any;
        const term = store.of({ kind: "constant", value: known });
        return op === "==" ? term : store.of({ kind: "not", term });
      }
      case "<":
      case "<=":
      case ">":
      case ">=": {
        const number = numberOf(limit);
        if (number !== undefined)
          return store.all(store.of({ kind: "bound", op, limit: number }), store.type("number"));
        return typeof constant === "string" ? store.type("string") : store.any;
      }
      default:
        return undefined;
    }
  }

  #call(value: CueValue, [fun, ...args]: readonly CueValue[], closing: Closing): SchemaTerm | undefined {
    const name = fun === undefined ? undefined : functionName(fun);
    if (name === undefined) return undefined;
    const [argument] = args;
    if (name === "close" && argument !== undefined) return this.read(argument, closing === "open" ? "closed" : closing);
    return callTerm(this, name, args);
  }

  // References -------------------------------------------------------------------------------------------------------

  #reference(value: CueValue, found: Vertex, closing: Closing): SchemaTerm {
    const to = placeOf(value, found);
    return this.#place(value.at(to), closing);
  }

  /** A schema of its own for a value, as if something referred to it. */
  define(value: CueValue): void {
    this.#place(value, "open");
  }

  #place(holder: CueValue, closing: Closing): SchemaTerm {
    const to = holder.vertex;
    const known = this.#known.get(to);
    const isOpenInClosed = this.#redirect !== undefined && closing !== "open" && !isWithinDefinition(to);
    if (known !== undefined) {
      if (isOpenInClosed && known === this.#redirect!.from) return this.#to(this.#redirect!.to);
      return isOpenInClosed && !this.#isInlining ? this.#inlined(holder, closing) : this.#to(known);
    }
    const made: SchemaTarget = { vertex: to, path: pathOf(to).map(formatLabel) };
    this.#known.set(to, made);
    this.targets.set(made, this.store.any);
    this.targets.set(made, this.#definition(holder, made));
    return isOpenInClosed && !this.#isInlining ? this.#inlined(holder, closing) : this.#to(made);
  }

  #to(schema: SchemaTarget): SchemaTerm {
    return this.store.of({ kind: "reference", target: schema });
  }

  #inlined(holder: CueValue, closing: Closing): SchemaTerm {
    this.#isInlining = true;
    const term = this.#bare(holder, closing);
    this.#isInlining = false;
    return term;
  }

  #definition(holder: CueValue, made: SchemaTarget): SchemaTerm {
    if (!isWithinDefinition(made.vertex)) return this.described(holder, "open");
    const term = this.described(holder, "recursively");
    if (term.kind !== "reference" || isWithinDefinition(term.target.vertex)) return term;
    // A definition that is one field's value closes it.
    const before = this.#redirect;
    this.#redirect = { from: term.target, to: made };
    const closed = this.described(holder.at(term.target.vertex), "recursively");
    this.#redirect = before;
    return closed;
  }

  // Values -----------------------------------------------------------------------------------------------------------

  #plain(value: CueValue, closing: Closing): SchemaTerm {
    const { store } = this;
    const base = valueBase(value);
    if (base === undefined || base.tag === "bottom")
      return base !== undefined && value.isFatal ? store.none : store.any;
    if (base.tag === "atom" && base.value === null) return store.type("null");
    const constant = this.#constant(value, closing);
    if (constant !== undefined) return store.of({ kind: "constant", value: constant });
    const { kind } = base;
    if ((kind & topKind) === topKind) return store.any;
    if (kind === bytesKind) return store.of({ kind: "bytes" });
    const types = typesOf(kind);
    const type = types.length === 0 ? store.any : store.type(...types);
    if (kind === structKind) return store.all(type, objectTerm(this, value, closing));
    return kind === listKind ? this.#list(value, closing) : type;
  }

  /** The only value that it admits, written so that nothing else is left: `==1`, `[1, 2]`, `close({a!: 1})`. */
  #constant(value: CueValue, closing: Closing): JsonValue | undefined {
    const form = formOf(value);
    if (form.op === "==" && form.operands.length === 1) return this.#constant(form.operands[0]!, closing);
    const base = valueBase(value);
    if (base?.tag === "atom") return scalarJson(base.value);
    if (base?.tag === "list" && !base.isOpen) {
      const elements = value.elements().map((element) => this.#constant(element as CueValue, closing));
      return elements.every((element) => element !== undefined) ? elements : undefined;
    }
    if (base?.tag !== "struct" || closing === "open") return undefined;
    if ((target(value.vertex).patterns?.length ?? 0) > 0) return undefined;
    const fields: [string, JsonValue][] = [];
    for (const field of value.fields({ optional: true })) {
      const constant = field.required ? this.#constant(field.value as CueValue, closing) : undefined;
      if (constant === undefined) return undefined;
      fields.push([String((field.value as CueValue).path.at(-1)), constant]);
    }
    return Object.fromEntries(fields);
  }

  #list(value: CueValue, closing: Closing): SchemaTerm {
    const { store } = this;
    const array = store.type("array");
    const base = valueBase(value);
    if (base?.tag !== "list") return array;
    const prefix = value.elements().map((element) => this.read(element as CueValue, closing));
    const rest = base.isOpen ? this.#rest(value, closing) : undefined;
    const terms: SchemaTerm[] = [array];
    if (prefix.length > 0) terms.push(store.keywords({ minItems: prefix.length }));
    if (!base.isOpen) terms.push(store.keywords({ maxItems: prefix.length }));
    if (prefix.length > 0 || rest !== undefined) terms.push(store.of({ kind: "items", prefix, rest }));
    return store.all(...terms);
  }

  #rest(value: CueValue, closing: Closing): SchemaTerm | undefined {
    const rest = restOf(value);
    const term = rest === undefined ? this.store.any : this.read(rest, closing);
    return term.kind === "any" ? undefined : term;
  }
}

/** Formats that name a range of numbers. */
const sizes = new Map([
  ["int32", "integer"],
  ["int64", "integer"],
  ["float", "number"],
  ["double", "number"],
]);

/** The field itself where a reference leads into a copy of the struct around it. */
function placeOf(value: CueValue, found: Vertex): Vertex {
  let at = rootOf(found);
  for (const label of pathOf(found)) {
    void value.at(at).incompleteKind;
    const next = target(at).arc(label);
    if (next === undefined) return found;
    at = next;
  }
  return at;
}

/** The documentation of a field; of a file, what stands with its package clause, or what it begins with. */
export function documentationOf(value: CueValue): string {
  const texts = [...value.doc];
  for (const { expr } of value.vertex.conjuncts) {
    const node = expr.src?.node;
    if (node?.kind === "file") texts.push(...headOf(node).map(({ lines }) => textOf(lines)));
  }
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("\n\n");
}

function headOf({ decls, comments = [] }: File): readonly CommentGroup[] {
  const clause = decls.find((decl) => decl.kind === "package");
  if (clause !== undefined) return [...(clause.comments ?? []), ...comments.filter(({ doc }) => doc)];
  const [first] = decls;
  const own = first?.kind === "comments" ? [first, ...comments] : comments;
  const docs = own.filter(({ doc }) => doc);
  return docs.length > 0 ? docs : own.slice(0, 1);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^\/\/ ?/, "")).join("\n");
}
