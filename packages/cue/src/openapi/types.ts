import type { JsonValue } from "@lateen/base";
import type { Expr } from "../syntax/ast.ts";
import { ellipsis, ident, list, struct } from "./nodes.ts";

/** Sets of JSON types, as bits: integers are numbers too. */
export const Types = { null: 1, bool: 2, int: 4, fraction: 8, string: 16, list: 32, struct: 64 } as const;

export const numberTypes = Types.int | Types.fraction;
export const allTypes = 127;

/** The kinds of values that constraints of a schema apply to, in the order in which they are written. */
export const coreTypes = ["null", "bool", "number", "string", "list", "struct"] as const;
export type CoreType = (typeof coreTypes)[number];

export function bitsOf(core: CoreType): number {
  return core === "number" ? numberTypes : Types[core];
}

const names = new Map([
  ["null", Types.null],
  ["boolean", Types.bool],
  ["integer", Types.int],
  ["number", numberTypes],
  ["string", Types.string],
  ["array", Types.list],
  ["object", Types.struct],
]);

/** The bits of a `type` keyword's word. */
export function bitsOfName(name: string): number | undefined {
  return names.get(name);
}

export function bitsOfValue(value: JsonValue): number {
  if (value === null) return Types.null;
  switch (typeof value) {
    case "boolean":
      return Types.bool;
    case "number":
      return Number.isInteger(value) ? Types.int : Types.fraction;
    case "string":
      return Types.string;
    default:
      return Array.isArray(value) ? Types.list : Types.struct;
  }
}

/** What stands for a type that nothing more is said about. */
export function bareType(core: CoreType, allowed: number, open: boolean): Expr {
  switch (core) {
    case "null":
      return { kind: "literal", start: 0, end: 0, type: "null", text: "null" };
    case "bool":
      return ident("bool");
    case "number":
      return ident((allowed & numberTypes) === Types.int ? "int" : "number");
    case "string":
      return ident("string");
    case "list":
      return list([], "open");
    case "struct":
      return open ? struct([ellipsis]) : struct([]);
  }
}
