import { BuiltinError } from "./builtin.ts";

/** Durations as Go writes them: `1h30m`, `-1.5s`, `300ms`; counted in nanoseconds of 64 bits. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const largest = 1n << 63n;

/** @throws BuiltinError for a text that is no duration, or one of more than 64 bits. */
export function parseDuration(text: string): bigint {
  const quoted = JSON.stringify(text);
  const invalid = (): BuiltinError => new BuiltinError(`time: invalid duration ${quoted}`);
  const negative = text.startsWith("-");
  let rest = text.replace(/^[-+]/, "");
  if (rest === "0") return 0n;
  if (rest === "") throw invalid();
  let total = 0n;
  while (rest !== "") {
    const part = /^([0-9]*)(?:\.([0-9]*))?([^.0-9]*)/.exec(rest)!;
    const [whole, digits = "", fraction = "", unit = ""] = part;
    if (digits === "" && fraction === "") throw invalid();
    if (unit === "") throw new BuiltinError(`time: missing unit in duration ${quoted}`);
    if (!Object.hasOwn(units, unit))
      throw new BuiltinError(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    const scale = units[unit]!;
    total += BigInt(digits === "" ? "0" : digits) * BigInt(scale);
    // Digits beyond 18 no longer count.
    const kept = fraction.slice(0, 18);
    if (kept !== "") total += BigInt(Math.trunc(Number(kept) * (scale / 10 ** kept.length)));
    if (total > largest) throw invalid();
    rest = rest.slice(whole.length);
  }
  if (!negative && total === largest) throw invalid();
  return negative ? -total : total;
}

/** The shortest of these forms: hours, minutes and seconds, or one smaller unit below a second. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (magnitude < 1000n) return `${sign}${magnitude}ns`;
  if (magnitude < 1_000_000n) return `${sign}${decimal(magnitude, 3)}\u00b5s`;
  if (magnitude < 1_000_000_000n) return `${sign}${decimal(magnitude, 6)}ms`;
  const minutes = magnitude / 60_000_000_000n;
  const seconds = `${decimal(magnitude % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, decimals: number): string {
  const unit = 10n ** BigInt(decimals);
  const fraction = String(value % unit)
    .padStart(decimals, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(value / unit) : `${value / unit}.${fraction}`;
}
