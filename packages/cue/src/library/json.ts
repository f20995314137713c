import { lazyArgument, textArgument, textOrBytesArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type LazyValue, type Native, BuiltinError } from "./builtin.ts";
import { JsonReader, JsonSyntaxError, isJson, readJson } from "./json-read.ts";
import { jsonText } from "./json-text.ts";

/** The package `encoding/json`. */

/** Parts of a JSON text: a string, white space, punctuation, or anything else up to the next of those. */
const parts = /"(?:[^"\\]|\\[^])*"|[ \t\r\n]+|[{}[\],:]|[^"\s{}[\],:]+/g;

function checkJson(text: string): void {
  if (isJson(text)) return;
  try {
    new JsonReader(text).read();
  } catch (error) {
    if (error instanceof BuiltinError) throw error;
  }
  throw new BuiltinError("invalid character after top-level value");
}

function compact(text: string): string {
  checkJson(text);
  return (text.match(parts) ?? []).filter((part) => !/^\s/.test(part)).join("");
}

function indent(text: string, prefix: string, step: string): string {
  checkJson(text);
  const trailing = /[ \t\r\n]*$/.exec(text)?.[0] ?? "";
  let depth = 0;
  let result = "";
  const line = (): string => `\n${prefix}${step.repeat(depth)}`;
  const tokens = (text.match(parts) ?? []).filter((part) => !/^\s/.test(part));
  for (const [i, token] of tokens.entries()) {
    const previous = tokens[i - 1];
    if (token === "}" || token === "]") {
      depth--;
      result += previous === "{" || previous === "[" ? token : line() + token;
      continue;
    }
    if (previous === "{" || previous === "[" || previous === ",") result += line();
    result += token === ":" ? ": " : token;
    if (token === "{" || token === "[") depth++;
  }
  return result + trailing;
}

function htmlEscape(text: string): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replaceAll(/[<>&\u2028\u2029]/g, escape);
}

/** The elements of a value that must be a list. @throws BuiltinError */
export function streamElements(value: LazyValue): readonly LazyValue[] {
  const elements = value.elements();
  if (elements === undefined) throw new BuiltinError(`cannot use value ${value.text()} (type ${value.type}) as list`);
  return elements;
}

function unmarshalStream(text: string): Native {
  const reader = new JsonReader(text);
  const values: Native[] = [];
  try {
    while (!reader.atEnd()) values.push(reader.read());
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new BuiltinError(`invalid JSON for file "": ${error.atEnd ? "unexpected EOF" : error.message}`);
  }
  return values;
}

/** Throws what a unified value's verdict says against it. */
export function checkVerdict(value: LazyValue): true {
  if (value.verdict === "ok") return true;
  throw new BuiltinError(value.message ?? "invalid value", value.verdict === "error" ? "eval" : "incomplete");
}

const text = "bytes | string";

/** In the words of the reference. */
function notJson(text: string): string {
  return `cannot convert incomplete value ${JSON.stringify(text)} to JSON`;
}

const functions: readonly Builtin[] = [
  {
    name: "Valid",
    params: [text],
    result: "bool",
    validator: true,
    call: (args) => isJson(textOrBytesArgument(args, 0)),
  },
  { name: "Compact", params: [text], result: "string", call: (args) => compact(textOrBytesArgument(args, 0)) },
  {
    name: "Indent",
    params: [text, "string", "string"],
    result: "string",
    call: (args) => indent(textOrBytesArgument(args, 0), textArgument(args, 1), textArgument(args, 2)),
  },
  { name: "HTMLEscape", params: [text], result: "string", call: (args) => htmlEscape(textOrBytesArgument(args, 0)) },
  {
    name: "Marshal",
    params: ["top"],
    result: "string",
    call(args, context) {
      const marshalled = jsonText(lazyArgument(args, 0).concrete(notJson));
      context.spend(1, marshalled.length);
      return marshalled;
    },
  },
  {
    name: "MarshalStream",
    params: ["top"],
    result: "string",
    call: (args) =>
      streamElements(lazyArgument(args, 0))
        .map((element) => `${jsonText(element.concrete(notJson))}\n`)
        .join(""),
  },
  {
    name: "UnmarshalStream",
    params: [text],
    result: "top",
    call: (args) => unmarshalStream(textOrBytesArgument(args, 0)),
  },
  { name: "Unmarshal", params: [text], result: "top", call: (args) => readJson(textOrBytesArgument(args, 0)) },
  {
    name: "Validate",
    params: [text, "top"],
    result: "bool",
    nonConcrete: true,
    validator: true,
    call: (args) => checkVerdict(lazyArgument(args, 1).unify(readJson(textOrBytesArgument(args, 0)))),
  },
];

export const jsonPackage: BuiltinPackage = { path: "encoding/json", functions, constants: {} };
