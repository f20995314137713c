import { builtinPackage, builtinPackagePaths } from "./library/index.ts";
import type { BuiltinPackage } from "./library/builtin.ts";
import type { Diagnostic } from "@lateen/base";
import { type SourceFile, compileInstance } from "./compile/instance.ts";
import type { Decl, Expr } from "./compile/ir.ts";
import { structPlan } from "./compile/plan.ts";
import { identLabel } from "./eval/label.ts";
import { valueOfNative } from "./eval/lazy.ts";
import type { Packages } from "./eval/run.ts";
import { type Value, bottom, funcValue } from "./eval/values.ts";
import { type Conjunct, Vertex, finalized, noLineage } from "./eval/vertex.ts";
import type { PackageSource } from "./context.ts";

const builtinPaths = new Set(builtinPackagePaths());

/** The packages that programs can import: the standard library's and those registered. Built when first imported. */
export class PackageTable implements Packages {
  readonly #sources = new Map<string, PackageSource>();
  readonly #built = new Map<string, Vertex>();
  readonly #building: string[] = [];

  register(path: string, source: PackageSource): void {
    this.#sources.set(path, source);
    this.#built.delete(path);
  }

  has(path: string): boolean {
    return this.#sources.has(path) || builtinPaths.has(path);
  }

  /** What can be imported. */
  paths(): readonly string[] {
    return [...this.#sources.keys(), ...builtinPaths];
  }

  vertexOf(path: string): Vertex | undefined {
    let vertex = this.#built.get(path);
    if (vertex !== undefined) return vertex;
    const source = this.#sources.get(path);
    if (source !== undefined) vertex = this.#compile(path, source);
    else {
      const builtin = builtinPackage(path);
      if (builtin === undefined) return undefined;
      vertex = this.#builtinVertex(builtin);
    }
    this.#built.set(path, vertex);
    return vertex;
  }

  /** The path of a package that was imported, by its vertex. */
  pathOf(vertex: Vertex): string | undefined {
    for (const [path, built] of this.#built) if (built === vertex) return path;
    return undefined;
  }

  #compile(path: string, source: PackageSource): Vertex {
    const given = typeof source === "function" ? source() : source;
    const files: readonly SourceFile[] = typeof given === "string" ? [{ name: `${path}.cue`, text: given }] : given;
    this.#building.push(path);
    const { conjuncts, diagnostics, imports } = compileInstance(files, {
      scope: undefined,
      inScope: () => false,
      hasPackage: (name) => this.has(name),
      packagePaths: () => this.paths(),
      tags: [],
      packagePath: path,
    });
    let cycle: string | undefined;
    for (const name of imports) {
      if (this.#building.includes(name)) cycle = name;
      else if (this.#sources.has(name)) this.vertexOf(name);
    }
    this.#building.pop();
    if (cycle !== undefined) return failed(`import cycle: ${[...this.#building, path, cycle].join(" → ")}`);
    if (diagnostics.length > 0) return failed(messageOf(diagnostics));
    return new Vertex(undefined, "", [...conjuncts]);
  }

  #builtinVertex(builtin: BuiltinPackage): Vertex {
    const decls: Decl[] = builtin.functions.map((func) => field(func.name, funcValue(func, builtin.path)));
    for (const [name, value] of Object.entries(builtin.constants)) decls.push(field(name, valueOfNative(value)));
    const conjuncts: Conjunct[] = [
      {
        expr: structPlan(decls, undefined),
        env: undefined,
        lineage: noLineage,
      },
    ];
    if (builtin.source !== undefined) {
      const { conjuncts: own } = compileInstance([{ name: `${builtin.path}.cue`, text: unwrapped(builtin.source) }], {
        scope: undefined,
        inScope: () => false,
        hasPackage: (name) => this.has(name),
        tags: [],
        packagePath: builtin.path,
      });
      conjuncts.push(...own);
    }
    return new Vertex(undefined, "", conjuncts);
  }
}

/** A struct literal as the text of a file. */
function unwrapped(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith("{") && trimmed.endsWith("}") ? trimmed.slice(1, -1) : trimmed;
}

function field(name: string, value: Value): Decl {
  const expr: Expr = { kind: "value", value, src: undefined };
  return { kind: "field", label: identLabel(name, ""), arcType: 0, value: expr, src: undefined };
}

function messageOf(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => diagnostic.message).join("; ");
}

/** A package that cannot be used: whatever is selected from it is this error. */
function failed(message: string): Vertex {
  const value = bottom({ message });
  const vertex = new Vertex(undefined, "", [
    { expr: { kind: "value", value, src: undefined }, env: undefined, lineage: noLineage },
  ]);
  vertex.bottom = value;
  vertex.status = finalized;
  vertex.isComplete = true;
  return vertex;
}
