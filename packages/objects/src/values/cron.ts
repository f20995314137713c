import { durationMs } from "./duration.ts";

/** Cron schedules of five fields as robfig/cron v3 reads them, in a time zone. */

/** A text that is no schedule; the message is that of robfig/cron. */
export class CronError extends Error {
  override readonly name = "CronError";
  readonly code = "Cron";
}

export interface CronSchedule {
  /** A fixed distance instead of fields: `@every 90s`. */
  readonly everyMs?: number | undefined;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** `*` or `?` in a day field: then the other one decides alone, else either may fire. */
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
  readonly timeZone: string;
}

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: Readonly<Record<string, number>>;
}

const numbered = (names: string, first: number): Record<string, number> =>
  Object.fromEntries(names.split(" ").map((name, i) => [name, i + first]));

const fields = {
  minutes: { min: 0, max: 59 } satisfies Field,
  hours: { min: 0, max: 23 } satisfies Field,
  days: { min: 1, max: 31 } satisfies Field,
  months: { min: 1, max: 12, names: numbered("jan feb mar apr may jun jul aug sep oct nov dec", 1) } satisfies Field,
  weekdays: { min: 0, max: 6, names: numbered("sun mon tue wed thu fri sat", 0) } satisfies Field,
};

const descriptors: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const zoneFormats = new Map<string, Intl.DateTimeFormat>();

function zoneFormat(timeZone: string): Intl.DateTimeFormat {
  let format = zoneFormats.get(timeZone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat("en-US", {
        timeZone,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch (error) {
      throw new CronError(`provided bad location ${timeZone}: unknown time zone ${timeZone}`, { cause: error });
    }
    zoneFormats.set(timeZone, format);
  }
  return format;
}

/**
 * Reads a schedule: five fields, a descriptor such as `@daily`, or `@every 90s`. `TZ=` in front names a time zone, which
 * wins over the one given; "" is UTC.
 * @throws CronError
 */
export function parseCron(text: string, timeZone = ""): CronSchedule {
  if (text === "") throw new CronError("empty spec string");
  const zoned = /^(?:CRON_)?TZ=(\S*)\s*(.*)$/s.exec(text);
  const zone = (zoned?.[1] ?? timeZone) || "UTC";
  zoneFormat(zone);
  const body = zoned === null ? text : zoned[2]!;
  if (body.startsWith("@every ")) return every(body, zone);
  const spec = body.startsWith("@") ? descriptors[body] : body;
  if (spec === undefined) throw new CronError(`unrecognized descriptor: ${body}`);
  const words = spec
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length !== 5) throw new CronError(`expected exactly 5 fields, found ${words.length}: [${words.join(" ")}]`);
  const [minutes, hours, days, months, weekdays] = words as [string, string, string, string, string];
  return {
    minutes: parseField(minutes, fields.minutes),
    hours: parseField(hours, fields.hours),
    days: parseField(days, fields.days),
    months: parseField(months, fields.months),
    weekdays: parseField(weekdays, fields.weekdays),
    anyDay: isAny(days),
    anyWeekday: isAny(weekdays),
    timeZone: zone,
  };
}

function every(text: string, timeZone: string): CronSchedule {
  const none: ReadonlySet<number> = new Set();
  let everyMs: number;
  try {
    everyMs = durationMs(text.slice("@every ".length));
  } catch (error) {
    throw new CronError(`failed to parse duration ${text}: ${error instanceof Error ? error.message : ""}`, {
      cause: error,
    });
  }
  const whole = Math.max(1000, Math.trunc(everyMs / 1000) * 1000);
  const sets = { minutes: none, hours: none, days: none, months: none, weekdays: none };
  return { ...sets, everyMs: whole, anyDay: true, anyWeekday: true, timeZone };
}

/** A star (not a star with a step of more than one) leaves the decision to the other day field. */
function isAny(text: string): boolean {
  return text.split(",").some((part) => part === "*" || part === "?" || part === "*/1" || part === "?/1");
}

function parseField(text: string, field: Field): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of text.split(",")) if (part !== "") for (const value of parseRange(part, field)) values.add(value);
  return values;
}

function parseRange(text: string, field: Field): number[] {
  const [range, stepText, ...more] = text.split("/") as [string, ...string[]];
  if (more.length > 0) throw new CronError(`too many slashes: ${text}`);
  const [low, high, ...rest] = range.split("-") as [string, ...string[]];
  if (rest.length > 0) throw new CronError(`too many hyphens: ${text}`);
  const star = low === "*" || low === "?";
  const start = star ? field.min : parseNumber(low, field);
  let end = start;
  if (star) end = field.max;
  else if (high !== undefined) end = parseNumber(high, field);
  let step = 1;
  if (stepText !== undefined) {
    step = parseNumber(stepText, { min: 0, max: 0 });
    // `5/15` means from five on.
    if (!star && high === undefined) end = field.max;
  }
  if (start < field.min) throw new CronError(`beginning of range (${start}) below minimum (${field.min}): ${text}`);
  if (end > field.max) throw new CronError(`end of range (${end}) above maximum (${field.max}): ${text}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new CronError(`step of range should be a positive number: ${text}`);
  const values: number[] = [];
  for (let value = start; value <= end; value += step) values.push(value);
  return values;
}

function parseNumber(text: string, { names }: Field): number {
  const named = names?.[text.toLowerCase()];
  if (named !== undefined && Object.hasOwn(names!, text.toLowerCase())) return named;
  if (!/^\+?\d+$/.test(text))
    throw new CronError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function localTime(milliseconds: number, timeZone: string): LocalTime {
  if (timeZone === "UTC") {
    const date = new Date(milliseconds);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
  }
  const parts: Record<string, number> = {};
  for (const { type, value } of zoneFormat(timeZone).formatToParts(milliseconds)) parts[type] = Number(value);
  return parts as unknown as LocalTime;
}

/** Searching ends this many years after the start. */
const maxYears = 5;
const minute = 60_000;
const hour = 60 * minute;

/** The next time after `after` at which the schedule fires, in milliseconds; undefined when there is none in five years. */
export function nextCronTime(schedule: CronSchedule, after: number): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(after / 1000) * 1000 + schedule.everyMs;
  let time = (Math.floor(after / minute) + 1) * minute;
  const { timeZone } = schedule;
  const lastYear = localTime(after, timeZone).year + maxYears;
  for (;;) {
    const local = localTime(time, timeZone);
    if (local.year > lastYear) return undefined;
    if (!schedule.months.has(local.month) || !dayMatches(schedule, local)) {
      time = nextDay(time, local, timeZone);
    } else if (!schedule.hours.has(local.hour)) {
      // To the next full hour on the clock: zones may shift by half an hour.
      time += (60 - local.minute) * minute;
    } else if (schedule.minutes.has(local.minute)) return time;
    else time += minute;
  }
}

function dayMatches(schedule: CronSchedule, { year, month, day }: LocalTime): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const byDay = schedule.days.has(day);
  const byWeekday = schedule.weekdays.has(date.getUTCDay());
  return schedule.anyDay || schedule.anyWeekday ? byDay && byWeekday : byDay || byWeekday;
}

/** The first moment of the next local day. */
function nextDay(time: number, local: LocalTime, timeZone: string): number {
  if (timeZone === "UTC") return (Math.floor(time / (24 * hour)) + 1) * 24 * hour;
  let next = time + (23 - local.hour) * hour + (60 - local.minute) * minute;
  // A shift of the clock on the way: back to midnight, or on to the new day.
  for (let reached = localTime(next, timeZone); reached.day === local.day; reached = localTime(next, timeZone))
    next += minute * (60 - reached.minute);
  for (let before = localTime(next - 30 * minute, timeZone); before.day !== local.day; ) {
    next -= 30 * minute;
    before = localTime(next - 30 * minute, timeZone);
  }
  return next;
}
