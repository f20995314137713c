import type { Expr, Source } from "../compile/ir.ts";
import type { Group } from "./closedness.ts";
import type { Environment } from "./environment.ts";
import { type Kind, topKind } from "./kind.ts";
import type { Label } from "./label.ts";
import { type Atom, type Base, type Bottom, type Bound, type Validator, combineBottoms } from "./values.ts";
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
  readonly group: Group | undefined;
  readonly src: Source | undefined;
}

/** What is known of a vertex while its conjuncts are being worked off. */
export class NodeState {
  readonly vertex: Vertex;
  readonly depth: number;
  queue: Conjunct[] = none;
  next = 0;
  kind: Kind = topKind;
  /** The part that narrowed the kind last, for messages. */
  kindSource: { readonly value: Base; readonly src: Source | undefined } | undefined;
  atom: Atom | undefined;
  /** A function as a value. */
  func: Base | undefined;
  checks: (Bound | Validator)[] = none;
  isStruct = false;
  /** `_` is among its conjuncts: a literal that only embeds need not be a struct then. */
  hasTop = false;
  isList = false;
  error: Bottom | undefined;
  tasks: Task[] = none;
  disjunctions: PendingDisjunction[] = none;
  /** The expressions of the disjunctions met so far. */
  offered: { readonly key: Expr; readonly scope: ChoiceList | undefined }[] = none;
  /** Terms of disjunctions that were chosen, to be worked off after everything else. */
  chosen: Conjunct[] = none;
  lists: ListRecord[] = none;
  /** References already followed here. */
  followed: { readonly target: Vertex; readonly lineage: Lineage }[] = none;
  /** Cyclic conjuncts, kept back until something else shows up. */
  cyclic: Conjunct[] = none;
  hasNonCyclic = false;
  /** Fields or elements came from further up a circle. */
  hasRecurred = false;
  /** Somebody has ranged over the fields: no further ones may come. */
  isFrozen = false;
  patternsApplied = 0;
  conjunctNumber = 0;
  /** A chosen term constrains it: the reference tells of conflicts at the struct or list around it. */
  isImposed = false;
  /** How many literals, one embedded in the other, are being taken apart. */
  nesting = 0;

  constructor(vertex: Vertex, depth: number) {
    this.vertex = vertex;
    this.depth = depth;
  }

  // Most vertices have none of these: the lists are made when the first item comes.
  addCheck(check: Bound | Validator): void {
    if (this.checks === none) this.checks = [check];
    else this.checks.push(check);
  }

  addTask(task: Task): void {
    if (this.tasks === none) this.tasks = [task];
    else this.tasks.push(task);
  }

  addDisjunction(disjunction: PendingDisjunction): void {
    if (this.disjunctions === none) this.disjunctions = [disjunction];
    else this.disjunctions.push(disjunction);
  }

  choose(term: Conjunct): void {
    if (this.chosen === none) this.chosen = [term];
    else this.chosen.push(term);
  }

  offer(offered: NodeState["offered"][number]): void {
    if (this.offered === none) this.offered = [offered];
    else this.offered.push(offered);
  }

  addList(list: ListRecord): void {
    if (this.lists === none) this.lists = [list];
    else this.lists.push(list);
  }

  follow(followed: NodeState["followed"][number]): void {
    if (this.followed === none) this.followed = [followed];
    else this.followed.push(followed);
  }

  keepCyclic(conjunct: Conjunct): void {
    if (this.cyclic === none) this.cyclic = [conjunct];
    else this.cyclic.push(conjunct);
  }
}

const none: never[] = [];

export function fail(node: NodeState, error: Bottom): void {
  node.error = combineBottoms(node.error, error);
}
