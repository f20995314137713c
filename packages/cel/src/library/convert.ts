import { CelDuration, CelError, CelTimestamp } from "../values.ts";

/** Conversions between texts, numbers and times, as Go writes and reads them. */

export const minInt = -(2n ** 63n);
export const maxInt = 2n ** 63n - 1n;
export const maxUint = 2n ** 64n - 1n;

export function checkInt(value: bigint): bigint {
  if (value < minInt || value > maxInt) throw new CelError("integer overflow");
  return value;
}

export function checkUint(value: bigint): bigint {
  if (value < 0n || value > maxUint) throw new CelError("unsigned integer overflow");
  return value;
}

/** Go's shortest %g: `1e+08`, `0.1`, `1`. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [mantissa, exponentText] = value.toExponential().split("e") as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return Object.is(value, -0) ? "-0" : String(value);
  if (exponent >= 6 && exponent < 21 && mantissa.replaceAll(/[-.]/g, "").length > 21) return String(value);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

const nano = 1_000_000_000n;

/** Seconds with what follows the point, without zeros at the end. */
function decimalSeconds(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? "-" : "";
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = (value % nano).toString().padStart(9, "0").replace(/0+$/, "");
  return `${sign}${value / nano}${fraction === "" ? "" : `.${fraction}`}`;
}

export function formatDuration(duration: CelDuration): string {
  return `${decimalSeconds(duration.nanoseconds)}s`;
}

export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

export function formatTimestamp(timestamp: CelTimestamp): string {
  const { nanoseconds, offset } = timestamp;
  const seconds = floorDiv(nanoseconds, nano);
  const rest = nanoseconds - seconds * nano;
  const base = new Date((Number(seconds) + offset * 60) * 1000).toISOString().slice(0, 19);
  const fraction = rest.toString().padStart(9, "0").replace(/0+$/, "");
  const two = (value: number): string => String(value).padStart(2, "0");
  const ahead = Math.abs(offset);
  const zone = offset === 0 ? "Z" : `${offset < 0 ? "-" : "+"}${two(Math.trunc(ahead / 60))}:${two(ahead % 60)}`;
  return `${base}${fraction === "" ? "" : `.${fraction}`}${zone}`;
}

const timestampShape =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const minTimestamp = -62_135_596_800n * nano;
const maxTimestamp = 253_402_300_800n * nano - 1n;

export function checkTimestamp(nanoseconds: bigint, offset = 0): CelTimestamp {
  if (nanoseconds < minTimestamp || nanoseconds > maxTimestamp) throw new CelError("timestamp overflow");
  return new CelTimestamp(nanoseconds, offset);
}

/** RFC 3339; undefined for what is none. */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const match = timestampShape.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (month < 1 || date.getUTCMonth() !== month - 1 || day < 1 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  date.setUTCHours(hour, minute, second);
  const fraction = BigInt((match[7] ?? "").padEnd(9, "0"));
  const offset = (match[8] === "-" ? -1 : 1) * (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0));
  const nanoseconds = (BigInt(date.getTime()) - BigInt(offset) * 60_000n) * 1_000_000n + fraction;
  return nanoseconds < minTimestamp || nanoseconds > maxTimestamp ? undefined : new CelTimestamp(nanoseconds, offset);
}

/** Milliseconds since the epoch of a timestamp's local time in a zone (UTC without one). @throws CelError */
export function localMs(timestamp: CelTimestamp, zone: string | undefined): number {
  const ms = Number(floorDiv(timestamp.nanoseconds, 1_000_000n));
  if (zone === undefined || zone === "UTC" || zone === "") return ms;
  const fixed = /^([+-])?(\d+):(\d+)$/.exec(zone);
  if (fixed !== null) return ms + (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  try {
    const parts: Record<string, number> = {};
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    for (const { type, value } of format.formatToParts(ms)) parts[type] = Number(value);
    const { year, month, day, hour, minute, second } = parts as Record<string, number>;
    return Date.UTC(year!, month! - 1, day, hour, minute, second) + (((ms % 1000) + 1000) % 1000);
  } catch (error) {
    throw new CelError(`unknown time zone ${zone}`, { cause: error });
  }
}

/** Length in code points. */
export function textLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++)
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) length--;
  return length;
}
