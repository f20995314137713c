import { jsonString } from "../library/json-text.ts";
import { bigintOf, formatNumber, jsNumberOf, type CueNumber } from "../number.ts";
import { defaultOf } from "../eval/evaluate.ts";
import { errorWithin, finalize } from "../eval/finalize.ts";
import { isRegular, nameOfLabel } from "../eval/label.ts";
import { orderedArcs } from "../eval/order.ts";
import type { Run } from "../eval/run.ts";
import type { JsonValue } from "@lateen/base";
import type { Atom, Scalar } from "../eval/values.ts";
import { Vertex, member, optional, target } from "../eval/vertex.ts";

/** What is exported of a vertex, through sharing and defaults; undefined when that is not plain data. */
type Exported = Vertex | Atom | undefined;

function exported(run: Run, vertex: Vertex): Exported {
  const holder = target(vertex);
  if (vertex.bottom !== undefined || holder.bottom !== undefined) return undefined;
  const plain = defaultOf(holder);
  if (!(plain instanceof Vertex)) return plain.tag === "atom" ? plain : undefined;
  const chosen = target(plain);
  if (chosen !== holder) {
    finalize(run, chosen);
    if (errorWithin(chosen) !== undefined) return undefined;
  }
  const { base } = chosen;
  if (base?.tag === "atom") return base;
  return base?.tag === "struct" || base?.tag === "list" ? chosen : undefined;
}

/** The fields or elements of a struct or list, in order; undefined when a required one is missing. */
function partsOf(vertex: Vertex): readonly Vertex[] | undefined {
  const isList = vertex.base?.tag === "list";
  const arcs = isList ? vertex.arcs : orderedArcs(vertex);
  if (arcs.every((arc) => arc.arcType === member && isPart(arc, isList))) return arcs;
  const parts: Vertex[] = [];
  for (let i = 0; i < arcs.length; i++) {
    const arc = arcs[i]!;
    const isData = typeof arc.label === "number" || isRegular(arc.label);
    if (!isData || arc.arcType === optional) continue;
    if (arc.arcType !== member) return undefined;
    if (isList === (typeof arc.label === "number")) parts.push(arc);
  }
  return parts;
}

function isPart({ label }: Vertex, isList: boolean): boolean {
  return isList ? typeof label === "number" : typeof label !== "number" && isRegular(label);
}

/** JSON text of a finalized vertex without errors; numbers as CUE spells them, compact. Undefined when it is not concrete. */
export function jsonText(run: Run, root: Vertex): string | undefined {
  let text = "";
  const stack: { readonly items: readonly Vertex[]; next: number; readonly isList: boolean }[] = [];
  const open = (vertex: Vertex): boolean => {
    const value = exported(run, vertex);
    if (value === undefined) return false;
    if (!(value instanceof Vertex)) {
      text += scalarText(value.value);
      return true;
    }
    const items = partsOf(value);
    if (items === undefined) return false;
    const isList = value.base?.tag === "list";
    text += isList ? "[" : "{";
    stack.push({ items, next: 0, isList });
    return true;
  };
  if (!open(root)) return undefined;
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const item = frame.items[frame.next++];
    if (item === undefined) {
      text += frame.isList ? "]" : "}";
      stack.pop();
      continue;
    }
    if (frame.next > 1) text += ",";
    if (!frame.isList) text += `${quote(nameOfLabel(item.label))}:`;
    if (!open(item)) return undefined;
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

/** Data of a finalized vertex without errors; undefined when it is not concrete. */
export function jsonValue(run: Run, root: Vertex): JsonValue | undefined {
  return dataOf(run, root, scalarValue) as JsonValue | undefined;
}

/** The same with integers of any size as `bigint` where they need it, and bytes as they are. */
export function nativeValue(run: Run, root: Vertex): unknown {
  return dataOf(run, root, nativeScalar);
}

function dataOf(run: Run, root: Vertex, scalarOf: (value: Scalar) => unknown): unknown {
  const holder: unknown[] = [];
  const stack: {
    readonly items: readonly Vertex[];
    next: number;
    readonly into: unknown[] | Record<string, unknown>;
  }[] = [];
  const open = (vertex: Vertex, put: (value: unknown) => void): boolean => {
    const value = exported(run, vertex);
    if (value === undefined) return false;
    if (!(value instanceof Vertex)) {
      put(scalarOf(value.value));
      return true;
    }
    const items = partsOf(value);
    if (items === undefined) return false;
    const into: unknown[] | Record<string, unknown> = value.base?.tag === "list" ? [] : {};
    put(into);
    stack.push({ items, next: 0, into });
    return true;
  };
  if (!open(root, (value) => holder.push(value))) return undefined;
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const item = frame.items[frame.next++];
    if (item === undefined) {
      stack.pop();
      continue;
    }
    const { into } = frame;
    const put = Array.isArray(into)
      ? (part: unknown) => void into.push(part)
      : (part: unknown) => setOwn(into, nameOfLabel(item.label), part);
    if (!open(item, put)) return undefined;
  }
  return holder[0];
}

function setOwn(into: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(into, name, { value, enumerable: true, writable: true, configurable: true });
  else into[name] = value;
}

function scalarValue(value: Scalar): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  return value instanceof Uint8Array ? base64(value) : jsNumberOf(value as CueNumber);
}

function nativeScalar(value: Scalar): unknown {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  const number = jsNumberOf(value);
  return value.isInt && !Number.isSafeInteger(number) ? bigintOf(value) : number;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
