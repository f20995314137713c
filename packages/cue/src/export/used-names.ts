import type { Expr as Program } from "../compile/ir.ts";
import { nameOfLabel } from "../eval/label.ts";
import type { Vertex } from "../eval/vertex.ts";
import type { UniqueNames } from "./unique-names.ts";

/** Names that an expression's fields and references have: new ones must be others. Those of `let` clauses are made anew. */
export function takeNames(names: UniqueNames, root: unknown): void {
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      stack.push(...(value as unknown[]));
      continue;
    }
    takeName(names, value as Program);
    const node = (value as Program).src?.node;
    if (node?.kind === "field" && node.valueAlias !== undefined) names.take(node.valueAlias.name);
    const { kind } = value as Program;
    // What leads into other values holds their parents: it has no end.
    if (kind === "value" || kind === "data" || kind === "vertex" || kind === "scope-ref") continue;
    for (const [key, part] of Object.entries(value)) {
      if (key !== "src" && key !== "declaration" && key !== "provides" && key !== "marker") stack.push(part);
    }
  }
}

function takeName(
  names: UniqueNames,
  expr: Program | { readonly kind: "field" | "for"; readonly label?: string },
): void {
  switch (expr.kind) {
    case "field":
    case "field-ref":
    case "scope-ref":
    case "select":
      if (expr.label !== undefined) names.take(nameOfLabel(expr.label));
      return;
    case "binding-ref":
    case "import-ref":
      names.take(expr.name);
      return;
    default:
  }
}

export function takeNamesOf(names: UniqueNames, vertex: Vertex): void {
  for (const { expr } of vertex.conjuncts) takeNames(names, expr);
}
