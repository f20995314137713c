/** Two values that exclude each other: which of them is asked for, which was given, and what to write instead. */
import type { Pos } from "@lateen/base";
import { DataNode } from "../compile/data-node.ts";
import { formatScalar, formatValue } from "../eval/format.ts";
import { boolKind, floatKind, intKind, listKind, nullKind, numberKind, stringKind, structKind } from "../eval/kind.ts";
import { kindOf } from "../eval/errors.ts";
import type { Value } from "../eval/values.ts";
import { Vertex } from "../eval/vertex.ts";
import type { Finding, Inquiry, Place, Subject } from "./finding.ts";
import { firstPos, posOf, posOfConjunct } from "./sources.ts";
import { exprText, foundText, isConcrete, isList, isStruct, kindText, valueText } from "./wording.ts";

interface Side {
  readonly value: Value;
  readonly pos: Pos | undefined;
}

export function explainConflict(
  { ranks }: Inquiry,
  { vertex }: Subject,
  { left, right }: { readonly left: Value; readonly right: Value },
): Finding {
  const sides = [left, right].map((value): Side => ({ value, pos: placeOf(value, vertex) }));
  const [found, expected] = sorted(sides, (a, b) => ranks.compare(a.pos, b.pos));
  const isTwice = isConcrete(found.value) && isConcrete(expected.value) && kindOf(left) === kindOf(right);
  const places: Place[] = [
    { pos: found.pos, says: `${valueText(found.value)} is given here` },
    { pos: expected.pos, says: isTwice ? `${valueText(expected.value)} is set here` : `${askedText(expected.value)} is asked for here` },
    ...otherPlaces(vertex),
  ];
  return {
    help: isTwice
      ? twoValues(found, expected, ranks.of(found.pos) < ranks.of(expected.pos))
      : `expected ${askedText(expected.value)}, found ${foundText(found.value)}${instead(expected.value, found.value)}`,
    pos: found.pos,
    places,
  };
}

/** The given value before the one that is asked for. */
function sorted(sides: readonly Side[], compare: (a: Side, b: Side) => number): readonly [Side, Side] {
  const [a, b] = sides as readonly [Side, Side];
  if (isConcrete(a.value) !== isConcrete(b.value)) return isConcrete(a.value) ? [a, b] : [b, a];
  return compare(a, b) <= 0 ? [a, b] : [b, a];
}

function placeOf(value: Value, vertex: Vertex | undefined): Pos | undefined {
  if (value instanceof Vertex) return firstPos(value, "value");
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
  }));
}

function askedText(value: Value): string {
  if (isStruct(value) || isList(value)) return valueText(value);
  if (!(value instanceof Vertex) && value.tag === "type") return value.name ?? kindText(value.kind);
  return valueText(value);
}

function twoValues(found: Side, expected: Side, isUsers: boolean): string {
  const [mine, theirs] = [valueText(found.value), valueText(expected.value)];
  return isUsers
    ? `the value is fixed to ${theirs}: leave the field out, or write ${theirs}`
    : `a field has one value: keep ${mine} or ${theirs}, or make one of them a default (*${mine} | _)`;
}

/** What the person probably wanted to write. */
function instead(expected: Value, found: Value): string {
  const wanted = kindOf(expected);
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
    return given === structKind ? "; put the struct in brackets: [{…}]" : `; put it in brackets: [${valueText(found, 30)}]`;
  if (given === listKind && (wanted & listKind) === 0)
    return wanted === structKind ? "; give fields instead of elements: {name: …}" : "; give a single value";
  if (wanted === structKind) return "; give its fields: {…}";
  if (given === structKind) return "; give a plain value instead of fields";
  if (wanted === intKind && given === floatKind) return "; give a whole number, without a decimal point";
  if (wanted === floatKind && given === intKind) return `; write ${formatValue(found)}.0`;
  return "";
}

const switches: Readonly<Record<string, string>> = { true: "true", yes: "true", on: "true", false: "false", no: "false", off: "false" };

/** The literal that a string spells, when one of the wanted kind. */
function literalIn(text: string, wanted: number): string | undefined {
  const trimmed = text.trim();
  if ((wanted & numberKind) !== 0 && /^-?\d+$/.test(trimmed)) return trimmed;
  if ((wanted & floatKind) !== 0 && /^-?\d+\.\d+$/.test(trimmed)) return trimmed;
  if ((wanted & boolKind) !== 0 && Object.hasOwn(switches, trimmed.toLowerCase())) return switches[trimmed.toLowerCase()];
  if ((wanted & nullKind) !== 0 && trimmed === "null") return trimmed;
  return undefined;
}
