/**
 * Resource quantities (`500m`, `1Gi`, `1e3`) with exact arithmetic: k8s.io/apimachinery pkg/api/resource. A quantity is
 * an integer times a power of ten and remembers the family of suffixes it was written in.
 */

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Quantity {
  readonly unscaled: bigint;
  /** The value is `unscaled` × 10^`scale`. */
  readonly scale: number;
  readonly format: QuantityFormat;
  /** The text as written, where it is kept instead of the canonical one. */
  readonly text?: string | undefined;
  /** Whether the server holds it as one 64-bit integer (its `AsInt64` answers). */
  readonly isInt64: boolean;
}

/** A text that is no quantity. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
  readonly code = "Quantity";
}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongSuffix = "unable to parse quantity's suffix";

const shape = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;
const decimalSuffix: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binarySuffix: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const decimalNames = new Map(Object.entries(decimalSuffix).map(([name, exponent]) => [exponent, name]));
const binaryNames = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const maxInt64 = 9_223_372_036_854_775_807n;
const minInt64 = -9_223_372_036_854_775_808n;
/** Digits (with leading zeros) that fit into 64 bits for sure. */
const safeDigits = 18;
/** Largest power of ten that is worked out; what is beyond is refused. */
const maxExponent = 10_000;

function pow10(n: number): bigint {
  return 10n ** BigInt(n);
}

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function interpretSuffix(suffix: string): Suffix | undefined {
  if (Object.hasOwn(decimalSuffix, suffix)) return { base: 10, exponent: decimalSuffix[suffix]!, format: "DecimalSI" };
  if (Object.hasOwn(binarySuffix, suffix)) return { base: 2, exponent: binarySuffix[suffix]!, format: "BinarySI" };
  if (!/^[eE][+-]?\d+$/.test(suffix)) return undefined;
  const exponent = Number(suffix.slice(1));
  return Math.abs(exponent) > maxExponent ? undefined : { base: 10, exponent, format: "DecimalExponent" };
}

/**
 * Reads a quantity as the API server does. Amounts below 1n round up to 1n; binary ones are capped at 2^63 − 1.
 * @throws QuantityError
 */
export function parseQuantity(text: string): Quantity {
  const match = shape.exec(text);
  if (match === null || text === "") throw new QuantityError(wrongFormat);
  const [, sign, whole, fraction = "", suffixText] = match as unknown as [string, string, string, string?, string?];
  const suffix = interpretSuffix(suffixText!);
  if (suffix === undefined) throw new QuantityError(wrongSuffix);
  const integer = whole.replace(/^0+(?=.)/, "");
  const digits = integer.length + fraction.length;
  let magnitude = BigInt(integer + fraction === "" ? "0" : integer + fraction);
  let scale = -fraction.length;
  let compact = false;
  if (suffix.base === 10) {
    scale += suffix.exponent;
    compact = digits <= safeDigits && scale >= -9;
  } else {
    magnitude <<= BigInt(suffix.exponent);
    compact = fraction === "" && 14 - integer.length - Math.trunc((suffix.exponent * 3) / 10) >= 0;
  }
  const unscaled = sign === "-" ? -magnitude : magnitude;
  if (compact) {
    const kept = /[1-9]/.test(integer) && keepsText(magnitude, scale, suffix.format) ? text : undefined;
    return { unscaled, scale, format: suffix.format, text: kept, isInt64: scale >= 0 && fitsInt64(unscaled, scale) };
  }
  return bounded(unscaled, scale, suffix.format);
}

/** The server keeps a text whose number cannot be written shorter with another suffix of its family. */
function keepsText(magnitude: bigint, scale: number, format: QuantityFormat): boolean {
  if (magnitude === 0n || scale % 3 !== 0) return false;
  return format === "BinarySI" ? false : magnitude % 1000n !== 0n;
}

function fitsInt64(unscaled: bigint, scale: number): boolean {
  if (scale > 18) return unscaled === 0n;
  const value = unscaled * pow10(scale);
  return value <= maxInt64 && value >= minInt64;
}

/** Rounds away from zero to nano, caps binary amounts. */
function bounded(unscaled: bigint, scale: number, format: QuantityFormat): Quantity {
  let value = unscaled;
  let at = scale;
  if (at < -9) {
    value = divideUp(value, pow10(-9 - at));
    at = -9;
  }
  let family = format;
  if (format === "BinarySI") {
    const limit = at < 0 ? maxInt64 * pow10(-at) : maxInt64;
    const magnitude = value < 0n ? -value : value;
    if (magnitude > limit) {
      value = value < 0n ? -maxInt64 : maxInt64;
      at = 0;
    }
    if (at < 0 && magnitude > 0n && magnitude < pow10(-at)) family = "DecimalSI";
  }
  return { unscaled: value, scale: at, format: family, isInt64: false };
}

/** Division that rounds away from zero. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (quotient * by === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** The amount in units of 10^`scale`, rounded away from zero. */
export function scaledQuantity(quantity: Quantity, scale: number): bigint {
  const shift = quantity.scale - scale;
  return shift >= 0 ? quantity.unscaled * pow10(shift) : divideUp(quantity.unscaled, pow10(-shift));
}

/** Whole units, rounded away from zero (`100m` is 1). */
export function quantityValue(quantity: Quantity): bigint {
  return scaledQuantity(quantity, 0);
}

/** Thousandths, rounded away from zero. */
export function quantityMillis(quantity: Quantity): bigint {
  return scaledQuantity(quantity, -3);
}

/** The nearest number: for sums and shares where a double's precision is enough. */
export function quantityNumber(quantity: Quantity): number {
  return Number(`${quantity.unscaled}e${quantity.scale}`);
}

/** −1, 0 or 1. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  const scale = Math.min(a.scale, b.scale);
  const x = scaledQuantity(a, scale);
  const y = scaledQuantity(b, scale);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The sum, in the format of the first operand that is not zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const scale = Math.min(a.scale, b.scale);
  const format = a.unscaled === 0n ? b.format : a.format;
  const unscaled = scaledQuantity(a, scale) + scaledQuantity(b, scale);
  return { unscaled, scale, format, isInt64: scale >= 0 && fitsInt64(unscaled, scale) };
}

export function negateQuantity(quantity: Quantity): Quantity {
  return { ...quantity, unscaled: -quantity.unscaled, text: undefined };
}

/** `a` − `b`, in the format of the first operand that is not zero. */
export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, negateQuantity(b));
}

/** `value` × 10^`scale` in a format. */
export function quantityOf(
  value: bigint | number,
  options: { format?: QuantityFormat; scale?: number } = {},
): Quantity {
  const { format = "DecimalSI", scale = 0 } = options;
  const unscaled = BigInt(value);
  return { unscaled, scale, format, isInt64: scale >= 0 && fitsInt64(unscaled, scale) };
}

/** The amount rounded away from zero to whole units of 10^`scale`, and whether nothing was lost. */
export function roundUpQuantity(quantity: Quantity, scale: number): { quantity: Quantity; exact: boolean } {
  if (quantity.scale >= scale) return { quantity, exact: true };
  const unscaled = scaledQuantity(quantity, scale);
  const exact = unscaled * pow10(scale - quantity.scale) === quantity.unscaled;
  return { quantity: { ...quantity, unscaled, scale, text: undefined }, exact };
}

/** The text as the API server writes it: the one that was read where it is kept, else canonical. */
export function formatQuantity(quantity: Quantity): string {
  return quantity.text ?? canonicalText(quantity);
}

function canonicalText(quantity: Quantity): string {
  const { unscaled, scale, format } = quantity;
  if (unscaled === 0n) return "0";
  if (format === "BinarySI") {
    const value = scaledQuantity(quantity, 0);
    const exact = scale >= 0 || value * pow10(-scale) === unscaled;
    if (exact && (value <= -1024n || value >= 1024n)) return base1024Text(value);
  }
  const [mantissa, exponent] = thousands(unscaled, scale);
  if (format === "DecimalExponent") return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
  // Beyond exa there is no suffix: the mantissa grows instead.
  if (exponent > 18) return `${mantissa * pow10(exponent - 18)}E`;
  return `${mantissa}${decimalNames.get(exponent)!}`;
}

function base1024Text(value: bigint): string {
  let rest = value;
  let power = 0;
  while (rest % 1024n === 0n && power < binaryNames.length - 1) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${binaryNames[power]}`;
}

/** The shortest whole mantissa whose exponent is a multiple of three. */
function thousands(unscaled: bigint, scale: number): [bigint, number] {
  let mantissa = unscaled;
  let exponent = scale;
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    exponent++;
  }
  while (exponent % 3 !== 0) {
    mantissa *= 10n;
    exponent--;
  }
  return [mantissa, exponent];
}
