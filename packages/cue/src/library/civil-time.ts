/** A moment and the zone that it is told in. */
export interface CivilTime {
  /** Seconds since the epoch. */
  readonly seconds: bigint;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
  /** East of Greenwich. */
  readonly offsetSeconds: number;
  /** `UTC`, or a name that came with the text; empty where only the offset is known. */
  readonly zoneName: string;
}

export interface CivilFields {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const secondsPerDay = 86_400n;

/** Days from the epoch to a date of the proleptic Gregorian calendar. */
function daysOf(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is the last.
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthIndex = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * monthIndex + 2) / 5) + 1 };
}

/** Seconds since the epoch of a date and time in UTC. */
export function secondsOf({ year, month, day, hour, minute, second }: CivilFields): bigint {
  return BigInt(daysOf(year, month, day)) * secondsPerDay + BigInt(hour * 3600 + minute * 60 + second);
}

function floorDivide(value: bigint, by: bigint): bigint {
  return value >= 0n ? value / by : (value - by + 1n) / by;
}

/** The date and time that the clocks of its zone show, with the weekday (0 is Sunday) and the day of the year (from 1). */
export function fieldsOf(time: CivilTime): CivilFields & { readonly weekday: number; readonly yearDay: number } {
  const local = time.seconds + BigInt(time.offsetSeconds);
  const days = Number(floorDivide(local, secondsPerDay));
  const rest = Number(local - BigInt(days) * secondsPerDay);
  const date = dateOf(days);
  return {
    ...date,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysOf(date.year, 1, 1) + 1,
  };
}

export function daysInMonth(year: number, month: number): number {
  const next = month === 12 ? daysOf(year + 1, 1, 1) : daysOf(year, month + 1, 1);
  return next - daysOf(year, month, 1);
}

/** The date of a day of the year, from 1. */
export function dateOfYearDay(year: number, yearDay: number): { readonly month: number; readonly day: number } {
  return dateOf(daysOf(year, 1, 1) + yearDay - 1);
}

/** From a count of seconds and one of nanoseconds, which may be beyond a second. */
export function utcTime(seconds: bigint, nanoseconds: bigint): CivilTime {
  const carry = floorDivide(nanoseconds, 1_000_000_000n);
  return {
    seconds: seconds + carry,
    nanoseconds: Number(nanoseconds - carry * 1_000_000_000n),
    offsetSeconds: 0,
    zoneName: "UTC",
  };
}
