import type { Decl, Expr, File } from "../syntax/ast.ts";
import { aboveDoc, belowDoc, leadingRelPos, placedComments } from "./comments.ts";
import { deepNodesOf } from "./deep-nodes.ts";
import { type Doc, concatAll, table } from "./doc.ts";
import { inlineDoc } from "./brackets.ts";
import { Formatter, tooDeep } from "./formatter.ts";
import { render } from "./render.ts";
import { type Simplifier, noSimplifier, simplifierOf } from "./simplify.ts";

/** How text is laid out. */
export interface FormatOptions {
  /** `cue fmt -s`: joins structs of one field, unquotes labels where that changes nothing, `[string]: _` becomes `...`. */
  readonly simplify?: boolean;
  /** Sets documented fields apart from definitions and other declarations before them. */
  readonly houseStyle?: boolean;
}

/**
 * The canonical text of a file (CUE's formatv2): the author's lines stay, everything within them is set. Formatting the
 * result again changes nothing, and it parses to the same tree. Only for files without diagnostics.
 */
export function formatFile(file: File, options: FormatOptions = {}): string {
  const simplifier = options.simplify ? simplifierOf(file) : noSimplifier;
  return format(file, { ...options, simplifier }, (formatter) => fileDoc(formatter, file));
}

/** The text of an expression or a declaration, without a line break at its end. */
export function formatNode(node: Expr | Decl, options: FormatOptions = {}): string {
  const simplifier = options.simplify ? simplifierOf(node) : noSimplifier;
  const text = format(node, { ...options, simplifier }, (formatter) =>
    isDecl(node) ? inlineDoc(formatter.rows([node])) : formatter.expr(node),
  );
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

const declKinds = new Set([
  "package",
  "import",
  "field",
  "ellipsis",
  "let",
  "comprehension",
  "embed",
  "attribute",
  "comments",
  "bad-decl",
]);

function isDecl(node: Expr | Decl): node is Decl {
  return declKinds.has(node.kind);
}

function format(
  root: object,
  options: FormatOptions & { readonly simplifier: Simplifier },
  make: (formatter: Formatter) => Doc,
): string {
  const formatter = new Formatter({ houseStyle: options.houseStyle ?? false, simplifier: options.simplifier });
  try {
    return render(make(formatter));
  } catch (error) {
    if (error !== tooDeep) throw error;
  }
  for (const node of deepNodesOf(root)) {
    formatter.reset();
    formatter.known.set(node, formatter.body(node));
  }
  formatter.reset();
  return render(make(formatter));
}

function fileDoc(formatter: Formatter, file: File): Doc {
  const { above, header, trailing, below } = placedComments(file);
  const rows = formatter.rows(file.decls);
  const parts: Doc[] = [];
  const first = file.decls[0];
  const lead = aboveDoc([...header, ...above], first === undefined ? undefined : leadingRelPos(first));
  if (lead !== undefined) parts.push(lead);
  const onOneLine = rows.every((row, index) => index === 0 || row.before === undefined);
  parts.push(onOneLine && rows.length > 1 ? inlineDoc(rows) : table(rows));
  const rest = belowDoc(trailing === undefined ? below : [trailing, ...below]);
  if (rest !== undefined) parts.push(rest);
  return concatAll(parts);
}
