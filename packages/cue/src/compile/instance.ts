import type { Diagnostic } from "@lateen/base";
import type { File } from "../syntax/ast.ts";
import { parseFile } from "../syntax/index.ts";
import type { Label } from "../eval/label.ts";
import { type Conjunct, type Vertex, noLineage } from "../eval/vertex.ts";
import { Group, noLevel } from "../eval/closedness.ts";
import { packagePathOf } from "./import-path.ts";
import { compileFile, topLevelFields } from "./compile.ts";
import { injectTags } from "./inject.ts";

export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

export interface InstanceEnvironment {
  readonly scope: Vertex | undefined;
  readonly inScope: (label: Label) => boolean;
  readonly hasPackage: (path: string) => boolean;
  readonly packagePaths?: () => readonly string[];
  /** Names that `@if` knows as true, and `key=value` for `@tag`. */
  readonly tags: readonly string[];
  /** The path that hidden names belong to; the package clause's name without it. */
  readonly packagePath?: string;
}

export interface Instance {
  readonly conjuncts: readonly Conjunct[];
  readonly diagnostics: readonly Diagnostic[];
  readonly files: readonly File[];
  /** Paths that its files import. */
  readonly imports: readonly string[];
}

/** Parses and compiles files that belong together: their top-level fields see each other. */
export function compileInstance(files: readonly SourceFile[], environment: InstanceEnvironment): Instance {
  const diagnostics: Diagnostic[] = [];
  const parsed: File[] = [];
  for (const { name, text } of files) {
    const result = parseFile(text, { filename: name });
    diagnostics.push(...result.diagnostics);
    parsed.push(result.file);
  }
  const included = parsed.filter((file) => isIncluded(file, environment.tags));
  diagnostics.push(...injectTags(included, environment.tags));
  const packageName = included.find((file) => file.packageName !== undefined)?.packageName;
  const hiddenPackage = environment.packagePath ?? packageName ?? "_";
  const packageFields = new Map<string, Label>();
  for (const file of included)
    for (const [name, label] of topLevelFields(file, hiddenPackage)) packageFields.set(name, label);
  const conjuncts: Conjunct[] = [];
  const lineage = included.length > 1 ? { ...noLineage, group: new Group(undefined, noLevel, 0) } : noLineage;
  for (const file of included) {
    const { plan, diagnostics: errors } = compileFile(file, { ...environment, packageFields, hiddenPackage });
    diagnostics.push(...errors);
    conjuncts.push({ expr: plan, env: undefined, lineage });
  }
  const imports = included.flatMap((file) => file.imports.map((spec) => packagePathOf(spec, environment.hasPackage)));
  return { conjuncts, diagnostics, files: included, imports };
}

/** `@if(expr)` before the package clause: names joined by `&&`, `||`, `!` and parentheses. */
function isIncluded(file: File, tags: readonly string[]): boolean {
  for (const decl of file.decls) {
    if (decl.kind === "attribute") {
      if (decl.name === "ignore") return false;
      if (decl.name === "if" && !holds(decl.body, new Set(tags))) return false;
    } else if (decl.kind !== "comments") return true;
  }
  return true;
}

/** The value of a build constraint. */
function holds(text: string, tags: ReadonlySet<string>): boolean {
  const tokens = text.match(/&&|\|\||[!()]|[A-Za-z0-9_]+/g) ?? [];
  let at = 0;
  const or = (depth: number): boolean => {
    let value = and(depth);
    while (tokens[at] === "||") {
      at++;
      const right = and(depth);
      value ||= right;
    }
    return value;
  };
  const and = (depth: number): boolean => {
    let value = unary(depth);
    while (tokens[at] === "&&") {
      at++;
      const right = unary(depth);
      value &&= right;
    }
    return value;
  };
  const unary = (depth: number): boolean => {
    let negated = false;
    while (tokens[at] === "!") {
      at++;
      negated = !negated;
    }
    let value: boolean;
    if (tokens[at] === "(" && depth < 100) {
      at++;
      value = or(depth + 1);
      if (tokens[at] === ")") at++;
    } else value = tags.has(tokens[at++] ?? "");
    return value !== negated;
  };
  return or(0);
}
