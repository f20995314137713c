import { addNumbers, divideNumbers, multiplyNumbers, subtractNumbers } from "../number-arithmetic.ts";
import { type CueNumber, type NumberError, intNumber, numbersEqual, safeIntegerOf, signOf } from "../number.ts";
import type { BinaryExpr } from "../compile/ir.ts";
import { equalData } from "./compare.ts";
import { kindsOf } from "./evaluate.ts";
import { formatValue } from "./format.ts";
import { boolKind, bytesKind, formatKind, intKind, listKind, numberKind, stringKind } from "./kind.ts";
import { RegexError, matchesRegex } from "./regex.ts";
import type { Run } from "./run.ts";
import { type Atom, type Bottom, type Value, atom, bottom, compareScalars, falseAtom, trueAtom } from "./values.ts";
import { Vertex } from "./vertex.ts";

/** An operator on two concrete operands. */
export function binaryOperation(run: Run, expr: BinaryExpr, left: Value, right: Value): Value {
  const { op } = expr;
  run.spend(1);
  if (op === "==" || op === "!=") {
    const equal = equalData(run, left, right);
    if (typeof equal !== "boolean") return equal;
    return equal === (op === "==") ? trueAtom : falseAtom;
  }
  const a = plainAtom(left);
  const b = plainAtom(right);
  if (a === undefined || b === undefined) return listOperation(expr, left, right) ?? invalid(expr, left, right);
  switch (op) {
    case "+":
    case "-":
    case "*":
    case "/":
      return arithmetic(run, expr, a, b);
    case "&&":
    case "||":
      if ((a.kind & b.kind & boolKind) === 0) return invalid(expr, left, right);
      return (op === "&&" ? a.value === true && b.value === true : a.value === true || b.value === true)
        ? trueAtom
        : falseAtom;
    case "=~":
    case "!~":
      return match(expr, a, b);
    default:
      return order(expr, a, b);
  }
}

function plainAtom(value: Value): Atom | undefined {
  const base = value instanceof Vertex ? value.base : value;
  return base?.tag === "atom" ? base : undefined;
}

function invalid(expr: BinaryExpr, left: Value, right: Value): Bottom {
  return bottom({
    message: () =>
      `invalid operands ${formatValue(left)} and ${formatValue(right)} to '${expr.op}' (type ${formatKind(kindsOf(left))} and ${formatKind(kindsOf(right))})`,
    sources: [expr.src, expr.left.src, expr.right.src],
  });
}

function listOperation(expr: BinaryExpr, left: Value, right: Value): Bottom | undefined {
  const isList = (kindsOf(left) | kindsOf(right)) & listKind;
  if (isList === 0 || (expr.op !== "+" && expr.op !== "*")) return undefined;
  const isSum = expr.op === "+";
  return bottom({
    message: isSum
      ? "Addition of lists is superseded by list.Concat; see https://cuelang.org/e/v0.11-list-arithmetic"
      : "Multiplication of lists is superseded by list.Repeat; see https://cuelang.org/e/v0.11-list-arithmetic",
    sources: [expr.src, expr.left.src, expr.right.src],
  });
}

function arithmetic(run: Run, expr: BinaryExpr, left: Atom, right: Atom): Value {
  const { op } = expr;
  if ((left.kind & numberKind) !== 0 && (right.kind & numberKind) !== 0) {
    const result = numbers(op as "+", left.value as CueNumber, right.value as CueNumber);
    if (result.kind === "number-error")
      return bottom({ message: `failed arithmetic: ${result.message}`, sources: [expr.src] });
    return atom(result, expr.src);
  }
  if (op === "+" && left.kind === right.kind) {
    if (left.kind === stringKind) {
      const text = (left.value as string) + (right.value as string);
      run.spend(1, text.length);
      return atom(text, expr.src);
    }
    if (left.kind === bytesKind)
      return atom(repeatBytes(run, [left.value as Uint8Array, right.value as Uint8Array], 1), expr.src);
  }
  if (op === "*") {
    if (left.kind === intKind && (right.kind & (stringKind | bytesKind)) !== 0)
      return repeat(run, expr, right, left.value as CueNumber);
    if (right.kind === intKind && (left.kind & (stringKind | bytesKind)) !== 0)
      return repeat(run, expr, left, right.value as CueNumber);
  }
  return invalid(expr, left, right);
}

function numbers(op: "+" | "-" | "*" | "/", left: CueNumber, right: CueNumber): CueNumber | NumberError {
  switch (op) {
    case "+":
      return addNumbers(left, right);
    case "-":
      return subtractNumbers(left, right);
    case "*":
      return multiplyNumbers(left, right);
    case "/":
      return divideNumbers(left, right);
  }
}

/** As of strings.Repeat. */
const mostRepeats = 1_000_000;

function repeat(run: Run, expr: BinaryExpr, text: Atom, times: CueNumber): Value {
  if (signOf(times) < 0) return bottom({ message: "cannot convert negative number to uint64", sources: [expr.src] });
  const count = safeIntegerOf(times) ?? Number.MAX_SAFE_INTEGER;
  if (count > mostRepeats)
    return bottom({ message: `repeat count ${count} is larger than ${mostRepeats}`, sources: [expr.src] });
  if (typeof text.value === "string") {
    run.spend(1, text.value.length * count);
    return atom(text.value.repeat(count), expr.src);
  }
  return atom(repeatBytes(run, [text.value as Uint8Array], count), expr.src);
}

function repeatBytes(run: Run, parts: readonly Uint8Array[], times: number): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0) * times;
  run.spend(1, length);
  const all = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < times; i++) {
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
  }
  return all;
}

function match(expr: BinaryExpr, left: Atom, right: Atom): Value {
  if (left.kind !== stringKind || right.kind !== stringKind) {
    const wrong = left.kind === stringKind ? right : left;
    return bottom({
      message: () => `cannot use ${formatValue(wrong)} (type ${formatKind(wrong.kind)}) as type string in ${expr.op}`,
      sources: [expr.src, expr.right.src],
    });
  }
  const found = matchesRegex(right.value as string, left.value as string);
  if (found instanceof RegexError) return bottom({ message: `invalid regexp: ${found.message}`, sources: [expr.src] });
  return found === (expr.op === "=~") ? trueAtom : falseAtom;
}

function order(expr: BinaryExpr, left: Atom, right: Atom): Value {
  const areNumbers = (left.kind & numberKind) !== 0 && (right.kind & numberKind) !== 0;
  const isComparable = areNumbers || (left.kind === right.kind && (left.kind & (stringKind | bytesKind)) !== 0);
  if (!isComparable) return invalid(expr, left, right);
  const sign = compareScalars(left.value, right.value);
  const holds = expr.op === "<" ? sign < 0 : expr.op === "<=" ? sign <= 0 : expr.op === ">" ? sign > 0 : sign >= 0;
  return holds ? trueAtom : falseAtom;
}

export { intNumber, numbersEqual };
