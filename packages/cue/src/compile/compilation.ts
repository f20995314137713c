/** The compilation of one file: what is wrong with it, where the compiler is, and what is still to be compiled. */
import type { Diagnostic } from "@lateen/base";
import type * as ast from "../syntax/ast.ts";
import type { Label } from "../eval/label.ts";
import { type Value, bottom } from "../eval/values.ts";
import type { Vertex } from "../eval/vertex.ts";
import { compileAdvice } from "./advice.ts";
import type { Expr, Source } from "./ir.ts";

export interface CompileEnvironment {
  /** Top-level fields of all files of the instance. */
  readonly packageFields: ReadonlyMap<string, Label>;
  /** The package that hidden names belong to. */
  readonly hiddenPackage: string;
  /** Names that the text may use without declaring them. */
  readonly scope: Vertex | undefined;
  /** Whether a name is there in `scope`. */
  readonly inScope: (label: Label) => boolean;
  readonly hasPackage: (path: string) => boolean;
  /** What can be imported, for those who name something else. */
  readonly packagePaths?: () => readonly string[];
}

/** Where the compiler is, as a list: texts may nest deeply, and few places are ever told. */
interface PathStep {
  readonly up: PathStep | undefined;
  readonly name: string;
}

function pathOf(step: PathStep | undefined): string[] {
  const names: string[] = [];
  for (let at = step; at !== undefined; at = at.up) names.push(at.name);
  return names.reverse();
}

/** Expressions within each other are compiled, and evaluated, on the stack; fields and elements are not. */
const maxNesting = 1_000;

export class Compilation {
  readonly diagnostics: Diagnostic[] = [];
  readonly file: ast.File;
  readonly environment: CompileEnvironment;
  /** Values to be compiled later, and checks for when all of them are: the list is worked off from its end. */
  readonly work: (() => void)[] = [];
  readonly experiments: ReadonlySet<string>;
  /** Labels whose expression is being compiled. */
  readonly keys = new Set<ast.Label>();
  path: PathStep | undefined;
  /** How many expressions, one within the other, are being compiled. */
  #nesting = 0;

  constructor(file: ast.File, environment: CompileEnvironment) {
    this.file = file;
    this.environment = environment;
    this.experiments = experimentsOf(file);
  }

  finish(): void {
    for (let work = this.work.pop(); work !== undefined; work = this.work.pop()) work();
  }

  /** Whether an expression may be compiled within those that are; else an error says that it may not. */
  enter(node: { readonly start: number }): boolean {
    if (this.#nesting >= maxNesting) {
      this.error(node, `expressions nested deeper than ${maxNesting}`, "give a part of it a name of its own");
      return false;
    }
    this.#nesting++;
    return true;
  }

  leave(): void {
    this.#nesting--;
  }

  source(node: Source["node"]): Source {
    return { file: this.file, node };
  }

  error(node: { readonly start: number }, message: string, help?: string): Value {
    this.diagnostics.push({
      code: "compile",
      message,
      severity: "error",
      pos: this.file.posOf(node.start),
      path: pathOf(this.path),
      causes: [],
      help: help ?? compileAdvice(message),
    });
    return bottom({ message });
  }

  bad(node: ast.Expr | ast.Label | ast.Clause, message: string, help?: string): Expr {
    return { kind: "value", value: this.error(node, message, help), src: this.source(node) };
  }
}

function experimentsOf(file: ast.File): ReadonlySet<string> {
  const names = new Set<string>();
  for (const decl of file.decls) {
    if (decl.kind !== "attribute" || decl.name !== "experiment") continue;
    for (const name of decl.body.split(",")) names.add(name.trim());
  }
  return names;
}
