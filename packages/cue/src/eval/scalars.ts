import { combineBounds, satisfiesBound } from "./bounds.ts";
import { conflict } from "./errors.ts";
import { formatValue } from "./format.ts";
import { type Kind, kindOfNames, topKind } from "./kind.ts";
import { equalValues } from "./equality.ts";
import type { Run } from "./run.ts";
import { offerDisjunction } from "./offer.ts";
import { addVertex } from "./reference.ts";
import { type NodeState, fail } from "./state.ts";
import { runValidator } from "./validators.ts";
import {
  type Atom,
  type Base,
  type Bottom,
  type Bound,
  type Simple,
  type Validator,
  type Value,
  bottom,
  isFatal,
  placed,
  sameAtom,
} from "./values.ts";
import { type Conjunct, Vertex } from "./vertex.ts";

/** Adds a value to what is known of a vertex. */
export function addValue(run: Run, node: NodeState, value: Value, conjunct: Conjunct): void {
  if (value instanceof Vertex) {
    addVertex(run, node, value, conjunct);
    return;
  }
  switch (value.tag) {
    case "bottom":
      fail(node, placed(value, node.vertex));
      node.vertex.isErroneous ||= isFatal(value);
      return;
    case "atom":
      addAtom(node, value);
      return;
    case "type":
      if (value.kind === topKind) node.hasTop = true;
      else if (value.kind !== node.kind) narrow(node, value.kind, value);
      return;
    case "bound":
      if (narrow(node, value.kind, value)) addCheck(run, node, value);
      return;
    case "validator":
      if (narrow(node, value.kind, value)) addCheck(run, node, value);
      return;
    case "conjunction":
      for (const part of value.values) addValue(run, node, part, conjunct);
      return;
    case "disjunction":
      offerDisjunction(node, conjunct, {
        key: (conjunct.expr.kind === "value" ? conjunct.expr.origin : undefined) ?? conjunct.expr,
        src: value.src,
        choices: value.values.map((choice, at) => ({
          conjunct: {
            expr: { kind: "value", value: choice, src: conjunct.expr.src },
            env: undefined,
            lineage: { ...conjunct.lineage, isChosen: true },
          },
          mode: value.defaults === 0 ? "maybe" : at < value.defaults ? "default" : "not",
        })),
      });
      return;
    case "func":
      if (value.builtin.validator === true && value.builtin.params.length === 1) {
        addValue(
          run,
          node,
          { tag: "validator", kind: kindOfNames(value.builtin.params[0]!), func: value, args: [], src: value.src },
          conjunct,
        );
        return;
      }
      if (narrow(node, value.kind, value)) node.func = value;
      return;
    case "struct":
      node.isStruct = true;
      narrow(node, value.kind, value);
      return;
    case "list":
      node.isList = true;
      narrow(node, value.kind, value);
  }
}

function addAtom(node: NodeState, value: Atom): void {
  const known = node.atom;
  if (known !== undefined) {
    if (!sameAtom(known, value)) fail(node, conflictAt(node, value, known));
    return;
  }
  if (narrow(node, value.kind, value)) node.atom = value;
}

function conflictAt(node: NodeState, left: Value, right: Value): Bottom {
  const { vertex } = node;
  const error = conflict(left, right, vertex);
  return node.isImposed && !isCheck(left) && !isCheck(right) ? { ...error, toldAt: vertex.parent } : error;
}

function isCheck({ tag }: Value): boolean {
  return tag === "bound" || tag === "validator";
}

/** Leaves only these kinds; false, and an error, when none are left. */
export function narrow(node: NodeState, kind: Kind, value: Base): boolean {
  const both = node.kind & kind;
  if (both === 0) {
    if (node.kind !== 0) fail(node, conflictAt(node, node.kindSource!.value, value));
    node.kind = 0;
    return false;
  }
  if (both !== node.kind || node.kindSource === undefined) node.kindSource = { value, src: value.src };
  node.kind = both;
  return true;
}

/** Adds a constraint, joined with those that say the same or less. */
function addCheck(run: Run, node: NodeState, check: Bound | Validator): void {
  const { checks } = node;
  let added = check;
  for (let i = 0; i < checks.length; i++) {
    const known = checks[i]!;
    if (known.tag !== added.tag) continue;
    if (known.tag === "validator" || added.tag === "validator") {
      if (known.tag === "validator" && added.tag === "validator" && sameValidator(run, known, added)) return;
      continue;
    }
    const joined = combineBounds(known, added, node.kind);
    if (joined === undefined) continue;
    if (joined.tag === "bottom") {
      fail(node, { ...joined, vertex: node.vertex });
      return;
    }
    if (joined === known) return;
    checks.splice(i, 1);
    i--;
    added = joined;
  }
  node.addCheck(added);
}

function sameValidator(run: Run, a: Validator, b: Validator): boolean {
  if (a.func.builtin !== b.func.builtin || a.args.length !== b.args.length) return false;
  return a.args.every((arg, i) => equalValues(run, arg, b.args[i]!));
}

/** The first constraint that the value does not keep to. */
export function violation(run: Run, check: Bound | Validator, value: Atom | Vertex): Bottom | undefined {
  if (check.tag === "validator") return runValidator(run, check, value);
  if (value instanceof Vertex) return undefined;
  if ((check.kind & value.kind) !== 0 && satisfiesBound(check, value)) return undefined;
  return bottom({
    message: () => `invalid value ${formatValue(value)} (out of bound ${formatValue(check)})`,
    sources: [value.src, check.src],
    subject: { kind: "constraint", value, check },
  });
}

/** Constraints of a value that is no atom yet, as one value. */
export function constraintOf(node: NodeState): Base {
  const { checks, kind, kindSource } = node;
  const parts: Simple[] = [];
  const covered = checks.reduce((all, check) => all & check.kind, -1);
  const type = kindSource?.value.tag === "type" ? kindSource.value : undefined;
  if (checks.length === 0) {
    if (type !== undefined && type.kind === kind) return type;
    return { tag: "type", kind, src: kindSource?.src };
  }
  if (kind !== (covered & kind) || kind !== covered)
    parts.push({ tag: "type", kind, src: type?.src, name: type?.kind === kind ? type.name : undefined });
  parts.push(...checks);
  if (parts.length === 1) return parts[0]!;
  return { tag: "conjunction", kind, values: parts, src: undefined };
}
