/** Operators, and what they ask of their operands. */
import type { BinaryExpr, Expr } from "../compile/ir.ts";
import { negateNumber } from "../number-arithmetic.ts";
import { binaryOperation } from "./arithmetic.ts";
import type { Environment } from "./environment.ts";
import { formatExpr, formatValue } from "./format.ts";
import { boolKind, formatKind, funcKind, numberKind, topKind } from "./kind.ts";
import { finalize } from "./finalize.ts";
import { formatLabel } from "./label.ts";
import { resolve } from "./resolve.ts";
import { type Run, holderOf } from "./run.ts";
import { unify } from "./unify.ts";
import { type Base, type Bottom, type Value, atom, bottom, combineBottoms, falseAtom, trueAtom } from "./values.ts";
import { firstOpen } from "./validate.ts";
import { Vertex, inProgress, pathOf, target } from "./vertex.ts";
import { isReference, evaluate, evaluated, scalarValue, defaultOf, atomOf, kindsOf, errorOf } from "./evaluate.ts";

/** An operand of an operator: a struct or a list must be concrete to its leaves. */
function dataOperand(run: Run, env: Environment | undefined, expr: Expr, op: string, side: "left" | "right"): Value {
  const value = operand(run, env, expr, op);
  if (!(value instanceof Vertex) || (value.base?.tag !== "struct" && value.base?.tag !== "list")) return value;
  if (value.status === inProgress) return value;
  finalize(run, value);
  const problem = firstOpen(value);
  // What asks for the struct that it is part of is not known yet, but that is no reason to wait.
  if (problem === undefined || target(problem.vertex).status === inProgress) return value;
  return openOperand(problem, expr, `${side}-hand value to '${op}' (type ${formatKind(value.base!.kind)})`);
}

// Errors are made apart: what a message needs is held only where there is one.
function openOperand({ error, vertex }: NonNullable<ReturnType<typeof firstOpen>>, expr: Expr, what: string): Bottom {
  return bottom({
    code: error.code,
    message: () => `invalid ${what}: ${pathOf(vertex).map(formatLabel).join(".")}: ${error.message()}`,
    sources: [expr.src],
    causes: [error],
  });
}

/** An operand: concrete, or the error that says why not. */
export function operand(run: Run, env: Environment | undefined, expr: Expr, op: string): Value {
  return concreteOperand(defaultOf(scalarValue(run, env, expr)), expr, op);
}

// eslint-disable-next-line max-params -- the words of the message
function concreteOperand(value: Value, expr: Expr, op: string, form?: "unary"): Value {
  const base = value instanceof Vertex ? value.base : value;
  if (
    base === undefined ||
    base.tag === "bottom" ||
    base.tag === "atom" ||
    base.tag === "struct" ||
    base.tag === "list"
  )
    return value;
  return notConcrete(base, expr, op, form);
}

// eslint-disable-next-line max-params -- the words of the message
function notConcrete(base: Base, expr: Expr, op: string, form: "unary" | undefined): Bottom {
  if (base.tag === "disjunction")
    return bottom({
      code: "incomplete",
      message: () => `unresolved disjunction ${formatValue(base)} (type ${formatKind(base.kind)})`,
      sources: [expr.src],
    });
  if (base.tag === "func")
    return bottom({
      message: () => `non-concrete value ${formatValue(base)} in operand to ${op}`,
      sources: [expr.src],
    });
  return bottom({
    code: "incomplete",
    message: () =>
      form === "unary"
        ? `operand ${formatExpr(expr)} of '${op}' not concrete (was ${formatValue(base)})`
        : `non-concrete value ${formatValue(base)} in operand to ${op}`,
    sources: [expr.src, base.src],
  });
}

export function unary(run: Run, env: Environment | undefined, expr: Expr & { kind: "unary" }): Value {
  const given = defaultOf(scalarValue(run, env, expr.expr));
  const wanted = expr.op === "!" ? boolKind : numberKind;
  const isHopeless = errorOf(given) === undefined && (kindsOf(given) & wanted) === 0;
  const value = isHopeless ? given : concreteOperand(given, expr.expr, expr.op, "unary");
  const base = value instanceof Vertex ? value.base : value;
  if (base?.tag === "bottom") return base;
  if (base?.tag === "atom") {
    if (expr.op === "!" && typeof base.value === "boolean") return base.value ? falseAtom : trueAtom;
    if (expr.op !== "!" && (base.kind & numberKind) !== 0)
      return expr.op === "+" ? base : atom(negateNumber(base.value as never), expr.src);
  }
  return bottom({
    message: () => `invalid operation ${expr.op}${formatValue(value)} (${expr.op} ${formatKind(kindsOf(value))})`,
    sources: [expr.src],
  });
}

export function binary(run: Run, env: Environment | undefined, expr: BinaryExpr): Value {
  const left = dataOperand(run, env, expr.left, expr.op, "left");
  if (expr.shortCircuit === true && (expr.op === "&&" || expr.op === "||")) {
    const known = atomOf(left);
    if (known !== undefined && known.value === (expr.op === "||")) return known;
  }
  const right = dataOperand(run, env, expr.right, expr.op, "right");
  const leftError = errorOf(left);
  const rightError = errorOf(right);
  if (leftError !== undefined || rightError !== undefined) {
    if (leftError === undefined) return rightError!;
    if (rightError === undefined) return leftError;
    return combineBottoms(leftError, rightError);
  }
  return binaryOperation(run, expr, left, right);
}

/** `x != _|_`: whether x is there. An absent field is no error of the test, a cycle is; a mere constraint is not there. */
export function testValidity(run: Run, env: Environment | undefined, expr: Expr & { kind: "bottom-test" }): Value {
  const found = isReference(expr.expr) ? resolve(run, env, expr.expr) : undefined;
  if (found !== undefined && leadsBack(run, found)) return expr.isEqual ? falseAtom : trueAtom;
  if (found !== undefined && isAbsentForGood(found)) return expr.isEqual ? trueAtom : falseAtom;
  const value = found instanceof Vertex ? evaluated(run, found, expr.expr) : evaluate(run, env, expr.expr);
  if (value instanceof Vertex) finalize(run, value);
  const error = errorOf(value) ?? (value instanceof Vertex ? value.childError : undefined);
  if (error !== undefined && error.code === "cycle") return error;
  return (error === undefined && !isMereConstraint(value)) === expr.isEqual ? falseAtom : trueAtom;
}

/** What asks whether it is there itself is there, unless it is known already to be wrong. */
function leadsBack(run: Run, found: Vertex | Value): boolean {
  if (!(found instanceof Vertex)) return false;
  unify(run, found);
  const { status, state } = holderOf(run, found);
  return status === inProgress && state?.error === undefined && state?.isStruct !== true;
}

/** What lacks it has been worked off: to look once more changes nothing. */
function isAbsentForGood(found: Vertex | Value): boolean {
  if (found instanceof Vertex || found.tag !== "bottom" || found.code === "cycle") return false;
  return found.subject?.kind === "absence" && found.subject.holder.status > inProgress;
}

function isMereConstraint(value: Value): boolean {
  const base = value instanceof Vertex ? value.base : value;
  switch (base?.tag) {
    case "type":
      return (base.kind | funcKind) !== topKind;
    case "bound":
    case "validator":
    case "conjunction":
      return true;
    default:
      return false;
  }
}
