/** Parts of lists. */
import type { Expr } from "../compile/ir.ts";
import type { Environment } from "./environment.ts";
import { formatValue } from "./format.ts";
import { formatKind, intKind } from "./kind.ts";
import { elementCount } from "./resolve.ts";
import type { Run } from "./run.ts";
import { type Bottom, type Value, bottom } from "./values.ts";
import { Vertex, noLineage } from "./vertex.ts";
import { atomOf, kindsOf, errorOf } from "./evaluate.ts";
import { operand } from "./operators.ts";

export function slice(run: Run, env: Environment | undefined, expr: Expr & { kind: "slice" }): Value {
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
