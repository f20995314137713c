import { formatFile, formatNode } from "../format/index.ts";
import type { Decl, Expr as Tree, ImportDecl, StructLit } from "../syntax/ast.ts";
import { parseExpression, parseFile } from "../syntax/index.ts";
import { defaultOf } from "../eval/evaluate.ts";
import { formatBytes, formatValue } from "../eval/format.ts";
import { type Label, isDefinition, isHidden, isLet, isPlainName, isRegular, nameOfLabel } from "../eval/label.ts";
import { orderedArcs } from "../eval/order.ts";
import { wakeFields } from "../eval/dormant.ts";
import type { Run } from "../eval/run.ts";
import { unify } from "../eval/unify.ts";
import type { Base, Value } from "../eval/values.ts";
import { Vertex, optional, required, target } from "../eval/vertex.ts";
import { escapeText } from "../eval/format.ts";
import type { SyntaxOptions } from "../value.ts";
import type { UsedPackages } from "./outside.ts";
import { SchemaExport } from "./schema.ts";

/**
 * CUE text of a value. With `final` or `concrete` it is what the value is, defaults taken; with `raw` what was written;
 * else what was written with the references followed that lead out of it, so that the text stands alone.
 */
export function syntaxOf(run: Run, vertex: Vertex, options: SyntaxOptions): string {
  run.spend(1);
  const used: UsedPackages = new Map();
  if (options.final === true || options.concrete === true) {
    return pretty(finalText({ run, options, used }, vertex, 0), used);
  }
  const exporter = new SchemaExport(run, options, used);
  return printed(exporter.tree(vertex), used);
}

/** The text as the formatter has it; as it is where it is no expression. */
function pretty(text: string, used: UsedPackages): string {
  const { expr, diagnostics } = parseExpression(text);
  return diagnostics.length > 0 ? text : printed(expr, used);
}

/** Where packages are used it is a file with imports, else an expression. */
function printed(tree: Tree, used: UsedPackages): string {
  if (used.size === 0) return formatNode(tree);
  const decls: Decl[] = [importsOf(used), ...fileDecls(tree)];
  return formatFile(Object.assign(parseFile("").file, { decls }));
}

function fileDecls(tree: Tree): readonly Decl[] {
  if (tree.kind !== "struct") return [{ kind: "embed", start: 0, end: 0, expr: tree }];
  return (tree as StructLit).decls.map((decl, index) =>
    index === 0 ? ({ ...decl, relPos: "section" } as Decl) : decl,
  );
}

function importsOf(used: UsedPackages): ImportDecl {
  const specs = [...used].map(([localName, path]) => ({
    kind: "import-spec" as const,
    start: 0,
    end: 0,
    relPos: "newline" as const,
    name: path.endsWith(localName) ? undefined : ({ kind: "ident", start: 0, end: 0, name: localName } as const),
    path: { kind: "literal" as const, start: 0, end: 0, type: "string" as const, text: JSON.stringify(path) },
    importPath: path,
    localName,
  }));
  return { kind: "import", start: 0, end: 0, specs, parenthesized: specs.length > 1 };
}

interface Final {
  readonly run: Run;
  readonly options: SyntaxOptions;
  readonly used: UsedPackages;
}

const deepest = 200;

function finalText(final: Final, vertex: Vertex, depth: number): string {
  unify(final.run, vertex);
  const holder = target(vertex);
  if (holder.bottom !== undefined) return `_|_ // ${oneLine(holder.bottom.message())}\n`;
  const plain = defaultOf(holder);
  if (!(plain instanceof Vertex)) return valueText(final, plain, depth);
  const chosen = target(plain);
  const { base } = chosen;
  if (base === undefined) return "_";
  if (depth > deepest) return "…";
  if (base.tag === "list") {
    const elements = chosen.arcs
      .filter((arc) => typeof arc.label === "number")
      .map((arc) => finalText(final, arc, depth + 1));
    return `[${elements.join(", ")}]`;
  }
  if (base.tag !== "struct") return valueText(final, base, depth);
  return structText(final, chosen, depth);
}

function structText(final: Final, vertex: Vertex, depth: number): string {
  const { options } = final;
  const fields: string[] = [];
  if (options.optional === true) wakeFields(vertex);
  for (const arc of orderedArcs(vertex)) {
    if (!isShown(arc, options)) continue;
    const mark = arc.arcType === optional ? "?" : arc.arcType === required ? "!" : "";
    fields.push(`${labelText(arc.label)}${mark}: ${finalText(final, arc, depth + 1)}`);
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

function valueText(final: Final, value: Value, depth: number): string {
  if (value instanceof Vertex) return finalText(final, value, depth + 1);
  switch (value.tag) {
    case "atom":
      return scalarText(value);
    case "disjunction":
      return value.values
        .map((part, i) => `${i < value.defaults ? "*" : ""}${valueText(final, part, depth + 1)}`)
        .join(" | ");
    case "conjunction":
      return value.values.map((part) => valueText(final, part, depth)).join(" & ");
    case "bound":
      return `${value.op}${scalarText(value.value)}`;
    case "bottom":
      return `_|_ // ${oneLine(value.message())}\n`;
    case "validator":
      if (value.func.pkg !== "")
        final.used.set(value.func.pkg.slice(value.func.pkg.lastIndexOf("/") + 1), value.func.pkg);
      return formatValue(value);
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
