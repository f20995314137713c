/**
 * The literals that make a struct, and where each counts as standing: what the order of fields is made of. The facts are
 * those of CUE v0.17 (its internal package toposort says which; observed field by field):
 *
 * - A literal stands where the declaration of its last field stands, fields in the order in which they came to be; one
 *   that a reference brings stands where the first reference of the way to it does, and so does the literal that embeds
 *   that reference.
 * - Literals of the same place, and operands of `&`, say nothing of each other.
 */
import type { Decl, Expr, Source, StructLit } from "../compile/ir.ts";
import type { Label } from "./label.ts";
import type { LiteralRecord, Vertex } from "./vertex.ts";

export interface Place {
  readonly file: string;
  readonly offset: number;
}

/** One literal with all its occurrences: the body of a loop occurs once for each round. */
export interface Part {
  readonly plan: StructLit | undefined;
  readonly records: LiteralRecord[];
  place: Place;
  /** It is an operand of `&`. */
  isExplicit: boolean;
}

/** The literals of a vertex, in the order in which they became part of it. */
export function partsOf(vertex: Vertex, literals: readonly LiteralRecord[]): Part[] {
  const parts: Part[] = [];
  const byPlan = new Map<StructLit, Part>();
  for (const record of literals) {
    const { plan } = record;
    const known = plan === undefined ? undefined : byPlan.get(plan);
    if (known !== undefined) {
      known.records.push(record);
      continue;
    }
    const part: Part = { plan, records: [record], place: placeOf(record), isExplicit: false };
    parts.push(part);
    if (plan !== undefined) byPlan.set(plan, part);
  }
  const owners = new Owners(parts);
  for (const { part, src, reference } of touches(vertex, literals, parts)) owners.move(part, src, reference);
  for (const { expr } of vertex.conjuncts) owners.markOperands(expr);
  for (const { plan } of parts)
    for (const decl of plan?.decls ?? []) if (decl.kind === "embed") owners.markOperands(decl.expr);
  return parts;
}

/** The first reference of the way to a literal. */
export function firstReference({ refs }: LiteralRecord): Expr | undefined {
  let first: Expr | undefined;
  for (let at = refs; at !== undefined; at = at.next) if (!at.isBack && at.expr.kind !== "vertex") first = at.expr;
  return first;
}

/** Where a literal was written or first referred to; data that comes without a text stands nowhere near anything. */
export function placeOf(record: LiteralRecord): Place {
  return placeAt(firstReference(record)?.src ?? record.plan?.src) ?? { file: `\u0000${record.origin}`, offset: 0 };
}

function placeAt(src: Source | undefined): Place | undefined {
  return src === undefined ? undefined : { file: src.file.filename, offset: src.node.start };
}

/** Which literals an expression stands for: it is one, or it is embedded in one, or it is the reference that brought one. */
class Owners {
  readonly #parts = new Map<Expr, Set<Part>>();

  constructor(parts: readonly Part[]) {
    for (const part of parts) {
      if (part.plan === undefined) continue;
      this.#add(part.plan, part);
      for (const decl of part.plan.decls) if (decl.kind === "embed") this.#add(decl.expr, part);
    }
  }

  #add(expr: Expr, part: Part): Set<Part> {
    let known = this.#parts.get(expr);
    if (known === undefined) this.#parts.set(expr, (known = new Set()));
    return known.add(part);
  }

  move(part: Part, src: Source | undefined, reference: Expr | undefined): void {
    part.place = placeAt(src) ?? part.place;
    if (reference === undefined) return;
    const all = this.#add(reference, part);
    const place = placeAt(reference.src);
    if (place !== undefined) for (const one of all) one.place = place;
  }

  markOperands(whole: Expr): void {
    const open = [whole];
    for (let expr = open.pop(); expr !== undefined; expr = open.pop()) {
      if (expr.kind === "self-scope") open.push(expr.expr);
      if (expr.kind !== "unify") continue;
      for (const operand of expr.operands) {
        for (const part of this.#parts.get(operand) ?? []) part.isExplicit = true;
        open.push(operand);
      }
    }
  }
}

/** A declaration of a field in a literal, and how the literal was reached. */
interface Touch {
  /** The place of the field among all. */
  readonly at: number;
  readonly part: Part;
  readonly src: Source | undefined;
  readonly reference: Expr | undefined;
}

/** All declarations, by fields in the order in which they come to be when literals are taken apart one by one. */
function touches(vertex: Vertex, literals: readonly LiteralRecord[], parts: readonly Part[]): Touch[] {
  const walk = new Touches(literals, parts);
  for (const record of literals) walk.visit(record);
  for (const record of literals) walk.addDynamic(record);
  walk.addPatterns(vertex);
  return walk.list.sort((a, b) => a.at - b.at);
}

class Touches {
  readonly list: Touch[] = [];
  readonly #fields = new Map<Label, number>();
  #next = 0;
  readonly #visited = new Set<LiteralRecord>();
  readonly #partOf = new Map<LiteralRecord, Part>();
  readonly #inner = new Map<LiteralRecord, LiteralRecord[]>();
  readonly #references = new Map<LiteralRecord, Expr | undefined>();

  constructor(literals: readonly LiteralRecord[], parts: readonly Part[]) {
    for (const part of parts) for (const record of part.records) this.#partOf.set(record, part);
    for (const record of literals) {
      this.#references.set(record, firstReference(record));
      const { outer } = record;
      if (outer === undefined) continue;
      const known = this.#inner.get(outer);
      if (known === undefined) this.#inner.set(outer, [record]);
      else known.push(record);
    }
  }

  /** What a literal embeds as a literal comes where it stands; what has to be looked up comes later. */
  visit(root: LiteralRecord): void {
    if (this.#visited.has(root)) return;
    this.#visited.add(root);
    const open = [{ record: root, at: 0 }];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const { record } = top;
      const item = itemsOf(record)[top.at++];
      if (item === undefined) open.pop();
      else if (item.kind === "let") this.#touch(record, this.#next++, item.src);
      else if (item.kind === "field") this.#touch(record, this.#placeOf(item.label), item.src);
      else for (const inner of this.#embeddedAt(record, item.at)) open.push({ record: inner, at: 0 });
    }
  }

  /** The literals that are embedded there as such, last first. */
  #embeddedAt(record: LiteralRecord, at: number): LiteralRecord[] {
    const found: LiteralRecord[] = [];
    for (const inner of this.#inner.get(record) ?? []) {
      if (inner.at !== at || inner.refs !== record.refs || this.#visited.has(inner)) continue;
      this.#visited.add(inner);
      found.unshift(inner);
    }
    return found;
  }

  addDynamic(record: LiteralRecord): void {
    for (const { at, label } of record.dynamic ?? [])
      this.#touch(record, this.#placeOf(label), record.plan?.decls[at]?.src);
  }

  /** Fields that a pattern applies to are declared by it too. */
  addPatterns({ arcs }: Vertex): void {
    const patterns = new Map<Expr, { readonly record: LiteralRecord; readonly src: Source | undefined }>();
    for (const record of this.#partOf.keys())
      for (const decl of record.plan?.decls ?? [])
        if (decl.kind === "pattern") patterns.set(decl.value, { record, src: decl.src });
    if (patterns.size === 0) return;
    for (const { label, conjuncts } of arcs)
      for (const { expr } of conjuncts) {
        const pattern = patterns.get(expr);
        if (pattern !== undefined) this.#touch(pattern.record, this.#placeOf(label), pattern.src);
      }
  }

  #placeOf(label: Label): number {
    let at = this.#fields.get(label);
    if (at === undefined) this.#fields.set(label, (at = this.#next++));
    return at;
  }

  #touch(record: LiteralRecord, at: number, src: Source | undefined): void {
    this.list.push({ at, part: this.#partOf.get(record)!, src, reference: this.#references.get(record) });
  }
}

type Item =
  | { readonly kind: "field"; readonly label: Label; readonly src: Source | undefined }
  | { readonly kind: "let"; readonly src: Source }
  | { readonly kind: "embed"; readonly at: number };

const itemsOfPlan = new WeakMap<StructLit, readonly Item[]>();

/** The declarations of a literal that make fields at once, as they are written; `let` clauses count. */
function itemsOf({ plan, labels }: LiteralRecord): readonly Item[] {
  if (plan === undefined) return (labels ?? []).map((label) => ({ kind: "field", label, src: undefined }));
  let items = itemsOfPlan.get(plan);
  if (items === undefined) itemsOfPlan.set(plan, (items = itemsOfLiteral(plan)));
  return items;
}

function itemsOfLiteral(plan: StructLit): Item[] {
  const items: { readonly item: Item; readonly start: number }[] = [];
  plan.decls.forEach((decl, at) => {
    const item = itemOf(decl, at);
    if (item !== undefined) items.push({ item, start: decl.src?.node.start ?? 0 });
  });
  const { src } = plan;
  if (src?.node.kind === "struct" || src?.node.kind === "file")
    for (const node of src.node.decls)
      if (node.kind === "let")
        items.push({ item: { kind: "let", src: { file: src.file, node: node as never } }, start: node.start });
  return items.sort((a, b) => a.start - b.start).map(({ item }) => item);
}

function itemOf(decl: Decl, at: number): Item | undefined {
  if (decl.kind === "field") return { kind: "field", label: decl.label, src: decl.src };
  return decl.kind === "embed" ? { kind: "embed", at } : undefined;
}
