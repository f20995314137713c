/** Go's reference-time layouts (`2006-01-02 15:04:05`), in UTC where nothing else is said. */

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const tokens =
  /January|Jan|Monday|Mon|MST|2006|002|Z07:00|Z0700|-07:00|-0700|-07|01|02|03|04|05|06|15|PM|pm|[.,]0+|[.,]9+|_2|1|2|3|4|5/g;

/** The text of a time by a layout. */
export function formatGoTime(layout: string, ms: number): string {
  const time = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, "0");
  const hour12 = time.getUTCHours() % 12 === 0 ? 12 : time.getUTCHours() % 12;
  return layout.replaceAll(tokens, (token) => {
    switch (token) {
      case "January":
        return months[time.getUTCMonth()]!;
      case "Jan":
        return months[time.getUTCMonth()]!.slice(0, 3);
      case "Monday":
        return days[time.getUTCDay()]!;
      case "Mon":
        return days[time.getUTCDay()]!.slice(0, 3);
      case "MST":
        return "UTC";
      case "2006":
        return String(time.getUTCFullYear()).padStart(4, "0");
      case "06":
        return two(time.getUTCFullYear() % 100);
      case "01":
        return two(time.getUTCMonth() + 1);
      case "1":
        return String(time.getUTCMonth() + 1);
      case "02":
        return two(time.getUTCDate());
      case "_2":
        return String(time.getUTCDate()).padStart(2, " ");
      case "2":
        return String(time.getUTCDate());
      case "15":
        return two(time.getUTCHours());
      case "03":
        return two(hour12);
      case "3":
        return String(hour12);
      case "04":
        return two(time.getUTCMinutes());
      case "4":
        return String(time.getUTCMinutes());
      case "05":
        return two(time.getUTCSeconds());
      case "5":
        return String(time.getUTCSeconds());
      case "PM":
        return time.getUTCHours() >= 12 ? "PM" : "AM";
      case "pm":
        return time.getUTCHours() >= 12 ? "pm" : "am";
      case "Z07:00":
      case "Z0700":
        return "Z";
      case "-07:00":
        return "+00:00";
      case "-0700":
        return "+0000";
      case "-07":
        return "+00";
      default:
        return fraction(token, time.getUTCMilliseconds());
    }
  });
}

function fraction(token: string, ms: number): string {
  const digits = String(ms)
    .padStart(3, "0")
    .padEnd(9, "0")
    .slice(0, token.length - 1);
  if (token[1] === "0") return token[0]! + digits;
  const trimmed = digits.replace(/0+$/, "");
  return trimmed === "" ? "" : token[0]! + trimmed;
}

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
  offset: number;
  pm: boolean | undefined;
}

const patterns: Readonly<Record<string, string>> = {
  January: `(${months.join("|")})`,
  Jan: `(${months.map((name) => name.slice(0, 3)).join("|")})`,
  Monday: `(?:${days.join("|")})`,
  Mon: `(?:${days.map((name) => name.slice(0, 3)).join("|")})`,
  MST: "([A-Z]{3,4})",
  "2006": "(\\d{4})",
  "06": "(\\d{2})",
  "01": "(\\d{2})",
  "02": "(\\d{2})",
  "15": "(\\d{2})",
  "03": "(\\d{2})",
  "04": "(\\d{2})",
  "05": "(\\d{2}(?:[.,]\\d+)?)",
  "1": "(\\d{1,2})",
  "2": "(\\d{1,2})",
  _2: "\\s?(\\d{1,2})",
  "3": "(\\d{1,2})",
  "4": "(\\d{1,2})",
  "5": "(\\d{1,2}(?:[.,]\\d+)?)",
  PM: "(AM|PM)",
  pm: "(am|pm)",
  "Z07:00": "(Z|[+-]\\d{2}:\\d{2})",
  Z0700: "(Z|[+-]\\d{4})",
  "-07:00": "([+-]\\d{2}:\\d{2})",
  "-0700": "([+-]\\d{4})",
  "-07": "([+-]\\d{2})",
};

/** Milliseconds of a text by a layout. @throws Error when the text is of another form. */
export function parseGoTime(layout: string, text: string): number {
  const order: string[] = [];
  let pattern = "";
  let last = 0;
  for (const match of layout.matchAll(tokens)) {
    pattern += escaped(layout.slice(last, match.index));
    const known = patterns[match[0]];
    pattern += known ?? "(?:[.,]\\d+)?";
    if (known?.includes("(") === true && !known.startsWith("(?:")) order.push(match[0]);
    last = match.index + match[0].length;
  }
  const found = new RegExp(`^${pattern}${escaped(layout.slice(last))}$`).exec(text);
  if (found === null)
    throw new Error(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse it`);
  const parts: Parts = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, ms: 0, offset: 0, pm: undefined };
  for (const [index, token] of order.entries()) take(parts, token, found[index + 1]!);
  return timeOf(parts, { text, layout });
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

function take(parts: Parts, token: string, text: string): void {
  switch (token) {
    case "January":
      parts.month = months.indexOf(text) + 1;
      break;
    case "Jan":
      parts.month = months.findIndex((name) => name.startsWith(text)) + 1;
      break;
    case "2006":
      parts.year = Number(text);
      break;
    case "06":
      parts.year = Number(text) + (Number(text) >= 69 ? 1900 : 2000);
      break;
    case "01":
    case "1":
      parts.month = Number(text);
      break;
    case "02":
    case "2":
    case "_2":
      parts.day = Number(text);
      break;
    case "15":
    case "03":
    case "3":
      parts.hour = Number(text);
      break;
    case "04":
    case "4":
      parts.minute = Number(text);
      break;
    case "05":
    case "5": {
      const [second, part = ""] = text.split(/[.,]/);
      parts.second = Number(second);
      parts.ms = Number(part.padEnd(3, "0").slice(0, 3));
      break;
    }
    case "PM":
    case "pm":
      parts.pm = text.toUpperCase() === "PM";
      break;
    case "MST":
      break;
    default:
      parts.offset = offsetOf(text);
  }
}

function offsetOf(text: string): number {
  if (text === "Z") return 0;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text)!;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0)) * 60_000;
}

function timeOf(parts: Parts, { text, layout }: { text: string; layout: string }): number {
  const hour = parts.pm === undefined ? parts.hour : (parts.hour % 12) + (parts.pm ? 12 : 0);
  const ms = Date.UTC(parts.year, parts.month - 1, parts.day, hour, parts.minute, parts.second, parts.ms);
  const back = new Date(ms);
  if (
    parts.month < 1 ||
    parts.month > 12 ||
    back.getUTCDate() !== parts.day ||
    hour > 23 ||
    parts.minute > 59 ||
    parts.second > 59
  )
    throw new Error(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: out of range`);
  return ms - parts.offset;
}
