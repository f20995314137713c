import type { Clause, Comprehension, Decl, Expr, FallbackClause, Field, StructLit } from "../syntax/ast.ts";

/** What stands in the place of a node of the text. */
export type Replacements = ReadonlyMap<object, Expr>;

export interface CloneOptions {
  readonly replacements: Replacements;
  /** Whether documentation is kept. */
  readonly docs: boolean;
  /** Whether structs of one field are joined to their label. */
  readonly joins: boolean;
}

/**
 * A tree of a text as one that no text stands behind: nodes replaced where something else is to stand, structs with a line
 * for each declaration, comments dropped but for documentation.
 */
export function cloneExpr(node: Expr, options: CloneOptions): Expr {
  return clone(node, options) as Expr;
}

export function cloneDecl(node: Decl, options: CloneOptions): Decl {
  return clone(node, options) as Decl;
}

/** Keys that say where a node stood. */
const places = new Set(["start", "end", "opStart", "relPos", "closeRelPos", "colonRelPos", "commas", "comments"]);

function clone(value: unknown, options: CloneOptions): unknown {
  if (typeof value !== "object" || value === null) return value;
  const replaced = options.replacements.get(value);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return value.map((item) => clone(item, options));
  const copy: Record<string, unknown> = { start: 0, end: 0 };
  for (const [key, item] of Object.entries(value)) {
    if (!places.has(key)) copy[key] = clone(item, options);
  }
  return placed(copy, value as Expr | Field | Comprehension, options);
}

/** White space and comments of a copied node. */
function placed(copy: Record<string, unknown>, node: Expr | Field | Comprehension, options: CloneOptions): unknown {
  if (node.kind === "struct" && node.braces) return laidOut(copy as unknown as StructLit);
  if (node.kind === "list" && node.elements.length > 0) copy["commas"] = "between";
  if (node.kind === "comprehension") {
    if (node.relPos === "section") copy["relPos"] = "section";
    copy["body"] = opened(copy["body"] as StructLit);
    if (node.fallback !== undefined) {
      const fallback = copy["fallback"] as FallbackClause;
      copy["fallback"] = { ...fallback, body: opened(fallback.body) };
    }
    copy["clauses"] = (copy["clauses"] as Clause[]).map((clause, at) =>
      at === 0 ? clause : { ...clause, relPos: "newline" },
    );
  }
  if (options.docs && (node.kind === "field" || node.kind === "comprehension")) {
    const docs = (node.comments ?? []).filter((group) => group.doc);
    if (docs.length > 0) copy["comments"] = docs.map((group) => ({ ...group, relPos: group.relPos ?? "section" }));
  }
  if (options.joins && node.kind === "field") copy["value"] = chained(copy as unknown as Field);
  return copy;
}

/** The struct of a comprehension has a line for each declaration, also for a single one. */
function opened(struct: StructLit): StructLit {
  if (struct.decls.length === 0) return struct;
  const lines = struct.decls.map((decl) => ({ ...decl, relPos: "newline" as const }) as Decl);
  return { ...struct, decls: lines, closeRelPos: "newline" };
}

/** A line for each declaration, but for a single field. */
export function laidOut(struct: StructLit): StructLit {
  const { decls } = struct;
  const [only] = decls;
  if (only === undefined || (decls.length === 1 && only.kind !== "comprehension")) return struct;
  return { ...struct, decls: decls.map(onOwnLine), closeRelPos: "newline" };
}

/** A comprehension keeps the empty line before it. */
function onOwnLine(decl: Decl, index: number): Decl {
  const relPos = index > 0 && decl.kind === "comprehension" && decl.relPos === "section" ? "section" : "newline";
  return { ...decl, relPos } as Decl;
}

/** A struct of one field is joined to its label, unless something stands between. */
export function chained({ value, attributes, valueAlias }: Field): Expr {
  if (value.kind !== "struct" || value.decls.length !== 1 || attributes.length > 0 || valueAlias !== undefined)
    return value;
  const [only] = value.decls;
  const isBare = only?.kind === "field" && only.comments === undefined;
  return isBare ? { ...value, braces: false } : value;
}
