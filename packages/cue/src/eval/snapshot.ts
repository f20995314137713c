import type { Decl, Expr } from "../compile/ir.ts";
import { wakeFields } from "./dormant.ts";
import { structPlan } from "../compile/plan.ts";
import type { Value } from "./values.ts";
import { Vertex, inProgress, target } from "./vertex.ts";

/**
 * A value as an expression. Of a vertex that is being worked off, which asks whether it keeps to a constraint, only the
 * fields: its own conjuncts would ask the same again.
 */
export function expressionOf(value: Value): Expr {
  if (!(value instanceof Vertex)) return { kind: "value", value, src: value.src };
  const vertex = target(value);
  if (vertex.status !== inProgress || vertex.base === undefined)
    return { kind: "vertex", vertex: value, src: undefined };
  if (vertex.base.tag === "list")
    return {
      kind: "list",
      elements: vertex.arcs
        .filter((arc) => typeof arc.label === "number")
        .map((arc) => ({ kind: "vertex", vertex: arc, src: undefined })),
      hasComprehension: false,
      ellipsis: vertex.base.isOpen ? { type: undefined } : undefined,
      src: undefined,
    };
  wakeFields(vertex);
  const decls: Decl[] = vertex.arcs.map((arc) => ({
    kind: "field",
    label: arc.label,
    arcType: arc.arcType,
    value: { kind: "vertex", vertex: arc, src: undefined },
    src: undefined,
  }));
  return structPlan(decls, undefined);
}
