/** The value of an expression. What it needs of the configuration it gets by evaluating the vertices that it names. */
import type { BinaryExpr, CallExpr, Expr, Interpolation } from "../compile/ir.ts";
import { negateNumber } from "../number-arithmetic.ts";
import { formatNumber, intNumber } from "../number.ts";
import { binaryOperation } from "./arithmetic.ts";
import { firstAtom, visibleAtom } from "./clash.ts";
import { kindOfBound } from "./bounds.ts";
import { call } from "./call.ts";
import { comparison } from "./predeclared.ts";
import { type Environment, inheritedLineage, vertexOf } from "./environment.ts";
import { cycleWith } from "./errors.ts";
import { formatExpr, formatValue, textOfBytes } from "./format.ts";
import {
  type Kind,
  boolKind,
  bytesKind,
  formatKind,
  funcKind,
  intKind,
  listKind,
  nullKind,
  numberKind,
  stringKind,
  topKind,
} from "./kind.ts";
import { errorWithin, finalize } from "./finalize.ts";
import { formatLabel, isLet, stringLabel } from "./label.ts";
import { regexError } from "./regex.ts";
import { elementCount, resolve } from "./resolve.ts";
import { type Run, holderOf } from "./run.ts";
import { unify } from "./unify.ts";
import {
  type Atom,
  type Base,
  type Bottom,
  type Func,
  type Value,
  atom,
  bottom,
  combineBottoms,
  falseAtom,
  isFatal,
  trueAtom,
} from "./values.ts";
import { firstOpen } from "./validate.ts";
import { Vertex, inProgress, noLineage, pathOf, target, unprocessed } from "./vertex.ts";

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
    if (node?.isList === true)
      return bottom({
        code: "incomplete",
        message: () => `${formatExpr(expr)} is a list that is still open`,
        sources: [expr.src],
      });
    return cycleWith(holder, expr);
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

/**
 * The value of an expression that is needed as a scalar. One that is written where a reference leads is taken as it is
 * until that is complete: what else is said of it is checked where it belongs.
 */
export function scalarValue(run: Run, env: Environment | undefined, expr: Expr): Value {
  if (!isReference(expr)) return evaluate(run, env, expr);
  const found = resolve(run, env, expr);
  if (!(found instanceof Vertex)) return found;
  if (isBeingChosen(found))
    return bottom({ code: "cycle", message: () => `unresolved disjunction: ${formatExpr(expr)}`, sources: [expr.src] });
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

/** An operand of an operator: a struct or a list must be concrete to its leaves. */
function dataOperand(run: Run, env: Environment | undefined, expr: Expr, op: string, side: "left" | "right"): Value {
  const value = operand(run, env, expr, op);
  if (!(value instanceof Vertex) || (value.base?.tag !== "struct" && value.base?.tag !== "list")) return value;
  if (value.status === inProgress) return value;
  finalize(run, value);
  const problem = firstOpen(value);
  // What asks for the struct that it is part of is not known yet, but that is no reason to wait.
  if (problem === undefined || target(problem.vertex).status === inProgress) return value;
  const { error, vertex } = problem;
  return bottom({
    code: error.code,
    message: () =>
      `invalid ${side}-hand value to '${op}' (type ${formatKind(value.base!.kind)}): ${pathOf(vertex).map(formatLabel).join(".")}: ${error.message()}`,
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

function unary(run: Run, env: Environment | undefined, expr: Expr & { kind: "unary" }): Value {
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

function binary(run: Run, env: Environment | undefined, expr: BinaryExpr): Value {
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

export function errorOf(value: Value): Bottom | undefined {
  if (value instanceof Vertex) return target(value).bottom;
  return value.tag === "bottom" ? value : undefined;
}

/** `x != _|_`: whether x is there. An absent field is no error of the test, a cycle is; a mere constraint is not there. */
function testValidity(run: Run, env: Environment | undefined, expr: Expr & { kind: "bottom-test" }): Value {
  if (leadsBack(run, env, expr.expr)) return expr.isEqual ? falseAtom : trueAtom;
  const value = evaluate(run, env, expr.expr);
  if (value instanceof Vertex) finalize(run, value);
  const error = errorOf(value) ?? (value instanceof Vertex ? value.childError : undefined);
  if (error !== undefined && error.code === "cycle") return error;
  return (error === undefined && !isMereConstraint(value)) === expr.isEqual ? falseAtom : trueAtom;
}

/** What asks whether it is there itself is there, unless it is known already to be wrong. */
function leadsBack(run: Run, env: Environment | undefined, expr: Expr): boolean {
  const found = isReference(expr) ? resolve(run, env, expr) : undefined;
  if (!(found instanceof Vertex)) return false;
  unify(run, found);
  const { status, state } = holderOf(run, found);
  return status === inProgress && state?.error === undefined && state?.isStruct !== true;
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

function bound(run: Run, env: Environment | undefined, expr: Expr & { kind: "bound" }): Value {
  const value = defaultOf(scalarValue(run, env, expr.expr));
  const error = errorOf(value);
  if (error !== undefined) return error;
  const base = value instanceof Vertex ? value.base : value;
  if (base !== undefined && !isConcrete(base)) return unknownBound(base, expr);
  if (value instanceof Vertex && (base?.tag === "struct" || base?.tag === "list")) {
    if (expr.op === "==" || expr.op === "!=") return comparison(expr.op, value, expr.src);
  }
  if (base?.tag === "atom") {
    const kind = kindOfBound(expr.op, base);
    if (kind !== 0 && ((expr.op !== "=~" && expr.op !== "!~") || base.kind === stringKind)) {
      const wrong = expr.op === "=~" || expr.op === "!~" ? regexError(base.value as string) : undefined;
      if (wrong !== undefined) return bottom({ message: `invalid regexp: ${wrong.message}`, sources: [expr.src] });
      return { tag: "bound", kind, op: expr.op, value: base, src: expr.src };
    }
  }
  return bottom({
    message: () =>
      base?.tag === "atom"
        ? expr.op === "=~" || expr.op === "!~"
          ? `cannot use ${formatValue(value)} (type ${formatKind(base.kind)}) as type string in ${expr.op}`
          : `cannot use ${formatKind(base.kind)} for bound ${expr.op}`
        : `cannot use ${formatValue(value)} (type ${formatKind(kindsOf(value))}) as type (bytes|number|string|null) for bound ${expr.op}`,
    sources: [expr.src],
  });
}

function isConcrete({ tag }: { readonly tag: string }): boolean {
  return tag === "atom" || tag === "struct" || tag === "list";
}

function unknownBound(value: Base | Bottom, expr: Expr & { kind: "bound" }): Bottom {
  const isNever = value.tag === "func";
  return bottom({
    code: isNever ? "eval" : "incomplete",
    message: () => `non-concrete value ${formatExpr(expr.expr)} for bound ${expr.op}`,
    sources: [expr.expr.src],
  });
}

const textKinds = stringKind | bytesKind | numberKind | boolKind;
const encoder = new TextEncoder();

function interpolate(run: Run, env: Environment | undefined, expr: Interpolation): Value {
  let error: Bottom | undefined;
  const parts: (string | Uint8Array)[] = [];
  for (let i = 0; i < expr.exprs.length; i++) {
    parts.push(expr.bytes?.[i] ?? expr.texts[i]!);
    const value = defaultOf(scalarValue(run, env, expr.exprs[i]!));
    const part = textOf(value, expr, expr.exprs[i]!);
    if (typeof part === "object" && !(part instanceof Uint8Array)) error = combineBottoms(error, part);
    else parts.push(part);
  }
  if (error !== undefined) return error;
  parts.push(expr.bytes?.[expr.exprs.length] ?? expr.texts[expr.exprs.length]!);
  if (!expr.isBytes) {
    const text = parts.map((part) => (typeof part === "string" ? part : textOfBytes(part))).join("");
    run.spend(1, text.length);
    return atom(text, expr.src);
  }
  return atom(concatBytes(parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part))), expr.src);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function textOf(value: Value, expr: Interpolation, part: Expr): string | Uint8Array | Bottom {
  const base = value instanceof Vertex ? value.base : value;
  const error = errorOf(value);
  if (error !== undefined)
    return bottom({
      code: error.code,
      message: () => `invalid interpolation: ${error.message()}`,
      vertex: error.code === "cycle" ? undefined : error.vertex,
      sources: [expr.src, ...error.sources],
      causes: [error],
    });
  if (base?.tag === "atom" && (base.kind & textKinds) !== 0) {
    if (typeof base.value === "string" || base.value instanceof Uint8Array) return base.value;
    return typeof base.value === "boolean" ? String(base.value) : formatNumber(base.value as never);
  }
  const kind = kindsOf(value);
  const isHopeless =
    (kind & textKinds) === 0 || (base?.tag === "atom" && base.kind === nullKind) || base?.tag === "func";
  return bottom({
    code: isHopeless ? "eval" : "incomplete",
    message: () =>
      isHopeless
        ? `invalid interpolation: cannot use ${formatValue(value)} (type ${formatKind(kind)}) as type (bool|string|bytes|number)`
        : `invalid interpolation: non-concrete value ${formatValue(value)} (type ${formatKind(kind)})`,
    sources: [expr.src, part.src],
  });
}

function callValue(run: Run, env: Environment | undefined, expr: CallExpr): Value {
  const func = evaluate(run, env, expr.fun);
  const base = func instanceof Vertex ? func.base : func;
  if (base?.tag === "validator" && base.args.length === 0) return call(run, env, expr, base.func);
  if (base?.tag === "func") return call(run, env, expr, base as Func);
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

function slice(run: Run, env: Environment | undefined, expr: Expr & { kind: "slice" }): Value {
  const from = operand(run, env, expr.expr, "slice");
  const error = errorOf(from);
  if (error !== undefined) return error;
  if (!(from instanceof Vertex) || from.base?.tag !== "list")
    return bottom({
      message: () => `cannot slice ${formatValue(from)} (type ${formatKind(kindsOf(from))})`,
      sources: [expr.src],
    });
  const count = elementCount(from);
  const low = sliceIndex(run, env, expr.low, 0);
  const high = sliceIndex(run, env, expr.high, count);
  if (typeof low !== "number") return low;
  if (typeof high !== "number") return high;
  if (low > high) return bottom({ message: `invalid slice index: ${low} > ${high}`, sources: [expr.src] });
  if (high > count) return bottom({ message: `index ${low > count ? low : high} out of range`, sources: [expr.src] });
  return listOf(from.arcs.filter((arc) => typeof arc.label === "number").slice(low, high));
}

/** A closed list of vertices that are there. */
export function listOf(elements: readonly Vertex[]): Vertex {
  const list = new Vertex(undefined, "", [], true);
  list.conjuncts = [
    {
      expr: {
        kind: "list",
        elements: elements.map((vertex) => ({ kind: "vertex", vertex, src: undefined })),
        hasComprehension: false,
        ellipsis: undefined,
        src: undefined,
      },
      env: undefined,
      lineage: noLineage,
    },
  ];
  return list;
}

function sliceIndex(
  run: Run,
  env: Environment | undefined,
  expr: Expr | undefined,
  otherwise: number,
): number | Bottom {
  if (expr === undefined) return otherwise;
  const value = operand(run, env, expr, "slice index");
  const known = atomOf(value);
  if (known?.kind === intKind) {
    const index = Number((known.value as { coefficient: number | bigint }).coefficient);
    if (index >= 0) return index;
    return bottom({ message: "cannot convert negative number to uint64", sources: [expr.src] });
  }
  return (
    errorOf(value) ??
    bottom({
      message: () => `cannot use ${formatValue(value)} (type ${formatKind(kindsOf(value))}) as type int in slice index`,
      sources: [expr.src],
    })
  );
}

export { intNumber, listKind, stringLabel };
