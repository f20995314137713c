/** The value of an expression. What it needs of the configuration it gets by evaluating the vertices that it names. */
import type { CallExpr, Expr } from "../compile/ir.ts";
import { firstAtom, visibleAtom } from "./clash.ts";
import { call } from "./call.ts";
import { type Environment, inheritedLineage, vertexOf } from "./environment.ts";
import { cycleWith } from "./errors.ts";
import { formatExpr } from "./format.ts";
import { type Kind, formatKind, funcKind } from "./kind.ts";
import { errorWithin } from "./finalize.ts";
import { isLet } from "./label.ts";
import { resolve } from "./resolve.ts";
import { type Run, holderOf } from "./run.ts";
import { unify } from "./unify.ts";
import { type Atom, type Bottom, type Func, type Value, bottom, combineBottoms, isFatal } from "./values.ts";
import { Vertex, inProgress, target, unprocessed } from "./vertex.ts";
import { unary, binary, testValidity } from "./operators.ts";
import { bound } from "./bound-value.ts";
import { interpolate } from "./interpolation.ts";
import { slice } from "./slice.ts";

export function isReference(expr: Expr): boolean {
  switch (expr.kind) {
    case "field-ref":
    case "let-ref":
    case "binding-ref":
    case "label-ref":
    case "self-ref":
    case "dynamic-ref":
    case "import-ref":
    case "scope-ref":
    case "select":
    case "index":
    case "try":
      return true;
    default:
      return false;
  }
}

export function evaluate(run: Run, env: Environment | undefined, expr: Expr): Value {
  switch (expr.kind) {
    case "value":
      return expr.value instanceof Vertex ? evaluated(run, expr.value, expr) : expr.value;
    case "field-ref":
    case "let-ref":
    case "binding-ref":
    case "label-ref":
    case "self-ref":
    case "dynamic-ref":
    case "import-ref":
    case "scope-ref":
    case "select":
    case "index":
    case "try": {
      const found = resolve(run, env, expr);
      return found instanceof Vertex ? evaluated(run, found, expr) : found;
    }
    case "interpolation":
      return interpolate(run, env, expr);
    case "unary":
      return unary(run, env, expr);
    case "binary":
      return binary(run, env, expr);
    case "bottom-test":
      return testValidity(run, env, expr);
    case "bound":
      return bound(run, env, expr);
    case "call":
      return settled(run, callValue(run, env, expr), expr);
    case "slice":
      return settled(run, slice(run, env, expr), expr);
    default:
      return evaluated(run, anonymous(run, env, expr), expr);
  }
}

function settled(run: Run, value: Value, expr: Expr): Value {
  return value instanceof Vertex ? evaluated(run, value, expr) : value;
}

/** A vertex for a value that stands nowhere: an operand, an argument. It counts as part of what is being worked off. */
export function anonymous(run: Run, env: Environment | undefined, expr: Expr): Vertex {
  const lineage = run.inherited ?? inheritedLineage(env);
  return new Vertex(run.stack.at(-1) ?? vertexOf(env), "", [{ expr, env, lineage }], true);
}

/**
 * The value of a vertex: a scalar or constraint as such, a struct or list as the vertex. Of a vertex in progress, which
 * asks for itself then, only what is certain: an atom that is among its conjuncts, or that it is a struct.
 */
export function evaluated(run: Run, vertex: Vertex, expr: Expr): Value {
  unify(run, vertex);
  const holder = holderOf(run, vertex);
  if (holder.status === inProgress) {
    const node = holder.state;
    if (node?.error !== undefined && isFatal(node.error)) return node.error;
    if (node?.atom !== undefined) return node.atom;
    if (node?.isStruct === true || (node?.isList === true && node.lists.length > 0)) return holder;
    if (node !== undefined) run.floor = Math.min(run.floor, node.depth);
    return node?.isList === true ? openList(expr) : cycleWith(holder, expr);
  }
  if (holder.isComplete && holder.childError !== undefined) return errorWithin(holder) ?? holder.childError;
  // Each part of a cycle says that it is one.
  if (holder.bottom !== undefined)
    return holder.bottom.code === "cycle" && !holder.binding
      ? combineBottoms(holder.bottom, cycleWith(holder, expr))
      : holder.bottom;
  const { base } = holder;
  if (base === undefined) return holder;
  if (base.tag === "struct" || base.tag === "list" || holder.arcs.length > 0) return holder;
  return base;
}

// Errors are made apart: what a message needs is held only where there is one.
function openList(expr: Expr): Bottom {
  const message = (): string => `${formatExpr(expr)} is a list that is still open`;
  return bottom({ code: "incomplete", message, sources: [expr.src] });
}

function undecided(expr: Expr): Bottom {
  const message = (): string => `unresolved disjunction: ${formatExpr(expr)}`;
  return bottom({ code: "cycle", message, sources: [expr.src] });
}

/**
 * The value of an expression that is needed as a scalar. One that is written where a reference leads is taken as it is
 * until that is complete: what else is said of it is checked where it belongs.
 */
export function scalarValue(run: Run, env: Environment | undefined, expr: Expr): Value {
  if (!isReference(expr)) return evaluate(run, env, expr);
  const found = resolve(run, env, expr);
  if (!(found instanceof Vertex)) return found;
  if (isBeingChosen(found)) return undecided(expr);
  // What stands nowhere is checked here or never.
  if (isPartOfExpression(found)) return evaluated(run, found, expr);
  const visible = found.status === unprocessed ? visibleAtom(found.conjuncts) : undefined;
  if (visible !== undefined) return visible;
  const value = evaluated(run, found, expr);
  const holder = target(found);
  if (value.tag !== "bottom" || !isFatal(value) || holder.isComplete) return value;
  return (found.shared === undefined ? visibleAtom(holder.conjuncts) : firstAtom(holder.conjuncts)) ?? value;
}

/** A disjunct of it is being tried, and needs it in order to know what it is. */
function isBeingChosen({ status, shared }: Vertex): boolean {
  return status === inProgress && shared?.status === inProgress && shared.state?.atom === undefined;
}

/** It, or what holds it, stands nowhere: an operand, an argument, what a clause ranges over. */
export function isPartOfExpression(vertex: Vertex): boolean {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) if (at.binding) return !isLet(at.label);
  return false;
}

/** The default, where one is chosen; disjunctions without remain what they are. */
export function defaultOf(value: Value): Value {
  let at = value;
  for (;;) {
    const base = at instanceof Vertex ? target(at).base : at;
    if (base?.tag !== "disjunction") return at instanceof Vertex ? target(at) : at;
    if (base.defaults !== 1) return base;
    at = base.values[0]!;
  }
}

/** The atom of a concrete scalar. */
export function atomOf(value: Value): Atom | undefined {
  const plain = defaultOf(value);
  const base = plain instanceof Vertex ? plain.base : plain;
  return base?.tag === "atom" ? base : undefined;
}

/** The kinds that a value may still have. */
export function kindsOf(value: Value): Kind {
  if (!(value instanceof Vertex)) return value.kind;
  return target(value).base?.kind ?? 0;
}

export function errorOf(value: Value): Bottom | undefined {
  if (value instanceof Vertex) return target(value).bottom;
  return value.tag === "bottom" ? value : undefined;
}

function callValue(run: Run, env: Environment | undefined, expr: CallExpr): Value {
  const func = evaluate(run, env, expr.fun);
  const base = func instanceof Vertex ? func.base : func;
  if (base?.tag === "validator" && base.isCalled === true)
    return bottom({
      message: () => `cannot call previously called validator ${formatExpr(expr.fun)}`,
      sources: [expr.src],
    });
  if (base?.tag === "validator" && base.args.length === 0) return call(run, env, expr, base.func);
  if (base?.tag === "func") return call(run, env, expr, base as Func);
  return noFunction(func, expr);
}

function noFunction(func: Value, expr: CallExpr): Bottom {
  const base = func instanceof Vertex ? func.base : func;
  const isOpen = base?.tag === "type" && (base.kind & funcKind) !== 0;
  return bottom({
    code: isOpen ? "incomplete" : "eval",
    message: () =>
      isOpen
        ? `cannot call non-concrete value ${formatExpr(expr.fun)} (type ${formatKind(kindsOf(func))})`
        : `cannot call non-function ${formatCallee(expr.fun)} (type ${formatKind(kindsOf(func))})`,
    sources: [expr.fun.src],
  });
}

function formatCallee(expr: Expr): string {
  if (expr.kind === "select") return `${formatCallee(expr.expr)}.${String(expr.label).replace(/^[\u0001-\u0004]/, "")}`;
  if (expr.kind === "import-ref") return expr.name;
  if (expr.kind === "field-ref") return String(expr.label).replace(/^[\u0001-\u0004]/, "");
  return "value";
}
