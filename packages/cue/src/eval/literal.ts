/** Struct literals as conjuncts: their declarations become arcs, patterns, embeddings and things to wait for. */
import type { Decl, Expr, StructLit } from "../compile/ir.ts";
import { addField } from "./arcs.ts";
import { Group, noLevel, open, restrict } from "./closedness.ts";
import { runComprehension } from "./comprehension.ts";
import { addConjunct } from "./conjunct.ts";
import { addDormant, literalParts } from "./dormant.ts";
import { type Environment, literalBlock } from "./environment.ts";
import { evaluate } from "./evaluate.ts";
import type { Label } from "./label.ts";
import { applyPattern } from "./patterns.ts";
import { labelOfValue } from "./resolve.ts";
import type { Run } from "./run.ts";
import { narrow } from "./scalars.ts";
import { type NodeState, fail } from "./state.ts";
import { addTask } from "./tasks.ts";
import { type Bottom, isFatal, placed, structMarker } from "./values.ts";
import type { Conjunct, Lineage, LiteralRecord, Vertex } from "./vertex.ts";

export function addStruct(run: Run, node: NodeState, plan: StructLit, conjunct: Conjunct): void {
  const { within } = conjunct.lineage;
  insertLiteral(run, node, plan, {
    env: literalBlock(conjunct.env, node.vertex, conjunct.lineage),
    lineage: conjunct.lineage,
    outer: within?.record,
    at: within?.at ?? 0,
    isEmbedded: false,
  });
}

export interface Insertion {
  readonly env: Environment;
  readonly lineage: Lineage;
  readonly outer: LiteralRecord | undefined;
  readonly at: number;
  /** It is the body of a comprehension: what it embeds is embedded in the literal around it. */
  readonly isEmbedded: boolean;
}

/** Adds the declarations of a struct literal. */
export function insertLiteral(run: Run, node: NodeState, plan: StructLit, insertion: Insertion): void {
  const { vertex } = node;
  const { env, outer, at } = insertion;
  let { lineage } = insertion;
  const { origin } = lineage;
  const record: LiteralRecord = { plan, outer, at, origin, refs: lineage.refs };
  addLiteral(vertex, record);
  if (lineage.within !== undefined || origin !== 0 || lineage.choices !== undefined)
    lineage = inGroup(lineage, lineage.group);
  if (plan.hasEmbeddings && !(lineage.group !== undefined && isFile(plan)))
    lineage = inGroup(
      lineage,
      new Group(lineage.group, noLevel, vertex.depth, insertion.isEmbedded ? "embedding" : "plain"),
    );
  if (lineage.group !== undefined) restrict(vertex, lineage.group);
  if (!plan.hasEmbeddings || plan.hasFields) {
    node.isStruct = true;
    narrow(node, structMarker.kind, plan.marker);
  }
  const place = { env, lineage, record, origin };
  const { active, dormant } = literalParts(plan);
  if (dormant !== undefined) addDormant(run, node, dormant, place);
  for (const { decl, at: index } of active) addDeclaration(run, node, decl, place, index);
}

/** Notes a literal that became part of a vertex. Most have one: a list that grows has room for seventeen. */
export function addLiteral(vertex: Vertex, record: LiteralRecord): void {
  if (vertex.literals === undefined) vertex.literals = [record];
  else vertex.literals.push(record);
}

/** The files of a package are one struct: what one of them embeds lets the others add to it. */
function isFile(plan: StructLit): boolean {
  return plan.src?.node.kind === "file";
}

/** What the fields of a literal inherit. */
function inGroup({ refs, cyclic, isChosen }: Lineage, group: Group | undefined): Lineage {
  return { group, refs, cyclic, origin: 0, within: undefined, choices: undefined, isChosen };
}

/** Literals embedded in each other deeper than this are taken apart one after the other. */
const maxNesting = 32;

interface Place {
  readonly env: Environment;
  readonly lineage: Lineage;
  readonly record: LiteralRecord;
  readonly origin: number;
}

// eslint-disable-next-line max-params -- called for every declaration of every literal: no object for each
function addDeclaration(run: Run, node: NodeState, decl: Decl, place: Place, at: number): void {
  const { env, lineage } = place;
  switch (decl.kind) {
    case "field":
      addField(run, node, decl.label, decl.arcType, { expr: decl.value, env, lineage, field: decl.src });
      return;
    case "embed": {
      const group =
        decl.isClosed === true ? lineage.group : new Group(lineage.group, noLevel, node.vertex.depth, "embedding");
      const within = { record: place.record, at };
      const { expr } = decl;
      const { refs, cyclic, choices, isChosen } = lineage;
      const { origin } = place;
      const conjunct: Conjunct = {
        expr,
        env,
        lineage: { group, refs, cyclic, origin, within, choices, isChosen },
      };
      // Its fields come to be where it stands, as far as the stack allows.
      if (expr.kind === "struct" && node.nesting < maxNesting) {
        node.nesting++;
        addConjunct(run, node, conjunct);
        node.nesting--;
      } else node.queue.push(conjunct);
      return;
    }
    case "ellipsis":
      open(node.vertex, lineage.group);
      return;
    case "pattern":
      applyPattern(run, node, { filter: decl.filter, value: decl.value, env, lineage });
      return;
    case "dynamic":
      waitForLabel(run, node, decl, { env, lineage, record: place.record, origin: place.origin, at });
      return;
    case "comprehension":
      waitForComprehension(run, node, decl.expr, { env, lineage, record: place.record, origin: place.origin, at });
  }
}

// Apart, so that only what has to wait makes a closure and what it holds.
function waitForLabel(
  run: Run,
  node: NodeState,
  decl: Decl & { kind: "dynamic" },
  place: Place & { readonly at: number },
): void {
  const { env, lineage } = place;
  addTask(node, "dynamic", { expr: decl.key, env, lineage }, () => addDynamic(run, node, decl, place));
}

function waitForComprehension(run: Run, node: NodeState, expr: Expr, place: Place & { readonly at: number }): void {
  const { env, lineage } = place;
  addTask(node, "comprehension", { expr, env, lineage }, (task) => runComprehension(run, node, task, place));
}

function addDynamic(
  run: Run,
  node: NodeState,
  decl: Decl & { kind: "dynamic" },
  place: Place & { readonly at: number },
): Bottom | undefined {
  const key = dynamicLabel(run, place.env, decl.key);
  if (typeof key === "object") {
    if (!isFatal(key)) return key;
    fail(node, placed(key, node.vertex));
    node.vertex.isErroneous = true;
    return undefined;
  }
  (place.record.dynamic ??= []).push({ at: place.at, label: key });
  addField(run, node, key, decl.arcType, { expr: decl.value, env: place.env, lineage: place.lineage, field: decl.src });
  return undefined;
}

/** The label of a dynamic field: a string. */
export function dynamicLabel(run: Run, env: Environment | undefined, key: Expr): Label | Bottom {
  return labelOfValue(run, evaluate(run, env, key), key);
}

export function addFill(run: Run, node: NodeState, label: Label, conjunct: Conjunct): void {
  if (typeof label === "number") {
    addField(run, node, label, 0, conjunct);
    return;
  }
  node.isStruct = true;
  narrow(node, structMarker.kind, structMarker);
  restrict(node.vertex, conjunct.lineage.group);
  addLiteral(node.vertex, {
    plan: undefined,
    labels: [label],
    outer: undefined,
    at: 0,
    origin: conjunct.lineage.origin,
    refs: conjunct.lineage.refs,
  });
  addField(run, node, label, 0, conjunct);
}
