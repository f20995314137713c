/**
 * Layouts of times as Go writes them: the reference time "Mon Jan 2 15:04:05 MST 2006" spelled in the wanted form. A
 * layout is cut into literal texts and elements, once for parsing and formatting.
 */
export type ElementName =
  | "longMonth"
  | "month"
  | "numMonth"
  | "zeroMonth"
  | "longWeekday"
  | "weekday"
  | "day"
  | "underDay"
  | "zeroDay"
  | "underYearDay"
  | "zeroYearDay"
  | "hour"
  | "hour12"
  | "zeroHour12"
  | "minute"
  | "zeroMinute"
  | "second"
  | "zeroSecond"
  | "longYear"
  | "year"
  | "PM"
  | "pm"
  | "zoneName"
  | "zone"
  | "fraction";

export type LayoutPart =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "element";
      readonly name: Exclude<ElementName, "zone" | "fraction">;
    }
  | {
      readonly kind: "zone";
      /** `Z` for UTC instead of an offset. */
      readonly z: boolean;
      readonly colon: boolean;
      readonly fields: 1 | 2 | 3;
    }
  | {
      readonly kind: "fraction";
      readonly separator: string;
      readonly digits: number;
      /** Written with nines: trailing zeros go, and it may be missing. */
      readonly optional: boolean;
    };

const elements: readonly (readonly [pattern: RegExp, name: Exclude<ElementName, "zone" | "fraction">])[] = [
  [/January/y, "longMonth"],
  [/Jan(?![a-z])/y, "month"],
  [/Monday/y, "longWeekday"],
  [/Mon(?![a-z])/y, "weekday"],
  [/MST/y, "zoneName"],
  [/002/y, "zeroYearDay"],
  [/01/y, "zeroMonth"],
  [/02/y, "zeroDay"],
  [/03/y, "zeroHour12"],
  [/04/y, "zeroMinute"],
  [/05/y, "zeroSecond"],
  [/06/y, "year"],
  [/15/y, "hour"],
  [/2006/y, "longYear"],
  [/__2/y, "underYearDay"],
  [/_2(?!006)/y, "underDay"],
  [/1/y, "numMonth"],
  [/2/y, "day"],
  [/3/y, "hour12"],
  [/4/y, "minute"],
  [/5/y, "second"],
  [/PM/y, "PM"],
  [/pm/y, "pm"],
];

const zone = /(?:(Z)|-)07(?:(:?)00(?:(:?)00)?)?/y;
const fraction = /[.,](?:0+|9+)(?![0-9])/y;

const cache = new Map<string, readonly LayoutPart[]>();

export function parseLayout(layout: string): readonly LayoutPart[] {
  const known = cache.get(layout);
  if (known !== undefined) return known;
  const parts: LayoutPart[] = [];
  let text = "";
  for (let at = 0; at < layout.length; ) {
    const found = partAt(layout, at);
    if (found === undefined) {
      text += layout[at++]!;
      continue;
    }
    if (text !== "") parts.push({ kind: "text", text });
    text = "";
    parts.push(found.part);
    at += found.length;
  }
  if (text !== "") parts.push({ kind: "text", text });
  if (cache.size > 200) cache.clear();
  cache.set(layout, parts);
  return parts;
}

function partAt(layout: string, at: number): { readonly part: LayoutPart; readonly length: number } | undefined {
  for (const [pattern, name] of elements) {
    pattern.lastIndex = at;
    const match = pattern.exec(layout);
    if (match !== null) return { part: { kind: "element", name }, length: match[0].length };
  }
  return zoneAt(layout, at) ?? fractionAt(layout, at);
}

function zoneAt(layout: string, at: number): { readonly part: LayoutPart; readonly length: number } | undefined {
  zone.lastIndex = at;
  const match = zone.exec(layout);
  if (match === null) return undefined;
  const [whole, z, first, second] = match;
  // With colons between all or none of the fields.
  const fields = first === undefined ? 1 : second === undefined || second !== first ? 2 : 3;
  const length = fields === 3 || second === undefined ? whole.length : whole.length - 2 - second.length;
  return { part: { kind: "zone", z: z !== undefined, colon: first === ":", fields }, length };
}

function fractionAt(layout: string, at: number): { readonly part: LayoutPart; readonly length: number } | undefined {
  fraction.lastIndex = at;
  const match = fraction.exec(layout)?.[0];
  if (match === undefined) return undefined;
  const part: LayoutPart = {
    kind: "fraction",
    separator: match[0]!,
    digits: match.length - 1,
    optional: match[1] === "9",
  };
  return { part, length: match.length };
}

export const monthNames = [
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
] as const;

export const weekdayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
