import { type CueNumber, floatOfJs, formatNumber, intNumber, isWhole, jsNumberOf } from "../number.ts";
import { negateNumber } from "../number-arithmetic.ts";
import { numberFromLiteral } from "../number-literal.ts";
import { unquote } from "../syntax/literal.ts";
import {
  bigintArgument,
  boolArgument,
  decodeUtf8,
  floatArgument,
  intArgument,
  isNumber,
  lazyArgument,
  runeArgument,
  textArgument,
} from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type LazyValue, type Native, BuiltinError } from "./builtin.ts";
import { formatFloat } from "./float-text.ts";
import { formatInteger, parseFloatText, parseSigned, parseUnsigned } from "./parse-number.ts";
import { type Printable, isGraphic, isPrint, quoteRune, quoteText } from "./quote.ts";
import { decimalResult } from "./results.ts";

/** The package `strconv`: texts of numbers, booleans and quoted strings. */

function unquoteLiteral(text: string): string {
  if (!/^#*["']/.test(text)) throw new BuiltinError("invalid syntax");
  const quoted = /^(#*)("""|'''|"|')/.exec(text)!;
  const closing = quoted[2]! + quoted[1]!;
  if (text.length < quoted[0].length + closing.length || !text.endsWith(closing))
    throw new BuiltinError("invalid string: unmatched quote");
  const literal = unquote(text);
  if (literal.kind === "error") throw new BuiltinError("invalid syntax");
  return literal.kind === "bytes" ? decodeUtf8(literal.value) : literal.value;
}

const booleans: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true])),
  ...Object.fromEntries(["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false])),
};

function parseBool(text: string): boolean {
  if (!Object.hasOwn(booleans, text))
    throw new BuiltinError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
  return booleans[text]!;
}

function parseNumber(text: string): CueNumber {
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  const value = numberFromLiteral(text.slice(sign.length));
  if (value.kind === "number-error")
    throw new BuiltinError(`strconv.ParseNumber: parsing ${JSON.stringify(text)}: ${value.message}`);
  return decimalResult(sign === "-" ? negateNumber(value) : value);
}

function formatOf(value: LazyValue): string {
  const scalar = value.scalar();
  if (typeof scalar === "string") {
    if (new TextEncoder().encode(scalar).length !== 1) throw new BuiltinError("expected single character string");
    return scalar;
  }
  if (!isNumber(scalar) || !scalar.isInt || !isWhole(scalar)) throw new BuiltinError(`unexpected kind ${value.type}`);
  const code = jsNumberOf(scalar);
  if (code < 0 || code > 255) throw new BuiltinError(`format value ${formatNumber(scalar)} out of range [0, 255]`);
  return String.fromCodePoint(code);
}

function formatFloatCall(args: readonly Native[]): string {
  const format = formatOf(lazyArgument(args, 1));
  const bits = intArgument(args, 3);
  if (bits !== 32 && bits !== 64) throw new BuiltinError("strconv: illegal AppendFloat/FormatFloat bitSize");
  const precision = intArgument(args, 2);
  if (precision > 100_000) throw new BuiltinError("precision too large");
  return formatFloat(floatArgument(args, 0), { format, precision, bits });
}

function quoter(name: string, keep: Printable): Builtin {
  return { name, params: ["string"], result: "string", call: (args) => quoteText(textArgument(args, 0), keep) };
}

function runeQuoter(name: string, keep: Printable): Builtin {
  return { name, params: ["int"], result: "string", call: (args) => quoteRune(runeArgument(args, 0), keep) };
}

function runeTest(name: string, test: (codePoint: number) => boolean): Builtin {
  return { name, params: ["int"], result: "bool", validator: true, call: (args) => test(runeArgument(args, 0)) };
}

function integerFormatter(name: string): Builtin {
  return {
    name,
    params: ["int", "int"],
    result: "string",
    call: (args) => formatInteger(bigintArgument(args, 0), intArgument(args, 1)),
  };
}

function integerParser(name: string, parse: typeof parseSigned): Builtin {
  return {
    name,
    params: ["string", "int", "int"],
    result: "int",
    call: (args) =>
      intNumber(parse({ name, text: textArgument(args, 0), base: intArgument(args, 1), bits: intArgument(args, 2) })),
  };
}

const functions: readonly Builtin[] = [
  { name: "Unquote", params: ["string"], result: "string", call: (args) => unquoteLiteral(textArgument(args, 0)) },
  {
    name: "ParseBool",
    params: ["string"],
    result: "bool",
    validator: true,
    call: (args) => parseBool(textArgument(args, 0)),
  },
  { name: "FormatBool", params: ["bool"], result: "string", call: (args) => String(boolArgument(args, 0)) },
  {
    name: "ParseFloat",
    params: ["string", "int"],
    result: "number",
    call: (args) => floatOfJs(parseFloatText(textArgument(args, 0), intArgument(args, 1))),
  },
  { name: "ParseNumber", params: ["string"], result: "number", call: (args) => parseNumber(textArgument(args, 0)) },
  integerParser("ParseUint", parseUnsigned),
  integerParser("ParseInt", parseSigned),
  {
    name: "Atoi",
    params: ["string"],
    result: "int",
    call: (args) => intNumber(parseSigned({ name: "Atoi", text: textArgument(args, 0), base: 10, bits: 0 })),
  },
  { name: "FormatFloat", params: ["number", "top", "int", "int"], result: "string", call: formatFloatCall },
  integerFormatter("FormatUint"),
  integerFormatter("FormatInt"),
  quoter("Quote", "print"),
  quoter("QuoteToASCII", "ascii"),
  quoter("QuoteToGraphic", "graphic"),
  runeQuoter("QuoteRune", "print"),
  runeQuoter("QuoteRuneToASCII", "ascii"),
  runeQuoter("QuoteRuneToGraphic", "graphic"),
  runeTest("IsPrint", isPrint),
  runeTest("IsGraphic", isGraphic),
];

export const strconvPackage: BuiltinPackage = {
  path: "strconv",
  functions,
  constants: { IntSize: intNumber(64) },
};
