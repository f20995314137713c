import { intNumber } from "../number.ts";
import { bigintArgument, textArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type Native, BuiltinError } from "./builtin.ts";
import { type CivilTime, fieldsOf, utcTime } from "./civil-time.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { monthNames, weekdayNames } from "./time-layout.ts";
import { formatTime, parseTime } from "./time-text.ts";

/** The package `time`: times as RFC 3339 texts, durations in nanoseconds, layouts as Go's. */
const rfc3339Nano = "2006-01-02T15:04:05.999999999Z07:00";

/** @throws BuiltinError saying only that the time is invalid. */
function checkTime(text: string, layout: string): true {
  try {
    parseTime(text, layout);
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) throw new BuiltinError(`invalid time ${JSON.stringify(text)}`);
    throw error;
  }
}

function inUtc(time: CivilTime): string {
  return formatTime({ ...time, offsetSeconds: 0, zoneName: "UTC" }, rfc3339Nano);
}

const largestInt64 = (1n << 63n) - 1n;

function int64(value: bigint, index: number): bigint {
  if (value > largestInt64 || value < -largestInt64 - 1n)
    throw new BuiltinError(`int ${value} overflows int64 in argument ${index}`);
  return value;
}

/** Wraps around as arithmetic of 64 bits does. */
function wrapped(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function splitTime(text: string): Native {
  const time = parseTime(text, rfc3339Nano);
  const { year, month, day, hour, minute, second } = fieldsOf(time);
  const parts = { year, month, day, hour, minute, second, nanosecond: time.nanoseconds };
  return { kind: "struct", fields: new Map(Object.entries(parts).map(([name, value]) => [name, intNumber(value)])) };
}

function ofText(name: string, result: string, call: (text: string) => Native): Builtin {
  return {
    name,
    params: ["string"],
    result,
    ...(result === "bool" ? { validator: true } : {}),
    call: (args) => call(textArgument(args, 0)),
  };
}

const functions: readonly Builtin[] = [
  ofText("Duration", "bool", (text) => {
    parseDuration(text);
    return true;
  }),
  {
    name: "FormatDuration",
    params: ["int"],
    result: "string",
    call: (args) => formatDuration(int64(bigintArgument(args, 0), 0)),
  },
  ofText("ParseDuration", "int", (text) => intNumber(parseDuration(text))),
  ofText("Time", "bool", (text) => checkTime(text, rfc3339Nano)),
  {
    name: "Format",
    params: ["string", "string"],
    result: "bool",
    validator: true,
    call: (args) => checkTime(textArgument(args, 0), textArgument(args, 1)),
  },
  {
    name: "FormatString",
    params: ["string", "string"],
    result: "string",
    call: (args) => formatTime(parseTime(textArgument(args, 1), rfc3339Nano), textArgument(args, 0)),
  },
  {
    name: "Parse",
    params: ["string", "string"],
    result: "string",
    call: (args) => inUtc(parseTime(textArgument(args, 1), textArgument(args, 0))),
  },
  {
    name: "Unix",
    params: ["int", "int"],
    result: "string",
    call(args) {
      const seconds = int64(bigintArgument(args, 0), 0);
      if (seconds > 1n << 53n || seconds < -(1n << 53n)) throw new BuiltinError("time out of range");
      return inUtc(utcTime(seconds, int64(bigintArgument(args, 1), 1)));
    },
  },
  ofText("ToUnix", "int", (text) => intNumber(parseTime(text, rfc3339Nano).seconds)),
  ofText("ToUnixNano", "int", (text) => {
    const { seconds, nanoseconds } = parseTime(text, rfc3339Nano);
    return intNumber(wrapped(seconds * 1_000_000_000n + BigInt(nanoseconds)));
  }),
  ofText("Split", "struct", splitTime),
];

const durations = {
  Nanosecond: 1,
  Microsecond: 1000,
  Millisecond: 1_000_000,
  Second: 1_000_000_000,
  Minute: 60_000_000_000,
  Hour: 3_600_000_000_000,
};

const layouts = {
  ANSIC: "Mon Jan _2 15:04:05 2006",
  UnixDate: "Mon Jan _2 15:04:05 MST 2006",
  RubyDate: "Mon Jan 02 15:04:05 -0700 2006",
  RFC822: "02 Jan 06 15:04 MST",
  RFC822Z: "02 Jan 06 15:04 -0700",
  RFC850: "Monday, 02-Jan-06 15:04:05 MST",
  RFC1123: "Mon, 02 Jan 2006 15:04:05 MST",
  RFC1123Z: "Mon, 02 Jan 2006 15:04:05 -0700",
  RFC3339: "2006-01-02T15:04:05Z07:00",
  RFC3339Nano: rfc3339Nano,
  RFC3339Date: "2006-01-02",
  Kitchen: "3:04PM",
  Kitchen24: "15:04",
};

function numbered(names: readonly string[], first: number): Readonly<Record<string, Native>> {
  return Object.fromEntries(names.map((name, i) => [name, intNumber(first + i)]));
}

export const timePackage: BuiltinPackage = {
  path: "time",
  functions,
  constants: {
    ...Object.fromEntries(Object.entries(durations).map(([name, value]) => [name, intNumber(value)])),
    ...layouts,
    ...numbered([...monthNames], 1),
    ...numbered([...weekdayNames], 0),
  },
};
