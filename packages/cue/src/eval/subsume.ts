import { wakeFields } from "./dormant.ts";
import { equalValues } from "./equality.ts";
import { errorWithin, finalize } from "./finalize.ts";
import { isRegular } from "./label.ts";
import { allows } from "./patterns.ts";
import type { Run } from "./run.ts";
import { expressionOf } from "./snapshot.ts";
import { type Base, type Value } from "./values.ts";
import { Vertex, member, noLineage, optional, required, target } from "./vertex.ts";

export interface SubsumeOptions {
  /** What is not given counts as absent. */
  readonly final?: boolean;
  /** Defaults are choices like any other; without it they are taken. */
  readonly schema?: boolean;
}

/** Whether every instance of `specific` is one of `general`. */
export function subsumes(run: Run, general: Vertex, specific: Vertex, options: SubsumeOptions): boolean {
  finalize(run, general);
  finalize(run, specific);
  if (errorWithin(specific) !== undefined) return true;
  if (errorWithin(general) !== undefined) return false;
  return holds(run, general, specific, options);
}

function holds(run: Run, general: Value, specific: Value, options: SubsumeOptions): boolean {
  run.spend(1);
  const g = plain(general);
  const s = plain(specific);
  const gBase = g instanceof Vertex ? g.base : g;
  const sBase = s instanceof Vertex ? s.base : s;
  if (gBase === undefined || sBase === undefined || gBase.tag === "bottom" || sBase.tag === "bottom")
    return sBase?.tag === "bottom";
  if (sBase.tag === "disjunction") {
    const values = options.schema !== true && sBase.defaults > 0 ? sBase.values.slice(0, sBase.defaults) : sBase.values;
    return values.every((value) => holds(run, g, value, options));
  }
  if (gBase.tag === "disjunction") return gBase.values.some((value) => holds(run, value, s, options));
  if (gBase.tag === "type") return (sBase.kind & ~gBase.kind) === 0;
  if ((gBase.tag === "struct" || gBase.tag === "list") && g instanceof Vertex)
    return (
      s instanceof Vertex &&
      gBase.tag === sBase.tag &&
      (gBase.tag === "list" ? listHolds(run, g, s, options) : structHolds(run, g, s, options))
    );
  return constraintHolds(run, gBase, sBase);
}

function plain(value: Value): Value {
  return value instanceof Vertex ? target(value) : value;
}

/** A constraint holds for what does not change when it is added. */
function constraintHolds(run: Run, general: Base, specific: Base): boolean {
  const conjuncts = [specific, general].map((value) => ({
    expr: expressionOf(value),
    env: undefined,
    lineage: noLineage,
  }));
  const both = new Vertex(undefined, "", conjuncts, true);
  finalize(run, both);
  return errorWithin(both) === undefined && both.base !== undefined && equalValues(run, both.base, specific);
}

function structHolds(run: Run, general: Vertex, specific: Vertex, options: SubsumeOptions): boolean {
  wakeFields(general);
  wakeFields(specific);
  for (const arc of general.arcs) {
    if (!isRegular(arc.label) && options.final === true) continue;
    const other = specific.arc(arc.label);
    if (other === undefined || other.arcType === optional) {
      if (arc.arcType !== optional) return false;
      // What is open may still get the field, as anything.
      if (other === undefined && options.final !== true && isRegular(arc.label) && specific.closedBy === undefined)
        return false;
      if (other !== undefined && options.final !== true && !holds(run, arc, other, options)) return false;
      continue;
    }
    if (arc.arcType === member && other.arcType === required) return false;
    finalize(run, arc);
    finalize(run, other);
    if (!holds(run, arc, other, options)) return false;
  }
  if (general.closedBy === undefined) return patternsHold(run, general, specific, options);
  return (
    specific.arcs.every(
      (arc) => arc.arcType === optional || !isRegular(arc.label) || allows(run, general, arc.label),
    ) && patternsHold(run, general, specific, options)
  );
}

/** What patterns of the general struct say of the fields of the other is said already: unified, they stay the same. */
function patternsHold(run: Run, general: Vertex, specific: Vertex, options: SubsumeOptions): boolean {
  if (general.patterns === undefined) return true;
  for (const arc of specific.arcs) {
    if (!isRegular(arc.label) || arc.arcType === optional || general.arc(arc.label) !== undefined) continue;
    const probe = new Vertex(
      undefined,
      "",
      [
        { expr: { kind: "vertex", vertex: general, src: undefined }, env: undefined, lineage: noLineage },
        {
          expr: {
            kind: "fill",
            label: arc.label,
            value: { kind: "vertex", vertex: arc, src: undefined },
            src: undefined,
          },
          env: undefined,
          lineage: noLineage,
        },
      ],
      true,
    );
    finalize(run, probe);
    const met = probe.arc(arc.label);
    if (met === undefined || errorWithin(met) !== undefined) return false;
    if (options.final !== true && !equalValues(run, met, arc)) return false;
  }
  return true;
}

function listHolds(run: Run, general: Vertex, specific: Vertex, options: SubsumeOptions): boolean {
  const left = general.arcs.filter((arc) => typeof arc.label === "number");
  const right = specific.arcs.filter((arc) => typeof arc.label === "number");
  const isOpen = general.base?.tag === "list" && general.base.isOpen;
  if (right.length < left.length || (!isOpen && right.length > left.length)) return false;
  if (!isOpen && specific.base?.tag === "list" && specific.base.isOpen && options.final !== true) return false;
  if (!left.every((arc, i) => holds(run, arc, right[i]!, options))) return false;
  if (right.length === left.length) return true;
  const conjuncts = [general, specific].map((vertex) => ({
    expr: { kind: "vertex" as const, vertex, src: undefined },
    env: undefined,
    lineage: noLineage,
  }));
  const both = new Vertex(undefined, "", conjuncts, true);
  finalize(run, both);
  return (
    errorWithin(both) === undefined &&
    right.slice(left.length).every((arc) => equalValues(run, arc, target(both).arc(arc.label)!))
  );
}
