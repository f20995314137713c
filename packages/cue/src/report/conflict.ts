/** Two values that exclude each other: which of them is asked for, which was given, and what to write instead. */
import type { Pos } from "@lateen/base";
import { DataNode } from "../compile/data-node.ts";
import type { Source } from "../compile/ir.ts";
import { formatScalar, formatValue } from "../eval/format.ts";
import {
  type Kind,
  boolKind,
  floatKind,
  intKind,
  listKind,
  nullKind,
  numberKind,
  stringKind,
  structKind,
} from "../eval/kind.ts";
import { kindOf } from "../eval/errors.ts";
import type { Value } from "../eval/values.ts";
import { Vertex } from "../eval/vertex.ts";
import type { Finding, Inquiry, Place, Subject } from "./finding.ts";
import { type SourceRanks, firstPos, literalPos, posOf, posOfConjunct } from "./sources.ts";
import { exprText, foundText, isConcrete, isList, isStruct, kindText, valueText } from "./wording.ts";

interface Side {
  readonly value: Value;
  readonly pos: Pos | undefined;
  readonly src: Source | undefined;
  /** It came through a reference. */
  readonly isReferred: boolean;
}

export function explainConflict(
  { ranks }: Inquiry,
  { vertex }: Subject,
  { left, right }: { readonly left: Value; readonly right: Value },
): Finding {
  const [found, expected] = sorted([sideOf(left, vertex), sideOf(right, vertex)], ranks);
  const isTwice = isTwoValues(found, expected);
  const places: Place[] = [
    { pos: found.pos, says: `${valueText(found.value)} is given here` },
    {
      pos: expected.pos,
      says: isTwice ? `${valueText(expected.value)} is set here` : `${askedText(expected.value)} is asked for here`,
    },
    ...otherPlaces(vertex),
  ];
  return {
    help: isTwice
      ? twoValues(found, expected)
      : !isConcrete(found.value) && !isConcrete(expected.value)
        ? `nothing is both ${askedText(expected.value)} and ${askedText(found.value)}: correct one of the two`
        : `expected ${askedText(expected.value)}, found ${foundText(found.value)}${instead(kindOf(expected.value), found.value)}`,
    pos: found.pos,
    places,
  };
}

/** Two plain values, or a struct or list beside something as concrete that nobody may change. */
function isTwoValues(found: Side, expected: Side): boolean {
  if (!isConcrete(found.value) || !isConcrete(expected.value)) return false;
  return isAtom(expected.value) || kindOf(found.value) === kindOf(expected.value);
}

function isAtom(value: Value): boolean {
  return !(value instanceof Vertex) && value.tag === "atom";
}

/** The given value before the one that is asked for: what came through a reference is asked for; the later one is given. */
function sorted(sides: readonly Side[], ranks: SourceRanks): readonly [Side, Side] {
  const [a, b] = sides as readonly [Side, Side];
  if (isConcrete(a.value) !== isConcrete(b.value)) return isConcrete(a.value) ? [a, b] : [b, a];
  if (ranks.of(a.pos) !== ranks.of(b.pos)) return ranks.of(a.pos) < ranks.of(b.pos) ? [a, b] : [b, a];
  if (a.isReferred !== b.isReferred) return a.isReferred ? [b, a] : [a, b];
  return ranks.compare(a.pos, b.pos) > 0 ? [a, b] : [b, a];
}

function sideOf(value: Value, vertex: Vertex | undefined): Side {
  const src = value instanceof Vertex ? undefined : value.src;
  const conjunct =
    src === undefined
      ? undefined
      : vertex?.conjuncts.find(({ expr }) => (expr instanceof DataNode ? expr === src : expr.src === src));
  return { value, pos: placeOf(value, vertex), src, isReferred: conjunct?.lineage.refs !== undefined };
}

function placeOf(value: Value, vertex: Vertex | undefined): Pos | undefined {
  if (value instanceof Vertex) return literalPos(value) ?? firstPos(value, "value");
  const pos = posOf(value.src);
  if (pos !== undefined || vertex === undefined) return pos;
  // Marks of structs and lists know no place: the conjunct does.
  const conjunct = vertex.conjuncts.find(({ expr }) =>
    isStruct(value)
      ? expr.kind === "struct" || (expr instanceof DataNode && isPlainObject(expr.value))
      : isList(value) && (expr.kind === "list" || (expr instanceof DataNode && Array.isArray(expr.value))),
  );
  return conjunct === undefined ? undefined : posOfConjunct(conjunct);
}

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function otherPlaces(vertex: Vertex | undefined): Place[] {
  return (vertex?.conjuncts ?? []).map((conjunct) => ({
    pos: posOfConjunct(conjunct),
    says: `${exprText(conjunct.expr)} has a part in it`,
    isMinor: true,
  }));
}

function askedText(value: Value): string {
  if (isStruct(value) || isList(value)) return valueText(value);
  if (!(value instanceof Vertex) && value.tag === "type") return value.name ?? kindText(value.kind);
  if (!(value instanceof Vertex) && value.tag === "validator")
    return `${kindText(value.kind)} (for ${valueText(value)})`;
  return valueText(value);
}

function twoValues(found: Side, expected: Side): string {
  const [mine, theirs] = [valueText(found.value), valueText(expected.value)];
  const isFixed = found.src instanceof DataNode && !(expected.src instanceof DataNode);
  if (isFixed) return `the value is fixed to ${theirs}: leave the field out, or write ${theirs}`;
  if (kindOf(found.value) !== kindOf(expected.value)) return `a field has one value: keep ${mine} or ${theirs}`;
  return `a field has one value: keep ${mine} or ${theirs}, or let the other be a default: *${theirs} | ${kindText(kindOf(expected.value))}`;
}

/** What the person probably wanted to write. */
export function instead(wanted: Kind, found: Value): string {
  const given = kindOf(found);
  const scalar = !(found instanceof Vertex) && found.tag === "atom" ? found.value : undefined;
  if (given === nullKind) return "; leave the field out, or allow null with null | …";
  if (typeof scalar === "string") {
    const literal = literalIn(scalar, wanted);
    if (literal !== undefined) return `; write ${literal}, without quotes`;
    if ((wanted & numberKind) !== 0 && /^\d/.test(scalar)) return "; give the bare number, without a unit or quotes";
  }
  if ((wanted & stringKind) !== 0 && (given & (numberKind | boolKind)) !== 0 && scalar !== undefined)
    return `; write ${JSON.stringify(formatScalar(scalar))}, with quotes`;
  if ((wanted & listKind) !== 0 && wanted === listKind && given !== listKind)
    return given === structKind
      ? "; put the struct in brackets: [{…}]"
      : `; put it in brackets: [${valueText(found, 30)}]`;
  if (given === listKind && (wanted & listKind) === 0)
    return wanted === structKind ? "; give fields instead of elements: {name: …}" : "; give a single value";
  if (wanted === structKind) return "; give its fields: {…}";
  if (given === structKind) return "; give a plain value instead of fields";
  if (wanted === intKind && given === floatKind) return "; give a whole number, without a decimal point";
  if (wanted === floatKind && given === intKind) return `; write ${formatValue(found)}.0`;
  return "";
}

const switches: Readonly<Record<string, string>> = {
  true: "true",
  yes: "true",
  on: "true",
  false: "false",
  no: "false",
  off: "false",
};

/** The literal that a string spells, when one of the wanted kind. */
function literalIn(text: string, wanted: number): string | undefined {
  const trimmed = text.trim();
  if ((wanted & numberKind) !== 0 && /^-?\d+$/.test(trimmed)) return trimmed;
  if ((wanted & floatKind) !== 0 && /^-?\d+\.\d+$/.test(trimmed)) return trimmed;
  if ((wanted & boolKind) !== 0 && Object.hasOwn(switches, trimmed.toLowerCase()))
    return switches[trimmed.toLowerCase()];
  if ((wanted & nullKind) !== 0 && trimmed === "null") return trimmed;
  return undefined;
}
