/** A disjunction of which no term is left: what was allowed, which term came closest, and why each other was lost. */
import type { Diagnostic } from "@lateen/base";
import type { Expr } from "../compile/ir.ts";
import { formatScalar } from "../eval/format.ts";
import { type Label, nameOfLabel } from "../eval/label.ts";
import { type Problem, validate } from "../eval/validate.ts";
import { type Atom, type Bottom, type LostTerm, type Value, isGroup } from "../eval/values.ts";
import { Vertex } from "../eval/vertex.ts";
import { instead } from "./conflict.ts";
import type { Finding, Inquiry, Place, Subject } from "./finding.ts";
import { nearName } from "./names.ts";
import { posOf, posOfConjunct, posOfExpr } from "./sources.ts";
import { exprText, foundText, isConcrete, listText, pathText, valueText } from "./wording.ts";

interface Branch {
  readonly expr: Expr;
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly score: number;
}

export function explainLostTerms(inquiry: Inquiry, subject: Subject, lost: readonly LostTerm[]): Finding {
  const finding = findingOf(inquiry, subject, lost);
  // An author's own words say what is wanted.
  const said = lost.find(({ error }) => error.code === "user" && !error.message().startsWith("explicit error"));
  return said === undefined ? finding : { ...finding, instead: undefined, message: said.error.message() };
}

function findingOf(inquiry: Inquiry, subject: Subject, lost: readonly LostTerm[]): Finding {
  const considered = lost.filter(({ error }) => error.code !== "user");
  if (considered.length === 0) return {};
  const found = foundScalar(considered);
  return found === undefined
    ? structTerms(inquiry, subject, considered)
    : scalarTerms(inquiry, subject, { lost: considered, found });
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
  return isAtom(other) ? other : undefined;
}

function isAtom(value: Value): value is Atom {
  return !(value instanceof Vertex) && value.tag === "atom";
}

function isSame(a: Atom, b: Atom): boolean {
  return a === b || (a.kind === b.kind && formatScalar(a.value) === formatScalar(b.value) && a.src === b.src);
}

function scalarTerms(
  inquiry: Inquiry,
  { vertex }: Subject,
  { lost, found }: { readonly lost: readonly LostTerm[]; readonly found: Atom },
): Finding {
  const terms = lost.map(({ term }) => term);
  return {
    message: noneOf(found, terms),
    help: meant(found, terms),
    pos: posOf(found.src),
    places: [
      { pos: posOf(found.src), says: `${valueText(found)} is given here` },
      { pos: declaredAt(inquiry, terms), says: "what is allowed is declared here" },
      ...(vertex?.conjuncts ?? []).map((conjunct) => ({
        pos: posOfConjunct(conjunct),
        says: `${exprText(conjunct.expr)} has a part in it`,
        isMinor: true,
      })),
    ],
  };
}

/** Terms as texts; values that another term's type holds anyway are left out. */
function termTexts(terms: readonly Expr[]): string[] {
  const kinds = terms.reduce((all, term) => all | (typeOf(term) ?? 0), 0);
  const distinct = terms.filter((term) => {
    const value = valueOf(term);
    return value === undefined || !isAtom(value) || (value.kind & kinds) === 0;
  });
  return [...new Set(distinct.map(termText))];
}

function valueOf(term: Expr): Value | undefined {
  return term.kind === "value" ? term.value : undefined;
}

function typeOf(term: Expr): number | undefined {
  const value = valueOf(term);
  return value === undefined || value instanceof Vertex || value.tag !== "type" ? undefined : value.kind;
}

function termText(term: Expr): string {
  return term.kind === "value" ? valueText(term.value) : exprText(term);
}

function noneOf(found: Atom, terms: readonly Expr[]): string {
  const texts = termTexts(terms);
  if (texts.length === 1) return `${foundText(found)} does not fit ${texts[0]!}`;
  return `${foundText(found)} is none of ${listText(texts, { most: 20 })}`;
}

function meant(found: Atom, terms: readonly Expr[]): string {
  const atoms = terms
    .map(valueOf)
    .filter((value) => value !== undefined)
    .filter(isAtom);
  const { value } = found;
  if (typeof value === "string") {
    const near = nearName(
      value,
      atoms.map((atom) => atom.value).filter((text) => typeof text === "string"),
    );
    if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`;
    // A number or a bool in quotes.
    if (atoms.some((atom) => formatScalar(atom.value) === value)) return `did you mean ${value}, without quotes?`;
  }
  const kinds = terms.reduce((all, term) => all | (typeOf(term) ?? 0), 0);
  const advice = kinds === 0 || (kinds & found.kind) !== 0 ? "" : instead(kinds, found);
  return `allowed: ${listText(termTexts(terms))}${advice}`;
}

function declaredAt({ ranks }: Inquiry, terms: readonly Expr[]): Place["pos"] {
  const places = terms.map((term) => {
    const value = valueOf(term);
    return posOf(term.src) ?? (value === undefined || value instanceof Vertex ? posOfExpr(term) : posOf(value.src));
  });
  return places.filter((pos) => pos !== undefined).toSorted((a, b) => ranks.compare(a, b))[0];
}

// Structs and everything else ----------------------------------------------------------------------------------------

function structTerms(inquiry: Inquiry, subject: Subject, lost: readonly LostTerm[]): Finding {
  const depth = subject.path.length;
  const branches = branchesOf(inquiry, lost, depth);
  const mark = discriminator(branches, depth);
  if (mark !== undefined) return unknownMark(inquiry, { branches, mark, depth, path: subject.path });
  const [closest, ...others] = branches.toSorted((a, b) => a.score - b.score) as [Branch, ...Branch[]];
  const reports = closest.problems.map((problem) => inquiry.report(problem));
  const [first] = reports;
  const lostCauses = others.map((branch) => lostCause(branch, depth));
  if (reports.length === 1 && first !== undefined && closest.score < otherKind) {
    const cause = alternative(`${closest.text} comes closest of ${branches.length} alternatives`, closest.expr);
    return { instead: { ...first, causes: [...first.causes, cause, ...lostCauses] } };
  }
  if (closest.score >= otherKind)
    return {
      message: `${givenText(closest)} is none of ${listText(branches.map(({ text }) => text))}`,
      help: `allowed: ${listText(branches.map(({ text }) => text))}`,
      pos: first?.pos,
      places: branches.map(({ expr, text }) => ({ pos: posOfExpr(expr), says: `${text} is allowed here` })),
    };
  return {
    message: `none of ${branches.length} alternatives fits`,
    help: `${closest.text} comes closest: ${reports.length} fields do not fit`,
    pos: first?.pos,
    causes: [...reports, ...lostCauses],
  };
}

function givenText({ problems: [first] }: Branch): string {
  const { subject } = first?.error ?? {};
  if (subject?.kind !== "conflict") return "it";
  const given = isConcrete(subject.left) ? subject.left : subject.right;
  return foundText(given);
}

function alternative(message: string, expr: Expr): Diagnostic {
  return { code: "alternative", message, pos: posOfExpr(expr), path: [], causes: [] };
}

function lostCause({ expr, text, problems }: Branch, depth: number): Diagnostic {
  const [first] = problems.toSorted((a, b) => weight(b, depth) - weight(a, depth));
  const where = first === undefined ? "" : pathText(first.path.slice(depth));
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  const why = first === undefined ? "it is another kind of value" : first.error.message();
  return alternative(`${text} does not fit: ${where === "" ? "" : `${where}: `}${why}${more}`, expr);
}

const mostBranches = 50;

/** One branch a term: the best of the ways in which it was tried. */
function branchesOf(inquiry: Inquiry, lost: readonly LostTerm[], depth: number): Branch[] {
  const byTerm = new Map<Expr, Branch>();
  for (const { term, error, tried } of lost.slice(0, mostBranches)) {
    const problems = problemsOf(inquiry, error, tried);
    const score = problems.reduce((sum, problem) => sum + weight(problem, depth), 0);
    const known = byTerm.get(term);
    if (known === undefined || score < known.score)
      byTerm.set(term, { expr: term, text: termText(term), problems, score });
  }
  return [...byTerm.values()];
}

function problemsOf({ run }: Inquiry, error: Bottom, tried: Vertex | undefined): readonly Problem[] {
  if (tried !== undefined) {
    const found = validate(run, tried, { concrete: false });
    if (found.length > 0) return found;
  }
  const errors = isGroup(error) ? error.causes : [error];
  return errors.map((one) => ({ error: one, path: [], vertex: one.vertex ?? tried }));
}

const otherKind = 100;

/** How far a branch is from fitting: another kind of value, another discriminator, then lesser things. */
function weight({ error, path }: Problem, depth: number): number {
  if (path.length <= depth) return otherKind;
  if (error.isNotAllowed === true) return 3;
  const { subject } = error;
  if (subject?.kind !== "conflict") return 2;
  if (!isConcrete(subject.left) || !isConcrete(subject.right)) return 4;
  return path.length === depth + 1 ? 20 : 8;
}

// The field that tells the terms apart -------------------------------------------------------------------------------

interface Mark {
  readonly label: Label;
  readonly found: Atom;
  /** What it is in each branch. */
  readonly allowed: readonly Atom[];
}

/** The field whose given value none of the branches knows: `type: "htp"`. */
function discriminator(branches: readonly Branch[], depth: number): Mark | undefined {
  const [first] = branches;
  if (branches.length < 2 || first === undefined) return undefined;
  for (const problem of first.problems) {
    const label = problem.path[depth];
    if (label === undefined || problem.path.length !== depth + 1) continue;
    const pairs = branches.map(({ problems }) =>
      problems.map((one) => atomsAt(one, depth, label)).find((pair) => pair !== undefined),
    );
    if (pairs.some((pair) => pair === undefined)) continue;
    const found = pairs[0]!.find((atom) => pairs.every((pair) => pair!.some((other) => isSame(other, atom))));
    if (found === undefined) continue;
    return {
      label,
      found,
      allowed: pairs.map((pair) => pair!.find((atom) => !isSame(atom, found))!).filter((atom) => atom !== undefined),
    };
  }
  return undefined;
}

function atomsAt({ error: { subject }, path }: Problem, depth: number, label: Label): readonly Atom[] | undefined {
  if (subject?.kind !== "conflict" || path.length !== depth + 1 || path[depth] !== label) return undefined;
  const { left, right } = subject;
  return isAtom(left) && isAtom(right) ? [left, right] : undefined;
}

function unknownMark(
  inquiry: Inquiry,
  { branches, mark, depth, path }: { branches: readonly Branch[]; mark: Mark; depth: number; path: readonly Label[] },
): Finding {
  const terms = mark.allowed.map((value): Expr => ({ kind: "value", value, src: value.src }));
  const others = branches.map(({ expr, text }, at): Diagnostic => {
    const value = mark.allowed[at];
    return alternative(value === undefined ? text : `${valueText(value)} is for ${text}`, expr);
  });
  void inquiry;
  return {
    instead: {
      code: "eval",
      message: noneOf(mark.found, terms),
      severity: "error",
      pos: posOf(mark.found.src),
      path: [...path.slice(0, depth), mark.label].map((label) =>
        typeof label === "number" ? label : nameOfLabel(label),
      ),
      causes: others,
      help: meant(mark.found, terms),
    },
  };
}
