/**
 * Unification. A vertex is worked off in stages: its conjuncts are taken apart until only scalars, constraints, arcs and
 * things to wait for are left; references, comprehensions and expressions are tried until none makes progress; then
 * disjunctions are multiplied out; then what was gathered is judged and becomes the vertex' base. Arcs are only given
 * their conjuncts: each is worked off when somebody asks for it.
 */
import { isPassive } from "./conjunct.ts";
import { expandDisjunctions } from "./disjunction.ts";
import { judge } from "./judge.ts";
import { settleAbove } from "./resolve.ts";
import { type Run, resetVertex } from "./run.ts";
import { rememberConstant, unifyScalars } from "./scalar-vertex.ts";
import { shareValue } from "./share.ts";
import { NodeState, fail } from "./state.ts";
import { settle } from "./tasks.ts";
import { bottom, isFatal } from "./values.ts";
import { type Conjunct, type Lineage, type Vertex, evaluated, inProgress, target, unprocessed } from "./vertex.ts";

/** Works a vertex off, unless that was done or is being done. */
export function unify(run: Run, vertex: Vertex): void {
  if (vertex.status !== unprocessed) {
    if (vertex.shared !== undefined && target(vertex).status === unprocessed) unify(run, target(vertex));
    return;
  }
  settleAbove(run, vertex);
  if (vertex.status !== unprocessed || unifyScalars(run, vertex)) return;
  run.enter(vertex);
  const outerFloor = run.floor;
  const { inherited } = run;
  run.inherited = undefined;
  run.floor = Number.POSITIVE_INFINITY;
  vertex.status = inProgress;
  if (!shareValue(run, vertex)) {
    workOff(run, vertex);
    rememberConstant(vertex);
  }
  run.leave();
  run.inherited = inherited;
  finishOrForget(run, vertex, outerFloor);
}

/**
 * A vertex that could not be completed because something further out is still in progress is forgotten again, so that
 * it is worked off anew when that is known. Its base stays readable for who asked.
 */
function finishOrForget(run: Run, vertex: Vertex, outerFloor: number): void {
  const depth = run.stack.length;
  const atom = vertex.state?.atom;
  const isProvisional = run.floor < depth && vertex.bottom !== undefined && !isFatal(vertex.bottom);
  vertex.state = undefined;
  vertex.status = isProvisional ? unprocessed : evaluated;
  if (isProvisional) {
    const { bottom: known, base } = vertex;
    resetVertex(vertex);
    // A cycle that comes back to an atom is checked when all of it is known.
    if (atom === undefined || known?.code !== "cycle") vertex.bottom = known;
    vertex.base = atom ?? base;
  }
  run.floor = Math.min(outerFloor, run.floor < depth ? run.floor : Number.POSITIVE_INFINITY);
  run.epoch++;
}

function workOff(run: Run, vertex: Vertex): void {
  vertex.bottom = undefined;
  vertex.base = undefined;
  const node = new NodeState(vertex, run.stack.length - 1);
  vertex.state = node;
  node.queue = withOrigins(vertex.conjuncts);
  settle(run, node);
  if (node.cyclic.length > 0 && node.error === undefined) settleCyclic(run, node);
  const isOpen = node.disjunctions.length > 0 && node.kind !== 0;
  if (isOpen && vertex.choices === undefined) {
    expandDisjunctions(run, node);
    return;
  }
  if (isOpen) vertex.openDisjunctions = node.disjunctions;
  judge(run, node);
}

/** Nothing but cyclic conjuncts is left: an error, unless they bring no field that would go on for ever. */
function settleCyclic(run: Run, node: NodeState): void {
  const kept = node.cyclic.splice(0);
  if (node.hasRecurred || !kept.every(({ expr }) => isPassive(expr))) {
    fail(node, bottom({ code: "structural cycle", message: "structural cycle", vertex: node.vertex }));
    return;
  }
  node.hasNonCyclic = true;
  node.queue.push(...kept);
  settle(run, node);
}

function withOrigins(conjuncts: readonly Conjunct[]): Conjunct[] {
  // Exactly as long as needed: most queues never grow.
  const [first, second] = conjuncts;
  if (conjuncts.length === 1) return [withOrigin(first!, 0)];
  if (conjuncts.length === 2) return [withOrigin(first!, 0), withOrigin(second!, 1)];
  return conjuncts.map(withOrigin);
}

function withOrigin(conjunct: Conjunct, origin: number): Conjunct {
  const { lineage } = conjunct;
  if (lineage.origin === origin && lineage.within === undefined) return conjunct;
  const { expr, env, field } = conjunct;
  const { group, refs, cyclic, choices, isChosen } = lineage;
  const own: Lineage = { group, refs, cyclic, origin, within: undefined, choices, isChosen };
  return conjunct.isImposed === true ? { ...conjunct, lineage: own } : { expr, env, lineage: own, field };
}
