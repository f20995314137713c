import type { Decl, File } from "../../src/syntax/ast.ts";
import { formatFile, formatNode } from "../../src/format/format.ts";
import type { SyntaxOptions, Value } from "../../src/index.ts";
import { parseFile } from "../../src/syntax/parser.ts";
import { CueValue } from "../../src/cue-value.ts";
import { hasDocs } from "../../src/export/nodes.ts";
import { formatLabel } from "../../src/eval/label.ts";
import { target } from "../../src/eval/vertex.ts";
import type { Answer, CueCase } from "../case.ts";
import { instanceOf } from "./evaluation.ts";

/** A value as CUE text in the suite's named forms. */
export function answerText(item: CueCase): Answer {
  const value = instanceOf(item);
  const texts: Record<string, string> = {};
  for (const name of item.ask.texts) texts[name] = textOf(name, value, item);
  return { ok: true, texts };
}

function textOf(name: string, value: Value, item: CueCase): string {
  if (name === "value") return valueText(value);
  if (name === "doc") return docText(value, item);
  if (name.startsWith("self/"))
    return definitionText(value, item, { selfContained: true, inlineImports: name === "self/expand_imports" });
  return definitionText(value, item, {});
}

const everything = { definitions: true, hidden: true, optional: true } as const;

const forms: readonly (readonly [name: string, options: SyntaxOptions])[] = [
  ["Simplified", { evaluated: "defaults kept", docs: true, namesRanges: true }],
  ["Raw", { evaluated: "defaults kept", docs: true, namesRanges: false, ...everything }],
  ["Final", { final: true, namesRanges: true }],
  ["All", { evaluated: "defaults kept", docs: true, namesRanges: true, attributes: true, ...everything }],
  ["Eval", { evaluated: "defaults taken", definitions: true, optional: true, attributes: true, namesRanges: false }],
];

function valueText(value: Value): string {
  const [error] = value.validate();
  return forms
    .map(([name, options]) => {
      const isWhole = name !== "All" && error !== undefined;
      const text = isWhole
        ? `_|_ // ${pathText(error.path)}${error.message}`
        : laidOut(value.syntax({ ...options, errorPaths: true, simplify: true }));
      return `== ${name}\n${text.trimEnd()}\n`;
    })
    .join("");
}

function pathText(path: readonly (string | number)[]): string {
  return path.length === 0 ? "" : `${path.join(".")}: `;
}

/** The expression alone, without the imports that it would need as a file. */
function laidOut(text: string): string {
  const { file, diagnostics } = parseFile(text);
  const [first, ...decls] = file.decls;
  if (diagnostics.length > 0 || first?.kind !== "import") return text;
  const [only] = decls;
  if (decls.length === 1 && only?.kind === "embed") return formatNode(only.expr);
  const [opening, ...rest] = decls;
  const laid = opening === undefined ? [] : [{ ...opening, relPos: "newline" } as Decl, ...rest];
  return formatNode({ kind: "struct", start: 0, end: 0, decls: laid, braces: true, closeRelPos: "newline" });
}

/** The definition: package clause, imports and what was written. */
function definitionText(value: Value, item: CueCase, options: SyntaxOptions): string {
  const text = value.syntax({
    docs: true,
    simplify: true,
    attributes: true,
    namesRanges: true,
    ...everything,
    ...options,
  });
  const first = parseFile(item.files[item.entry[0] ?? ""] ?? "").file;
  const written = unwrapped(parseFile(text).file);
  const clause = first.decls.find((decl) => decl.kind === "package");
  const head: Decl[] = clause === undefined ? [] : [clause];
  const file: File = Object.assign(parseFile("").file, {
    decls: [...head, ...written.map((decl, at) => apartFromHead(decl, at === 0 && head.length > 0))],
  });
  return formatFile(file);
}

/** What comes first after the package clause stands apart from it. */
function apartFromHead(decl: Decl, isFirst: boolean): Decl {
  if (decl.kind !== "import" && (!isFirst || hasDocs(decl))) return decl;
  return { ...decl, relPos: "section" } as Decl;
}

/** A file of one struct as that struct's declarations. */
function unwrapped(file: File): readonly Decl[] {
  const [only] = file.decls;
  if (file.decls.length !== 1 || only?.kind !== "embed" || only.expr.kind !== "struct") return file.decls;
  return only.expr.decls;
}

function docText(value: Value, item: CueCase): string {
  const lines: string[] = [];
  walk(value, [], lines);
  const { decls } = parseFile(item.files[item.entry[0] ?? ""] ?? "").file;
  const about = decls.find((decl) => decl.kind === "package")?.comments ?? [];
  const texts = about.map((group) => `- ${group.lines.map((line) => line.replace(/^\/\/ ?/, "")).join("\n")}\n`);
  lines.splice(1, 0, ...texts);
  return `${lines.join("\n")}\n`;
}

function walk(value: Value, path: readonly string[], lines: string[]): void {
  lines.push(`[${path.join(" ")}]`);
  for (const doc of new Set(value.doc)) lines.push(`- ${doc}`, "");
  if (path.length > 30) return;
  const fields = new Map(value.fields(everything).map((field) => [field.selector, field.value]));
  for (const name of declaredNames(value)) {
    const field = fields.get(name);
    if (field !== undefined) walk(field, [...path, name], lines);
    else if (value.kind === "list" && name.startsWith("#")) walk(value.lookupPath(name), [...path, name], lines);
    else if (name.startsWith("let ")) lines.push(`[${[...path, name.slice(4)].join(" ")}]`);
    fields.delete(name);
  }
  for (const [name, field] of fields) walk(field, [...path, name], lines);
  for (const [index, element] of value.elements().entries()) walk(element, [...path, String(index)], lines);
}

/** Names of fields and `let` clauses in the order of the literals that declare them. */
function declaredNames(value: Value): string[] {
  if (!(value instanceof CueValue)) return [];
  const names: string[] = [];
  for (const { plan } of target(value.vertex).literals ?? []) {
    const node = plan?.src?.node;
    if (node?.kind !== "struct" && node?.kind !== "file") continue;
    const labels = new Map((plan?.decls ?? []).map((decl) => [decl.src?.node, decl]));
    for (const decl of node.decls) {
      const planned = labels.get(decl);
      if (decl.kind === "let") names.push(`let ${decl.name.name}`);
      else if (planned?.kind === "field") names.push(formatLabel(planned.label));
    }
  }
  return names;
}
