/** What is not known yet: the inputs that a value waits for, found through the references that made it. */
import type { Diagnostic } from "@lateen/base";
import type { Expr } from "../compile/ir.ts";
import { Environment } from "../eval/environment.ts";
import { isReference } from "../eval/evaluate.ts";
import { nameOfLabel } from "../eval/label.ts";
import { resolve } from "../eval/resolve.ts";
import type { Run } from "../eval/run.ts";
import { unify } from "../eval/unify.ts";
import type { Problem } from "../eval/validate.ts";
import { type Base, type Bottom, isFatal } from "../eval/values.ts";
import { type Conjunct, Vertex, pathOf, target } from "../eval/vertex.ts";
import type { MissingInput } from "../value.ts";
import type { Finding, Inquiry, Subject } from "./finding.ts";
import { knownFields } from "./names.ts";
import { firstPos, posOf, posOfConjunct } from "./sources.ts";
import { exprText, listText, pathText, valueText } from "./wording.ts";

/** A field that has no value, or is not there at all. */
export interface Input {
  readonly path: string;
  readonly labels: readonly (string | number)[];
  readonly vertex: Vertex;
  /** What it may be. */
  readonly rule: string;
  readonly isAbsent: boolean;
}

const mostInputs = 20;
const mostSteps = 400;

/** The inputs that a vertex waits for; itself when nothing else is to blame. */
export function missingInputs(run: Run, vertex: Vertex): Input[] {
  const search = new Search(run);
  search.visit(vertex, vertex);
  return [...search.found.values()];
}

class Search {
  readonly found = new Map<string, Input>();
  readonly #run: Run;
  readonly #seen = new Set<Vertex>();
  #steps = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  visit(vertex: Vertex, start: Vertex): void {
    const holder = target(vertex);
    if (this.#isDone(vertex)) return;
    const before = this.found.size;
    const conjuncts = [...new Set([...vertex.conjuncts, ...holder.conjuncts])];
    for (const conjunct of conjuncts) this.#conjunct(conjunct, start, holder);
    if (this.found.size === before && vertex !== start && !vertex.binding && !isKnown(holder)) this.#add(vertex, false);
  }

  #isDone(vertex: Vertex): boolean {
    if (this.#seen.has(vertex) || this.#seen.size >= mostSteps || this.found.size >= mostInputs) return true;
    this.#seen.add(vertex);
    return false;
  }

  #add(vertex: Vertex, isAbsent: boolean): void {
    const labels = pathOf(vertex);
    const path = pathText(labels);
    if (path === "" || this.found.has(path)) return;
    this.found.set(path, { path, labels, vertex, rule: ruleOf(vertex), isAbsent });
  }

  #conjunct({ expr, env }: Pick<Conjunct, "expr" | "env">, start: Vertex, holder: Vertex): void {
    const stack: { readonly expr: Expr; readonly env: Conjunct["env"] }[] = [{ expr, env }];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (++this.#steps > mostSteps) return;
      if (isReference(at.expr)) this.#reference(at.expr, at.env, start);
      // What opens a block: a literal's declarations, and the value of an alias.
      const isBlock = at.expr.kind === "struct" || at.expr.kind === "self-scope";
      const inner = isBlock ? new Environment(at.env, holder) : at.env;
      for (const part of operandsOf(at.expr).toReversed()) stack.push({ expr: part, env: inner });
    }
  }

  #reference(expr: Expr, env: Conjunct["env"], start: Vertex): void {
    const to = resolve(this.#run, env, expr);
    if (to instanceof Vertex) {
      if (to === start) return;
      unify(this.#run, to);
      if (!isKnown(target(to))) this.visit(to, start);
      return;
    }
    if (to.tag === "bottom") this.#absence(to);
  }

  #absence(error: Bottom): void {
    const { subject } = error;
    if (subject?.kind !== "absence") return;
    const { label, holder } = subject;
    const declared = knownFields(holder).find((known) => known.label === label);
    const arc = target(holder).arc(label) ?? new Vertex(holder, label, [...(declared?.conjuncts ?? [])]);
    this.#add(arc, true);
  }
}

/** Concrete, or an error that no input mends. */
function isKnown({ base, bottom }: Vertex): boolean {
  if (bottom !== undefined) return isFatal(bottom);
  return base?.tag === "atom" || base?.tag === "struct" || base?.tag === "list" || isSettled(base);
}

function isSettled(base: Base | undefined): boolean {
  return base?.tag === "disjunction" && base.defaults === 1;
}

/** What a value depends on before its fields: operands, labels, and the conditions of comprehensions. */
function operandsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "unify":
      return expr.operands;
    case "binary":
      return [expr.left, expr.right];
    case "unary":
    case "bound":
    case "open":
    case "try":
    case "bottom-test":
      return [expr.expr];
    case "select":
      return [expr.expr];
    case "index":
      return [expr.expr, expr.index];
    case "slice":
      return [expr.expr, expr.low, expr.high].filter((part) => part !== undefined);
    case "interpolation":
      return expr.exprs;
    case "call":
      return expr.args;
    case "disjunction":
      return expr.terms.map((term) => term.expr);
    case "value":
      return expr.origin === undefined ? [] : [expr.origin];
    case "self-scope":
      return expr.expr.kind === "list" ? [expr.expr] : [];
    case "list":
      return expr.elements.flatMap((element) => (element.kind === "comprehension" ? firstCondition(element) : []));
    case "struct":
      return expr.decls.flatMap((decl) => {
        if (decl.kind === "dynamic") return [decl.key];
        return decl.kind === "comprehension" ? firstCondition(decl.expr) : [];
      });
    case "comprehension":
      return firstCondition(expr);
    default:
      return [];
  }
}

function firstCondition(expr: Expr & { readonly kind: "comprehension" }): readonly Expr[] {
  const [clause] = expr.clauses;
  if (clause?.kind === "if") return [clause.condition];
  return clause?.kind === "for" ? [clause.source] : [];
}

/** What a field without a value may be, as it is written or as it came to be. */
export function ruleOf(vertex: Vertex): string {
  const { base } = target(vertex);
  if (base !== undefined && base.tag !== "struct" && base.tag !== "list") {
    if (base.tag === "disjunction") return valueText({ ...base, defaults: 0 }, 90);
    return valueText(base, 90);
  }
  const [conjunct] = vertex.conjuncts;
  return conjunct === undefined ? "" : exprText(conjunct.expr);
}

/** `incomplete value string`, and expressions over values that are not known yet. */
export function explainMissing(inquiry: Inquiry, { vertex, error }: Subject): Finding {
  if (vertex === undefined) return {};
  const inputs = missingInputs(inquiry.run, vertex);
  const places = vertex.conjuncts.map((conjunct) => ({
    pos: posOfConjunct(conjunct, "label"),
    says: `${exprText(conjunct.expr)} has a part in it`,
    isMinor: true,
  }));
  if (inputs.length === 0) return { help: adviceFor(vertex), places, pos: firstPos(vertex) };
  return {
    help: `it waits for ${listText(inputs.map(inputText), { last: "and" })}`,
    pos: posOf(error.sources[0]) ?? firstPos(vertex),
    causes: inputs.map((input) => inputCause(input)),
  };
}

/** Problems that only wait for inputs that are problems themselves: with each the first such input. */
export function waitingFor(run: Run, problems: readonly Problem[]): ReadonlyMap<Problem, string> {
  const byPath = new Map(problems.filter(isOpen).map((problem) => [pathText(problem.path), problem]));
  const waits = new Map<Problem, string>();
  for (const problem of problems) {
    if (!isOpen(problem) || problem.vertex === undefined) continue;
    const own = pathText(problem.path);
    const inputs = missingInputs(run, problem.vertex).map(({ path }) => path);
    if (inputs.length > 0 && inputs.every((path) => path !== own && byPath.has(path))) waits.set(problem, inputs[0]!);
  }
  // Those that wait for each other have no other to be told with.
  for (const [problem, path] of waits) if (waits.has(byPath.get(path)!)) waits.delete(problem);
  return waits;
}

/** The inputs that open problems wait for, each once, in their order. */
export function missingOf(run: Run, problems: readonly Problem[]): MissingInput[] {
  const found = new Map<string, MissingInput>();
  for (const { vertex, path } of problems) {
    if (vertex === undefined) continue;
    const inputs = missingInputs(run, vertex);
    const all = inputs.length > 0 ? inputs : [{ path: pathText(path), labels: path, vertex, rule: ruleOf(vertex) }];
    for (const input of all) {
      if (found.has(input.path)) continue;
      const steps = input.labels.map((label) => (typeof label === "number" ? label : nameOfLabel(label)));
      found.set(input.path, { path: steps, rule: input.rule, pos: firstPos(input.vertex) });
    }
  }
  return [...found.values()];
}

function isOpen({ error }: Problem): boolean {
  return error.code === "incomplete";
}

const mostWaiting = 5;

/** What waits for a problem's field. */
export function waitingCauses(problem: Problem, waits: ReadonlyMap<Problem, string>): Diagnostic[] {
  const own = pathText(problem.path);
  const waiting = [...waits].filter(([, path]) => path === own).map(([one]) => one);
  const shown = waiting.slice(0, mostWaiting);
  const last = shown.length - 1;
  return shown.map(({ path, vertex }, at) => ({
    code: "waiting",
    message:
      at === last && waiting.length > mostWaiting
        ? `waits for it, as ${waiting.length - mostWaiting} others do`
        : "waits for it",
    pos: vertex === undefined ? undefined : firstPos(vertex),
    path: path.map((label) => (typeof label === "number" ? label : nameOfLabel(label))),
    causes: [],
  }));
}

function inputText({ path, rule, isAbsent }: Input): string {
  return isAbsent ? `${path}, which is not given` : rule === "" ? path : `${path} (${rule})`;
}

function inputCause({ labels, vertex, rule }: Input): Diagnostic {
  return {
    code: "missing",
    message: `give it a value${rule === "" ? "" : `: ${rule}`}`,
    pos: firstPos(vertex),
    path: labels.map((label) => (typeof label === "number" ? label : nameOfLabel(label))),
    causes: [],
  };
}

function adviceFor(vertex: Vertex): string {
  const { base } = target(vertex);
  if (base?.tag === "disjunction") {
    const terms = base.values.map((value) => valueText(value, 40));
    const isStructs = terms.every((term) => term === "a struct");
    return isStructs
      ? `${terms.length} alternatives fit: give a field that only one of them has, or mark one as default with *`
      : `choose one of ${listText(terms)}, or mark a default with *`;
  }
  const rule = ruleOf(vertex);
  return rule === "_" ? "give it a value" : `give it a value: ${rule}`;
}
