import type { Comprehension, Source } from "../compile/ir.ts";
import { isDormant } from "./dormant.ts";
import { knownOrder, rememberOrder } from "./known-orders.ts";
import type { Label } from "./label.ts";
import { orderOfChains } from "./order-chains.ts";
import { OrderGraph } from "./order-graph.ts";
import { type Part, firstReference, partsOf } from "./order-parts.ts";
import { type LiteralRecord, type Vertex, optional } from "./vertex.ts";

/**
 * The order of fields. Each literal says that its fields follow each other; a second declaration of a field follows the
 * first; a literal follows those that stand before it (see `order-parts.ts`). Operands of `&` say nothing of each other.
 * Of the fields that may come next the one with the least label does; what literals contradict each other in is sorted
 * by labels.
 */
export function orderedArcs(vertex: Vertex): readonly Vertex[] {
  const { arcs, literals } = vertex;
  if (arcs.length < 2 || literals === undefined) return arcs;
  if (isSimple(literals)) return asWritten(arcs, literals[0]?.plan);
  const known = knownOrder(vertex, literals, sourceOf);
  if (known !== undefined) return known;
  const ordered = orderOfChains(vertex) ?? sortedByParts(vertex, literals);
  rememberOrder(vertex, literals, ordered, sourceOf);
  return ordered;
}

function sourceOf(record: LiteralRecord): Source | undefined {
  return firstReference(record)?.src ?? record.plan?.src;
}

function isSimple(literals: readonly LiteralRecord[]): boolean {
  if (literals.length > 1) return false;
  const plan = literals[0]?.plan;
  return plan === undefined || plan.decls.every((decl) => decl.kind !== "dynamic");
}

/** Optional fields became arcs after the others; they stand where the literal has them. */
function asWritten(arcs: readonly Vertex[], plan: LiteralRecord["plan"]): readonly Vertex[] {
  if (plan === undefined || !arcs.some(({ arcType }) => arcType === optional)) return arcs;
  const places = new Map<Label, number>();
  for (const [at, decl] of plan.decls.entries()) {
    if (decl.kind === "field" && !places.has(decl.label)) places.set(decl.label, at);
  }
  const placeOf = ({ label }: Vertex): number => places.get(label) ?? plan.decls.length;
  return arcs.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function sortedByParts(vertex: Vertex, literals: readonly LiteralRecord[]): readonly Vertex[] {
  const chain = new Chain(vertex);
  let before: Batch | undefined;
  for (const batch of batchesOf(partsOf(vertex, literals))) {
    chain.add(batch, before);
    before = batch;
  }
  // Optional fields that are not given stand between others without being among the result.
  return chain.graph.sorted().flatMap((label) => vertex.arc(label) ?? []);
}

/** Literals that say nothing of each other: those of one place, and operands of `&` next to each other. */
interface Batch {
  readonly occurrences: Occurrence[];
  readonly isExplicit: boolean;
}

interface Occurrence {
  readonly part: Part;
  readonly record: LiteralRecord;
}

function batchesOf(parts: readonly Part[]): Batch[] {
  const sorted = parts.toSorted(comparePlaces);
  const groups: Occurrence[][] = [];
  for (const occurrence of occurrencesOf(sorted)) {
    const group = groups.at(-1);
    if (group !== undefined && samePlace(group[0]!.part, occurrence.part) && !hasDynamic(occurrence.part))
      group.push(occurrence);
    else groups.push([occurrence]);
  }
  const batches: Batch[] = [];
  for (const occurrences of groups) {
    const isExplicit = occurrences.length > 1 || occurrences[0]!.part.isExplicit;
    const last = batches.at(-1);
    if (isExplicit && last?.isExplicit === true && sameFile(last.occurrences[0]!.part, occurrences[0]!.part))
      last.occurrences.push(...occurrences);
    else batches.push({ occurrences, isExplicit });
  }
  return batches;
}

/** What one loop brings comes round by round. */
function* occurrencesOf(parts: readonly Part[]): Iterable<Occurrence> {
  for (let i = 0, end = 0; i < parts.length; i = end) {
    const loop = loopOf(parts[i]!.records[0]!);
    end = i + 1;
    while (loop !== undefined && end < parts.length && loopOf(parts[end]!.records[0]!) === loop) end++;
    for (let round = 0; round < parts[i]!.records.length; round++)
      for (const part of parts.slice(i, end)) yield { part, record: part.records[round] ?? part.records.at(-1)! };
  }
}

/** The `for` or `let` whose body a literal is, or is embedded in. */
function loopOf(literal: LiteralRecord): Comprehension | undefined {
  for (let record = literal; record.outer !== undefined && record.outer.refs === record.refs; record = record.outer) {
    const decl = record.outer.plan?.decls[record.at];
    if (decl?.kind === "comprehension" && decl.expr.clauses.some(({ kind }) => kind === "for" || kind === "let"))
      return decl.expr;
  }
  return undefined;
}

function hasDynamic({ records }: Part): boolean {
  return records.some(({ dynamic }) => dynamic !== undefined);
}

function comparePlaces(a: Part, b: Part): number {
  if (!sameFile(a, b)) return a.place.file < b.place.file ? -1 : 1;
  return a.place.offset - b.place.offset || Number(hasDynamic(a)) - Number(hasDynamic(b));
}

function sameFile(a: Part, b: Part): boolean {
  return a.place.file === b.place.file;
}

function samePlace(a: Part, b: Part): boolean {
  return sameFile(a, b) && a.place.offset === b.place.offset;
}

/** Links batch after batch: the fields that the one before ended with precede the first of the next. */
class Chain {
  readonly graph = new OrderGraph();
  readonly #vertex: Vertex;
  readonly #ownerOf = new Map<Label, Part>();
  #tails: readonly Label[] = [];

  constructor(vertex: Vertex) {
    this.#vertex = vertex;
    for (const { label } of vertex.arcs) this.graph.add(label);
  }

  add({ occurrences, isExplicit }: Batch, before: Batch | undefined): void {
    if (before !== undefined && !sameFile(before.occurrences[0]!.part, occurrences[0]!.part)) this.#tails = [];
    this.#tails = [...new Set(occurrences.flatMap((occurrence) => this.#addLiteral(occurrence, isExplicit)))];
  }

  #addLiteral({ part, record }: Occurrence, isExplicit: boolean): readonly Label[] {
    let tails = this.#tails;
    for (const label of labelsOf(record)) {
      const owner = this.#ownerOf.get(label);
      // What was declared before in the same file says nothing new, nor does a literal twice.
      if (owner === part || (owner !== undefined && !isExplicit && sameFile(owner, part)) || !this.#has(label))
        continue;
      this.#ownerOf.set(label, part);
      for (const tail of tails) this.graph.link(tail, label);
      this.graph.add(label);
      tails = [label];
    }
    return tails;
  }

  #has(label: Label): boolean {
    return this.#vertex.arc(label) !== undefined || isDormant(this.#vertex, label);
  }
}

function* labelsOf({ plan, labels, dynamic }: LiteralRecord): Iterable<Label> {
  if (plan === undefined) {
    yield* labels ?? [];
    return;
  }
  for (const [at, decl] of plan.decls.entries()) {
    if (decl.kind === "field") yield decl.label;
    else if (decl.kind === "dynamic") for (const made of dynamic ?? []) if (made.at === at) yield made.label;
  }
}
