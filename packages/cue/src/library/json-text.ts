import { formatNumber } from "../number.ts";
import { isLazy, isNumber } from "./arguments.ts";
import { encodeBase64 } from "./base64.ts";
import { type Native, BuiltinError } from "./builtin.ts";
import { isStruct } from "./struct-builder.ts";

/** The JSON text of a plain value: compact, keys in their order, numbers as CUE spells them, bytes in base64. */
export function jsonText(root: Native): string {
  const parts: string[] = [];
  // Work still to do, last first: a text to write or a value to open.
  const stack: ({ readonly text: string } | { readonly value: Native; readonly depth: number })[] = [
    { value: root, depth: 0 },
  ];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ("text" in next) {
      parts.push(next.text);
      continue;
    }
    const { value, depth } = next;
    if (depth > 10_000) throw new BuiltinError("value nested deeper than 10000 levels");
    const members = membersOf(value);
    if (members === undefined) {
      parts.push(scalarText(value));
      continue;
    }
    const list = Array.isArray(value);
    stack.push({ text: list ? "]" : "}" });
    for (let i = members.length - 1; i >= 0; i--) {
      const [key, member] = members[i]!;
      stack.push({ value: member, depth: depth + 1 });
      const comma = i > 0 ? "," : "";
      stack.push({ text: list ? comma : `${comma}${jsonString(key)}:` });
    }
    parts.push(list ? "[" : "{");
  }
  return parts.join("");
}

function membersOf(value: Native): readonly (readonly [string, Native])[] | undefined {
  if (Array.isArray(value)) return (value as readonly Native[]).map((element) => ["", element] as const);
  return isStruct(value) ? [...value.fields] : undefined;
}

function scalarText(value: Native): string {
  if (typeof value === "string") return jsonString(value);
  if (isNumber(value)) return formatNumber(value);
  if (value instanceof Uint8Array) return `"${encodeBase64(value)}"`;
  if (isLazy(value)) return jsonText(value.concrete());
  return typeof value === "object" ? "null" : String(value);
}

/** A JSON string; U+2028 and U+2029 are escaped besides what must be. */
export function jsonString(text: string): string {
  const quoted = JSON.stringify(text);
  if (!/[\u2028\u2029]/.test(quoted)) return quoted;
  return quoted.replaceAll("\u2028", String.raw`\u2028`).replaceAll("\u2029", String.raw`\u2029`);
}
