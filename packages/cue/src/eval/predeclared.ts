import type { Builtin } from "../library/builtin.ts";
import { divideIntegers } from "../number-arithmetic.ts";
import { type CueNumber, intNumber, safeIntegerOf } from "../number.ts";
import type { CallExpr, Expr, Interpolation, Source } from "../compile/ir.ts";
import type { Environment } from "./environment.ts";
import { anonymous, atomOf, defaultOf, errorOf, evaluate, evaluated, kindsOf } from "./evaluate.ts";
import { finalize, errorWithin } from "./finalize.ts";
import { equalValues } from "./equality.ts";
import { formatExpr, formatValue } from "./format.ts";
import {
  boolKind,
  bytesKind,
  floatKind,
  formatKind,
  intKind,
  listKind,
  nullKind,
  numberKind,
  stringKind,
  structKind,
  topKind,
} from "./kind.ts";
import { isRegular } from "./label.ts";
import { elementCount } from "./resolve.ts";
import type { Run } from "./run.ts";
import { expressionOf } from "./snapshot.ts";
import { unify } from "./unify.ts";
import {
  type Bound,
  type Func,
  type Simple,
  type Value,
  atom,
  bottom,
  funcValue,
  isFatal,
  typeValue,
} from "./values.ts";
import { Vertex, evaluated as evaluatedStatus, member, noLineage, target } from "./vertex.ts";

/** Names that are there without an import: types and functions. Functions are called by `callPredeclared`. */
export function predeclared(name: string): Value | undefined {
  if (name === "__no_sharing") return typeValue(topKind);
  return values.get(name) ?? (name.startsWith("__") ? values.get(name.slice(2)) : undefined);
}

const never: Builtin["call"] = () => null;

function declare(name: string, params: readonly string[], validator = false): Func {
  return funcValue({ name, params, result: "top", call: never, validator, nonConcrete: true }, "");
}

function bounded(name: string, low: CueNumber, high: CueNumber, kind: number): [string, Value] {
  const bounds: Simple[] = [bound(">=", low), bound("<=", high)];
  return [
    name,
    { tag: "conjunction", kind, values: kind === intKind ? [typeValue(intKind), ...bounds] : bounds, src: undefined },
  ];
}

function bound(op: Bound["op"], value: CueNumber): Bound {
  return { tag: "bound", kind: numberKind, op, value: atom(value), src: undefined };
}

function ints(): [string, Value][] {
  const all: [string, Value][] = [];
  for (const bits of [8, 16, 32, 64, 128]) {
    const size = 1n << BigInt(bits);
    all.push(bounded(`uint${bits}`, intNumber(0), intNumber(size - 1n), intKind));
    all.push(bounded(`int${bits}`, intNumber(-size / 2n), intNumber(size / 2n - 1n), intKind));
  }
  return all;
}

function float(text: string, exponent: number): CueNumber {
  return { kind: "number", isInt: false, coefficient: BigInt(text), exponent, form: "finite" };
}

const values: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["null", atom(null)],
  ["bool", typeValue(boolKind)],
  ["int", typeValue(intKind)],
  ["float", typeValue(floatKind)],
  ["number", typeValue(numberKind)],
  ["string", typeValue(stringKind)],
  ["bytes", typeValue(bytesKind)],
  ["_", typeValue(topKind)],
  [
    "uint",
    { tag: "conjunction", kind: intKind, values: [typeValue(intKind), bound(">=", intNumber(0))], src: undefined },
  ],
  ...ints(),
  bounded("rune", intNumber(0), intNumber(0x10ffff), intKind),
  bounded(
    "float32",
    float("-340282346638528859811704183484516925440", 0),
    float("340282346638528859811704183484516925440", 0),
    numberKind,
  ),
  bounded(
    "float64",
    float("-1797693134862315708145274237317043567981", 269),
    float("1797693134862315708145274237317043567981", 269),
    numberKind,
  ),
  ...["len", "close", "and", "or", "error"].map((name): [string, Value] => [name, declare(name, ["top"])]),
  ...["div", "mod", "quo", "rem"].map((name): [string, Value] => [name, declare(name, ["int", "int"])]),
  ["matchN", declare("matchN", ["top", "top", "list"], true)],
  ["matchIf", declare("matchIf", ["top", "top", "top", "top"], true)],
]);

/** The names that `predeclared` knows, for those who misspell one. */
export const predeclaredNames: readonly string[] = [...values.keys()].filter((name) => name !== "_");

/** Calls of predeclared functions; undefined leaves the call to the common way. */
export function callPredeclared(run: Run, env: Environment | undefined, expr: CallExpr, func: Func): Value | undefined {
  const { args } = expr;
  const { params, validator } = func.builtin;
  if (validator === true && args.length === params.length - 1) {
    return {
      tag: "validator",
      kind: topKind,
      func,
      args: args.map((arg) => evaluated(run, anonymous(run, env, arg), arg)),
      src: expr.src,
    };
  }
  if (args.length !== params.length) return undefined;
  switch (func.name) {
    case "len":
      return lengthOf(run, env, expr);
    case "close":
      return evaluated(run, anonymous(run, env, expr), expr);
    case "and":
      return combine(run, env, expr, "unify");
    case "or":
      return combine(run, env, expr, "disjunction");
    case "error":
      return userError(run, env, expr);
    case "div":
    case "mod":
    case "quo":
    case "rem":
      return divide(run, env, expr, func.name);
    case "matchN":
    case "matchIf": {
      const given = args.map((arg) => evaluated(run, anonymous(run, env, arg), arg));
      return runMatcher(run, func.name, given, expr);
    }
    default:
      return undefined;
  }
}

/** `==X` and `!=X` of a struct or a list, as constraints. */
export function comparison(op: "==" | "!=", value: Vertex, src: Source | undefined): Value {
  const kind = value.base?.tag === "list" ? listKind : structKind;
  return { tag: "validator", kind, func: op === "==" ? equalTo : differentFrom, args: [value], src };
}

const equalTo = declare("==", ["top", "top"], true);
const differentFrom = declare("!=", ["top", "top"], true);

const encoder = new TextEncoder();

function lengthOf(run: Run, env: Environment | undefined, expr: CallExpr): Value {
  const value = defaultOf(evaluate(run, env, expr.args[0]!));
  const error = errorOf(value);
  if (error !== undefined)
    return bottom({
      code: error.code,
      message: () => `error in call to len: ${error.message()}`,
      vertex: error.vertex,
      sources: [expr.src, ...error.sources],
      causes: [error],
    });
  const base = value instanceof Vertex ? value.base : value;
  if (base?.tag === "atom") {
    if (typeof base.value === "string") return atom(intNumber(encoder.encode(base.value).length), expr.src);
    if (base.value instanceof Uint8Array) return atom(intNumber(base.value.length), expr.src);
  }
  if (value instanceof Vertex) {
    if (base?.tag === "list" || value.state?.isList === true) return atom(intNumber(elementCount(value)), expr.src);
    if (base?.tag === "struct" || base === undefined)
      return atom(
        intNumber(value.arcs.filter((arc) => arc.arcType === member && isRegular(arc.label)).length),
        expr.src,
      );
  }
  const kind = kindsOf(value);
  const isHopeless = (kind & (stringKind | bytesKind | listKind | structKind)) === 0;
  return bottom({
    code: isHopeless ? "eval" : "incomplete",
    message: () =>
      isHopeless
        ? `invalid argument type ${formatKind(kind)}`
        : base?.tag === "disjunction"
          ? `unresolved disjunction ${formatValue(base)} (type ${formatKind(kind)})`
          : `error in call to len: non-concrete argument ${formatValue(value)}`,
    sources: [expr.src, expr.args[0]!.src],
  });
}

/** What `and([…])` and `or([…])` combine: at least one element, or the value of the call. */
export function combinedElements(
  run: Run,
  env: Environment | undefined,
  expr: CallExpr,
  kind: "unify" | "disjunction",
): readonly Vertex[] | Value {
  const value = defaultOf(evaluate(run, env, expr.args[0]!));
  const error = errorOf(value);
  const name = kind === "unify" ? "and" : "or";
  if (error !== undefined) return error;
  if (!(value instanceof Vertex) || value.base?.tag !== "list") {
    const isHopeless = (kindsOf(value) & listKind) === 0;
    return bottom({
      code: isHopeless ? "eval" : "incomplete",
      message: () =>
        `cannot use ${formatValue(value)} (type ${formatKind(kindsOf(value))}) as list in argument 1 to ${name}`,
      sources: [expr.src],
    });
  }
  const elements = value.arcs.filter((arc) => typeof arc.label === "number");
  if (elements.length > 0) return elements;
  return kind === "unify"
    ? typeValue(topKind)
    : bottom({ code: "incomplete", message: "error in call to or: empty list in call to or", sources: [expr.src] });
}

/** `and([…])`, `or([…])`: the elements, combined. */
function combine(run: Run, env: Environment | undefined, expr: CallExpr, kind: "unify" | "disjunction"): Value {
  const elements = combinedElements(run, env, expr, kind);
  if (!isElements(elements)) return elements;
  const parts: Expr[] = elements.map((vertex) => ({ kind: "vertex", vertex, src: expr.src }));
  if (parts.length === 1) return evaluated(run, (parts[0] as { vertex: Vertex }).vertex, expr);
  const whole: Expr =
    kind === "unify"
      ? { kind, operands: parts, src: expr.src }
      : { kind, terms: parts.map((part) => ({ expr: part, isDefault: false })), hasDefaults: false, src: expr.src };
  const vertex = anonymous(run, env, whole);
  const result = evaluated(run, vertex, expr);
  return result;
}

export function isElements(combined: readonly Vertex[] | Value): combined is readonly Vertex[] {
  return Array.isArray(combined);
}

function userError(run: Run, env: Environment | undefined, expr: CallExpr): Value {
  const arg = expr.args[0]!;
  const value = evaluate(run, env, arg);
  const text = atomOf(value);
  const error = errorOf(value);
  if (error !== undefined) {
    if (arg.kind !== "interpolation" || arg.isBytes) return error;
    // What is not known yet may still become a text.
    const code = isFatal(error) ? "user" : error.code;
    const sources = [expr.src, ...error.sources];
    return { ...bottom({ code, message: textDespiteErrors(run, env, arg), sources }), isCustom: true };
  }
  if (text === undefined || typeof text.value !== "string") {
    const isHopeless = (kindsOf(value) & stringKind) === 0;
    return bottom({
      code: isHopeless ? "eval" : "incomplete",
      message: () => `cannot use ${formatValue(value)} as string in argument 1 to error`,
      sources: [expr.src],
    });
  }
  return { ...bottom({ code: "user", message: text.value, sources: [expr.src] }), isCustom: true };
}

/** An interpolation for people: what has no text stands there as it was written. */
function textDespiteErrors(run: Run, env: Environment | undefined, { texts, exprs }: Interpolation): string {
  let text = texts[0]!;
  for (const [i, part] of exprs.entries()) {
    const value = defaultOf(evaluate(run, env, part));
    if (value instanceof Vertex && value.status === evaluatedStatus) finalize(run, value);
    const known = atomOf(value);
    if (typeof known?.value === "string") text += known.value;
    else if (errorOf(value) === undefined) text += formatValue(value);
    else text += part.kind === "unify" || part.kind === "binary" ? `(${formatExpr(part)})` : formatExpr(part);
    text += texts[i + 1]!;
  }
  return text;
}

function divide(run: Run, env: Environment | undefined, expr: CallExpr, name: "div" | "mod" | "quo" | "rem"): Value {
  const numbers: CueNumber[] = [];
  for (const [i, arg] of expr.args.entries()) {
    const value = defaultOf(evaluate(run, env, arg));
    const error = errorOf(value);
    if (error !== undefined) return error;
    const known = atomOf(value);
    if (known?.kind === intKind) {
      numbers.push(known.value as CueNumber);
      continue;
    }
    const isHopeless = (kindsOf(value) & intKind) === 0 || known !== undefined;
    return bottom({
      code: isHopeless ? "eval" : "incomplete",
      message: () =>
        isHopeless
          ? `cannot use ${formatValue(value)} (type ${formatKind(kindsOf(value))}) as int in argument ${i + 1} to ${name}`
          : `error in call to ${name}: non-concrete value ${formatValue(value)}`,
      sources: [arg.src, expr.src],
    });
  }
  const result = divideIntegers(name, numbers[0]!, numbers[1]!);
  return result.kind === "number-error"
    ? bottom({ message: `error in call to ${name}: ${result.message}`, sources: [expr.src] })
    : atom(result, expr.src);
}

/** `matchN(value, count, [constraints])` and `matchIf(value, if, then, else)`. */
export function runMatcher(
  run: Run,
  name: "matchN" | "matchIf",
  given: readonly Value[],
  at: { readonly src: Expr["src"] },
): Value {
  const [value] = given;
  if (name === "matchIf") {
    const holds = instanceOf(run, value!, given[1]!);
    const verdict = instanceOf(run, value!, holds === "ok" ? given[2]! : given[3]!);
    if (verdict === "ok") return atom(true);
    return bottom({
      code: verdict === "incomplete" ? "incomplete" : "eval",
      message: "does not satisfy matchIf",
      sources: [at.src],
    });
  }
  const list = defaultOf(given[2]!);
  if (!(list instanceof Vertex) || target(list).base?.tag !== "list")
    return bottom({ code: "incomplete", message: "the constraints of matchN are no list", sources: [at.src] });
  let matched = 0;
  let unsure = 0;
  for (const constraint of target(list).arcs) {
    const verdict = instanceOf(run, value!, constraint);
    if (verdict === "ok") matched++;
    else if (verdict === "incomplete") unsure++;
  }
  const wanted = given[1]!;
  const count = atom(intNumber(matched));
  const fits = unify2(run, wanted, count);
  if (fits) return atom(true);
  // What is not known yet can only make more of them match.
  let mayFit = false;
  for (let more = 1; more <= unsure && !mayFit; more++) mayFit = unify2(run, wanted, atom(intNumber(matched + more)));
  const exact = atomOf(wanted);
  const number = exact === undefined ? undefined : safeIntegerOf(exact.value as CueNumber);
  return {
    ...bottom({
      code: mayFit ? "incomplete" : "eval",
      message: () => `does not satisfy matchN: ${matched} matched, expected ${formatValue(wanted)}`,
      sources: [at.src],
    }),
    detail: `${matched} matched, expected ${number ?? formatValue(wanted)}`,
  };
}

function unify2(run: Run, left: Value, right: Value): boolean {
  const both = combined(left, right);
  finalize(run, both);
  return errorWithin(both) === undefined && target(both).bottom === undefined;
}

function combined(left: Value, right: Value): Vertex {
  return new Vertex(
    undefined,
    "",
    [
      { expr: expressionOf(left), env: undefined, lineage: noLineage },
      { expr: expressionOf(right), env: undefined, lineage: noLineage },
    ],
    true,
  );
}

/** Whether a value keeps to a constraint. */
function instanceOf(run: Run, value: Value, constraint: Value): "ok" | "error" | "incomplete" {
  const both = combined(value, constraint);
  finalize(run, both);
  if (errorWithin(both) !== undefined) return "error";
  const { bottom: own } = target(both);
  if (own !== undefined) return isFatal(own) ? "error" : "incomplete";
  if (losesDefault(run, value, both)) return "error";
  return missesRequired(both) ? "incomplete" : "ok";
}

/** Defaults count as given: a constraint that takes another value does not hold. */
function losesDefault(run: Run, value: Value, both: Vertex): boolean {
  const stack: [Vertex, Vertex][] = value instanceof Vertex ? [[target(value), target(both)]] : [];
  for (let pair = stack.pop(); pair !== undefined; pair = stack.pop()) {
    const [given, met] = pair;
    run.spend(1);
    if (given.base?.tag === "disjunction" && given.base.defaults === 1) {
      if (!equalValues(run, defaultOf(given), defaultOf(met))) return true;
      continue;
    }
    for (const arc of given.arcs) {
      const other = arc.arcType === member ? met.arc(arc.label) : undefined;
      if (other === undefined) continue;
      unify(run, arc);
      stack.push([target(arc), target(other)]);
    }
  }
  return false;
}

function missesRequired(root: Vertex): boolean {
  const stack = [target(root)];
  for (let vertex = stack.pop(); vertex !== undefined; vertex = stack.pop()) {
    for (const arc of vertex.arcs) {
      if (arc.arcType === 1) return true;
      if (arc.arcType === member) stack.push(target(arc));
    }
  }
  return false;
}

export { nullKind };
