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
import { formatDuration, formatTimestamp } from "./convert.ts";

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
  d: { kinds: ["int", "uint", "double"], wanted: "decimal clause can only be used on integers" },
  f: { kinds: ["double", "int", "uint"], wanted: "fixed-point clause can only be used on doubles" },
  e: { kinds: ["double", "int", "uint"], wanted: "scientific clause can only be used on doubles" },
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

function integerOf(value: CelValue, verb: string): bigint | string {
  if (typeof value === "bigint") return value;
  if (value instanceof CelUint) return value.value;
  if (verb === "d" && typeof value === "number" && !Number.isFinite(value)) return infinite(value);
  throw refuse(value, verb);
}

const infinite = (value: number): string => (Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");

function doubleOf(value: CelValue, verb: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw refuse(value, verb);
}

function fixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  const [whole, fraction] = value.toFixed(Math.min(precision, 100)).split(".") as [string, string?];
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function scientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
  const [mantissa, exponent] = value.toExponential(Math.min(precision, 100)).split("e") as [string, string];
  const digits = exponent
    .slice(1)
    .padStart(2, "0")
    .replaceAll(/\d/g, (digit) => superscripts[Number(digit)]!);
  return `${mantissa}×10${exponent.startsWith("-") ? "⁻" : ""}${digits}`;
}

function hexOf(value: CelValue, verb: string): string {
  if (typeof value === "bigint") return value.toString(16);
  if (value instanceof CelUint) return value.value.toString(16);
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) throw refuse(value, verb);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function plainText(value: CelValue): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return innerText(value, 0);
}

const maxDepth = 100;

function innerText(value: CelValue, depth: number): string {
  if (depth > maxDepth) throw new CelError("values nested too deep");
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return JSON.stringify(infinite(value));
    return value.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 20 });
  }
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof Uint8Array) return `"${new TextDecoder().decode(value)}"`;
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelTypeValue) return value.type;
  if (value instanceof CelList) return `[${[...value].map((item) => innerText(item, depth + 1)).join(", ")}]`;
  if (value instanceof CelMap) {
    const members = [...value.keys()].map(
      (key) => `${innerText(key, depth + 1)}:${innerText(value.get(key)!, depth + 1)}`,
    );
    return `{${members.sort().join(", ")}}`;
  }
  throw new CelError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );
}
