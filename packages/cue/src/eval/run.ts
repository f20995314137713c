import { type Budget, defaultBudget } from "@lateen/base";
import type { Lineage, Vertex } from "./vertex.ts";
import { inProgress, unprocessed } from "./vertex.ts";

/** What an evaluation did: for goldens that pin work without clocks. */
export interface Counters {
  /** Vertices worked off, disjuncts included. */
  unifications: number;
  conjuncts: number;
  disjuncts: number;
}

/** The budget of an evaluation is used up. `vertex` is what was being evaluated. */
export class LimitError extends Error {
  override readonly name = "LimitError";
  readonly code = "limit";
  readonly vertex: Vertex | undefined;
  constructor(message: string, vertex: Vertex | undefined) {
    super(message);
    this.vertex = vertex;
  }
}

/** Asks the entry of the evaluation to evaluate a vertex first, on an empty stack. */
export class Detour extends Error {
  override readonly name = "Detour";
  readonly vertex: Vertex;
  constructor(vertex: Vertex) {
    super("evaluate first");
    this.vertex = vertex;
  }
}

/** Nested evaluations from which on a detour is taken; frames of one need about 1.5 kB, a stack has about 1 MB. */
const detourDepth = 160;
const hardDepth = 400;
const interruptEvery = 1024;

export interface Packages {
  /** The vertex of an imported package, or undefined when there is none of this path. */
  vertexOf(path: string): Vertex | undefined;
  /** The path of an imported package, by its vertex. */
  pathOf(vertex: Vertex): string | undefined;
}

/** The bookkeeping of one evaluation: budget, what is in progress, what was counted. */
export class Run {
  readonly packages: Packages;
  readonly counters: Counters = { unifications: 0, conjuncts: 0, disjuncts: 0 };
  /** Vertices in progress, outermost first. */
  readonly stack: Vertex[] = [];
  /** The lowest place in the stack that something evaluated above has asked for in vain. */
  floor = Number.POSITIVE_INFINITY;
  /** What the expression that is being evaluated was reached by; undefined leaves that to its environment. */
  inherited: Lineage | undefined = undefined;
  /** Of the `try` that is being tried, innermost: whether a reference marked with `?` found nothing. */
  #trial: { isFailed: boolean } | undefined = undefined;
  /** How many disjuncts are being tried, one within the other. */
  trials = 0;
  /** Grows with everything that happens: tells whether trying again can make a difference. */
  epoch = 0;
  #budget: Budget = defaultBudget;
  #steps = 0;
  #bytes = 0;

  constructor(packages: Packages) {
    this.packages = packages;
  }

  begin(budget: Budget): void {
    this.#budget = budget;
    this.#steps = 0;
    this.#bytes = 0;
    this.floor = Number.POSITIVE_INFINITY;
  }

  get depthLimit(): number {
    return this.#budget.depth;
  }

  /** @throws LimitError when nothing is left. */
  spend(steps: number, bytes = 0): void {
    const before = this.#steps;
    this.#steps = before + steps;
    if (this.#steps > this.#budget.steps)
      throw new LimitError(`more than ${this.#budget.steps} steps of evaluation`, this.stack.at(-1));
    if (bytes !== 0) {
      this.#bytes += bytes;
      if (this.#bytes > this.#budget.bytes)
        throw new LimitError(`more than ${this.#budget.bytes} bytes of data`, this.stack.at(-1));
    }
    if (before % interruptEvery > this.#steps % interruptEvery && this.#budget.interrupted?.() === true)
      throw new LimitError("evaluation was interrupted", this.stack.at(-1));
  }

  /** Does something that `try` must be able to take back; whether some reference marked with `?` found nothing. */
  attempt(work: () => void): boolean {
    const outer = this.#trial;
    const trial = { isFailed: false };
    this.#trial = trial;
    try {
      work();
    } finally {
      this.#trial = outer;
    }
    return trial.isFailed;
  }

  /** A reference marked with `?` has found nothing. */
  noteAbsence(): void {
    if (this.#trial !== undefined) this.#trial.isFailed = true;
  }

  enter(vertex: Vertex): void {
    this.counters.unifications++;
    this.spend(1);
    if (this.stack.length >= detourDepth) {
      if (vertex.depth > this.#budget.depth) throw new LimitError(`nested deeper than ${this.#budget.depth}`, vertex);
      if (canDetour(vertex)) throw new Detour(vertex);
      if (this.stack.length >= hardDepth) throw new LimitError("evaluations depend on each other too deeply", vertex);
    }
    this.stack.push(vertex);
  }

  leave(): void {
    this.stack.pop();
  }

  /** After an exception: what was in progress counts as never begun. */
  abandon(): void {
    for (let vertex = this.stack.pop(); vertex !== undefined; vertex = this.stack.pop()) {
      if (vertex.status === inProgress) resetVertex(vertex);
    }
    this.floor = Number.POSITIVE_INFINITY;
    this.inherited = undefined;
    this.trials = 0;
  }
}

/**
 * Through sharing to the vertex that holds the value, for the one who is being worked off. A vertex whose disjuncts are
 * being tried is the disjunct only for the disjunct's own parts: nobody else may depend on a choice that might not stand.
 */
export function holderOf(run: Run, vertex: Vertex): Vertex {
  let at = vertex;
  while (at.shared !== undefined) {
    if (at.shared.identity === at.identity && !isPartOf(run.stack.at(-1), at)) break;
    at = at.shared;
  }
  return at;
}

function isPartOf(part: Vertex | undefined, whole: Vertex): boolean {
  for (let at = part; at !== undefined && at.depth >= whole.depth; at = at.parent)
    if (at.identity === whole.identity) return true;
  return false;
}

/** Forgets everything but the conjuncts. */
export function resetVertex(vertex: Vertex): void {
  vertex.status = unprocessed;
  vertex.state = undefined;
  vertex.base = undefined;
  vertex.bottom = undefined;
  vertex.childError = undefined;
  vertex.openChild = undefined;
  vertex.isVoid = false;
  vertex.isErroneous = false;
  vertex.isComplete = false;
  vertex.isToldEarly = false;
  vertex.isDisjunct = false;
  vertex.shared = undefined;
  vertex.arcs = [];
  vertex.index = undefined;
  vertex.patterns = undefined;
  vertex.dormant = undefined;
  vertex.closedBy = undefined;
  vertex.openedBy = undefined;
  vertex.literals = undefined;
  vertex.excess = undefined;
  vertex.rest = undefined;
  vertex.isBlocked = false;
}

/** It can be evaluated by itself when nothing that holds it is in progress: there its arcs would be made anew. */
function canDetour(vertex: Vertex): boolean {
  if (vertex.identity !== vertex) return false;
  for (let at = vertex.parent; at !== undefined; at = at.parent) if (at.status <= inProgress) return false;
  return !vertex.binding;
}
