import type { Expr } from "../compile/ir.ts";
import { numberOfJs } from "../number.ts";
import { topKind } from "./kind.ts";
import type { Run } from "./run.ts";
import { violation } from "./scalars.ts";
import { type Atom, type Bound, type TypeValue, atom, sameAtom } from "./values.ts";
import { type Conjunct, type Vertex, evaluated } from "./vertex.ts";

/**
 * Most fields are a scalar, or a scalar that meets a type and a few bounds. They need none of the machinery: their value
 * is read off the conjuncts. Whatever does not fit, and whatever conflicts, goes the long way.
 */
export function unifyScalars(run: Run, vertex: Vertex): boolean {
  const { conjuncts } = vertex;
  if (conjuncts.length > maxConjuncts || vertex.choices !== undefined) return false;
  const value = conjuncts.length === 1 ? plainValue(conjuncts[0]!.expr) : meet(run, conjuncts);
  if (value === undefined) return false;
  run.counters.unifications++;
  run.counters.conjuncts += conjuncts.length;
  run.spend(1 + conjuncts.length);
  vertex.base = value;
  vertex.bottom = undefined;
  vertex.status = evaluated;
  run.epoch++;
  return true;
}

const maxConjuncts = 6;

type Plain = Atom | TypeValue | Bound;

/** The scalar, type or bound that an expression plainly is. */
function plainValue(expr: Expr): Plain | undefined {
  if (expr.kind === "value") {
    const { value } = expr;
    return value.tag === "atom" || (value.tag === "type" && value.kind !== topKind) || value.tag === "bound"
      ? value
      : undefined;
  }
  if (expr.kind !== "data") return undefined;
  const { value } = expr;
  if (typeof value === "string" || typeof value === "boolean" || value === null) return atom(value, expr.src);
  return typeof value === "number" ? atom(numberOfJs(value), expr.src) : undefined;
}

/** The first of equal scalars, if all types and bounds beside it admit it. */
function meet(run: Run, conjuncts: readonly Conjunct[]): Atom | undefined {
  let found: Atom | undefined;
  const others: Plain[] = [];
  for (let i = 0; i < conjuncts.length; i++) {
    const value = plainValue(conjuncts[i]!.expr);
    if (value === undefined) return undefined;
    if (value.tag !== "atom") others.push(value);
    else if (found === undefined) found = value;
    else if (!sameAtom(found, value)) return undefined;
  }
  if (found === undefined) return undefined;
  for (const other of others) {
    if ((other.kind & found.kind) === 0) return undefined;
    if (other.tag === "bound" && violation(run, other, found) !== undefined) return undefined;
  }
  return found;
}
