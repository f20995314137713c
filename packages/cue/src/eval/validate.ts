import { defaultOf } from "./evaluate.ts";
import { fieldNotAllowed } from "./errors.ts";
import { errorWithin, finalize } from "./finalize.ts";
import { formatValue } from "./format.ts";
import { type Label, isLet, isRegular } from "./label.ts";
import type { Run } from "./run.ts";
import { type Bottom, type Value, bottom, isFatal, isGroup } from "./values.ts";
import { Vertex, optional, pathOf, pathWithin, required, target, member } from "./vertex.ts";

/** An error at its place in the configuration. */
export interface Problem {
  readonly error: Bottom;
  readonly path: readonly Label[];
  /** The field that is wrong. */
  readonly vertex: Vertex | undefined;
}

export interface ValidateOptions {
  /** Regular fields must be concrete. */
  readonly concrete: boolean;
  /** The terms of a failed disjunction are errors of their own, as the reference lists them; else they are its causes. */
  readonly terms?: "apart";
}

interface Visit {
  readonly vertex: Vertex;
  readonly path: Path | undefined;
  readonly concrete: boolean;
  /** It is part of a definition or a hidden field: what it shares is looked at where it stands. */
  readonly isInner?: boolean;
  /** The field that the vertex stands in for. */
  readonly of?: Vertex;
}

interface Path {
  readonly up: Path | undefined;
  readonly label: Label;
}

/** All errors of a vertex and what is below it, in the order of fields, without doubles. */
export function validate(run: Run, root: Vertex, options: ValidateOptions): Problem[] {
  finalize(run, root);
  if (!options.concrete && errorWithin(root) === undefined) return [];
  const base = pathOf(root);
  const problems = new Problems(base, options);
  const shared = new Set<Vertex>();
  const stack: Visit[] = [{ vertex: root, path: undefined, concrete: options.concrete }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop())
    check(run, visit, { stack, problems, shared });
  // What no field could be blamed for, such as two constraints on a field that is not given, is the whole's.
  const { childError } = target(root);
  if (options.concrete && problems.list.length === 0 && childError !== undefined)
    problems.add(childError, undefined, root);
  return problems.list;
}

interface Walk {
  readonly stack: Visit[];
  readonly problems: Problems;
  readonly shared: Set<Vertex>;
}

function check(run: Run, visit: Visit, walk: Walk): void {
  const { vertex, path, concrete } = visit;
  run.spend(1);
  let holder = target(vertex);
  if (
    (vertex.shared !== undefined && vertex.bottom === undefined) ||
    (holder.isDisjunct && holder.bottom === undefined)
  ) {
    if (!holder.binding && (visit.isInner === true || walk.shared.has(holder))) return;
    walk.shared.add(holder);
  }
  const own = vertex.bottom ?? holder.bottom;
  if (own !== undefined && holder.isToldEarly && holder.childError !== undefined) {
    walk.problems.add(isFatal(own) ? own : { ...own, code: holder.childError.code }, path, vertex);
    descend(holder, { ...visit, concrete: false }, walk);
    return;
  }
  if (own !== undefined && !isFatal(own) && holder.childError !== undefined) {
    descend(holder, { ...visit, concrete: false }, walk);
    return;
  }
  if (own !== undefined) {
    if (isFatal(own) && holder.childError !== undefined && own.isNotAllowed !== true)
      walk.problems.add(holder.childError, path, holder);
    if (isFatal(own) || concrete) walk.problems.add(own, path, visit.of ?? vertex);
    return;
  }
  const plain = defaultOf(holder);
  if (plain instanceof Vertex) {
    holder = target(plain);
    if (holder !== plain || holder !== target(vertex)) finalize(run, holder);
  }
  const baseValue = plain instanceof Vertex ? holder.base : plain;
  if (!walk.problems.areTermsApart) addExcess(holder, path, walk);
  if (baseValue?.tag === "struct" || baseValue?.tag === "list" || holder.arcs.length > 0) descend(holder, visit, walk);
  if (!concrete || baseValue?.tag === "struct" || baseValue?.tag === "list" || baseValue?.tag === "atom") return;
  if (plain instanceof Vertex && holder.bottom !== undefined) {
    walk.problems.add(holder.bottom, path, vertex);
    return;
  }
  walk.problems.add(notConcrete(plain, holder), path, vertex);
}

/** Fields that are not allowed, also where other errors are worse: a person mends them all at once. */
function addExcess({ excess }: Vertex, path: Path | undefined, walk: Walk): void {
  for (const arc of excess ?? [])
    if (arc.arcType === member) walk.problems.add(fieldNotAllowed(arc), { up: path, label: arc.label }, arc);
}

function notConcrete(value: Value, vertex: Vertex): Bottom {
  return bottom({
    code: "incomplete",
    message: () => `incomplete value ${formatValue(withoutDefaults(value))}`,
    sources: vertex.conjuncts.map((conjunct) => conjunct.expr.src),
  });
}

function withoutDefaults(value: Value): Value {
  return !(value instanceof Vertex) && value.tag === "disjunction" ? { ...value, defaults: 0 } : value;
}

function descend(vertex: Vertex, { path, concrete, isInner = false }: Visit, walk: Walk): void {
  for (let i = vertex.arcs.length - 1; i >= 0; i--) {
    const arc = vertex.arcs[i]!;
    if (arc.arcType === optional || isLet(arc.label)) continue;
    const inner = { up: path, label: arc.label };
    const isData = typeof arc.label === "number" || isRegular(arc.label);
    if (arc.arcType === required && concrete && isData) {
      walk.stack.push({ vertex: missing(arc), path: inner, concrete: true, of: arc });
      continue;
    }
    if (arc.arcType === required) continue;
    walk.stack.push({ vertex: arc, path: inner, concrete: concrete && isData, isInner: isInner || !isData });
  }
}

/** A stand-in that says that a required field is not there. */
function missing(arc: Vertex): Vertex {
  const vertex = new Vertex(undefined, arc.label, arc.conjuncts, true);
  vertex.bottom = bottom({
    code: "incomplete",
    message: "field is required but not present",
    sources: arc.conjuncts.map((conjunct) => conjunct.field ?? conjunct.expr.src),
  });
  return vertex;
}

class Problems {
  readonly list: Problem[] = [];
  readonly #base: readonly Label[];
  readonly #seen = new Set<string>();

  readonly areTermsApart: boolean;

  constructor(base: readonly Label[], { terms }: ValidateOptions) {
    this.#base = base;
    this.areTermsApart = terms === "apart";
  }

  add(error: Bottom, path: Path | undefined, vertex: Vertex): void {
    if (isGroup(error)) {
      for (const cause of error.causes) this.add(cause, path, vertex);
      return;
    }
    const place = this.#placeOf(error, path);
    const key = `${place.join("\u0005")}\u0006${error.message()}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.list.push({ error, path: place, vertex: error.vertex ?? vertex });
    if (error.isEmptyDisjunction === true && this.areTermsApart)
      for (const cause of error.causes)
        this.add(isFatal(cause) && !isFatal(error) ? { ...cause, code: error.code } : cause, path, vertex);
  }

  /** The reference names what stands nowhere by its own path; a person is told where the expression stands. */
  #placeOf(error: Bottom, path: Path | undefined): readonly Label[] {
    const vertex = (this.areTermsApart ? error.toldAt : undefined) ?? error.vertex;
    if (vertex === undefined || isOfLet(vertex)) return this.#full(path);
    return this.areTermsApart ? pathWithin(vertex) : pathOf(vertex);
  }

  #full(path: Path | undefined): Label[] {
    const labels: Label[] = [];
    for (let at = path; at !== undefined; at = at.up) labels.push(at.label);
    return [...this.#base, ...labels.reverse()];
  }
}

/** Errors of a `let` stand where it is used. */
function isOfLet(vertex: Vertex): boolean {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) if (at.binding) return isLet(at.label);
  return false;
}

/** The first part of a finalized struct or list that is wrong, or not concrete. */
export function firstOpen(root: Vertex): { readonly error: Bottom; readonly vertex: Vertex } | undefined {
  const stack = [root];
  for (let vertex = stack.pop(); vertex !== undefined; vertex = stack.pop()) {
    const holder = target(vertex);
    const own = vertex.bottom ?? holder.bottom;
    if (own !== undefined) return { error: own, vertex };
    const plain = defaultOf(holder);
    const base = plain instanceof Vertex ? target(plain).base : plain;
    if (base?.tag !== "atom" && base?.tag !== "struct" && base?.tag !== "list")
      return { error: notConcrete(plain, holder), vertex };
    const { arcs } = plain instanceof Vertex ? target(plain) : holder;
    for (let i = arcs.length - 1; i >= 0; i--) {
      const arc = arcs[i]!;
      if (arc.arcType !== optional && (typeof arc.label === "number" || isRegular(arc.label)))
        stack.push(arc.arcType === required ? missing(arc) : arc);
    }
  }
  return undefined;
}

/** The first error of a finalized value, for functions that only need to know. */
export function firstProblem(value: Value): Bottom | undefined {
  if (!(value instanceof Vertex)) return value.tag === "bottom" ? value : undefined;
  let soft: Bottom | undefined;
  const stack = [value];
  for (let vertex = stack.pop(); vertex !== undefined; vertex = stack.pop()) {
    const holder = target(vertex);
    const own = vertex.bottom ?? holder.bottom;
    if (own !== undefined) {
      if (isFatal(own)) return own;
      soft ??= own;
      continue;
    }
    for (const arc of holder.arcs) {
      if (arc.arcType === required)
        soft ??= bottom({ code: "incomplete", message: `field is required but not present: ${String(arc.label)}` });
      else if (arc.arcType !== optional && !isLet(arc.label)) stack.push(arc);
    }
  }
  return soft;
}
