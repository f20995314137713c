import type { Expr } from "../compile/ir.ts";
import { everyLevel, hasClosing } from "./closedness.ts";
import { classifyReference } from "./cycle.ts";
import { isPartOfExpression, isReference } from "./evaluate.ts";
import { topKind } from "./kind.ts";
import { isDefinition } from "./label.ts";
import { resolve } from "./resolve.ts";
import type { Run } from "./run.ts";
import { unify } from "./unify.ts";
import { type Conjunct, Vertex, target } from "./vertex.ts";

/**
 * A vertex that is nothing but references to one other shares the value of that one: its own conjuncts are never taken
 * apart, and what is wrong there is told once. It may share what is still in progress.
 */
export function shareValue(run: Run, vertex: Vertex): boolean {
  if (vertex.identity !== vertex) return false;
  const { length } = vertex.conjuncts;
  const references = onlyReferences(vertex.conjuncts);
  if (references.length === 0) return false;
  const isClosing = closes(vertex);
  let goals = noGoals;
  for (const { expr, env, lineage } of references) {
    const to = resolve(run, env, expr);
    if (to === vertex) continue;
    if (!(to instanceof Vertex) || (to.binding && expr.kind !== "let-ref")) return false;
    if (isClosing && !isClosedThroughout(to)) return false;
    if (target(to) === vertex || classifyReference(vertex, expr, to, lineage) !== "none") return false;
    if (goals.length === 0) goals = [to];
    else goals.push(to);
  }
  if (goals.length === 0) return false;
  // Whoever comes back here while the goal is worked off is led to the goal.
  vertex.shared = goals[0]!;
  for (const goal of goals) unify(run, goal);
  const holder = target(vertex);
  const isApart = isToldByUse(vertex, goals[0]!);
  if (!isApart && leadTo(goals, holder) && vertex.conjuncts.length === length) return true;
  vertex.shared = undefined;
  return false;
}

function closes({ conjuncts, depth }: Vertex): boolean {
  for (const { lineage } of conjuncts) if (hasClosing(lineage.group, depth)) return true;
  return false;
}

function leadTo(goals: readonly Vertex[], holder: Vertex): boolean {
  for (const goal of goals) if (target(goal) !== holder) return false;
  return true;
}

/**
 * What is wrong with a `let` is told where it is used; what is part of an expression becomes part of who uses it. Only
 * the outermost use works it off anew, and none what recurs: each step of a recursion would do so.
 */
function isToldByUse(vertex: Vertex, goal: Vertex): boolean {
  const { binding, bottom } = target(goal);
  if (binding && bottom !== undefined) return true;
  return bottom?.code !== "structural cycle" && isPartOfExpression(goal) && !isPartOfExpression(vertex);
}

const none: readonly Conjunct[] = [];
const noGoals: Vertex[] = [];

/** The conjuncts if all are references; `_` beside them says nothing. */
function onlyReferences(conjuncts: readonly Conjunct[]): readonly Conjunct[] {
  if (conjuncts.length === 1) {
    const { expr } = conjuncts[0]!;
    if (isReference(expr)) return conjuncts;
    if (expr.kind !== "unify") return none;
  } else if (!conjuncts.some(({ expr }) => isReference(expr) || expr.kind === "unify")) return none;
  const references: Conjunct[] = [];
  for (const { expr, env, lineage } of conjuncts) {
    for (const part of partsOf(expr)) {
      if (isReference(part)) references.push({ expr: part, env, lineage });
      else if (part.kind !== "value" || part.value.tag !== "type" || part.value.kind !== topKind) return none;
    }
  }
  return references;
}

function partsOf(expr: Expr): readonly Expr[] {
  return expr.kind === "unify" ? expr.operands.flatMap(partsOf) : [expr];
}

/** A definition, or part of one: closed already as deep as it goes. */
export function isClosedThroughout(vertex: Vertex): boolean {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) if (isDefinition(at.label)) return true;
  const { shared } = vertex;
  if (shared !== undefined) return isClosedThroughout(shared);
  return vertex.conjuncts.some(({ lineage }) => {
    for (let group = lineage.group; group !== undefined; group = group.parent)
      if (group.closes === everyLevel) return true;
    return false;
  });
}
