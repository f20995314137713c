import type { BasicLit, Expr, Interpolation } from "../syntax/ast.ts";
import { groupDoc, hasComments, placedComments, startsLine } from "./comments.ts";
import { type Doc, concat, concatAll, line, nest } from "./doc.ts";
import type { Printer } from "./printer.ts";

/** A literal as it is printed: numbers in one spelling, multi-line strings indented with their surroundings. */
export function literalDoc(node: BasicLit): Doc {
  switch (node.type) {
    case "string":
    case "bytes":
      return isMultiline(node.text) ? multilineDoc(node.text) : node.text;
    case "int":
    case "float":
      return numberText(node.text);
    default:
      return node.text;
  }
}

/** `.5` → `0.5`, `3.` → `3.0`, `1E3` → `1e3`. */
function numberText(text: string): string {
  if (!/[.eEK-T]/.test(text) || /^0[xXob]/.test(text)) return text;
  const spelled = text.replace("E", "e");
  const dot = spelled.startsWith(".") ? `0${spelled}` : spelled;
  return dot.replace(/\.(?!\d)/, ".0");
}

function isMultiline(text: string): boolean {
  return text.includes("\n") && /^#*("""|''')\r?\n/.test(text);
}

/** The white space before the closing quotes, which each line starts with. */
function indentOf(last: string): string {
  const at = last.lastIndexOf("\n");
  return /^[ \t]*/.exec(last.slice(at + 1))![0];
}

function multilineDoc(text: string): Doc {
  return openedDoc(piecesOf(text, indentOf(text)));
}

/** The opening quotes stand where the string does, its lines one level deeper. */
function openedDoc([opening = "", ...lines]: readonly Doc[]): Doc {
  return concat(opening, nest(concatAll(lines)));
}

/** The lines of a piece of a multi-line string; all but the first start lines of the text. */
function piecesOf(text: string, indent: string): Doc[] {
  const [first = "", ...rest] = text.replaceAll("\r\n", "\n").split("\n");
  const parts: Doc[] = [first];
  for (const content of rest) {
    if (content.startsWith(indent))
      parts.push(rawLine(content.slice(indent.length), indent.length > 0 || content !== ""));
    else parts.push(rawLine(content, false));
  }
  return parts;
}

function rawLine(text: string, indented: boolean): Doc {
  return { kind: "raw-line", text, indented };
}

/** A string with expressions. Those of one line stay on one; in others the breaks around an expression are both there, or none. */
export function interpolationDoc(printer: Printer, node: Interpolation): Doc {
  const { parts, exprs } = node;
  const multiline = isMultiline(parts[0] ?? "");
  const indent = multiline ? indentOf(parts.at(-1) ?? "") : "";
  const docs: Doc[] = [];
  for (const [index, part] of parts.entries()) {
    const text = index === 0 ? part : part.slice(1);
    docs.push(...(multiline ? piecesOf(text, indent) : [text]));
    const expr = exprs[index];
    if (expr === undefined) continue;
    docs.push(exprDoc(printer, node, index, multiline), ")");
  }
  return multiline ? openedDoc(docs) : concatAll(docs);
}

function exprDoc(printer: Printer, node: Interpolation, index: number, multiline: boolean): Doc {
  const expr = node.exprs[index]!;
  const { inside } = placedComments(node);
  const opening = inside.filter((group) => group.slot === 2 * index + 1);
  const closing = inside.filter((group) => group.slot === 2 * index + 2);
  const closes = multiline && (opensLine(node, index) || closesLine(node, index));
  if (!closes && opening.length === 0 && closing.length === 0) {
    return printer.expr(multiline ? expr : onOneLine(expr), 2);
  }
  const parts: Doc[] = [];
  if (opening.length > 0) parts.push(" ", ...opening.map(groupDoc));
  const behind = closing.flatMap((group) => [group.line ? " " : line, groupDoc(group)]);
  parts.push(nest(concat(line, printer.expr(expr, 2), ...behind)), line);
  return concatAll(parts);
}

/** An expression without the author's line breaks, unless it holds comments. Those beyond some depth stay. */
function onOneLine(expr: Expr): Expr {
  if (isPath(expr)) return expr;
  return holdsComments(expr, 0) ? expr : (withoutBreaks(expr, 0) as Expr);
}

/** `a.b.c` on one line: most of what is interpolated, and already as it shall be. */
function isPath(expr: Expr): boolean {
  let at = expr;
  for (; at.kind === "selector"; at = at.expr) {
    const { selector } = at;
    if (hasComments(at) || hasComments(selector) || startsLine(at.relPos) || startsLine(selector.relPos)) return false;
  }
  return at.kind === "ident" && !hasComments(at) && !startsLine(at.relPos);
}

const maxLevel = 60;

function holdsComments(value: unknown, level: number): boolean {
  if (typeof value !== "object" || value === null || level > maxLevel) return false;
  if ("comments" in value) return true;
  return Object.values(value).some((item) => holdsComments(item, level + 1));
}

function withoutBreaks(value: unknown, level: number): unknown {
  if (typeof value !== "object" || value === null || level > maxLevel) return value;
  if (Array.isArray(value)) return value.map((item) => withoutBreaks(item, level + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const isPlace = key === "relPos" || (key === "closeRelPos" && typeof item === "string");
    copy[key] = isPlace ? "blank" : withoutBreaks(item, level + 1);
  }
  return copy;
}

function opensLine(node: Interpolation, index: number): boolean {
  return startsLine(node.exprs[index]!.relPos);
}

/** Whether the author put a line's end between the expression and its `)`. */
function closesLine(node: Interpolation, index: number): boolean {
  return startsLine(node.closeRelPos?.[index]);
}
