import type { Expr } from "../compile/ir.ts";
import { numberOfJs } from "../number.ts";
import { satisfiesBound } from "./bounds.ts";
import { evaluate } from "./evaluate.ts";
import { topKind } from "./kind.ts";
import type { Run } from "./run.ts";
import { type Atom, type Base, type Bound, type TypeValue, atom, sameAtom } from "./values.ts";
import { type Conjunct, Vertex, evaluated } from "./vertex.ts";

/**
 * Most fields are a scalar, or a scalar that meets a type, a few bounds and a choice of scalars. They need none of the
 * machinery: their value is read off the conjuncts. Whatever does not fit, and whatever conflicts, goes the long way.
 */
export function unifyScalars(run: Run, vertex: Vertex): boolean {
  const { conjuncts } = vertex;
  if (conjuncts.length > maxConjuncts || vertex.choices !== undefined) return false;
  const value = conjuncts.length === 1 ? single(run, conjuncts[0]!) : meet(run, conjuncts);
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

/** Values of constant expressions, as the long way found them. */
const constantValues = new WeakMap<Expr, Base>();
const constants = new WeakMap<Expr, boolean>();

/** Keeps what a vertex became that is nothing but one constant expression: the next such vertex is the same. */
export function rememberConstant(vertex: Vertex): void {
  const { base, bottom, conjuncts } = vertex;
  if (base?.tag !== "disjunction" || bottom !== undefined || conjuncts.length !== 1) return;
  const { expr, lineage } = conjuncts[0]!;
  if (lineage.choices !== undefined || vertex.choices !== undefined || vertex.arcs.length > 0) return;
  if (base.values.every((value) => !(value instanceof Vertex)) && isConstant(expr)) constantValues.set(expr, base);
}

function single(run: Run, { expr, lineage }: Conjunct): Base | undefined {
  if (expr.kind !== "disjunction" && expr.kind !== "unify") return plainValue(run, expr);
  return lineage.choices === undefined ? constantValues.get(expr) : undefined;
}

/** Whether an expression is made of scalars, types and bounds alone, so that it means the same wherever it stands. */
function isConstant(expr: Expr): boolean {
  if (expr.kind === "value") return isPlain(expr.value);
  if (expr.kind === "bound") return expr.expr.kind === "value" && expr.expr.value.tag === "atom";
  if (expr.kind !== "unify" && expr.kind !== "disjunction") return false;
  let known = constants.get(expr);
  if (known === undefined) {
    known = expr.kind === "unify" ? expr.operands.every(isConstant) : expr.terms.every((term) => isConstant(term.expr));
    constants.set(expr, known);
  }
  return known;
}

function isPlain(value: Extract<Expr, { kind: "value" }>["value"]): value is Plain {
  return value.tag === "atom" || (value.tag === "type" && value.kind !== topKind) || value.tag === "bound";
}

/** The scalar, type or bound that an expression plainly is. */
function plainValue(run: Run, expr: Expr): Plain | undefined {
  if (expr.kind === "value") return isPlain(expr.value) ? expr.value : undefined;
  if (expr.kind === "bound") return boundValue(run, expr);
  if (expr.kind !== "data") return undefined;
  const { value } = expr;
  if (typeof value === "string" || typeof value === "boolean" || value === null) return atom(value, expr.src);
  return typeof value === "number" ? atom(numberOfJs(value), expr.src) : undefined;
}

const bounds = new WeakMap<Expr, Bound>();

/** The bound of a literal, evaluated once. */
function boundValue(run: Run, expr: Expr & { kind: "bound" }): Bound | undefined {
  if (!isConstant(expr)) return undefined;
  const known = bounds.get(expr);
  if (known !== undefined) return known;
  const value = evaluate(run, undefined, expr);
  if (value.tag !== "bound") return undefined;
  bounds.set(expr, value);
  return value;
}

/** The first of equal scalars, if everything beside it admits it. */
function meet(run: Run, conjuncts: readonly Conjunct[]): Atom | undefined {
  let found: Atom | undefined;
  for (let i = 0; i < conjuncts.length; i++) {
    const { expr, lineage } = conjuncts[i]!;
    const value = plainValue(run, expr);
    if (value === undefined) {
      if (lineage.choices !== undefined || !isConstant(expr)) return undefined;
    } else if (value.tag === "atom") {
      if (found === undefined) found = value;
      else if (!sameAtom(found, value)) return undefined;
    }
  }
  if (found === undefined) return undefined;
  for (let i = 0; i < conjuncts.length; i++) {
    const { expr } = conjuncts[i]!;
    if (expr.kind !== "data" && !admits(run, expr, found)) return undefined;
  }
  return found;
}

/** Whether a scalar is an instance of a constant expression. */
function admits(run: Run, expr: Expr, scalar: Atom): boolean {
  switch (expr.kind) {
    case "unify":
      for (const operand of expr.operands) if (!admits(run, operand, scalar)) return false;
      return true;
    case "disjunction":
      for (const term of expr.terms) if (admits(run, term.expr, scalar)) return true;
      return false;
    case "value":
    case "bound":
      break;
    default:
      return false;
  }
  const value = expr.kind === "value" ? expr.value : boundValue(run, expr);
  if (value === undefined) return false;
  if (value.tag === "atom") return sameAtom(value, scalar);
  if (value.tag === "bound") return (value.kind & scalar.kind) !== 0 && satisfiesBound(value, scalar);
  return value.tag === "type" && (value.kind & scalar.kind) !== 0;
}
