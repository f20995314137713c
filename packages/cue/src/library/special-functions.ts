import { Decimal } from "decimal.js";

/**
 * Error function, gamma function and Bessel functions of float64 arguments: their series in decimals of enough digits,
 * rounded once to float64.
 */
function workingDecimal(digits: number): typeof Decimal {
  return Decimal.clone({ precision: digits, rounding: Decimal.ROUND_HALF_EVEN });
}

/** Digits that the terms of an alternating series with the largest about e^x lose. */
function cancelledDigits(x: number): number {
  return Math.ceil(Math.abs(x) * 0.44);
}

function erfSeries(x: number, digits: number): Decimal {
  const D = workingDecimal(digits);
  const square = new D(x).times(x);
  let term = new D(x);
  let sum = new D(x);
  for (let n = 1; ; n++) {
    term = term.times(square).div(-n);
    const part = term.div(2 * n + 1);
    sum = sum.plus(part);
    if (part.abs().lessThan(new D(10).pow(-digits))) break;
  }
  return sum.times(2).div(D.acos(-1).sqrt());
}

export function errorFunction(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > 6) return Math.sign(x);
  return erfSeries(x, 40 + 2 * cancelledDigits(x * x)).toNumber();
}

export function complementaryErrorFunction(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < -6) return 2;
  if (x >= 28) return 0;
  const value = erfSeries(x, 40 + 3 * cancelledDigits(x * x));
  return value.negated().plus(1).toNumber();
}

/** The inverse of the error function, by Newton's steps on its series. */
export function inverseErrorFunction(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) > 1) return Number.NaN;
  if (Math.abs(x) === 1) return x * Infinity;
  if (x === 0) return x;
  // Winitzki's closed form is right to some three digits.
  const a = 0.147;
  const logarithm = Math.log1p(-x * x);
  const half = 2 / (Math.PI * a) + logarithm / 2;
  let y = Math.sign(x) * Math.sqrt(Math.sqrt(half * half - logarithm / a) - half);
  const D = workingDecimal(60);
  const scale = D.acos(-1).sqrt().div(2);
  let exact = new D(y);
  for (let i = 0; i < 6; i++) {
    y = exact.toNumber();
    const error = new D(erfSeries(y, 60 + 2 * cancelledDigits(y * y))).minus(x);
    const step = error.times(scale).times(new D(y).times(y).exp());
    exact = new D(y).minus(step);
    if (step.abs().lessThan(exact.abs().times("1e-20"))) break;
  }
  return exact.toNumber();
}

/** Bernoulli numbers B₂ … B₄₀ as fractions. */
function bernoulliNumbers(count: number): { readonly numerator: bigint; readonly denominator: bigint }[] {
  const row: { numerator: bigint; denominator: bigint }[] = [];
  const numbers: { readonly numerator: bigint; readonly denominator: bigint }[] = [];
  for (let m = 0; m <= 2 * count; m++) {
    row[m] = { numerator: 1n, denominator: BigInt(m + 1) };
    for (let j = m; j >= 1; j--) {
      const a = row[j - 1]!;
      const b = row[j]!;
      const numerator = BigInt(j) * (a.numerator * b.denominator - b.numerator * a.denominator);
      row[j - 1] = reduced(numerator, a.denominator * b.denominator);
    }
    if (m >= 2 && m % 2 === 0) numbers.push(row[0]!);
  }
  return numbers;
}

function reduced(numerator: bigint, denominator: bigint): { numerator: bigint; denominator: bigint } {
  let a = numerator < 0n ? -numerator : numerator;
  let b = denominator;
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? { numerator: 0n, denominator: 1n } : { numerator: numerator / a, denominator: denominator / a };
}

let bernoulli: ReturnType<typeof bernoulliNumbers> | undefined;

export function gammaFunction(x: number): number {
  if (Number.isNaN(x) || x === -Infinity || (x < 0 && Number.isInteger(x))) return Number.NaN;
  if (x === 0) return Object.is(x, -0) ? -Infinity : Infinity;
  if (x > 171.7) return Infinity;
  if (x < -190) return Math.floor(x) % 2 === 0 ? 0 : -0;
  const D = workingDecimal(60);
  // Shifted up to where Stirling's series gives 50 digits, then divided back.
  let shifted = new D(x);
  let product = new D(1);
  while (shifted.lessThan(40)) {
    product = product.times(shifted);
    shifted = shifted.plus(1);
  }
  bernoulli ??= bernoulliNumbers(20);
  let series = new D(0);
  for (const [i, { numerator, denominator }] of bernoulli.entries()) {
    const k = i + 1;
    const coefficient = new D(String(numerator)).div(String(denominator)).div(2 * k * (2 * k - 1));
    series = series.plus(coefficient.div(shifted.pow(2 * k - 1)));
  }
  const logarithm = shifted.minus(0.5).times(shifted.ln()).minus(shifted);
  const offset = D.acos(-1).times(2).ln().div(2);
  return logarithm.plus(offset).plus(series).exp().div(product).toNumber();
}

/** Beyond this the asymptotic expansion is used. */
const seriesLimit = 120;

/** Bessel function of the first kind, of whole order. */
export function besselJ(order: number, x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return 0;
  const n = Math.abs(order);
  const flips = (order < 0 !== x < 0 && n % 2 === 1 ? -1 : 1) as 1 | -1;
  const argument = Math.abs(x);
  if (argument === 0) return n === 0 ? 1 : 0;
  if (n > 100_000) return 0;
  if (argument > Math.max(seriesLimit, n * n)) return flips * asymptotic(n, argument).j.toNumber();
  if (argument > 5000) return flips * 0;
  const D = workingDecimal(40 + 2 * cancelledDigits(argument));
  return flips * besselSeries(D, n, argument).toNumber();
}

function besselSeries(D: typeof Decimal, n: number, x: number): Decimal {
  const half = new D(x).div(2);
  const square = half.times(half).negated();
  let term = half.pow(n).div(factorial(D, n));
  let sum = term;
  for (let k = 1; ; k++) {
    term = term
      .times(square)
      .div(k)
      .div(k + n);
    sum = sum.plus(term);
    if (k > x && term.abs().lessThan(sum.abs().times("1e-40"))) return sum;
    if (term.isZero()) return sum;
  }
}

function factorial(D: typeof Decimal, n: number): Decimal {
  let product = new D(1);
  for (let i = 2; i <= n; i++) product = product.times(i);
  return product;
}

/** Bessel function of the second kind, of whole order. */
export function besselY(order: number, x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  const n = Math.abs(order);
  const flips = order < 0 && n % 2 === 1 ? -1 : 1;
  if (x === 0) return flips * -Infinity;
  if (!Number.isFinite(x)) return 0;
  if (x > Math.max(seriesLimit, n * n)) return flips * asymptotic(n, x).y.toNumber();
  if (n > 1000 || x > 5000) return flips * -Infinity;
  const D = workingDecimal(60 + 2 * cancelledDigits(x));
  const half = new D(x).div(2);
  const square = half.times(half);
  const logarithmic = besselSeries(D, n, x).times(half.ln()).times(2);
  let finite = new D(0);
  for (let k = 0; k < n; k++)
    finite = finite.plus(
      factorial(D, n - k - 1)
        .div(factorial(D, k))
        .times(half.pow(2 * k - n)),
    );
  let term = half.pow(n).div(factorial(D, n));
  // ψ(k+1) + ψ(n+k+1), by harmonic numbers and Euler's constant.
  let digamma = eulerGamma(D).times(-2);
  for (let k = 1; k <= n; k++) digamma = digamma.plus(new D(1).div(k));
  let infinite = term.times(digamma);
  for (let k = 1; ; k++) {
    term = term
      .times(square)
      .div(-k)
      .div(k + n);
    digamma = digamma.plus(new D(1).div(k)).plus(new D(1).div(k + n));
    const part = term.times(digamma);
    infinite = infinite.plus(part);
    if (k > x && part.abs().lessThan("1e-60")) break;
  }
  return flips * logarithmic.minus(finite).minus(infinite).div(D.acos(-1)).toNumber();
}

/** Euler's constant, after Brent and McMillan. */
function eulerGamma(D: typeof Decimal): Decimal {
  const n = Math.ceil(D.precision * 0.58) + 2;
  let term = new D(n).ln().negated();
  let power = new D(1);
  let above = term;
  let below = power;
  for (let k = 1; k < 3.6 * n + 10; k++) {
    power = power.times(n * n).div(k * k);
    term = term
      .times(n * n)
      .div(k)
      .plus(power)
      .div(k);
    above = above.plus(term);
    below = below.plus(power);
  }
  return above.div(below);
}

/** Hankel's expansion for arguments far beyond the order's square. */
function asymptotic(n: number, x: number): { readonly j: Decimal; readonly y: Decimal } {
  const D = workingDecimal(60 + Math.ceil(Math.log10(x)));
  const mu = new D(4).times(n).times(n);
  let term = new D(1);
  let p = new D(1);
  let q = new D(0);
  for (let k = 1; k < 200; k++) {
    const odd = 2 * k - 1;
    term = term
      .times(mu.minus(odd * odd))
      .div(k)
      .div(new D(x).times(8));
    if (k % 2 === 1) q = k % 4 === 1 ? q.plus(term) : q.minus(term);
    else p = k % 4 === 0 ? p.plus(term) : p.minus(term);
    if (term.abs().lessThan("1e-45")) break;
  }
  const pi = D.acos(-1);
  const phase = new D(x).minus(pi.times(n).div(2)).minus(pi.div(4));
  const cosine = phase.cos();
  const sine = phase.sin();
  const amplitude = new D(2).div(pi.times(x)).sqrt();
  return {
    j: amplitude.times(p.times(cosine).minus(q.times(sine))),
    y: amplitude.times(p.times(sine).plus(q.times(cosine))),
  };
}
