import type { Expr } from "../compile/ir.ts";
import type { Lineage, Vertex } from "./vertex.ts";

/**
 * Cycles. A reference that leads back to the vertex it is evaluated for adds nothing: `x: x` is `_`. A reference that
 * leads to an ancestor, or that is followed a second time further down on the same chain, would unfold for ever: its
 * conjuncts are marked cyclic, and a vertex all of whose conjuncts are cyclic is a structural cycle. Data that is given
 * drives recursive types on: there the cyclic conjuncts stand beside others.
 */
export interface RefChain {
  readonly expr: Expr;
  readonly target: Vertex;
  readonly node: Vertex;
  readonly next: RefChain | undefined;
}

export type CycleVerdict = "none" | "reference" | "structural";

/** What following `expr` from `node` to `to` means, given what was followed before. */
export function classifyReference(node: Vertex, expr: Expr, to: Vertex, lineage: Lineage): CycleVerdict {
  const goal = to.identity;
  if (goal === node.identity) return "reference";
  for (let entry = lineage.refs; entry !== undefined; entry = entry.next) {
    if (entry.target !== goal && entry.expr !== expr) continue;
    if (entry.node === node.identity) {
      if (entry.target === goal) return "reference";
      continue;
    }
    if (entry.expr === expr && isAncestor(entry.node, node)) return "structural";
  }
  return isAncestor(goal, node) ? "structural" : "none";
}

/** Whether `above` holds `below` somewhere in its fields. */
export function isAncestor(above: Vertex, below: Vertex): boolean {
  if (above.depth >= below.depth) return false;
  for (let at = below.parent; at !== undefined && at.depth >= above.depth; at = at.parent) {
    if (at.identity === above) return true;
  }
  return false;
}

export function followed(expr: Expr, to: Vertex, node: Vertex, next: RefChain | undefined): RefChain {
  return { expr, target: to.identity, node: node.identity, next };
}
