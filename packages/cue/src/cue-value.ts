import { type Budget, type Diagnostic, type JsonValue, type Pos } from "@lateen/base";
import { docsOf } from "./compile/chain.ts";
import { DataNode } from "./compile/data-node.ts";
import type { Expr } from "./compile/ir.ts";
import { plainDiagnostic } from "./diagnostics.ts";
import { isAllowed } from "./eval/closedness.ts";
import { equalData } from "./eval/compare.ts";
import { defaultOf } from "./eval/evaluate.ts";
import { equalValues } from "./eval/equality.ts";
import { errorWithin, finalize } from "./eval/finalize.ts";
import { funcKind, kindNames, topKind } from "./eval/kind.ts";
import { type Label, formatLabel, isDefinition, isHidden, isLet, isRegular, nameOfLabel } from "./eval/label.ts";
import { lookupLabel } from "./eval/look.ts";
import { orderedArcs } from "./eval/order.ts";
import { wakeAll } from "./eval/patterns.ts";
import { allows } from "./eval/patterns.ts";
import type { Run } from "./eval/run.ts";
import { within } from "./eval/settle.ts";
import { subsumes } from "./eval/subsume.ts";
import { unify } from "./eval/unify.ts";
import { type Problem, type ValidateOptions, validate } from "./eval/validate.ts";
import { type Bottom, isFatal } from "./eval/values.ts";
import {
  type Conjunct as EvalConjunct,
  Vertex,
  member,
  noLineage,
  optional,
  pathOf,
  required,
  target,
} from "./eval/vertex.ts";
import { operandsOf, referenceTarget } from "./explain.ts";
import { jsonText, jsonValue, nativeValue } from "./export/json.ts";
import { syntaxFile, syntaxOf } from "./export/cue.ts";
import type { File } from "./syntax/ast.ts";
import { parsePath } from "./path.ts";
import { missingOf } from "./report/missing.ts";
import { explainLeaves, explainVertex } from "./report/provenance.ts";
import { Reporter } from "./report/reporter.ts";
import { posOfConjunct } from "./report/sources.ts";
import {
  type Conjunct,
  CueError,
  type DataOptions,
  type Leaf,
  type SyntaxOptions,
  type Value,
  type Verdict,
} from "./value.ts";

export interface ValueParts {
  readonly budget: Budget;
  /** What made the text unusable: then there is no value to speak of. */
  readonly compileErrors: readonly Diagnostic[];
  readonly missing?: Diagnostic;
}

/** A value as embedders see it: a vertex, worked off when something is asked of it. */
export class CueValue implements Value {
  readonly vertex: Vertex;
  readonly #run: Run;
  readonly #parts: ValueParts;

  constructor(run: Run, vertex: Vertex, parts: ValueParts) {
    this.#run = run;
    this.vertex = vertex;
    this.#parts = parts;
  }

  #within<T>(work: () => T): T | Bottom {
    return within(this.#run, this.#parts.budget, work);
  }

  #value(vertex: Vertex): CueValue {
    return new CueValue(this.#run, vertex, { budget: this.#parts.budget, compileErrors: this.#parts.compileErrors });
  }

  /** Another vertex of the same evaluation, such as a term of this disjunction, as a value. For the package's own use. */
  at(vertex: Vertex): CueValue {
    return this.#value(vertex);
  }

  #absent(message: string, path: readonly (string | number)[]): CueValue {
    const missing: Diagnostic = { code: "eval", message, path, causes: [] };
    const vertex = new Vertex(undefined, "", [], true);
    return new CueValue(this.#run, vertex, { ...this.#parts, missing });
  }

  get #broken(): Diagnostic | undefined {
    return this.#parts.missing ?? this.#parts.compileErrors[0];
  }

  /** The vertex, worked off; an error when the budget does not suffice. */
  #settled(): Vertex | Bottom {
    const failure = this.#within(() => unify(this.#run, this.vertex));
    return failure === undefined ? target(this.vertex) : failure;
  }

  get exists(): boolean {
    if (this.#parts.missing !== undefined) return false;
    return this.#broken === undefined;
  }

  get path(): readonly (string | number)[] {
    return publicPath(pathOf(this.vertex));
  }

  /** The path in CUE's notation: `a."q-r"[2].z`. */
  get pathText(): string {
    let text = "";
    for (const label of pathOf(this.vertex))
      text += typeof label === "number" ? `[${label}]` : text === "" ? formatLabel(label) : `.${formatLabel(label)}`;
    return text;
  }

  get err(): Diagnostic | undefined {
    if (this.#broken !== undefined) return this.#broken;
    const settled = this.#settled();
    const error = settled instanceof Vertex ? (this.vertex.bottom ?? settled.bottom) : settled;
    if (error === undefined) return undefined;
    const vertex = error.vertex ?? this.vertex;
    return this.#report([{ error, path: pathOf(vertex), vertex }])[0];
  }

  get incompleteKind(): string {
    if (this.#broken !== undefined) return "bottom";
    const settled = this.#settled();
    if (!(settled instanceof Vertex) || settled.bottom !== undefined) return "bottom";
    return publicKind(settled.base?.kind ?? 0);
  }

  get kind(): string {
    if (this.#broken !== undefined) return "bottom";
    const settled = this.#settled();
    if (!(settled instanceof Vertex) || settled.bottom !== undefined) return "bottom";
    const plain = defaultOf(settled);
    const base = plain instanceof Vertex ? target(plain).base : plain;
    if (base === undefined || base.tag === "bottom") return "bottom";
    return base.tag === "atom" || base.tag === "struct" || base.tag === "list" || base.tag === "func"
      ? publicKind(base.kind)
      : "bottom";
  }

  get pos(): Pos | undefined {
    for (const conjunct of this.vertex.conjuncts) {
      const pos = posOfConjunct(conjunct, "label");
      if (pos !== undefined) return pos;
    }
    return undefined;
  }

  get doc(): readonly string[] {
    const texts: string[] = [];
    for (const { field } of this.vertex.conjuncts) {
      if (field !== undefined) texts.push(...docsOf(field.node));
    }
    return texts;
  }

  lookupPath(path: string): Value {
    const further = path.indexOf(anyElement);
    if (further >= 0) {
      const element = this.#anyElement(path.slice(0, further));
      const rest = path.slice(further + anyElement.length).replace(/^\./, "");
      return rest === "" ? element : element.lookupPath(rest);
    }
    const labels = parsePath(path, hiddenPackageOf(this.vertex));
    if ("error" in labels) return this.#absent(labels.error, this.path);
    if (this.#broken !== undefined) return this;
    let at = this.vertex;
    for (const label of labels as readonly Label[]) {
      const from = at;
      const found = this.#within(() => lookupLabel(this.#run, from, label));
      if (!(found instanceof Vertex) || found.arcType !== member) {
        const where = publicPath([...pathOf(from), label]);
        return this.#absent(
          found instanceof Vertex || found === undefined ? `field not found: ${formatLabel(label)}` : found.message(),
          where,
        );
      }
      at = found;
    }
    return this.#value(at);
  }

  /** `list[_]`: what the further elements of an open list must be. */
  #anyElement(path: string): Value {
    const list = path === "" ? this : this.lookupPath(path);
    const holder = list instanceof CueValue ? list.#holder() : undefined;
    if (holder?.base?.tag !== "list" || !holder.base.isOpen)
      return this.#absent(`no further elements in ${path}`, this.path);
    return this.#value(new Vertex(holder, holder.arcs.length, holder.rest ?? []));
  }

  fillPath(path: string, value: Value | JsonValue, options: DataOptions = {}): Value {
    const labels = parsePath(path, hiddenPackageOf(this.vertex));
    if ("error" in labels) return this.#absent(labels.error, this.path);
    let errors = this.#parts.compileErrors;
    let expr: Expr;
    if (value instanceof CueValue) {
      errors = [...errors, ...value.#parts.compileErrors];
      expr = { kind: "vertex", vertex: value.vertex, src: undefined };
    } else expr = new DataNode(value, { ...options, source: options.source ?? "" });
    for (const label of [...(labels as readonly Label[])].reverse())
      expr = { kind: "fill", label, value: expr, src: undefined };
    return this.#with({ expr, env: undefined, lineage: noLineage }, errors);
  }

  #with(added: EvalConjunct, compileErrors: readonly Diagnostic[]): CueValue {
    const { vertex } = this;
    const filled = new Vertex(vertex.parent, vertex.label, [...vertex.conjuncts, added]);
    return new CueValue(this.#run, filled, { ...this.#parts, compileErrors });
  }

  unify(other: Value): Value {
    if (!(other instanceof CueValue)) return this;
    if (other.#parts.missing !== undefined) return other;
    const expr: Expr = { kind: "vertex", vertex: other.vertex, src: undefined };
    return this.#with({ expr, env: undefined, lineage: noLineage }, [
      ...this.#parts.compileErrors,
      ...other.#parts.compileErrors,
    ]);
  }

  equals(other: Value): boolean {
    if (!(other instanceof CueValue)) return false;
    return (
      this.#within(() => {
        finalize(this.#run, this.vertex);
        finalize(this.#run, other.vertex);
        const isWrong = errorWithin(this.vertex) !== undefined;
        if (isWrong || errorWithin(other.vertex) !== undefined)
          return isWrong && errorWithin(other.vertex) !== undefined;
        return (
          equalValues(this.#run, this.vertex, other.vertex) || equalData(this.#run, this.vertex, other.vertex) === true
        );
      }) === true
    );
  }

  subsumes(other: Value, options: { readonly final?: boolean; readonly schema?: boolean } = {}): boolean {
    if (!(other instanceof CueValue)) return false;
    return this.#within(() => subsumes(this.#run, this.vertex, other.vertex, options)) === true;
  }

  validate(options: { readonly concrete?: boolean; readonly final?: boolean } = {}): readonly Diagnostic[] {
    return this.#known ?? this.#report(this.#problems({ concrete: options.concrete === true }));
  }

  /** The errors as CUE's command lists them, in its words and order. For the package's own use. */
  problems(options: { readonly concrete?: boolean } = {}): readonly Diagnostic[] {
    return this.#known ?? this.#problems({ concrete: options.concrete === true, terms: "apart" }).map(plainDiagnostic);
  }

  /** Errors that were there before anything was evaluated. */
  get #known(): readonly Diagnostic[] | undefined {
    if (this.#parts.compileErrors.length > 0) return this.#parts.compileErrors;
    return this.#parts.missing === undefined ? undefined : [this.#parts.missing];
  }

  #problems(options: ValidateOptions): readonly Problem[] {
    const found = this.#within(() => {
      const fatal = validate(this.#run, this.vertex, { ...options, concrete: false });
      return fatal.length > 0 || !options.concrete ? fatal : validate(this.#run, this.vertex, options);
    });
    if (Array.isArray(found)) return found;
    return [{ error: found, path: found.vertex === undefined ? [] : pathOf(found.vertex), vertex: found.vertex }];
  }

  #report(problems: readonly Problem[]): readonly Diagnostic[] {
    if (problems.length === 0) return [];
    const reports = this.#within(() => new Reporter(this.#run, this.vertex).reports(problems));
    return Array.isArray(reports) ? reports : problems.map(plainDiagnostic);
  }

  toJSON(): JsonValue {
    return this.#export(jsonValue);
  }

  toJSONText(): string {
    return this.#export(jsonText);
  }

  /** One walk where the value is plain data; what is wrong is looked for only when something is. */
  #export<T>(write: (run: Run, vertex: Vertex) => T | undefined): T {
    if (this.#known !== undefined) throw new CueError(this.#known);
    const written = this.#within(() => {
      finalize(this.#run, this.vertex);
      return { json: errorWithin(this.vertex) === undefined ? write(this.#run, this.vertex) : undefined };
    });
    if ("json" in written && written.json !== undefined) return written.json;
    throw new CueError(this.validate({ concrete: true }));
  }

  default(): { readonly value: Value; readonly exists: boolean } {
    const settled = this.#settled();
    if (!(settled instanceof Vertex) || settled.base?.tag !== "disjunction") return { value: this, exists: false };
    const { base } = settled;
    if (base.defaults === 0) return { value: this, exists: false };
    if (base.defaults > 1) {
      const narrowed = new Vertex(settled.parent, settled.label, this.vertex.conjuncts, true);
      narrowed.base = { ...base, values: base.values.slice(0, base.defaults), defaults: 0 };
      narrowed.status = 2;
      return { value: this.#value(narrowed), exists: true };
    }
    const chosen = base.values[0]!;
    if (chosen instanceof Vertex) return { value: this.#value(chosen), exists: true };
    const vertex = new Vertex(settled.parent, settled.label, [
      { expr: { kind: "value", value: chosen, src: chosen.src }, env: undefined, lineage: noLineage },
    ]);
    return { value: this.#value(vertex), exists: true };
  }

  /** The struct or list that it is, through defaults. */
  #holder(): Vertex | undefined {
    if (this.#broken !== undefined) return undefined;
    const settled = this.#settled();
    if (!(settled instanceof Vertex)) return undefined;
    const plain = defaultOf(settled);
    return plain instanceof Vertex ? target(plain) : undefined;
  }

  fields(
    options: { readonly optional?: boolean; readonly definitions?: boolean; readonly hidden?: boolean } = {},
  ): ReturnType<Value["fields"]> {
    const holder = this.#holder();
    if (holder === undefined || holder.base?.tag === "list") return [];
    if (options.optional === true) wakeAll(this.#run, holder);
    return orderedArcs(holder)
      .filter((arc) => {
        if (isLet(arc.label) || typeof arc.label === "number") return false;
        if (arc.arcType === optional && options.optional !== true) return false;
        if (isHidden(arc.label) && options.hidden !== true) return false;
        return !isDefinition(arc.label) || options.definitions === true;
      })
      .map((arc) => ({
        selector: formatLabel(arc.label),
        optional: arc.arcType === optional,
        required: arc.arcType === required,
        value: this.#value(arc),
      }));
  }

  elements(): readonly Value[] {
    const holder = this.#holder();
    if (holder?.base?.tag !== "list") return [];
    return holder.arcs.filter((arc) => typeof arc.label === "number").map((arc) => this.#value(arc));
  }

  attributes(kind: "field" | "decl" = "field"): readonly { readonly name: string; readonly body: string }[] {
    const found: { name: string; body: string }[] = [];
    for (const { field, expr } of this.vertex.conjuncts) {
      if (kind === "field" && field?.node.kind === "field")
        for (const { name, body } of field.node.attributes) found.push({ name, body });
      const node = expr.src?.node;
      if (kind === "decl" && (node?.kind === "struct" || node?.kind === "file"))
        for (const decl of node.decls) if (decl.kind === "attribute") found.push({ name: decl.name, body: decl.body });
    }
    return found;
  }

  /** `[string]` asks for any field, `[_]` for any further element. */
  allows(selector: string): boolean {
    if (selector === "[_]" || selector === "[string]") return this.#allowsAny(selector === "[_]");
    const labels = parsePath(selector, hiddenPackageOf(this.vertex));
    const holder = this.#holder();
    if ("error" in labels || holder === undefined) return false;
    const [label] = labels as readonly Label[];
    if (label === undefined) return false;
    if (typeof label === "number")
      return holder.base?.tag === "list" && (holder.base.isOpen || holder.arc(label) !== undefined);
    if (isHidden(label) && holder.closedBy !== undefined) return holder.arc(label) !== undefined;
    return this.#within(() => allows(this.#run, holder, label)) === true;
  }

  /** Whether only the fields that it names are allowed, or that its patterns admit. */
  get isClosed(): boolean {
    const holder = this.#holder();
    if (holder?.base?.tag === "list") return !holder.base.isOpen;
    return holder !== undefined && !isAllowed(holder, anyLabel, []);
  }

  #allowsAny(isElement: boolean): boolean {
    const holder = this.#holder();
    if (holder === undefined) return false;
    if (holder.base?.tag === "list") return isElement && holder.base.isOpen;
    if (isElement) return false;
    return this.#within(() => allows(this.#run, holder, anyLabel)) === true;
  }

  /** Operators as CUE names them: `&`, `|`, `.`, `[]`, `()`, `\\()`; `NoOp` for what is none. */
  expr(): { readonly op: string; readonly operands: readonly Value[] } {
    if (this.#broken !== undefined) return { op: "NoOp", operands: [this] };
    const { op, operands } = operandsOf(this.vertex);
    if (op === "NoOp") return { op, operands: [this] };
    return { op, operands: operands.map((conjunct) => this.#value(new Vertex(this.vertex, "", [conjunct], true))) };
  }

  referencePath(): { readonly path: string } | undefined {
    const [conjunct, ...more] = this.vertex.conjuncts;
    if (conjunct === undefined || more.length > 0) return undefined;
    const to = this.#within(() => referenceTarget(this.#run, conjunct));
    return to instanceof Vertex && !to.binding ? { path: this.at(to).pathText } : undefined;
  }

  /** The vertex that a plain reference leads to. For the package's own use. */
  referredVertex(): Vertex | undefined {
    const [conjunct, ...more] = this.vertex.conjuncts;
    if (conjunct === undefined || more.length > 0) return undefined;
    const to = this.#within(() => referenceTarget(this.#run, conjunct));
    return to instanceof Vertex ? to : undefined;
  }

  /** The path by which the package of this root is imported. For the package's own use. */
  importPathOf(root: Vertex): string | undefined {
    return this.#run.packages.pathOf(root);
  }

  syntax(options: SyntaxOptions = {}): string {
    const text = this.#within(() => {
      finalize(this.#run, this.vertex);
      return syntaxOf(this.#run, this.vertex, options);
    });
    return typeof text === "string" ? text : "_|_";
  }

  /** The same as a tree, imports included; undefined where the budget does not suffice. For the package's own use. */
  syntaxFile(options: SyntaxOptions = {}): File | undefined {
    const made = this.#within(() => {
      finalize(this.#run, this.vertex);
      return syntaxFile(this.#run, this.vertex, options);
    });
    return "file" in made ? made.file : undefined;
  }

  explain(path = ""): readonly Conjunct[] {
    const at = this.lookupPath(path);
    if (!(at instanceof CueValue) || !at.exists) return [];
    const explained = this.#within(() => {
      unify(this.#run, at.vertex);
      return explainVertex(this.#run, at.vertex);
    });
    return Array.isArray(explained) ? explained : [];
  }

  explainLeaves(path = ""): readonly Leaf[] {
    const at = this.lookupPath(path);
    if (!(at instanceof CueValue) || !at.exists) return [];
    const explained = this.#within(() => explainLeaves(this.#run, at.vertex));
    if (Array.isArray(explained)) return explained;
    throw new CueError(this.#report([{ error: explained as Bottom, path: [], vertex: at.vertex }]));
  }

  verdict(): Verdict {
    const wrong = this.validate();
    if (wrong.length > 0) return { kind: "wrong", diagnostics: wrong };
    const problems = this.#problems({ concrete: true });
    if (problems.length === 0) return { kind: "fine" };
    const missing = this.#within(() => missingOf(this.#run, problems));
    return { kind: "unknown", missing: Array.isArray(missing) ? missing : [], diagnostics: this.#report(problems) };
  }

  decode(): unknown {
    return this.#export(nativeValue);
  }

  eval(): Value {
    this.#settled();
    return this;
  }

  get isFatal(): boolean {
    const { bottom } = target(this.vertex);
    return bottom !== undefined && isFatal(bottom);
  }
}

const anyElement = "[_]";

/** A name that nobody gives a field: only what allows every field allows it. */
const anyLabel = "\uffff any";

function publicKind(kind: number): string {
  const names = kindNames(kind & ~funcKind);
  if (kind === funcKind) return "func";
  if ((kind & topKind & ~funcKind) === (topKind & ~funcKind)) return "top";
  return names === "_|_" ? "bottom" : names;
}

export function publicPath(labels: readonly Label[]): (string | number)[] {
  return labels.map((label) => (typeof label === "number" ? label : nameOfLabel(label)));
}

function hiddenPackageOf(vertex: Vertex): string {
  for (let at: Vertex | undefined = vertex; at !== undefined; at = at.parent)
    for (const { expr } of at.conjuncts) {
      const name = expr.src?.file.packageName;
      if (name !== undefined) return name;
    }
  return "_";
}

export { isRegular };
