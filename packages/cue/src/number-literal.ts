import {
  type CueNumber,
  type NumberError,
  decimalOfText,
  intNumber,
  makeNumber,
  numberError,
  powerOfTen,
} from "./number.ts";
import { maxExponent } from "./number-arithmetic.ts";

const multipliers: Readonly<Record<string, bigint>> = {
  K: 1000n,
  M: 1000n ** 2n,
  G: 1000n ** 3n,
  T: 1000n ** 4n,
  P: 1000n ** 5n,
  Ki: 1024n,
  Mi: 1024n ** 2n,
  Gi: 1024n ** 3n,
  Ti: 1024n ** 4n,
  Pi: 1024n ** 5n,
};

const decimals = String.raw`[0-9](?:_?[0-9])*`;
const integer = /^(?:0|[1-9](?:_?[0-9])*)$/;
const based = /^0(?:[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)$/;
const float = new RegExp(
  String.raw`^(?:${decimals}\.(?:${decimals})?|\.${decimals}|${decimals}(?=[eE]))(?:[eE][-+]?${decimals})?$`,
);
const suffixed = new RegExp(String.raw`^(0|[1-9](?:_?[0-9])*|${decimals}\.(?:${decimals})?|\.${decimals})([KMGTP]i?)$`);

/**
 * The number that a literal of the specification writes: `1_000`, `0xFF`, `.5`, `1e3`, `1.5Ki`. All digits are kept.
 * A suffixed literal is an int and must be whole.
 */
export function numberFromLiteral(text: string): CueNumber | NumberError {
  if (text.length <= 15) {
    const small = smallInteger(text);
    if (small >= 0) return intNumber(small);
  }
  if (integer.test(text)) return decimalOfText(text.replaceAll("_", ""), true);
  if (based.test(text)) return intNumber(BigInt(text.replaceAll("_", "").toLowerCase()));
  if (float.test(text)) return floatFromLiteral(text.replaceAll("_", ""));
  const parts = suffixed.exec(text);
  if (parts !== null) return multiplied(decimalOfText(parts[1]!.replaceAll("_", ""), true), multipliers[parts[2]!]!);
  if (/^0[0-9_]+$/.test(text)) return numberError("illegal integer number");
  return numberError(`illegal number ${text}`);
}

/** The value of a text of decimal digits only, without a leading zero; −1 for anything else. */
function smallInteger(text: string): number {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9 || (digit === 0 && i === 0 && text.length > 1)) return -1;
    value = value * 10 + digit;
  }
  return text.length === 0 ? -1 : value;
}

function floatFromLiteral(text: string): CueNumber | NumberError {
  const value = decimalOfText(text, false);
  if (!(Math.abs(value.exponent) <= 2 * maxExponent)) return numberError("number exponent out of range");
  return value;
}

function multiplied(value: CueNumber, multiplier: bigint): CueNumber | NumberError {
  const product = BigInt(value.coefficient) * multiplier;
  const unit = powerOfTen(-value.exponent);
  if (product % unit !== 0n) return numberError("number cannot be represented as int");
  return makeNumber(true, product / unit, 0);
}
