import type { Expr, Source } from "../compile/ir.ts";
import { formatValue } from "./format.ts";
import { formatKind } from "./kind.ts";
import { type Label, formatLabel } from "./label.ts";
import { type Base, type Bottom, type Value, bottom } from "./values.ts";
import { Vertex, type Conjunct, pathOf } from "./vertex.ts";

/** The errors of unification and evaluation, in CUE's words. */
export function conflict(left: Value, right: Value, vertex: Vertex | undefined): Bottom {
  return {
    ...bottom({
      message: () => {
        const text = `conflicting values ${formatValue(left)} and ${formatValue(right)}`;
        const a = formatKind(kindOf(left));
        const b = formatKind(kindOf(right));
        return a === b ? text : `${text} (mismatched types ${bare(a)} and ${bare(b)})`;
      },
      vertex,
      sources: [...sourcesOf(left), ...sourcesOf(right)],
      subject: { kind: "conflict", left, right },
    }),
    isConflict: true,
  };
}

function bare(kind: string): string {
  return kind;
}

export function kindOf(value: Value): number {
  if (!(value instanceof Vertex)) return value.kind;
  return value.base?.kind ?? 0;
}

function sourcesOf(value: Value): (Source | undefined)[] {
  if (!(value instanceof Vertex)) return [value.src];
  return value.conjuncts.map((conjunct) => conjunct.expr.src);
}

export function fieldNotAllowed(arc: Vertex): Bottom {
  return {
    ...bottom({
      message: "field not allowed",
      vertex: arc,
      sources: arc.conjuncts.map((conjunct) => conjunct.field ?? conjunct.expr.src),
    }),
    isNotAllowed: true,
  };
}

export function frozenField(vertex: Vertex, label: Label, conjunct: Conjunct): Bottom {
  return bottom({
    message: () => `adding field ${formatLabel(label)} not allowed as field set was already referenced`,
    vertex,
    sources: [conjunct.expr.src],
  });
}

export function cycleWith(vertex: Vertex, expr: Expr): Bottom {
  return bottom({
    code: "cycle",
    message: () => `cycle with field: ${pathOf(vertex).map(formatLabel).join(".")}`,
    sources: [expr.src],
  });
}

export interface Absence {
  readonly label: Label;
  /** What does not have the field. */
  readonly holder: Vertex;
}

export function undefinedField({ label, holder }: Absence, expr: Expr, code: "eval" | "incomplete" | "cycle"): Bottom {
  return bottom({
    code,
    subject: { kind: "absence", label, holder },
    message: () => `undefined field: ${formatLabel(label)}`,
    sources: [expr.src],
    isAbsence: true,
  });
}

/** What the fields of a value are called in messages about absent ones. */
export function absent(message: () => string, expr: Expr, of?: Absence): Bottom {
  const subject = of === undefined ? undefined : ({ kind: "absence", label: of.label, holder: of.holder } as const);
  return bottom({ code: "incomplete", message, sources: [expr.src], isAbsence: true, subject });
}

export function isVertex(value: Value | Base): value is Vertex {
  return value instanceof Vertex;
}
