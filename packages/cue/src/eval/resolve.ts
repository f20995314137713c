import { intNumber, safeIntegerOf } from "../number.ts";
import type { Expr } from "../compile/ir.ts";
import { blockAt, vertexOf } from "./environment.ts";
import { isDormant } from "./dormant.ts";
import { type Absence, absent, cycleWith, undefinedField } from "./errors.ts";
import { defaultOf, evaluate, evaluated as valueOf, isReference, scalarValue } from "./evaluate.ts";
import { errorWithin } from "./finalize.ts";
import { formatExpr, formatValue } from "./format.ts";
import { formatKind, intKind, listKind, numberKind, stringKind, structKind } from "./kind.ts";
import { type Label, formatLabel, isRegular, letLabel, nameOfLabel, stringLabel } from "./label.ts";
import { allows } from "./patterns.ts";
import { type Run, holderOf } from "./run.ts";
import { attempt, drain } from "./tasks.ts";
import { unify } from "./unify.ts";
import { type Atom, type Bottom, type Value, atom, bottom } from "./values.ts";
import { Vertex, inProgress, noLineage, member, optional, target, unprocessed } from "./vertex.ts";

/** Where a reference leads: a vertex, or a value that is none (a label, a scalar's error). */
export function resolve(run: Run, env: Parameters<typeof blockAt>[0], expr: Expr): Vertex | Value {
  switch (expr.kind) {
    case "field-ref":
      return lookup(run, blockAt(env, expr.up)!.vertex!, expr.label, expr);
    case "let-ref": {
      const block = blockAt(env, expr.up)!;
      const { declaration } = expr;
      // A name for the struct around it stands for that struct, not for a copy of it.
      if (declaration.value.kind === "self-ref") return resolve(run, block, declaration.value);
      return block.letVertex(
        declaration,
        () =>
          new Vertex(
            vertexOf(block),
            letLabel(declaration.name),
            [{ expr: declaration.value, env: block, lineage: noLineage }],
            true,
          ),
      );
    }
    case "binding-ref":
      return blockAt(env, expr.up)!.bindings![expr.index]!;
    case "label-ref": {
      const { label } = blockAt(env, expr.up)!;
      // Of a pattern that is looked at by itself: any label.
      if (label === undefined) return { tag: "type", kind: stringKind, src: expr.src };
      return atom(typeof label === "number" ? intNumber(label) : nameOfLabel(label), expr.src);
    }
    case "self-ref":
      return blockAt(env, expr.up)!.vertex!;
    case "dynamic-ref": {
      const block = blockAt(env, expr.up)!;
      const label = labelOfValue(run, evaluate(run, block, expr.key), expr.key);
      return typeof label === "object" ? label : lookup(run, block.vertex!, label, expr);
    }
    case "scope-ref":
      return select(run, expr.scope, expr.label, expr);
    case "import-ref": {
      const found = run.packages.vertexOf(expr.path);
      return found ?? bottom({ message: `package ${expr.path} is not registered`, sources: [expr.src] });
    }
    case "select":
      return select(run, base(run, env, expr.expr), expr.label, expr);
    case "index":
      return resolveIndex(run, env, expr);
    case "try": {
      const found = resolve(run, env, expr.expr);
      if (found.tag === "bottom" && found.isAbsence === true && found.code === "incomplete") run.noteAbsence();
      return found;
    }
    default:
      return evaluate(run, env, expr);
  }
}

/** What is selected from: the vertex of a reference, else the value. */
function base(run: Run, env: Parameters<typeof blockAt>[0], expr: Expr): Vertex | Value {
  return isReference(expr) ? resolve(run, env, expr) : evaluate(run, env, expr);
}

function resolveIndex(run: Run, env: Parameters<typeof blockAt>[0], expr: Expr & { kind: "index" }): Vertex | Value {
  const from = base(run, env, expr.expr);
  if (!(from instanceof Vertex) && from.tag === "bottom") return from;
  const key = defaultOf(scalarValue(run, env, expr.index));
  const scalar = key instanceof Vertex ? key.base : key;
  if (scalar?.tag === "bottom") return scalar;
  if (scalar?.tag !== "atom") return unknownIndex(key, expr);
  const { value } = scalar;
  if (typeof value === "string") return select(run, from, stringLabel(value), expr);
  const index = scalar.kind === intKind ? safeIntegerOf(value as never) : undefined;
  return index === undefined || index < 0 ? wrongIndex(scalar, index, expr) : select(run, from, index, expr);
}

// Errors are made apart: what a message needs is held only where there is one.
function unknownIndex(key: Value, expr: Expr & { kind: "index" }): Bottom {
  const scalar = key instanceof Vertex ? key.base : key;
  // Of a kind that is an index it may become one; what may be anything is none.
  const isHopeless = scalar === undefined || (scalar.kind & ~(stringKind | numberKind)) !== 0;
  const kind = formatKind(scalar?.kind ?? 0);
  return bottom({
    code: isHopeless ? "eval" : "incomplete",
    message: () =>
      isHopeless
        ? `invalid index ${formatExpr(expr.index)} (invalid type ${kind})`
        : `invalid non-ground value ${formatValue(key)} (must be concrete ${kind})`,
    sources: [expr.index.src],
  });
}

function wrongIndex(scalar: Atom, index: number | undefined, expr: Expr & { kind: "index" }): Bottom {
  if (index === undefined)
    return bottom({
      message: () => `invalid index ${formatExpr(expr.index)} (invalid type ${formatKind(scalar.kind)})`,
      sources: [expr.index.src],
    });
  return bottom({
    message: () =>
      isReference(expr.index)
        ? `index ${formatExpr(expr.index)} out of range [${index}]`
        : `invalid index ${index} (index must be non-negative)`,
    sources: [expr.index.src],
  });
}

/** A field or an element of a value. Of a disjunction it is that of the default. */
export function select(run: Run, from: Vertex | Value, label: Label, expr: Expr): Vertex | Value {
  if (!(from instanceof Vertex)) {
    if (from.tag === "bottom") return from;
    const chosen = defaultOf(from);
    return chosen instanceof Vertex ? select(run, chosen, label, expr) : selectFromScalar(from, label, expr);
  }
  unify(run, from);
  let vertex = holderOf(run, from);
  if (vertex.status === inProgress) return lookup(run, vertex, label, expr);
  if ((vertex.isVoid || vertex.isErroneous || vertex.isComplete) && vertex.bottom !== undefined)
    return errorWithin(vertex) ?? vertex.bottom!;
  if (vertex.base?.tag === "disjunction") {
    const chosen = defaultOf(vertex.base);
    if (!(chosen instanceof Vertex))
      return chosen.tag === "disjunction" ? undecided(chosen, expr) : selectFromScalar(chosen, label, expr);
    vertex = target(chosen);
  }
  if (vertex.isComplete && vertex.childError !== undefined) return vertex.childError;
  const { base, bottom: known } = vertex;
  if (known !== undefined && isForeign(known, vertex)) return known;
  if (base !== undefined && base.tag !== "struct" && base.tag !== "list" && vertex.arc(label) === undefined)
    return selectFromScalar(base, label, expr);
  if (base?.tag === (typeof label === "number" ? "struct" : "list") && vertex.arc(label) === undefined)
    return selectFromScalar(base, label, expr);
  return lookup(run, vertex, label, expr);
}

function undecided(value: Value, expr: Expr): Bottom {
  const message = (): string => `unresolved disjunction ${formatValue(value)}`;
  return bottom({ code: "incomplete", message, sources: [expr.src] });
}

function selectFromScalar(value: Exclude<Value, Vertex>, label: Label, expr: Expr): Bottom {
  const isElement = typeof label === "number";
  const wanted = isElement ? listKind : structKind;
  if ((value.kind & wanted) === 0)
    return bottom({
      message: () => {
        if (value.tag === "list") return `undefined field: ${formatLabel(label)}`;
        if (value.tag === "struct") return `invalid index ${formatLabel(label)} (found struct, want list)`;
        return `invalid operand ${formatValue(value)} (found ${formatKind(value.kind)}, want list or struct)`;
      },
      sources: [expr.src, value.src],
    });
  const from = expr.kind === "select" || expr.kind === "index" ? formatExpr(expr.expr) : "value";
  const name = isElement ? `${from}[${label}]` : `${from}.${formatLabel(label)}`;
  return absent(() => `${name} undefined as ${from} is incomplete (type ${formatKind(value.kind)})`, expr);
}

/** The arc of a label, once whatever may bring it has been tried. */
export function lookup(run: Run, vertex: Vertex, label: Label, expr: Expr): Vertex | Bottom {
  if (vertex.status === unprocessed) unify(run, vertex);
  const holder = holderOf(run, vertex);
  let blocked: Bottom | undefined;
  if (holder.status === inProgress) blocked = runProviders(run, holder, label);
  const arc = holder.arc(label);
  if (arc !== undefined) {
    if (arc.arcType === member) return arc;
    if (blocked !== undefined) return blocked;
    return arc.arcType === optional ? optionalField({ label, holder }, expr) : requiredField({ label, holder }, expr);
  }
  if (blocked !== undefined) return blocked;
  if (isDormant(holder, label)) {
    if (holder.isBlocked && holder.bottom !== undefined) return holder.bottom;
    return optionalField({ label, holder }, expr);
  }
  if (holder.status === inProgress) {
    run.floor = Math.min(run.floor, holder.state?.depth ?? run.floor);
    return undefinedField({ label, holder }, expr, "incomplete");
  }
  return missing(run, holder, label, expr);
}

function optionalField(absence: Absence, expr: Expr): Bottom {
  return absent(() => `cannot reference optional field: ${formatLabel(absence.label)}`, expr, absence);
}

function requiredField(absence: Absence, expr: Expr): Bottom {
  return { ...absent(() => `required field missing: ${formatLabel(absence.label)}`, expr, absence), isAbsence: false };
}

function missing(run: Run, vertex: Vertex, label: Label, expr: Expr): Bottom {
  const { bottom: known } = vertex;
  if (vertex.isComplete && known !== undefined) return known;
  if (typeof label === "number") {
    const count = elementCount(vertex);
    const isOpen = vertex.base?.tag === "list" && vertex.base.isOpen;
    return bottom({
      code: isOpen ? "incomplete" : "eval",
      message: () => `index out of range [${label}] with length ${count}`,
      sources: [expr.src],
      isAbsence: true,
    });
  }
  const isClosed =
    !isHeldOpen(vertex) &&
    isRegular(label) &&
    vertex.base?.tag === "struct" &&
    isKnownClosed(vertex) &&
    !allows(run, vertex, label);
  return undefinedField(
    { label, holder: vertex },
    expr,
    isClosed ? "eval" : known?.code === "cycle" ? "cycle" : "incomplete",
  );
}

/** What another package lacks is not looked into again. */
function isForeign({ subject }: Bottom, vertex: Vertex): boolean {
  return subject?.kind === "absence" && rootOf(subject.holder) !== rootOf(vertex);
}

function rootOf(vertex: Vertex): Vertex {
  let at = vertex;
  while (at.parent !== undefined) at = at.parent;
  return at;
}

/** `close` counts for nothing beside a literal with `...`, as far as looking up goes. */
function isHeldOpen({ depth, closedBy, openedBy }: Vertex): boolean {
  return openedBy !== undefined && closedBy !== undefined && closedBy.every(({ closes }) => closes === depth);
}

/** What closes a struct counts once that is complete; `close` counts at once. */
function isKnownClosed(vertex: Vertex): boolean {
  return vertex.isComplete || (vertex.closedBy?.some((group) => group.closes === vertex.depth) ?? false);
}

export function elementCount(vertex: Vertex): number {
  let count = 0;
  for (const arc of vertex.arcs) if (typeof arc.label === "number") count++;
  return count;
}

/**
 * Tries what may bring a field of a vertex in progress. An answer means that something may still bring it and could not
 * be worked off: it waits for something, or it is what is asking.
 */
export function runProviders(run: Run, vertex: Vertex, label: Label): Bottom | undefined {
  const node = vertex.state;
  if (node === undefined) return undefined;
  if (node.next < node.queue.length) drain(run, node);
  let blocked: Bottom | undefined;
  for (let i = 0; i < node.tasks.length; i++) {
    const task = node.tasks[i]!;
    if (task.status === "done") continue;
    if (task.provides !== undefined && !task.provides.has(label)) continue;
    if (task.status === "pending" && attempt(run, task)) {
      drain(run, node);
      continue;
    }
    if (task.provides === undefined) continue;
    if (task.status === "running" || task.blocked?.code === "cycle") {
      run.floor = Math.min(run.floor, node.depth);
      blocked = bottom({
        code: "cycle",
        message: () => `cyclic reference to field ${formatLabel(label)}`,
        sources: [task.expr.src],
      });
    }
  }
  return blocked;
}

/** Whatever may add conjuncts to this vertex from further out goes first. */
export function settleAbove(run: Run, vertex: Vertex): void {
  if (run.stack.length === 0) return;
  for (let at = vertex; at.parent !== undefined && !at.binding; at = at.parent)
    if (at.parent.status === inProgress) runProviders(run, at.parent, at.label);
}

/** What a value says as a label. */
export function labelOfValue(run: Run, value: Value, expr: Expr): Label | Bottom {
  const plain = defaultOf(value);
  const scalar = plain instanceof Vertex ? plain.base : plain;
  if (scalar?.tag === "bottom") return scalar;
  if (scalar?.tag === "atom" && typeof scalar.value === "string") return stringLabel(scalar.value.normalize("NFC"));
  const isHopeless = scalar === undefined || (scalar.kind & stringKind) === 0;
  const isInt = scalar?.tag === "atom" && scalar.kind === intKind;
  void run;
  return bottom({
    code: isHopeless ? "eval" : "incomplete",
    message: () =>
      isInt
        ? "integer fields not supported"
        : isHopeless
          ? `invalid index ${formatExpr(expr)} (invalid type ${formatKind(scalar?.kind ?? 0)})`
          : `key value of dynamic field must be concrete, found ${formatValue(plain)}`,
    sources: [expr.src],
  });
}

export { cycleWith, valueOf };
