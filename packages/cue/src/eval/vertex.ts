import type { Expr, FieldDecl, Source, StructLit } from "../compile/ir.ts";
import type { Environment } from "./environment.ts";
import type { Group } from "./closedness.ts";
import type { RefChain } from "./cycle.ts";
import type { NodeState, PendingDisjunction } from "./state.ts";
import type { Base, Bottom } from "./values.ts";
import type { Label } from "./label.ts";

/** Where a conjunct came from, as far as the evaluation needs it. */
export interface Lineage {
  /** The definition, literal or embedding that it belongs to; undefined outside of all. */
  readonly group: Group | undefined;
  /** The references that were followed to reach it. */
  readonly refs: RefChain | undefined;
  /** It came through a reference to an ancestor: alone it would go on for ever. */
  readonly cyclic: boolean;
  /** Which of the vertex' conjuncts it is part of, for the order of fields. */
  readonly origin: number;
  /** The literal that embeds it. */
  readonly within: { readonly record: LiteralRecord; readonly at: number } | undefined;
  /** The choices of the disjunct that it is part of. */
  readonly choices: ChoiceList | undefined;
  /** It is part of a term of a disjunction. */
  readonly isChosen: boolean;
}

export const noLineage: Lineage = {
  group: undefined,
  refs: undefined,
  cyclic: false,
  origin: 0,
  within: undefined,
  choices: undefined,
  isChosen: false,
};

/** The same way here, as part of a group. Written out: a spread costs ten times as much, and this is done for each literal. */
export function withGroup(
  { refs, cyclic, origin, within, choices, isChosen }: Lineage,
  group: Group | undefined,
): Lineage {
  return { group, refs, cyclic, origin, within, choices, isChosen };
}

/** One term of a value: an expression, what its names mean, and where it came from. */
export interface Conjunct {
  readonly expr: Expr;
  readonly env: Environment | undefined;
  readonly lineage: Lineage;
  /** The declaration of the field, for its comments and attributes. */
  readonly field?: Source | undefined;
  /** A constraint of a chosen term on a field that is there without it: the reference tells of conflicts at the struct. */
  readonly isImposed?: boolean | undefined;
}

/** Regular wins over required, required over optional; `pending` may still come from a comprehension. */
export const member = 0;
export const required = 1;
export const optional = 2;
export type ArcType = 0 | 1 | 2;

export const unprocessed = 0;
export const inProgress = 1;
/** Its own conjuncts are worked off: kind, scalar and set of arcs are known; the arcs themselves need not be. */
export const evaluated = 2;
/** So is everything below it. */
export const finalized = 3;
export type Status = 0 | 1 | 2 | 3;

/** `[filter]: value`, where it was written. */
export interface Pattern {
  readonly filter: Expr;
  readonly value: Expr;
  readonly env: Environment | undefined;
  readonly lineage: Lineage;
  /** The filter's value, once asked for. */
  matcher?: Base | Vertex | undefined;
}

/** The optional fields of one struct literal. */
export interface DormantFields {
  readonly fields: ReadonlyMap<Label, readonly FieldDecl[]>;
  readonly env: Environment;
  readonly lineage: Lineage;
}

/** A struct literal that became part of a vertex: what the order of fields is made of. */
export interface LiteralRecord {
  /** Undefined for data, which has only `labels`. */
  readonly plan: StructLit | undefined;
  readonly labels?: readonly Label[];
  /** The literal that embeds it, and which of its declarations does so. */
  readonly outer: LiteralRecord | undefined;
  readonly at: number;
  /** The declaration of the field that it belongs to: `x` twice makes two. */
  readonly origin: number;
  /** Fields of dynamic labels, by declaration. */
  dynamic?: { readonly at: number; readonly label: Label }[];
  /** The references that were followed to reach it. */
  readonly refs?: RefChain | undefined;
}

/**
 * A node of the configuration: a list of conjuncts, and what they make together once somebody asked. Vertices are
 * evaluated lazily and at most once; what a value needs of its neighbours it asks of their vertices.
 */
export class Vertex {
  readonly tag = "vertex";
  readonly parent: Vertex | undefined;
  readonly label: Label;
  readonly depth: number;
  conjuncts: Conjunct[];
  arcType: ArcType = member;
  status: Status = unprocessed;
  /** What it is, besides its arcs: a scalar, a constraint, a disjunction, or the mark of a struct or list. */
  base: Base | undefined = undefined;
  /** An error of its own. Incomplete ones may stand beside arcs. */
  bottom: Bottom | undefined = undefined;
  /** What is wrong below it: its first field with a fatal error; known once it is complete. */
  childError: Bottom | undefined = undefined;
  /** What is not known below it: errors of its fields that may still be resolved. */
  openChild: Bottom | undefined = undefined;
  /** No kind is left for it: what its fields would be does not matter. */
  isVoid = false;
  /** A part of it is an error as such, not only at odds with another: who selects from it gets that error. */
  isErroneous = false;
  /** Finalized, and everything below it too: from then on its errors are those of whoever refers to it. */
  isComplete = false;
  /** Somebody ranged over it when it was known to be wrong already: its fields tell of themselves beside it. */
  isToldEarly = false;
  /** What is left of a disjunction. */
  isDisjunct = false;
  /** The vertex whose value it shares: a plain reference without anything added. */
  shared: Vertex | undefined = undefined;
  arcs: Vertex[] = noArcs;
  index: Map<Label, Vertex> | undefined = undefined;
  patterns: Pattern[] | undefined = undefined;
  /** Optional fields that no arc stands for yet: they get one when the field is given, or when somebody wants to see all. */
  dormant: DormantFields[] | undefined = undefined;
  /** Groups that close it, and groups that let everything in (`...`). */
  closedBy: Group[] | undefined = undefined;
  openedBy: (Group | undefined)[] | undefined = undefined;
  literals: LiteralRecord[] | undefined = undefined;
  /** Fields that a closed group has no evidence for. */
  excess: Vertex[] | undefined = undefined;
  /** Of an open list: what its further elements must be. */
  rest: Conjunct[] | undefined = undefined;
  /** Only while it is being evaluated. */
  state: NodeState | undefined = undefined;
  /** Vertices that took over its conjuncts while more of them could come. */
  followers: Follower[] | undefined = undefined;
  /** The vertex that a disjunct is tried for; itself for all others. */
  readonly identity: Vertex;
  /** A reference or an expression among its conjuncts is not known yet: what it has may be all wrong. */
  isBlocked = false;
  /** Of a disjunct: the choices made; and the disjunctions that are still open in it. */
  choices: ChoiceList | undefined = undefined;
  openDisjunctions: readonly PendingDisjunction[] | undefined = undefined;
  /** A definition's own groups, by the group around it. */
  ownGroups: Group[] | undefined = undefined;
  /** Bindings of clauses and `let`: no field of anything. */
  readonly binding: boolean;

  constructor(parent: Vertex | undefined, label: Label, conjuncts: Conjunct[], binding = false, identity?: Vertex) {
    this.parent = parent;
    this.label = label;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.conjuncts = conjuncts;
    this.binding = binding;
    this.identity = identity ?? this;
  }

  /** The arc of a label, whatever its type. */
  arc(label: Label): Vertex | undefined {
    const { arcs } = this;
    if (this.index !== undefined) return this.index.get(label);
    // Elements stand at their own place unless there is an index.
    if (typeof label === "number") return arcs[label]?.label === label ? arcs[label] : undefined;
    if (arcs.length > indexFrom) {
      this.index = indexOf(arcs);
      return this.index.get(label);
    }
    for (let i = 0; i < arcs.length; i++) if (arcs[i]!.label === label) return arcs[i];
    return undefined;
  }

  addArc(arc: Vertex): void {
    if (this.arcs === noArcs) this.arcs = [arc];
    else this.arcs.push(arc);
    if (this.index !== undefined) this.index.set(arc.label, arc);
    else if (typeof arc.label === "number" && arc.label !== this.arcs.length - 1) this.index = indexOf(this.arcs);
  }
}

function indexOf(arcs: readonly Vertex[]): Map<Label, Vertex> {
  const index = new Map<Label, Vertex>();
  for (const arc of arcs) index.set(arc.label, arc);
  return index;
}

export interface ChoiceList {
  readonly of: PendingDisjunction;
  /** Which of its terms. */
  readonly at: number;
  readonly next: ChoiceList | undefined;
}

export interface Follower {
  readonly vertex: Vertex;
  readonly lineage: Lineage;
}

const indexFrom = 8;
const noArcs: Vertex[] = [];

/** Through sharing, to the vertex that holds the value. */
export function target(vertex: Vertex): Vertex {
  let at = vertex;
  while (at.shared !== undefined) at = at.shared;
  return at;
}

/** Whether the fields of a vertex are being worked off at this moment. */
export function isBeingCompleted({ status, isComplete }: Vertex): boolean {
  return status === finalized && !isComplete;
}

/** The outermost vertex around it: its configuration, or its package. */
export function rootOf(vertex: Vertex): Vertex {
  let at = vertex;
  while (at.parent !== undefined) at = at.parent;
  return at;
}

/** Where a vertex stands within the expression that it is part of, if it is. */
export function pathWithin(vertex: Vertex): Label[] {
  const path: Label[] = [];
  for (let at: Vertex | undefined = vertex; at?.parent !== undefined && !at.binding; at = at.parent)
    path.push(at.label);
  return path.reverse();
}

/** Where a vertex stands. What is part of an expression only stands where the expression does. */
export function pathOf(vertex: Vertex): Label[] {
  let path: Label[] = [];
  for (let at: Vertex | undefined = vertex; at?.parent !== undefined; at = at.parent) {
    if (at.binding) path = [];
    else path.push(at.label);
  }
  return path.reverse();
}
