import type { Decl } from "../compile/ir.ts";
import type { Label } from "./label.ts";
import type { Vertex } from "./vertex.ts";

/**
 * Of several fields of a vertex the one that its literals speak of first: optional fields count, and those that a
 * comprehension may bring. It is the first whose error is told where only one is.
 */
export function firstMentioned(vertex: Vertex, among: ReadonlyMap<Label, unknown>): Label | undefined {
  for (const { plan, labels } of vertex.literals ?? []) {
    const found = plan === undefined ? labels?.find((label) => among.has(label)) : firstOf(plan.decls, among);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstOf(decls: readonly Decl[], among: ReadonlyMap<Label, unknown>): Label | undefined {
  const open = [...decls].reverse();
  for (let decl = open.pop(); decl !== undefined; decl = open.pop()) {
    if (decl.kind === "field" && among.has(decl.label)) return decl.label;
    if (decl.kind === "comprehension") open.push(...[...decl.expr.body.decls].reverse());
    else if (decl.kind === "embed" && decl.expr.kind === "struct") open.push(...[...decl.expr.decls].reverse());
  }
  return undefined;
}
