/** JSON forms of the leaf types with an encoding of their own: what a Go client reads, and how it writes it again. */
import type { JsonValue } from "@lateen/base";
import { formatQuantity, parseQuantity } from "../../values/quantity.ts";

/** A value that cannot be decoded; the message is the Go decoder's. */
export class LeafError extends Error {
  readonly code = "value-malformed";
  /** True when the decoder adds the field to the message (`json: cannot unmarshal …`). */
  readonly goType: string | undefined;

  constructor(message: string, goType?: string) {
    super(message);
    this.name = "LeafError";
    this.goType = goType;
  }
}

/** `string`, `number`, `bool`, `object`, `array`: what the decoder calls a JSON value. */
export function jsonTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

export function mismatch(value: JsonValue, goType: string): LeafError {
  return new LeafError(jsonTypeOf(value), goType);
}

const plainQuantity = /^[1-9]\d{0,2}(?:m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;

/** The canonical text of a quantity given as text or number. */
export function quantityText(value: JsonValue): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (plainQuantity.test(text)) return text;
  return formatQuantity(parseQuantity(text));
}

const secondsLayout = "2006-01-02T15:04:05Z07:00";
const microLayout = "2006-01-02T15:04:05.000000Z07:00";
const secondsForm = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;
const microForm = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})(Z|[+-]\d\d:\d\d)$/;
const zeroTime = "0001-01-01T00:00:00";

/** RFC 3339 in UTC, in whole seconds or (`micro`) with six digits; null for the zero time. */
export function timeText(value: JsonValue, options: { readonly micro: boolean }): string | null {
  if (typeof value !== "string") throw mismatch(value, "string");
  const match = (options.micro ? microForm : secondsForm).exec(value);
  if (match === null) {
    const layout = options.micro ? microLayout : secondsLayout;
    throw new LeafError(`parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse it`);
  }
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "", zone = "Z"] = match;
  const complaint = outOfRange([year, month, day, hour, minute, second]);
  if (complaint !== undefined) throw new LeafError(`parsing time ${JSON.stringify(value)}: ${complaint} out of range`);
  const text = zone === "Z" ? value.slice(0, 19) : inUtc(`${value.slice(0, 19)}${zone}`);
  if (options.micro) return text === zeroTime && Number(fraction) === 0 ? null : `${text}.${fraction}Z`;
  return text === zeroTime ? null : `${text}Z`;
}

function inUtc(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new LeafError(`parsing time ${JSON.stringify(text)}: time zone out of range`);
  return date.toISOString().slice(0, 19);
}

function outOfRange(parts: readonly string[]): string | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  if (month < 1 || month > 12) return "month";
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (day < 1 || day > days) return "day";
  if (hour > 23) return "hour";
  if (minute > 59) return "minute";
  return second > 59 ? "second" : undefined;
}

const durationUnits: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A Go duration in its canonical form: `1h0m0s`, `1.5s`, `0s`. */
export function durationText(value: JsonValue): string {
  if (typeof value !== "string") throw mismatch(value, "string");
  return formatDuration(parseDuration(value));
}

function parseDuration(text: string): number {
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (text === "0" || text === "+0" || text === "-0") return 0;
  if (match === null) throw new LeafError(`time: invalid duration ${JSON.stringify(text)}`);
  let nanoseconds = 0;
  for (const [, number = "", unit = ""] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    nanoseconds += Number(number) * (durationUnits[unit] ?? 0);
  return match[1] === "-" ? -nanoseconds : nanoseconds;
}

function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  const sign = nanoseconds < 0 ? "-" : "";
  const total = Math.abs(nanoseconds);
  if (total < 1e3) return `${sign}${total}ns`;
  if (total < 1e6) return `${sign}${total / 1e3}µs`;
  if (total < 1e9) return `${sign}${total / 1e6}ms`;
  const hours = Math.floor(total / 3600e9);
  const minutes = Math.floor((total % 3600e9) / 60e9);
  const seconds = (total % 60e9) / 1e9;
  return sign + (hours > 0 ? `${hours}h` : "") + (hours > 0 || minutes > 0 ? `${minutes}m` : "") + `${seconds}s`;
}

/** Base64 as Go reads it: standard alphabet, padded, line breaks ignored; in canonical form. */
export function bytesText(value: JsonValue): string {
  if (typeof value !== "string") throw mismatch(value, "[]uint8");
  const text = /[\r\n]/.test(value) ? value.replaceAll(/[\r\n]/g, "") : value;
  const bad = badBase64At(text);
  if (bad !== undefined) throw new LeafError(`illegal base64 data at input byte ${bad}`);
  return text;
}

function badBase64At(text: string): number | undefined {
  const digits = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0;
  const padding = text.length - digits;
  if (text.length % 4 === 0 && padding <= 2 && /^=*$/.test(text.slice(digits))) return undefined;
  // The decoder reads four characters at a time and complains where it stopped.
  if (digits === text.length) return text.length - (text.length % 4);
  if (text.charAt(digits) !== "=") return digits;
  return digits % 4 < 2 ? digits : Math.min(text.length, digits + (4 - (digits % 4)));
}
