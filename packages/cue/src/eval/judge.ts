import { isAllowed } from "./closedness.ts";
import { isRegular } from "./label.ts";
import { combineBounds } from "./bounds.ts";
import { listLengths } from "./lists.ts";
import type { Run } from "./run.ts";
import { constraintOf, narrow, violation } from "./scalars.ts";
import { type NodeState, fail } from "./state.ts";
import {
  type Base,
  closedListMarker,
  combineBottoms,
  openListMarker,
  placed,
  structMarker,
  bottom,
  top,
} from "./values.ts";
import { type Vertex, optional } from "./vertex.ts";
import { structKind, listKind, numberKind, topKind } from "./kind.ts";

/** Makes the value of a vertex of what was gathered: its base, its errors, and which of its fields are not allowed. */
export function judge(run: Run, node: NodeState): void {
  const { vertex } = node;
  vertex.isVoid = node.kind === 0;
  if (!vertex.isVoid) settleKind(node);
  if (!vertex.isVoid) checkConstraints(run, node);
  for (const task of node.tasks)
    if (task.status !== "done" && task.blocked !== undefined) fail(node, placed(task.blocked, vertex));
  // What is not known yet may still allow a field, and other errors go first.
  if (node.error === undefined) checkClosedness(vertex);
  vertex.base = baseOf(node);
  vertex.bottom = node.error;
  vertex.isVoid = node.kind === 0;
}

function settleKind(node: NodeState): void {
  if (!node.isStruct && !node.isList && node.atom === undefined && hasRegularField(node.vertex)) {
    node.isStruct = true;
    narrow(node, structKind, structMarker);
  }
  if (node.isList) {
    const wrong = listLengths(node);
    if (wrong !== undefined) fail(node, wrong);
    for (const { rest } of node.lists) if (rest !== undefined) (node.vertex.rest ??= []).push(rest);
  }
}

function hasRegularField(vertex: Vertex): boolean {
  return vertex.arcs.some((arc) => arc.arcType !== optional && isRegular(arc.label));
}

function baseOf(node: NodeState): Base | undefined {
  if (node.isStruct) return structMarker;
  if (node.isList) return node.lists.every((list) => list.isOpen) ? openListMarker : closedListMarker;
  if (node.atom !== undefined) return node.atom;
  if (node.func !== undefined) return node.func;
  if (isStructSoFar(node)) return structMarker;
  if (node.kind === topKind && node.checks.length === 0) return top;
  return constraintOf(node);
}

/** `{}` and `{#a: 1}` are structs, `{_, #a: 1}` may be anything; an embedded reference that adds nothing changes nothing. */
export function isStructSoFar(node: NodeState): boolean {
  const { hasTop, kind, checks, vertex } = node;
  return !hasTop && checks.length === 0 && (kind & structKind) !== 0 && (vertex.literals?.length ?? 0) > 0;
}

function checkConstraints(run: Run, node: NodeState): void {
  const { vertex, atom } = node;
  if (atom !== undefined) {
    for (const check of node.checks) {
      const wrong = violation(run, check, atom);
      if (wrong !== undefined) fail(node, { ...wrong, vertex });
    }
    return;
  }
  if ((node.kind & numberKind) !== 0) recheckRanges(node);
  if (!node.isStruct && !node.isList) return;
  vertex.base = node.isStruct
    ? structMarker
    : node.lists.every((list) => list.isOpen)
      ? openListMarker
      : closedListMarker;
  for (const check of node.checks) {
    const wrong = violation(run, check, vertex);
    if (wrong !== undefined) fail(node, { ...wrong, vertex });
  }
}

/** A range that is empty only now that the kind is known to be int. */
function recheckRanges(node: NodeState): void {
  const { checks } = node;
  for (let i = 0; i < checks.length; i++) {
    for (let k = i + 1; k < checks.length; k++) {
      const [a, b] = [checks[i]!, checks[k]!];
      if (a.tag !== "bound" || b.tag !== "bound") continue;
      const joined = combineBounds(a, b, node.kind);
      if (joined?.tag === "bottom") fail(node, { ...joined, vertex: node.vertex });
    }
  }
}

/** Notes the fields that a closed group has no evidence for. They become errors when nothing else is wrong. */
function checkClosedness(vertex: Vertex): void {
  if (vertex.closedBy === undefined) return;
  for (const arc of vertex.arcs) {
    if (arc.arcType === optional || !isRegular(arc.label)) continue;
    const groups = arc.conjuncts.map((conjunct) => conjunct.lineage.group);
    const isPatterned = arc.conjuncts.some(({ env }) => env?.label !== undefined);
    if (!isAllowed(vertex, arc.label, groups, isPatterned)) (vertex.excess ??= []).push(arc);
  }
}

export { bottom, combineBottoms, listKind };
