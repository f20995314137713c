import { parseCidr, parseIp } from "../names/addresses.ts";
import { validateDns1123Label, validateDns1123Subdomain } from "../names/names.ts";

/** Formats of strings as k8s.io/kube-openapi's strfmt checks them. Unknown ones accept everything. */
export type FormatCheck = (text: string) => boolean;

const hostname =
  /^([a-zA-Z0-9\p{L}][a-zA-Z0-9-\p{L}]{0,62})(\.[a-zA-Z0-9\p{L}][a-zA-Z0-9-\p{L}]{0,62})*\.[a-zA-Z\p{L}][a-zA-Z0-9\p{L}]{1,62}$|^[a-zA-Z\p{L}][a-zA-Z0-9-\p{L}]{0,62}$/u;
const dateTime = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})$/;
const goDuration =
  /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*$/;
const wordyDuration =
  /^\d+(?:\.\d+)?\s*(?:ns|nano(?:second)?s?|us|µs|μs|micro(?:second)?s?|ms|milli(?:second)?s?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hr|hrs|hours?|d|days?|w|wks?|weeks?)$/;
const isoDuration =
  /^P(?!$)(?:\d+(?:\.\d+)?Y)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?W)?(?:\d+(?:\.\d+)?D)?(?:T(?=\d)(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?$/;
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [, year, month, day] = match.map(Number) as [number, number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return month >= 1 && date.getUTCMonth() === month - 1 && day >= 1 && date.getUTCDate() === day;
}

function isDateTime(text: string): boolean {
  if (!dateTime.test(text) || !isDate(text.slice(0, 10))) return false;
  const [hours, minutes, seconds] = [text.slice(11, 13), text.slice(14, 16), text.slice(17, 19)].map(Number) as [
    number,
    number,
    number,
  ];
  return hours <= 23 && minutes <= 59 && seconds <= 59;
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function isUri(text: string): boolean {
  return (
    /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)/.test(text) && !/[\s<>"{}|\\^`]/.test(text) && !/%(?![0-9A-Fa-f]{2})/.test(text)
  );
}

function isEmail(text: string): boolean {
  return /^(?:[^\s@<>]+@[^\s@<>]+|[^<>]*<[^\s@<>]+@[^\s@<>]+>)$/.test(text);
}

function luhn(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]/g, "");
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return digits.length >= 12 && digits.length <= 19 && sum % 10 === 0;
}

function isIsbn(text: string, length: 10 | 13): boolean {
  const digits = text.replaceAll(/[\s-]/g, "");
  if (length === 10 ? !/^\d{9}[\dX]$/.test(digits) : !/^\d{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const digit = digits[i] === "X" ? 10 : Number(digits[i]);
    sum += length === 10 ? digit * (10 - i) : digit * (i % 2 === 0 ? 1 : 3);
  }
  return sum % (length === 10 ? 11 : 10) === 0;
}

const rgb =
  /^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/;

const checks = new Map<string, FormatCheck>([
  ["date-time", isDateTime],
  ["datetime", isDateTime],
  ["date", isDate],
  ["duration", (text) => goDuration.test(text) || wordyDuration.test(text) || isoDuration.test(text) || text === "0"],
  ["byte", isBase64],
  ["uuid", (text) => uuid.test(text)],
  ["uuid3", (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text)],
  ["uuid4", (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text)],
  ["uuid5", (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text)],
  ["ipv4", (text) => parseIp(text)?.family === 4],
  ["ipv6", (text) => parseIp(text)?.family === 6],
  ["cidr", (text) => parseCidr(text) !== undefined],
  [
    "mac",
    (text) =>
      /^(?:[0-9A-Fa-f]{2}[:-]){5}(?:[0-9A-Fa-f]{2})(?:(?:[:-][0-9A-Fa-f]{2}){2})?$|^(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}$/.test(
        text,
      ),
  ],
  ["uri", isUri],
  ["email", isEmail],
  ["hostname", (text) => hostname.test(text) && text.length <= 255],
  ["bsonobjectid", (text) => /^[0-9a-fA-F]{24}$/.test(text)],
  ["creditcard", luhn],
  ["isbn", (text) => isIsbn(text, 10) || isIsbn(text, 13)],
  ["isbn10", (text) => isIsbn(text, 10)],
  ["isbn13", (text) => isIsbn(text, 13)],
  ["ssn", (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ["hexcolor", (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text)],
  ["rgbcolor", (text) => rgb.test(text)],
  ["password", () => true],
  ["k8s-short-name", (text) => validateDns1123Label(text).length === 0],
  ["k8s-long-name", (text) => validateDns1123Subdomain(text).length === 0],
]);

/** The check of a format, or undefined for one that is not known. */
export function formatCheck(format: string): FormatCheck | undefined {
  return checks.get(format);
}
