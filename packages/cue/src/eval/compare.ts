import { type CueNumber, numbersEqual } from "../number.ts";
import { defaultOf, errorOf } from "./evaluate.ts";
import { formatValue } from "./format.ts";
import { numberKind } from "./kind.ts";
import { isRegular } from "./label.ts";
import type { Run } from "./run.ts";
import { unify } from "./unify.ts";
import { type Atom, type Bottom, type Value, bottom, sameScalar } from "./values.ts";
import { Vertex, member, target } from "./vertex.ts";

/**
 * `==`: of structs the regular fields count, of numbers the value, and values of different kinds are different. An
 * operand that is not concrete all through makes the answer unknown, unless a difference is found.
 */
export function equalData(run: Run, left: Value, right: Value): boolean | Bottom {
  const pairs: [Value, Value][] = [[left, right]];
  let unknown: Bottom | undefined;
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    run.spend(1);
    const a = settled(run, pair[0]);
    const b = settled(run, pair[1]);
    const error = errorOf(a) ?? errorOf(b);
    if (error !== undefined) {
      unknown ??= error;
      continue;
    }
    const x = scalarOf(a);
    const y = scalarOf(b);
    if (x !== undefined && y !== undefined) {
      if (!equalScalars(x, y)) return false;
      continue;
    }
    const form = formOf(a);
    const other = formOf(b);
    if (form === "unknown" || other === "unknown") {
      unknown ??= bottom({
        code: "incomplete",
        message: () => `non-concrete value ${formatValue(form === "unknown" ? a : b)} in operand to ==`,
      });
      continue;
    }
    if (form !== other || form === "scalar") return false;
    if (!pairFields(a as Vertex, b as Vertex, pairs)) return false;
  }
  return unknown ?? true;
}

function settled(run: Run, value: Value): Value {
  if (value instanceof Vertex) unify(run, value);
  const plain = defaultOf(value);
  return plain instanceof Vertex ? target(plain) : plain;
}

function scalarOf(value: Value): Atom | undefined {
  const base = value instanceof Vertex ? value.base : value;
  return base?.tag === "atom" ? base : undefined;
}

function formOf(value: Value): "scalar" | "struct" | "list" | "unknown" {
  const base = value instanceof Vertex ? value.base : value;
  if (base?.tag === "atom") return "scalar";
  return base?.tag === "struct" || base?.tag === "list" ? base.tag : "unknown";
}

export function equalScalars(a: Atom, b: Atom): boolean {
  if ((a.kind & numberKind) !== 0 && (b.kind & numberKind) !== 0)
    return numbersEqual(a.value as CueNumber, b.value as CueNumber);
  return a.kind === b.kind && sameScalar(a.value, b.value);
}

function isField(vertex: Vertex, isList: boolean): boolean {
  return vertex.arcType === member && (isList ? typeof vertex.label === "number" : isRegular(vertex.label));
}

function pairFields(a: Vertex, b: Vertex, pairs: [Value, Value][]): boolean {
  const isList = a.base?.tag === "list";
  const fields = a.arcs.filter((arc) => isField(arc, isList));
  if (fields.length !== b.arcs.filter((arc) => isField(arc, isList)).length) return false;
  for (const arc of fields) {
    const other = b.arc(arc.label);
    if (other === undefined || other.arcType !== member) return false;
    pairs.push([arc, other]);
  }
  return true;
}
