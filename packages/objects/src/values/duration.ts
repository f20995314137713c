/** Go's durations (`1h30m`) and the ages that kubectl prints. */

/** A text that is no duration; the message is Go's. */
export class DurationError extends Error {
  override readonly name = "DurationError";
  readonly code = "Duration";
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const maxInt64 = 2n ** 63n - 1n;

/** Nanoseconds of a Go duration: `1.5h`, `-2m30s`, `100ms`, `0`. @throws DurationError */
export function parseDuration(text: string): bigint {
  const shown = JSON.stringify(text);
  const invalid = (): DurationError => new DurationError(`time: invalid duration ${shown}`);
  const [, sign, body] = /^([+-]?)(.*)$/s.exec(text)!;
  if (body === "0") return 0n;
  if (body === "") throw invalid();
  let rest = body!;
  let total = 0n;
  while (rest !== "") {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest)!;
    const [all, whole = "", fraction = ""] = number;
    if (whole === "" && fraction === "") throw invalid();
    rest = rest.slice(all.length);
    const [unit] = /^[^\d.]*/.exec(rest)!;
    if (unit === "") throw new DurationError(`time: missing unit in duration ${shown}`);
    if (!Object.hasOwn(units, unit))
      throw new DurationError(`time: unknown unit ${JSON.stringify(unit)} in duration ${shown}`);
    const scale = units[unit]!;
    rest = rest.slice(unit.length);
    total += BigInt(whole === "" ? "0" : whole) * scale;
    if (fraction !== "") total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    if (total > maxInt64 + (sign === "-" ? 1n : 0n)) throw invalid();
  }
  return sign === "-" ? -total : total;
}

/** Milliseconds of a Go duration. @throws DurationError */
export function durationMs(text: string): number {
  return Number(parseDuration(text)) / 1e6;
}

/** Canonical text: `1h30m0s`, `1.5ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (value < units["s"]!) {
    const unit = value < 1_000n ? "ns" : value < 1_000_000n ? "µs" : "ms";
    return `${sign}${decimal(value, units[unit]!)}${unit}`;
  }
  const hours = value / units["h"]!;
  const minutes = (value % units["h"]!) / units["m"]!;
  const seconds = decimal(value % units["m"]!, units["s"]!);
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return fraction === "" || unit === 1n ? `${value / unit}` : `${value / unit}.${fraction}`;
}

/** The AGE column: at most two units, coarser with time; −1 s is still `0s`. */
export function humanDuration(totalSeconds: number): string {
  const seconds = Math.trunc(totalSeconds);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return withRest(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 2920 ? withRest(years, "y", days % 365, "d") : `${years}y`;
}

function withRest(count: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${count}${unit}` : `${count}${unit}${rest}${restUnit}`;
}

/** One unit alone: `5m`, `3d`. */
export function shortHumanDuration(totalSeconds: number): string {
  const seconds = Math.trunc(totalSeconds);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 24) return `${hours}h`;
  return hours < 24 * 365 ? `${Math.trunc(hours / 24)}d` : `${Math.trunc(hours / 24 / 365)}y`;
}
