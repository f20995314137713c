/**
 * CUE's numbers: decimals of any size, `coefficient · 10^exponent`, with the kind (int or float) that the literal or the
 * operation gave. One value may have several forms (`1.0`, `1.00`): the exponent is kept, for it is what the text shows.
 * Nobody but `number*.ts` looks into the coefficient; everything else goes by functions.
 */
export interface CueNumber {
  readonly kind: "number";
  readonly isInt: boolean;
  /** A JS number exactly when it is a safe integer, else a bigint. −0 only as what some functions of `math` answer. */
  readonly coefficient: number | bigint;
  readonly exponent: number;
  /** `finite` but for results such as `math.Log(0)`; of the others the coefficient is 0. */
  readonly form: NumberForm;
}

export type NumberForm = "finite" | "infinite" | "-infinite" | "nan";

/** Why an operation on numbers has no result: `division by zero`. */
export interface NumberError {
  readonly kind: "number-error";
  readonly message: string;
}

export function numberError(message: string): NumberError {
  return { kind: "number-error", message };
}

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

const smallInts: CueNumber[] = [];
const smallIntCount = 1024;

/** A number of a coefficient that may be a bigint of any size. */
export function makeNumber(isInt: boolean, coefficient: number | bigint, exponent: number): CueNumber {
  if (typeof coefficient === "bigint" && coefficient <= maxSafe && coefficient >= -maxSafe)
    return { kind: "number", isInt, coefficient: Number(coefficient), exponent, form: "finite" };
  return { kind: "number", isInt, coefficient, exponent, form: "finite" };
}

/** An int of a whole JS number (safe or not) or a bigint. */
export function intNumber(value: number | bigint): CueNumber {
  if (typeof value === "bigint") return makeNumber(true, value, 0);
  if (value >= 0 && value < smallIntCount) return (smallInts[value] ??= makeNumber(true, value === 0 ? 0 : value, 0));
  return makeNumber(true, Number.isSafeInteger(value) ? value : BigInt(value), 0);
}

/** `Infinity`, `-Infinity`, `NaN`: floats, what some functions of `math` answer. */
export function specialNumber(form: Exclude<NumberForm, "finite">): CueNumber {
  return { kind: "number", isInt: false, coefficient: 0, exponent: 0, form };
}

/** What a JS number says: an int if it is whole, else the float of its shortest decimal text. */
export function numberOfJs(value: number): CueNumber {
  if (Number.isInteger(value)) return intNumber(value);
  return floatOfJs(value);
}

/**
 * The float of a JS number's shortest decimal digits, without trailing zeros: what results of float64 functions become
 * (`1000` is `1E+3`).
 */
export function floatOfJs(value: number): CueNumber {
  if (Number.isNaN(value)) return specialNumber("nan");
  if (!Number.isFinite(value)) return specialNumber(value > 0 ? "infinite" : "-infinite");
  if (value === 0) return { kind: "number", isInt: false, coefficient: value, exponent: 0, form: "finite" };
  return decimalOfText(value.toExponential(), false);
}

/** A decimal text `[-+]digits[.digits][e[-+]digits]`, known to be well formed. */
export function decimalOfText(text: string, isInt: boolean): CueNumber {
  const mark = text.search(/[eE]/);
  const mantissa = mark < 0 ? text : text.slice(0, mark);
  let exponent = mark < 0 ? 0 : Number(text.slice(mark + 1));
  const dot = mantissa.indexOf(".");
  if (dot >= 0) exponent -= mantissa.length - dot - 1;
  const digits = dot < 0 ? mantissa : mantissa.slice(0, dot) + mantissa.slice(dot + 1);
  return makeNumber(isInt, coefficientOfDigits(digits), exponent);
}

function coefficientOfDigits(signed: string): number | bigint {
  if (signed.length <= 15) {
    const value = Number(signed);
    return value === 0 ? 0 : value;
  }
  if (signed.charCodeAt(0) === 0x2d) return -BigInt(signed.slice(1));
  return BigInt(signed.charCodeAt(0) === 0x2b ? signed.slice(1) : signed);
}

const powers: bigint[] = [];

/** 10^n. */
export function powerOfTen(n: number): bigint {
  if (n < 512) return (powers[n] ??= 10n ** BigInt(n));
  return 10n ** BigInt(n);
}

/** Number of decimal digits of the coefficient; 1 for 0. */
export function digitCount(coefficient: number | bigint): number {
  const length = String(coefficient).length;
  return coefficient < 0 ? length - 1 : length;
}

/** Exponent of the first digit: −6 for 0.00000123. */
function adjustedExponent(value: CueNumber): number {
  return value.exponent + digitCount(value.coefficient) - 1;
}

/** Exponents from which on a zero is written plainly (apd's text form knows such a limit for zeros only). */
const lowestPlainZeroExponent = -2000;

/** The text that CUE prints, in JSON as elsewhere: plain for exponents ≤ 0 down to 0.000001, else `1.5E+3`. */
export function formatNumber(value: CueNumber): string {
  const { coefficient, exponent, form } = value;
  if (form !== "finite") return form === "nan" ? "NaN" : form === "infinite" ? "Infinity" : "-Infinity";
  if (exponent === 0) return coefficient === 0 && Object.is(coefficient, -0) ? "-0" : String(coefficient);
  const text = String(coefficient);
  const sign = coefficient < 0 ? "-" : "";
  const digits = sign === "" ? text : text.slice(1);
  const adjusted = exponent + digits.length - 1;
  if (exponent < 0 && (adjusted >= -6 || (coefficient === 0 && exponent >= lowestPlainZeroExponent)))
    return sign + insertPoint(digits, -exponent);
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${sign}${mantissa}E${adjusted < 0 ? "-" : "+"}${Math.abs(adjusted)}`;
}

/** The digits without exponent, however many that are (bounded by the largest exponent, 100,000). */
export function formatPlain(value: CueNumber): string {
  const { coefficient, exponent } = value;
  if (value.form !== "finite" || exponent === 0) return formatNumber(value);
  const sign = coefficient < 0 ? "-" : "";
  const digits = sign === "" ? String(coefficient) : String(coefficient).slice(1);
  if (exponent > 0) return coefficient === 0 ? "0" : sign + digits + "0".repeat(exponent);
  return sign + insertPoint(digits, -exponent);
}

function insertPoint(digits: string, decimals: number): string {
  const padded = digits.length > decimals ? digits : "0".repeat(decimals - digits.length + 1) + digits;
  const dot = padded.length - decimals;
  return `${padded.slice(0, dot)}.${padded.slice(dot)}`;
}

/** −1, 0 or 1. */
export function signOf(value: CueNumber): -1 | 0 | 1 {
  if (value.form !== "finite") return value.form === "infinite" ? 1 : value.form === "-infinite" ? -1 : 0;
  return value.coefficient < 0 ? -1 : value.coefficient > 0 ? 1 : 0;
}

/** Orders by value alone (`1` equals `1.0`): negative, 0 or positive. NaN comes after all others. */
export function compareNumbers(left: CueNumber, right: CueNumber): number {
  if (left.form !== "finite" || right.form !== "finite") return formRank(left) - formRank(right);
  const a = left.coefficient;
  const b = right.coefficient;
  if (left.exponent === right.exponent) return a < b ? -1 : a > b ? 1 : 0;
  const sign = signOf(left);
  if (sign !== signOf(right) || sign === 0) return sign - signOf(right);
  const magnitude = adjustedExponent(left) - adjustedExponent(right);
  if (magnitude !== 0) return magnitude > 0 === sign > 0 ? 1 : -1;
  const exponent = Math.min(left.exponent, right.exponent);
  const x = BigInt(a) * powerOfTen(left.exponent - exponent);
  const y = BigInt(b) * powerOfTen(right.exponent - exponent);
  return x < y ? -1 : x > y ? 1 : 0;
}

function formRank(value: CueNumber): number {
  return value.form === "nan" ? 2 : value.form === "infinite" ? 1 : value.form === "finite" ? 0 : -1;
}

/** Equal by value, whatever the kinds: `1 == 1.0`. */
export function numbersEqual(left: CueNumber, right: CueNumber): boolean {
  if (left.exponent === right.exponent && left.form === "finite" && right.form === "finite")
    return left.coefficient === right.coefficient;
  return compareNumbers(left, right) === 0;
}

/** Whether the value is whole, as `3.0` and `1e3` are. */
export function isWhole(value: CueNumber): boolean {
  if (value.form !== "finite") return false;
  if (value.exponent >= 0 || value.coefficient === 0) return true;
  if (-value.exponent >= digitCount(value.coefficient)) return false;
  return BigInt(value.coefficient) % powerOfTen(-value.exponent) === 0n;
}

/** The value without its decimals, cut towards zero. For numbers of kind int: the value. */
export function bigintOf(value: CueNumber): bigint {
  const { coefficient, exponent } = value;
  if (exponent === 0) return BigInt(coefficient);
  if (exponent > 0) return BigInt(coefficient) * powerOfTen(exponent);
  if (-exponent > digitCount(coefficient)) return 0n;
  return BigInt(coefficient) / powerOfTen(-exponent);
}

/** The nearest float64. */
export function jsNumberOf(value: CueNumber): number {
  if (value.exponent === 0 && typeof value.coefficient === "number" && value.form === "finite")
    return value.coefficient;
  return Number(formatNumber(value));
}

/** The value as a safe integer of JS, or undefined when it is not whole or too large. */
export function safeIntegerOf(value: CueNumber): number | undefined {
  if (value.exponent === 0 && value.form === "finite")
    return typeof value.coefficient === "number" ? value.coefficient : undefined;
  if (!isWhole(value) || adjustedExponent(value) > 16) return undefined;
  const whole = Number(bigintOf(value));
  return Number.isSafeInteger(whole) ? whole : undefined;
}
