import type { JsonObject, JsonValue } from "@lateen/base";
import type { Attribute, Decl, Expr, StructLit } from "../syntax/ast.ts";
import type { Dialect } from "./dialect.ts";
import { allOf, anyOf, call, ellipsis, ident, struct } from "./nodes.ts";
import { type CoreType, allTypes, bareType, bitsOf, coreTypes, numberTypes } from "./types.ts";

/** Where a schema stands in its document. */
export type Pointer = readonly string[];

/** A schema as CUE. */
export interface SchemaResult {
  readonly expr: Expr;
  /** JSON types that the expression lets pass; 0 where nothing can. */
  readonly allowed: number;
  readonly doc: string | undefined;
  readonly attributes: readonly Attribute[];
  /** The struct that the expression is, if it is one that is not closed: a file can hold its declarations. */
  readonly struct: StructLit | undefined;
}

/** What the keywords of a schema ask of the reader of the whole document. */
export interface SchemaContext {
  readonly dialect: Dialect;
  readonly options: { readonly openOnlyWhenExplicit: boolean; readonly strictFeatures: boolean };
  read(schema: JsonValue, pointer: Pointer, allowed?: number): SchemaResult;
  reference(ref: string, pointer: Pointer): Expr | undefined;
  /** A function or value of a CUE package, which the file then imports. */
  fromPackage(path: string, name: string): Expr;
  embeddedResource(): Expr;
  report(pointer: Pointer, message: string): void;
}

/** What is gathered of one schema, keyword by keyword. */
export class SchemaState {
  readonly schema: JsonObject;
  readonly pointer: Pointer;
  readonly context: SchemaContext;
  /** Types that may pass. */
  allowed: number;
  /** Types that the constraints in `all` let pass. */
  known = allTypes;
  /** Constraints whatever the type. */
  readonly all: Expr[] = [];
  readonly byType: Readonly<Record<CoreType, Expr[]>> = {
    null: [],
    bool: [],
    number: [],
    string: [],
    list: [],
    struct: [],
  };
  /** `int32`, `uint64` …: stands for `int` and `number`. */
  numberFormat: string | undefined;
  /** The object's parts; `undefined` while no keyword speaks of objects. */
  object: ObjectParts | undefined;

  constructor(context: SchemaContext, schema: JsonObject, pointer: Pointer, allowed: number) {
    this.context = context;
    this.schema = schema;
    this.pointer = pointer;
    this.allowed = allowed;
  }

  at(...parts: readonly string[]): Pointer {
    return [...this.pointer, ...parts];
  }

  objectParts(): ObjectParts {
    return (this.object ??= { decls: [], closed: false, open: false, constrained: false });
  }

  restrict(types: number): void {
    this.allowed &= types;
  }

  /** The conjunction of all constraints; for types that have their own, a disjunction of them. */
  finish(isOpen: boolean): { readonly expr: Expr; readonly struct: StructLit | undefined } {
    const object = this.object === undefined ? undefined : objectExpr(this.object, isOpen);
    if (object !== undefined) this.byType.struct.unshift(object.expr);
    const typed = coreTypes.filter((core) => this.byType[core].length > 0 && (this.allowed & bitsOf(core)) !== 0);
    const restricts = typed.length > 0 || (this.known & ~this.allowed) !== 0 || this.numberFormat !== undefined;
    const conjuncts = [...this.all];
    const only = this.allowed === bitsOf("struct") && this.byType.struct.length <= 1 && conjuncts.length === 0;
    if (restricts) conjuncts.push(this.#typeDisjunction(isOpen));
    if (conjuncts.length === 0) return { expr: ident("_"), struct: undefined };
    const bare = isOpen ? struct([ellipsis]) : struct([]);
    return { expr: allOf(conjuncts), struct: only ? (object === undefined ? bare : object.struct) : undefined };
  }

  #typeDisjunction(isOpen: boolean): Expr {
    const disjuncts: Expr[] = [];
    for (const core of coreTypes) {
      if ((this.allowed & bitsOf(core)) === 0) continue;
      const constraints = this.byType[core];
      if (core === "number") disjuncts.push(this.#numberExpr(constraints));
      else if (constraints.length === 0) disjuncts.push(bareType(core, this.allowed, isOpen));
      else disjuncts.push(allOf(constraints));
    }
    return anyOf(disjuncts);
  }

  /** Bounds imply a number, but not a whole one. */
  #numberExpr(constraints: readonly Expr[]): Expr {
    if (this.numberFormat !== undefined) return allOf([ident(this.numberFormat), ...constraints]);
    const isInt = (this.allowed & numberTypes) === bitsOf("number") ? "number" : "int";
    return constraints.length > 0 && isInt === "number" ? allOf(constraints) : allOf([ident(isInt), ...constraints]);
  }
}

/** The declarations of an object and whether others may join them. */
export interface ObjectParts {
  readonly decls: Decl[];
  closed: boolean;
  open: boolean;
  /** Set where a pattern already says what other fields hold. */
  constrained: boolean;
}

function objectExpr(
  { decls, closed, open, constrained }: ObjectParts,
  isOpen: boolean,
): { expr: Expr; struct: StructLit | undefined } {
  if (closed) return { expr: call(ident("close"), struct(decls)), struct: undefined };
  const shown = (isOpen || open) && !constrained ? [...decls, ellipsis] : decls;
  const node = struct(shown);
  return { expr: node, struct: node };
}
