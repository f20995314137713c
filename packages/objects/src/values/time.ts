/** Times of the API: RFC 3339, read in any offset, written in UTC (meta/v1 Time and MicroTime). */

/** A text that is no time; the message is Go's. */
export class TimeError extends Error {
  override readonly name = "TimeError";
  readonly code = "Time";
}

interface Layout {
  readonly name: string;
  readonly micro: boolean;
}

const layouts = {
  time: { name: "2006-01-02T15:04:05Z07:00", micro: false } satisfies Layout,
  micro: { name: "2006-01-02T15:04:05.000000Z07:00", micro: true } satisfies Layout,
};

const steps: readonly [RegExp, string][] = [
  [/^\d{4}/, "2006"],
  [/^-/, "-"],
  [/^\d\d/, "01"],
  [/^-/, "-"],
  [/^\d\d/, "02"],
  [/^T/, "T"],
  [/^\d\d/, "15"],
  [/^:/, ":"],
  [/^\d\d/, "04"],
  [/^:/, ":"],
  [/^\d\d/, "05"],
];

interface Parsed {
  readonly milliseconds: number;
  readonly micros: string;
}

function parse(text: string, layout: Layout): Parsed {
  const shown = JSON.stringify(text);
  const fail = (rest: string, wanted: string): TimeError =>
    new TimeError(
      `parsing time ${shown} as ${JSON.stringify(layout.name)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(wanted)}`,
    );
  let rest = text;
  const numbers: number[] = [];
  for (const [pattern, wanted] of steps) {
    const match = pattern.exec(rest);
    if (match === null) throw fail(rest, wanted);
    if (/^\d/.test(match[0])) numbers.push(Number(match[0]));
    rest = rest.slice(match[0].length);
  }
  let micros = "000000";
  if (layout.micro) {
    const match = /^\.(\d{6})/.exec(rest);
    if (match === null) throw fail(rest, ".000000");
    micros = match[1]!;
    rest = rest.slice(7);
  } else rest = rest.replace(/^[.,]\d+/, "");
  const zone = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(rest);
  if (zone === null) throw fail(rest, "Z07:00");
  if (zone[0].length < rest.length)
    throw new TimeError(`parsing time ${shown}: extra text: ${JSON.stringify(rest.slice(zone[0].length))}`);
  const offset = (zone[1] === "-" ? -1 : 1) * (Number(zone[2] ?? 0) * 60 + Number(zone[3] ?? 0));
  return { milliseconds: utc(numbers, shown) - offset * 60_000, micros };
}

function utc(numbers: readonly number[], shown: string): number {
  const [year, month, day, hour, minute, second] = numbers as [number, number, number, number, number, number];
  const outOfRange = (part: string): TimeError => new TimeError(`parsing time ${shown}: ${part} out of range`);
  if (month < 1 || month > 12) throw outOfRange("month");
  if (hour > 23) throw outOfRange("hour");
  if (minute > 59) throw outOfRange("minute");
  if (second > 59) throw outOfRange("second");
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (day < 1 || date.getUTCMonth() !== month - 1) throw outOfRange("day");
  date.setUTCHours(hour, minute, second, 0);
  return date.getTime();
}

function write(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Go's zero time, which is written as null. */
const zeroTime = "0001-01-01T00:00:00Z";

/** Times as they are written, of days that every month has. */
const writtenTime = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** The canonical text of a Time, whole seconds in UTC; null for Go's zero time. @throws TimeError */
export function parseTime(text: string): string | null {
  if (writtenTime.test(text)) return text;
  const canonical = write(parse(text, layouts.time).milliseconds);
  return canonical === zeroTime ? null : canonical;
}

/** The canonical text of a MicroTime, six digits in UTC. @throws TimeError */
export function parseMicroTime(text: string): string | null {
  const { milliseconds, micros } = parse(text, layouts.micro);
  const canonical = write(milliseconds);
  if (canonical === zeroTime && micros === "000000") return null;
  return `${canonical.slice(0, -1)}.${micros}Z`;
}

/** Milliseconds since the epoch as a Time. */
export function timeOf(milliseconds: number): string {
  return write(Math.floor(milliseconds / 1000) * 1000);
}
