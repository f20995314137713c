import { builtinPackagePaths } from "../library/index.ts";
import type { Context } from "../context.ts";
import { parseFile } from "../syntax/index.ts";
import type { Label } from "../syntax/ast.ts";
import { unquote } from "../syntax/literal.ts";
import { formatNode } from "../format/format.ts";
import { quoteString } from "../syntax/quote.ts";
import { CueError, type Value } from "../value.ts";
import { type Arguments, CommandError } from "./arguments.ts";
import type { DataFile } from "./read-data.ts";

/** Where data goes: `--path`, `--list` and `--with-context`. */
export interface Placement {
  readonly paths: readonly string[];
  readonly isList: boolean;
  /** The labels are told of the file too: `filename`, `index`, `recordCount`, `data`. */
  readonly withContext: boolean;
}

export function placementOf(flags: Arguments): Placement {
  return {
    paths: flags.all("path"),
    isList: flags.flag("list") === true,
    withContext: flags.flag("with-context") === true,
  };
}

/**
 * Each document at its place: a label for each `--path`, an expression over the document (`strings.ToLower(kind)`) or
 * labels that end in a colon (`"x": y:`). With `--list` those of one place become a list.
 */
export function placed(context: Context, files: readonly DataFile[], placement: Placement): Value[] {
  const lists = new Map<string, Value[]>();
  const values: Value[] = [];
  const places = new Set<string>();
  for (const { name, documents } of files)
    for (const [index, value] of documents.entries()) {
      const scope = placement.withContext
        ? context
            .compile(`filename: ${quoteString(name)}, index: ${index}, recordCount: ${documents.length}`)
            .fillPath("data", value)
        : value;
      const path = placement.paths.flatMap((text) => labelsOf(context, text, scope)).join(".");
      if (path !== "") places.add(path);
      if (placement.isList) lists.set(path, [...(lists.get(path) ?? []), value]);
      else values.push(path === "" ? value : context.compile("{}").fillPath(path, value));
    }
  for (const [path, elements] of lists) {
    const list = context.encode(elements.map((element) => element.toJSON()));
    values.push(path === "" ? list : context.compile("{}").fillPath(path, list));
  }
  if (places.size < 2) return values;
  // The order of the documents is that of the fields.
  const order = [...places].map((path) => `${path.replaceAll(/\.(?=(?:[^"]|"(?:[^"\\]|\\.)*")*$)/g, ": ")}: _\n`);
  return [context.compile(order.join("")), ...values];
}

function labelsOf(context: Context, text: string, scope: Value): string[] {
  if (!text.trimEnd().endsWith(":")) return [quoteString(labelText(context, text, scope))];
  const { file, diagnostics } = parseFile(`${text} _`);
  const labels: string[] = [];
  let [decl] = file.decls;
  while (decl?.kind === "field") {
    labels.push(selectorOf(context, decl.label, scope));
    const { value } = decl;
    decl = value.kind === "struct" && !value.braces ? value.decls[0] : undefined;
  }
  if (diagnostics.length > 0 || labels.length === 0) throw new CommandError(`expression is not a valid label: ${text}`);
  return labels;
}

function selectorOf(context: Context, label: Label, scope: Value): string {
  if (label.kind === "ident") return label.name;
  if (label.kind === "literal") {
    const { kind, value } = unquote(label.text) as { readonly kind: string; readonly value: unknown };
    return quoteString(kind === "string" ? String(value) : label.text);
  }
  if (label.kind === "interpolation") return quoteString(labelText(context, formatNode(label), scope));
  if (label.kind === "paren-label") return quoteString(labelText(context, formatNode(label.expr), scope));
  throw new CommandError("a pattern is no place for data");
}

/** The text that an expression over a document gives. The packages of the standard library are at hand. */
function labelText(context: Context, text: string, scope: Value): string {
  const packages = builtinPackagePaths().filter((path) =>
    new RegExp(`(?<![\\w."])${path.slice(path.lastIndexOf("/") + 1)}\\.[A-Z]`).test(text),
  );
  const imports = packages.map((path) => `import ${quoteString(path)}\n`).join("");
  const label = context.compile(`${imports}out: ${text}`, { scope }).lookupPath("out");
  try {
    const found = label.toJSON();
    if (typeof found === "string") return found;
  } catch (error) {
    if (!(error instanceof CueError)) throw error;
    throw new CommandError(`error evaluating label ${text}: ${error.diagnostics[0]?.message ?? ""}`);
  }
  throw new CommandError(`error evaluating label ${text}: it is no string`);
}
