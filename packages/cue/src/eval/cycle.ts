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
  /** Following it closed a circle. */
  readonly isCycle: boolean;
  /** It led back to what was being worked off with all its fields: the order of fields does not count it. */
  readonly isBack: boolean;
  readonly next: RefChain | undefined;
}

/** `recurring`: not an ancestor, but followed before further up on the same chain. */
export type CycleVerdict = "none" | "reference" | "structural" | "recurring";

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
    // What comes back by another reference is driven on by what else is said of the vertex.
    if (entry.expr !== expr && node.state?.hasNonCyclic === true) continue;
    if (isAncestor(entry.node, node)) return isAncestor(goal, node) ? "structural" : "recurring";
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

/** Whether what is followed would go on for ever: what recurs does so once all that reached the vertex has recurred. */
export function isEndless(verdict: CycleVerdict, node: Vertex): boolean {
  if (verdict === "recurring") return node.conjuncts.every(({ lineage }) => lineage.cyclic);
  return verdict === "structural";
}

/** Whether a reference that was followed at this very vertex closed a circle; not one further up. */
export function closesCycle(vertex: Vertex, lineage: Lineage): boolean {
  if (!lineage.cyclic) return false;
  const { refs } = lineage;
  for (let at = refs; at !== undefined && at.node === vertex.identity; at = at.next) if (at.isCycle) return true;
  return refs?.node !== vertex.identity && isDetached(vertex);
}

/** A part of an expression, which stands nowhere: there each step of a recursion is a new vertex. */
function isDetached(vertex: Vertex): boolean {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) if (at.binding) return true;
  return false;
}
