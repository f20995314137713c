/** One conjunct is taken apart, by what it is written as. */
import type { CallExpr, Decl, Expr, ListLit, StructLit } from "../compile/ir.ts";
import { Group, everyLevel, noLevel } from "./closedness.ts";
import { runComprehension, runListLiteral } from "./comprehension.ts";
import { closesCycle } from "./cycle.ts";
import { addData } from "./data.ts";
import { Environment, inherited } from "./environment.ts";
import { defaultOf, errorOf, evaluate, isReference, kindsOf } from "./evaluate.ts";
import { formatValue } from "./format.ts";
import { formatKind, listKind, structKind } from "./kind.ts";
import { addFill, addStruct } from "./literal.ts";
import { addDisjunction, offerDisjunction } from "./offer.ts";
import { combinedElements, isElements } from "./predeclared.ts";
import { addReference, addVertex } from "./reference.ts";
import type { Run } from "./run.ts";
import { addValue, narrow } from "./scalars.ts";
import { type NodeState, fail } from "./state.ts";
import { addTask } from "./tasks.ts";
import { unify } from "./unify.ts";
import { type Bottom, type Value, bottom, closedList, isFatal, typeValue } from "./values.ts";
import { type Conjunct, Vertex, target, withGroup } from "./vertex.ts";

/** Takes one conjunct apart. */
export function addConjunct(run: Run, node: NodeState, conjunct: Conjunct): void {
  run.counters.conjuncts++;
  run.spend(1);
  const { expr, lineage } = conjunct;
  if (conjunct.isImposed === true && isAtHand(expr)) node.isImposed = true;
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
      wait(run, node, "comprehension", conjunct);
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
    default:
      wait(run, node, isReference(expr) ? "reference" : "expression", conjunct);
  }
}

/** Apart, so that only what has to wait makes a closure and what it holds. */
function wait(run: Run, node: NodeState, kind: "comprehension" | "reference" | "expression", conjunct: Conjunct): void {
  if (kind === "reference") addTask(node, kind, conjunct, () => addReference(run, node, conjunct));
  else if (kind === "expression") addTask(node, kind, conjunct, () => addExpression(run, node, conjunct));
  else addTask(node, kind, conjunct, (task) => runComprehension(run, node, task, undefined));
}

/** Whether nothing has to be looked up before it is clear what an expression is. */
function isAtHand({ kind }: Expr): boolean {
  return kind === "value" || kind === "struct" || kind === "list" || kind === "unify";
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

/** Whether a conjunct only says what others may bring, or where to look. */
export function isPassive(expr: Expr): boolean {
  return isComposite(expr) ? expr.kind === "struct" && expr.decls.every(isPassiveDecl) : true;
}

function isPassiveDecl(decl: Decl): boolean {
  return decl.kind === "pattern" || decl.kind === "ellipsis" || (decl.kind === "field" && decl.arcType === 2);
}

/** An expression whose value has no names of its own: a sum, a call, an interpolation. */
function addExpression(run: Run, node: NodeState, conjunct: Conjunct): Bottom | undefined {
  const { expr, env, lineage } = conjunct;
  if (expr.kind === "call") {
    const close = closeCall(run, node, conjunct);
    if (close !== "other") return close;
    const choice = orCall(run, node, conjunct, expr);
    if (choice !== "other") return choice;
  }
  if (lineage.refs !== undefined) run.inherited = inherited(lineage);
  const value = evaluate(run, env, expr);
  run.inherited = undefined;
  if (value.tag === "bottom" && !isFatal(value)) return value;
  node.queue.push({ expr: { kind: "value", value, origin: expr, src: expr.src }, env, lineage });
  return undefined;
}

/** `or([…])`: the elements are terms here, so that what recurs through them is noticed here. */
// eslint-disable-next-line max-params -- the conjunct's expression, known to be a call
function orCall(run: Run, node: NodeState, conjunct: Conjunct, expr: CallExpr): Bottom | undefined | "other" {
  const { env, lineage } = conjunct;
  const func = expr.args.length === 1 ? evaluate(run, env, expr.fun) : undefined;
  if (func?.tag !== "func" || func.pkg !== "" || func.name !== "or") return "other";
  run.inherited = inherited(lineage);
  const elements = combinedElements(run, env, expr, "disjunction");
  run.inherited = undefined;
  if (!isElements(elements) || elements.length === 1) return "other";
  const chosen = { ...lineage, isChosen: true };
  offerDisjunction(node, conjunct, {
    key: expr,
    src: expr.src,
    choices: elements.map((vertex) => ({
      conjunct: { expr: elementExpr(run, vertex, expr), env: undefined, lineage: chosen },
      mode: "maybe",
    })),
  });
  return undefined;
}

/** An element as a term: a plain scalar needs no vertex to be tried in. */
function elementExpr(run: Run, vertex: Vertex, { src }: CallExpr): Expr {
  unify(run, vertex);
  const { base, bottom: error, arcs } = target(vertex);
  const isScalar = base?.tag === "atom" || base?.tag === "type" || base?.tag === "bound" || base?.tag === "validator";
  return isScalar && error === undefined && arcs.length === 0
    ? { kind: "value", value: base, src }
    : { kind: "vertex", vertex, src };
}

/** `close(x)`: once x is known to be a struct, its conjuncts in a group that closes this level. */
function closeCall(run: Run, node: NodeState, conjunct: Conjunct): Bottom | undefined | "other" {
  const { expr, env, lineage } = conjunct;
  if (expr.kind !== "call" || expr.args.length !== 1) return "other";
  const func = evaluate(run, env, expr.fun);
  if (func.tag !== "func" || func.pkg !== "" || func.name !== "close") return "other";
  const arg = expr.args[0]!;
  const wrong = isPlainStruct(arg) ? undefined : notStruct(arg, defaultOf(evaluate(run, env, arg)));
  if (wrong !== undefined) {
    if (!isFatal(wrong)) return wrong;
    node.queue.push({ expr: { kind: "value", value: wrong, origin: expr, src: expr.src }, env, lineage });
    return undefined;
  }
  const group = new Group(lineage.group, node.vertex.depth, node.vertex.depth);
  node.queue.push({ expr: arg, env, lineage: withGroup(lineage, group) });
  node.queue.push({ expr: { kind: "value", value: typeValue(structKind, expr.src), src: expr.src }, env, lineage });
  return undefined;
}

/** Whether a literal is a struct whatever its references and comprehensions bring. */
function isPlainStruct(expr: Expr): boolean {
  if (expr.kind !== "struct") return false;
  return expr.decls.every(
    (decl) =>
      decl.kind !== "comprehension" && (decl.kind !== "embed" || isReference(decl.expr) || isPlainStruct(decl.expr)),
  );
}

function notStruct(arg: Expr, value: Value): Bottom | undefined {
  const error = errorOf(value);
  if (error !== undefined) return error;
  const base = value instanceof Vertex ? value.base : value;
  const kind = kindsOf(value);
  const sources = [arg.src];
  if ((kind & structKind) === 0)
    return bottom({
      message: () => `cannot use ${formatValue(value)} (type ${formatKind(kind)}) as struct in argument 1 to close`,
      sources,
    });
  if (base?.tag === "disjunction")
    return bottom({
      code: "incomplete",
      message: () => `unresolved disjunction ${formatValue(base)} (type ${formatKind(kind)})`,
      sources,
    });
  return undefined;
}

/** `x...`: the fields of x, and any others; `__closeAll({…})`, `__reclose({…})`: the literal, closed. */
function addGrouped(node: NodeState, expr: Expr, conjunct: Conjunct, group: Group): void {
  node.queue.push({ expr, env: conjunct.env, lineage: withGroup(conjunct.lineage, group) });
}

function addListLiteral(run: Run, node: NodeState, expr: ListLit, conjunct: Conjunct): void {
  node.isList = true;
  narrow(node, listKind, closedList(expr.src));
  if (expr.hasComprehension) {
    addTask(node, "list", conjunct, () => runListLiteral(run, node, expr, conjunct));
    return;
  }
  const blocked = runListLiteral(run, node, expr, conjunct);
  if (blocked !== undefined) fail(node, blocked);
}
