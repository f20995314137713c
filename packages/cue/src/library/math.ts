import {
  type CueNumber,
  type NumberError,
  decimalOfText,
  floatOfJs,
  intNumber,
  makeNumber,
  signOf,
} from "../number.ts";
import { maxExponent, negateNumber } from "../number-arithmetic.ts";
import { bigintArgument, floatArgument, intArgument, numberArgument, runeArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, BuiltinError } from "./builtin.ts";
import {
  type Rounding,
  absolute,
  binaryLogarithm,
  cubeRoot,
  decimalLogarithm,
  exponential,
  isMultiple,
  naturalLogarithm,
  positiveDifference,
  power,
  roundToInteger,
} from "./decimal-functions.ts";
import {
  arccosine,
  arcsine,
  besselFirstKind,
  besselSecondKind,
  hyperbolicCosine,
  hyperbolicSine,
} from "./float-functions.ts";
import { scaleByPowerOfTwo } from "./parse-number.ts";
import { decimalResult } from "./results.ts";
import {
  besselJ,
  besselY,
  complementaryErrorFunction,
  errorFunction,
  gammaFunction,
  inverseErrorFunction,
} from "./special-functions.ts";

/** The package `math`: a part computes in decimals of 34 digits (`decimal-functions.ts`), the others in float64. */

function ofFloat(name: string, call: (x: number) => number): Builtin {
  return { name, params: ["number"], result: "number", call: (args) => floatOfJs(call(floatArgument(args, 0))) };
}

function ofFloats(name: string, call: (x: number, y: number) => number): Builtin {
  return {
    name,
    params: ["number", "number"],
    result: "number",
    call: (args) => floatOfJs(call(floatArgument(args, 0), floatArgument(args, 1))),
  };
}

function ofOrder(name: string, call: (order: number, x: number) => number): Builtin {
  return {
    name,
    params: ["int", "number"],
    result: "number",
    call: (args) => floatOfJs(call(intArgument(args, 0), floatArgument(args, 1))),
  };
}

function ofDecimal(name: string, call: (x: CueNumber) => CueNumber | NumberError): Builtin {
  return {
    name,
    params: ["number"],
    result: "number",
    call: (args) => decimalResult(call(numberArgument(args, 0))),
  };
}

function ofDecimals(name: string, call: (x: CueNumber, y: CueNumber) => CueNumber | NumberError): Builtin {
  return {
    name,
    params: ["number", "number"],
    result: "number",
    call: (args) => decimalResult(call(numberArgument(args, 0), numberArgument(args, 1))),
  };
}

function rounding(name: string, how: Rounding): Builtin {
  return {
    name,
    params: ["number"],
    result: "int",
    call: (args) => intNumber(roundToInteger(numberArgument(args, 0), how)),
  };
}

/** The Jacobi symbol (x/y) of an odd y. */
function jacobi(x: bigint, y: bigint): number {
  if (y % 2n === 0n) throw new BuiltinError(`big: invalid 2nd argument to Int.Jacobi: need odd integer but got ${y}`);
  let sign = y < 0n && x < 0n ? -1 : 1;
  let n = y < 0n ? -y : y;
  let a = ((x % n) + n) % n;
  while (a !== 0n) {
    while (a % 2n === 0n) {
      a /= 2n;
      if (n % 8n === 3n || n % 8n === 5n) sign = -sign;
    }
    [a, n] = [n, a];
    if (a % 4n === 3n && n % 4n === 3n) sign = -sign;
    a %= n;
  }
  return n === 1n ? sign : 0;
}

/** The binary exponent of a finite float other than 0. */
function binaryExponent(x: number): number {
  let exponent = Math.floor(Math.log2(Math.abs(x)));
  while (scaleByPowerOfTwo(1, exponent) > Math.abs(x)) exponent--;
  while (scaleByPowerOfTwo(1, exponent + 1) <= Math.abs(x)) exponent++;
  return exponent;
}

function logb(x: number): number {
  if (x === 0) return -Infinity;
  return Number.isFinite(x) ? binaryExponent(x) : x * x;
}

function ilogb(x: number): number {
  if (x === 0) return -2_147_483_648;
  return Number.isFinite(x) ? binaryExponent(x) : 2_147_483_647;
}

/** The IEEE remainder: of the quotient rounded to the nearest whole number, halves to even. */
function remainder(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y) || !Number.isFinite(x) || y === 0) return Number.NaN;
  if (!Number.isFinite(y)) return x;
  const divisor = Math.abs(y);
  let rest = Math.abs(x) % (divisor * 2 === Infinity ? divisor : divisor * 2);
  if (rest > divisor / 2) {
    rest -= divisor;
    if (rest >= divisor / 2) rest -= divisor;
  }
  return (x < 0 || Object.is(x, -0) ? -1 : 1) * rest;
}

function copySign(x: CueNumber, y: CueNumber): CueNumber {
  const negative = signOf(y) < 0;
  if (x.coefficient === 0 && x.form === "finite") return { ...x, coefficient: negative ? -0 : 0 };
  return signOf(x) < 0 === negative ? x : negateNumber(x);
}

function tenTo(exponent: number): CueNumber {
  if (Math.abs(exponent) > maxExponent) throw new BuiltinError("exponent out of range");
  return makeNumber(false, 1, exponent);
}

function constants(texts: Readonly<Record<string, string>>): Readonly<Record<string, CueNumber>> {
  const entries = Object.entries(texts);
  return Object.fromEntries(entries.map(([name, text]) => [name, decimalOfText(text, !text.includes("."))]));
}

const functions: readonly Builtin[] = [
  {
    name: "Jacobi",
    params: ["int", "int"],
    result: "int",
    call: (args) => intNumber(jacobi(bigintArgument(args, 0), bigintArgument(args, 1))),
  },
  rounding("Floor", "floor"),
  rounding("Ceil", "ceil"),
  rounding("Trunc", "trunc"),
  rounding("Round", "half up"),
  rounding("RoundToEven", "half even"),
  {
    name: "MultipleOf",
    params: ["number", "number"],
    result: "bool",
    validator: true,
    call(args) {
      const answer = isMultiple(numberArgument(args, 0), numberArgument(args, 1));
      if (typeof answer === "boolean") return answer;
      throw new BuiltinError(answer.message);
    },
  },
  ofDecimal("Abs", absolute),
  ofFloat("Acosh", Math.acosh),
  ofFloat("Asin", arcsine),
  ofFloat("Acos", arccosine),
  ofFloat("Asinh", Math.asinh),
  ofFloat("Atan", Math.atan),
  ofFloats("Atan2", Math.atan2),
  ofFloat("Atanh", Math.atanh),
  ofDecimal("Cbrt", cubeRoot),
  ofDecimals("Copysign", copySign),
  ofDecimals("Dim", positiveDifference),
  ofFloat("Erf", errorFunction),
  ofFloat("Erfc", complementaryErrorFunction),
  ofFloat("Erfinv", inverseErrorFunction),
  ofFloat("Erfcinv", (x) => inverseErrorFunction(1 - x)),
  ofDecimal("Exp", exponential),
  ofDecimal("Exp2", (x) => power(intNumber(2), x)),
  ofFloat("Expm1", Math.expm1),
  ofFloat("Gamma", gammaFunction),
  ofFloats("Hypot", Math.hypot),
  ofFloat("J0", (x) => besselJ(0, x)),
  ofFloat("Y0", (x) => besselY(0, x)),
  ofFloat("J1", (x) => besselJ(1, x)),
  ofFloat("Y1", (x) => besselY(1, x)),
  ofOrder("Jn", besselFirstKind),
  ofOrder("Yn", besselSecondKind),
  {
    name: "Ldexp",
    params: ["number", "int"],
    result: "number",
    call: (args) =>
      floatOfJs(scaleByPowerOfTwo(floatArgument(args, 0), Math.max(-5000, Math.min(5000, intArgument(args, 1))))),
  },
  ofDecimal("Log", naturalLogarithm),
  ofDecimal("Log10", decimalLogarithm),
  ofDecimal("Log2", binaryLogarithm),
  ofFloat("Log1p", Math.log1p),
  ofFloat("Logb", logb),
  {
    name: "Ilogb",
    params: ["number"],
    result: "int",
    call: (args) => intNumber(ilogb(floatArgument(args, 0))),
  },
  ofFloats("Mod", (x, y) => x % y),
  ofDecimals("Pow", power),
  {
    name: "Pow10",
    params: ["int"],
    result: "number",
    call: (args) => decimalResult(tenTo(runeArgument(args, 0))),
  },
  ofFloats("Remainder", remainder),
  {
    name: "Signbit",
    params: ["number"],
    result: "bool",
    validator: true,
    call(args) {
      const x = numberArgument(args, 0);
      return signOf(x) < 0 || Object.is(x.coefficient, -0);
    },
  },
  ofFloat("Cos", Math.cos),
  ofFloat("Sin", Math.sin),
  ofFloat("Sinh", hyperbolicSine),
  ofFloat("Cosh", hyperbolicCosine),
  ofFloat("Sqrt", Math.sqrt),
  ofFloat("Tan", (x) => Math.sin(x) / Math.cos(x)),
  ofFloat("Tanh", Math.tanh),
];

export const mathPackage: BuiltinPackage = {
  path: "math",
  functions,
  constants: constants({
    MaxExp: "2147483647",
    MinExp: "-2147483648",
    MaxPrec: "4294967295",
    ToNearestEven: "0",
    ToNearestAway: "1",
    ToZero: "2",
    AwayFromZero: "3",
    ToNegativeInf: "4",
    ToPositiveInf: "5",
    Below: "-1",
    Exact: "0",
    Above: "1",
    MaxBase: "62",
    E: "2.71828182845904523536028747135266249775724709369995957496696763",
    Pi: "3.14159265358979323846264338327950288419716939937510582097494459",
    Phi: "1.61803398874989484820458683436563811772030917980576286213544861",
    Sqrt2: "1.41421356237309504880168872420969807856967187537694807317667974",
    SqrtE: "1.64872127070012814684865078781416357165377610071014801157507931",
    SqrtPi: "1.77245385090551602729816748334114518279754945612238712821380779",
    SqrtPhi: "1.27201964951406896425242246173749149171560804184009624861664038",
    Ln2: "0.693147180559945309417232121458176568075500134360255254120680009",
    Log2E: "1.442695040888963407359924681001892137426645954152985934135449408",
    Ln10: "2.3025850929940456840179914546843642076011014886287729760333278",
    Log10E: "0.43429448190325182765112891891660508229439700580366656611445378",
  }),
};
