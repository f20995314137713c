import { formatNode } from "../format/index.ts";
import { parseExpression } from "../syntax/index.ts";
import { defaultOf, isReference } from "../eval/evaluate.ts";
import { formatBytes, formatValue } from "../eval/format.ts";
import { type Label, isDefinition, isHidden, isLet, isPlainName, isRegular, nameOfLabel } from "../eval/label.ts";
import { orderedArcs } from "../eval/order.ts";
import { wakeFields } from "../eval/dormant.ts";
import { resolve } from "../eval/resolve.ts";
import type { Run } from "../eval/run.ts";
import type { Expr } from "../compile/ir.ts";
import { type Base, type Value } from "../eval/values.ts";
import { type Conjunct, Vertex, member, optional, required, target } from "../eval/vertex.ts";
import { escapeText } from "../eval/format.ts";
import type { SyntaxOptions } from "../value.ts";

/**
 * CUE text of a value. With `final` or `concrete` it is what the value is, defaults taken; with `raw` what was written;
 * else what was written with the references followed, so that the text stands alone.
 */
export function syntaxOf(run: Run, vertex: Vertex, options: SyntaxOptions): string {
  run.spend(1);
  if (options.final === true || options.concrete === true) return pretty(finalText(vertex, options));
  const text = options.raw === true ? rawText(vertex) : schemaText(run, vertex, options);
  return pretty(text);
}

/** The text as the formatter has it; as it is where it is no expression. */
function pretty(text: string): string {
  const { expr, diagnostics } = parseExpression(text);
  return diagnostics.length > 0 ? text : formatNode(expr);
}

const deepest = 200;

function finalText(vertex: Vertex, options: SyntaxOptions, depth = 0): string {
  const holder = target(vertex);
  if (holder.bottom !== undefined) return `_|_ // ${oneLine(holder.bottom.message())}\n`;
  const plain = defaultOf(holder);
  if (!(plain instanceof Vertex)) return valueText(plain, options, depth);
  const chosen = target(plain);
  const { base } = chosen;
  if (base === undefined) return "_";
  if (depth > deepest) return "…";
  if (base.tag === "list") {
    const elements = chosen.arcs
      .filter((arc) => typeof arc.label === "number")
      .map((arc) => finalText(arc, options, depth + 1));
    return `[${elements.join(", ")}]`;
  }
  if (base.tag !== "struct") return valueText(base, options, depth);
  return structText(chosen, options, (arc) => finalText(arc, options, depth + 1));
}

function structText(vertex: Vertex, options: SyntaxOptions, textOf: (arc: Vertex) => string): string {
  const fields: string[] = [];
  if (options.optional === true) wakeFields(vertex);
  for (const arc of orderedArcs(vertex)) {
    if (!isShown(arc, options)) continue;
    const mark = arc.arcType === optional ? "?" : arc.arcType === required ? "!" : "";
    fields.push(`${labelText(arc.label)}${mark}: ${textOf(arc)}`);
  }
  return fields.length === 0 ? "{}" : `{\n${fields.join("\n")}\n}`;
}

function isShown(arc: Vertex, options: SyntaxOptions): boolean {
  const { label } = arc;
  if (isLet(label) || typeof label === "number") return false;
  if (arc.arcType === optional && options.optional !== true) return false;
  if (isHidden(label)) return options.hidden === true;
  return !isDefinition(label) || options.definitions === true;
}

function labelText(label: Label): string {
  const name = nameOfLabel(label);
  if (!isRegular(label)) return name;
  return isPlainName(name) ? name : `"${escapeText(name, '"')}"`;
}

function valueText(value: Value, options: SyntaxOptions, depth: number): string {
  if (value instanceof Vertex) return finalText(value, options, depth + 1);
  switch (value.tag) {
    case "atom":
      return scalarText(value);
    case "disjunction":
      return value.values
        .map((part, i) => `${i < value.defaults ? "*" : ""}${valueText(part, options, depth + 1)}`)
        .join(" | ");
    case "conjunction":
      return value.values.map((part) => valueText(part, options, depth)).join(" & ");
    case "bound":
      return `${value.op}${scalarText(value.value)}`;
    case "bottom":
      return `_|_ // ${oneLine(value.message())}\n`;
    default:
      return formatValue(value);
  }
}

function scalarText(value: Base & { tag: "atom" }): string {
  const scalar = value.value;
  if (typeof scalar === "string") {
    if (!scalar.includes("\n")) return `"${escapeText(scalar, '"')}"`;
    const lines = scalar.split("\n").map((line) => escapeText(line, "\u0000").replaceAll('"""', '\\"""'));
    return `"""\n${lines.join("\n")}\n"""`;
  }
  return scalar instanceof Uint8Array ? formatBytes(scalar) : formatValue(value);
}

function oneLine(text: string): string {
  return text.replaceAll("\n", " ");
}

/** The conjuncts as they were written. */
function rawText(vertex: Vertex): string {
  if (vertex.conjuncts.length === 0) return finalText(vertex, {});
  return joined(vertex.conjuncts.map(({ expr }) => writtenText(expr)));
}

function joined(parts: readonly string[]): string {
  const distinct = [...new Set(parts)];
  return distinct.length === 1
    ? distinct[0]!
    : distinct.map((part) => (/ \| /.test(part) && !/^[{[]/.test(part) ? `(${part})` : part)).join(" & ");
}

/** The text of an expression in its file. */
function writtenText(expr: Expr): string {
  const { src } = expr;
  if (src !== undefined) {
    if (src.node.kind === "file") return `{\n${src.file.text.replaceAll(/^package .*$/gm, "")}\n}`;
    const text = src.file.text.slice(src.node.start, src.node.end);
    return src.node.kind === "struct" && !src.node.braces ? `{\n${text}\n}` : text;
  }
  switch (expr.kind) {
    case "value":
      return expr.value instanceof Vertex ? rawText(expr.value) : valueText(expr.value, {}, 0);
    case "vertex":
      return rawText(expr.vertex);
    case "fill":
      return `{${labelText(expr.label)}: ${writtenText(expr.value)}}`;
    case "data":
      return dataText(expr.value);
    default:
      return "_";
  }
}

function dataText(value: unknown): string {
  return JSON.stringify(value);
}

/** The conjuncts with plain references followed; parts that are wrong say so. */
function schemaText(run: Run, vertex: Vertex, options: SyntaxOptions, depth = 0): string {
  const holder = target(vertex);
  if (holder.bottom !== undefined && holder.base?.tag !== "struct" && holder.arcs.length === 0 && depth > 0)
    return `_|_ // ${oneLine(holder.bottom.message())}\n`;
  if (depth > deepest) return "…";
  return joined(vertex.conjuncts.map((conjunct) => conjunctText(run, vertex, conjunct, options, depth)));
}

// biome-ignore lint/complexity/useMaxParams: the walk's own state
function conjunctText(
  run: Run,
  vertex: Vertex,
  { expr, env }: Conjunct,
  options: SyntaxOptions,
  depth: number,
): string {
  if (isReference(expr)) {
    const to = resolve(run, env, expr);
    if (to instanceof Vertex && to.arcType === member && to.conjuncts.length > 0)
      return schemaText(run, to, options, depth + 1);
    return writtenText(expr);
  }
  if (expr.kind === "struct" && vertex.conjuncts.length === 1 && expr.decls.every((decl) => decl.kind === "field"))
    return structText(target(vertex), { ...options, optional: true, hidden: true, definitions: true }, (arc) =>
      schemaText(run, arc, options, depth + 1),
    );
  return writtenText(expr);
}
