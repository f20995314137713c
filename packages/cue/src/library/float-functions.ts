import { besselJ, besselY } from "./special-functions.ts";

/**
 * Float64 functions whose last digit depends on the way they are computed: by the formulas of Go's `math`, over the
 * host's elementary functions.
 */
export function arcsine(x: number): number {
  if (x === 0 || Number.isNaN(x) || Math.abs(x) > 1) return Math.abs(x) > 1 ? Number.NaN : x;
  const magnitude = Math.abs(x);
  const leg = Math.sqrt(1 - magnitude * magnitude);
  const angle = magnitude > 0.7 ? Math.PI / 2 - Math.atan(leg / magnitude) : Math.atan(magnitude / leg);
  return x < 0 ? -angle : angle;
}

export function arccosine(x: number): number {
  return Math.PI / 2 - arcsine(x);
}

/** Beyond this the smaller exponential is lost. */
const exponentialOnly = 21;

export function hyperbolicSine(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude <= 0.5) return Math.sinh(x);
  const exponential = Math.exp(magnitude);
  const value = magnitude > exponentialOnly ? exponential * 0.5 : (exponential - 1 / exponential) * 0.5;
  return x < 0 ? -value : value;
}

export function hyperbolicCosine(x: number): number {
  const magnitude = Math.abs(x);
  const exponential = Math.exp(magnitude);
  return magnitude > exponentialOnly ? exponential * 0.5 : (exponential + 1 / exponential) * 0.5;
}

/** Of orders up to the argument by recurrence from the first two. */
export function besselFirstKind(order: number, x: number): number {
  const n = Math.abs(order);
  const argument = Math.abs(x);
  if (n < 2 || n > argument || !Number.isFinite(x) || n > 100_000) return besselJ(order, x);
  const negative = n % 2 === 1 && order < 0 !== x < 0;
  return recurrence(n, argument, [besselJ(0, argument), besselJ(1, argument)]) * (negative ? -1 : 1);
}

export function besselSecondKind(order: number, x: number): number {
  const n = Math.abs(order);
  if (n < 2 || !(x > 0) || !Number.isFinite(x) || n > 100_000) return besselY(order, x);
  const negative = n % 2 === 1 && order < 0;
  return recurrence(n, x, [besselY(0, x), besselY(1, x)]) * (negative ? -1 : 1);
}

function recurrence(n: number, x: number, [zeroth, first]: readonly [number, number]): number {
  let below = zeroth;
  let value = first;
  for (let i = 1; i < n && Number.isFinite(value); i++) [below, value] = [value, value * ((2 * i) / x) - below];
  return value;
}
