import type { Clause, Comprehension, Expr, ListLit, StructLit } from "../compile/ir.ts";
import { intNumber } from "../number.ts";
import { Environment, literalBlock, vertexOf } from "./environment.ts";
import { anonymous, defaultOf, errorOf, evaluate, isReference, kindsOf, scalarValue } from "./evaluate.ts";
import { finalize } from "./finalize.ts";
import { formatExpr, formatValue } from "./format.ts";
import { type Kind, boolKind, formatKind, kindNames, listKind, structKind } from "./kind.ts";
import { formatLabel, isRegular, letLabel, nameOfLabel } from "./label.ts";
import { isStructSoFar } from "./judge.ts";
import { addList } from "./lists.ts";
import { insertLiteral } from "./literal.ts";
import { resolve } from "./resolve.ts";
import { type Run, holderOf } from "./run.ts";
import { type NodeState, type Task, fail } from "./state.ts";
import { advance } from "./tasks.ts";
import { unify } from "./unify.ts";
import { type Bottom, type Scalar, atom, bottom, combineBottoms, isFatal, placed } from "./values.ts";
import {
  type Conjunct,
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
    fail(node, placed(found, node.vertex));
    return undefined;
  }
  for (const { env, body } of found) {
    insertLiteral(run, node, body, {
      env: literalBlock(env, node.vertex, task.lineage),
      lineage: place === undefined ? task.lineage : { ...task.lineage, origin: place.origin },
      outer: place?.record,
      at: place?.at ?? 0,
      isEmbedded: true,
    });
  }
  return undefined;
}

interface Iteration {
  readonly env: Environment | undefined;
  readonly body: Comprehension["body"];
}

function iterations(run: Run, env: Environment | undefined, expr: Comprehension): Iteration[] | Bottom {
  const found: Iteration[] = [];
  const blocked = iterate(run, env, { clauses: expr.clauses, body: expr.body, at: 0 }, (inner) => {
    found.push({ env: inner, body: expr.body });
  });
  if (blocked !== undefined) return blocked;
  if (found.length === 0 && expr.fallback !== undefined) found.push({ env, body: expr.fallback });
  return found;
}

interface Clauses {
  readonly clauses: readonly Clause[];
  readonly body: StructLit;
  readonly at: number;
}

function iterate(
  run: Run,
  env: Environment | undefined,
  { clauses, body, at }: Clauses,
  emit: (env: Environment | undefined) => void,
): Bottom | undefined {
  const clause = clauses[at];
  run.spend(1);
  if (clause === undefined) {
    emit(env);
    return undefined;
  }
  const rest = { clauses, body, at: at + 1 };
  switch (clause.kind) {
    case "if": {
      const holds = condition(run, env, clause.condition);
      if (typeof holds !== "boolean") return holds;
      return holds ? iterate(run, env, rest, emit) : undefined;
    }
    case "let": {
      const vertex = new Vertex(vertexOf(env), letLabel(""), [{ expr: clause.value, env, lineage: noLineage }], true);
      return iterate(run, new Environment(env, undefined, { bindings: [vertex] }), rest, emit);
    }
    case "for":
      return iterateOver(run, env, clause.source, (key, value) =>
        iterate(run, new Environment(env, undefined, { bindings: [key, value] }), rest, emit),
      );
    case "try":
      return tryClause(run, env, clause, rest, emit);
  }
}

/**
 * `try x = expr {…}`, `try {…}`: nothing where a reference marked with `?` finds nothing. The body is tried in a vertex
 * of its own: what else is wrong with it shows when it is inserted.
 */
function tryClause(
  run: Run,
  env: Environment | undefined,
  clause: Clause & { kind: "try" },
  rest: Clauses,
  emit: (env: Environment | undefined) => void,
): Bottom | undefined {
  const { value } = clause;
  const trial = anonymous(run, env, value ?? rest.body);
  const isFailed = run.attempt(() => finalize(run, trial));
  if (isFailed) return undefined;
  if (trial.bottom?.code === "cycle") return trial.bottom;
  if (value === undefined) return iterate(run, env, rest, emit);
  const vertex = new Vertex(vertexOf(env), letLabel(""), [{ expr: value, env, lineage: noLineage }], true);
  return iterate(run, new Environment(env, undefined, { bindings: [vertex] }), rest, emit);
}

function condition(run: Run, env: Environment | undefined, expr: Expr): boolean | Bottom {
  const value = defaultOf(scalarValue(run, env, expr));
  const error = errorOf(value);
  if (error !== undefined) return error;
  const base = value instanceof Vertex ? value.base : value;
  if (base?.tag === "atom" && typeof base.value === "boolean") return base.value;
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

function iterateOver(
  run: Run,
  env: Environment | undefined,
  source: Expr,
  each: (key: Vertex, value: Vertex) => Bottom | undefined,
): Bottom | undefined {
  const value = rangeOf(run, env, source);
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
    const blocked = each(bindingOf(typeof arc.label === "number" ? intNumber(arc.label) : nameOfLabel(arc.label)), arc);
    if (missing !== undefined || blocked !== undefined)
      return blocked === undefined ? missing : combineBottoms(missing, blocked);
  }
  return missing;
}

/** The struct or list that a clause ranges over. */
function rangeOf(run: Run, env: Environment | undefined, source: Expr): Vertex | Bottom {
  const found = isReference(source) ? resolve(run, env, source) : undefined;
  if (found instanceof Vertex) {
    unify(run, found);
    const holder = holderOf(run, found);
    if (holder.status === inProgress && holder.state !== undefined)
      return rangeInProgress(run, holder, holder.state, source);
    if (!holder.isComplete && holder.bottom !== undefined) holder.isToldEarly = true;
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
    src: expr.src,
  });
  return undefined;
}
