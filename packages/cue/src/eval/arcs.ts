/** What a vertex' fields get: an arc for each label, and a conjunct for each time that it is declared. */
import { Group, everyLevel } from "./closedness.ts";
import { dormantConjuncts } from "./dormant.ts";
import { frozenField } from "./errors.ts";
import { type Label, isDefinition, isRegular } from "./label.ts";
import { applyPatterns } from "./patterns.ts";
import { type Run, resetVertex } from "./run.ts";
import { type NodeState, fail } from "./state.ts";
import { type ArcType, type Conjunct, Vertex, withGroup, inProgress, unprocessed } from "./vertex.ts";

/** Gives an arc one more conjunct. */
export function addField(run: Run, node: NodeState, label: Label, arcType: ArcType, conjunct: Conjunct): void {
  const { vertex } = node;
  const arc = vertex.arc(label);
  const isFurther = arc === undefined ? isRegular(label) : arcType === 0 && arc.arcType !== 0;
  if (node.isFrozen && isFurther) {
    fail(node, frozenField(vertex, label, conjunct));
    return;
  }
  if (arc === undefined) {
    const added = new Vertex(vertex, label, noConjuncts);
    added.arcType = arcType;
    vertex.addArc(added);
    constrainArc(run, node, added, isDefinition(label) ? inDefinition(added, conjunct) : conjunct);
    return;
  }
  if (arcType < arc.arcType) arc.arcType = arcType;
  addToArc(run, arc, isDefinition(label) ? inDefinition(arc, conjunct) : conjunct);
}

const noConjuncts: Conjunct[] = [];

/** The first conjuncts of a new arc. What is said of an optional field, patterns included, was said before. */
function constrainArc(run: Run, node: NodeState, arc: Vertex, conjunct: Conjunct): void {
  const dormant = dormantConjuncts(node.vertex, arc.label);
  if (dormant.length === 0) {
    run.spend(1);
    arc.conjuncts = [conjunct];
    applyPatterns(run, node, arc);
    return;
  }
  run.spend(dormant.length);
  arc.conjuncts = [...dormant];
  applyPatterns(run, node, arc);
  addToArc(run, arc, conjunct);
}

/** The conjuncts of a definition are closed together. */
function inDefinition(arc: Vertex, conjunct: Conjunct): Conjunct {
  const { lineage } = conjunct;
  let own = arc.ownGroups?.find((group) => group.parent === lineage.group);
  if (own === undefined) {
    own = new Group(lineage.group, everyLevel, arc.depth);
    (arc.ownGroups ??= []).push(own);
    own.peers = arc.ownGroups;
  }
  const { expr, env, field } = conjunct;
  return { expr, env, lineage: withGroup(lineage, own), field };
}

export function addToArc(run: Run, arc: Vertex, conjunct: Conjunct): void {
  run.spend(1);
  // Two are the most that most fields have: a list that grows has room for seventeen.
  if (arc.status === unprocessed && arc.conjuncts.length === 1) arc.conjuncts = [arc.conjuncts[0]!, conjunct];
  else arc.conjuncts.push(conjunct);
  if (arc.status === inProgress && arc.state !== undefined) arc.state.queue.push(conjunct);
  else if (arc.status !== unprocessed) {
    resetVertex(arc);
    run.epoch++;
  }
  if (arc.followers !== undefined)
    for (const { vertex, lineage } of arc.followers)
      addToArc(run, vertex, { expr: conjunct.expr, env: conjunct.env, lineage, field: conjunct.field });
}
