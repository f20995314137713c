import type { Expr, Source, StructLit } from "../compile/ir.ts";
import type { Label } from "./label.ts";
import type { LiteralRecord, Vertex } from "./vertex.ts";

/**
 * Orders of fields that were worked out before. A template that is filled again and again makes vertices of the same
 * literals with the same fields: their order is looked up. What the order depends on is compared piece by piece, nothing
 * is allocated; no vertex is kept alive.
 */
interface KnownOrder {
  readonly labels: readonly Label[];
  readonly parts: readonly KnownPart[];
  /** The conjuncts that are written with `&`. */
  readonly unions: readonly Expr[];
  /** The places of the ordered fields among the arcs. */
  readonly order: readonly number[];
}

/** A literal of the vertex; which one embeds it, as a number. */
interface KnownPart {
  readonly record: Omit<LiteralRecord, "outer" | "refs">;
  readonly outer: number;
  readonly src: Source | undefined;
}

/** By the first literal of a vertex, then by the fingerprint of its fields. */
const tables = new WeakMap<StructLit, { readonly orders: Map<number, KnownOrder[]>; count: number }>();
/** Of one literal: then all are forgotten, so that those in use come back and no text is kept alive for long. */
const maxOrders = 128;

/** What stands for the place of a declaration: the text of the reference or literal that it begins with. */
export type SourceOf = (record: LiteralRecord) => Source | undefined;

/** The arcs in their order, if it is known. */
export function knownOrder(vertex: Vertex, literals: readonly LiteralRecord[], sourceOf: SourceOf) {
  const first = firstPlan(literals);
  const candidates = first && tables.get(first)?.orders.get(fingerprint(vertex, literals));
  if (candidates === undefined) return undefined;
  for (let i = 0; i < candidates.length; i++) {
    const { order } = candidates[i]!;
    if (isSame(candidates[i]!, vertex, literals, sourceOf)) return order.map((at) => vertex.arcs[at]!);
  }
  return undefined;
}

/** Keeps an order for the next vertex of this make. */
export function rememberOrder(
  vertex: Vertex,
  literals: readonly LiteralRecord[],
  ordered: readonly Vertex[],
  sourceOf: SourceOf,
): void {
  const first = firstPlan(literals);
  if (first === undefined || !literals.every(hasFixedPatterns)) return;
  let table = tables.get(first);
  if (table === undefined || table.count >= maxOrders) tables.set(first, (table = { orders: new Map(), count: 0 }));
  table.count++;
  const key = fingerprint(vertex, literals);
  let known = table.orders.get(key);
  if (known === undefined) table.orders.set(key, (known = []));
  const { arcs } = vertex;
  const places = new Map(arcs.map((arc, at) => [arc, at]));
  known.push({
    labels: arcs.map(({ label }) => label),
    parts: literals.map((record) => ({
      record: partOf(record),
      outer: outerOf(record, literals),
      src: sourceOf(record),
    })),
    unions: vertex.conjuncts.map(({ expr }) => expr).filter(({ kind }) => kind === "unify"),
    order: ordered.map((arc) => places.get(arc)!),
  });
}

/** Which fields a pattern applies to counts; where its filter has to be evaluated it may differ the next time. */
function hasFixedPatterns({ plan }: LiteralRecord): boolean {
  return plan === undefined || plan.decls.every((decl) => decl.kind !== "pattern" || isFixed(decl.filter));
}

function isFixed(expr: Expr): boolean {
  return expr.kind === "value" || (expr.kind === "bound" && expr.expr.kind === "value");
}

function partOf({ plan, labels, at, origin, dynamic }: LiteralRecord): KnownPart["record"] {
  return {
    plan,
    at,
    origin,
    ...(labels === undefined ? {} : { labels }),
    ...(dynamic === undefined ? {} : { dynamic: [...dynamic] }),
  };
}

function firstPlan(literals: readonly LiteralRecord[]): StructLit | undefined {
  for (let i = 0; i < literals.length; i++) if (literals[i]!.plan !== undefined) return literals[i]!.plan;
  return undefined;
}

function outerOf({ outer }: LiteralRecord, literals: readonly LiteralRecord[]): number {
  return outer === undefined ? -1 : literals.indexOf(outer);
}

/** Tells most different vertices apart by their labels. */
function fingerprint({ arcs }: Vertex, literals: readonly LiteralRecord[]): number {
  let sum = literals.length;
  for (let i = 0; i < arcs.length; i++) {
    const { label } = arcs[i]!;
    const mark = typeof label === "number" ? label : label.length + 31 * label.charCodeAt(label.length - 1);
    sum = (sum * 33 + mark) | 0;
  }
  return sum;
}

function isSame(known: KnownOrder, vertex: Vertex, literals: readonly LiteralRecord[], sourceOf: SourceOf): boolean {
  const { labels, parts } = known;
  const { arcs } = vertex;
  if (labels.length !== arcs.length || parts.length !== literals.length || !sameUnions(known, vertex)) return false;
  for (let i = 0; i < arcs.length; i++) if (labels[i] !== arcs[i]!.label) return false;
  for (let i = 0; i < literals.length; i++) {
    const { record, outer, src } = parts[i]!;
    const literal = literals[i]!;
    if (record.plan !== literal.plan || record.at !== literal.at || record.origin !== literal.origin) return false;
    if (outer !== outerOf(literal, literals) || src !== sourceOf(literal)) return false;
    if (!sameLabels(record.labels, literal.labels) || !sameDynamic(record.dynamic, literal.dynamic)) return false;
  }
  return true;
}

function sameUnions({ unions }: KnownOrder, { conjuncts }: Vertex): boolean {
  let at = 0;
  for (let i = 0; i < conjuncts.length; i++) {
    const { expr } = conjuncts[i]!;
    if (expr.kind === "unify" && expr !== unions[at++]) return false;
  }
  return at === unions.length;
}

function sameLabels(a: readonly Label[] | undefined, b: readonly Label[] | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return a === b;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sameDynamic(a: LiteralRecord["dynamic"], b: LiteralRecord["dynamic"]): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return a === b;
  for (let i = 0; i < a.length; i++) if (a[i]!.at !== b[i]!.at || a[i]!.label !== b[i]!.label) return false;
  return true;
}
