import { type Budget, type Diagnostic, type JsonValue, defaultBudget } from "@lateen/base";
import { CueValue } from "./cue-value.ts";
import { compileInstance, type SourceFile } from "./compile/instance.ts";
import { DataNode } from "./compile/data-node.ts";
import { type Label } from "./eval/label.ts";
import { lookupLabel } from "./eval/look.ts";
import { type Counters, Run } from "./eval/run.ts";
import { Vertex, noLineage } from "./eval/vertex.ts";
import { PackageTable } from "./packages.ts";
import type { CompileOptions, DataOptions, Value } from "./value.ts";

/** A package's text, or a function that gives it when it is first imported. */
export type PackageSource = string | readonly SourceFile[] | (() => string | readonly SourceFile[]);

/**
 * Where programs are compiled. It holds the packages that they may import, and nothing of the programs themselves:
 * values live as long as somebody holds them.
 */
export class Context {
  readonly #packages: PackageTable;
  readonly #run: Run;

  constructor() {
    this.#packages = new PackageTable();
    this.#run = new Run(this.#packages);
  }

  /** What evaluations of this context have done so far. */
  get counters(): Readonly<Counters> {
    return this.#run.counters;
  }

  /** Makes a package importable. The source is read when it is imported first. */
  registerPackage(path: string, source: PackageSource): void {
    this.#packages.register(path, source);
  }

  /** Compiles one text. What is wrong with it is the value's error; nothing is thrown. */
  compile(text: string, options: CompileOptions = {}): Value {
    return this.#build([{ name: options.filename ?? "", text }], options);
  }

  /** Compiles the files of one package as one value. */
  buildInstance(files: readonly SourceFile[], options: Omit<CompileOptions, "filename"> & InstanceOptions = {}): Value {
    return this.#build(files, options);
  }

  /** Plain data as a value. */
  encode(value: JsonValue, options: DataOptions = {}): Value {
    const expr = new DataNode(value, { ...options, source: options.source ?? "" });
    return this.#value(new Vertex(undefined, "", [{ expr, env: undefined, lineage: noLineage }]), defaultBudget);
  }

  #value(vertex: Vertex, budget: Budget, diagnostics: readonly Diagnostic[] = []): Value {
    return new CueValue(this.#run, vertex, { budget, compileErrors: diagnostics });
  }

  #build(files: readonly SourceFile[], options: Omit<CompileOptions, "filename"> & InstanceOptions): Value {
    const scope = options.scope instanceof CueValue ? options.scope.vertex : undefined;
    const { conjuncts, diagnostics } = compileInstance(files, {
      scope,
      inScope: (label: Label) => scope !== undefined && lookupLabel(this.#run, scope, label) !== undefined,
      hasPackage: (path) => this.#packages.has(path),
      packagePaths: () => this.#packages.paths(),
      tags: options.tags ?? [],
    });
    const vertex = new Vertex(undefined, "", [...conjuncts]);
    return this.#value(vertex, options.budget ?? defaultBudget, diagnostics);
  }
}

/** How the files of a package become one value. */
export interface InstanceOptions {
  /** Names for `@if(name)` and `key=value` for `@tag(key)`. */
  readonly tags?: readonly string[];
}

export type { SourceFile };
