/**
 * The text of a float64 or float32 in the formats `b e E f g G x X`, as Go's strconv writes it: exact decimal expansion,
 * rounded half to even; precision −1 means as few digits as read back to the same value.
 */
export interface FloatFormat {
  readonly format: string;
  readonly precision: number;
  readonly bits: 32 | 64;
}

/** `0.d₁d₂… · 10^point`. */
interface Digits {
  readonly digits: string;
  readonly point: number;
}

export function formatFloat(value: number, { format, precision, bits }: FloatFormat): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const magnitude = Math.abs(bits === 32 ? Math.fround(value) : value);
  if (format === "b") return sign + binaryForm(magnitude, bits);
  if (format === "x" || format === "X") return sign + hexadecimalForm(magnitude, precision, format);
  if (!"eEfgG".includes(format) || format.length !== 1) return `%${format}`;
  return sign + decimalForm(magnitude, { format, precision, bits });
}

function decimalForm(magnitude: number, { format, precision, bits }: FloatFormat): string {
  const shortest = precision < 0;
  const exact = shortest ? shortestDigits(magnitude, bits) : exactDigits(magnitude);
  const lower = format.toLowerCase();
  if (lower === "g") return generalForm(exact, { format, precision, bits });
  if (lower === "f") {
    const rounded = shortest ? exact : roundDigits(exact, exact.point + precision);
    return fixedForm(rounded, shortest ? Math.max(exact.digits.length - exact.point, 0) : precision);
  }
  const rounded = shortest ? exact : roundDigits(exact, precision + 1);
  return exponentForm(rounded, shortest ? Math.max(exact.digits.length - 1, 0) : precision, format);
}

function generalForm(exact: Digits, { format, precision }: FloatFormat): string {
  const shortest = precision < 0;
  const wanted = shortest ? 6 : precision === 0 ? 1 : precision;
  const rounded = shortest ? exact : roundDigits(exact, wanted);
  const { digits, point } = rounded;
  let limit = wanted;
  if (limit > digits.length && digits.length >= point) limit = digits.length;
  if (shortest) limit = 6;
  const exponent = point - 1;
  if (exponent < -4 || exponent >= limit)
    return exponentForm(rounded, Math.max(digits.length - 1, 0), format === "g" ? "e" : "E");
  return fixedForm(rounded, Math.max(digits.length - point, 0));
}

function exponentForm({ digits, point }: Digits, decimals: number, format: string): string {
  const first = digits === "" ? "0" : digits[0]!;
  const rest = digits.slice(1, 1 + decimals).padEnd(decimals, "0");
  const exponent = digits === "" ? 0 : point - 1;
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${first}${rest === "" ? "" : `.${rest}`}${format}${exponent < 0 ? "-" : "+"}${power}`;
}

function fixedForm({ digits, point }: Digits, decimals: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (decimals === 0) return whole;
  const fraction = point >= 0 ? digits.slice(point) : "0".repeat(-point) + digits;
  return `${whole}.${fraction.slice(0, decimals).padEnd(decimals, "0")}`;
}

function shortestDigits(magnitude: number, bits: 32 | 64): Digits {
  if (magnitude === 0) return { digits: "", point: 0 };
  let text = magnitude.toExponential();
  for (let decimals = 0; bits === 32 && decimals < 9; decimals++) {
    text = magnitude.toExponential(decimals);
    if (Math.fround(Number(text)) === magnitude) break;
  }
  const [mantissa, exponent] = text.split("e") as [string, string];
  return { digits: mantissa.replace(".", "").replace(/0+$/, ""), point: Number(exponent) + 1 };
}

/** A float64 as an integer mantissa and a power of two. */
function partsOf(magnitude: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, magnitude);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  if (biased === 0) return { mantissa: fraction, exponent: -1074 };
  return { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

function exactDigits(magnitude: number): Digits {
  if (magnitude === 0) return { digits: "", point: 0 };
  const { mantissa, exponent } = partsOf(magnitude);
  const text = String(exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent));
  return { digits: text.replace(/0+$/, ""), point: text.length + Math.min(exponent, 0) };
}

/** Keeps `count` digits, half to even. */
function roundDigits({ digits, point }: Digits, count: number): Digits {
  if (count < 0) return { digits: "", point: 0 };
  if (count >= digits.length) return { digits, point };
  const next = digits.charCodeAt(count) - 0x30;
  const half = next === 5 && count + 1 === digits.length;
  const up = half ? count > 0 && (digits.charCodeAt(count - 1) - 0x30) % 2 === 1 : next >= 5;
  if (!up) {
    const kept = digits.slice(0, count).replace(/0+$/, "");
    return { digits: kept, point: kept === "" ? 0 : point };
  }
  let last = count - 1;
  while (last >= 0 && digits[last] === "9") last--;
  if (last < 0) return { digits: "1", point: point + 1 };
  return { digits: digits.slice(0, last) + String(Number(digits[last]) + 1), point };
}

function binaryForm(magnitude: number, bits: 32 | 64): string {
  let { mantissa, exponent } = partsOf(magnitude);
  if (bits === 32) {
    const least = -149;
    while (mantissa !== 0n && (mantissa >= 1n << 24n || exponent < least)) {
      mantissa >>= 1n;
      exponent++;
    }
    if (mantissa === 0n) exponent = least;
  }
  return `${mantissa}p${exponent < 0 ? "" : "+"}${exponent}`;
}

function hexadecimalForm(magnitude: number, precision: number, format: "x" | "X"): string {
  let { mantissa, exponent } = partsOf(magnitude);
  if (mantissa === 0n) exponent = 0;
  else {
    // The first digit is 1: shift the leading bit to position 60.
    const shift = 61 - mantissa.toString(2).length;
    mantissa <<= BigInt(shift);
    exponent += 60 - shift;
  }
  if (precision >= 0 && precision < 15) {
    const extra = BigInt(60 - precision * 4);
    const rest = mantissa & ((1n << extra) - 1n);
    mantissa >>= extra;
    const half = 1n << (extra - 1n);
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    mantissa <<= extra;
    if (mantissa >> 61n !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const digits = (mantissa & ((1n << 60n) - 1n)).toString(16).padStart(15, "0");
  const fraction = precision < 0 ? digits.replace(/0+$/, "") : digits.slice(0, precision).padEnd(precision, "0");
  const power = String(Math.abs(exponent)).padStart(2, "0");
  const text = `0x${mantissa >> 60n}${fraction === "" ? "" : `.${fraction}`}p${exponent < 0 ? "-" : "+"}${power}`;
  return format === "X" ? text.toUpperCase() : text;
}
