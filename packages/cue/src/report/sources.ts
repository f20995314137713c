import type { Pos } from "@lateen/base";
import { DataNode, dataPos } from "../compile/data-node.ts";
import type { Expr, Source } from "../compile/ir.ts";
import type { Conjunct, Vertex } from "../eval/vertex.ts";

/** The place of a part of the program. */
export function posOf(source: Source | undefined): Pos | undefined {
  if (source instanceof DataNode) return dataPos(source);
  return source === undefined ? undefined : source.file.posOf(source.node.start);
}

/** The place of an expression, data included. */
export function posOfExpr(expr: Expr): Pos | undefined {
  if (expr instanceof DataNode) return dataPos(expr);
  if (expr.kind === "fill") return posOfExpr(expr.value);
  if (expr.kind === "vertex") return firstPos(expr.vertex);
  return posOf(expr.src);
}

/** The place of what a conjunct says; with `label` that of the field it is said of. */
export function posOfConjunct({ expr, field }: Conjunct, of: "value" | "label" = "value"): Pos | undefined {
  if (of === "value") return posOfExpr(expr) ?? posOf(field);
  return posOf(field) ?? (expr instanceof DataNode ? dataPos(expr, "key") : posOfExpr(expr));
}

export function firstPos(vertex: Vertex, of: "value" | "label" = "label"): Pos | undefined {
  for (const conjunct of vertex.conjuncts) {
    const pos = posOfConjunct(conjunct, of);
    if (pos !== undefined) return pos;
  }
  return undefined;
}

/** Where the struct or list that a vertex is was written: the person's data before literals of the program. */
export function literalPos(vertex: Vertex): Pos | undefined {
  const literals = vertex.conjuncts.filter(
    ({ expr }) => expr instanceof DataNode || expr.kind === "struct" || expr.kind === "list",
  );
  const data = literals.find(({ expr }) => expr instanceof DataNode);
  const closed = literals.find(({ expr }) => expr.kind !== "list" || expr.ellipsis === undefined);
  const conjunct = data ?? closed ?? literals[0];
  return conjunct === undefined ? undefined : posOfConjunct(conjunct);
}

export function samePlace(a: Pos, b: Pos): boolean {
  return a.source === b.source && a.offset === b.offset && a.line === b.line && a.column === b.column;
}

const maxTexts = 1000;

/**
 * How near a text is to the person who asks: what was added last comes first (data that was filled in, a text that was
 * unified), then the program's own files, the last one first, then packages.
 */
export class SourceRanks {
  readonly #ranks = new Map<string, number>();

  constructor(vertex: Vertex) {
    let root = vertex;
    while (root.parent !== undefined) root = root.parent;
    this.#collect(root.conjuncts);
  }

  #collect(conjuncts: readonly Conjunct[]): void {
    const stack = conjuncts.map(({ expr }) => expr);
    for (let expr = stack.pop(); expr !== undefined; expr = stack.pop()) {
      if (this.#ranks.size >= maxTexts) return;
      if (expr instanceof DataNode) this.#add(expr.origin.source);
      else if (expr.kind === "fill") stack.push(expr.value);
      else if (expr.kind === "vertex") stack.push(...expr.vertex.conjuncts.map((conjunct) => conjunct.expr));
      else if (expr.src !== undefined) this.#add(expr.src.file.filename);
    }
  }

  #add(source: string): void {
    if (!this.#ranks.has(source)) this.#ranks.set(source, this.#ranks.size);
  }

  of(pos: Pos | undefined): number {
    return pos === undefined ? Number.MAX_SAFE_INTEGER : (this.#ranks.get(pos.source) ?? maxTexts);
  }

  compare(a: Pos | undefined, b: Pos | undefined): number {
    const rank = this.of(a) - this.of(b);
    if (rank !== 0 || a === undefined || b === undefined) return rank;
    if (a.source !== b.source) return a.source < b.source ? -1 : 1;
    return a.line - b.line || a.column - b.column || a.offset - b.offset;
  }
}
