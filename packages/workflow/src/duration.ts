const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration (`1h30m`, `-1.5s`, `0`), undefined for anything else. Days are not in Go's notation. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([+-]?)(.*)$/s.exec(text)!;
  const rest = match[2]!;
  if (rest === "0") return 0;
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== rest) return undefined;
  const ms = parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
  return match[1] === "-" ? -ms : ms;
}

/** The text that Go's time.ParseDuration fails with. */
export function durationFault(text: string): string {
  if (text === "" || !/\d/.test(text)) return `time: invalid duration ${JSON.stringify(text)}`;
  const unit = /^[+-]?[\d.]+([a-zA-Zµμ]*)/.exec(text)?.[1] ?? "";
  if (unit === "") return `time: missing unit in duration ${JSON.stringify(text)}`;
  return Object.hasOwn(units, unit)
    ? `time: invalid duration ${JSON.stringify(text)}`
    : `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
}

/** RFC 3339 in whole seconds, UTC. */
export function formatTime(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

/** Milliseconds of an RFC 3339 time, undefined for anything else. */
export function parseTime(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
