import type { Comprehension, Decl, Expr, Field } from "../syntax/ast.ts";

/** What stands in the place of a node of the text. */
export type Replacements = ReadonlyMap<object, Expr>;

export interface CloneOptions {
  readonly replacements: Replacements;
  /** Whether documentation is kept. */
  readonly docs: boolean;
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
  if (node.kind === "struct" && node.braces && node.decls.length > 0) copy["closeRelPos"] = "newline";
  if (node.kind === "list" && node.elements.length > 0) copy["commas"] = "between";
  if (node.kind === "field" && options.docs) {
    const docs = (node.comments ?? []).filter((group) => group.doc);
    if (docs.length > 0) copy["comments"] = docs.map((group) => ({ ...group, relPos: "section" }));
  }
  return copy;
}
