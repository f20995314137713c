/**
 * What a plain scalar means to the API server: YAML 1.1 as gopkg.in/yaml.v2 resolves it. `yes`, `on`, `y` are booleans,
 * `017` and `0o17` octal, `1_000` a number; dates and base-60 numbers stay text.
 */

export type ScalarKind = "null" | "bool" | "int" | "float" | "merge" | "str";

export interface Scalar {
  readonly kind: ScalarKind;
  readonly value: string | number | boolean | null;
  /** The text of an integer that a double does not hold. */
  readonly inexact?: string;
}

const words = new Map<string, Scalar>();
for (const word of ["", "~", "null", "Null", "NULL"]) words.set(word, { kind: "null", value: null });
for (const word of "y Y yes Yes YES true True TRUE on On ON".split(" ")) words.set(word, { kind: "bool", value: true });
for (const word of "n N no No NO false False FALSE off Off OFF".split(" "))
  words.set(word, { kind: "bool", value: false });
for (const word of ".nan .NaN .NAN".split(" ")) words.set(word, { kind: "float", value: Number.NaN });
for (const word of ".inf .Inf .INF +.inf +.Inf +.INF".split(" "))
  words.set(word, { kind: "float", value: Number.POSITIVE_INFINITY });
for (const word of "-.inf -.Inf -.INF".split(" ")) words.set(word, { kind: "float", value: Number.NEGATIVE_INFINITY });
words.set("<<", { kind: "merge", value: "<<" });

const decimal = /^[-+]?(?:0|[1-9][0-9]*)$/;
const based = /^([-+]?)0(?:[xX]([0-9a-fA-F]+)|[bB]([01]+)|[oO]?([0-7]+))$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** First letters of words and numbers: other texts are strings without a further look. */
const special = new Set("yYnNtTfFoO~.<+-0123456789".split(""));

export function resolvePlain(text: string): Scalar {
  if (text !== "" && !special.has(text[0]!)) return { kind: "str", value: text };
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  if (first === 43 || first === 45 || (first >= 48 && first <= 57)) {
    return resolveNumber(text) ?? { kind: "str", value: text };
  }
  if (first === 46 && float.test(text)) return { kind: "float", value: Number(text) };
  return { kind: "str", value: text };
}

const maxUint64 = 2n ** 64n;

function resolveNumber(text: string): Scalar | undefined {
  const plain = text.includes("_") ? text.replaceAll("_", "") : text;
  if (decimal.test(plain)) {
    // Beyond 64 bits it is read as a float, which is the same number here.
    if (plain.length < 16) return { kind: "int", value: Number(plain) };
    const integer = BigInt(plain);
    const value = Number(plain);
    if (!fits64(integer)) return { kind: "float", value };
    return { kind: "int", value, ...(BigInt(value) !== integer && { inexact: plain }) };
  }
  const match = based.exec(plain);
  if (match !== null) {
    const [, sign, hex, binary, octal] = match;
    const digits = hex === undefined ? (binary === undefined ? `0o${octal}` : `0b${binary}`) : `0x${hex}`;
    const magnitude = BigInt(digits);
    const value = sign === "-" ? -magnitude : magnitude;
    if (fits64(value)) return { kind: "int", value: Number(value) };
  }
  if (!float.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? { kind: "float", value } : undefined;
}

function fits64(value: bigint): boolean {
  return value < maxUint64 && value >= -(maxUint64 / 2n);
}

/** A number as Go's shortest %g writes it, as keys and floats stand in YAML: `1e+08`, `1.0000005e+06`, `0.5`. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value < 0 ? "-.inf" : ".inf";
  const [mantissa, exponentText] = value.toExponential().split("e") as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return String(value);
  const sign = exponent < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
