import { posOf } from "./diagnostics.ts";
import { formatExpr } from "./eval/format.ts";
import { isReference } from "./eval/evaluate.ts";
import type { Run } from "./eval/run.ts";
import type { Expr } from "./compile/ir.ts";
import type { Vertex } from "./eval/vertex.ts";
import type { Conjunct } from "./value.ts";

/** Which parts of which texts made a value: found in the conjuncts that it keeps anyway. */
export function explainVertex(run: Run, vertex: Vertex): Conjunct[] {
  run.spend(1);
  return vertex.conjuncts.map(({ expr, field }) => ({
    pos: posOf(field ?? expr.src),
    text: formatExpr(expr),
    role: roleOf(expr),
    reference: isReference(expr) ? formatExpr(expr) : undefined,
  }));
}

function roleOf(expr: Expr): Conjunct["role"] {
  if (isReference(expr)) return "reference";
  switch (expr.kind) {
    case "disjunction":
      return expr.hasDefaults ? "default" : "constraint";
    case "bound":
    case "unify":
      return "constraint";
    case "value":
      return "tag" in expr.value && expr.value.tag === "atom" ? "literal" : "constraint";
    case "struct":
    case "list":
    case "data":
      return "literal";
    default:
      return "computed";
  }
}
