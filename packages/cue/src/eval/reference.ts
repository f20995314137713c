/** References as conjuncts: what they lead to is added here, and evaluated anew. */
import type { Expr } from "../compile/ir.ts";
import { Group, everyLevel, groupOfValue } from "./closedness.ts";
import { classifyReference, isEndless } from "./cycle.ts";
import { isDefinition } from "./label.ts";
import { resolve } from "./resolve.ts";
import type { Run } from "./run.ts";
import { addValue } from "./scalars.ts";
import type { NodeState } from "./state.ts";
import { type Bottom, isFatal } from "./values.ts";
import {
  type Conjunct,
  type Lineage,
  Vertex,
  evaluated,
  inProgress,
  isBeingCompleted,
  required,
  target,
} from "./vertex.ts";

export function addReference(run: Run, node: NodeState, conjunct: Conjunct): Bottom | undefined {
  const { expr, env, lineage } = conjunct;
  const found = resolve(run, env, expr);
  if (!(found instanceof Vertex)) {
    if (found.tag === "bottom" && !isFatal(found)) {
      const arc = requiredArc(found);
      if (arc !== undefined) addVertex(run, node, arc, conjunct);
      return found;
    }
    node.queue.push({ expr: { kind: "value", value: found, origin: expr, src: expr.src }, env, lineage });
    return undefined;
  }
  return addVertex(run, node, found, conjunct);
}

/** A required field that is not given is missing, but what it will have to be is known. */
function requiredArc({ subject }: Bottom): Vertex | undefined {
  const arc = subject?.kind === "absence" ? subject.holder.arc(subject.label) : undefined;
  return arc?.arcType === required ? arc : undefined;
}

/** Adds what another vertex is made of. Its conjuncts are evaluated here anew, so that their references find ours. */
export function addVertex(run: Run, node: NodeState, to: Vertex, conjunct: Conjunct): Bottom | undefined {
  const { expr, lineage } = conjunct;
  const verdict = classifyReference(node.vertex, expr, to, lineage);
  if (verdict === "reference" || target(to) === node.vertex) return undefined;
  const group = isDefinitionRef(expr)
    ? new Group(lineage.group, everyLevel, node.vertex.depth)
    : expr.kind === "vertex"
      ? groupOfValue(target(to), lineage.group, node.vertex.depth)
      : lineage.group;
  if (node.followed.some((known) => known.target === to && known.lineage.group === lineage.group)) return undefined;
  const next: Lineage = {
    group,
    refs: {
      expr,
      target: to.identity,
      node: node.vertex.identity,
      isCycle: isEndless(verdict, node.vertex),
      isBack: verdict !== "none" || isBeingCompleted(target(to)),
      next: lineage.refs,
    },
    cyclic: lineage.cyclic || verdict !== "none",
    origin: lineage.origin,
    within: lineage.within,
    choices: to.choices ?? lineage.choices,
    isChosen: lineage.isChosen,
  };
  node.follow({ target: to, lineage });
  if (to.conjuncts.length === 0 && to.status >= evaluated) {
    addValue(run, node, to, { expr, env: conjunct.env, lineage: next, field: conjunct.field });
    return undefined;
  }
  for (const part of to.conjuncts) node.queue.push({ expr: part.expr, env: part.env, lineage: next });
  if (mayGrow(to)) (to.followers ??= []).push({ vertex: node.vertex, lineage: next });
  return undefined;
}

/** Whether further conjuncts may reach a vertex: something that holds it is still being worked off. */
function mayGrow(vertex: Vertex): boolean {
  for (let at = vertex.parent; at !== undefined; at = at.parent) if (at.status === inProgress) return true;
  return false;
}

/** Whether an expression selects a definition, or something within one. */
export function isDefinitionRef(expr: Expr): boolean {
  switch (expr.kind) {
    case "field-ref":
    case "scope-ref":
      return isDefinition(expr.label);
    case "select":
      return isDefinition(expr.label) || isDefinitionRef(expr.expr);
    case "index":
    case "try":
      return isDefinitionRef(expr.expr);
    default:
      return false;
  }
}
