import type { BoundOperator } from "../compile/ir.ts";
import { isWhole, intNumber, bigintOf, type CueNumber } from "../number.ts";
import { RegexError, matchesRegex } from "./regex.ts";
import { type Kind, floatKind, intKind, numberKind, stringKind, topKind, bytesKind, nullKind } from "./kind.ts";
import { type Atom, type Bottom, type Bound, bottom, compareScalars, sameScalar } from "./values.ts";
import { formatValue } from "./format.ts";

/** The kinds that a bound leaves open. */
export function kindOfBound(op: BoundOperator, value: Atom): Kind {
  if (op === "!=" && value.kind === nullKind) return topKind & ~nullKind;
  if (op === "==") return (value.kind & numberKind) !== 0 ? numberKind : value.kind;
  if (op === "=~" || op === "!~") return stringKind;
  if ((value.kind & numberKind) !== 0) return numberKind;
  return value.kind & (stringKind | bytesKind) ? value.kind : op === "!=" ? value.kind : 0;
}

/** Whether an atom of a fitting kind keeps to the bound. */
export function satisfiesBound(bound: Bound, value: Atom): boolean {
  const { op } = bound;
  if (op === "=~" || op === "!~") {
    const found = matchesRegex(bound.value.value as string, value.value as string);
    if (found instanceof RegexError) return false;
    return found === (op === "=~");
  }
  if (op === "==") return sameScalar(bound.value.value, value.value);
  if (op === "!=") {
    const sameKind =
      (bound.value.kind & value.kind) !== 0 ||
      ((bound.value.kind & numberKind) !== 0 && (value.kind & numberKind) !== 0);
    return !sameKind || !sameScalar(bound.value.value, value.value);
  }
  return holds(op, compareScalars(value.value, bound.value.value));
}

function holds(op: "<" | "<=" | ">" | ">=", order: number): boolean {
  switch (op) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/**
 * Two bounds as one: the tighter of two of the same direction, the equal one, or the first where the second follows from
 * it. `undefined` where both say something; an error where no value can keep to both.
 */
export function combineBounds(left: Bound, right: Bound, kind: Kind): Bound | Bottom | undefined {
  if (left.op === right.op && sameScalar(left.value.value, right.value.value) && left.value.kind === right.value.kind)
    return left;
  if (left.op === "==" || right.op === "==") return combineEquality(left, right);
  if (left.op === "!=" || left.op === "=~" || left.op === "!~")
    return left.op === "!=" ? impliedInequality(right, left) : otherImplied(left, right);
  if (right.op === "!=") return impliedInequality(left, right);
  if (right.op === "=~" || right.op === "!~") return undefined;
  const order = compareScalars(left.value.value, right.value.value);
  const isUpperLeft = left.op === "<" || left.op === "<=";
  const isUpperRight = right.op === "<" || right.op === "<=";
  if (isUpperLeft === isUpperRight) {
    if (order === 0) return left.op === "<" || left.op === ">" ? left : right;
    return order < 0 === isUpperLeft ? left : right;
  }
  const lower = isUpperLeft ? right : left;
  const upper = isUpperLeft ? left : right;
  return isEmptyRange(lower, upper, kind) ? incompatible(upper, lower, kind) : undefined;
}

/** `==x` says all there is to say, where x keeps to the other bound. */
function combineEquality(left: Bound, right: Bound): Bound | Bottom | undefined {
  const [equal, other] = left.op === "==" ? [left, right] : [right, left];
  if (satisfiesBound(other, equal.value)) return equal;
  if (other.op === "!=") return undefined;
  return bottom({
    message: () => `incompatible bounds ${formatValue(left)} and ${formatValue(right)}`,
    sources: [left.src, right.src],
  });
}

function otherImplied(left: Bound, right: Bound): Bound | undefined {
  return right.op === "!=" ? impliedInequality(left, right) : undefined;
}

/** `!=x` says nothing new beside a bound that x does not keep to. */
function impliedInequality(bound: Bound, inequality: Bound): Bound | undefined {
  if (bound.op === "!=") return undefined;
  if ((bound.kind & inequality.value.kind) === 0) return bound;
  return satisfiesBound(bound, inequality.value) ? undefined : bound;
}

function isEmptyRange(lower: Bound, upper: Bound, kind: Kind): boolean {
  const order = compareScalars(lower.value.value, upper.value.value);
  if (order > 0) return true;
  const isStrict = lower.op === ">" || upper.op === "<";
  if (order === 0) return isStrict;
  if ((kind & numberKind) !== intKind || (kind & floatKind) !== 0) return false;
  return isEmptyIntRange(lower, upper);
}

/** Whether no whole number lies between. */
function isEmptyIntRange(lower: Bound, upper: Bound): boolean {
  const low = firstInt(lower.value.value as CueNumber, lower.op === ">");
  const high = lastInt(upper.value.value as CueNumber, upper.op === "<");
  return low > high;
}

function firstInt(value: CueNumber, isStrict: boolean): bigint {
  const cut = bigintOf(value);
  if (isWhole(value)) return isStrict ? cut + 1n : cut;
  return compareScalars(value, intNumber(0)) > 0 ? cut + 1n : cut;
}

function lastInt(value: CueNumber, isStrict: boolean): bigint {
  const cut = bigintOf(value);
  if (isWhole(value)) return isStrict ? cut - 1n : cut;
  return compareScalars(value, intNumber(0)) < 0 ? cut - 1n : cut;
}

function incompatible(upper: Bound, lower: Bound, kind: Kind): Bottom {
  const isInt = (kind & numberKind) === intKind;
  return bottom({
    message: () =>
      (lower.kind & numberKind) !== 0
        ? `incompatible ${isInt ? "integer" : "number"} bounds ${formatValue(upper)} and ${formatValue(lower)}`
        : `incompatible ${lower.kind === stringKind ? "string" : "bytes"} bounds ${formatValue(upper)} and ${formatValue(lower)}`,
    sources: [upper.src, lower.src],
  });
}
