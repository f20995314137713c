import type { Source } from "../compile/ir.ts";
import { isDormant } from "./dormant.ts";
import { knownOrder, rememberOrder } from "./known-orders.ts";
import { type Label, compareLabels } from "./label.ts";
import { type Place, orderOfChains } from "./order-chains.ts";
import { type LiteralRecord, type Vertex, optional } from "./vertex.ts";

/**
 * The order of fields. Each literal says that its fields follow each other; a second declaration of a field follows the
 * first; what a literal embeds follows what it embeds before. Operands of `&` say nothing of each other. Of the fields
 * that may come next the one with the least label does; where literals contradict each other the first seen leads.
 */
export function orderedArcs(vertex: Vertex): readonly Vertex[] {
  const { arcs, literals } = vertex;
  if (arcs.length < 2 || literals === undefined) return arcs;
  if (isSimple(literals)) return asWritten(arcs, literals[0]?.plan);
  const source = (origin: number, record: LiteralRecord | undefined): Source | undefined =>
    sourceOf(vertex, origin, record);
  const known = knownOrder(vertex, literals, source);
  if (known !== undefined) return known;
  const ordered =
    orderOfChains(vertex, (origin, records) => placeOf(vertex, origin, records[0])) ?? sortedGraph(vertex, literals);
  rememberOrder(vertex, literals, ordered, source);
  return ordered;
}

function sortedGraph(vertex: Vertex, literals: readonly LiteralRecord[]): readonly Vertex[] {
  const graph = new Graph(vertex);
  linkOrigins(graph, literals);
  return graph.sorted();
}

/** The text that a declaration of the field begins with: the reference, if it is one. */
function sourceOf(vertex: Vertex, origin: number, record: LiteralRecord | undefined): Source | undefined {
  const conjunct = vertex.conjuncts[origin];
  let first = conjunct?.lineage.refs;
  while (first?.next !== undefined) first = first.next;
  return first?.expr.src ?? record?.plan?.src ?? conjunct?.expr.src;
}

function placeOf(vertex: Vertex, origin: number, record: LiteralRecord | undefined): Place {
  const src = sourceOf(vertex, origin, record);
  return src === undefined
    ? { file: `\u0000${origin}`, offset: 0 }
    : { file: src.file.filename, offset: src.node.start };
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

/** The first and last fields of a part: what others link to. */
interface Span {
  readonly heads: readonly Label[];
  readonly tails: readonly Label[];
}

const nothing: Span = { heads: [], tails: [] };

class Graph {
  readonly #vertex: Vertex;
  readonly #next = new Map<Label, Set<Label>>();

  constructor(vertex: Vertex) {
    this.#vertex = vertex;
  }

  /** Whether further literals stand beside one that a reference brings. */
  get isOfSeveral(): boolean {
    let roots = 0;
    for (const { outer } of this.#vertex.literals ?? []) if (outer === undefined) roots++;
    return roots > 1;
  }

  has(label: Label): boolean {
    return this.#vertex.arc(label) !== undefined || isDormant(this.#vertex, label);
  }

  /** Where a declaration of the field stands. */
  placeOf(origin: number, records: readonly LiteralRecord[]): Place {
    return placeOf(this.#vertex, origin, records[0]);
  }

  link(from: readonly Label[], to: readonly Label[]): void {
    for (const a of from) {
      let next = this.#next.get(a);
      if (next === undefined) {
        next = new Set();
        this.#next.set(a, next);
      }
      for (const b of to) if (a !== b) next.add(b);
    }
  }

  /** One part after the other. */
  chain(parts: readonly Span[]): Span {
    let first: Span | undefined;
    let last: Span | undefined;
    for (const part of parts) {
      if (part.heads.length === 0) continue;
      if (last !== undefined) this.link(last.tails, part.heads);
      first ??= part;
      last = part;
    }
    return first === undefined ? nothing : { heads: first.heads, tails: last!.tails };
  }

  sorted(): Vertex[] {
    const { arcs } = this.#vertex;
    const place = new Map<Label, number>();
    arcs.forEach((arc, i) => place.set(arc.label, i));
    // Optional fields that are not given stand between others without being among the result.
    const labels = new Set(arcs.map((arc) => arc.label));
    for (const [from, to] of this.#next) {
      labels.add(from);
      for (const label of to) labels.add(label);
    }
    const sorted = sortedSimply(labels, this.#next);
    if (sorted !== undefined) return sorted.flatMap((label) => arcs[place.get(label) ?? -1] ?? []);
    const components = componentsOf([...labels], (label) => this.#next.get(label) ?? new Set());
    return inOrder(components, this.#next).flatMap((label) => {
      const at = place.get(label);
      return at === undefined ? [] : [arcs[at]!];
    });
  }
}

/**
 * Declarations of one field in one file follow each other, by place; what was declared before says nothing new. Those of
 * different files, and what data fills in, say nothing of each other.
 */
function linkOrigins(graph: Graph, literals: readonly LiteralRecord[]): void {
  const children = new Map<LiteralRecord, LiteralRecord[]>();
  const origins = new Map<number, LiteralRecord[]>();
  for (const record of literals) {
    if (record.outer !== undefined) {
      const known = children.get(record.outer);
      if (known === undefined) children.set(record.outer, [record]);
      else known.push(record);
      continue;
    }
    const known = origins.get(record.origin);
    if (known === undefined) origins.set(record.origin, [record]);
    else known.push(record);
  }
  const files = new Map<string, { readonly at: number; readonly records: readonly LiteralRecord[] }[]>();
  for (const [origin, records] of origins) {
    const { file, offset } = graph.placeOf(origin, records);
    const known = files.get(file);
    if (known === undefined) files.set(file, [{ at: offset, records }]);
    else known.push({ at: offset, records });
  }
  for (const declarations of files.values()) {
    const seen = new Set<Label>();
    const spans = declarations
      .toSorted((a, b) => a.at - b.at)
      .map(({ records }) => declarationSpan(graph, records, { children, seen }));
    graph.chain(spans);
  }
}

/** Operands of `&` stand beside each other; what their comprehensions bring comes after all of them. */
function declarationSpan(
  graph: Graph,
  records: readonly LiteralRecord[],
  { children, seen }: Pick<Walk, "children" | "seen">,
): Span {
  if (records.length === 1) return literalSpan(graph, records[0]!, { children, seen, later: undefined });
  const later: Span[] = [];
  const spans = records.map((record) => literalSpan(graph, record, { children, seen: new Set(), later }));
  return graph.chain([side(spans), ...later]);
}

/** Parts beside each other. */
function side(parts: readonly Span[]): Span {
  if (parts.length === 1) return parts[0]!;
  return { heads: parts.flatMap((part) => part.heads), tails: parts.flatMap((part) => part.tails) };
}

interface Walk {
  readonly children: ReadonlyMap<LiteralRecord, readonly LiteralRecord[]>;
  /** Fields that have their place already. */
  readonly seen: Set<Label>;
  /** Where operands of `&` put what comes after all of them. */
  readonly later: Span[] | undefined;
}

function literalSpan(graph: Graph, record: LiteralRecord, walk: Walk): Span {
  if (record.plan === undefined) return graph.chain((record.labels ?? []).map((label) => single(graph, label, walk)));
  const { decls } = record.plan;
  const inner = walk.children.get(record) ?? [];
  const embeddedWalk: Walk = { ...walk, seen: new Set() };
  const lastStatic = decls.findLastIndex((decl) => decl.kind === "field");
  const before: Span[] = [];
  const fields: Span[] = [];
  const after: Span[] = [];
  const embedded: Span[] = [];
  decls.forEach((decl, at) => {
    switch (decl.kind) {
      case "field":
        fields.push(single(graph, decl.label, walk));
        return;
      case "embed":
        if (decl.expr.kind === "struct") (at < lastStatic ? before : after).push(...spansAt(graph, inner, at, walk));
        else embedded.push(side(spansAt(graph, inner, at, embeddedWalk)));
        return;
      case "comprehension":
        (at < lastStatic ? before : after).push(...spansAt(graph, inner, at, walk));
        return;
      case "dynamic":
        for (const made of record.dynamic ?? []) if (made.at === at) fields.push(single(graph, made.label, walk));
    }
  });
  // What comprehensions bring to a literal referred to stands beside its fields, once others declare the same.
  if (record.isReferred === true && record.outer === undefined && graph.isOfSeveral) {
    embedded.push(side([...before, ...after].filter((span) => span.heads.length > 0)));
    before.length = 0;
    after.length = 0;
  }
  walk.later?.push(...after);
  const own = graph.chain([...before, ...fields, ...(walk.later === undefined ? after : [])]);
  if (embedded.length === 0) return own;
  const embeddings = graph.chain(embedded);
  return side([own, embeddings].filter((span) => span.heads.length > 0));
}

function spansAt(graph: Graph, records: readonly LiteralRecord[], at: number, walk: Walk): Span[] {
  return records.filter((record) => record.at === at).map((record) => literalSpan(graph, record, walk));
}

function single(graph: Graph, label: Label, { seen }: Walk): Span {
  if (!graph.has(label) || seen.has(label)) return nothing;
  seen.add(label);
  return { heads: [label], tails: [label] };
}

/** Of few fields that do not precede each other in a circle: always the least of those that nothing precedes. */
function sortedSimply(labels: ReadonlySet<Label>, next: ReadonlyMap<Label, ReadonlySet<Label>>): Label[] | undefined {
  if (labels.size > 24) return undefined;
  const waiting = new Map<Label, number>();
  for (const label of labels) waiting.set(label, 0);
  for (const targets of next.values()) for (const label of targets) waiting.set(label, waiting.get(label)! + 1);
  const sorted: Label[] = [];
  while (waiting.size > 0) {
    let least: Label | undefined;
    for (const [label, count] of waiting)
      if (count === 0 && (least === undefined || compareLabels(label, least) < 0)) least = label;
    if (least === undefined) return undefined;
    waiting.delete(least);
    sorted.push(least);
    for (const label of next.get(least) ?? none) waiting.set(label, waiting.get(label)! - 1);
  }
  return sorted;
}

const none: ReadonlySet<Label> = new Set();

/** Fields that are to precede each other, by Tarjan's algorithm with a stack of its own. */
function componentsOf(labels: readonly Label[], nextOf: (label: Label) => ReadonlySet<Label>): Label[][] {
  const index = new Map<Label, number>();
  const low = new Map<Label, number>();
  const onStack = new Set<Label>();
  const stack: Label[] = [];
  const components: Label[][] = [];
  let count = 0;
  for (const root of labels) {
    if (index.has(root)) continue;
    const calls: { readonly label: Label; readonly next: Iterator<Label> }[] = [];
    const enter = (label: Label): void => {
      index.set(label, count);
      low.set(label, count);
      count++;
      stack.push(label);
      onStack.add(label);
      calls.push({ label, next: nextOf(label).values() });
    };
    enter(root);
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const { label } = call;
      const step = call.next.next();
      if (step.done !== true) {
        if (!index.has(step.value)) enter(step.value);
        else if (onStack.has(step.value)) low.set(label, Math.min(low.get(label)!, index.get(step.value)!));
        continue;
      }
      calls.pop();
      const outer = calls.at(-1);
      if (outer !== undefined) low.set(outer.label, Math.min(low.get(outer.label)!, low.get(label)!));
      if (low.get(label) !== index.get(label)) continue;
      const component: Label[] = [];
      for (;;) {
        const member = stack.pop()!;
        onStack.delete(member);
        component.push(member);
        if (member === label) break;
      }
      components.push(component);
    }
  }
  return components;
}

function inOrder(components: readonly (readonly Label[])[], next: ReadonlyMap<Label, ReadonlySet<Label>>): Label[] {
  const of = new Map<Label, number>();
  components.forEach((component, i) => {
    for (const label of component) of.set(label, i);
  });
  const waiting = components.map(() => 0);
  const followers = components.map(() => new Set<number>());
  for (const [from, targets] of next) {
    for (const to of targets) {
      const [a, b] = [of.get(from), of.get(to)];
      if (a === undefined || b === undefined || a === b || followers[a]!.has(b)) continue;
      followers[a]!.add(b);
      waiting[b]!++;
    }
  }
  const members = components.map((component) => component.toSorted(compareLabels));
  const key = members.map((component) => component[0]!);
  const ready: number[] = [];
  const push = (component: number): void => insertSorted(ready, component, (a, b) => compareLabels(key[a]!, key[b]!));
  waiting.forEach((count, i) => {
    if (count === 0) push(i);
  });
  const result: Label[] = [];
  for (let at = ready.shift(); at !== undefined; at = ready.shift()) {
    result.push(...members[at]!);
    for (const follower of followers[at]!) if (--waiting[follower]! === 0) push(follower);
  }
  return result;
}

function insertSorted<T>(sorted: T[], item: T, compare: (a: T, b: T) => number): void {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle]!, item) <= 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, item);
}
