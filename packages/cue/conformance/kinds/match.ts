import { budgetUntil } from "@lateen/base";
import { CueValue } from "../../src/cue-value.ts";
import { Context, type Value } from "../../src/index.ts";
import { equalValues } from "../../src/eval/equality.ts";
import { defaultOf } from "../../src/eval/evaluate.ts";
import { finalize } from "../../src/eval/finalize.ts";
import { formatValue } from "../../src/eval/format.ts";
import { formatLabel, identLabel, isHidden, isLet, isRegular, nameOfLabel, stringLabel } from "../../src/eval/label.ts";
import type { Label } from "../../src/eval/label.ts";
import { Run } from "../../src/eval/run.ts";
import { within } from "../../src/eval/settle.ts";
import type { Base } from "../../src/eval/values.ts";
import { Vertex, optional, required, target } from "../../src/eval/vertex.ts";
import { PackageTable } from "../../src/packages.ts";
import type { Expr, Field, StructLit } from "../../src/syntax/ast.ts";
import { unquote } from "../../src/syntax/index.ts";

const run = new Run(new PackageTable());

/** Whether a value is what an expression says, fields of every kind included; what differs, if not. */
export function matches(value: Value, expr: Expr, text: string): string | undefined {
  if (!(value instanceof CueValue)) return "no value";
  if (!value.exists) return expr.kind === "bottom" ? undefined : "no such field";
  value.validate();
  const answer = within(run, budgetUntil(1000), () => ({
    wrong: matchVertex(value.vertex, expr, text, ""),
  }));
  return "wrong" in answer ? answer.wrong : answer.message();
}

function matchVertex(vertex: Vertex, expr: Expr, text: string, at: string): string | undefined {
  const holder = target(vertex);
  const { bottom } = holder.bottom === undefined ? vertex : holder;
  if (expr.kind === "paren") return matchVertex(vertex, expr.expr, text, at);
  if (expr.kind === "bottom")
    return bottom === undefined && holder.childError === undefined ? `${at}: no error` : undefined;
  if (expr.kind === "struct" && !isScalarLiteral(expr)) return matchStruct(holder, expr, text, at);
  if (expr.kind === "list" && !expr.elements.some((element) => element.kind === "comprehension"))
    return matchList(holder, expr, text, at);
  if (bottom !== undefined) return `${at}: error ${bottom.message().slice(0, 80)}`;
  const source = text.slice(expr.start, expr.end);
  const wanted = new Context().compile(
    `import ("list", "strings", "struct", "time", "net", "math", "regexp")\n_used: [list.Min, strings.Join, struct.MinFields, time.Time, net.IP, math.Abs, regexp.Valid]\nx: ${source}`,
  );
  const want = wanted.lookupPath("x");
  if (!(want instanceof CueValue) || want.err !== undefined)
    return `${at}: ${source} is no value: ${want.err?.message}`;
  want.validate();
  finalize(run, vertex);
  return sameUnordered(target(want.vertex), holder) ? undefined : `${at}: ${value(holder)} is not ${source}`;
}

function value(vertex: Vertex): string {
  return formatValue(vertex).slice(0, 100);
}

function isScalarLiteral(expr: StructLit): boolean {
  return expr.decls.some((decl) => decl.kind === "embed");
}

/** Equality where the order of disjuncts and of constraints does not count. */
function sameUnordered(want: Vertex | Base, got: Vertex | Base): boolean {
  const a = want instanceof Vertex ? (want.base ?? want) : want;
  const b = got instanceof Vertex ? (got.base ?? got) : got;
  if (!(a instanceof Vertex) && !(b instanceof Vertex)) {
    if (a.tag === "disjunction" && b.tag === "disjunction") {
      if (a.defaults !== b.defaults || a.values.length !== b.values.length) return false;
      return (
        a.values.slice(0, a.defaults).every((x) => b.values.slice(0, b.defaults).some((y) => sameUnordered(x, y))) &&
        a.values.slice(a.defaults).every((x) => b.values.slice(b.defaults).some((y) => sameUnordered(x, y)))
      );
    }
    if (a.tag === "conjunction" || b.tag === "conjunction" || a.tag === "type") return sameConstraints(a, b);
    if (a.tag !== "struct" && a.tag !== "list") return equalValues(run, a, b);
  }
  if (!(want instanceof Vertex) || !(got instanceof Vertex)) return equalValues(run, want, got);
  return sameFields(target(want), target(got));
}

function sameConstraints(a: Base, b: Base): boolean {
  const left = a.tag === "conjunction" ? a.values : [a];
  const right = b.tag === "conjunction" ? b.values : [b];
  return left.length === right.length && left.every((x) => right.some((y) => equalValues(run, x, y)));
}

function sameFields(want: Vertex, got: Vertex): boolean {
  const fields = got.arcs.filter((arc) => !isLet(arc.label));
  if (fields.length !== want.arcs.filter((arc) => !isLet(arc.label)).length) return false;
  return fields.every((arc) => {
    const other = want.arc(arc.label);
    return other !== undefined && other.arcType === arc.arcType && sameUnordered(target(other), target(arc));
  });
}

function matchStruct(holder: Vertex, expr: StructLit, text: string, at: string): string | undefined {
  const chosen = holder.base?.tag === "disjunction" ? defaultOf(holder) : holder;
  if (!(chosen instanceof Vertex)) return `${at}: not a struct`;
  if (chosen.base?.tag !== "struct" && chosen.bottom === undefined) return `${at}: ${value(chosen)} is no struct`;
  if (chosen.bottom !== undefined && chosen.arcs.length === 0)
    return `${at}: error ${chosen.bottom.message().slice(0, 80)}`;
  const seen = new Set<Label>();
  for (const decl of expr.decls) {
    if (decl.kind !== "field") continue;
    const labels = labelsOf(decl, chosen);
    if (labels === undefined) continue;
    const arc = labels.map((label) => chosen.arc(label)).find((found) => found !== undefined);
    const name = `${at}.${labels.map(formatLabel)[0] ?? ""}`;
    if (arc === undefined) return `${name}: missing`;
    seen.add(arc.label);
    const constraint = arc.arcType === optional ? "?" : arc.arcType === required ? "!" : "";
    if (constraint !== decl.constraint)
      return `${name}: is ${constraint || "regular"}, not ${decl.constraint || "regular"}`;
    finalize(run, arc);
    const wrong = matchVertex(arc, decl.value, text, name);
    if (wrong !== undefined) return wrong;
  }
  for (const arc of chosen.arcs)
    if (!seen.has(arc.label) && !isLet(arc.label)) return `${at}.${formatLabel(arc.label)}: not expected`;
  return undefined;
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

function matchList(holder: Vertex, expr: Expr & { kind: "list" }, text: string, at: string): string | undefined {
  const chosen = holder.base?.tag === "disjunction" ? defaultOf(holder) : holder;
  if (!(chosen instanceof Vertex) || (chosen.base?.tag !== "list" && chosen.bottom === undefined))
    return `${at}: not a list`;
  const elements = chosen.arcs.filter((arc) => typeof arc.label === "number");
  const wanted = expr.elements.filter((element) => element.kind !== "ellipsis");
  if (elements.length !== wanted.length) return `${at}: ${elements.length} elements, not ${wanted.length}`;
  for (const [i, element] of wanted.entries()) {
    finalize(run, elements[i]!);
    const wrong = matchVertex(elements[i]!, element as Expr, text, `${at}[${i}]`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

export { isRegular };
