import { isWhole, jsNumberOf, bigintOf } from "../number.ts";
import { isNumber, lazyArgument, textArgument } from "./arguments.ts";
import { type Builtin, type BuiltinContext, type BuiltinPackage, BuiltinError, type Native } from "./builtin.ts";
import {
  GoInt,
  TemplateExecutionError,
  TemplateSet,
  TemplateSyntaxError,
  type TemplateValue,
  escapeHtml,
  escapeJs,
} from "./template/index.ts";

/** The package `text/template`: Go's templates on concrete values. */
function execute(text: string, data: Native, context: BuiltinContext): string {
  const set = new TemplateSet();
  try {
    set.parse("", text);
    return set.execute("", templateValue(data), { spend: (steps, bytes) => context.spend(steps, bytes) });
  } catch (error) {
    if (error instanceof TemplateSyntaxError || error instanceof TemplateExecutionError)
      throw new BuiltinError(error.message);
    throw error;
  }
}

/** A value as Go decodes it: numbers are ints where they are whole by type, else float64. */
function templateValue(native: Native): TemplateValue {
  if (native === null || typeof native === "boolean" || typeof native === "string") return native;
  if (isNumber(native)) {
    if (!native.isInt || !isWhole(native)) return jsNumberOf(native);
    const value = bigintOf(native);
    return new GoInt(value, value >= -(1n << 63n) && value < 1n << 63n ? "int" : "*big.Int");
  }
  if (native instanceof Uint8Array) return Array.from(native, (byte) => new GoInt(BigInt(byte), "uint8"));
  if (Array.isArray(native)) return (native as readonly Native[]).map(templateValue);
  const known = native as Exclude<typeof native, readonly Native[]>;
  if (known.kind === "lazy") return templateValue(known.concrete());
  return new Map([...known.fields].map(([name, value]) => [name, templateValue(value)]));
}

/** In the words of the reference. */
function notData(text: string): string {
  return `cannot convert non-concrete value ${text}`;
}

const functions: readonly Builtin[] = [
  {
    name: "Execute",
    params: ["string", "top"],
    result: "string",
    call: (args, context) => execute(textArgument(args, 0), lazyArgument(args, 1).concrete(notData), context),
  },
  { name: "HTMLEscape", params: ["string"], result: "string", call: (args) => escapeHtml(textArgument(args, 0)) },
  { name: "JSEscape", params: ["string"], result: "string", call: (args) => escapeJs(textArgument(args, 0)) },
];

export const textTemplatePackage: BuiltinPackage = { path: "text/template", functions, constants: {} };
