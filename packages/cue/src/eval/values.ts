import type { Builtin } from "../library/builtin.ts";
import { type CueNumber, compareNumbers, formatNumber, numbersEqual } from "../number.ts";
import type { BoundOperator, Expr, Source } from "../compile/ir.ts";
import {
  type Kind,
  boolKind,
  bytesKind,
  floatKind,
  funcKind,
  intKind,
  listKind,
  nullKind,
  stringKind,
  structKind,
  topKind,
} from "./kind.ts";
import type { Label } from "./label.ts";
import type { Vertex } from "./vertex.ts";

/** The values that evaluation knows. A vertex is one too: a struct, a list, or whatever its base says. */
export type Value = Base | Bottom | Vertex;

/** What a vertex can be besides its arcs. */
export type Base = Simple | Conjunction | Disjunction | Func | StructMarker | ListMarker;

/** Values without parts: their unification needs no vertex. */
export type Simple = Atom | TypeValue | Bound | Validator;

export type Scalar = null | boolean | CueNumber | string | Uint8Array;

export interface Atom {
  readonly tag: "atom";
  readonly kind: Kind;
  readonly value: Scalar;
  readonly src: Source | undefined;
}

export interface TypeValue {
  readonly tag: "type";
  readonly kind: Kind;
  readonly src: Source | undefined;
  /** As predeclared: `uint8`, for texts. */
  readonly name?: string | undefined;
}

/** `>=5`, `!="x"`, `=~"^a"`. */
export interface Bound {
  readonly tag: "bound";
  readonly kind: Kind;
  readonly op: BoundOperator;
  readonly value: Atom;
  readonly src: Source | undefined;
}

/** A call without its first argument, `strings.MinRunes(3)`: what it unifies with must satisfy it. */
export interface Validator {
  readonly tag: "validator";
  readonly kind: Kind;
  readonly func: Func;
  readonly args: readonly Value[];
  readonly src: Source | undefined;
  /** It came of a call, `json.Valid()`: it cannot be called once more. */
  readonly isCalled?: boolean;
}

/** Constraints that no single one of them says: `>=1 & <=5`. */
export interface Conjunction {
  readonly tag: "conjunction";
  readonly kind: Kind;
  readonly values: readonly Simple[];
  readonly src: Source | undefined;
}

export interface Disjunction {
  readonly tag: "disjunction";
  readonly kind: Kind;
  /** Defaults first. */
  readonly values: readonly (Base | Vertex)[];
  readonly defaults: number;
  readonly src: Source | undefined;
}

export interface Func {
  readonly tag: "func";
  readonly kind: Kind;
  readonly name: string;
  /** The package's path; empty for predeclared functions. */
  readonly pkg: string;
  readonly builtin: Builtin;
  readonly src: Source | undefined;
}

export interface StructMarker {
  readonly tag: "struct";
  readonly kind: Kind;
  readonly src: Source | undefined;
}

export interface ListMarker {
  readonly tag: "list";
  readonly kind: Kind;
  readonly isOpen: boolean;
  readonly src: Source | undefined;
}

/** Severities, worst first: the first four are final, the others may still be resolved by what is added. */
export type ErrorCode = "limit" | "user" | "structural cycle" | "eval" | "incomplete" | "cycle";

export interface Bottom {
  readonly tag: "bottom";
  readonly kind: Kind;
  readonly code: ErrorCode;
  /** Texts are made when somebody reads them. */
  readonly message: () => string;
  readonly vertex: Vertex | undefined;
  readonly sources: readonly (Source | undefined)[];
  readonly causes: readonly Bottom[];
  readonly src: Source | undefined;
  /** The arc of this label may still come: what a test for existence makes false rather than unknown. */
  readonly isAbsence?: boolean;
  /** No term of a disjunction is left: the causes are why. */
  readonly isEmptyDisjunction?: boolean;
  /** A text of the author's, by `error()`: what a disjunction without terms says in place of all else. */
  readonly isCustom?: boolean;
  /** Two values that exclude each other: what parts they have does not matter. */
  readonly isConflict?: boolean;
  /** A field that a closed struct does not have. */
  readonly isNotAllowed?: boolean;
  /** Where the reference tells of it, if not at `vertex`. */
  readonly toldAt?: Vertex | undefined;
  /** A comprehension failed: what else the struct has can be ranged over until it is complete. */
  readonly isOfComprehension?: boolean;
  /** What a function said, without the words around it. */
  readonly detail?: string | undefined;
  /** The parts that the message is about, for those who explain it to a person. */
  readonly subject?: Subject | undefined;
}

export type Subject =
  | { readonly kind: "conflict"; readonly left: Value; readonly right: Value }
  | { readonly kind: "constraint"; readonly value: Atom | Vertex; readonly check: Bound | Validator }
  | { readonly kind: "lengths"; readonly left: ListLength; readonly right: ListLength }
  | { readonly kind: "absence"; readonly label: Label; readonly holder: Vertex }
  | { readonly kind: "disjunction"; readonly lost: readonly LostTerm[] };

/** A list literal as far as its length goes. */
export interface ListLength {
  readonly count: number;
  readonly isOpen: boolean;
  readonly src: Source | undefined;
}

/** A term of a disjunction that could not be: why, and the vertex that it was tried in, where it took one. */
export interface LostTerm {
  readonly term: Expr;
  readonly error: Bottom;
  readonly tried: Vertex | undefined;
}

const ranks: Readonly<Record<ErrorCode, number>> = {
  limit: 0,
  user: 1,
  "structural cycle": 3,
  eval: 2,
  incomplete: 4,
  cycle: 5,
};

export function isFatal(bottom: Bottom): boolean {
  return ranks[bottom.code] < 4;
}

export function isWorse(left: ErrorCode, right: ErrorCode): boolean {
  return ranks[left] < ranks[right];
}

export interface BottomParts {
  readonly code?: ErrorCode;
  readonly message: string | (() => string);
  readonly vertex?: Vertex | undefined;
  readonly sources?: readonly (Source | undefined)[];
  readonly causes?: readonly Bottom[];
  readonly isAbsence?: boolean;
  readonly subject?: Subject | undefined;
}

export function bottom(parts: BottomParts): Bottom {
  const { message } = parts;
  return {
    tag: "bottom",
    kind: 0,
    code: parts.code ?? "eval",
    message: typeof message === "string" ? () => message : message,
    vertex: parts.vertex,
    sources: parts.sources ?? [],
    causes: parts.causes ?? [],
    src: parts.sources?.[0],
    isAbsence: parts.isAbsence ?? false,
    subject: parts.subject,
  };
}

/** The worse of two errors, which keeps the other as well when both are of the same weight. */
export function combineBottoms(left: Bottom | undefined, right: Bottom): Bottom {
  if (left === undefined || left === right) return right;
  if (isFatal(left) !== isFatal(right)) return isFatal(left) ? left : right;
  if (left.causes.includes(right)) return left;
  const parts = [...(isGroup(left) ? left.causes : [left]), ...(isGroup(right) ? right.causes : [right])];
  const code = isWorse(right.code, left.code) ? right.code : left.code;
  return {
    ...bottom({ code, message: () => parts[0]!.message(), vertex: left.vertex, sources: left.sources, causes: parts }),
    isAbsence: false,
    isNotAllowed: parts.every((part) => part.isNotAllowed === true),
    isOfComprehension: parts.every((part) => part.isOfComprehension === true),
    group: true,
  } as Bottom & { group: true };
}

/** The error, and those that it stands for, at a vertex, as far as none has a place of its own. */
export function placed(error: Bottom, vertex: Vertex): Bottom {
  const causes = isGroup(error) ? error.causes.map((cause) => placed(cause, vertex)) : error.causes;
  return error.vertex === undefined || isGroup(error) ? { ...error, vertex: error.vertex ?? vertex, causes } : error;
}

/** An error that only stands for several others. */
export function isGroup(error: Bottom): boolean {
  return (error as { group?: boolean }).group === true;
}

export const structMarker: StructMarker = { tag: "struct", kind: structKind, src: undefined };
export const closedListMarker: ListMarker = { tag: "list", kind: listKind, isOpen: false, src: undefined };
export function closedList(src: Source | undefined): ListMarker {
  return { tag: "list", kind: listKind, isOpen: false, src };
}
export const openListMarker: ListMarker = { tag: "list", kind: listKind, isOpen: true, src: undefined };

export function kindOfScalar(value: Scalar): Kind {
  switch (typeof value) {
    case "string":
      return stringKind;
    case "boolean":
      return boolKind;
    case "object":
      if (value === null) return nullKind;
      if (value instanceof Uint8Array) return bytesKind;
      return value.isInt ? intKind : floatKind;
  }
}

export function atom(value: Scalar, src?: Source): Atom {
  return { tag: "atom", kind: kindOfScalar(value), value, src };
}

export const trueAtom = atom(true);
export const falseAtom = atom(false);
export const nullAtom = atom(null);

export function typeValue(kind: Kind, src?: Source, name?: string): TypeValue {
  return { tag: "type", kind, src, name };
}

export const top = typeValue(topKind);

export function funcValue(builtin: Builtin, pkg: string): Func {
  return { tag: "func", kind: funcKind, name: builtin.name, pkg, builtin, src: undefined };
}

/** Equal as values of one kind: what unifies with itself. `1` and `1.0` are not. */
export function sameAtom(left: Atom, right: Atom): boolean {
  if (left.kind !== right.kind) return false;
  return sameScalar(left.value, right.value);
}

export function sameScalar(a: Scalar, b: Scalar): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  return !(b instanceof Uint8Array) && numbersEqual(a, b);
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Strings in the order of their UTF-8 bytes, which is that of their code points, not of their UTF-16 units. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const isHighX = x >= 0xd800 && x <= 0xdfff;
    const isHighY = y >= 0xd800 && y <= 0xdfff;
    if (isHighX !== isHighY) return isHighX ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

/** Orders two scalars of comparable kinds. */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a === "string") return compareStrings(a, b as string);
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array);
  return compareNumbers(a as CueNumber, b as CueNumber);
}

export function scalarText(value: Scalar): string {
  if (value === null) return "null";
  if (typeof value === "object" && !(value instanceof Uint8Array)) return formatNumber(value);
  return String(value);
}

export type { Label };
export { floatKind, funcKind, intKind };
