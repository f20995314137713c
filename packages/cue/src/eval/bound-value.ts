/** Bounds: `>=1`, `=~"^a"`. */
import type { Expr } from "../compile/ir.ts";
import { kindOfBound } from "./bounds.ts";
import { comparison } from "./predeclared.ts";
import type { Environment } from "./environment.ts";
import { formatExpr, formatValue } from "./format.ts";
import { formatKind, stringKind } from "./kind.ts";
import { regexError } from "./regex.ts";
import type { Run } from "./run.ts";
import { type Base, type Bottom, type Value, bottom } from "./values.ts";
import { Vertex } from "./vertex.ts";
import { scalarValue, defaultOf, kindsOf, errorOf } from "./evaluate.ts";

export function bound(run: Run, env: Environment | undefined, expr: Expr & { kind: "bound" }): Value {
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
