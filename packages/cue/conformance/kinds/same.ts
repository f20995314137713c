import { isLet } from "../../src/eval/label.ts";
import { wakeFields } from "../../src/eval/dormant.ts";
import { type Base, sameAtom } from "../../src/eval/values.ts";
import type { Value } from "../../src/eval/values.ts";
import { Vertex, target } from "../../src/eval/vertex.ts";

/** A value, and how to work off what of it nobody has asked for yet. */
interface Side {
  readonly value: Value;
  readonly finalize: (vertex: Vertex) => void;
}

/** Equality where the order of disjuncts and of constraints does not count, nor the text of an error. */
export function sameValue(want: Side, got: Side): boolean {
  const a = settled(want);
  const b = settled(got);
  const wantsError = isError(a);
  if (wantsError || isError(b)) return wantsError && isError(b);
  const left = a instanceof Vertex ? a.base : (a as Base);
  const right = b instanceof Vertex ? b.base : (b as Base);
  if (left === undefined || right === undefined) return left === right;
  if (!sameBase(left, right, want, got)) return false;
  if (!(a instanceof Vertex) || !(b instanceof Vertex)) return left.tag !== "struct" && left.tag !== "list";
  return left.tag === "disjunction" || sameFields(a, b, want, got);
}

function settled(side: Side): Value {
  const { value } = side;
  if (!(value instanceof Vertex)) return value;
  side.finalize(value);
  const holder = target(value);
  return holder.bottom === undefined && holder.arcs.length === 0 && holder.base !== undefined && isScalar(holder.base)
    ? holder.base
    : holder;
}

function isScalar(base: Base): boolean {
  return base.tag !== "struct" && base.tag !== "list";
}

function isError(value: Value): boolean {
  return value instanceof Vertex
    ? value.bottom !== undefined || value.childError !== undefined
    : value.tag === "bottom";
}

function sameBase(a: Base, b: Base, want: Side, got: Side): boolean {
  const same = (x: Value, y: Value): boolean => sameValue({ ...want, value: x }, { ...got, value: y });
  if (a.tag === "conjunction" || b.tag === "conjunction") {
    const left = a.tag === "conjunction" ? a.values : [a];
    const right = b.tag === "conjunction" ? b.values : [b];
    return left.length === right.length && left.every((x) => right.some((y) => same(x, y)));
  }
  if (a.tag !== b.tag) return false;
  switch (a.tag) {
    case "atom":
      return sameAtom(a, b as typeof a);
    case "type":
      return a.kind === b.kind;
    case "bound":
      return a.op === (b as typeof a).op && same(a.value, (b as typeof a).value);
    case "validator": {
      const other = b as typeof a;
      return (
        a.func.name === other.func.name &&
        a.func.pkg === other.func.pkg &&
        a.args.length === other.args.length &&
        a.args.every((arg, i) => same(arg, other.args[i]!))
      );
    }
    case "disjunction": {
      const other = b as typeof a;
      if (a.defaults !== other.defaults || a.values.length !== other.values.length) return false;
      const isThere = (from: number, to?: number): boolean =>
        a.values.slice(from, to).every((x) => other.values.slice(from, to).some((y) => same(x, y)));
      return isThere(0, a.defaults) && isThere(a.defaults);
    }
    case "func":
      return a.name === (b as typeof a).name && a.pkg === (b as typeof a).pkg;
    default:
      return true;
  }
}

function sameFields(want: Vertex, got: Vertex, wanted: Side, given: Side): boolean {
  wakeFields(want);
  wakeFields(got);
  const fields = got.arcs.filter((arc) => !isLet(arc.label));
  if (fields.length !== want.arcs.filter((arc) => !isLet(arc.label)).length) return false;
  return fields.every((arc) => {
    const other = want.arc(arc.label);
    if (other === undefined || other.arcType !== arc.arcType) return false;
    return sameValue({ ...wanted, value: other }, { ...given, value: arc });
  });
}
