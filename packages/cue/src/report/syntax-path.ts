import type { Node } from "../compile/syntax-node.ts";
import type { Source } from "../compile/ir.ts";
import type { Field, File } from "../syntax/ast.ts";

const deepest = 200;

/** The nodes of a file that hold an offset, outermost first. */
export function nodesAt(file: File, offset: number): readonly Node[] {
  const path: Node[] = [];
  let at: object | undefined = file;
  while (at !== undefined && path.length < deepest) {
    path.push(at as Node);
    at = childAt(at, offset);
  }
  return path;
}

function childAt(node: object, offset: number): object | undefined {
  for (const value of Object.values(node)) {
    const children: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const child of children) if (isNode(child) && child.start <= offset && offset < child.end) return child;
  }
  return undefined;
}

function isNode(value: unknown): value is { readonly kind: string; readonly start: number; readonly end: number } {
  if (typeof value !== "object" || value === null) return false;
  const { kind, start, end } = value as { kind?: unknown; start?: unknown; end?: unknown };
  return typeof kind === "string" && kind !== "comments" && typeof start === "number" && typeof end === "number";
}

/** The innermost field that a part of a text belongs to. */
export function fieldAround({ file, node }: Source): Field | undefined {
  return nodesAt(file, node.start).findLast((at): at is Field => at.kind === "field");
}

/** A stretch of source on one line, cut where nobody would read on. */
export function shortText(text: string, most = 60): string {
  const line = text
    .replaceAll(/\/\/[^\n]*/g, "")
    .replaceAll(/\s*\n\s*/g, ", ")
    .replaceAll(/([{[(]),\s*/g, "$1")
    .replaceAll(/,\s*([}\])])/g, "$1")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/, (?:, )+/g, ", ")
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
