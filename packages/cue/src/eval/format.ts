import { wakeFields } from "./dormant.ts";
import { formatNumber } from "../number.ts";
import { DataNode } from "../compile/data-node.ts";
import type { Expr, Source } from "../compile/ir.ts";
import { formatKind, kindNames, topKind } from "./kind.ts";
import { formatLabel, isLet } from "./label.ts";
import { type Atom, type Value } from "./values.ts";
import { Vertex, optional, required, target } from "./vertex.ts";

/** Values on one line, as error messages show them. Texts are cut where nobody would read on. */
export function formatValue(value: Value): string {
  const parts: string[] = [];
  write(value, parts, 0);
  const text = parts.join("");
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

const longest = 1000;
const deepest = 6;

function write(value: Value, parts: string[], depth: number): void {
  if (value instanceof Vertex) {
    writeVertex(target(value), parts, depth);
    return;
  }
  switch (value.tag) {
    case "atom":
      parts.push(formatAtom(value));
      return;
    case "type":
      parts.push(value.name ?? (value.kind === topKind ? "_" : kindNames(value.kind)));
      return;
    case "bound":
      parts.push(value.op, formatAtom(value.value));
      return;
    case "validator":
      parts.push(value.func.pkg === "" ? value.func.name : `${value.func.pkg}.${value.func.name}`);
      if (value.func.name === "==" || value.func.name === "!=") write(value.args[0]!, parts, depth + 1);
      else if (value.args.length > 0) {
        parts.push("(");
        value.args.forEach((arg, i) => {
          if (i > 0) parts.push(",");
          write(arg, parts, depth + 1);
        });
        parts.push(")");
      }
      return;
    case "conjunction":
      value.values.forEach((part, i) => {
        if (i > 0) parts.push(" & ");
        write(part, parts, depth);
      });
      return;
    case "disjunction":
      value.values.forEach((part, i) => {
        if (i > 0) parts.push(" | ");
        if (i < value.defaults) parts.push("*");
        write(part, parts, depth + 1);
      });
      return;
    case "func":
      parts.push(value.pkg === "" ? value.name : `${value.pkg}.${value.name}`);
      return;
    case "struct":
      parts.push(value.src === undefined ? "{...}" : sourceText(value.src));
      return;
    case "list":
      parts.push(value.src === undefined || value.src instanceof DataNode ? "[...]" : sourceText(value.src));
      return;
    case "bottom":
      parts.push("_|_");
  }
}

function writeVertex(vertex: Vertex, parts: string[], depth: number): void {
  const { base } = vertex;
  if (base === undefined) {
    parts.push(vertex.bottom === undefined ? "_" : "_|_");
    return;
  }
  const isList = base.tag === "list";
  if (!isList && base.tag !== "struct" && vertex.arcs.length === 0) {
    write(base, parts, depth);
    return;
  }
  if (depth > deepest || parts.length > longest) {
    parts.push(isList ? "[…]" : "{…}");
    return;
  }
  parts.push(isList ? "[" : "{");
  let isFirst = true;
  wakeFields(vertex);
  for (const arc of vertex.arcs) {
    if (isLet(arc.label) || (isList && typeof arc.label !== "number")) continue;
    if (!isFirst) parts.push(",");
    isFirst = false;
    if (!isList)
      parts.push(formatLabel(arc.label), arc.arcType === optional ? "?" : arc.arcType === required ? "!" : "", ":");
    write(arc, parts, depth + 1);
  }
  if (isList && base.isOpen) parts.push(isFirst ? "..." : ",...");
  parts.push(isList ? "]" : "}");
}

export function formatAtom(value: Atom): string {
  return formatScalar(value.value);
}

export function formatScalar(value: Atom["value"]): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean") return String(value);
  if (value instanceof Uint8Array) return formatBytes(value);
  return formatNumber(value);
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Bytes as text; each run of what is no UTF-8 becomes one replacement character. */
export function textOfBytes(bytes: Uint8Array): string {
  let text = "";
  let isBroken = false;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length > 0) text += decoder.decode(bytes.subarray(at, at + length));
    else if (!isBroken) text += "\ufffd";
    isBroken = length === 0;
    at += Math.max(length, 1);
  }
  return text;
}

/** `'abc'`, what is no UTF-8 as `\xNN`. */
export function formatBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += `\\x${bytes[at]!.toString(16).padStart(2, "0")}`;
      at++;
      continue;
    }
    text += escapeText(decoder.decode(bytes.subarray(at, at + length)), "'");
    at += length;
  }
  return `'${text}'`;
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const length =
    first < 0x80
      ? 1
      : first >= 0xc2 && first < 0xe0
        ? 2
        : first >= 0xe0 && first < 0xf0
          ? 3
          : first >= 0xf0 && first < 0xf5
            ? 4
            : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    decoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

const escapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

export function escapeText(text: string, quote: string): string {
  let result = "";
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (char === quote) result += `\\${quote}`;
    else if (escapes[char] !== undefined) result += escapes[char];
    else if (code < 0x20 || code === 0x7f)
      result += quote === "'" ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    else result += char;
  }
  return result;
}

/** The text of an expression, on one line. */
export function formatExpr(expr: Expr): string {
  if (expr.src !== undefined) return sourceText(expr.src);
  if (expr.kind === "value") return formatValue(expr.value);
  if (expr.kind === "vertex") return formatValue(expr.vertex);
  return expr.kind;
}

export function sourceText({ file, node }: Source): string {
  const text = file.text.slice(node.start, node.end);
  return text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/([:,{[(])\s+/g, "$1")
    .replaceAll(/\s+([}\])])/g, "$1");
}

export { formatKind };
