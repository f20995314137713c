import {
  type CueNumber,
  type NumberError,
  bigintOf,
  digitCount,
  makeNumber,
  numberError,
  powerOfTen,
} from "./number.ts";

/**
 * Arithmetic as CUE's: sums, differences and products of ints and floats are rounded to 34 significant digits, half up;
 * `div`, `mod`, `quo`, `rem` are exact. A result is an int exactly when both operands are.
 */
export const precision = 34;

/** Exponents of a result's first digit beyond this are overflows. */
export const maxExponent = 100_000;

const roundingLimit = powerOfTen(precision);

/** Rounds a coefficient to `digits` significant digits, half away from zero. */
export function roundCoefficient(
  coefficient: bigint,
  digits = precision,
): { readonly coefficient: bigint; readonly dropped: number } {
  const excess = digitCount(coefficient) - digits;
  if (excess <= 0) return { coefficient, dropped: 0 };
  const unit = powerOfTen(excess);
  const rest = coefficient % unit;
  let quotient = coefficient / unit;
  if ((rest < 0n ? -rest : rest) * 2n >= unit) quotient += coefficient < 0n ? -1n : 1n;
  if (digitCount(quotient) > digits) return { coefficient: quotient / 10n, dropped: excess + 1 };
  return { coefficient: quotient, dropped: excess };
}

function rounded(isInt: boolean, coefficient: bigint, exponent: number): CueNumber | NumberError {
  if (coefficient < roundingLimit && coefficient > -roundingLimit)
    return checked(makeNumber(isInt, coefficient, exponent));
  const result = roundCoefficient(coefficient);
  return checked(makeNumber(isInt, result.coefficient, exponent + result.dropped));
}

function checked(value: CueNumber): CueNumber | NumberError {
  const { exponent } = value;
  if (exponent < maxExponent - precision && exponent > -maxExponent) return value;
  const adjusted = exponent + digitCount(value.coefficient) - 1;
  if (adjusted > maxExponent) return numberError("exponent out of range");
  if (adjusted < -maxExponent) return numberError("exponent out of range");
  return value;
}

function combineSpecial(left: CueNumber, right: CueNumber): CueNumber {
  if (left.form === "nan" || right.form === "finite") return left;
  return right;
}

export function addNumbers(left: CueNumber, right: CueNumber): CueNumber | NumberError {
  const isInt = left.isInt && right.isInt;
  const a = left.coefficient;
  const b = right.coefficient;
  if (left.form !== "finite" || right.form !== "finite") return combineSpecial(left, right);
  if (left.exponent === right.exponent) {
    if (typeof a === "number" && typeof b === "number") {
      const sum = a + b;
      if (Number.isSafeInteger(sum)) return makeNumber(isInt, sum, left.exponent);
    }
    return rounded(isInt, BigInt(a) + BigInt(b), left.exponent);
  }
  const exponent = Math.min(left.exponent, right.exponent);
  const x = BigInt(a) * powerOfTen(left.exponent - exponent);
  const y = BigInt(b) * powerOfTen(right.exponent - exponent);
  return rounded(isInt, x + y, exponent);
}

export function subtractNumbers(left: CueNumber, right: CueNumber): CueNumber | NumberError {
  return addNumbers(left, negateNumber(right));
}

/** Never −0: CUE has none. */
export function negateNumber(value: CueNumber): CueNumber {
  const { coefficient, form } = value;
  if (coefficient === 0 && form === "finite") return value;
  return {
    kind: "number",
    isInt: value.isInt,
    coefficient: coefficient === 0 ? 0 : -coefficient,
    exponent: value.exponent,
    form: form === "infinite" ? "-infinite" : form === "-infinite" ? "infinite" : form,
  };
}

export function multiplyNumbers(left: CueNumber, right: CueNumber): CueNumber | NumberError {
  const isInt = left.isInt && right.isInt;
  const a = left.coefficient;
  const b = right.coefficient;
  if (left.form !== "finite" || right.form !== "finite") return combineSpecial(left, right);
  const exponent = left.exponent + right.exponent;
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return checked(makeNumber(isInt, product === 0 ? 0 : product, exponent));
  }
  return rounded(isInt, BigInt(a) * BigInt(b), exponent);
}

/**
 * The operator `/`: always a float. The quotient has up to 34 digits and no trailing zeros; a whole one gets one back,
 * by a lower exponent: `10 / 5` is `2.0`, `100 / 1` is `1.0E+2`, `500 / 2` is `250`.
 */
export function divideNumbers(left: CueNumber, right: CueNumber): CueNumber | NumberError {
  const quotient = quotientOf(left, right);
  if (quotient.kind === "number-error" || quotient.coefficient === 0 || quotient.form !== "finite") return quotient;
  const { coefficient, exponent } = quotient;
  if (exponent < 0) return quotient;
  const scaled = typeof coefficient === "number" ? coefficient * 10 : 0;
  return checked(
    makeNumber(false, scaled !== 0 && Number.isSafeInteger(scaled) ? scaled : BigInt(coefficient) * 10n, exponent - 1),
  );
}

/** The reduced quotient of up to 34 digits, a float. */
export function quotientOf(left: CueNumber, right: CueNumber): CueNumber | NumberError {
  if (left.form !== "finite" || right.form !== "finite") return combineSpecial(left, right);
  if (right.coefficient === 0) return numberError(left.coefficient === 0 ? "division undefined" : "division by zero");
  let dividend = BigInt(left.coefficient);
  const divisor = BigInt(right.coefficient);
  let exponent = left.exponent - right.exponent;
  // As many digits that truncating the quotient leaves at least one to round by.
  const shift = Math.max(0, precision + 2 + digitCount(divisor) - digitCount(dividend));
  dividend *= powerOfTen(shift);
  exponent -= shift;
  const whole = rounded(false, dividend / divisor, exponent);
  return whole.kind === "number-error" ? whole : reduceNumber(whole);
}

/** The same value without trailing zeros in its coefficient; a zero has the exponent 0. */
export function reduceNumber(value: CueNumber): CueNumber {
  let { coefficient, exponent } = value;
  if (value.form !== "finite") return value;
  if (coefficient === 0) return makeNumber(value.isInt, 0, 0);
  if (typeof coefficient === "bigint") {
    const digits = String(coefficient);
    let zeros = 0;
    while (digits.charCodeAt(digits.length - 1 - zeros) === 0x30) zeros++;
    return zeros === 0 ? value : makeNumber(value.isInt, coefficient / powerOfTen(zeros), exponent + zeros);
  }
  if (coefficient % 10 !== 0) return value;
  while (coefficient % 10 === 0) {
    coefficient /= 10;
    exponent++;
  }
  return makeNumber(value.isInt, coefficient, exponent);
}

export type IntegerOperation = "div" | "mod" | "quo" | "rem";

/**
 * `div` and `mod` after Euclid (0 ≤ mod < |divisor|), `quo` and `rem` truncated; of numbers of kind int, exact.
 */
export function divideIntegers(
  operation: IntegerOperation,
  left: CueNumber,
  right: CueNumber,
): CueNumber | NumberError {
  if (right.coefficient === 0) return numberError("division by zero");
  const a = left.coefficient;
  const b = right.coefficient;
  if (typeof a === "number" && typeof b === "number" && left.exponent === 0 && right.exponent === 0)
    return makeNumber(true, divideSmall(operation, a, b), 0);
  return makeNumber(true, divideLarge(operation, bigintOf(left), bigintOf(right)), 0);
}

function divideSmall(operation: IntegerOperation, a: number, b: number): number {
  const rest = a % b;
  const low = rest < 0 && (operation === "div" || operation === "mod");
  if (operation === "rem" || operation === "mod") return (low ? rest + Math.abs(b) : rest) + 0;
  const quotient = (a - rest) / b;
  return (low ? quotient + (b > 0 ? -1 : 1) : quotient) + 0;
}

function divideLarge(operation: IntegerOperation, a: bigint, b: bigint): bigint {
  const rest = a % b;
  const low = rest < 0n && (operation === "div" || operation === "mod");
  if (operation === "rem") return rest;
  if (operation === "mod") return low ? rest + (b < 0n ? -b : b) : rest;
  const quotient = a / b;
  return low ? quotient + (b > 0n ? -1n : 1n) : quotient;
}
