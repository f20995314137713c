import { jsonString } from "../library/json-text.ts";
import { formatNumber, jsNumberOf, type CueNumber } from "../number.ts";
import { isRegular, nameOfLabel } from "../eval/label.ts";
import { defaultOf } from "../eval/evaluate.ts";
import { orderedArcs } from "../eval/order.ts";
import type { JsonValue } from "@lateen/base";
import type { Scalar } from "../eval/values.ts";
import { Vertex, member, target } from "../eval/vertex.ts";

/** Fields of a concrete struct in the order of the reference; defaults are taken. */
function fieldsOf(vertex: Vertex): Vertex[] {
  return orderedArcs(vertex).filter((arc) => arc.arcType === member && isRegular(arc.label));
}

function elementsOf(vertex: Vertex): Vertex[] {
  return vertex.arcs.filter((arc) => typeof arc.label === "number");
}

/** The vertex or scalar to export: through sharing and defaults. */
function exported(vertex: Vertex): Vertex | { readonly scalar: Scalar } {
  const plain = defaultOf(target(vertex));
  if (!(plain instanceof Vertex)) return { scalar: plain.tag === "atom" ? plain.value : null };
  const holder = target(plain);
  return holder.base?.tag === "atom" ? { scalar: holder.base.value } : holder;
}

/** JSON text of a finalized, concrete vertex; numbers as CUE spells them, compact. */
export function jsonText(root: Vertex): string {
  let text = "";
  const stack: { readonly items: readonly Vertex[]; next: number; readonly isList: boolean }[] = [];
  const open = (vertex: Vertex): void => {
    const value = exported(vertex);
    if (!(value instanceof Vertex)) {
      text += scalarText(value.scalar);
      return;
    }
    const isList = value.base?.tag === "list";
    text += isList ? "[" : "{";
    stack.push({ items: isList ? elementsOf(value) : fieldsOf(value), next: 0, isList });
  };
  open(root);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const item = frame.items[frame.next++];
    if (item === undefined) {
      text += frame.isList ? "]" : "}";
      stack.pop();
      continue;
    }
    if (frame.next > 1) text += ",";
    if (!frame.isList) text += `${quote(nameOfLabel(item.label))}:`;
    open(item);
  }
  return text;
}

function quote(text: string): string {
  return isBare.test(text) ? `"${text}"` : jsonString(text);
}

/** Printable ASCII without quotes and backslashes: stands in JSON as it is. */
const isBare = /^[ !#-[\]-~]*$/;

function scalarText(value: Scalar): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value === "boolean") return String(value);
  return value instanceof Uint8Array ? quote(base64(value)) : formatNumber(value);
}

/** Data of a finalized, concrete vertex. */
export function jsonValue(root: Vertex): JsonValue {
  const holder: JsonValue[] = [];
  const stack: {
    readonly items: readonly Vertex[];
    next: number;
    readonly into: JsonValue[] | Record<string, JsonValue>;
  }[] = [];
  const open = (vertex: Vertex, put: (value: JsonValue) => void): void => {
    const value = exported(vertex);
    if (!(value instanceof Vertex)) {
      put(scalarValue(value.scalar));
      return;
    }
    const isList = value.base?.tag === "list";
    const into: JsonValue[] | Record<string, JsonValue> = isList ? [] : {};
    put(into);
    stack.push({ items: isList ? elementsOf(value) : fieldsOf(value), next: 0, into });
  };
  open(root, (value) => holder.push(value));
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const item = frame.items[frame.next++];
    if (item === undefined) {
      stack.pop();
      continue;
    }
    const { into } = frame;
    if (Array.isArray(into)) open(item, (value) => into.push(value));
    else open(item, (value) => setOwn(into, nameOfLabel(item.label), value));
  }
  return holder[0]!;
}

function setOwn(into: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name === "__proto__")
    Object.defineProperty(into, name, { value, enumerable: true, writable: true, configurable: true });
  else into[name] = value;
}

function scalarValue(value: Scalar): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  return value instanceof Uint8Array ? base64(value) : jsNumberOf(value as CueNumber);
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
