/** Fields that are not there or may not be: which names are known, which one was meant, where it belongs. */
import { nearestName } from "@lateen/base";
import { isAllowed } from "../eval/closedness.ts";
import { elementCount } from "../eval/resolve.ts";
import { type Label, formatLabel, isLet, isRegular, nameOfLabel } from "../eval/label.ts";
import { type Conjunct, Vertex, member, pathOf, required, target } from "../eval/vertex.ts";
import type { Finding, Inquiry, Place, Subject } from "./finding.ts";
import { posOfConjunct } from "./sources.ts";
import { exprText, listText, pathText } from "./wording.ts";

interface Known {
  readonly label: Label;
  readonly conjuncts: readonly Conjunct[];
  readonly isGiven: boolean;
}

/** The fields that a struct has or may have, in the order of declaration; `x` itself only where something declares it. */
export function knownFields(vertex: Vertex, besides?: Vertex): Known[] {
  const holder = target(vertex);
  const known = new Map<Label, Known>();
  for (const { fields, env, lineage } of holder.dormant ?? [])
    for (const [label, decls] of fields)
      known.set(label, {
        label,
        conjuncts: decls.map((decl) => ({ expr: decl.value, env, lineage, field: decl.src })),
        isGiven: false,
      });
  for (const arc of holder.arcs) {
    if (arc === besides || isLet(arc.label) || holder.excess?.includes(arc) === true) continue;
    const groups = arc.conjuncts.map(({ lineage }) => lineage.group);
    if (!isAllowed(holder, arc.label, groups)) continue;
    const isGiven = arc.arcType === member && arc.conjuncts.length > 1;
    known.set(arc.label, { label: arc.label, conjuncts: arc.conjuncts, isGiven });
  }
  return inOrder([...known.values()]);
}

/** As declared, where that is in one text. */
function inOrder(known: Known[]): Known[] {
  const places = new Map(known.map((one) => [one, one.conjuncts.find(({ field }) => field !== undefined)?.field]));
  return known.toSorted((a, b) => {
    const [left, right] = [places.get(a), places.get(b)];
    return left === undefined || right === undefined || left.file !== right.file
      ? 0
      : left.node.start - right.node.start;
  });
}

const namesOf = (known: readonly Known[]): string[] =>
  known.filter(({ label }) => isRegular(label)).map(({ label }) => nameOfLabel(label));

function nearestOf(name: string, known: readonly Known[]): Known | undefined {
  const regular = known.filter(({ label }) => typeof label === "string");
  const free = regular.filter(({ isGiven }) => !isGiven);
  for (const candidates of [free, regular]) {
    const near =
      nearName(
        name,
        candidates.map(({ label }) => nameOfLabel(label)),
      ) ?? contained(name, candidates);
    if (near !== undefined) return candidates.find(({ label }) => nameOfLabel(label) === near);
  }
  return undefined;
}

/** The nearest of some names; of very short names only the same in another case. */
export function nearName(name: string, candidates: readonly string[]): string | undefined {
  const same = candidates.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  return (
    same ??
    (name.length < 3
      ? undefined
      : nearestName(
          name,
          candidates.filter((other) => other.length > 2),
        ))
  );
}

/** `replica` for `replicaCount`, `env` for `environment`: one name starts the other. */
function contained(name: string, candidates: readonly Known[]): string | undefined {
  if (name.length < 3) return undefined;
  const fitting = candidates
    .map(({ label }) => nameOfLabel(label))
    .filter(
      (other) => other.length >= 3 && (startsWith(other, name) || startsWith(name, other) || abbreviates(name, other)),
    );
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** `img` for `image`: the same letters in the same order, from the same first one. */
function abbreviates(name: string, other: string): boolean {
  if (other.length > 3 * name.length || name[0]!.toLowerCase() !== other[0]!.toLowerCase()) return false;
  let at = 0;
  for (const letter of other.toLowerCase()) if (letter === name[at]?.toLowerCase()) at++;
  return at === name.length;
}

function startsWith(text: string, start: string): boolean {
  return text.toLowerCase().startsWith(start.toLowerCase());
}

/** `field not allowed`. */
export function explainNotAllowed(inquiry: Inquiry, { vertex, path }: Subject): Finding {
  if (vertex?.parent === undefined) return {};
  const holder = target(vertex.parent);
  const name = nameOfLabel(vertex.label);
  const known = knownFields(holder, vertex);
  const near = nearestOf(name, known);
  const names = namesOf(known);
  const elsewhere = near === undefined ? placeElsewhere(holder, name) : undefined;
  const places: Place[] = vertex.conjuncts.map((conjunct, at) => ({
    pos: posOfConjunct(conjunct, "label"),
    says: at === 0 ? "it is given here" : `${exprText(conjunct.expr)} has a part in it`,
  }));
  if (near !== undefined)
    places.push({ pos: labelPos(inquiry, near.conjuncts), says: `${formatLabel(near.label)} is declared here` });
  else places.push(...closingPlaces(holder, vertex));
  const where = path.length > 1 ? pathText(path.slice(0, -1)) : "the value";
  const list = names.length === 0 ? `${where} has no fields` : `allowed: ${listText(names, { last: "and" })}`;
  const patterns = patternTexts(holder);
  if (names.length === 0 && (holder.closedBy?.length ?? 0) > 1)
    return { help: "each of the definitions refuses the other's fields: embed them instead, {#A, #B}", places };
  const meant =
    near === undefined ? (elsewhere ?? "remove it, or correct its name") : `did you mean ${formatLabel(near.label)}?`;
  return { help: `${meant}${meant.endsWith("?") ? "" : ";"} ${list}${patterns}`, places };
}

function patternTexts(holder: Vertex): string {
  const texts = [...new Set((holder.patterns ?? []).map(({ filter }) => `[${exprText(filter)}]`))];
  return texts.length === 0 ? "" : `, and names as in ${listText(texts, { last: "and" })}`;
}

/** The declared place before the given one. */
function labelPos({ ranks }: Inquiry, conjuncts: readonly Conjunct[]): Place["pos"] {
  const places = conjuncts.map((conjunct) => posOfConjunct(conjunct, "label"));
  return places.toSorted((a, b) => ranks.compare(b, a)).find((pos) => pos !== undefined);
}

/** The literals that say which fields there are. */
function closingPlaces(holder: Vertex, wrong: Vertex): Place[] {
  const places: Place[] = [];
  for (const { plan } of holder.literals ?? []) {
    const first = plan?.decls.find((decl) => decl.kind === "field" && decl.src !== undefined);
    const isFile = plan?.src?.node.kind === "file";
    const src = isFile ? first?.src : (plan?.src ?? first?.src);
    const { file, node } = src ?? {};
    const holdsWrong = wrong.conjuncts.some(
      ({ field }) =>
        field?.file === file &&
        field !== undefined &&
        node !== undefined &&
        node.start <= field.node.start &&
        field.node.end <= node.end,
    );
    if (src !== undefined && !holdsWrong)
      places.push({ pos: src.file.posOf(src.node.start), says: "the fields are declared here" });
  }
  return places;
}

/** A field of that name above, or in a struct beside: the usual slip of indentation. */
function placeElsewhere(holder: Vertex, name: string): string | undefined {
  for (let at = holder.parent; at !== undefined; at = at.parent) {
    if (typeof at.label === "number" && at.parent !== undefined) continue;
    if (knownFields(at).some(({ label }) => label === name))
      return `${name} belongs ${at.parent === undefined ? "at the top level" : `in ${pathText(pathOf(at))}`}, not here`;
  }
  for (const arc of target(holder).arcs) {
    if (!isRegular(arc.label)) continue;
    if (knownFields(arc).some(({ label, conjuncts }) => label === name && conjuncts.length > 0))
      return `${name} belongs in ${pathText(pathOf(arc))}, not here`;
  }
  return undefined;
}

/** A reference to a field that is not there. */
export function explainAbsence(
  inquiry: Inquiry,
  { label, holder }: { readonly label: Label; readonly holder: Vertex },
): Finding {
  const at = target(holder);
  const name = pathText([...pathOf(holder), label]);
  const arc = at.arc(label);
  const known = knownFields(at).filter((one) => one.label !== label);
  const declared = knownFields(at).find((one) => one.label === label);
  const places: Place[] = [{ pos: undefined, says: "" }];
  if (declared !== undefined) {
    places.push({ pos: labelPos(inquiry, declared.conjuncts), says: `${formatLabel(label)} is declared here` });
    const isRequired = arc?.arcType === required;
    return {
      help: isRequired
        ? `give ${name} a value: ${exprText(declared.conjuncts[0]!.expr)}`
        : `${name} is optional and not given: give it, or test it first with if ${name} != _|_ {…}`,
      places,
    };
  }
  if (typeof label === "number") return { help: indexAdvice(at, pathText(pathOf(holder))) };
  const near = nearestOf(nameOfLabel(label), known);
  const names = namesOf(known);
  const where = pathOf(holder).length === 0 ? "the value" : pathText(pathOf(holder));
  if (near !== undefined)
    places.push({ pos: labelPos(inquiry, near.conjuncts), says: `${formatLabel(near.label)} is declared here` });
  const list = names.length === 0 ? `${where} has no fields` : `${where} has ${listText(names, { last: "and" })}`;
  return { help: near === undefined ? list : `did you mean ${formatLabel(near.label)}? ${list}`, places };
}

function indexAdvice(list: Vertex, name: string): string {
  const count = elementCount(list);
  return count === 0
    ? `${name === "" ? "the list" : name} is empty: test it first with if len(${name === "" ? "x" : name}) > 0 {…}`
    : `the first element is [0], the last [${count - 1}]`;
}

/** A required field that nobody gave. */
export function explainRequired(vertex: Vertex, path: readonly Label[]): Finding {
  const [conjunct] = vertex.conjuncts;
  const rule = conjunct === undefined ? "" : `: ${exprText(conjunct.expr)}`;
  const name = formatLabel(path.at(-1) ?? vertex.label);
  const where = path.length > 1 ? ` in ${pathText(path.slice(0, -1))}` : "";
  const near = vertex.parent === undefined ? undefined : misspelt(vertex);
  const meant = near === undefined ? "" : `; is ${near} meant to be it?`;
  return {
    help: `add ${name}${where}${rule}${meant}`,
    places: vertex.conjuncts.map((one) => ({ pos: posOfConjunct(one, "label"), says: `${name} is asked for here` })),
  };
}

/** A field that was given beside, of nearly this name, and that nothing declares. */
function misspelt(vertex: Vertex): string | undefined {
  const given = target(vertex.parent!).arcs.filter(
    (arc) => isRegular(arc.label) && arc.arcType === member && arc.conjuncts.length === 1,
  );
  return nearName(
    nameOfLabel(vertex.label),
    given.map(({ label }) => nameOfLabel(label)),
  );
}
