import type { Decl, Expr as Tree, File, ImportDecl, StructLit } from "../syntax/ast.ts";
import { formatFile, formatNode } from "../format/index.ts";
import { parseFile } from "../syntax/index.ts";
import type { Run } from "../eval/run.ts";
import { type Vertex, target } from "../eval/vertex.ts";
import type { SyntaxOptions } from "../value.ts";
import { Export, type Profile } from "./exporter.ts";
import { embedOf, hasDocs, ident, isStructTree, madeField, place, structOf } from "./nodes.ts";
import { Pivot, isClosedThroughout } from "./pivot.ts";
import { sanitized } from "./sanitize.ts";
import { takeNamesOf } from "./used-names.ts";
import { valueTree } from "./value-tree.ts";
import { expression } from "./expression.ts";
import { merged, written } from "./written.ts";

/**
 * CUE text of a value. With `final` or `concrete` it is what the value is, defaults taken; with `raw` what was written;
 * else what was written with what it refers to outside of itself, so that the text stands alone.
 */
export function syntaxOf(run: Run, vertex: Vertex, options: SyntaxOptions): string {
  run.spend(1);
  const { file, hasImports } = syntaxFile(run, vertex, options);
  if (hasImports || file.packageName !== undefined) return formatFile(file);
  const [only] = file.decls;
  if (file.decls.length === 1 && only?.kind === "embed") return formatNode(only.expr);
  return formatNode(structOf(file.decls));
}

const writers = { value: valueTree, written, merged, expression };

export interface SyntaxFile {
  readonly file: File;
  readonly hasImports: boolean;
}

/** The same as a file's tree: imports, declarations, and the clauses that make it stand alone. */
export function syntaxFile(run: Run, vertex: Vertex, options: SyntaxOptions): SyntaxFile {
  const {
    final = false,
    concrete = false,
    evaluated,
    raw = false,
    selfContained = false,
    inlineImports = false,
  } = options;
  const isValue = final || concrete || evaluated !== undefined;
  const x = new Export(run, profileOf(options), writers);
  x.packageName = packageOf(vertex);
  takeNamesOf(x.names, vertex);
  const standsAlone = selfContained || inlineImports || (vertex.parent !== undefined && !raw && !concrete);
  const pivot = standsAlone ? new Pivot(x, vertex) : undefined;
  x.pivot = pivot;
  const tree = isValue ? valueTree(x, vertex) : definitionTree(x, vertex, raw);
  const decls = [...(isStructTree(tree) ? tree.decls : [embedOf(tree)]), ...(pivot?.clauses() ?? [])];
  const cleaned = sanitized(x, decls);
  const imports = x.used.size === 0 ? [] : [importsOf(x.used)];
  const all: Decl[] = [...imports, ...cleaned];
  const [, first] = all;
  if (imports.length > 0 && first !== undefined) all[1] = apart(first);
  return { file: Object.assign(parseFile("").file, { decls: all }), hasImports: imports.length > 0 };
}

/** An empty line before a declaration and its documentation. */
function apart(decl: Decl): Decl {
  if (!hasDocs(decl) || !("comments" in decl)) return { ...decl, relPos: "section" } as Decl;
  const [first, ...rest] = decl.comments!;
  return { ...decl, comments: [{ ...first!, relPos: "section" }, ...rest] } as Decl;
}

/** A value that a definition closes becomes a definition of its own. */
function definitionTree(x: Export, vertex: Vertex, isFragment: boolean): Tree {
  if (!isClosedThroughout(vertex)) return written(x, vertex);
  x.inDefinition++;
  const tree = written(x, vertex);
  x.inDefinition--;
  if (tree.kind === "struct" && tree.decls.some((decl) => decl.kind === "embed" && isDefinitionReference(decl.expr)))
    return tree;
  if (isFragment || target(vertex).base?.tag !== "struct") return tree;
  return structOf([embedOf(ident("_#def")), { ...madeField("", tree, {}), label: ident("_#def") }]);
}

function isDefinitionReference(tree: Tree): boolean {
  if (tree.kind === "ident") return /^_?#/.test(tree.name);
  if (tree.kind === "selector")
    return (tree.selector.kind === "ident" && /^_?#/.test(tree.selector.name)) || isDefinitionReference(tree.expr);
  return tree.kind === "index" && isDefinitionReference(tree.expr);
}

function profileOf(options: SyntaxOptions): Profile {
  const { final = false, concrete = false, evaluated } = options;
  const isFinal = final || concrete;
  return {
    isFinal,
    takesDefaults: isFinal || evaluated === "defaults taken",
    simplifies: options.namesRanges ?? options.raw !== true,
    optional: options.optional ?? false,
    definitions: options.definitions ?? false,
    hidden: options.hidden ?? false,
    docs: options.docs ?? false,
    attributes: options.attributes ?? (!isFinal && evaluated === undefined),
    joins: options.simplify ?? false,
    errorPaths: options.errorPaths ?? false,
    showsErrors: options.showsErrors ?? true,
    inlineImports: options.inlineImports ?? false,
  };
}

function importsOf(used: ReadonlyMap<string, string>): ImportDecl {
  const specs = [...used].map(([localName, path]) => ({
    kind: "import-spec" as const,
    ...place,
    relPos: "newline" as const,
    name: qualifierOf(path) === localName ? undefined : ident(localName),
    path: { kind: "literal" as const, ...place, type: "string" as const, text: JSON.stringify(path) },
    importPath: path,
    localName,
  }));
  return { kind: "import", ...place, specs, parenthesized: specs.length > 1 };
}

/** The name that a path binds by itself. */
function qualifierOf(path: string): string {
  const named = /:([^/:]+)$/.exec(path);
  if (named !== null) return named[1]!;
  return (
    path
      .replace(/@v\d+$/, "")
      .split("/")
      .at(-1) ?? path
  );
}

export function packageOf(vertex: Vertex): string {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) {
    for (const { expr } of at.conjuncts) {
      const name = expr.src?.file.packageName;
      if (name !== undefined) return name;
    }
  }
  return "_";
}

export type { StructLit };
