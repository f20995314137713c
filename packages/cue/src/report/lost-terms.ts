/** A disjunction of which no term is left: what was allowed, which term came closest, and why each other was lost. */
import { type Diagnostic, nearestName } from "@lateen/base";
import type { Expr } from "../compile/ir.ts";
import { isConcrete, exprText, listText, pathText, valueText } from "./wording.ts";
import { formatScalar } from "../eval/format.ts";
import { formatLabel } from "../eval/label.ts";
import { type Problem, validate } from "../eval/validate.ts";
import { type Atom, type Bottom, type LostTerm, type Value, isGroup } from "../eval/values.ts";
import { Vertex } from "../eval/vertex.ts";
import type { Finding, Inquiry, Place, Subject } from "./finding.ts";
import { firstPos, posOf, posOfConjunct, posOfExpr } from "./sources.ts";

interface Branch {
  readonly expr: Expr;
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly score: number;
}

export function explainLostTerms(inquiry: Inquiry, subject: Subject, lost: readonly LostTerm[]): Finding {
  const found = foundScalar(lost);
  return found === undefined ? structTerms(inquiry, subject, lost) : scalarTerms(inquiry, subject, { lost, found });
}

// Plain values: an enumeration ---------------------------------------------------------------------------------------

/** The one plain value that all terms were lost against. */
function foundScalar(lost: readonly LostTerm[]): Atom | undefined {
  let found: Atom | undefined;
  for (const { term, error } of lost) {
    const own = term.kind === "value" ? term.value : undefined;
    const given = givenIn(error, own);
    if (given === undefined || (found !== undefined && !isSame(found, given))) return undefined;
    found = given;
  }
  return found;
}

function givenIn({ subject }: Bottom, term: Value | undefined): Atom | undefined {
  if (subject?.kind === "constraint") return subject.value instanceof Vertex ? undefined : subject.value;
  if (subject?.kind !== "conflict") return undefined;
  const { left, right } = subject;
  const other = left === term ? right : right === term ? left : isConcrete(left) ? left : right;
  return !(other instanceof Vertex) && other.tag === "atom" ? other : undefined;
}

function isSame(a: Atom, b: Atom): boolean {
  return a === b || (a.kind === b.kind && formatScalar(a.value) === formatScalar(b.value) && a.src === b.src);
}

function scalarTerms(
  inquiry: Inquiry,
  { vertex }: Subject,
  { lost, found }: { readonly lost: readonly LostTerm[]; readonly found: Atom },
): Finding {
  const texts = [...new Set(lost.map(({ term }) => termText(term)))];
  const near = typeof found.value === "string" ? nearestText(found.value, lost) : undefined;
  const literals = texts.every((text) => /^["'\d-]|^(?:true|false|null)$/.test(text));
  const places: Place[] = [
    { pos: posOf(found.src), says: `${valueText(found)} is given here` },
    { pos: declaredAt(inquiry, lost), says: `${literals ? "the values" : "the alternatives"} are declared here` },
    ...(vertex?.conjuncts ?? []).map((conjunct) => ({
      pos: posOfConjunct(conjunct),
      says: `${exprText(conjunct.expr)} has a part in it`,
    })),
  ];
  return {
    message: `${valueText(found)} is none of ${listText(texts, { most: 20 })}`,
    help: near === undefined ? `write ${listText(texts)}` : `did you mean ${near}?`,
    pos: posOf(found.src),
    places,
  };
}

function termText(term: Expr): string {
  return term.kind === "value" ? valueText(term.value) : exprText(term);
}

function nearestText(text: string, lost: readonly LostTerm[]): string | undefined {
  const names = lost.flatMap(({ term }) =>
    term.kind === "value" && !(term.value instanceof Vertex) && term.value.tag === "atom" && typeof term.value.value === "string"
      ? [term.value.value]
      : [],
  );
  const near = names.find((name) => name.toLowerCase() === text.toLowerCase()) ?? nearestName(text, names);
  if (near !== undefined) return JSON.stringify(near);
  // A number or a bool in quotes.
  const bare = lost.find(({ term }) => {
    const value = term.kind === "value" ? term.value : undefined;
    return value !== undefined && !(value instanceof Vertex) && value.tag === "atom" && formatScalar(value.value) === text;
  });
  return bare === undefined ? undefined : `${text}, without quotes`;
}

function declaredAt({ ranks }: Inquiry, lost: readonly LostTerm[]): Place["pos"] {
  const places = lost.map(({ term }) => (term.kind === "value" ? (posOf(term.src) ?? posOf(term.value instanceof Vertex ? undefined : term.value.src)) : posOfExpr(term)));
  return places.filter((pos) => pos !== undefined).toSorted((a, b) => ranks.compare(a, b))[0];
}

// Structs and everything else ----------------------------------------------------------------------------------------

function structTerms(inquiry: Inquiry, { vertex, path }: Subject, lost: readonly LostTerm[]): Finding {
  const branches = branchesOf(inquiry, lost, path.length);
  const [closest, ...others] = branches.toSorted((a, b) => a.score - b.score) as [Branch, ...Branch[]];
  const reports = closest.problems.map((problem) => inquiry.report(problem));
  const [first] = reports;
  const given = (vertex?.conjuncts ?? [])
    .map((conjunct) => posOfConjunct(conjunct))
    .toSorted((a, b) => inquiry.ranks.compare(a, b))[0];
  const why = reports.length === 1 && first !== undefined ? firstWhy(first, path.length) : `${reports.length} fields do not fit`;
  return {
    message: `none of ${branches.length} alternatives fits`,
    help: `${closest.text} comes closest: ${why}`,
    pos: first?.pos ?? given,
    places: [{ pos: first?.pos ?? given, says: "" }],
    causes: [
      ...reports.map((report) => ({ ...report, message: `${closest.text}: ${report.message}` })),
      ...others.map((branch) => lostCause(branch, path.length)),
    ],
  };
}

function firstWhy(report: Diagnostic, depth: number): string {
  const where = report.path.slice(depth).map(String).join(".");
  return `${where === "" ? "" : `${where}: `}${report.help ?? report.message}`;
}

function lostCause({ expr, text, problems }: Branch, depth: number): Diagnostic {
  const [first] = problems;
  const where = first === undefined ? "" : pathText(first.path.slice(depth));
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const why = first === undefined ? "it does not fit" : first.error.message();
  return {
    code: "alternative",
    message: `${text} does not fit: ${where === "" ? "" : `${where}: `}${why}${more}`,
    pos: posOfExpr(expr),
    path: [],
    causes: [],
  };
}

const mostBranches = 50;

/** One branch a term: the best of the ways in which it was tried. */
function branchesOf(inquiry: Inquiry, lost: readonly LostTerm[], depth: number): Branch[] {
  const byTerm = new Map<Expr, Branch>();
  for (const { term, error, tried } of lost.slice(0, mostBranches)) {
    const problems = problemsOf(inquiry, error, tried);
    const branch: Branch = {
      expr: term,
      text: branchText(term),
      problems,
      score: problems.reduce((sum, problem) => sum + weight(problem, depth), 0),
    };
    const known = byTerm.get(term);
    if (known === undefined || branch.score < known.score) byTerm.set(term, branch);
  }
  return [...byTerm.values()];
}

function branchText(term: Expr): string {
  const text = termText(term);
  return text === "a struct" || text === "" ? "a struct" : text;
}

function problemsOf({ run }: Inquiry, error: Bottom, tried: Vertex | undefined): readonly Problem[] {
  if (tried !== undefined) {
    const found = validate(run, tried, { concrete: false });
    if (found.length > 0) return found;
  }
  const errors = isGroup(error) ? error.causes : [error];
  return errors.map((one) => ({ error: one, path: [], vertex: one.vertex ?? tried }));
}

/** How far a branch is from fitting: another kind of value, another discriminator, then lesser things. */
function weight({ error, path }: Problem, depth: number): number {
  const { subject } = error;
  if (path.length <= depth) return 100;
  if (error.isNotAllowed === true) return 3;
  if (subject?.kind === "conflict" && isConcrete(subject.left) && isConcrete(subject.right))
    return path.length === depth + 1 ? 20 : 8;
  return subject?.kind === "conflict" ? 4 : 2;
}

export { firstPos, formatLabel };
