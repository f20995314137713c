/**
 * Disjunctions. A vertex with disjunctions among its conjuncts is tried once for each choice: a disjunct is the same
 * list of conjuncts worked off again in a vertex of its own, with the choice made. One disjunction is multiplied in at a
 * time; what fails is dropped and what is equal is joined before the next one, so that independent refinements do not
 * multiply. Disjunctions of plain scalars need no vertices.
 */
import { satisfiesBound } from "./bounds.ts";
import { conflict } from "./errors.ts";
import { equalValues } from "./equality.ts";
import { finalize } from "./finalize.ts";
import { structKind, listKind, topKind } from "./kind.ts";
import type { Run } from "./run.ts";
import { addValue } from "./scalars.ts";
import { type Choice, type DefaultMode, NodeState, type PendingDisjunction } from "./state.ts";
import { judge } from "./judge.ts";
import { unify } from "./unify.ts";
import {
  type Base,
  type Bottom,
  type Disjunction,
  type Simple,
  bottom,
  isFatal,
  sameAtom,
  structMarker,
} from "./values.ts";
import { type ChoiceList, Vertex, noLineage, pathOf, target } from "./vertex.ts";

/** A way to choose that has survived so far. */
interface Survivor {
  readonly marks: Marks | undefined;
  readonly value: Base | Vertex;
  /** Choices made, and disjunctions still open; none of plain scalars. */
  readonly choices: ChoiceList | undefined;
  readonly open: readonly PendingDisjunction[];
}

/** How the terms chosen were marked, one a disjunction. */
interface Marks {
  readonly of: PendingDisjunction;
  readonly mode: DefaultMode;
  readonly next: Marks | undefined;
}

const rank: Readonly<Record<DefaultMode, number>> = { maybe: 0, default: 1, not: 2 };

/** Of two marks the stronger: a term is a default only where nothing speaks against it. */
function combineModes(left: DefaultMode, right: DefaultMode): DefaultMode {
  return rank[left] >= rank[right] ? left : right;
}

function modeOf(marks: Marks | undefined, counts: (of: PendingDisjunction) => boolean): DefaultMode {
  let mode: DefaultMode = "maybe";
  for (let at = marks; at !== undefined; at = at.next) if (counts(at.of)) mode = combineModes(mode, at.mode);
  return mode;
}

/**
 * The modes of what is left. A disjunction none of whose defaults is left counts as unmarked: its other terms are then
 * as good as any.
 */
function finalModes(survivors: readonly Survivor[]): DefaultMode[] {
  if (survivors.every(({ marks }) => marks !== undefined && marks.next === undefined)) {
    const hasDefault = survivors.some(({ marks }) => marks!.mode === "default");
    return survivors.map(({ marks }) => (hasDefault ? marks!.mode : "maybe"));
  }
  const withDefault = new Set<string>();
  const keys = new Map<PendingDisjunction["key"], number>();
  const keyOf = ({ key, occurrence }: PendingDisjunction): string => {
    let id = keys.get(key);
    if (id === undefined) {
      id = keys.size;
      keys.set(key, id);
    }
    return `${id}.${occurrence}`;
  };
  for (const { marks } of survivors)
    for (let at = marks; at !== undefined; at = at.next) if (at.mode === "default") withDefault.add(keyOf(at.of));
  return survivors.map(({ marks }) => modeOf(marks, (of) => withDefault.has(keyOf(of))));
}

/** Multiplies the disjunctions of a vertex out, and makes it what remains. */
export function expandDisjunctions(run: Run, node: NodeState): void {
  const survivors = isPlain(node) ? expandScalars(run, node) : expandVertices(run, node);
  if (!Array.isArray(survivors)) {
    node.vertex.bottom = survivors;
    return;
  }
  adopt(node.vertex, survivors);
}

// Scalars ------------------------------------------------------------------------------------------------------------

function isPlain(node: NodeState): boolean {
  if (node.isStruct || node.isList || node.func !== undefined || node.vertex.literals !== undefined) return false;
  if (node.tasks.some((task) => task.status !== "done")) return false;
  return node.disjunctions.every(({ choices }) => choices.every(({ conjunct }) => isPlainExpr(conjunct.expr)));
}

function isPlainExpr(expr: Choice["conjunct"]["expr"]): boolean {
  if (expr.kind !== "value" || expr.value instanceof Vertex) return false;
  const { tag } = expr.value;
  return tag === "atom" || tag === "type" || tag === "bound" || tag === "validator";
}

function expandScalars(run: Run, node: NodeState): Survivor[] | Bottom {
  const known = knownScalars(run, node);
  if (known.tag === "bottom") return known;
  let survivors: Survivor[] = [{ marks: undefined, value: known.value, choices: undefined, open: [] }];
  const errors: Bottom[] = [];
  for (const of of node.disjunctions) {
    const next: Survivor[] = [];
    const seen = new Set<unknown>();
    for (const { marks, value } of survivors) {
      for (const choice of of.choices) {
        run.spend(1);
        run.counters.disjuncts++;
        const term = (choice.conjunct.expr as { value: Simple }).value;
        const met = meet(run, node.vertex, value as Base, term);
        if (met.tag === "bottom") errors.push(met);
        else
          join(
            run,
            next,
            { marks: { of, mode: choice.mode, next: marks }, value: met, choices: undefined, open: [] },
            seen,
          );
      }
    }
    survivors = next;
  }
  return survivors.length > 0 ? survivors : emptyDisjunction(node.vertex, errors);
}

function knownScalars(run: Run, node: NodeState): { tag: "known"; value: Base } | Bottom {
  judge(run, node);
  return node.vertex.bottom ?? { tag: "known", value: node.vertex.base! };
}

/** Two values without parts, unified. */
function meet(run: Run, vertex: Vertex, left: Base, right: Base): Base | Bottom {
  if (left.tag === "type" && (left.kind & right.kind) === right.kind && right.tag !== "disjunction") return right;
  if ((left.kind & right.kind) === 0) return conflict(right, left, vertex);
  if (left.tag === "atom") {
    if (right.tag === "atom") return sameAtom(left, right) ? left : conflict(right, left, vertex);
    if (right.tag === "type") return left;
    if (right.tag === "bound" && satisfiesBound(right, left)) return left;
  }
  const scratch = new Vertex(vertex.parent, vertex.label, [], false, vertex);
  const node = new NodeState(scratch, run.stack.length - 1);
  const conjunct = {
    expr: { kind: "value", value: right, src: right.src },
    env: undefined,
    lineage: noLineage,
  } as const;
  addValue(run, node, left, conjunct);
  addValue(run, node, right, conjunct);
  judge(run, node);
  return scratch.bottom ?? scratch.base!;
}

/** Adds a survivor unless it is there already; of two equal ones the default wins. */
function join(run: Run, survivors: Survivor[], added: Survivor, seen?: Set<unknown>): void {
  if (seen !== undefined && isScalarKey(added.value)) {
    const key = `${added.value.kind}:${String(added.value.value)}`;
    if (!seen.has(key)) {
      seen.add(key);
      survivors.push(added);
      return;
    }
  }
  for (let i = 0; i < survivors.length; i++) {
    const known = survivors[i]!;
    if (known.open.length !== added.open.length || !equalValues(run, known.value, added.value)) continue;
    if (preference(added) > preference(known)) survivors[i] = { ...known, marks: added.marks };
    return;
  }
  survivors.push(added);
}

function preference({ marks }: Survivor): number {
  const mode = modeOf(marks, () => true);
  return mode === "default" ? 2 : mode === "maybe" ? 1 : 0;
}

function isScalarKey(value: Base | Vertex): value is Base & { tag: "atom"; value: string } {
  return !(value instanceof Vertex) && value.tag === "atom" && typeof value.value === "string";
}

// Structs and everything else ----------------------------------------------------------------------------------------

function expandVertices(run: Run, node: NodeState): Survivor[] | Bottom {
  const { vertex } = node;
  let level: Survivor[] = [{ marks: undefined, value: vertex, choices: undefined, open: node.disjunctions }];
  const errors: Bottom[] = [];
  const state = { kind: node.kind, known: node.kindSource?.value };
  while (level.some(({ open }) => open.length > 0)) {
    const next: Survivor[] = [];
    for (const survivor of level) {
      if (survivor.open.length === 0) join(run, next, survivor);
      else for (const tried of choose(run, vertex, survivor, state, errors)) join(run, next, tried);
    }
    level = next;
  }
  return level.length > 0 ? level : emptyDisjunction(vertex, errors);
}

/** Tries the first open disjunction of a survivor, term by term. */
function choose(
  run: Run,
  vertex: Vertex,
  survivor: Survivor,
  known: { readonly kind: number; readonly known: Base | undefined },
  errors: Bottom[],
): Survivor[] {
  const [disjunction] = survivor.open;
  const results: Survivor[] = [];
  for (const [at, choice] of disjunction!.choices.entries()) {
    run.spend(1);
    run.counters.disjuncts++;
    const wrong = impossibleKind(vertex, choice, known);
    if (wrong !== undefined) {
      errors.push(wrong);
      continue;
    }
    const choices: ChoiceList = { of: disjunction!, at, next: survivor.choices };
    const tried = new Vertex(vertex.parent, vertex.label, vertex.conjuncts, vertex.binding, vertex.identity);
    tried.choices = choices;
    tried.arcType = vertex.arcType;
    unify(run, tried);
    if (tried.bottom === undefined) finalize(run, tried);
    const error = tried.bottom ?? tried.childError;
    if (error !== undefined) {
      errors.push(error);
      continue;
    }
    const open = tried.openDisjunctions ?? [];
    results.push({
      marks: { of: disjunction!, mode: choice.mode, next: survivor.marks },
      value: plainValue(tried, open),
      choices,
      open,
    });
  }
  return results;
}

/** A disjunct that is a scalar needs its vertex no more, unless something is still open in it. */
function plainValue(vertex: Vertex, open: readonly PendingDisjunction[]): Base | Vertex {
  const { base } = target(vertex);
  if (open.length > 0 || base === undefined || base.tag === "struct" || base.tag === "list" || vertex.arcs.length > 0)
    return vertex;
  return base;
}

function impossibleKind(
  vertex: Vertex,
  { conjunct: { expr } }: Choice,
  { kind, known }: { readonly kind: number; readonly known: Base | undefined },
): Bottom | undefined {
  let term: Base | undefined;
  if (expr.kind === "value" && !(expr.value instanceof Vertex) && expr.value.tag !== "bottom") term = expr.value;
  else if (expr.kind === "struct" && !expr.hasEmbeddings)
    term = { ...structMarker, kind: structKind, src: expr.src as never };
  else if (expr.kind === "list") term = { tag: "list", kind: listKind, isOpen: false, src: expr.src as never };
  if (term === undefined || kind === topKind || (term.kind & kind) !== 0 || known === undefined) return undefined;
  return conflict(term, known, vertex);
}

function emptyDisjunction(vertex: Vertex, errors: readonly Bottom[]): Bottom {
  const all = distinct(errors.flatMap((error) => (error.isEmptyDisjunction === true ? error.causes : [error])));
  if (all.length === 1) return all[0]!;
  const softest = all.find((error) => !isFatal(error));
  return {
    ...bottom({
      code: softest?.code ?? "eval",
      message: `${all.length} errors in empty disjunction:`,
      vertex,
      causes: all.toSorted((a, b) => (a.message() < b.message() ? -1 : 1)),
    }),
    isEmptyDisjunction: true,
  };
}

function distinct(errors: readonly Bottom[]): Bottom[] {
  const seen = new Set<string>();
  return errors.filter((error) => {
    const key = `${error.code} ${error.vertex === undefined ? "" : pathOf(error.vertex).join("\u0005")} ${error.message()}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The vertex becomes the only survivor, or the disjunction of them. */
function adopt(vertex: Vertex, survivors: readonly Survivor[]): void {
  const [only] = survivors;
  if (survivors.length === 1) {
    const { value } = only!;
    vertex.isBlocked = false;
    if (!(value instanceof Vertex)) {
      vertex.base = value;
      vertex.bottom = undefined;
      clearParts(vertex);
      return;
    }
    const from = target(value);
    vertex.base = from.base;
    vertex.bottom = from.bottom;
    vertex.childError = from.childError;
    vertex.arcs = from.arcs;
    vertex.index = from.index;
    vertex.patterns = from.patterns;
    vertex.dormant = from.dormant;
    vertex.closedBy = from.closedBy;
    vertex.openedBy = from.openedBy;
    vertex.literals = from.literals;
    vertex.excess = from.excess;
    vertex.rest = from.rest;
    return;
  }
  const modes = finalModes(survivors);
  const defaults = survivors.filter((_, i) => modes[i] === "default");
  const values = [...defaults, ...survivors.filter((_, i) => modes[i] !== "default")].map(({ value }) => value);
  const disjunction: Disjunction = {
    tag: "disjunction",
    kind: values.reduce(
      (kind, value) => kind | (value instanceof Vertex ? (target(value).base?.kind ?? 0) : value.kind),
      0,
    ),
    values,
    defaults: defaults.length,
    src: undefined,
  };
  vertex.base = disjunction;
  vertex.bottom = undefined;
  clearParts(vertex);
}

function clearParts(vertex: Vertex): void {
  vertex.arcs = [];
  vertex.index = undefined;
  vertex.patterns = undefined;
  vertex.dormant = undefined;
  vertex.closedBy = undefined;
  vertex.openedBy = undefined;
  vertex.literals = undefined;
  vertex.excess = undefined;
  vertex.rest = undefined;
}
