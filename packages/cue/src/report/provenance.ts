/**
 * What made a value: the conjuncts that a vertex keeps anyway, each with where it was written, how it came to be said of
 * the field, and what made the values that it refers to. Nothing is recorded for it while evaluating.
 */
import type { Pos } from "@lateen/base";
import { DataNode } from "../compile/data-node.ts";
import type { Expr, Source } from "../compile/ir.ts";
import { Environment } from "../eval/environment.ts";
import { defaultOf, evaluate, isReference } from "../eval/evaluate.ts";
import { formatExpr, formatValue } from "../eval/format.ts";
import { type Label, isLet, nameOfLabel } from "../eval/label.ts";
import { resolve } from "../eval/resolve.ts";
import { LimitError, type Run } from "../eval/run.ts";
import { unify } from "../eval/unify.ts";
import { type Atom, type Value, sameAtom } from "../eval/values.ts";
import { type Conjunct as EvalConjunct, Vertex, optional, pathOf, target } from "../eval/vertex.ts";
import type { Conjunct, Leaf, Step } from "../value.ts";
import { posOf, posOfConjunct, posOfExpr } from "./sources.ts";
import { nodesAt, shortText } from "./syntax-path.ts";
import { exprText } from "./wording.ts";

const deepest = 8;
const mostParts = 300;

/** The conjuncts of a vertex, with what is behind them. */
export function explainVertex(run: Run, vertex: Vertex): Conjunct[] {
  return new Explainer(run).conjuncts(vertex);
}

/** Each plain value below a vertex, with what made it. */
export function explainLeaves(run: Run, root: Vertex): Leaf[] {
  const leaves: Leaf[] = [];
  const base = pathOf(root).map(stepOf);
  const stack: Way[] = [{ vertex: root, up: undefined, depth: 0 }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    run.spend(1);
    const { vertex, depth } = item;
    if (depth > run.depthLimit) throw new LimitError(`nested deeper than ${run.depthLimit}`, vertex);
    unify(run, vertex);
    const plain = defaultOf(target(vertex));
    const holder = plain instanceof Vertex ? target(plain) : undefined;
    const arcs = (holder?.arcs ?? []).filter((arc) => arc.arcType !== optional && !isLet(arc.label));
    if (arcs.length === 0)
      leaves.push({
        path: [...base, ...stepsTo(item)],
        value: formatValue(plain),
        conjuncts: explainVertex(run, vertex),
      });
    for (let i = arcs.length - 1; i >= 0; i--) stack.push({ vertex: arcs[i]!, up: item, depth: depth + 1 });
  }
  return leaves;
}

/** A vertex, and through which it was reached. */
interface Way {
  readonly vertex: Vertex;
  readonly up: Way | undefined;
  readonly depth: number;
}

function stepsTo(way: Way): (string | number)[] {
  const steps: (string | number)[] = [];
  for (let at = way; at.up !== undefined; at = at.up) steps.push(stepOf(at.vertex.label));
  return steps.reverse();
}

function stepOf(label: Label): string | number {
  return typeof label === "number" ? label : nameOfLabel(label);
}

class Explainer {
  readonly #run: Run;
  readonly #seen = new Set<Vertex>();
  #parts = 0;
  /** Something was left out of the parts that are being gathered. */
  #isCut = false;

  constructor(run: Run) {
    this.#run = run;
  }

  conjuncts(vertex: Vertex, depth = 0): Conjunct[] {
    this.#run.spend(1);
    unify(this.#run, vertex);
    if (this.#seen.has(vertex)) return [];
    if (depth > deepest) return this.#cut();
    this.#seen.add(vertex);
    const value = atomOf(target(vertex));
    const found = vertex.conjuncts.map((conjunct) => this.#conjunct(conjunct, { vertex, value, depth }));
    this.#seen.delete(vertex);
    // A default is what the value was taken from only where nothing else gives it.
    const isGiven = found.some(({ isChosen, role }) => isChosen && role !== "default");
    return isGiven ? found.map((one) => (one.role === "default" ? { ...one, isChosen: false } : one)) : found;
  }

  #conjunct(conjunct: EvalConjunct, at: { vertex: Vertex; value: Atom | undefined; depth: number }): Conjunct {
    const { expr, env } = conjunct;
    this.#parts++;
    const outer = this.#isCut;
    this.#isCut = false;
    const parts = this.#partsOf(expr, env, at);
    const isCut = this.#isCut;
    this.#isCut = outer;
    return {
      pos: posOfConjunct(conjunct, "label"),
      text: expr instanceof DataNode ? exprText(expr) : formatExpr(expr),
      role: roleOf(expr),
      reference: isReference(expr) ? formatExpr(expr) : undefined,
      via: stepsOf(conjunct),
      isChosen: at.value !== undefined && this.#gives(conjunct, at.value),
      parts,
      ...(isCut ? { isCut } : {}),
    };
  }

  #cut(): Conjunct[] {
    this.#isCut = true;
    return [];
  }

  #gives({ expr, env }: EvalConjunct, value: Atom): boolean {
    if (expr instanceof DataNode) return formatValue(value) === JSON.stringify(expr.value);
    if (expr.kind === "vertex") return atomOf(target(expr.vertex))?.value === value.value;
    const own = atomOf(evaluate(this.#run, env, expr));
    return own !== undefined && sameAtom(own, value);
  }

  /** What made the values that an expression refers to. */
  #partsOf(expr: Expr, env: Environment | undefined, { vertex, depth }: { vertex: Vertex; depth: number }): Conjunct[] {
    if (expr.kind === "vertex") return this.conjuncts(expr.vertex, depth + 1);
    if (isReference(expr)) {
      const to = resolve(this.#run, env, expr);
      if (!(to instanceof Vertex) || to === vertex) return [];
      return this.#parts < mostParts ? this.conjuncts(to, depth + 1) : this.#cut();
    }
    const operands = operandsOf(expr).filter((operand) => isReference(operand) || operandsOf(operand).length > 0);
    if (operands.length > 0 && (this.#parts >= mostParts || depth >= deepest)) return this.#cut();
    return operands.map((operand) =>
      this.#conjunct(
        { expr: operand, env, lineage: noLineageOf(vertex) },
        { vertex, value: undefined, depth: depth + 1 },
      ),
    );
  }
}

function noLineageOf(vertex: Vertex): EvalConjunct["lineage"] {
  const { lineage } = vertex.conjuncts[0]!;
  return { ...lineage, refs: undefined };
}

/** The plain value of something, defaults taken. */
function atomOf(value: Value): Atom | undefined {
  const plain = defaultOf(value);
  const base = plain instanceof Vertex ? target(plain).base : plain;
  return base?.tag === "atom" ? base : undefined;
}

function operandsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "unify":
      return expr.operands;
    case "binary":
      return [expr.left, expr.right];
    case "unary":
    case "bound":
    case "open":
      return [expr.expr];
    case "interpolation":
      return expr.exprs;
    case "call":
      return expr.args;
    case "disjunction":
      return expr.terms.map((term) => term.expr);
    case "slice":
      return [expr.expr];
    case "value":
      return expr.origin === undefined ? [] : [expr.origin];
    default:
      return [];
  }
}

function roleOf(expr: Expr): Conjunct["role"] {
  if (isReference(expr)) return "reference";
  switch (expr.kind) {
    case "disjunction":
      return expr.hasDefaults ? "default" : "constraint";
    case "bound":
    case "unify":
      return "constraint";
    case "value":
      return "tag" in expr.value && expr.value.tag === "atom" ? "literal" : "constraint";
    case "struct":
    case "list":
    case "data":
      return "literal";
    default:
      return "computed";
  }
}

/** How a conjunct came to be said of its field: references, comprehensions and patterns around it, a fill. */
function stepsOf({ expr, lineage, field }: EvalConjunct): Step[] {
  const steps: Step[] = [];
  if (expr instanceof DataNode)
    steps.push({ kind: "fill", text: expr.origin.source === "" ? "data" : expr.origin.source, pos: posOfExpr(expr) });
  else if (expr.kind === "vertex") steps.push({ kind: "fill", text: "a value", pos: posOfExpr(expr) });
  for (let entry = lineage.refs; entry !== undefined; entry = entry.next) {
    const pos = posOf(entry.expr.src);
    if (!steps.some((step) => step.kind === "reference" && samePos(step.pos, pos)))
      steps.unshift({ kind: "reference", text: formatExpr(entry.expr), pos });
  }
  return [...steps, ...writtenIn(field ?? expr.src)];
}

function samePos(a: Pos | undefined, b: Pos | undefined): boolean {
  return a !== undefined && b !== undefined && a.source === b.source && a.offset === b.offset;
}

/** Comprehensions and patterns that hold a part of a text. */
function writtenIn(source: Source | undefined): Step[] {
  if (source === undefined || source instanceof DataNode) return [];
  const { file, node } = source;
  const steps: Step[] = [];
  for (const at of nodesAt(file, node.start)) {
    if (at.kind === "comprehension" && at.start < node.start) {
      const end = at.clauses.at(-1)?.end ?? at.start;
      steps.push({ kind: "comprehension", text: shortText(file.text.slice(at.start, end)), pos: file.posOf(at.start) });
    } else if (at.kind === "field" && at.label.kind === "pattern-label")
      steps.push({
        kind: "pattern",
        text: shortText(file.text.slice(at.label.start, at.label.end)),
        pos: file.posOf(at.start),
      });
  }
  return steps;
}
