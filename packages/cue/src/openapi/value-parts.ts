import type { JsonValue } from "@lateen/base";
import { Context } from "../context.ts";
import type { CueValue } from "../cue-value.ts";
import { structPlan } from "../compile/plan.ts";
import { Environment } from "../eval/environment.ts";
import { topKind } from "../eval/kind.ts";
import { isRegular, nameOfLabel } from "../eval/label.ts";
import type { Base } from "../eval/values.ts";
import { type Conjunct, Vertex, noLineage, target } from "../eval/vertex.ts";
import { scalarJson } from "./scalar-schema.ts";

/** What a value consists of, as it was written and as it is. */

const deepest = 60;

/** The value apart from what closes it. */
export function opened(value: CueValue): CueValue {
  const conjuncts = value.vertex.conjuncts.map((conjunct) => {
    const { expr } = conjunct;
    const isClose = expr.kind === "call" && expr.fun.src?.node.kind === "ident" && expr.fun.src.node.name === "close";
    return { ...conjunct, expr: isClose ? (expr.args[0] ?? expr) : expr, lineage: noLineage };
  });
  return value.at(new Vertex(undefined, "", conjuncts));
}

/** The operands of an operator, without doubles. */
export function splitBy(
  op: "&" | "|",
  value: CueValue,
  { depth = 0, keepsLiterals = false }: { readonly depth?: number; readonly keepsLiterals?: boolean } = {},
): CueValue[] {
  if (depth > deepest) return [value];
  const { conjuncts } = value.vertex;
  if (keepsLiterals && conjuncts.length === 1 && conjuncts[0]!.expr.kind === "struct") return [value];
  const expr = value.expr();
  if (expr.op !== op) return [value];
  const seen = new Set<string>();
  return (expr.operands as readonly CueValue[]).flatMap((operand) => {
    const [conjunct] = operand.vertex.conjuncts;
    if (conjunct?.expr.kind === "value" && isTop(conjunct.expr.value as Base)) return [];
    const text = operand.syntax({ raw: true });
    if (seen.has(text)) return [];
    seen.add(text);
    return splitBy(op, operand, { depth: depth + 1, keepsLiterals });
  });
}

/** The operands of a struct; what a literal embeds stands beside its own fields. */
export function structParts(value: CueValue, depth = 0): CueValue[] {
  return splitBy("&", value, { keepsLiterals: true }).flatMap((part) => {
    const [conjunct] = part.vertex.conjuncts;
    if (conjunct?.expr.kind !== "struct" || part.vertex.conjuncts.length > 1 || depth > deepest) return [part];
    const { decls, src } = conjunct.expr;
    const rest = decls.filter((decl) => decl.kind !== "embed");
    const { parent, label } = value.vertex;
    const own = new Vertex(parent, label, [{ ...conjunct, expr: structPlan(rest, src) }]);
    const parts = rest.length === 0 && decls.length > 0 ? [] : [value.at(own)];
    // What is embedded sees the fields of the literal around it, whatever is chosen of it.
    const env = new Environment(conjunct.env, own);
    for (const decl of decls)
      if (decl.kind === "embed") {
        const inner: Conjunct = { ...conjunct, expr: decl.expr, env, field: undefined };
        parts.push(...structParts(value.at(new Vertex(parent, label, [inner])), depth + 1));
      }
    return parts;
  });
}

export function isTop(base: Base | undefined): boolean {
  return base?.tag === "type" && base.kind === topKind;
}

/** Several operands of a value as one value. */
export function together(value: CueValue, parts: readonly CueValue[]): CueValue {
  const { parent, label } = value.vertex;
  return value.at(
    new Vertex(
      parent,
      label,
      parts.flatMap((part) => part.vertex.conjuncts),
    ),
  );
}

export function baseOf(value: CueValue): Base | undefined {
  void value.incompleteKind;
  return target(value.vertex).base;
}

export function kindsOf(value: CueValue): number {
  return baseOf(value)?.kind ?? 0;
}

export function ofBase(like: CueValue, base: Base): CueValue {
  const conjunct: Conjunct = {
    expr: { kind: "value", value: base, src: undefined },
    env: undefined,
    lineage: noLineage,
  };
  return like.at(new Vertex(undefined, "", [conjunct]));
}

/** The constraints that a value became. */
export function evaluatedParts(value: CueValue): CueValue[] {
  const base = baseOf(value);
  if (base?.tag !== "conjunction") return [value];
  return base.values
    .filter((part) => part.tag !== "type" || base.values.length === 1)
    .map((part) => ofBase(value, { ...part, kind: base.kind } as Base));
}

export function evaluatedTerms(value: CueValue): CueValue[] {
  const base = baseOf(value);
  if (base?.tag !== "disjunction") return [value];
  const terms = base.values.map((term) => (term instanceof Vertex ? value.at(term) : ofBase(value, term)));
  const others = terms.slice(base.defaults);
  // A default that another term admits is said by `default`.
  return terms.filter((term, i) => i >= base.defaults || !others.some((other) => other.subsumes(term)));
}

/** The JSON of a scalar; null is one too. */
export function constantOf(value: CueValue): JsonValue | undefined {
  const base = baseOf(value);
  return base?.tag === "atom" ? scalarJson(base.value) : undefined;
}

export function nameOfField({ selector, value }: { readonly selector: string; readonly value: unknown }): string {
  const { label } = (value as CueValue).vertex;
  return typeof label !== "number" && isRegular(label) ? nameOfLabel(label) : selector;
}

const probeName = "\u0001other";
const probes = new Context();

/** What fields without a declaration hold, where a pattern says it. */
export function othersOf(value: CueValue): CueValue | undefined {
  if ((target(value.vertex).patterns?.length ?? 0) === 0) return undefined;
  const probe = value.unify(probes.compile(`${JSON.stringify(probeName)}: _`)).lookupPath(JSON.stringify(probeName));
  if (!probe.exists || probe.err !== undefined || probe.incompleteKind === "top") return undefined;
  return probe as CueValue;
}

/** What further elements of an open list hold. */
export function restOf(value: CueValue): CueValue | undefined {
  const { rest } = target(value.vertex);
  const holder = target(value.vertex);
  return value.at(new Vertex(holder, holder.arcs.length, [...(rest ?? [])]));
}
