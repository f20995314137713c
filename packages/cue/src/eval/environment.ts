import type { LetDecl } from "../compile/ir.ts";
import type { Label } from "./label.ts";
import { type Lineage, type Vertex, noLineage } from "./vertex.ts";

/**
 * What the names of an expression mean: a chain of blocks, innermost first. A struct literal that is inserted into a
 * vertex makes a block of that vertex, so that its references find the unified fields, wherever the literal was written.
 * A clause makes a block of its bindings, a pattern constraint one of the label it applies to.
 */
export class Environment {
  readonly up: Environment | undefined;
  readonly vertex: Vertex | undefined;
  readonly label: Label | undefined;
  /** Bindings of `for` and `let` clauses. */
  readonly bindings: readonly Vertex[] | undefined;
  #lets: Map<LetDecl, Vertex> | undefined;

  /** How the literal of the block was reached: what is made of its expressions goes on from there. */
  readonly lineage: Lineage | undefined;

  constructor(
    up: Environment | undefined,
    vertex: Vertex | undefined,
    extra?: { label?: Label; bindings?: Vertex[]; lineage?: Lineage },
  ) {
    this.up = up;
    this.vertex = vertex;
    this.label = extra?.label;
    this.bindings = extra?.bindings;
    this.lineage = extra?.lineage;
    this.#lets = undefined;
  }

  /** The vertex of a `let`, one for each block that it is written in. */
  letVertex(declaration: LetDecl, make: () => Vertex): Vertex {
    this.#lets ??= new Map();
    let vertex = this.#lets.get(declaration);
    if (vertex === undefined) {
      vertex = make();
      this.#lets.set(declaration, vertex);
    }
    return vertex;
  }
}

/** The block `count` levels up. */
export function blockAt(env: Environment | undefined, count: number): Environment | undefined {
  let at = env;
  for (let i = 0; i < count; i++) at = at?.up;
  return at;
}

/** The vertex that an expression in this environment belongs to. */
export function vertexOf(env: Environment | undefined): Vertex | undefined {
  for (let at = env; at !== undefined; at = at.up) if (at.vertex !== undefined) return at.vertex;
  return undefined;
}

/** The block of a literal that a conjunct of this lineage brings. */
export function literalBlock(up: Environment | undefined, vertex: Vertex, lineage: Lineage): Environment {
  return lineage.refs === undefined ? new Environment(up, vertex) : new Environment(up, vertex, { lineage });
}

/** What a vertex without a place of its own, made in this environment, inherits: the references followed so far. */
export function inheritedLineage(env: Environment | undefined): Lineage {
  for (let at = env; at !== undefined; at = at.up) {
    if (at.vertex === undefined) continue;
    const { lineage } = at;
    return lineage === undefined ? noLineage : inherited(lineage);
  }
  return noLineage;
}

/** Of a lineage what parts of an expression inherit: the references that were followed. */
export function inherited({ refs, cyclic }: Lineage): Lineage {
  return { group: undefined, refs, cyclic, origin: 0, within: undefined, choices: undefined, isChosen: false };
}
