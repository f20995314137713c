import type { StructLit } from "../compile/ir.ts";
import { isDormant } from "./dormant.ts";
import { type Label, compareLabels } from "./label.ts";
import { type Place, placeOf } from "./order-parts.ts";
import type { LiteralRecord, Vertex } from "./vertex.ts";

/** Beyond so many literals or fields the general way is no slower. */
const maxRecords = 6;
const maxFields = 24;

/**
 * The order of fields where literals hold nothing but plain fields: each is a chain of labels, those of one file form one
 * chain; always the least label comes next that is at the head of every chain it is in. Undefined where more is at play,
 * or chains contradict each other.
 */
export function orderOfChains(vertex: Vertex): readonly Vertex[] | undefined {
  const { arcs, conjuncts, literals } = vertex;
  if (literals === undefined || literals.length > maxRecords || arcs.length > maxFields) return undefined;
  for (let i = 0; i < conjuncts.length; i++) if (conjuncts[i]!.expr.kind === "unify") return undefined;
  for (let i = 0; i < literals.length; i++) {
    const record = literals[i]!;
    if (record.outer !== undefined || (record.plan !== undefined && !isFlat(record.plan))) return undefined;
    for (let k = 0; k < i; k++) if (literals[k]!.origin === record.origin) return undefined;
  }
  const chains = chainsOf(vertex, literals);
  if (chains === undefined) return undefined;
  for (const arc of arcs) if (!chains.some((chain) => chain.includes(arc.label))) chains.push([arc.label]);
  return merged(vertex, chains);
}

const flat = new WeakMap<StructLit, boolean>();

function isFlat(plan: StructLit): boolean {
  let known = flat.get(plan);
  if (known === undefined) {
    known = plan.decls.every(({ kind }) => kind === "field" || kind === "pattern" || kind === "ellipsis");
    flat.set(plan, known);
  }
  return known;
}

/** Undefined where two literals count as standing at the same place. */
function chainsOf(vertex: Vertex, literals: readonly LiteralRecord[]): Label[][] | undefined {
  const placed: { readonly record: LiteralRecord; readonly place: Place }[] = [];
  for (const record of literals) placed.push({ record, place: placeOf(record) });
  if (placed.length > 1) placed.sort((a, b) => a.place.offset - b.place.offset);
  const chains = new Map<string, { readonly labels: Label[]; last: number }>();
  for (const { record, place } of placed) {
    let chain = chains.get(place.file);
    if (chain?.last === place.offset) return undefined;
    if (chain === undefined) {
      chain = { labels: [], last: place.offset };
      chains.set(place.file, chain);
    }
    chain.last = place.offset;
    if (record.plan === undefined) for (const label of record.labels ?? []) append(vertex, chain.labels, label);
    else for (const decl of record.plan.decls) if (decl.kind === "field") append(vertex, chain.labels, decl.label);
  }
  return [...chains.values()].map(({ labels }) => labels);
}

function append(vertex: Vertex, chain: Label[], label: Label): void {
  if (chain.includes(label)) return;
  if (vertex.arc(label) !== undefined || isDormant(vertex, label)) chain.push(label);
}

function merged(vertex: Vertex, chains: readonly (readonly Label[])[]): readonly Vertex[] | undefined {
  const heads = chains.map(() => 0);
  const ordered: Vertex[] = [];
  for (;;) {
    let least: Label | undefined;
    let left = false;
    for (let i = 0; i < chains.length; i++) {
      const label = chains[i]![heads[i]!];
      if (label === undefined) continue;
      left = true;
      if (least !== undefined && compareLabels(label, least) >= 0) continue;
      if (isHeadOfAll(chains, heads, label)) least = label;
    }
    if (least === undefined) return left ? undefined : ordered;
    for (let i = 0; i < chains.length; i++) if (chains[i]![heads[i]!] === least) heads[i]!++;
    const arc = vertex.arc(least);
    if (arc !== undefined) ordered.push(arc);
  }
}

/** Whether nothing that is still to come stands before the label. */
function isHeadOfAll(chains: readonly (readonly Label[])[], heads: readonly number[], label: Label): boolean {
  for (let i = 0; i < chains.length; i++) if (chains[i]!.indexOf(label, heads[i]) > heads[i]!) return false;
  return true;
}
