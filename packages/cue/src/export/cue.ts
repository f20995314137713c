import { formatFile, formatNode } from "../format/index.ts";
import type { Decl, Expr as Tree, ImportDecl, StructLit } from "../syntax/ast.ts";
import { parseFile } from "../syntax/index.ts";
import type { Run } from "../eval/run.ts";
import type { Vertex } from "../eval/vertex.ts";
import type { SyntaxOptions } from "../value.ts";
import type { UsedPackages } from "./outside.ts";
import { SchemaExport } from "./schema.ts";
import { ValueExport, type ValueProfile } from "./value-tree.ts";

/**
 * CUE text of a value. With `final` or `concrete` it is what the value is, defaults taken; with `raw` what was written;
 * else what was written with the references followed that lead out of it, so that the text stands alone.
 */
export function syntaxOf(run: Run, vertex: Vertex, options: SyntaxOptions): string {
  run.spend(1);
  const used: UsedPackages = new Map();
  const profile = profileOf(options);
  if (profile !== undefined) return printed(new ValueExport(run, profile, used).tree(vertex), used);
  const exporter = new SchemaExport(run, options, used);
  return printed(exporter.tree(vertex), used);
}

/** What of the evaluated value is shown; nothing where the text is to be what was written. */
function profileOf(options: SyntaxOptions): ValueProfile | undefined {
  const { final = false, concrete = false, evaluated } = options;
  if (!final && !concrete && evaluated === undefined) return undefined;
  return {
    isFinal: final || concrete,
    takesDefaults: evaluated === "defaults taken",
    namesRanges: options.namesRanges ?? false,
    optional: options.optional ?? false,
    definitions: options.definitions ?? false,
    hidden: options.hidden ?? false,
    docs: options.docs ?? false,
    joins: options.simplify ?? false,
    errorPaths: options.errorPaths ?? false,
  };
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
