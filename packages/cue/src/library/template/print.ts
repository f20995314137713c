import { formatFloat } from "../float-text.ts";
import { quoteRune, quoteText } from "../quote.ts";
import { GoInt, type TemplateValue, isFunction, isList, isMap, isObject, sortedKeys, typeName } from "./values.ts";

/** Texts of values as Go's package fmt makes them. */

/** `%v`. */
export function plainText(value: TemplateValue): string {
  return formatVerb({ ...noFlags, verb: "v" }, value);
}

/** Operands side by side, with a blank between two that are both no strings. */
export function printed(values: readonly TemplateValue[]): string {
  let text = "";
  values.forEach((value, i) => {
    if (i > 0 && typeof value !== "string" && typeof values[i - 1] !== "string") text += " ";
    text += plainText(value);
  });
  return text;
}

interface Flags {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

interface Directive extends Flags {
  readonly verb: string;
  /** `%#v`: as a Go program spells it. */
  readonly isGo?: boolean;
}

const noFlags: Flags = {
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
};

const widest = 1_000_000;

/** `printf`: wrong verbs and counts are part of the result, nothing is refused. */
export function formatted(format: string, args: readonly TemplateValue[]): string {
  return new Formatter(format, args).run();
}

class Formatter {
  readonly #format: string;
  readonly #args: readonly TemplateValue[];
  #at = 0;
  #next = 0;
  #reordered = false;
  #isGood = true;
  #text = "";

  constructor(format: string, args: readonly TemplateValue[]) {
    this.#format = format;
    this.#args = args;
  }

  run(): string {
    const format = this.#format;
    while (this.#at < format.length) {
      const percent = format.indexOf("%", this.#at);
      if (percent < 0) {
        this.#text += format.slice(this.#at);
        break;
      }
      this.#text += format.slice(this.#at, percent);
      this.#at = percent + 1;
      this.#directive();
    }
    if (!this.#reordered && this.#next < this.#args.length) {
      const extra = this.#args.slice(this.#next);
      this.#text += `%!(EXTRA ${extra.map((value) => (value == null ? "<nil>" : `${typeName(value)}=${plainText(value)}`)).join(", ")})`;
    }
    return this.#text;
  }

  #directive(): void {
    const flags = { ...noFlags } as { -readonly [K in keyof Flags]: Flags[K] };
    const names = { "-": "minus", "+": "plus", "#": "sharp", " ": "space", "0": "zero" } as const;
    for (let char = this.#format[this.#at]; char !== undefined && char in names; char = this.#format[++this.#at])
      flags[names[char as keyof typeof names]] = true;
    if (flags.minus) flags.zero = false;
    this.#isGood = true;
    let afterIndex = this.#index();
    if (this.#format[this.#at] === "*") {
      this.#at++;
      const width = this.#starArgument();
      if (width === undefined) this.#text += "%!(BADWIDTH)";
      else {
        flags.width = Math.abs(width);
        if (width < 0) {
          flags.minus = true;
          flags.zero = false;
        }
      }
      afterIndex = false;
    } else {
      flags.width = this.#digits();
      if (afterIndex && flags.width !== undefined) this.#isGood = false;
    }
    if (this.#format[this.#at] === ".") {
      this.#at++;
      if (afterIndex) this.#isGood = false;
      afterIndex = this.#index();
      if (this.#format[this.#at] === "*") {
        this.#at++;
        const precision = this.#starArgument();
        if (precision === undefined) this.#text += "%!(BADPREC)";
        else if (precision >= 0) flags.precision = precision;
        else this.#text += "%!(BADPREC)";
        afterIndex = false;
      } else flags.precision = this.#digits() ?? 0;
    }
    if (!afterIndex) this.#index();
    this.#verb(flags);
  }

  #verb(flags: Flags): void {
    const point = this.#format.codePointAt(this.#at);
    if (point === undefined) {
      this.#text += "%!(NOVERB)";
      return;
    }
    const verb = String.fromCodePoint(point);
    this.#at += verb.length;
    if (verb === "%") this.#text += "%";
    else if (!this.#isGood) this.#text += `%!${verb}(BADINDEX)`;
    else if (this.#next >= this.#args.length) this.#text += `%!${verb}(MISSING)`;
    else this.#text += formatVerb({ ...flags, verb }, this.#args[this.#next++]);
  }

  #digits(): number | undefined {
    const found = /^[0-9]+/.exec(this.#format.slice(this.#at, this.#at + 12));
    if (found === null) return undefined;
    this.#at += found[0].length;
    const value = Number(found[0]);
    return value > widest ? undefined : value;
  }

  #starArgument(): number | undefined {
    const value = this.#args[this.#next];
    if (this.#next < this.#args.length) this.#next++;
    if (!(value instanceof GoInt) || value.value > widest || value.value < -widest) return undefined;
    return Number(value.value);
  }

  /** `[2]`: which argument is next. */
  #index(): boolean {
    if (this.#format[this.#at] !== "[") return false;
    this.#reordered = true;
    const found = /^\[([0-9]+)\]/.exec(this.#format.slice(this.#at));
    const end = this.#format.indexOf("]", this.#at);
    const index = Number(found?.[1] ?? 0);
    this.#at = found === null ? (end < 0 ? this.#at + 1 : end + 1) : this.#at + found[0].length;
    if (index < 1 || index > this.#args.length) this.#isGood = false;
    else this.#next = index - 1;
    return true;
  }
}

// Verbs --------------------------------------------------------------------------------------------------------------

function formatVerb(given: Directive, value: TemplateValue): string {
  const { verb } = given;
  const directive = verb === "v" ? { ...given, isGo: given.sharp, sharp: false, plus: false } : given;
  if (verb === "T") return padded(directive, value == null ? "<nil>" : typeName(value));
  if (value === undefined || value === null)
    return verb === "v" ? padded(directive, "<nil>") : wrongVerb(directive, value);
  if (verb === "p") return wrongVerb(directive, value);
  return ofValue(directive, value, 0);
}

function ofValue(directive: Directive, value: TemplateValue, depth: number): string {
  const { verb } = directive;
  if (value === undefined || value === null) {
    if (directive.isGo === true) return "interface {}(nil)";
    return verb === "v" || depth > 0 ? "<nil>" : wrongVerb(directive, value);
  }
  if (typeof value === "boolean")
    return verb === "v" || verb === "t" ? padded(directive, String(value)) : wrongVerb(directive, value);
  if (typeof value === "number") return float(directive, value);
  if (value instanceof GoInt) return whole(directive, value);
  if (typeof value === "string") return string(directive, value);
  if (depth > 100) return "…";
  if (isList(value)) {
    const parts = value.map((part) => ofValue(directive, part, depth + 1));
    return directive.isGo === true ? `[]interface {}{${parts.join(", ")}}` : `[${parts.join(" ")}]`;
  }
  if (isMap(value)) {
    const parts = sortedKeys(value).map(
      (key) => `${string(directive, key)}:${ofValue(directive, value.get(key), depth + 1)}`,
    );
    return directive.isGo === true ? `map[string]interface {}{${parts.join(", ")}}` : `map[${parts.join(" ")}]`;
  }
  return isObject(value) ? (value.text ?? `{${value.type}}`) : isFunction(value) ? "0x0" : "";
}

function wrongVerb(directive: Directive, value: TemplateValue): string {
  if (value === undefined || value === null) return `%!${directive.verb}(<nil>)`;
  return `%!${directive.verb}(${typeName(value)}=${ofValue({ ...directive, verb: "v" }, value, 0)})`;
}

function padded({ width, minus, zero }: Flags, text: string): string {
  if (width === undefined) return text;
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (minus) return text + " ".repeat(missing);
  return (zero ? "0" : " ").repeat(missing) + text;
}

function string(directive: Directive, text: string): string {
  const { verb, precision, sharp } = directive;
  const cut = precision === undefined ? text : Array.from(text).slice(0, precision).join("");
  switch (verb) {
    case "v":
      return padded(directive, directive.isGo === true ? quoteText(text, "print") : cut);
    case "s":
      return padded(directive, cut);
    case "q":
      return padded(
        directive,
        sharp && !cut.includes("`") && !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(cut)
          ? `\`${cut}\``
          : quoteText(cut, directive.plus ? "ascii" : "print"),
      );
    case "x":
    case "X":
      return hexText(directive, text);
    default:
      return wrongVerb(directive, text);
  }
}

function hexText(directive: Directive, text: string): string {
  const bytes = new TextEncoder().encode(text).slice(0, directive.precision);
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const prefix = directive.sharp ? "0x" : "";
  const result = directive.space
    ? digits.map((pair) => prefix + pair).join(" ")
    : digits.length === 0
      ? ""
      : prefix + digits.join("");
  return padded(directive, directive.verb === "X" ? result.toUpperCase() : result);
}

const bases: Readonly<Record<string, { readonly base: number; readonly prefix: string }>> = {
  v: { base: 10, prefix: "" },
  d: { base: 10, prefix: "" },
  b: { base: 2, prefix: "0b" },
  o: { base: 8, prefix: "0" },
  O: { base: 8, prefix: "0o" },
  x: { base: 16, prefix: "0x" },
  X: { base: 16, prefix: "0X" },
};

function whole(directive: Directive, value: GoInt): string {
  const { verb, plus, sharp } = directive;
  if (verb === "c") return padded({ ...directive, zero: false }, characterOf(value.value));
  if (verb === "q") return padded(directive, quoteRune(pointOf(value.value), plus ? "ascii" : "print"));
  if (verb === "U") {
    const hex = BigInt.asUintN(64, value.value)
      .toString(16)
      .toUpperCase()
      .padStart(Math.max(4, directive.precision ?? 4), "0");
    const shown = sharp ? ` '${characterOf(value.value)}'` : "";
    return padded({ ...directive, zero: false }, `U+${hex}${shown}`);
  }
  const known = bases[verb];
  if (known === undefined) return wrongVerb(directive, value);
  const prefix = verb === "O" || (sharp && verb !== "v" && verb !== "d") ? known.prefix : "";
  const magnitude = (value.value < 0n ? -value.value : value.value).toString(known.base);
  return signed(directive, {
    isNegative: value.value < 0n,
    prefix,
    digits: verb === "X" ? magnitude.toUpperCase() : magnitude,
  });
}

function characterOf(value: bigint): string {
  return String.fromCodePoint(pointOf(value));
}

function pointOf(value: bigint): number {
  return value < 0n || value > 0x10ffffn || (value >= 0xd800n && value < 0xe000n) ? 0xfffd : Number(value);
}

function signed(
  directive: Directive,
  parts: { readonly isNegative: boolean; readonly prefix: string; readonly digits: string },
): string {
  const { width, zero, precision, plus, space, minus } = directive;
  const sign = parts.isNegative ? "-" : plus ? "+" : space ? " " : "";
  let { digits } = parts;
  if (precision !== undefined) {
    if (precision === 0 && digits === "0") return padded({ ...directive, zero: false }, "");
    digits = digits.padStart(precision, "0");
  } else if (zero && width !== undefined && !minus) digits = digits.padStart(width - sign.length, "0");
  return padded({ ...directive, zero: false }, sign + parts.prefix + digits);
}

function float(directive: Directive, value: number): string {
  const { verb, plus, space, sharp, zero, width, minus } = directive;
  const format = verb === "v" ? "g" : verb === "F" ? "f" : verb;
  if (!"eEfgGbxX".includes(format)) return wrongVerb(directive, value);
  const standard = "eEf".includes(format) ? 6 : -1;
  let text = formatFloat(value, { format: format as "g", precision: directive.precision ?? standard, bits: 64 });
  const isNegative = text.startsWith("-");
  if (isNegative || text.startsWith("+")) text = text.slice(1);
  if (sharp && "eEfgG".includes(format) && Number.isFinite(value)) text = withPoint(text, format, directive.precision);
  const sign = isNegative ? "-" : plus ? "+" : space ? " " : "";
  if (zero && width !== undefined && !minus && Number.isFinite(value))
    return sign + text.padStart(width - sign.length, "0");
  return padded({ ...directive, zero: false }, sign + text);
}

/** `#` keeps the point, and for `%g` the zeros behind it. */
function withPoint(text: string, format: string, precision: number | undefined): string {
  const [, digits = text, exponent = ""] = /^([^eE]*)(.*)$/.exec(text) ?? [];
  let result = digits.includes(".") ? digits : `${digits}.`;
  if (format === "g" || format === "G") {
    const wanted = precision ?? 6;
    const count = result.replace(".", "").replace(/^0+/, "").length;
    result += "0".repeat(Math.max(0, wanted - Math.max(count, digits === "0" ? 1 : 0)));
  }
  return result + exponent;
}
