/**
 * Errors of the evaluation as diagnostics for people: the place to mend first, what was expected and what was found, the
 * nearest thing that is right, and the places of all parts. `code` and `path` are the evaluation's; `message` is in CUE's
 * words, unless those only count errors.
 */
import type { Diagnostic, Pos } from "@lateen/base";
import { nameOfLabel } from "../eval/label.ts";
import type { Run } from "../eval/run.ts";
import type { Problem } from "../eval/validate.ts";
import type { Bottom } from "../eval/values.ts";
import { type Vertex, required } from "../eval/vertex.ts";
import { adviceFor } from "./advice.ts";
import { explainLengths } from "./lengths.ts";
import { explainConflict } from "./conflict.ts";
import { explainConstraint } from "./constraint.ts";
import type { Finding, Inquiry, Place, Subject } from "./finding.ts";
import { explainLostTerms } from "./lost-terms.ts";
import { explainMissing, waitingCauses, waitingFor } from "./missing.ts";
import { explainAbsence, explainNotAllowed, explainRequired } from "./names.ts";
import { pathText } from "./wording.ts";
import { SourceRanks, posOf, posOfConjunct, samePlace } from "./sources.ts";

const mostPlaces = 6;
const longestMessage = 400;

export class Reporter implements Inquiry {
  readonly run: Run;
  readonly ranks: SourceRanks;

  constructor(run: Run, root: Vertex) {
    this.run = run;
    this.ranks = new SourceRanks(root);
  }

  /** All of them, in the order of the texts, without doubles; what only waits for another one of them is its cause. */
  readonly reports = (problems: readonly Problem[]): Diagnostic[] => {
    const waits = waitingFor(this.run, problems);
    const found = problems
      .filter((problem) => !waits.has(problem) && !isRepeated(problem, problems))
      .map((problem) => ({
        ...this.report(problem),
        causes: [...this.report(problem).causes, ...waitingCauses(problem, waits)],
      }));
    return withoutDoubles(found.toSorted((a, b) => this.ranks.compare(a.pos, b.pos)));
  };

  readonly report = (subject: Subject): Diagnostic => {
    const { error, path } = subject;
    const finding = this.#findingOf(subject);
    if (finding.instead !== undefined) return finding.instead;
    const message = finding.message ?? error.message();
    const places = this.#placesOf(error, finding);
    const [first, ...others] = places;
    return {
      code: error.code,
      message: message.length > longestMessage ? `${message.slice(0, longestMessage - 1)}…` : message,
      severity: "error",
      pos: first?.pos,
      path: path.map((label) => (typeof label === "number" ? label : nameOfLabel(label))),
      causes: [
        ...(finding.causes ?? []),
        ...others.map(({ pos, says }): Diagnostic => ({ code: "position", message: says, pos, path: [], causes: [] })),
      ],
      help: finding.help ?? adviceFor(error.message()),
    };
  };

  #findingOf(subject: Subject): Finding {
    const { error, vertex, path } = subject;
    const about = error.subject;
    if (error.isNotAllowed === true) return explainNotAllowed(this, subject);
    if (about?.kind === "conflict") return explainConflict(this, subject, about);
    if (about?.kind === "constraint") return explainConstraint(this, subject, about);
    if (about?.kind === "disjunction") return explainLostTerms(this, subject, about.lost);
    if (about?.kind === "absence") return explainAbsence(this, about);
    if (about?.kind === "lengths") return explainLengths(this, about);
    if (error.code !== "incomplete") return {};
    if (vertex?.arcType === required) return explainRequired(vertex, path);
    return explainMissing(this, subject);
  }

  /** The place to mend, then the others, each once. */
  #placesOf(error: Bottom, finding: Finding): Place[] {
    const own = error.sources.map((source): Place => ({ pos: posOf(source), says: "", isMinor: true }));
    const said = finding.places ?? [];
    const first: Place[] = finding.pos === undefined ? [] : [{ pos: finding.pos, says: "" }];
    const rest = (error.code === "user" ? [] : (error.vertex?.conjuncts ?? [])).map(
      (conjunct): Place => ({ pos: posOfConjunct(conjunct, "label"), says: "", isMinor: true }),
    );
    const known: Place[] = [];
    for (const place of [...first, ...said.filter(({ isMinor }) => isMinor !== true), ...said, ...own, ...rest]) {
      const { pos, isMinor } = place;
      if (
        pos === undefined ||
        known.some((other) => samePlace(other.pos!, pos) || (isMinor === true && sameLine(other.pos!, pos)))
      )
        continue;
      known.push(place.says === "" ? { ...place, says: "this has a part in it" } : place);
    }
    return known.slice(0, mostPlaces + 1);
  }
}

/** What an expression says of an operand that is wrong itself: `invalid interpolation: …`, at the operand's path. */
function isRepeated(problem: Problem, problems: readonly Problem[]): boolean {
  const message = problem.error.message();
  const path = pathText(problem.path);
  return problems.some(
    (other) => other !== problem && pathText(other.path) === path && message.endsWith(`: ${other.error.message()}`),
  );
}

function sameLine(a: Pos, b: Pos): boolean {
  return a.source === b.source && a.line === b.line;
}

function withoutDoubles(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ path, message, pos }) => {
    const key = JSON.stringify([path, message, pos?.source, pos?.line, pos?.column]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
