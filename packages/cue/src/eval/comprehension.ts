import type { Clause, Comprehension, Expr, ListLit, StructLit } from "../compile/ir.ts";
import { intNumber } from "../number.ts";
import { Environment, literalBlock, vertexOf } from "./environment.ts";
import { anonymous, defaultOf, errorOf, evaluate, isReference, kindsOf, scalarValue } from "./evaluate.ts";
import { finalize } from "./finalize.ts";
import { formatExpr, formatValue } from "./format.ts";
import { type Kind, boolKind, formatKind, kindNames, listKind, structKind } from "./kind.ts";
import { type Label, formatLabel, isRegular, letLabel, nameOfLabel } from "./label.ts";
import { isStructSoFar } from "./judge.ts";
import { addList } from "./lists.ts";
import { insertLiteral } from "./literal.ts";
import { resolve } from "./resolve.ts";
import { type Run, holderOf } from "./run.ts";
import { type NodeState, type Task, fail } from "./state.ts";
import { advance } from "./tasks.ts";
import { unify } from "./unify.ts";
import { type Bottom, type Scalar, type Value, atom, bottom, combineBottoms, isFatal, placed } from "./values.ts";
import {
  type Conjunct,
  type Lineage,
  type LiteralRecord,
  Vertex,
  evaluated,
  inProgress,
  member,
  noLineage,
  required,
} from "./vertex.ts";

/**
 * Comprehensions. All iterations are found before the first is inserted: one that cannot be decided yet leaves nothing
 * behind and is tried again.
 */
export function runComprehension(
  run: Run,
  node: NodeState,
  task: Task,
  place: { readonly record: LiteralRecord; readonly at: number; readonly origin: number } | undefined,
): Bottom | undefined {
  const expr = task.expr as Comprehension;
  const found = iterations(run, task.env, expr);
  if (!Array.isArray(found)) {
    if (!isFatal(found)) return found;
    fail(node, { ...placed(found, node.vertex), isOfComprehension: true });
    return undefined;
  }
  for (const { env, body } of found) {
    insertLiteral(run, node, body, {
      env: literalBlock(env, node.vertex, task.lineage),
      lineage: place === undefined ? task.lineage : withOrigin(task.lineage, place.origin),
      outer: place?.record,
      at: place?.at ?? 0,
      isEmbedded: true,
    });
  }
  return undefined;
}

function withOrigin(lineage: Lineage, origin: number): Lineage {
  const { group, refs, cyclic, within, choices, isChosen } = lineage;
  return lineage.origin === origin ? lineage : { group, refs, cyclic, origin, within, choices, isChosen };
}

interface Iteration {
  readonly env: Environment | undefined;
  readonly body: Comprehension["body"];
}

function iterations(run: Run, env: Environment | undefined, expr: Comprehension): Iteration[] | Bottom {
  const search = new Search(run, expr);
  const blocked = search.from(env, 0);
  if (blocked !== undefined) return blocked;
  if (search.found.length === 0 && expr.fallback !== undefined) return [{ env, body: expr.fallback }];
  return search.found;
}

/** Goes through the clauses of a comprehension; every environment that passes them all is an iteration. */
class Search {
  found: Iteration[] = none;
  readonly #run: Run;
  readonly #clauses: readonly Clause[];
  readonly #body: StructLit;

  constructor(run: Run, { clauses, body }: Comprehension) {
    this.#run = run;
    this.#clauses = clauses;
    this.#body = body;
  }

  /** From one clause on; why it cannot be decided yet. */
  from(env: Environment | undefined, at: number): Bottom | undefined {
    const clause = this.#clauses[at];
    this.#run.spend(1);
    if (clause === undefined) {
      const iteration = { env, body: this.#body };
      if (this.found.length === 0) this.found = [iteration];
      else this.found.push(iteration);
      return undefined;
    }
    switch (clause.kind) {
      case "if": {
        const holds = condition(this.#run, env, clause.condition);
        if (typeof holds !== "boolean") return holds;
        return holds ? this.from(env, at + 1) : undefined;
      }
      case "let":
        return this.from(bound(env, clause.value), at + 1);
      case "for":
        return this.#over(env, clause, at + 1);
      case "try":
        return this.#trying(env, clause, at + 1);
    }
  }

  #over(env: Environment | undefined, clause: Clause & { kind: "for" }, next: number): Bottom | undefined {
    const { source } = clause;
    const value = rangeOf(this.#run, env, source);
    if (!(value instanceof Vertex)) return value;
    // What the iterations add does not count among what is ranged over.
    const { length } = value.arcs;
    let missing: Bottom | undefined;
    for (let i = 0; i < length; i++) {
      const arc = value.arcs[i]!;
      if (arc.arcType === required && isRegular(arc.label)) {
        missing = bottom({
          code: "incomplete",
          message: `missing required field in for comprehension: ${formatLabel(arc.label)}`,
          sources: [source.src],
        });
        continue;
      }
      if (arc.arcType !== member || (typeof arc.label !== "number" && !isRegular(arc.label))) continue;
      const key = clause.hasKey ? keyOf(arc.label) : noKey;
      const blocked = this.from(new Environment(env, undefined, { bindings: [key, arc] }), next);
      if (missing !== undefined || blocked !== undefined)
        return blocked === undefined ? missing : combineBottoms(missing, blocked);
    }
    return missing;
  }

  /**
   * `try x = expr {…}`, `try {…}`: nothing where a reference marked with `?` finds nothing. The body is tried in a vertex
   * of its own: what else is wrong with it shows when it is inserted.
   */
  #trying(env: Environment | undefined, { value }: Clause & { kind: "try" }, next: number): Bottom | undefined {
    const run = this.#run;
    const trial = anonymous(run, env, value ?? this.#body);
    const isFailed = run.attempt(() => finalize(run, trial));
    if (isFailed) return undefined;
    if (trial.bottom?.code === "cycle") return trial.bottom;
    return this.from(value === undefined ? env : bound(env, value), next);
  }
}

const none: Iteration[] = [];

/** The block of a clause that gives a value a name. */
function bound(env: Environment | undefined, value: Expr): Environment {
  const vertex = new Vertex(vertexOf(env), letLabel(""), [{ expr: value, env, lineage: noLineage }], true);
  return new Environment(env, undefined, { bindings: [vertex] });
}

function condition(run: Run, env: Environment | undefined, expr: Expr): boolean | Bottom {
  const value = defaultOf(scalarValue(run, env, expr));
  const error = errorOf(value);
  if (error !== undefined) return error;
  const base = value instanceof Vertex ? value.base : value;
  if (base?.tag === "atom" && typeof base.value === "boolean") return base.value;
  return noCondition(value, expr);
}

function noCondition(value: Value, expr: Expr): Bottom {
  const base = value instanceof Vertex ? value.base : value;
  const kind = kindsOf(value);
  const isHopeless = (kind & boolKind) === 0 || base?.tag === "atom";
  return bottom({
    code: isHopeless ? "eval" : "incomplete",
    message: () =>
      isHopeless
        ? `cannot use ${formatValue(value)} (type ${formatKind(kind)}) as type bool`
        : `incomplete bool: ${formatValue(value)}`,
    sources: [expr.src],
  });
}

/** The struct or list that a clause ranges over. */
function rangeOf(run: Run, env: Environment | undefined, source: Expr): Vertex | Bottom {
  const found = isReference(source) ? resolve(run, env, source) : undefined;
  if (found instanceof Vertex) {
    unify(run, found);
    const holder = holderOf(run, found);
    if (holder.status === inProgress && holder.state !== undefined)
      return rangeInProgress(run, holder, holder.state, source);
    if (!holder.isComplete && holder.bottom !== undefined) {
      holder.isToldEarly = true;
      if (holder.bottom.isOfComprehension === true && holder.base?.tag === "struct") return holder;
    }
  }
  const value = defaultOf(evaluate(run, env, source));
  const error = errorOf(value);
  if (error !== undefined) return error;
  const kind = kindsOf(value);
  if (value instanceof Vertex && (kind & (structKind | listKind)) !== 0) return value;
  return noRange(source, kind);
}

/** What is being worked off gets as far as it can without the one who asks; then no further fields may come. */
function rangeInProgress(run: Run, vertex: Vertex, node: NodeState, source: Expr): Vertex | Bottom {
  advance(run, node);
  const error = node.error ?? node.tasks.find(({ status }) => status === "pending")?.blocked;
  if (error !== undefined) return error;
  if (node.isStruct || (node.isList && node.lists.length > 0) || isStructSoFar(node)) {
    // What has not begun may still bring fields.
    node.isFrozen ||= !node.tasks.some(({ status, epoch }) => status === "pending" && epoch < 0);
    return vertex;
  }
  run.floor = Math.min(run.floor, node.depth);
  return noRange(source, node.kind);
}

function noRange(source: Expr, kind: Kind): Bottom {
  const isHopeless = (kind & (structKind | listKind)) === 0;
  return bottom({
    code: isHopeless ? "eval" : "incomplete",
    message: () =>
      isHopeless
        ? `cannot range over ${formatExpr(source)} (found ${kindNames(kind)}, want list or struct)`
        : `cannot range over ${formatExpr(source)} (incomplete type ${kindNames(kind)})`,
    sources: [source.src],
  });
}

function keyOf(label: Label): Vertex {
  return bindingOf(typeof label === "number" ? intNumber(label) : nameOfLabel(label));
}

/** A vertex that is just a scalar. */
function bindingOf(value: Scalar): Vertex {
  const known = atom(value);
  const vertex = new Vertex(
    undefined,
    letLabel(""),
    [{ expr: { kind: "value", value: known, src: undefined }, env: undefined, lineage: noLineage }],
    true,
  );
  vertex.base = known;
  vertex.status = evaluated;
  return vertex;
}

/** Stands for the key of a clause that names none. */
const noKey = bindingOf(null);

/** Works a list literal off: comprehensions give any number of elements. */
export function runListLiteral(run: Run, node: NodeState, expr: ListLit, conjunct: Conjunct): Bottom | undefined {
  const elements: Conjunct[] = [];
  const { env, lineage } = conjunct;
  for (const element of expr.elements) {
    if (element.kind !== "comprehension") {
      elements.push({ expr: element, env, lineage });
      continue;
    }
    const found = iterations(run, env, element);
    if (!Array.isArray(found)) {
      if (!isFatal(found)) return found;
      fail(node, placed(found, node.vertex));
      return undefined;
    }
    for (const { env: inner, body } of found) elements.push({ expr: body, env: inner, lineage });
  }
  const rest = expr.ellipsis?.type;
  addList(run, node, {
    elements,
    rest: rest === undefined ? undefined : { expr: rest, env, lineage },
    isOpen: expr.ellipsis !== undefined,
    group: lineage.group,
    src: expr.src,
  });
  return undefined;
}
