import type { Clause, Comprehension, Decl, Expr as Program } from "../compile/ir.ts";
import { Environment, blockAt } from "../eval/environment.ts";
import { evaluate, isReference } from "../eval/evaluate.ts";
import { letLabel } from "../eval/label.ts";
import { resolve } from "../eval/resolve.ts";
import type { Run } from "../eval/run.ts";
import { unify } from "../eval/unify.ts";
import { type Value, bottom, top } from "../eval/values.ts";
import { Vertex, noLineage } from "../eval/vertex.ts";

/** A reference, and the vertex that it leads to. */
export interface Dependency {
  readonly reference: Program;
  readonly node: Vertex;
  /** The path of the package that it leads into. */
  readonly importPath: string | undefined;
  readonly importName: string | undefined;
  /** Goes on with what the vertex depends on. */
  readonly follow: () => void;
}

/**
 * Finds what a value refers to: the references of everything that was written for it and its fields. Variables and parts
 * of expressions stand nowhere: what they refer to counts instead.
 */
export class Dependencies {
  readonly #run: Run;
  readonly #nowhere: Vertex;
  readonly #report: (dependency: Dependency) => void;
  readonly #resolved = new Map<Environment | undefined, Set<Program>>();
  readonly #inside = new Set<Program>();
  #node: Vertex | undefined;
  #import: { readonly path: string; readonly name: string } | undefined;
  #reported = 0;
  #depth = 0;

  constructor(run: Run, nowhere: Vertex, report: (dependency: Dependency) => void) {
    this.#run = run;
    this.#nowhere = nowhere;
    this.#report = report;
  }

  of(vertex: Vertex): void {
    const outer = this.#node;
    this.#node = vertex;
    this.#conjuncts(vertex);
    this.#node = outer;
  }

  #conjuncts(vertex: Vertex): void {
    if (this.#depth > deepest) return;
    this.#depth++;
    for (const { expr, env } of vertex.conjuncts) this.#expr(env, expr);
    this.#depth--;
  }

  #expr(env: Environment | undefined, expr: Program | undefined): void {
    if (expr === undefined) return;
    this.#run.spend(1);
    if (isReference(expr)) {
      this.#reference(env, expr);
      return;
    }
    switch (expr.kind) {
      case "value":
        if (expr.value instanceof Vertex) this.#conjuncts(expr.value);
        return;
      case "vertex":
        this.#conjuncts(expr.vertex);
        return;
      case "data":
        return;
      case "struct": {
        const inner = new Environment(env, this.#nowhere);
        for (const decl of expr.decls) this.#decl(inner, decl);
        return;
      }
      case "self-scope":
        this.#expr(new Environment(env, this.#nowhere), expr.expr);
        return;
      case "comprehension":
        this.#comprehension(env, expr);
        return;
      case "fill":
        this.#expr(env, expr.value);
        return;
      default:
        for (const part of partsOf(expr)) this.#expr(env, part);
    }
  }

  #decl(env: Environment, decl: Decl): void {
    switch (decl.kind) {
      case "field":
        this.#expr(env, decl.value);
        return;
      case "dynamic":
        this.#expr(env, decl.key);
        this.#expr(env, decl.value);
        return;
      case "pattern":
        this.#expr(env, decl.filter);
        this.#expr(new Environment(env, undefined, {}), decl.value);
        return;
      case "embed":
      case "comprehension":
        this.#expr(env, decl.expr);
        return;
      default:
    }
  }

  #comprehension(outer: Environment | undefined, expr: Comprehension): void {
    let env = outer;
    for (const clause of expr.clauses) {
      this.#expr(env, partOfClause(clause));
      const count = clause.kind === "for" ? 2 : clause.kind === "let" || clause.kind === "try" ? 1 : 0;
      const binds = clause.kind !== "try" || (clause.src.node as { name?: unknown }).name !== undefined;
      if (count > 0 && binds) env = new Environment(env, undefined, { bindings: unknowns(count) });
    }
    this.#expr(env, expr.body);
    this.#expr(outer, expr.fallback);
  }

  #reference(env: Environment | undefined, expr: Program): void {
    let known = this.#resolved.get(env);
    if (known?.has(expr) === true) return;
    if (known === undefined) {
      known = new Set();
      this.#resolved.set(env, known);
    }
    known.add(expr);
    const to = placeOf(this.#run, env, expr, this.#nowhere);
    if (to instanceof Vertex) {
      this.#found(env, expr, to);
      return;
    }
    if (expr.kind === "select") this.#expr(env, expr.expr);
    else if (expr.kind === "index") {
      this.#expr(env, expr.expr);
      this.#expr(env, expr.index);
    }
  }

  #found(env: Environment | undefined, expr: Program, to: Vertex): void {
    if (to === this.#node || to === this.#nowhere) return;
    if (isDetached(to)) {
      const before = this.#reported;
      this.#internal(env, expr, to);
      if (expr.kind !== "field-ref" && this.#isLocal(env, expr)) return;
      // A variable whose value is known here stands for it.
      if (this.#reported > before || expr.kind !== "binding-ref" || placeholders.has(to)) return;
    }
    const imported = importOf(expr) ?? this.#import;
    const outer = this.#import;
    this.#import = imported;
    this.#reported++;
    unify(this.#run, to);
    this.#report({
      reference: expr,
      node: to,
      importPath: imported?.path,
      importName: imported?.name,
      follow: () => this.of(to),
    });
    this.#import = outer;
  }

  /** Variables and parts of expressions: what they are made of. */
  #internal(env: Environment | undefined, expr: Program, to: Vertex): void {
    if (this.#inside.has(expr)) return;
    this.#inside.add(expr);
    this.#conjuncts(to);
    if (expr.kind !== "select" && expr.kind !== "index") return;
    const from = evaluate(this.#run, env, expr.expr);
    if (from instanceof Vertex) this.#conjuncts(from);
  }

  #isLocal(env: Environment | undefined, expr: Program): boolean {
    let at = expr;
    while (at.kind === "select" || at.kind === "index") at = at.expr;
    const up = "up" in at ? at.up : 0;
    return blockAt(env, up)?.vertex === this.#nowhere;
  }
}

const deepest = 200;

/** Where a reference leads, without going through blocks that stand nowhere. */
function placeOf(run: Run, env: Environment | undefined, expr: Program, nowhere: Vertex): Vertex | Value {
  const root = rootOf(expr);
  if (root !== undefined && "up" in root) {
    const block = blockAt(env, root.up);
    if (block === undefined || (block.vertex === nowhere && root.kind !== "let-ref")) return unknown;
    if (root.kind === "label-ref") return unknown;
  }
  if (root?.kind === "import-ref" && run.packages.vertexOf(root.path) === undefined) return unknown;
  return resolve(run, env, expr);
}

const unknown = bottom({ code: "incomplete", message: "not known here" });

function rootOf(expr: Program): Program | undefined {
  let at = expr;
  while (at.kind === "select" || at.kind === "index") at = at.expr;
  return isReference(at) ? at : undefined;
}

function importOf(expr: Program): { readonly path: string; readonly name: string } | undefined {
  const root = rootOf(expr);
  return root?.kind === "import-ref" ? root : undefined;
}

/** Whether it stands in no configuration: a variable, an operand, or part of one. */
function isDetached(vertex: Vertex): boolean {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) if (at.binding) return true;
  return false;
}

function partOfClause(clause: Clause): Program | undefined {
  if (clause.kind === "for") return clause.source;
  return clause.kind === "if" ? clause.condition : clause.value;
}

function partsOf(expr: Program): readonly (Program | undefined)[] {
  switch (expr.kind) {
    case "list":
      return [...expr.elements, expr.ellipsis?.type];
    case "interpolation":
      return expr.exprs;
    case "unify":
      return expr.operands;
    case "disjunction":
      return expr.terms.map((term) => term.expr);
    case "binary":
      return [expr.left, expr.right];
    case "call":
      return [expr.fun, ...expr.args];
    case "slice":
      return [expr.expr, expr.low, expr.high];
    case "unary":
    case "bound":
    case "bottom-test":
    case "open":
    case "try":
      return [expr.expr];
    default:
      return [];
  }
}

/** Variables that have no value yet. */
export function unknowns(count: number): Vertex[] {
  return Array.from({ length: count }, () => {
    const expr = { kind: "value", value: top, src: undefined } as const;
    const vertex = new Vertex(undefined, letLabel("_"), [{ expr, env: undefined, lineage: noLineage }], true);
    placeholders.add(vertex);
    return vertex;
  });
}

const placeholders = new WeakSet<Vertex>();
