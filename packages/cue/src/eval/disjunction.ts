/**
 * Disjunctions. A vertex with disjunctions among its conjuncts is tried once for each choice: a disjunct is the same
 * list of conjuncts worked off again in a vertex of its own, with the choice made. One disjunction is multiplied in at a
 * time; what fails is dropped and what is equal is joined before the next one, so that independent refinements do not
 * multiply. Disjunctions of plain scalars need no vertices.
 */
import { satisfiesBound } from "./bounds.ts";
import { conflict } from "./errors.ts";
import { type PatternRule, equalValues } from "./equality.ts";
import { fieldsClash } from "./clash.ts";
import { errorWithin, finalize } from "./finalize.ts";
import { structKind, listKind, stringKind, topKind } from "./kind.ts";
import type { Run } from "./run.ts";
import { addValue } from "./scalars.ts";
import { type Choice, type DefaultMode, NodeState, type PendingDisjunction } from "./state.ts";
import { judge } from "./judge.ts";
import { unify } from "./unify.ts";
import {
  type Base,
  type Bottom,
  type Disjunction,
  type LostTerm,
  type Simple,
  bottom,
  combineBottoms,
  isFatal,
  isGroup,
  sameAtom,
  structMarker,
} from "./values.ts";
import { type ChoiceList, Vertex, noLineage, pathOf, target } from "./vertex.ts";

/** A way to choose that has survived so far. */
interface Survivor {
  readonly value: Base | Vertex;
  /** Choices made; none of plain scalars. */
  readonly choices: ChoiceList | undefined;
  /** How the terms chosen were marked, taken together; and how the last one was. */
  readonly mode: DefaultMode;
  readonly term: DefaultMode;
}

const rank: Readonly<Record<DefaultMode, number>> = { maybe: 0, default: 1, not: 2 };

/** Of two marks the stronger: a term is a default only where nothing speaks against it. */
function combineModes(left: DefaultMode, right: DefaultMode): DefaultMode {
  return rank[left] >= rank[right] ? left : right;
}

/** Multiplies the disjunctions of a vertex out, and makes it what remains. */
export function expandDisjunctions(run: Run, node: NodeState): void {
  const { vertex } = node;
  const survivors = isPlain(node) ? expandScalars(run, node) : expandVertices(run, node);
  if (Array.isArray(survivors)) {
    adopt(vertex, survivors);
    return;
  }
  judge(run, node);
  // Where the fields clash without any choice made, each tells so itself.
  if (fieldsClash(vertex)) return;
  vertex.isVoid = true;
  vertex.isDisjunct = true;
  vertex.bottom = vertex.bottom === undefined ? survivors : combineBottoms(vertex.bottom, survivors);
}

/** Tries a term together with the choices made so far: what it leaves, several where it is a disjunction itself. */
type Attempt = (from: Survivor, of: PendingDisjunction, at: number) => readonly Survivor[] | LostTerm;

/** Multiplies one disjunction after the other in. When nothing is left, the one that brought that about says why. */
function multiply(
  run: Run,
  vertex: Vertex,
  {
    start,
    disjunctions,
    after,
  }: {
    readonly start: Survivor;
    readonly disjunctions: readonly PendingDisjunction[];
    readonly after: readonly PendingDisjunction[];
  },
  attempt: (rest: readonly PendingDisjunction[]) => Attempt,
): Survivor[] | Bottom {
  let cross: readonly Survivor[] = [start];
  // What the author says of a term that is lost is told even if it is another disjunction that has none left.
  const texts: Bottom[] = [];
  for (const [i, of] of disjunctions.entries()) {
    const lost: LostTerm[] = [];
    const rest = disjunctions.slice(i + 1);
    const rule = rest.length + after.length > 0 ? "same patterns" : "any patterns";
    const product = crossProduct(run, cross, of, { attempt: attempt(rest), lost, rule });
    for (const term of lost) if (term?.error.isCustom === true) texts.push(term.error);
    if (product.length === 0) return emptyDisjunction(vertex, lost, texts);
    cross = product;
  }
  return [...cross];
}

/**
 * Every survivor with every term. A term is a default when its own mark and those of the terms chosen before say so; the
 * marks of a side none of whose defaults is left do not count.
 */
function crossProduct(
  run: Run,
  cross: readonly Survivor[],
  of: PendingDisjunction,
  { attempt, lost, rule }: { readonly attempt: Attempt; readonly lost: LostTerm[]; readonly rule: PatternRule },
): Survivor[] {
  const tried: { readonly from: Survivor; readonly term: DefaultMode; readonly left: readonly Survivor[] }[] = [];
  let keepsLeft = false;
  let keepsRight = false;
  for (const from of cross) {
    for (const [at, { mode }] of of.choices.entries()) {
      run.spend(1);
      run.counters.disjuncts++;
      const left = attempt(from, of, at);
      if (!isLeft(left)) {
        // The last loss of a term is told; one that may still be made good keeps the whole open.
        const open = lost[at]?.error;
        lost[at] =
          open === undefined || isFatal(open) || !isFatal(left.error)
            ? left
            : { ...left, error: { ...left.error, code: open.code } };
        continue;
      }
      tried.push({ from, term: mode, left });
      if (from.mode === "default" || from.term === "default") keepsLeft = true;
      if (mode === "default") keepsRight = true;
    }
  }
  const product = new Product(run, rule);
  let isMarked = false;
  for (const { from, term, left } of tried) {
    if (left.length === 1) {
      const mode = combineModes(keepsLeft ? left[0]!.mode : "maybe", keepsRight ? term : "maybe");
      const { value, choices } = left[0]!;
      product.add({ value, choices, mode, term });
      continue;
    }
    for (const survivor of left) {
      const mode = combineModes(keepsLeft ? from.mode : "maybe", combineModes(term, survivor.mode));
      if (mode !== "maybe") isMarked = true;
      product.add({ ...survivor, mode });
    }
  }
  return isMarked ? product.list.map((one) => (one.mode === "maybe" ? { ...one, mode: "not" } : one)) : product.list;
}

function isLeft(left: readonly Survivor[] | LostTerm): left is readonly Survivor[] {
  return Array.isArray(left);
}

/** Survivors without doubles: of two equal ones the default wins. */
class Product {
  readonly list: Survivor[] = [];
  readonly #run: Run;
  readonly #rule: PatternRule;
  readonly #texts = new Set<string>();

  constructor(run: Run, rule: PatternRule) {
    this.#run = run;
    this.#rule = rule;
  }

  add(added: Survivor): void {
    const { value } = added;
    if (!(value instanceof Vertex) && value.tag === "atom" && typeof value.value === "string") {
      const isNew = !this.#texts.has(value.value);
      this.#texts.add(value.value);
      if (isNew && value.kind === stringKind) {
        this.list.push(added);
        return;
      }
    }
    for (const [i, known] of this.list.entries()) {
      if (!isSame(this.#run, known.value, value, this.#rule)) continue;
      if (added.mode === "default") this.list[i] = { ...known, mode: "default" };
      return;
    }
    this.list.push(added);
  }
}

/** What waits for something may still become different. */
// eslint-disable-next-line max-params -- two operands and a rule
function isSame(run: Run, left: Base | Vertex, right: Base | Vertex, rule: PatternRule): boolean {
  for (const value of [left, right]) if (value instanceof Vertex && target(value).bottom !== undefined) return false;
  return equalValues(run, left, right, rule);
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
  const { vertex } = node;
  judge(run, node);
  if (vertex.bottom !== undefined) return vertex.bottom;
  const start: Survivor = { value: vertex.base!, choices: undefined, mode: "maybe", term: "maybe" };
  return multiply(run, vertex, { start, disjunctions: node.disjunctions, after: [] }, () => (from, of, at) => {
    const { expr } = of.choices[at]!.conjunct;
    const value = meet(run, vertex, from.value as Base, (expr as { value: Simple }).value);
    return value.tag === "bottom"
      ? { term: expr, error: value, tried: undefined }
      : [{ value, choices: from.choices, mode: from.mode, term: from.term }];
  });
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

// Structs and everything else ----------------------------------------------------------------------------------------

function expandVertices(run: Run, node: NodeState): Survivor[] | Bottom {
  const start: Survivor = { value: node.vertex, choices: undefined, mode: "maybe", term: "maybe" };
  const known = { kind: node.kind, source: node.kindSource?.value };
  return new Expansion(run, node.vertex, known).expand(start, node.disjunctions, []);
}

/** What is known of a vertex before any choice is made. */
interface Known {
  readonly kind: number;
  readonly source: Base | undefined;
}

class Expansion {
  readonly #run: Run;
  readonly #vertex: Vertex;
  readonly #known: Known;

  constructor(run: Run, vertex: Vertex, known: Known) {
    this.#run = run;
    this.#vertex = vertex;
    this.#known = known;
  }

  /** `after` are disjunctions that others multiply in later. */
  expand(
    start: Survivor,
    disjunctions: readonly PendingDisjunction[],
    after: readonly PendingDisjunction[],
  ): Survivor[] | Bottom {
    return multiply(
      this.#run,
      this.#vertex,
      { start, disjunctions, after },
      (rest) => (from, of, at) => this.#attempt(from, { of, at }, [...rest, ...after]),
    );
  }

  #attempt(
    from: Survivor,
    { of, at }: { readonly of: PendingDisjunction; readonly at: number },
    rest: readonly PendingDisjunction[],
  ): readonly Survivor[] | LostTerm {
    const run = this.#run;
    const choice = of.choices[at]!;
    const term = choice.conjunct.expr;
    const wrong = impossibleKind(this.#vertex, choice, this.#known);
    if (wrong !== undefined) return { term, error: wrong, tried: undefined };
    const choices: ChoiceList = { of, at, next: from.choices };
    const tried = disjunctOf(this.#vertex, choices);
    // References to the vertex from within find the disjunct.
    this.#vertex.shared = tried;
    run.trials++;
    unify(run, tried);
    const open = tried.openDisjunctions ?? [];
    const nested = open.filter((one) => !rest.some((other) => isSameDisjunction(one, other)));
    if (open.length === 0 || tried.bottom === undefined || isFatal(tried.bottom))
      finalize(run, tried, run.trials > thoroughTrials ? "first error" : "all");
    run.trials--;
    this.#vertex.shared = undefined;
    // What is not known is held against a disjunct only when nothing is left to choose.
    const error = errorWithin(tried) ?? (open.length > 0 ? undefined : (tried.bottom ?? tried.openChild));
    if (error !== undefined) return { term, error, tried };
    if (nested.length === 0) return [{ value: plainValue(tried, open), choices, mode: from.mode, term: choice.mode }];
    const left = this.expand({ value: tried, choices, mode: from.mode, term: choice.mode }, nested, rest);
    return Array.isArray(left) ? left : { term, error: left, tried };
  }
}

/** Deeper than this nobody reads what else is wrong with a disjunct that is lost: it is dropped at its first error. */
const thoroughTrials = 2;

/** The vertex once more, with choices made. */
function disjunctOf(vertex: Vertex, choices: ChoiceList): Vertex {
  const tried = new Vertex(vertex.parent, vertex.label, vertex.conjuncts, vertex.binding, vertex.identity);
  tried.choices = choices;
  tried.arcType = vertex.arcType;
  return tried;
}

function isSameDisjunction(a: PendingDisjunction, b: PendingDisjunction): boolean {
  return a.key === b.key && a.occurrence === b.occurrence && a.scope === b.scope;
}

/** A disjunct that is a scalar needs its vertex no more, unless something is still open in it. */
function plainValue(vertex: Vertex, open: readonly PendingDisjunction[]): Base | Vertex {
  const { base } = target(vertex);
  if (open.length > 0 || base === undefined || base.tag === "struct" || base.tag === "list" || vertex.arcs.length > 0)
    return vertex;
  return base;
}

function impossibleKind(vertex: Vertex, { conjunct: { expr } }: Choice, { kind, source }: Known): Bottom | undefined {
  let term: Base | undefined;
  if (expr.kind === "value" && !(expr.value instanceof Vertex) && expr.value.tag !== "bottom") term = expr.value;
  else if (expr.kind === "struct" && !expr.hasEmbeddings)
    term = { ...structMarker, kind: structKind, src: expr.src as never };
  else if (expr.kind === "list") term = { tag: "list", kind: listKind, isOpen: false, src: expr.src as never };
  if (term === undefined || kind === topKind || (term.kind & kind) !== 0 || source === undefined) return undefined;
  return conflict(term, source, vertex);
}

function emptyDisjunction(vertex: Vertex, lost: readonly LostTerm[], given: readonly Bottom[]): Bottom {
  const terms = lost.filter(() => true);
  const code = terms.find(({ error }) => error.code === "cycle" || error.code === "incomplete")?.error.code ?? "eval";
  const texts = distinct(given);
  if (texts.length === 1) return inPlaceOfAll(texts[0]!, { code, vertex, terms });
  const all =
    texts.length > 0
      ? texts.map((error): Bottom => ({ ...error, code: "eval" }))
      : distinct(selectErrors(terms.map(({ error }) => error)).flatMap((error) => partsOf(error, vertex)));
  if (all.length === 1) return isFatal({ ...all[0]!, code }) ? all[0]! : { ...all[0]!, code };
  return {
    ...bottom({
      code,
      message: `${all.length} errors in empty disjunction:`,
      vertex,
      causes: all.toSorted((a, b) => (a.message() < b.message() ? -1 : 1)),
      subject: { kind: "disjunction", lost: terms },
    }),
    isEmptyDisjunction: true,
  };
}

/** Where the author says by `error()` what is wrong, that is all that is told of a disjunction. */
function inPlaceOfAll(
  text: Bottom,
  {
    code,
    vertex,
    terms,
  }: { readonly code: Bottom["code"]; readonly vertex: Vertex; readonly terms: readonly LostTerm[] },
): Bottom {
  const others = terms.flatMap(({ error }) => (error === text ? [] : error.sources));
  return bottom({
    code,
    message: text.message,
    vertex: text.vertex ?? vertex,
    sources: [...text.sources, ...others],
    subject: { kind: "disjunction", lost: terms },
  });
}

/** Of more than two errors those that say something new: none that was final before one that is not, one for each place. */
function selectErrors(errors: readonly Bottom[]): readonly Bottom[] {
  if (errors.length <= 2) return errors;
  const soft = errors.findIndex((error) => !isFatal(error));
  const places = new Set<unknown>();
  return errors.slice(Math.max(soft, 0)).filter((error) => {
    for (const place of placesOf(error)) {
      if (places.has(place)) continue;
      places.add(place);
      return true;
    }
    return false;
  });
}

/** Where an error is: the expression that failed, then the parts of it; a conflict has only parts. */
function placesOf(error: Bottom): unknown[] {
  const first = isGroup(error) ? error.causes[0]! : error;
  const sources = first.sources.map((src) => src?.node);
  return first.isConflict === true ? [undefined, ...sources] : sources.length > 0 ? sources : [undefined];
}

/** The errors that an error stands for. */
function partsOf(error: Bottom, vertex: Vertex): readonly Bottom[] {
  const parts =
    isGroup(error) || error.isEmptyDisjunction === true ? error.causes.flatMap((cause) => partsOf(cause, vertex)) : [];
  if (parts.length === 0) return [error];
  if (isGroup(error) || error.vertex?.identity === vertex.identity) return parts;
  return [{ ...error, causes: [], isEmptyDisjunction: false }, ...parts];
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
    vertex.isDisjunct = true;
    if (!(value instanceof Vertex)) {
      vertex.base = value;
      vertex.bottom = undefined;
      clearParts(vertex);
      return;
    }
    const from = target(value);
    vertex.base = from.base;
    vertex.bottom = from.bottom;
    vertex.isVoid = from.isVoid;
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
  const values: (Base | Vertex)[] = [];
  let defaults = 0;
  for (const { mode, value } of survivors) {
    values.push(value);
    if (mode !== "default") continue;
    values[values.length - 1] = values[defaults]!;
    values[defaults++] = value;
  }
  const disjunction: Disjunction = {
    tag: "disjunction",
    kind: values.reduce(
      (kind, value) => kind | (value instanceof Vertex ? (target(value).base?.kind ?? 0) : value.kind),
      0,
    ),
    values,
    defaults,
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
