/**
 * Unification. A vertex is worked off in stages: its conjuncts are taken apart until only scalars, constraints, arcs and
 * things to wait for are left; references, comprehensions and expressions are tried until none makes progress; then
 * disjunctions are multiplied out; then what was gathered is judged and becomes the vertex' base. Arcs are only given
 * their conjuncts: each is worked off when somebody asks for it.
 */
import type { Decl, DisjunctionExpr, Expr, ListLit, Source, StructLit } from "../compile/ir.ts";
import { Group, everyLevel, groupOfValue, noLevel, open, restrict } from "./closedness.ts";
import { runComprehension, runListLiteral } from "./comprehension.ts";
import { classifyReference, closesCycle, isEndless } from "./cycle.ts";
import { addData } from "./data.ts";
import { addDormant, dormantConjuncts, literalParts } from "./dormant.ts";
import { expandDisjunctions } from "./disjunction.ts";
import { Environment, literalBlock } from "./environment.ts";
import { evaluate, isReference } from "./evaluate.ts";
import { frozenField } from "./errors.ts";
import { judge } from "./judge.ts";
import { addValue, narrow } from "./scalars.ts";
import { listKind, structKind } from "./kind.ts";
import { type Label, isDefinition, isRegular } from "./label.ts";
import { applyPattern, applyPatterns } from "./patterns.ts";
import { rememberConstant, unifyScalars } from "./scalar-vertex.ts";
import { labelOfValue, resolve, settleAbove } from "./resolve.ts";
import { type Run, resetVertex } from "./run.ts";
import { shareValue } from "./share.ts";
import { type Choice, NodeState, type Task } from "./state.ts";
import { type Bottom, bottom, closedListMarker, combineBottoms, isFatal, structMarker, typeValue } from "./values.ts";
import {
  type ArcType,
  type ChoiceList,
  type Conjunct,
  type Lineage,
  type LiteralRecord,
  Vertex,
  evaluated,
  inProgress,
  noLineage,
  required,
  target,
  unprocessed,
} from "./vertex.ts";

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
  for (let i = 0; i < vertex.conjuncts.length; i++) node.queue.push(withOrigin(vertex.conjuncts[i]!, i));
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

/** Whether a conjunct only says what others may bring, or where to look. */
function isPassive(expr: Expr): boolean {
  return isComposite(expr) ? expr.kind === "struct" && expr.decls.every(isPassiveDecl) : true;
}

function isPassiveDecl(decl: Decl): boolean {
  return decl.kind === "pattern" || decl.kind === "ellipsis" || (decl.kind === "field" && decl.arcType === 2);
}

function withOrigin(conjunct: Conjunct, origin: number): Conjunct {
  const { lineage } = conjunct;
  if (lineage.origin === origin && lineage.within === undefined) return conjunct;
  const { expr, env, field } = conjunct;
  const { group, refs, cyclic, choices } = lineage;
  return { expr, env, lineage: { group, refs, cyclic, origin, within: undefined, choices }, field };
}

/** Works off the queue and the tasks until nothing moves any more. */
export function settle(run: Run, node: NodeState): void {
  for (;;) {
    drain(run, node);
    if (node.kind === 0 || !runTasks(run, node)) return;
  }
}

export function drain(run: Run, node: NodeState): void {
  for (;;) {
    while (node.next < node.queue.length) {
      const conjunct = node.queue[node.next++]!;
      addConjunct(run, node, conjunct);
    }
    // The terms chosen come after what is there without any choice.
    if (node.chosen.length === 0) return;
    node.queue.push(...node.chosen.splice(0));
  }
}

/** Tries what waits; whether anything came of it. References go first: they bring fields that others ask for. */
function runTasks(run: Run, node: NodeState): boolean {
  let moved = false;
  for (let i = 0; i < node.tasks.length; i++) {
    const task = node.tasks[i]!;
    if (task.status !== "pending" || task.kind !== "reference") continue;
    if (attempt(run, task)) moved = true;
    if (node.next < node.queue.length) drain(run, node);
  }
  if (moved) return true;
  for (let i = 0; i < node.tasks.length; i++) {
    const task = node.tasks[i]!;
    if (task.status !== "pending") continue;
    if (!attempt(run, task)) continue;
    moved = true;
    if (node.next < node.queue.length) drain(run, node);
  }
  return moved;
}

/** Works off what can be done while a task of this very vertex is running: no further comprehension, which might depend on it. */
export function advance(run: Run, node: NodeState): void {
  const isLooping = node.tasks.some(({ kind, status }) => kind === "comprehension" && status === "running");
  for (let moved = true; moved; ) {
    moved = false;
    drain(run, node);
    for (let i = 0; i < node.tasks.length; i++) {
      const task = node.tasks[i]!;
      if (!(isLooping && task.kind === "comprehension") && attempt(run, task)) moved = true;
    }
  }
}

/** Runs a task unless nothing has happened since it was tried last. */
export function attempt(run: Run, task: Task): boolean {
  if (task.status !== "pending" || task.epoch === run.epoch) return false;
  task.status = "running";
  const blocked = task.run(task);
  if (blocked === undefined) {
    task.status = "done";
    task.blocked = undefined;
    run.epoch++;
    return true;
  }
  task.status = "pending";
  task.blocked = blocked;
  task.epoch = run.epoch;
  return false;
}

export function fail(node: NodeState, error: Bottom): void {
  node.error = combineBottoms(node.error, error);
}

/** Takes one conjunct apart. */
export function addConjunct(run: Run, node: NodeState, conjunct: Conjunct): void {
  run.counters.conjuncts++;
  run.spend(1);
  const { expr, lineage } = conjunct;
  if (lineage.cyclic && !node.hasNonCyclic && isComposite(expr) && closesCycle(node.vertex, lineage)) {
    node.keepCyclic(conjunct);
    return;
  }
  if (lineage.cyclic) node.hasRecurred ||= !isPassive(expr);
  else if (!node.hasNonCyclic && isMaterial(expr)) {
    node.hasNonCyclic = true;
    if (node.cyclic.length > 0) node.queue.push(...node.cyclic.splice(0));
  }
  switch (expr.kind) {
    case "value":
      addValue(run, node, expr.value, conjunct);
      return;
    case "struct":
      addStruct(run, node, expr, conjunct);
      return;
    case "list":
      addListLiteral(run, node, expr, conjunct);
      return;
    case "unify":
      node.queue.splice(node.next, 0, ...expr.operands.map((part) => ({ expr: part, env: conjunct.env, lineage })));
      return;
    case "disjunction":
      addDisjunction(node, conjunct, expr);
      return;
    case "data":
      addData(run, node, expr, conjunct);
      return;
    case "fill":
      addFill(run, node, expr.label, { expr: expr.value, env: conjunct.env, lineage });
      return;
    case "self-scope":
      addConjunct(run, node, { expr: expr.expr, env: new Environment(conjunct.env, node.vertex), lineage });
      return;
    case "comprehension":
      addTask(node, "comprehension", conjunct, (task) => runComprehension(run, node, task, undefined));
      return;
    case "vertex":
      addVertex(run, node, expr.vertex, conjunct);
      return;
    case "open":
      addGrouped(node, expr.expr, conjunct, new Group(lineage.group, noLevel, node.vertex.depth, "opened"));
      return;
    case "closing": {
      const group = expr.isReclosing
        ? new Group(lineage.group, noLevel, node.vertex.depth, "reclosing")
        : new Group(lineage.group, everyLevel, node.vertex.depth);
      addGrouped(node, expr.expr, conjunct, group);
      return;
    }
    case "field-ref":
    case "let-ref":
    case "binding-ref":
    case "label-ref":
    case "self-ref":
    case "dynamic-ref":
    case "import-ref":
    case "scope-ref":
    case "select":
    case "index":
    case "try":
      addTask(node, "reference", conjunct, () => addReference(run, node, conjunct));
      return;
    default:
      addTask(node, "expression", conjunct, () => addExpression(run, node, conjunct));
  }
}

/** Whether a conjunct brings something of its own; a literal that only embeds does not, nor does a choice. */
function isMaterial(expr: Expr): boolean {
  if (expr.kind === "struct") return expr.hasFields || !isOnlyEmbeddings(expr);
  return !isReference(expr) && expr.kind !== "unify" && expr.kind !== "disjunction";
}

function isOnlyEmbeddings({ decls }: StructLit): boolean {
  return decls.length > 0 && decls.every(({ kind }) => kind === "embed");
}

function isComposite(expr: Expr): boolean {
  return expr.kind === "struct" || expr.kind === "list" || expr.kind === "comprehension" || expr.kind === "disjunction";
}

export function addTask(
  node: NodeState,
  kind: Task["kind"],
  conjunct: Conjunct,
  run: (task: Task) => Bottom | undefined,
): void {
  const provides =
    conjunct.expr.kind === "comprehension" ? conjunct.expr.provides : kind === "expression" ? noLabels : undefined;
  const { expr, env, lineage } = conjunct;
  node.addTask({ kind, expr, env, lineage, provides, run, status: "pending", blocked: undefined, epoch: -1 });
}

const noLabels: ReadonlySet<Label> = new Set();

/** An expression whose value has no names of its own: a sum, a call, an interpolation. */
function addExpression(run: Run, node: NodeState, conjunct: Conjunct): Bottom | undefined {
  const { expr, env, lineage } = conjunct;
  if (expr.kind === "call") {
    const close = closeCall(run, node, conjunct);
    if (close !== "other") return close;
  }
  if (lineage.refs !== undefined) run.inherited = { ...noLineage, refs: lineage.refs, cyclic: lineage.cyclic };
  const value = evaluate(run, env, expr);
  run.inherited = undefined;
  if (value.tag === "bottom" && !isFatal(value)) return value;
  node.queue.push({ expr: { kind: "value", value, origin: expr, src: expr.src }, env, lineage });
  return undefined;
}

/** `close(x)`: the conjuncts of x in a group that closes this level. */
function closeCall(run: Run, node: NodeState, conjunct: Conjunct): Bottom | undefined | "other" {
  const { expr, env, lineage } = conjunct;
  if (expr.kind !== "call" || expr.args.length !== 1) return "other";
  const func = evaluate(run, env, expr.fun);
  if (func.tag !== "func" || func.pkg !== "" || func.name !== "close") return "other";
  const group = new Group(lineage.group, node.vertex.depth, node.vertex.depth);
  node.queue.push({ expr: expr.args[0]!, env, lineage: { ...lineage, group } });
  node.queue.push({ expr: { kind: "value", value: typeValue(structKind, expr.src), src: expr.src }, env, lineage });
  return undefined;
}

// References ---------------------------------------------------------------------------------------------------------

function addReference(run: Run, node: NodeState, conjunct: Conjunct): Bottom | undefined {
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
    ...lineage,
    group,
    refs: {
      expr,
      target: to.identity,
      node: node.vertex.identity,
      isCycle: isEndless(verdict, node.vertex),
      next: lineage.refs,
    },
    cyclic: lineage.cyclic || verdict !== "none",
    choices: to.choices ?? lineage.choices,
  };
  node.follow({ target: to, lineage });
  if (to.conjuncts.length === 0 && to.status >= evaluated) {
    addValue(run, node, to, { ...conjunct, lineage: next });
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

// Structs ------------------------------------------------------------------------------------------------------------

function addStruct(run: Run, node: NodeState, plan: StructLit, conjunct: Conjunct): void {
  const { within } = conjunct.lineage;
  insertLiteral(run, node, plan, {
    env: literalBlock(conjunct.env, node.vertex, conjunct.lineage),
    lineage: conjunct.lineage,
    outer: within?.record,
    at: within?.at ?? 0,
    isEmbedded: false,
  });
}

export interface Insertion {
  readonly env: Environment;
  readonly lineage: Lineage;
  readonly outer: LiteralRecord | undefined;
  readonly at: number;
  /** It is the body of a comprehension: what it embeds is embedded in the literal around it. */
  readonly isEmbedded: boolean;
}

/** Adds the declarations of a struct literal. */
export function insertLiteral(run: Run, node: NodeState, plan: StructLit, insertion: Insertion): void {
  const { vertex } = node;
  const { env, outer, at } = insertion;
  let { lineage } = insertion;
  const { origin } = lineage;
  const record: LiteralRecord = { plan, outer, at, origin, isReferred: lineage.refs !== undefined };
  (vertex.literals ??= []).push(record);
  if (lineage.within !== undefined || origin !== 0 || lineage.choices !== undefined)
    lineage = inGroup(lineage, lineage.group);
  if (plan.hasEmbeddings && !(lineage.group !== undefined && isFile(plan)))
    lineage = inGroup(
      lineage,
      new Group(lineage.group, noLevel, vertex.depth, insertion.isEmbedded ? "embedding" : "plain"),
    );
  if (lineage.group !== undefined) restrict(vertex, lineage.group);
  if (!plan.hasEmbeddings || plan.hasFields) {
    node.isStruct = true;
    narrow(node, structMarker.kind, plan.marker);
  }
  const place = { env, lineage, record, origin };
  const { active, dormant } = literalParts(plan);
  if (dormant !== undefined) addDormant(run, node, dormant, place);
  for (const { decl, at: index } of active) addDeclaration(run, node, decl, place, index);
}

/** The files of a package are one struct: what one of them embeds lets the others add to it. */
function isFile(plan: StructLit): boolean {
  return plan.src?.node.kind === "file";
}

/** What the fields of a literal inherit. */
function inGroup({ refs, cyclic }: Lineage, group: Group | undefined): Lineage {
  return { group, refs, cyclic, origin: 0, within: undefined, choices: undefined };
}

interface Place {
  readonly env: Environment;
  readonly lineage: Lineage;
  readonly record: LiteralRecord;
  readonly origin: number;
}

// eslint-disable-next-line max-params -- called for every declaration of every literal: no object for each
function addDeclaration(run: Run, node: NodeState, decl: Decl, place: Place, at: number): void {
  const { env, lineage } = place;
  switch (decl.kind) {
    case "field":
      addField(run, node, decl.label, decl.arcType, { expr: decl.value, env, lineage, field: decl.src });
      return;
    case "embed": {
      const group =
        decl.isClosed === true ? lineage.group : new Group(lineage.group, noLevel, node.vertex.depth, "embedding");
      const within = { record: place.record, at };
      node.queue.push({ expr: decl.expr, env, lineage: { ...lineage, group, origin: place.origin, within } });
      return;
    }
    case "ellipsis":
      open(node.vertex, lineage.group);
      return;
    case "pattern":
      applyPattern(run, node, { filter: decl.filter, value: decl.value, env, lineage });
      return;
    case "dynamic":
      addTask(node, "dynamic", { expr: decl.key, env, lineage }, () => addDynamic(run, node, decl, { ...place, at }));
      return;
    case "comprehension":
      addTask(node, "comprehension", { expr: decl.expr, env, lineage }, (task) =>
        runComprehension(run, node, task, { record: place.record, at, origin: place.origin }),
      );
  }
}

function addDynamic(
  run: Run,
  node: NodeState,
  decl: Decl & { kind: "dynamic" },
  place: Place & { readonly at: number },
): Bottom | undefined {
  const key = dynamicLabel(run, place.env, decl.key);
  if (typeof key === "object") {
    if (!isFatal(key)) return key;
    fail(node, key);
    return undefined;
  }
  (place.record.dynamic ??= []).push({ at: place.at, label: key });
  addField(run, node, key, decl.arcType, { expr: decl.value, env: place.env, lineage: place.lineage, field: decl.src });
  return undefined;
}

/** The label of a dynamic field: a string. */
export function dynamicLabel(run: Run, env: Environment | undefined, key: Expr): Label | Bottom {
  return labelOfValue(run, evaluate(run, env, key), key);
}

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
  return { ...conjunct, lineage: { ...lineage, group: own } };
}

export function addToArc(run: Run, arc: Vertex, conjunct: Conjunct): void {
  run.spend(1);
  arc.conjuncts.push(conjunct);
  if (arc.status === inProgress && arc.state !== undefined) arc.state.queue.push(conjunct);
  else if (arc.status !== unprocessed) {
    resetVertex(arc);
    run.epoch++;
  }
  if (arc.followers !== undefined)
    for (const { vertex, lineage } of arc.followers) addToArc(run, vertex, { ...conjunct, lineage });
}

function addFill(run: Run, node: NodeState, label: Label, conjunct: Conjunct): void {
  if (typeof label === "number") {
    addField(run, node, label, 0, conjunct);
    return;
  }
  node.isStruct = true;
  narrow(node, structMarker.kind, structMarker);
  restrict(node.vertex, conjunct.lineage.group);
  (node.vertex.literals ??= []).push({
    plan: undefined,
    labels: [label],
    outer: undefined,
    at: 0,
    origin: conjunct.lineage.origin,
  });
  addField(run, node, label, 0, conjunct);
}

/** `x...`: the fields of x, and any others; `__closeAll({…})`, `__reclose({…})`: the literal, closed. */
function addGrouped(node: NodeState, expr: Expr, conjunct: Conjunct, group: Group): void {
  node.queue.push({ expr, env: conjunct.env, lineage: { ...conjunct.lineage, group } });
}

// Lists and disjunctions ---------------------------------------------------------------------------------------------

function addListLiteral(run: Run, node: NodeState, expr: ListLit, conjunct: Conjunct): void {
  node.isList = true;
  narrow(node, listKind, { ...closedListMarker, src: expr.src as never });
  if (expr.hasComprehension) {
    addTask(node, "list", conjunct, () => runListLiteral(run, node, expr, conjunct));
    return;
  }
  const blocked = runListLiteral(run, node, expr, conjunct);
  if (blocked !== undefined) fail(node, blocked);
}

/** A disjunction to be multiplied out later; in a disjunct that has chosen already, the term chosen. */
export function offerDisjunction(
  node: NodeState,
  conjunct: Conjunct,
  offered: { readonly key: Expr; readonly src: Source | undefined; readonly choices: readonly Choice[] },
): void {
  const { key } = offered;
  const scope = conjunct.lineage.choices;
  let occurrence = 0;
  for (const known of node.offered) if (known.key === key && known.scope === scope) occurrence++;
  node.offer({ key, scope });
  const at = chosen(scope, key, occurrence, undefined) ?? chosen(node.vertex.choices, key, occurrence, scope);
  if (at !== undefined) node.choose(offered.choices[at]!.conjunct);
  else node.addDisjunction({ key, src: offered.src, choices: offered.choices, occurrence, scope });
}

/** Which term was chosen of a disjunction, if it was. */
function chosen(
  choices: ChoiceList | undefined,
  key: Expr,
  occurrence: number,
  scope: ChoiceList | undefined,
): number | undefined {
  for (let made = choices; made !== undefined; made = made.next) {
    const { of } = made;
    if (of.key === key && of.occurrence === occurrence && (scope === undefined || of.scope === scope)) return made.at;
  }
  return undefined;
}

function addDisjunction(node: NodeState, conjunct: Conjunct, expr: DisjunctionExpr): void {
  const { env, lineage } = conjunct;
  offerDisjunction(node, conjunct, {
    key: expr,
    src: expr.src,
    choices: expr.terms.map((term) => ({
      conjunct: { expr: term.expr, env, lineage },
      mode: expr.hasDefaults ? (term.isDefault ? "default" : "not") : "maybe",
    })),
  });
}
