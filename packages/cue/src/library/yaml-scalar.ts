import type { CueNumber } from "../number.ts";
import { negateNumber } from "../number-arithmetic.ts";
import { numberFromLiteral } from "../number-literal.ts";
import { decodeBase64 } from "./base64.ts";
import { BuiltinError } from "./builtin.ts";

/**
 * How a YAML scalar is understood: by go-yaml v3's resolution, which is YAML 1.2's core schema with octal numbers, binary
 * numbers and `_` of YAML 1.1; dates, times and `yes`, `on` are strings.
 */
export type YamlTag = "null" | "bool" | "int" | "float" | "str" | "binary" | "timestamp" | "merge" | "seq" | "map";

const nulls = new Set(["", "~", "null", "Null", "NULL"]);
const trues = new Set(["true", "True", "TRUE"]);
const falses = new Set(["false", "False", "FALSE"]);
const specialFloats = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const integers = /^[-+]?(?:0|[1-9][0-9]*|0[0-7]+|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/;
const floats = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const timestamps =
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)?$/;
const brokenOctal = /^[-+]?0[0-9_]+$/;

/** The tag of a plain scalar without one. */
export function resolvePlain(text: string): YamlTag {
  if (nulls.has(text)) return "null";
  if (trues.has(text) || falses.has(text)) return "bool";
  if (text === "<<") return "merge";
  if (specialFloats.test(text)) return "float";
  if (!/^[-+.0-9]/.test(text)) return "str";
  if (timestamps.test(text)) return "timestamp";
  const bare = text.startsWith(".") ? text : text.replaceAll("_", "");
  if (integers.test(bare) && isInteger64(bare)) return "int";
  return floats.test(bare) ? "float" : "str";
}

function isInteger64(text: string): boolean {
  if (text.length < 18) return true;
  const digits = text.replace(/^[-+]/, "");
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
  return text.startsWith("-") ? value <= 1n << 63n : value < 1n << 64n;
}

export type YamlScalar = null | boolean | string | CueNumber | Uint8Array;

export interface ScalarSource {
  readonly text: string;
  readonly tag: YamlTag;
  /** Whether the tag is written out. */
  readonly tagged: boolean;
}

/** The value of a scalar. @throws BuiltinError when its tag does not fit or CUE has no such number. */
export function scalarValue({ text, tag, tagged }: ScalarSource): YamlScalar {
  switch (tag) {
    case "null":
      return null;
    case "bool":
      return trues.has(text);
    case "int":
      return numberOf(text, "int");
    case "float":
      if (!tagged && brokenOctal.test(text)) return text;
      if (specialFloats.test(text)) throw new BuiltinError(`parse error: illegal number start ${JSON.stringify(text)}`);
      return numberOf(text, "float");
    case "binary":
      return decodeBase64(text);
    case "str":
    case "timestamp":
      return text;
    default:
      throw new BuiltinError(`cannot unmarshal tag "!!${tag}"`);
  }
}

function numberOf(text: string, tag: "int" | "float"): CueNumber {
  // A leading zero means octal here, `0o` in CUE.
  const literal = /^0[0-9]/.test(text) ? `0o${text.slice(1)}` : text;
  const sign = /^[-+]/.exec(literal)?.[0] ?? "";
  const value = numberFromLiteral(literal.slice(sign.length));
  if (value.kind === "number-error")
    throw new BuiltinError(`cannot decode ${JSON.stringify(literal)} as !!${tag}: ${value.message}`);
  if (tag === "int" && !value.isInt)
    throw new BuiltinError(`cannot decode ${JSON.stringify(literal)} as !!int: not a literal number`);
  return sign === "-" ? negateNumber(value) : value;
}
