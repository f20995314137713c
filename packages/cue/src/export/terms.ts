import type { Expr as Program } from "../compile/ir.ts";
import { type Value, top } from "../eval/values.ts";
import { Vertex } from "../eval/vertex.ts";

/** The order of the terms of `&`: types, references, values, bounds, other terms, literals; those of one kind as written. */
export function compareTerms(a: Program, b: Program): number {
  const order = rank(a) - rank(b);
  if (order !== 0) return order;
  if (a.src === undefined || b.src === undefined) return 0;
  if (a.src.file === b.src.file) return a.src.node.start - b.src.node.start;
  return a.src.file.filename < b.src.file.filename ? -1 : a.src.file.filename > b.src.file.filename ? 1 : 0;
}

function rank(expr: Program): number {
  switch (expr.kind) {
    case "value": {
      const { value } = expr;
      if (value instanceof Vertex) return 100;
      if (isTop(value)) return 0;
      if (value.tag === "type") return 1;
      return value.tag === "atom" ? 10 : value.tag === "bound" ? 20 : 25;
    }
    case "field-ref":
      return 2;
    case "struct":
    case "list":
      return 500;
    default:
      return 25;
  }
}

export function isTop(value: Value | undefined): boolean {
  return value !== undefined && !(value instanceof Vertex) && value.tag === "type" && value.kind === top.kind;
}
