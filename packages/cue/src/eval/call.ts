import { type Builtin, BuiltinError, type Native } from "../library/builtin.ts";
import type { CallExpr, Source } from "../compile/ir.ts";
import type { Environment } from "./environment.ts";
import { defaultOf, errorOf, evaluate, kindsOf } from "./evaluate.ts";
import { formatValue } from "./format.ts";
import { formatKind, funcKind, kindOfNames, listKind, structKind, topKind } from "./kind.ts";
import { lazyOf, nativeOf, valueOfNative } from "./lazy.ts";
import { callPredeclared } from "./predeclared.ts";
import type { Run } from "./run.ts";
import { type Bottom, type Func, type Value, bottom, combineBottoms, isFatal } from "./values.ts";
import { Vertex } from "./vertex.ts";

/** A call in an expression. With its first argument left out a validator becomes a constraint. */
export function call(run: Run, env: Environment | undefined, expr: CallExpr, func: Func): Value {
  const { params, defaults, validator } = func.builtin;
  const given = expr.args.length;
  if (func.pkg === "") {
    const result = callPredeclared(run, env, expr, func);
    if (result !== undefined) return result;
  }
  if (given > params.length)
    return bottom({
      message: `too many arguments in call to ${callName(func)} (have ${given}, want ${params.length})`,
      sources: [expr.src],
    });
  const args: Value[] = [];
  // The first argument of a constraint is the one left out.
  const skipped = validator === true && given === params.length - 1 ? 1 : 0;
  for (const [i, arg] of expr.args.entries()) {
    const value = evaluate(run, env, arg);
    const isSchema = func.builtin.nonConcrete === true && params[i + skipped] === "top";
    args.push(isSchema ? value : defaultOf(value));
  }
  if (validator === true && given === params.length - 1) {
    const error = args.map(errorOf).find((found) => found !== undefined);
    if (error !== undefined) return error;
    return { tag: "validator", kind: kindOfNames(params[0]!), func, args, src: expr.src, isCalled: true };
  }
  for (let i = given; i < params.length; i++) {
    const value = defaults?.[i];
    if (value === undefined)
      return bottom({
        message: `not enough arguments in call to ${callName(func)} (have ${given}, want ${params.length})`,
        sources: [expr.src],
      });
    args.push(valueOfNative(value));
  }
  return callBuiltin(run, func, args, { isValidator: false, src: expr.src });
}

/** `strings.ToUpper`, `"encoding/json".Marshal`. */
function callName({ pkg, name }: Func): string {
  if (pkg === "") return name;
  return pkg.includes("/") ? `${JSON.stringify(pkg)}.${name}` : `${pkg}.${name}`;
}

function fullName({ pkg, name }: Func): string {
  return pkg === "" ? name : `${pkg}.${name}`;
}

export interface CallSite {
  readonly isValidator: boolean;
  readonly src: Source | undefined;
}

/** Calls a function with all its arguments. */
export function callBuiltin(run: Run, func: Func, args: readonly Value[], site: CallSite): Value {
  const { builtin } = func;
  const natives: Native[] = [];
  let error: Bottom | undefined;
  args.forEach((arg, i) => {
    const native = argument(run, func, i, arg, site);
    if (isBottom(native)) error = combineBottoms(error, native);
    else natives.push(native);
  });
  if (error !== undefined) return error;
  run.spend(1);
  try {
    const result = builtin.call(natives, {
      isValidator: site.isValidator,
      spend: (steps, bytes) => run.spend(steps, bytes),
    });
    return valueOfNative(result, site.src);
  } catch (thrown) {
    if (!(thrown instanceof BuiltinError)) throw thrown;
    return {
      ...bottom({
        code: thrown.code,
        message: `error in call to ${fullName(func)}: ${thrown.message}`,
        sources: [site.src],
      }),
      detail: thrown.message,
    };
  }
}

function isBottom(value: Native | Bottom): value is Bottom {
  return typeof value === "object" && value !== null && "tag" in value;
}

function argument(run: Run, func: Func, at: number, given: Value, site: CallSite): Native | Bottom {
  const { builtin } = func;
  const wanted = kindOfNames(builtin.params[at]!);
  const error = errorOf(given);
  if (error !== undefined) {
    return isFatal(error) || builtin.nonConcrete === true ? error : wrapped(func, error, site);
  }
  const base = given instanceof Vertex ? given.base : given;
  const kind = kindsOf(given);
  if ((kind & wanted) === 0)
    return bottom({
      message: () =>
        `cannot use ${formatValue(given)} (type ${formatKind(kind)}) as ${formatKind(wanted)} in argument ${at + 1} to ${callName(func)}`,
      sources: [site.src, given instanceof Vertex ? undefined : given.src],
    });
  const isLazy = (wanted & (listKind | structKind)) !== 0;
  const isConcrete = base?.tag === "atom" || base?.tag === "struct" || base?.tag === "list";
  if (!isConcrete && builtin.nonConcrete !== true)
    return bottom({
      code: "incomplete",
      message: () =>
        isLazy
          ? `error in call to ${fullName(func)}: non-concrete argument ${at}`
          : `error in call to ${fullName(func)}: non-concrete value ${formatValue(given)}`,
      sources: [site.src, given instanceof Vertex ? undefined : given.src],
    });
  if (isLazy) return lazyOf(run, given);
  return isConcrete ? nativeOf(given) : lazyOf(run, given);
}

function wrapped(func: Func, error: Bottom, site: CallSite): Bottom {
  return bottom({
    code: error.code,
    message: () => `error in call to ${fullName(func)}: ${error.message()}`,
    vertex: error.vertex,
    sources: [site.src, ...error.sources],
    causes: [error],
  });
}

export type { Builtin };
export { funcKind, topKind };
