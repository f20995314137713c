import type { Run } from "./run.ts";
import { isHeldClosed } from "./closedness.ts";
import { wakeAll } from "./patterns.ts";
import { unify } from "./unify.ts";
import { type Base, type Disjunction, type Value, sameAtom } from "./values.ts";
import { Vertex, optional, target } from "./vertex.ts";

/** Whether patterns that are there must be the same too. Between two complete disjuncts the reference does not mind them. */
export type PatternRule = "same patterns" | "any patterns";

/** Whether two values are the same: constraints, fields that are not given, and closedness included. */
// eslint-disable-next-line max-params -- two operands and a rule
export function equalValues(run: Run, left: Value, right: Value, rule: PatternRule = "same patterns"): boolean {
  const pairs: [Value, Value][] = [[left, right]];
  // Fields that are not given are worked off only where all the rest is the same.
  const dormant: [Value, Value][] = [];
  for (;;) {
    const pair = pairs.pop() ?? dormant.pop();
    if (pair === undefined) return true;
    run.spend(1);
    const a = settled(run, pair[0]);
    const b = settled(run, pair[1]);
    if (a === b) continue;
    if (a instanceof Vertex && b instanceof Vertex) {
      wakeAll(run, a);
      wakeAll(run, b);
      if (!sameShape(a, b, rule)) return false;
      for (const arc of a.arcs) (arc.arcType === optional ? dormant : pairs).push([arc, b.arc(arc.label)!]);
      // All errors are one and the same.
      if (a.bottom !== undefined) continue;
      if (a.base === undefined || b.base === undefined) return false;
      if (!sameBase(a.base, b.base, pairs)) return false;
      continue;
    }
    const x = a instanceof Vertex ? scalarBase(a) : a;
    const y = b instanceof Vertex ? scalarBase(b) : b;
    if (x === undefined || y === undefined || x.tag === "bottom" || y.tag === "bottom") return false;
    if (!sameBase(x, y, pairs)) return false;
  }
}

function settled(run: Run, value: Value): Value {
  if (!(value instanceof Vertex)) return value;
  unify(run, value);
  return target(value);
}

function scalarBase(vertex: Vertex): Base | undefined {
  return vertex.arcs.length === 0 && vertex.bottom === undefined ? vertex.base : undefined;
}

function sameShape(a: Vertex, b: Vertex, rule: PatternRule): boolean {
  if ((a.bottom === undefined) !== (b.bottom === undefined)) return false;
  if (a.arcs.length !== b.arcs.length) return false;
  if ((a.closedBy === undefined) !== (b.closedBy === undefined) && !isHeldClosed(a)) return false;
  if ((a.openedBy === undefined) !== (b.openedBy === undefined)) return false;
  if (rule === "same patterns" && !samePatterns(a, b)) return false;
  for (const arc of a.arcs) {
    const other = b.arc(arc.label);
    if (other === undefined || other.arcType !== arc.arcType) return false;
  }
  return true;
}

function samePatterns(a: Vertex, b: Vertex): boolean {
  const left = a.patterns ?? [];
  const right = b.patterns ?? [];
  if (left.length !== right.length) return false;
  return left.every((pattern) =>
    right.some((other) => other.filter === pattern.filter && other.value === pattern.value),
  );
}

function sameBase(a: Base, b: Base, pairs: [Value, Value][]): boolean {
  if (a.tag !== b.tag) return false;
  switch (a.tag) {
    case "atom":
      return sameAtom(a, b as typeof a);
    case "type":
      return a.kind === b.kind;
    case "bound":
      return a.op === (b as typeof a).op && sameAtom(a.value, (b as typeof a).value);
    case "validator": {
      const other = b as typeof a;
      if (a.func.builtin !== other.func.builtin || a.args.length !== other.args.length) return false;
      a.args.forEach((arg, i) => pairs.push([arg, other.args[i]!]));
      return true;
    }
    case "conjunction": {
      const other = b as typeof a;
      if (a.values.length !== other.values.length) return false;
      return a.values.every((value) => other.values.some((known) => sameBase(value, known, pairs)));
    }
    case "disjunction":
      return sameDisjunction(a, b as Disjunction, pairs);
    case "func":
      return a.builtin === (b as typeof a).builtin;
    case "list":
      return a.isOpen === (b as typeof a).isOpen;
    case "struct":
      return true;
  }
}

function sameDisjunction(a: Disjunction, b: Disjunction, pairs: [Value, Value][]): boolean {
  if (a.values.length !== b.values.length || a.defaults !== b.defaults) return false;
  a.values.forEach((value, i) => pairs.push([value, b.values[i]!]));
  return true;
}
