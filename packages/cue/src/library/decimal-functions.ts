import { Decimal } from "decimal.js";
import {
  type CueNumber,
  type NumberError,
  bigintOf,
  decimalOfText,
  formatNumber,
  intNumber,
  isWhole,
  makeNumber,
  numberError,
  signOf,
  specialNumber,
} from "../number.ts";
import {
  maxExponent,
  multiplyNumbers,
  precision,
  quotientOf,
  roundCoefficient,
  subtractNumbers,
} from "../number-arithmetic.ts";

/**
 * The functions of `math` that compute in decimal: 34 significant digits, trailing zeros kept where the result was
 * rounded. They follow the specification of decimal arithmetic that CUE's numbers come from.
 */
const Working = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -9e15, toExpPos: 9e15 });

/** Beyond this |x| the exponential counts as an overflow. */
const maxExponential = 23_000;

function toWorking(value: CueNumber): Decimal {
  return new Working(formatNumber(value));
}

/** Rounded to 34 digits, all of them shown. */
function fromWorking(value: Decimal): CueNumber {
  if (value.isZero()) return decimalOfText("0", false);
  return decimalOfText(value.toExponential(precision - 1, Decimal.ROUND_HALF_UP), false);
}

const invalid = numberError("invalid operation");

export function exponential(value: CueNumber): CueNumber | NumberError {
  if (value.form !== "finite") return value.form === "-infinite" ? intNumber(0) : value;
  if (value.coefficient === 0) return intNumber(1);
  const exponent = toWorking(value);
  if (exponent.abs().greaterThan(maxExponential))
    return numberError(exponent.isNegative() ? "underflow, subnormal" : "overflow");
  return fromWorking(exponent.exp());
}

/** Infinity and other special cases of logarithms; undefined where one must be computed. */
function specialLogarithm(value: CueNumber): CueNumber | NumberError | undefined {
  if (value.form === "nan" || value.form === "infinite") return value;
  const sign = signOf(value);
  if (sign < 0) return invalid;
  if (sign === 0) return specialNumber("-infinite");
  return toWorking(value).equals(1) ? intNumber(0) : undefined;
}

export function naturalLogarithm(value: CueNumber): CueNumber | NumberError {
  return specialLogarithm(value) ?? fromWorking(toWorking(value).ln());
}

export function decimalLogarithm(value: CueNumber): CueNumber | NumberError {
  return specialLogarithm(value) ?? fromWorking(toWorking(value).log(10));
}

/** The quotient of two logarithms of 34 digits, without trailing zeros. */
export function binaryLogarithm(value: CueNumber): CueNumber | NumberError {
  const logarithm = naturalLogarithm(value);
  const two = naturalLogarithm(intNumber(2));
  if (logarithm.kind === "number-error" || two.kind === "number-error" || logarithm.form !== "finite") return logarithm;
  return quotientOf(logarithm, two);
}

export function cubeRoot(value: CueNumber): CueNumber {
  if (value.form !== "finite" || value.coefficient === 0) return value;
  return fromWorking(toWorking(value).cbrt());
}

export function power(base: CueNumber, exponent: CueNumber): CueNumber | NumberError {
  if (base.form !== "finite" || exponent.form !== "finite") return powerOfSpecial(base, exponent);
  const sign = signOf(exponent);
  if (base.coefficient === 0) return sign === 0 ? invalid : sign > 0 ? intNumber(0) : specialNumber("infinite");
  if (sign === 0) return intNumber(1);
  const whole = isWhole(exponent);
  if (base.coefficient < 0 && !whole) return invalid;
  const digits = Math.max(precision, String(base.coefficient).length) + 10;
  const integral = integerPower(base, bigintOf(exponent), digits);
  if (integral.kind === "number-error") return integral;
  if (whole) return rounded(integral, precision);
  const fraction = toWorking(exponent).minus(toWorking(exponent).trunc());
  const factor = toWorking(base).ln().times(fraction).exp();
  return fromWorking(toWorking(integral).times(factor));
}

function powerOfSpecial(base: CueNumber, exponent: CueNumber): CueNumber | NumberError {
  const result = Number(formatNumber(base)) ** Number(formatNumber(exponent));
  if (Number.isNaN(result)) return invalid;
  if (Number.isFinite(result)) return intNumber(Math.trunc(result) + 0);
  return specialNumber(result > 0 ? "infinite" : "-infinite");
}

/** By squaring, each product rounded to `digits`. */
function integerPower(base: CueNumber, exponent: bigint, digits: number): CueNumber | NumberError {
  let result = intNumber(1);
  let square = base;
  for (let rest = exponent < 0n ? -exponent : exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = product(result, square, digits);
    if (rest > 1n) square = product(square, square, digits);
    if (Math.abs(square.exponent) > maxExponent || Math.abs(result.exponent) > maxExponent)
      return numberError("exponent out of range");
  }
  if (exponent > 0n) return result;
  return rounded(reciprocal(result, digits), digits);
}

function product(left: CueNumber, right: CueNumber, digits: number): CueNumber {
  const exponent = left.exponent + right.exponent;
  return rounded(makeNumber(false, BigInt(left.coefficient) * BigInt(right.coefficient), exponent), digits);
}

function rounded(value: CueNumber, digits: number): CueNumber {
  const { coefficient, dropped } = roundCoefficient(BigInt(value.coefficient), digits);
  return makeNumber(false, coefficient, value.exponent + dropped);
}

function reciprocal(value: CueNumber, digits: number): CueNumber {
  const size = String(value.coefficient).length + digits;
  return makeNumber(false, 10n ** BigInt(size) / BigInt(value.coefficient), -value.exponent - size);
}

/** Whether the quotient, of 34 digits, is whole. */
export function isMultiple(value: CueNumber, of: CueNumber): boolean | NumberError {
  const quotient = quotientOf(value, of);
  return quotient.kind === "number-error" ? quotient : isWhole(quotient);
}

/** The difference, or 0 when it is negative. */
export function positiveDifference(left: CueNumber, right: CueNumber): CueNumber | NumberError {
  const difference = subtractNumbers(left, right);
  if (difference.kind === "number-error") return difference;
  return signOf(difference) < 0 ? intNumber(0) : difference;
}

export function absolute(value: CueNumber): CueNumber | NumberError {
  return multiplyNumbers(value, intNumber(signOf(value) < 0 ? -1 : 1));
}

export type Rounding = "floor" | "ceil" | "trunc" | "half up" | "half even";

/** The integer that `value` is rounded to; `half up` goes away from zero. */
export function roundToInteger(value: CueNumber, rounding: Rounding): bigint {
  const truncated = bigintOf(value);
  const scale = 10n ** BigInt(Math.max(0, -value.exponent));
  const rest = isWhole(value) ? 0n : BigInt(value.coefficient) - truncated * scale;
  if (rest === 0n) return truncated;
  const away = rest < 0n ? -1n : 1n;
  const double = 2n * rest * away;
  switch (rounding) {
    case "trunc":
      return truncated;
    case "floor":
      return rest < 0n ? truncated - 1n : truncated;
    case "ceil":
      return rest > 0n ? truncated + 1n : truncated;
    case "half up":
      return double >= scale ? truncated + away : truncated;
    case "half even":
      return double > scale || (double === scale && truncated % 2n !== 0n) ? truncated + away : truncated;
  }
}
