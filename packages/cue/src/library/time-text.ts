import { BuiltinError } from "./builtin.ts";
import { type CivilTime, dateOfYearDay, daysInMonth, fieldsOf, secondsOf } from "./civil-time.ts";
import { type LayoutPart, monthNames, parseLayout, weekdayNames } from "./time-layout.ts";

/** Writes a time in the form that a layout shows. */
export function formatTime(time: CivilTime, layout: string): string {
  const fields = fieldsOf(time);
  return parseLayout(layout)
    .map((part) => formatPart(part, time, fields))
    .join("");
}

function padded(value: number, width: number, fill = "0"): string {
  return (value < 0 ? "-" : "") + String(Math.abs(value)).padStart(width, fill);
}

function formatPart(part: LayoutPart, time: CivilTime, fields: ReturnType<typeof fieldsOf>): string {
  if (part.kind === "text") return part.text;
  if (part.kind === "zone") return formatZone(part, time.offsetSeconds);
  if (part.kind === "fraction") return formatFraction(part, time.nanoseconds);
  const { year, month, day, hour, minute, second, weekday, yearDay } = fields;
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  switch (part.name) {
    case "longMonth":
      return monthNames[month - 1]!;
    case "month":
      return monthNames[month - 1]!.slice(0, 3);
    case "numMonth":
      return String(month);
    case "zeroMonth":
      return padded(month, 2);
    case "longWeekday":
      return weekdayNames[weekday]!;
    case "weekday":
      return weekdayNames[weekday]!.slice(0, 3);
    case "day":
      return String(day);
    case "underDay":
      return padded(day, 2, " ");
    case "zeroDay":
      return padded(day, 2);
    case "underYearDay":
      return padded(yearDay, 3, " ");
    case "zeroYearDay":
      return padded(yearDay, 3);
    case "hour":
      return padded(hour, 2);
    case "hour12":
      return String(hour12);
    case "zeroHour12":
      return padded(hour12, 2);
    case "minute":
      return String(minute);
    case "zeroMinute":
      return padded(minute, 2);
    case "second":
      return String(second);
    case "zeroSecond":
      return padded(second, 2);
    case "longYear":
      return padded(year, 4);
    case "year":
      return padded(Math.max(year, 0) % 100, 2);
    case "PM":
      return hour >= 12 ? "PM" : "AM";
    case "pm":
      return hour >= 12 ? "pm" : "am";
    case "zoneName":
      return time.zoneName === "" ? shortOffset(time.offsetSeconds) : time.zoneName;
  }
}

function shortOffset(offset: number): string {
  return formatZone({ z: false, colon: false, fields: 2 }, offset);
}

function formatZone(part: { z: boolean; colon: boolean; fields: 1 | 2 | 3 }, offset: number): string {
  if (part.z && offset === 0) return "Z";
  const magnitude = Math.abs(offset);
  const values = [Math.floor(magnitude / 3600), Math.floor(magnitude / 60) % 60, magnitude % 60];
  const texts = values.slice(0, part.fields).map((value) => padded(value, 2));
  return (offset < 0 ? "-" : "+") + texts.join(part.colon ? ":" : "");
}

function formatFraction(
  part: { readonly separator: string; readonly digits: number; readonly optional: boolean },
  nanoseconds: number,
): string {
  const digits = padded(nanoseconds, 9).padEnd(part.digits, "0").slice(0, part.digits);
  const kept = part.optional ? digits.replace(/0+$/, "") : digits;
  return kept === "" ? "" : part.separator + kept;
}

/** Reads a time in the form that a layout shows. @throws BuiltinError */
export function parseTime(text: string, layout: string): CivilTime {
  return new TimeParser(text, layout).parse();
}

interface Parsed {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanoseconds: number;
  half: "am" | "pm" | undefined;
  offset: number;
  /** The clock is read as UTC, whatever the offset. */
  readAsUtc: boolean;
  zoneName: string;
}

class TimeParser {
  readonly #text: string;
  readonly #layout: string;
  #rest: string;
  readonly #parsed: Parsed = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanoseconds: 0,
    half: undefined,
    offset: 0,
    readAsUtc: false,
    zoneName: "",
  };

  constructor(text: string, layout: string) {
    this.#text = text;
    this.#layout = layout;
    this.#rest = text;
  }

  parse(): CivilTime {
    const parts = parseLayout(this.#layout);
    for (const [i, part] of parts.entries()) this.#part(part, parts[i + 1]);
    if (this.#rest !== "") throw this.#error(`: extra text: ${JSON.stringify(this.#rest)}`);
    return this.#assemble();
  }

  #error(detail: string): BuiltinError {
    return new BuiltinError(`parsing time ${JSON.stringify(this.#text)}${detail}`);
  }

  #mismatch(): BuiltinError {
    return this.#error(` as ${JSON.stringify(this.#layout)}: cannot parse ${JSON.stringify(this.#rest)}`);
  }

  #take(pattern: RegExp): string {
    const found = pattern.exec(this.#rest)?.[0];
    if (found === undefined) throw this.#mismatch();
    this.#rest = this.#rest.slice(found.length);
    return found;
  }

  #number(pattern: RegExp): number {
    return Number(this.#take(pattern));
  }

  #ranged(pattern: RegExp, name: string, range: readonly [number, number]): number {
    const value = this.#number(pattern);
    if (value < range[0] || value > range[1]) throw this.#error(`: ${name} out of range`);
    return value;
  }

  #name(names: readonly string[], length?: number): number {
    const lower = this.#rest.toLowerCase();
    const index = names.findIndex((name) => lower.startsWith(name.slice(0, length).toLowerCase()));
    if (index < 0) throw this.#mismatch();
    this.#rest = this.#rest.slice(names[index]!.slice(0, length).length);
    return index + 1;
  }

  #part(part: LayoutPart, next: LayoutPart | undefined): void {
    if (part.kind === "text") this.#literal(part.text);
    else if (part.kind === "zone") this.#zone(part);
    else if (part.kind === "fraction") this.#fraction(part);
    else this.#element(part.name, next);
  }

  /** Blanks in a layout match any number of them. */
  #literal(text: string): void {
    for (let i = 0; i < text.length; i++) {
      if (text[i] === " ") {
        if (this.#rest !== "" && !this.#rest.startsWith(" ")) throw this.#mismatch();
        while (text[i + 1] === " ") i++;
        this.#rest = this.#rest.replace(/^ +/, "");
      } else if (this.#rest[0] === text[i]) this.#rest = this.#rest.slice(1);
      else throw this.#mismatch();
    }
  }

  #element(name: (LayoutPart & { kind: "element" })["name"], next: LayoutPart | undefined): void {
    const parsed = this.#parsed;
    switch (name) {
      case "year": {
        const year = this.#number(/^[0-9]{2}/);
        parsed.year = year >= 69 ? 1900 + year : 2000 + year;
        return;
      }
      case "longYear":
        parsed.year = this.#number(/^[0-9]{4}/);
        return;
      case "longMonth":
        parsed.month = this.#name(monthNames);
        return;
      case "month":
        parsed.month = this.#name(monthNames, 3);
        return;
      case "numMonth":
        parsed.month = this.#ranged(/^[0-9]{1,2}/, "month", [1, 12]);
        return;
      case "zeroMonth":
        parsed.month = this.#ranged(/^[0-9]{2}/, "month", [1, 12]);
        return;
      case "longWeekday":
        this.#name(weekdayNames);
        return;
      case "weekday":
        this.#name(weekdayNames, 3);
        return;
      case "underDay":
        this.#rest = this.#rest.replace(/^ /, "");
        parsed.day = this.#number(/^[0-9]{1,2}/);
        return;
      case "day":
        parsed.day = this.#number(/^[0-9]{1,2}/);
        return;
      case "zeroDay":
        parsed.day = this.#number(/^[0-9]{2}/);
        return;
      case "underYearDay":
        parsed.yearDay = this.#number(/^ {0,2}[0-9]{1,3}/);
        return;
      case "zeroYearDay":
        parsed.yearDay = this.#number(/^[0-9]{3}/);
        return;
      case "hour":
        parsed.hour = this.#ranged(/^[0-9]{1,2}/, "hour", [0, 23]);
        return;
      case "hour12":
        parsed.hour = this.#ranged(/^[0-9]{1,2}/, "hour", [0, 12]);
        return;
      case "zeroHour12":
        parsed.hour = this.#ranged(/^[0-9]{2}/, "hour", [0, 12]);
        return;
      case "minute":
      case "zeroMinute":
        parsed.minute = this.#ranged(name === "minute" ? /^[0-9]{1,2}/ : /^[0-9]{2}/, "minute", [0, 59]);
        return;
      case "second":
      case "zeroSecond":
        parsed.second = this.#ranged(name === "second" ? /^[0-9]{1,2}/ : /^[0-9]{2}/, "second", [0, 59]);
        // A fraction may follow seconds though the layout shows none.
        if (next?.kind !== "fraction" && /^[.,][0-9]/.test(this.#rest)) this.#nanoseconds(/^[.,][0-9]+/);
        return;
      case "PM":
        parsed.half = this.#take(/^[AP]M/) === "PM" ? "pm" : "am";
        return;
      case "pm":
        parsed.half = this.#take(/^[ap]m/) as "am" | "pm";
        return;
      case "zoneName":
        this.#zoneName();
    }
  }

  #nanoseconds(pattern: RegExp): void {
    const digits = this.#take(pattern).slice(1);
    this.#parsed.nanoseconds = Number(digits.slice(0, 9).padEnd(9, "0"));
  }

  #fraction(part: { readonly digits: number; readonly optional: boolean }): void {
    if (!part.optional) this.#nanoseconds(new RegExp(`^[.,][0-9]{${part.digits}}`));
    else if (/^[.,][0-9]/.test(this.#rest)) this.#nanoseconds(/^[.,][0-9]+/);
  }

  #zone(part: { readonly z: boolean; readonly colon: boolean; readonly fields: 1 | 2 | 3 }): void {
    if (part.z && this.#rest.startsWith("Z")) {
      this.#rest = this.#rest.slice(1);
      this.#parsed.offset = 0;
      this.#parsed.zoneName = "UTC";
      return;
    }
    const colon = part.colon ? ":" : "";
    const text = this.#take(new RegExp(`^[-+][0-9]{2}${`${colon}[0-9]{2}`.repeat(part.fields - 1)}`));
    const [hours = 0, minutes = 0, seconds = 0] = (text.slice(1).match(/[0-9]{2}/g) ?? []).map(Number);
    if (hours > 24) throw this.#error(": time zone offset hour out of range");
    if (minutes > 60) throw this.#error(": time zone offset minute out of range");
    if (seconds > 60) throw this.#error(": time zone offset second out of range");
    this.#parsed.offset = (text.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
  }

  /** Only UTC is known by name; with others, even `GMT+3`, the clock is read as UTC and told under that name. */
  #zoneName(): void {
    if (this.#rest.startsWith("UTC")) {
      this.#rest = this.#rest.slice(3);
      this.#parsed.offset = 0;
      this.#parsed.zoneName = "UTC";
      return;
    }
    const name = this.#take(
      /^(?:ChST|MeST|GMT(?:[-+](?:[0-9]|1[0-9]|2[0-3])(?![0-9]))?|[-+](?:[0-9]|[01][0-9]|2[0-3])(?![0-9])|[A-Z]{4}T(?![A-Z])|WITA(?![A-Z])|[A-Z]{3}T(?![A-Z])|[A-Z]{3}(?![A-Z]))/,
    );
    this.#parsed.zoneName = name;
    this.#parsed.readAsUtc = true;
    const hours = /^GMT([-+][0-9]+)$/.exec(name)?.[1];
    this.#parsed.offset = hours === undefined ? 0 : Number(hours) * 3600;
  }

  #assemble(): CivilTime {
    const parsed = this.#parsed;
    const { year, half } = parsed;
    const hour =
      half === "pm" && parsed.hour < 12 ? parsed.hour + 12 : half === "am" && parsed.hour === 12 ? 0 : parsed.hour;
    let { month, day } = parsed;
    if (parsed.yearDay >= 0) {
      const length = daysInMonth(year, 2) === 29 ? 366 : 365;
      if (parsed.yearDay < 1 || parsed.yearDay > length) throw this.#error(": day-of-year out of range");
      const date = dateOfYearDay(year, parsed.yearDay);
      if (month >= 0 && month !== date.month) throw this.#error(": day-of-year does not match month");
      if (day >= 0 && day !== date.day) throw this.#error(": day-of-year does not match day");
      ({ month, day } = date);
    }
    if (month < 0) month = 1;
    if (day < 0) day = 1;
    if (day < 1 || day > daysInMonth(year, month)) throw this.#error(": day out of range");
    const local = secondsOf({ year, month, day, hour, minute: parsed.minute, second: parsed.second });
    const { offset } = parsed;
    return {
      seconds: parsed.readAsUtc ? local : local - BigInt(offset),
      nanoseconds: parsed.nanoseconds,
      offsetSeconds: offset,
      zoneName: offset === 0 && parsed.zoneName === "" ? "UTC" : parsed.zoneName,
    };
  }
}
