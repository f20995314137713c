import { CueValue } from "../../src/cue-value.ts";
import { Context, type Value } from "../../src/index.ts";
import { defaultOf } from "../../src/eval/evaluate.ts";
import { formatValue } from "../../src/eval/format.ts";
import { formatLabel, identLabel, isHidden, isLet, nameOfLabel, stringLabel } from "../../src/eval/label.ts";
import type { Label } from "../../src/eval/label.ts";
import { allows, wakeAll } from "../../src/eval/patterns.ts";
import { Run } from "../../src/eval/run.ts";
import { within } from "../../src/eval/settle.ts";
import type { Base } from "../../src/eval/values.ts";
import { Vertex, optional, required, target } from "../../src/eval/vertex.ts";
import { PackageTable } from "../../src/packages.ts";
import type { Expr, Field, StructLit } from "../../src/syntax/ast.ts";
import { unquote } from "../../src/syntax/index.ts";
import { patience } from "../patience.ts";
import { sameValue } from "./same.ts";

const run = new Run(new PackageTable());

/** Whether a value is what an expression says, fields of every kind included; what differs, if not. */
export function matches(value: Value, expr: Expr, text: string): string | undefined {
  if (!(value instanceof CueValue)) return "no value";
  if (!value.exists) return expr.kind === "bottom" ? undefined : "no such field";
  value.validate();
  const answer = within(run, patience(1000), () => ({
    wrong: new Matcher(value, text).vertex(value.vertex, expr, ""),
  }));
  return "wrong" in answer ? answer.wrong : answer.message();
}

/** Compares what is there with an expression, field by field: the first difference, with its path. */
class Matcher {
  readonly #owner: CueValue;
  readonly #text: string;

  constructor(owner: CueValue, text: string) {
    this.#owner = owner;
    this.#text = text;
  }

  #finalize = (vertex: Vertex): void => {
    this.#owner.at(vertex).validate();
  };

  vertex(vertex: Vertex, expr: Expr, at: string): string | undefined {
    const holder = target(vertex);
    const { bottom } = holder.bottom === undefined ? vertex : holder;
    if (expr.kind === "paren") return this.vertex(vertex, expr.expr, at);
    if (expr.kind === "bottom")
      return bottom === undefined && holder.childError === undefined ? `${at}: no error` : undefined;
    if (expr.kind === "struct" && !isScalarLiteral(expr)) return this.#struct(holder, expr, at);
    if (expr.kind === "list" && !expr.elements.some((element) => element.kind === "comprehension"))
      return this.#list(holder, expr, at);
    if (bottom !== undefined) return `${at}: error ${bottom.message().slice(0, 80)}`;
    if (expr.kind === "binary" && expr.op === "|" && this.#disjunction(holder, expr)) return undefined;
    return this.#value(vertex, this.#text.slice(expr.start, expr.end), at);
  }

  /** Whether the disjuncts are those written, in whatever order, and the same ones are marked. */
  #disjunction(holder: Vertex, expr: Expr): boolean {
    const { base } = holder;
    const terms = termsOf(expr);
    if (base?.tag !== "disjunction" || base.values.length !== terms.length) return false;
    const left = base.values.map((value, i) => ({
      vertex: value instanceof Vertex ? value : vertexOf(value),
      isDefault: i < base.defaults,
    }));
    return terms.every((term) => {
      const isDefault = term.kind === "unary" && term.op === "*";
      const wanted = isDefault ? term.expr : term;
      const found = left.findIndex(
        (value) => value.isDefault === isDefault && this.vertex(value.vertex, wanted, "") === undefined,
      );
      if (found >= 0) left.splice(found, 1);
      return found >= 0;
    });
  }

  #value(vertex: Vertex, source: string, at: string): string | undefined {
    const want = new Context().compile(`${importsOf(source)}x: ${source}`).lookupPath("x");
    if (!(want instanceof CueValue) || (want.err !== undefined && !want.exists))
      return `${at}: ${source} is no value: ${want.err?.message}`;
    want.validate();
    this.#finalize(vertex);
    const holder = target(vertex);
    const isSame = sameValue(
      { value: target(want.vertex), finalize: (part) => want.at(part).validate() },
      { value: holder, finalize: this.#finalize },
    );
    return isSame ? undefined : `${at}: ${textOf(holder)} is not ${source}`;
  }

  #struct(holder: Vertex, expr: StructLit, at: string): string | undefined {
    const chosen = holder.base?.tag === "disjunction" ? defaultOf(holder) : holder;
    if (!(chosen instanceof Vertex)) return `${at}: not a struct`;
    const embedded = expr.decls.flatMap((decl) => (decl.kind === "embed" ? [decl.expr] : []));
    if (embedded.length === 0 && chosen.base?.tag !== "struct" && chosen.bottom === undefined)
      return `${at}: ${textOf(chosen)} is no struct`;
    if (chosen.bottom !== undefined && chosen.arcs.length === 0 && !embedded.some((part) => part.kind === "bottom"))
      return `${at}: error ${chosen.bottom.message().slice(0, 80)}`;
    for (const part of embedded) {
      const wrong = this.#embedded(chosen, part, at);
      if (wrong !== undefined) return wrong;
    }
    return this.#fields(chosen, expr, at);
  }

  /** What a literal with fields embeds: the value beside them. */
  #embedded(holder: Vertex, part: Expr, at: string): string | undefined {
    if (part.kind === "bottom") return holder.bottom === undefined ? `${at}: no error` : undefined;
    // A constraint on a struct is kept with its conjuncts, not with its value.
    if (holder.base?.tag === "struct") return undefined;
    const alone = vertexOf(holder.base);
    for (const arc of holder.arcs) if (typeof arc.label === "number") alone.addArc(arc);
    return this.vertex(alone, part, at);
  }

  #fields(chosen: Vertex, expr: StructLit, at: string): string | undefined {
    wakeAll(run, chosen);
    const seen = new Set<Label>();
    for (const decl of expr.decls) {
      if (decl.kind !== "field") continue;
      const labels = labelsOf(decl, chosen);
      if (labels === undefined) continue;
      const arc = labels.map((label) => chosen.arc(label)).find((found) => found !== undefined);
      const name = `${at}.${labels.map(formatLabel)[0] ?? ""}`;
      const isIgnored = decl.attributes.some(({ name: test, body }) => test === "test" && body.startsWith("ignore"));
      if (arc === undefined && isIgnored) continue;
      if (arc === undefined) return `${name}: missing`;
      seen.add(arc.label);
      if (isIgnored) continue;
      const constraint = arc.arcType === optional ? "?" : arc.arcType === required ? "!" : "";
      if (constraint !== decl.constraint)
        return `${name}: is ${constraint || "regular"}, not ${decl.constraint || "regular"}`;
      this.#finalize(arc);
      const wrong = this.vertex(arc, decl.value, name);
      if (wrong !== undefined) return wrong;
    }
    for (const arc of chosen.arcs) {
      if (arc.arcType === optional && this.#isImpossible(chosen, arc)) continue;
      if (!seen.has(arc.label) && !isLet(arc.label) && typeof arc.label !== "number")
        return `${at}.${formatLabel(arc.label)}: not expected`;
    }
    return undefined;
  }

  /** An optional field that nobody can give need not be there. */
  #isImpossible(holder: Vertex, arc: Vertex): boolean {
    this.#finalize(arc);
    const value = target(arc);
    return value.bottom !== undefined || value.childError !== undefined || !allows(run, holder, arc.label);
  }

  #list(holder: Vertex, expr: Expr & { kind: "list" }, at: string): string | undefined {
    const chosen = holder.base?.tag === "disjunction" ? defaultOf(holder) : holder;
    if (!(chosen instanceof Vertex) || (chosen.base?.tag !== "list" && chosen.bottom === undefined))
      return `${at}: not a list`;
    const elements = chosen.arcs.filter((arc) => typeof arc.label === "number");
    const wanted = expr.elements.filter((element) => element.kind !== "ellipsis");
    if (elements.length !== wanted.length) return `${at}: ${elements.length} elements, not ${wanted.length}`;
    for (const [i, element] of wanted.entries()) {
      this.#finalize(elements[i]!);
      const wrong = this.vertex(elements[i]!, element as Expr, `${at}[${i}]`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
}

function termsOf(expr: Expr): Expr[] {
  return expr.kind === "binary" && expr.op === "|" ? [...termsOf(expr.left), ...termsOf(expr.right)] : [expr];
}

/** A vertex that is just this. */
function vertexOf(base: Base | undefined): Vertex {
  const vertex = new Vertex(undefined, "", [], true);
  vertex.base = base;
  vertex.status = 3;
  return vertex;
}

/** The packages that an expectation names. */
function importsOf(source: string): string {
  return [...packages]
    .filter(([name]) => new RegExp(`\\b${name}\\.[A-Z]`).test(source))
    .map(([, path]) => `import "${path}"\n`)
    .join("");
}

const packages: ReadonlyMap<string, string> = new Map(
  ["encoding/json", "encoding/yaml", "list", "math", "net", "regexp", "strings", "struct", "time"].map((path) => [
    path.split("/").at(-1)!,
    path,
  ]),
);

function textOf(vertex: Vertex): string {
  return formatValue(vertex).slice(0, 100);
}

/** A literal that is what it embeds, and nothing else. */
function isScalarLiteral(expr: StructLit): boolean {
  const embeds = expr.decls.filter((decl) => decl.kind === "embed");
  return (
    embeds.length > 0 && embeds.length === expr.decls.length && !embeds.some(({ expr: part }) => part.kind === "bottom")
  );
}

/** The labels that a field of the expectation may stand for: hidden ones of any package. */
function labelsOf(field: Field, vertex: Vertex): Label[] | undefined {
  const label = field.label.kind === "alias-label" ? field.label.label : field.label;
  if (label.kind === "ident") {
    const [name, pkg] = label.name.split("$", 2);
    if (!name!.startsWith("_")) return [identLabel(label.name, "_")];
    const found = vertex.arcs
      .filter((arc) => isHidden(arc.label) && nameOfLabel(arc.label) === name)
      .map((arc) => arc.label);
    return found.length > 0 ? found : [identLabel(name!, pkg ?? "_")];
  }
  if (label.kind !== "literal") return undefined;
  const text = unquote(label.text);
  return [stringLabel(text.kind === "string" ? text.value : label.text)];
}
