import { bigintOf, jsNumberOf } from "../number.ts";
import { compareText, isNumber } from "./arguments.ts";
import { type Native, BuiltinError } from "./builtin.ts";
import { formatFloat } from "./float-text.ts";
import { isStruct } from "./struct-builder.ts";

/**
 * TOML of a value: keys sorted, plain values before tables, strings in single quotes where they may be. Null members are
 * left out.
 */
export function tomlText(value: Native): string {
  if (!isStruct(value)) return inlineText(value, 0);
  const lines: string[] = [];
  writeTable(lines, [], value.fields, { hasHeader: false });
  return lines.map((line) => `${line}\n`).join("");
}

const deepest = 500;

function writeTable(
  lines: string[],
  path: readonly string[],
  fields: ReadonlyMap<string, Native>,
  { hasHeader }: { readonly hasHeader: boolean },
): void {
  if (path.length > deepest) throw new BuiltinError("tables nested too deep");
  if (hasHeader) lines.push(`[${path.map(keyText).join(".")}]`);
  const members = [...fields].filter(([, value]) => value !== null).sort(([a], [b]) => compareText(a, b));
  const plain = members.filter(([, value]) => !isTable(value));
  for (const [key, value] of plain) lines.push(`${keyText(key)} = ${inlineText(value, 0)}`);
  let isApart = plain.length > 0;
  for (const [key, value] of members) {
    if (!isTable(value)) continue;
    if (isApart) lines.push("");
    isApart = true;
    const inner = [...path, key];
    if (isStruct(value)) writeTable(lines, inner, value.fields, { hasHeader: true });
    else writeTables(lines, inner, value as readonly Native[]);
  }
}

function writeTables(lines: string[], path: readonly string[], tables: readonly Native[]): void {
  for (const [i, table] of tables.entries()) {
    if (i > 0) lines.push("");
    lines.push(`[[${path.map(keyText).join(".")}]]`);
    if (isStruct(table)) writeTable(lines, path, table.fields, { hasHeader: false });
  }
}

/** A struct, or a list of nothing but structs. */
function isTable(value: Native): boolean {
  return isStruct(value) || (Array.isArray(value) && value.length > 0 && (value as readonly Native[]).every(isStruct));
}

function inlineText(value: Native, depth: number): string {
  if (depth > deepest) throw new BuiltinError("values nested too deep");
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return stringText(value);
  if (value === null) throw new BuiltinError("toml: cannot encode a nil interface");
  if (isNumber(value)) {
    if (value.isInt) return bigintOf(value).toString();
    const float = jsNumberOf(value);
    if (!Number.isFinite(float)) return Number.isNaN(float) ? "nan" : float > 0 ? "inf" : "-inf";
    return formatFloat(float, { format: "f", precision: Number.isInteger(float) ? 1 : -1, bits: 64 });
  }
  if (value instanceof Uint8Array) return `[${[...value].join(", ")}]`;
  if (Array.isArray(value))
    return `[${(value as readonly Native[]).map((part) => inlineText(part, depth + 1)).join(", ")}]`;
  if (!isStruct(value)) throw new BuiltinError("toml: cannot encode the value");
  const members = [...value.fields].filter(([, part]) => part !== null).sort(([a], [b]) => compareText(a, b));
  return `{${members.map(([key, part]) => `${keyText(key)} = ${inlineText(part, depth + 1)}`).join(", ")}}`;
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : stringText(key);
}

// oxlint-disable-next-line no-control-regex
const needsEscapes = /['\u0000-\u0008\u000a-\u001f\u007f]/;

function stringText(text: string): string {
  if (!needsEscapes.test(text)) return `'${text}'`;
  // oxlint-disable-next-line no-control-regex
  return `"${text.replaceAll(/["\\\u0000-\u001f\u007f]/g, escaped)}"`;
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escaped(character: string): string {
  return escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
