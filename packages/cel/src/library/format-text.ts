import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  typeNameOf,
} from "../values.ts";
import { formatDouble, formatDuration, formatTimestamp } from "./convert.ts";

/** `'%d of %s'.format([1, 'x'])` of cel-go's string extension, version 2. */

export interface FormatClause {
  readonly literal: string;
  readonly verb: string;
  readonly precision: number | undefined;
}

/** The pieces of a format: text, and what stands for an argument. @throws CelError */
export function parseFormat(text: string): FormatClause[] {
  const clauses: FormatClause[] = [];
  let literal = "";
  for (let at = 0; at < text.length; ) {
    if (text[at] !== "%") {
      literal += text[at++];
      continue;
    }
    if (at + 1 >= text.length) throw new CelError("unexpected end of string");
    if (text[at + 1] === "%") {
      literal += "%";
      at += 2;
      continue;
    }
    const clause = /^%(?:\.(\d+))?([sdfebxXo])/.exec(text.slice(at, at + 20));
    if (clause === null) {
      const bad = /^%(?:\.\d*)?(.)/s.exec(text.slice(at))?.[1] ?? "";
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(bad)}`);
    }
    clauses.push({ literal, verb: clause[2]!, precision: clause[1] === undefined ? undefined : Number(clause[1]) });
    literal = "";
    at += clause[0].length;
  }
  clauses.push({ literal, verb: "", precision: undefined });
  return clauses;
}

/** What a clause can show, for checking it before it runs. */
export const clauseTypes: Readonly<Record<string, { readonly kinds: readonly string[]; readonly wanted: string }>> = {
  d: { kinds: ["int", "uint"], wanted: "decimal clause can only be used on integers" },
  // Texts because of "NaN" and "Infinity".
  f: { kinds: ["double", "string"], wanted: "fixed-point clause can only be used on doubles" },
  e: { kinds: ["double", "string"], wanted: "scientific clause can only be used on doubles" },
  b: { kinds: ["int", "uint", "bool"], wanted: "only integers and bools can be formatted as binary" },
  o: { kinds: ["int", "uint"], wanted: "octal clause can only be used on integers" },
  x: {
    kinds: ["int", "uint", "string", "bytes"],
    wanted: "only integers, byte buffers, and strings can be formatted as hex",
  },
  X: {
    kinds: ["int", "uint", "string", "bytes"],
    wanted: "only integers, byte buffers, and strings can be formatted as hex",
  },
};

export function formatText(text: string, args: CelList): string {
  let result = "";
  let next = 0;
  for (const { literal, verb, precision } of parseFormat(text)) {
    result += literal;
    if (verb === "") continue;
    if (next >= args.length) throw new CelError(`index ${next} out of range`);
    result += formatClause(args.at(next++), verb, precision);
  }
  return result;
}

function formatClause(value: CelValue, verb: string, precision: number | undefined): string {
  switch (verb) {
    case "s":
      return plainText(value);
    case "d":
      return integerOf(value, verb).toString();
    case "b":
      return typeof value === "boolean" ? String(Number(value)) : integerOf(value, verb).toString(2);
    case "o":
      return integerOf(value, verb).toString(8);
    case "f":
      return fixed(doubleOf(value, verb), precision ?? 6);
    case "e":
      return scientific(doubleOf(value, verb), precision ?? 6);
    default: {
      const hex = hexOf(value, verb);
      return verb === "X" ? hex.toUpperCase() : hex;
    }
  }
}

function refuse(value: CelValue, verb: string): CelError {
  return new CelError(`error during formatting: ${clauseTypes[verb]!.wanted}, was given ${typeNameOf(value)}`);
}

function integerOf(value: CelValue, verb: string): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof CelUint) return value.value;
  throw refuse(value, verb);
}

function doubleOf(value: CelValue, verb: string): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw refuse(value, verb);
}

function fixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  const [whole, fraction] = roundedToEven(value.toFixed(Math.min(precision, 100)), value.toFixed(100)).split(".") as [
    string,
    string?,
  ];
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Of two texts that are equally near the one that ends in an even digit; JavaScript takes the larger. */
function roundedToEven(rounded: string, exact: string): string {
  if (!/^50*$/.test(exact.slice(rounded.length).replace(".", "")) || /[02468]$/.test(rounded)) return rounded;
  return exact.slice(0, rounded.length);
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function scientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  const [mantissa, exponent] = value.toExponential(Math.min(precision, 100)).split("e") as [string, string];
  const [exact, exactExponent] = value.toExponential(100).split("e") as [string, string];
  const digits = exponent
    .slice(1)
    .padStart(2, "0")
    .replaceAll(/\d/g, (digit) => superscripts[Number(digit)]!);
  const rounded = exponent === exactExponent ? roundedToEven(mantissa, exact) : mantissa;
  return `${rounded}×10${exponent.startsWith("-") ? "⁻" : ""}${digits}`;
}

function hexOf(value: CelValue, verb: string): string {
  if (typeof value === "bigint") return value.toString(16);
  if (value instanceof CelUint) return value.value.toString(16);
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) throw refuse(value, verb);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function plainText(value: CelValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatDouble(value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  return innerText(value, 0);
}

const maxDepth = 100;

/** A value within a list or map, as a literal. */
function innerText(value: CelValue, depth: number): string {
  if (depth > maxDepth) throw new CelError("values nested too deep");
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? value.toFixed(6) : `"${formatDouble(value)}"`;
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof Uint8Array) return `b"${new TextDecoder().decode(value)}"`;
  if (value instanceof CelDuration) return `duration("${formatDuration(value)}")`;
  if (value instanceof CelTimestamp) return `timestamp("${formatTimestamp(value)}")`;
  if (value instanceof CelTypeValue) return value.type;
  if (value instanceof CelList) return `[${[...value].map((item) => innerText(item, depth + 1)).join(", ")}]`;
  if (value instanceof CelMap) {
    const members = [...value.keys()].map((key) => [innerText(key, depth + 1), value.get(key)!] as const);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${key}:${innerText(member, depth + 1)}`).join(", ")}}`;
  }
  throw new CelError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );
}
