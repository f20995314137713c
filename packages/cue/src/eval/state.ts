import type { Expr, Source } from "../compile/ir.ts";
import type { Environment } from "./environment.ts";
import { type Kind, topKind } from "./kind.ts";
import type { Label } from "./label.ts";
import type { Atom, Base, Bottom, Bound, Validator } from "./values.ts";
import type { ChoiceList, Conjunct, Lineage, Vertex } from "./vertex.ts";

/** Something that a vertex waits for: it is tried again while others make progress. */
export interface Task {
  readonly kind: "reference" | "comprehension" | "dynamic" | "expression" | "list";
  readonly expr: Expr;
  readonly env: Environment | undefined;
  readonly lineage: Lineage;
  /** Labels that it may bring; undefined when it may bring any. */
  readonly provides: ReadonlySet<Label> | undefined;
  readonly run: (task: Task) => Bottom | undefined;
  status: "pending" | "running" | "done";
  /** Why it could not be done, and when that was. */
  blocked: Bottom | undefined;
  epoch: number;
}

/** A term of a disjunction, as given or nested. */
export interface Choice {
  readonly conjunct: Conjunct;
  readonly mode: DefaultMode;
}

/** `maybe`: no default was named where it stands. */
export type DefaultMode = "maybe" | "default" | "not";

export interface PendingDisjunction {
  /** The expression that it came from, and which of several from there it is: the same in every disjunct. */
  readonly key: Expr;
  readonly occurrence: number;
  readonly scope: ChoiceList | undefined;
  readonly choices: readonly Choice[];
  readonly src: Source | undefined;
}

/** A list literal with its comprehensions worked off. */
export interface ListRecord {
  readonly elements: readonly Conjunct[];
  /** The conjunct for what comes after the elements; `open` says whether anything may. */
  readonly rest: Conjunct | undefined;
  readonly isOpen: boolean;
  readonly src: Source | undefined;
}

/** What is known of a vertex while its conjuncts are being worked off. */
export class NodeState {
  readonly vertex: Vertex;
  readonly depth: number;
  readonly queue: Conjunct[] = [];
  next = 0;
  kind: Kind = topKind;
  /** The part that narrowed the kind last, for messages. */
  kindSource: { readonly value: Base; readonly src: Source | undefined } | undefined;
  atom: Atom | undefined;
  /** A function as a value. */
  func: Base | undefined;
  readonly checks: (Bound | Validator)[] = [];
  isStruct = false;
  isList = false;
  error: Bottom | undefined;
  readonly tasks: Task[] = [];
  readonly disjunctions: PendingDisjunction[] = [];
  /** The expressions of the disjunctions met so far. */
  readonly offered: { readonly key: Expr; readonly scope: ChoiceList | undefined }[] = [];
  readonly lists: ListRecord[] = [];
  /** References already followed here. */
  readonly followed: { readonly target: Vertex; readonly lineage: Lineage }[] = [];
  /** Cyclic conjuncts, kept back until something else shows up. */
  readonly cyclic: Conjunct[] = [];
  hasNonCyclic = false;
  /** Somebody has ranged over the fields: no further ones may come. */
  isFrozen = false;
  patternsApplied = 0;
  conjunctNumber = 0;

  constructor(vertex: Vertex, depth: number) {
    this.vertex = vertex;
    this.depth = depth;
  }
}
