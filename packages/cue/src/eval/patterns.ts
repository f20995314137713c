import { addToArc } from "./arcs.ts";
import { satisfiesBound } from "./bounds.ts";
import { evidenceFor, isAllowed } from "./closedness.ts";
import { wakeFields } from "./dormant.ts";
import { Environment } from "./environment.ts";
import { evaluate } from "./evaluate.ts";
import { stringKind } from "./kind.ts";
import { type Label, isRegular, nameOfLabel } from "./label.ts";
import type { Run } from "./run.ts";
import { type NodeState, fail } from "./state.ts";
import { runValidator } from "./validators.ts";
import { type Atom, type Value, atom, isFatal, sameAtom } from "./values.ts";
import { type Conjunct, type Pattern, Vertex, target } from "./vertex.ts";

/** Pattern constraints: `[filter]: value` applies to every regular field whose label the filter admits, early or late. */
export function applyPattern(run: Run, node: NodeState, pattern: Pattern): void {
  const { vertex } = node;
  (vertex.patterns ??= []).push(pattern);
  const { length } = vertex.arcs;
  for (let i = 0; i < length; i++) constrain(run, node, vertex.arcs[i]!, pattern);
}

/** Gives every optional field its arc, with what patterns say of it. */
export function wakeAll(run: Run, vertex: Vertex): void {
  wakeFields(vertex, (arc) => {
    for (const pattern of vertex.patterns ?? [])
      if (matches(run, pattern, arc.label, undefined)) addToArc(run, arc, patternConjunct(pattern, arc.label));
  });
}

/** Gives a new arc what the patterns that are there say of it. */
export function applyPatterns(run: Run, node: NodeState, arc: Vertex): void {
  const { patterns } = node.vertex;
  if (patterns === undefined) return;
  for (const pattern of patterns) constrain(run, node, arc, pattern);
}

function constrain(run: Run, node: NodeState, arc: Vertex, pattern: Pattern): void {
  if (!isRegular(arc.label) || !matches(run, pattern, arc.label, node)) return;
  addToArc(run, arc, imposed(arc, patternConjunct(pattern, arc.label)));
}

/** What a chosen term says of a field; see `isImposed`. */
export function imposed(arc: Vertex, conjunct: Conjunct): Conjunct {
  if (!conjunct.lineage.isChosen || arc.conjuncts.every(({ lineage }) => lineage.isChosen)) return conjunct;
  return { ...conjunct, isImposed: true };
}

function patternConjunct(pattern: Pattern, label: Label): Conjunct {
  return {
    expr: pattern.value,
    env: new Environment(pattern.env, undefined, { label }),
    lineage: pattern.lineage,
  };
}

function matches(run: Run, pattern: Pattern, label: Label, node: NodeState | undefined): boolean {
  let filter: Value | undefined = pattern.matcher;
  if (filter === undefined) {
    filter = evaluate(run, pattern.env, pattern.filter);
    if (filter.tag === "bottom") {
      if (node !== undefined && isFatal(filter)) fail(node, filter);
      return false;
    }
    pattern.matcher = filter;
  }
  return admits(run, filter, label);
}

const labelAtoms = (label: Label): Atom => atom(nameOfLabel(label));

/** Whether a label, as a string, is an instance of the filter. */
function admits(run: Run, filter: Value, label: Label): boolean {
  if (filter instanceof Vertex) {
    const { base } = target(filter);
    return base !== undefined && admits(run, base, label);
  }
  switch (filter.tag) {
    case "type":
      return (filter.kind & stringKind) !== 0;
    case "atom":
      return sameAtom(filter, labelAtoms(label));
    case "bound":
      return (filter.kind & stringKind) !== 0 && satisfiesBound(filter, labelAtoms(label));
    case "conjunction":
      return filter.values.every((value) => admits(run, value, label));
    case "disjunction":
      return filter.values.some((value) => admits(run, value, label));
    case "validator":
      return (filter.kind & stringKind) !== 0 && runValidator(run, filter, labelAtoms(label)) === undefined;
    default:
      return false;
  }
}

/** Whether the vertex may have a field of this label. */
export function allows(run: Run, vertex: Vertex, label: Label): boolean {
  if (vertex.closedBy === undefined) return true;
  let isPatterned = false;
  const groups = evidenceFor(vertex, label, (pattern) => {
    const isMatch = isRegular(label) && matches(run, pattern, label, undefined);
    isPatterned ||= isMatch;
    return isMatch;
  });
  return isAllowed(vertex, label, groups, isPatterned);
}
