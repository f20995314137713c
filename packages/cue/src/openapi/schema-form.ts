import type { CueValue } from "../cue-value.ts";
import { Environment } from "../eval/environment.ts";
import { isReference } from "../eval/evaluate.ts";
import { structKind } from "../eval/kind.ts";
import { isDefinition } from "../eval/label.ts";
import { type Bottom, type Base, type Value, isFatal } from "../eval/values.ts";
import { type Conjunct, Vertex, noLineage, target } from "../eval/vertex.ts";
import { operandsOf } from "../explain.ts";

/** How a value was written: an operator of CUE and what it is applied to. `` for a value that is none. */
export interface Form {
  readonly op: string;
  readonly operands: readonly CueValue[];
}

const plain: Form = { op: "", operands: [] };

/** The operator that a value is made with. What several declarations say of it is their conjunction. */
export function formOf(value: CueValue): Form {
  const { vertex } = value;
  const [conjunct, ...more] = vertex.conjuncts;
  if (conjunct === undefined) return plain;
  if (more.length > 0) return { op: "&", operands: vertex.conjuncts.map((part) => operand(value, part)) };
  const { expr, env } = conjunct;
  switch (expr.kind) {
    case "self-scope":
      return formOf(operand(value, { ...conjunct, expr: expr.expr, env: new Environment(env, vertex) }));
    case "vertex":
      return formOf(value.at(expr.vertex));
    case "value":
      return formOfValue(value, expr.value);
    case "open":
      return { op: "...", operands: [operand(value, { ...conjunct, expr: expr.expr })] };
    case "disjunction":
      return choice(
        expr.terms.map((term) => ({
          value: operand(value, { ...conjunct, expr: term.expr, field: undefined }),
          isDefault: term.isDefault,
        })),
      );
    case "call": {
      const form = { op: "()", operands: operandsOf(vertex).operands.map((part) => operand(value, part)) };
      const name = functionName(form.operands[0]!);
      if ((name !== "and" && name !== "or") || form.operands.length !== 2) return form;
      const elements = form.operands[1]!.elements() as readonly CueValue[];
      return elements.length < 2 ? plain : { op: name === "and" ? "&" : "|", operands: elements };
    }
    default: {
      const { op, operands } = operandsOf(vertex);
      const [only] = operands;
      // A struct that is nothing but one embedding is what it embeds.
      if (op === "NoOp") return expr.kind === "struct" && only !== conjunct ? formOf(operand(value, only!)) : plain;
      return { op, operands: scalarOnly(value, conjunct, operands).map((part) => operand(value, part)) };
    }
  }
}

/** Of a struct that embeds a scalar what it embeds counts: beside it only hidden fields and definitions are left. */
function scalarOnly(value: CueValue, { expr }: Conjunct, operands: readonly Conjunct[]): readonly Conjunct[] {
  if (expr.kind !== "struct" || expr.decls.every((decl) => decl.kind === "embed")) return operands;
  const base = valueBase(value);
  if (base === undefined || base.tag === "bottom" || (base.kind & structKind) !== 0) return operands;
  return operands.slice(0, -1);
}

function formOfValue(like: CueValue, value: Value): Form {
  if (value instanceof Vertex) return formOf(like.at(value));
  switch (value.tag) {
    case "bound":
      return { op: value.op, operands: [made(like, value.value)] };
    case "conjunction":
      return { op: "&", operands: value.values.map((part) => made(like, part)) };
    case "disjunction":
      return choice(value.values.map((part, i) => ({ value: made(like, part), isDefault: i < value.defaults })));
    case "validator":
      return { op: "()", operands: [made(like, value.func), ...value.args.map((part) => made(like, part))] };
    default:
      return plain;
  }
}

/** A default that another term admits adds nothing to what is allowed. */
function choice(terms: readonly { readonly value: CueValue; readonly isDefault: boolean }[]): Form {
  const others = terms.filter(({ isDefault }) => !isDefault);
  const kept = terms.filter(
    ({ value, isDefault }) => !isDefault || !others.some((other) => other.value.subsumes(value)),
  );
  return kept.length < 2 ? plain : { op: "|", operands: kept.map(({ value }) => value) };
}

/** Another part of what a value is made of, standing where the value does. */
export function operand(value: CueValue, conjunct: Conjunct): CueValue {
  const { parent, label } = value.vertex;
  return value.at(new Vertex(parent, label, [conjunct]));
}

function made(like: CueValue, value: Value): CueValue {
  if (value instanceof Vertex) return like.at(value);
  return operand(like, { expr: { kind: "value", value, src: undefined }, env: undefined, lineage: noLineage });
}

/** All that is joined by `&`, through all levels. */
export function conjunctsOfValue(value: CueValue, depth = 0): CueValue[] {
  const { op, operands } = formOf(value);
  if (op !== "&" || depth > deepest) return [value];
  return operands.flatMap((part) => conjunctsOfValue(part, depth + 1));
}

const deepest = 60;

/** The vertex that a value refers to, where it is a reference and nothing else. */
export function referredVertex(value: CueValue): Vertex | undefined {
  const [conjunct, ...more] = value.vertex.conjuncts;
  if (conjunct === undefined || more.length > 0) return undefined;
  const { expr } = conjunct;
  if (!isReference(expr) || expr.kind === "index" || expr.kind === "try") return undefined;
  const to = value.referredVertex();
  return to === undefined || standsInBinding(to) || to.parent === undefined ? undefined : to;
}

function standsInBinding(vertex: Vertex): boolean {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent) if (at.binding) return true;
  return false;
}

/** Whether a place is a definition, or part of one. */
export function isWithinDefinition(vertex: Vertex): boolean {
  for (let at: Vertex | undefined = vertex; at?.parent !== undefined; at = at.parent)
    if (typeof at.label !== "number" && isDefinition(at.label)) return true;
  return false;
}

/** What it is, defaults not taken; of a struct that is not complete yet, that it is one. */
export function valueBase(value: CueValue): Base | Bottom | undefined {
  void value.incompleteKind;
  const { base, bottom } = target(value.vertex);
  if (bottom !== undefined && (isFatal(bottom) || base?.kind !== structKind)) return bottom;
  return base;
}

export function isStruct(value: CueValue): boolean {
  return valueBase(value)?.tag === "struct";
}

/** `list.MinItems`, `close`: the name of a function. */
export function functionName(value: CueValue): string | undefined {
  const base = valueBase(value);
  const func = base?.tag === "validator" ? base.func : base?.tag === "func" ? base : undefined;
  if (func === undefined) return undefined;
  const name = func.name.slice(func.name.lastIndexOf(".") + 1);
  return func.pkg === "" ? name : `${func.pkg.slice(func.pkg.lastIndexOf("/") + 1)}.${name}`;
}
