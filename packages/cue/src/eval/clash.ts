import type { Expr } from "../compile/ir.ts";
import { type Kind, listKind, structKind, topKind } from "./kind.ts";
import { type Label, isRegular } from "./label.ts";
import { type Atom, sameAtom } from "./values.ts";
import { type Conjunct, type Vertex, member } from "./vertex.ts";

/**
 * What can be seen of conjuncts without evaluating a reference: literals and types. An expression that needs a scalar
 * takes the one that stands there; whether everything else admits it is found where it belongs.
 */
interface Sight {
  kind: Kind;
  atom: Atom | undefined;
  clashes: boolean;
  readonly fields: Map<Label, { readonly exprs: Expr[]; isGiven: boolean }>;
}

/** The scalar that is written among the conjuncts, unless they exclude each other at first sight. */
export function visibleAtom(conjuncts: readonly Conjunct[]): Atom | undefined {
  if (conjuncts.length === 1 && !hasParts(conjuncts[0]!.expr)) return undefined;
  const sight = sightOf(conjuncts.map(({ expr }) => expr));
  return sight.clashes ? undefined : sight.atom;
}

/** The scalar that is written there first, whatever else is. */
export function firstAtom(conjuncts: readonly Conjunct[]): Atom | undefined {
  return sightOf(conjuncts.map(({ expr }) => expr)).atom;
}

function hasParts(expr: Expr): boolean {
  return expr.kind === "unify" || expr.kind === "self-scope" || (expr.kind === "struct" && expr.hasEmbeddings);
}

/** Whether some field, at any depth, cannot be already by what is written. */
export function fieldsClash(vertex: Vertex): boolean {
  const open: Expr[][] = [];
  for (const arc of vertex.arcs) if (arc.arcType === member) open.push(arc.conjuncts.map(({ expr }) => expr));
  for (let exprs = open.pop(); exprs !== undefined; exprs = open.pop()) {
    const sight = sightOf(exprs);
    if (sight.clashes) return true;
    for (const field of sight.fields.values()) if (field.isGiven) open.push(field.exprs);
  }
  return false;
}

function sightOf(exprs: readonly Expr[]): Sight {
  const sight: Sight = { kind: topKind, atom: undefined, clashes: false, fields: new Map() };
  const open = [...exprs].reverse();
  for (let expr = open.pop(); expr !== undefined; expr = open.pop()) look(sight, expr, open);
  return sight;
}

function look(sight: Sight, expr: Expr, open: Expr[]): void {
  switch (expr.kind) {
    case "unify":
      open.push(...[...expr.operands].reverse());
      return;
    case "self-scope":
      open.push(expr.expr);
      return;
    case "list":
      narrowTo(sight, listKind);
      return;
    case "value":
      if (expr.value.tag === "type") narrowTo(sight, expr.value.kind);
      else if (expr.value.tag === "atom") lookAtAtom(sight, expr.value);
      return;
    case "struct":
      if (!expr.hasEmbeddings || expr.hasFields) narrowTo(sight, structKind);
      for (const decl of expr.decls) {
        if (decl.kind === "embed") open.push(decl.expr);
        if (decl.kind !== "field" || !isRegular(decl.label)) continue;
        const known = sight.fields.get(decl.label);
        const isGiven = decl.arcType === member;
        if (known === undefined) sight.fields.set(decl.label, { exprs: [decl.value], isGiven });
        else {
          known.exprs.push(decl.value);
          known.isGiven ||= isGiven;
        }
      }
      return;
    default:
  }
}

function narrowTo(sight: Sight, kind: Kind): void {
  sight.kind &= kind;
  if (sight.kind === 0) sight.clashes = true;
}

function lookAtAtom(sight: Sight, atom: Atom): void {
  narrowTo(sight, atom.kind);
  if (sight.atom !== undefined && !sameAtom(sight.atom, atom)) sight.clashes = true;
  sight.atom ??= atom;
}
