import type { Decl, FieldDecl, StructLit } from "../compile/ir.ts";
import type { Environment } from "./environment.ts";
import { type Label, isRegular } from "./label.ts";
import type { Run } from "./run.ts";
import { addField } from "./arcs.ts";
import type { NodeState } from "./state.ts";
import { type Conjunct, type DormantFields, type Lineage, Vertex, optional } from "./vertex.ts";

/**
 * Optional fields cost nothing until they matter. A literal's optional fields are noted as a table that belongs to the
 * literal; an arc takes its conjuncts from there when the field is given. Schemas have many optional fields, data few.
 */
interface LiteralParts {
  readonly active: readonly { readonly decl: Decl; readonly at: number }[];
  readonly dormant: ReadonlyMap<Label, readonly FieldDecl[]> | undefined;
}

const partsOfPlan = new WeakMap<StructLit, LiteralParts>();

/** The declarations of a literal that make arcs at once, and those that wait. */
export function literalParts(plan: StructLit): LiteralParts {
  let parts = partsOfPlan.get(plan);
  if (parts === undefined) {
    parts = splitPlan(plan);
    partsOfPlan.set(plan, parts);
  }
  return parts;
}

function splitPlan({ decls }: StructLit): LiteralParts {
  // A field that the same literal also gives keeps its place among the others.
  const given = new Set<Label>();
  for (const decl of decls) if (decl.kind === "field" && decl.arcType !== optional) given.add(decl.label);
  const active: { readonly decl: Decl; readonly at: number }[] = [];
  const dormant = new Map<Label, FieldDecl[]>();
  decls.forEach((decl, at) => {
    if (decl.kind === "field" && decl.arcType === optional && isRegular(decl.label) && !given.has(decl.label)) {
      const known = dormant.get(decl.label);
      if (known === undefined) dormant.set(decl.label, [decl]);
      else known.push(decl);
    } else active.push({ decl, at });
  });
  return { active, dormant: dormant.size === 0 ? undefined : dormant };
}

/** Notes the optional fields of a literal; arcs that are there take theirs. */
export function addDormant(
  run: Run,
  node: NodeState,
  fields: ReadonlyMap<Label, readonly FieldDecl[]>,
  place: { readonly env: Environment; readonly lineage: Lineage },
): void {
  const { vertex } = node;
  const { env, lineage } = place;
  const set: DormantFields = { fields, env, lineage };
  (vertex.dormant ??= []).push(set);
  const arcs = [...vertex.arcs];
  for (const arc of arcs)
    for (const decl of fields.get(arc.label) ?? [])
      addField(run, node, arc.label, optional, { expr: decl.value, env, lineage, field: decl.src });
}

/** What the optional declarations say of a new arc. */
export function dormantConjuncts(vertex: Vertex, label: Label): readonly Conjunct[] {
  if (vertex.dormant === undefined) return none;
  const conjuncts: Conjunct[] = [];
  for (const { fields, env, lineage } of vertex.dormant)
    for (const decl of fields.get(label) ?? []) conjuncts.push({ expr: decl.value, env, lineage, field: decl.src });
  return conjuncts;
}

const none: readonly Conjunct[] = [];

/** Whether the field is declared, optional and not given. */
export function isDormant(vertex: Vertex, label: Label): boolean {
  return vertex.dormant?.some(({ fields }) => fields.has(label)) ?? false;
}

/** Gives every optional field its arc: for those who want to see all fields. */
export function wakeFields(vertex: Vertex, constrain?: (arc: Vertex) => void): void {
  const { dormant } = vertex;
  if (dormant === undefined) return;
  for (const { fields } of dormant) {
    for (const label of fields.keys()) {
      if (vertex.arc(label) !== undefined) continue;
      const arc = new Vertex(vertex, label, [...dormantConjuncts(vertex, label)]);
      arc.arcType = optional;
      vertex.addArc(arc);
      constrain?.(arc);
    }
  }
  vertex.dormant = undefined;
}
