import type { Expr as Tree, Field, Ident } from "../syntax/ast.ts";
import { docGroupsOf } from "../compile/chain.ts";
import type { Expr as Program, LetDecl } from "../compile/ir.ts";
import type { Source } from "../compile/ir.ts";
import type { Environment } from "../eval/environment.ts";
import type { Run } from "../eval/run.ts";
import type { Value } from "../eval/values.ts";
import { type Label, nameOfLabel } from "../eval/label.ts";
import { Vertex } from "../eval/vertex.ts";
import { commentOf, ident, type Made } from "./nodes.ts";
import { takeNames } from "./used-names.ts";
import { UniqueNames } from "./unique-names.ts";

/** What an export shows. */
export interface Profile {
  /** What is not known yet is an error. */
  readonly isFinal: boolean;
  readonly takesDefaults: boolean;
  /** Shorter where that says the same: `int64` and the like by name, bounds of integers together. */
  readonly simplifies: boolean;
  readonly optional: boolean;
  readonly definitions: boolean;
  readonly hidden: boolean;
  readonly docs: boolean;
  readonly attributes: boolean;
  /** Structs of one field are joined to their label. */
  readonly joins: boolean;
  /** Errors name their paths. */
  readonly errorPaths: boolean;
  /** Only the outermost of several errors hides the parts: errors below stand where they are. */
  readonly showsErrors: boolean;
  /** References to packages other than the standard library are followed. */
  readonly inlineImports: boolean;
}

/** A conjunct as an export reads it. */
export interface Written {
  readonly expr: Program;
  readonly env: Environment | undefined;
  readonly field?: Source | undefined;
}

/** The struct that is being written. */
export interface Frame {
  readonly node: Vertex | undefined;
  /** Its `let` clauses; those that nothing refers to are left out in the end. */
  readonly lets: LetSlot[];
  readonly dynamic: { readonly alias: string; readonly field: Made<Field> }[];
  /** Names of the values and labels around, as written, and as they are called in the result. */
  readonly aliases: Map<string, string>;
}

export interface LetSlot {
  readonly kind: "let";
  start: 0;
  end: 0;
  name?: Ident;
  value?: Tree;
}

export interface Merged {
  readonly tree: Tree;
  /** The name that references of the conjuncts have for the value. */
  readonly alias: string | undefined;
}

/** The ways of writing, which need each other. */
export interface Writers {
  /** What a value is. */
  readonly value: (x: Export, value: Value) => Tree;
  /** What was written for a vertex. */
  readonly written: (x: Export, vertex: Vertex) => Tree;
  /** What was written for several conjuncts of one vertex, together. */
  readonly merged: (x: Export, src: Vertex | undefined, conjuncts: readonly Written[]) => Merged;
  readonly expression: (x: Export, env: Environment | undefined, expr: Program) => Tree;
}

/** What the parts of one export share. */
export class Export {
  readonly run: Run;
  readonly profile: Profile;
  /** Packages that the text uses, by the names that it calls them. */
  readonly used = new Map<string, string>();
  readonly names = new UniqueNames();
  readonly frames: Frame[] = [];
  readonly lets = new Map<object, LetSlot>();
  /** Aliased fields, by the declaration that they come from. */
  readonly aliased = new Map<object, string>();
  readonly aliasNames = new Set<string>();
  /** The field that stands for a vertex in the result, and what identifiers stand for. */
  readonly fieldOf = new Map<Vertex, Made<Field>>();
  readonly targets = new Map<Ident, Vertex | LetSlot | Made<Field> | "predeclared">();
  /** The block of a struct that stands in no place. */
  readonly nowhere = new Vertex(undefined, "", []);
  /** What stands in the place of references that lead outside. */
  pivot: { replacement(reference: Program): Tree | undefined } | undefined;
  readonly #writers: Writers;
  /** Hidden names of other packages are told apart where their packages are written out. */
  packageName = "_";
  inDefinition = 0;
  inExpression = 0;
  inArguments = 0;
  depth = 0;

  constructor(run: Run, profile: Profile, writers: Writers) {
    this.run = run;
    this.profile = profile;
    this.#writers = writers;
  }

  value(value: Value): Tree {
    return this.#writers.value(this, value);
  }

  written(vertex: Vertex): Tree {
    return this.#writers.written(this, vertex);
  }

  merged(src: Vertex | undefined, conjuncts: readonly Written[]): Merged {
    return this.#writers.merged(this, src, conjuncts);
  }

  expression(env: Environment | undefined, expr: Program): Tree {
    return this.#writers.expression(this, env, expr);
  }

  /** A part of an expression: only what is short is written in the place of its references. */
  operand(env: Environment | undefined, expr: Program): Tree {
    this.inExpression++;
    const tree = this.expression(env, expr);
    this.inExpression--;
    return tree;
  }

  get frame(): Frame {
    return this.frames.at(-1)!;
  }

  within<T>(node: Vertex | undefined, write: (frame: Frame) => T): T {
    this.frames.push({ node, lets: [], dynamic: [], aliases: new Map() });
    try {
      return write(this.frame);
    } finally {
      this.frames.pop();
    }
  }

  /** The name that an alias around has in the result. */
  aliasOf(name: string): string | undefined {
    for (let i = this.frames.length - 1; i >= 0; i--) {
      const known = this.frames[i]!.aliases.get(name);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  docs(source: Source | undefined): Field["comments"] {
    if (!this.profile.docs || source === undefined) return undefined;
    const groups = docGroupsOf(source.node).map(commentOf);
    return groups.length === 0 ? undefined : groups;
  }

  takeNames(expr: Program): void {
    takeNames(this.names, expr);
  }

  nameOf(label: Label): string {
    return nameOfLabel(label);
  }

  /** The name by which others refer to a field whose label does not say it. */
  aliasField(field: Made<Field>, name: string): string {
    if (field.label.kind === "alias-label") return field.label.alias.name;
    const alias = this.names.of(name);
    field.label = { kind: "alias-label", start: 0, end: 0, alias: ident(alias), label: field.label };
    return alias;
  }

  slotOf(declaration: LetDecl): LetSlot | undefined {
    return this.lets.get(declaration.src.node);
  }
}
