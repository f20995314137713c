import { BuiltinError } from "./builtin.ts";

/** Parsing of numbers as Go's strconv and math/big do, with their errors. */
function parseError(name: string, text: string, reason: string): BuiltinError {
  return new BuiltinError(`strconv.${name}: parsing ${JSON.stringify(text)}: ${reason}`);
}

export const digitCharacters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const prefixes: Readonly<Record<string, number>> = { "0x": 16, "0o": 8, "0b": 2 };

interface IntegerText {
  readonly name: string;
  readonly text: string;
  /** 2 to 62, or 0: by prefix, with `_` allowed between digits. */
  readonly base: number;
}

function parseInteger({ name, text, base }: IntegerText): bigint {
  if (base !== 0 && (base < 2 || base > 62)) throw new BuiltinError(`invalid number base ${base}`);
  const negative = text.startsWith("-");
  let digits = negative || text.startsWith("+") ? text.slice(1) : text;
  let actual = base === 0 ? 10 : base;
  if (base === 0) {
    const prefix = prefixes[digits.slice(0, 2).toLowerCase()];
    if (prefix !== undefined) {
      actual = prefix;
      digits = digits.slice(2).replace(/^_/, "");
    } else if (/^0_?[0-9]/.test(digits)) {
      actual = 8;
      digits = digits.slice(1).replace(/^_/, "");
    }
    if (/^_|__|_$/.test(digits)) throw parseError(name, text, "invalid syntax");
    digits = digits.replaceAll("_", "");
  }
  if (actual <= 36) digits = digits.toLowerCase();
  if (digits === "") throw parseError(name, text, "invalid syntax");
  for (const digit of digits) {
    const worth = digitCharacters.indexOf(digit);
    if (worth < 0 || worth >= actual) throw parseError(name, text, "invalid syntax");
  }
  const value = readDigits(digits, actual);
  return negative ? -value : value;
}

function readDigits(digits: string, base: number): bigint {
  if (base === 10) return BigInt(digits);
  if (base === 16) return BigInt(`0x${digits}`);
  const factor = BigInt(base);
  let value = 0n;
  for (const digit of digits) value = value * factor + BigInt(digitCharacters.indexOf(digit));
  return value;
}

export function parseSigned(what: IntegerText & { readonly bits: number }): bigint {
  const { name, text, bits } = what;
  if (bits < 0) throw parseError(name, text, "value out of range");
  const value = parseInteger(what);
  if (bits === 0) return value;
  const magnitude = value < 0n ? -value - 1n : value;
  if (magnitude !== 0n && magnitude.toString(2).length > bits - 1) throw parseError(name, text, "value out of range");
  return value;
}

export function parseUnsigned(what: IntegerText & { readonly bits: number }): bigint {
  const { name, text, bits } = what;
  if (bits < 0) throw parseError(name, text, "value out of range");
  const value = parseInteger(what);
  if (value < 0n || (bits !== 0 && value !== 0n && value.toString(2).length > bits))
    throw parseError(name, text, "value out of range");
  return value;
}

/** Digits of `value` in a base from 2 to 62. */
export function formatInteger(value: bigint, base: number): string {
  if (base < 2 || base > 62) throw new BuiltinError("invalid base");
  if (base <= 36) return value.toString(base);
  const factor = BigInt(base);
  let rest = value < 0n ? -value : value;
  let digits = rest === 0n ? "0" : "";
  for (; rest > 0n; rest /= factor) digits = digitCharacters[Number(rest % factor)]! + digits;
  return value < 0n ? `-${digits}` : digits;
}

const decimalFloat = /^[-+]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][-+]?\d+(?:_\d+)*)?$/;
const hexadecimalFloat = /^([-+]?)0[xX]((?:_?[0-9a-fA-F])*)(?:\.((?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?))?[pP]([-+]?\d+)$/;

/** A float64, or the nearest float32 when `bits` is 32. */
export function parseFloatText(text: string, bits: number): number {
  const special = /^([-+]?)(?:(nan)|inf|infinity)$/i.exec(text);
  if (special !== null && !(special[2] !== undefined && special[1] !== ""))
    return special[2] === undefined ? (special[1] === "-" ? -Infinity : Infinity) : Number.NaN;
  const value = decimalFloat.test(text) ? Number(text.replaceAll("_", "")) : parseHexadecimalFloat(text);
  const rounded = bits === 32 ? Math.fround(value) : value;
  if (!Number.isFinite(rounded)) throw parseError("ParseFloat", text, "value out of range");
  return rounded;
}

function parseHexadecimalFloat(text: string): number {
  const parts = hexadecimalFloat.exec(text);
  const whole = parts?.[2]?.replaceAll("_", "") ?? "";
  const fraction = parts?.[3]?.replaceAll("_", "") ?? "";
  if (parts === null || whole + fraction === "") throw parseError("ParseFloat", text, "invalid syntax");
  const mantissa = BigInt(`0x${whole}${fraction}`);
  const exponent = Math.max(-5000, Math.min(5000, Number(parts[4]))) - 4 * fraction.length;
  const sign = parts[1] === "-" ? -1 : 1;
  // Kept to 64 bits with a sticky last one, the host rounds the product once.
  const excess = mantissa.toString(2).length - 64;
  if (excess <= 0) return sign * scaleByPowerOfTwo(Number(mantissa), exponent);
  const kept = mantissa >> BigInt(excess);
  const sticky = kept << BigInt(excess) === mantissa ? 0n : 1n;
  return sign * scaleByPowerOfTwo(Number(kept | sticky), exponent + excess);
}

/** `value · 2^exponent`, in steps that neither overflow nor lose bits before the last. */
export function scaleByPowerOfTwo(value: number, exponent: number): number {
  let result = value;
  let left = exponent;
  while (left > 1000) {
    result *= 2 ** 1000;
    left -= 1000;
  }
  while (left < -1000) {
    // Stay above the subnormal range until the last step.
    result *= 2 ** -500;
    left += 500;
    if (result === 0) return result;
  }
  return left < -500 ? result * 2 ** -500 * 2 ** (left + 500) : result * 2 ** left;
}
