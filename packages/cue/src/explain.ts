import { Environment } from "./eval/environment.ts";
import { isReference } from "./eval/evaluate.ts";
import { nameOfLabel } from "./eval/label.ts";
import { resolve } from "./eval/resolve.ts";
import { type Value, atom } from "./eval/values.ts";
import type { Run } from "./eval/run.ts";
import type { Expr } from "./compile/ir.ts";
import { structPlan } from "./compile/plan.ts";
import { type Conjunct as EvalConjunct, Vertex } from "./eval/vertex.ts";

/** Where a plain reference leads. */
export function referenceTarget(run: Run, { expr, env }: EvalConjunct): Vertex | undefined {
  if (!isReference(expr)) return undefined;
  const found = resolve(run, env, expr);
  return found instanceof Vertex ? found : undefined;
}

export interface Operands {
  readonly op: string;
  readonly operands: readonly EvalConjunct[];
}

/** The operator that makes a value of its conjuncts, and what it is applied to. */
export function operandsOf(vertex: Vertex): Operands {
  const { conjuncts } = vertex;
  if (conjuncts.length > 1) return { op: "&", operands: conjuncts };
  const [conjunct] = conjuncts;
  if (conjunct === undefined) return { op: "NoOp", operands: [] };
  const { expr } = conjunct;
  const of = (op: string, ...exprs: readonly Expr[]): Operands => ({
    op,
    operands: exprs.map((operand) => ({ ...conjunct, expr: operand, field: undefined })),
  });
  switch (expr.kind) {
    case "unify":
      return of("&", ...expr.operands);
    case "disjunction":
      return of("|", ...expr.terms.map((term) => term.expr));
    case "binary":
      return of(expr.op, expr.left, expr.right);
    case "unary":
    case "bound":
      return of(expr.op, expr.expr);
    case "select":
      return of(".", expr.expr, literal(atom(nameOfLabel(expr.label))));
    case "index":
      return of("[]", expr.expr, expr.index);
    case "slice":
      return of("[:]", expr.expr, ...[expr.low, expr.high].filter((bound) => bound !== undefined));
    case "call":
      return of("()", expr.fun, ...expr.args);
    case "interpolation":
      return of("\\()", ...expr.exprs);
    case "struct":
      return embedded(conjunct, vertex);
    default:
      return { op: "NoOp", operands: [conjunct] };
  }
}

function literal(value: Value): Expr {
  return { kind: "value", value, src: undefined };
}

/** `{#A, b: 1}` is `#A & {b: 1}`. */
function embedded(conjunct: EvalConjunct, vertex: Vertex): Operands {
  const { expr } = conjunct;
  if (expr.kind !== "struct") return { op: "NoOp", operands: [conjunct] };
  const embeddings = expr.decls.flatMap((decl) => (decl.kind === "embed" ? [decl.expr] : []));
  if (embeddings.length === 0) return { op: "NoOp", operands: [conjunct] };
  const rest = expr.decls.filter((decl) => decl.kind !== "embed");
  // What is embedded sees the fields of the literal around it.
  const env = new Environment(conjunct.env, vertex);
  const operands: EvalConjunct[] = embeddings.map((operand) => ({ ...conjunct, expr: operand, env, field: undefined }));
  if (rest.length > 0) operands.push({ ...conjunct, expr: structPlan(rest, undefined), field: undefined });
  return { op: operands.length > 1 ? "&" : "NoOp", operands };
}
