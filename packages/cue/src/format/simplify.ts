import type { BasicLit, Decl, Ellipsis, Expr, Field, File, StructLit } from "../syntax/ast.ts";
import { isIdentifier } from "../syntax/characters.ts";
import { unquote } from "../syntax/literal.ts";
import { hasComments } from "./comments.ts";
import { referencedLabels } from "./references.ts";

/**
 * What `-s` changes, asked while a tree is laid out: labels without quotes, structs of one field joined to their label,
 * `...` for `[string]: _`, and at the struct's end.
 */
export interface Simplifier {
  /** The name that can stand for a quoted label. */
  unquoted(label: BasicLit): string | undefined;
  /** The field that a field's struct consists of, where `a: {b: c}` can be `a: b: c`. */
  onlyField(field: Field): Field | undefined;
  /** The declarations of a struct in the order in which they are shown. */
  decls(struct: StructLit): readonly Decl[];
}

export const noSimplifier: Simplifier = {
  unquoted: () => undefined,
  onlyField: () => undefined,
  decls: (struct) => struct.decls,
};

export function simplifierOf(root: File | Expr | Decl): Simplifier {
  const referenced = referencedLabels(root);
  return {
    unquoted: (label) => (referenced.keep.has(label) ? undefined : plainName(label)),
    onlyField,
    decls: ({ decls }) => endWithEllipsis(decls),
  };
}

/** Hidden names and definitions mean something else in quotes. */
function plainName(label: BasicLit): string | undefined {
  if (label.type !== "string") return undefined;
  const literal = unquote(label.text);
  if (literal.kind !== "string") return undefined;
  const name = literal.value;
  return isIdentifier(name) && !name.startsWith("_") && !name.startsWith("#") ? name : undefined;
}

function onlyField({ value, attributes, valueAlias }: Field): Field | undefined {
  if (value.kind !== "struct" || !value.braces || value.decls.length !== 1) return undefined;
  if (attributes.length > 0 || valueAlias !== undefined || hasComments(value)) return undefined;
  const [field] = value.decls;
  return field?.kind === "field" && !hasComments(field) && !isAnything(field) ? field : undefined;
}

/** `[string]: _`. */
function isAnything({ label, value, constraint, attributes, valueAlias }: Field): boolean {
  return (
    label.kind === "pattern-label" &&
    label.alias === undefined &&
    label.expr.kind === "ident" &&
    label.expr.name === "string" &&
    value.kind === "ident" &&
    value.name === "_" &&
    constraint === "" &&
    attributes.length === 0 &&
    valueAlias === undefined
  );
}

function endWithEllipsis(decls: readonly Decl[]): readonly Decl[] {
  const open: Ellipsis[] = [];
  const others: Decl[] = [];
  for (const decl of decls) {
    if (decl.kind === "ellipsis") open.push(decl);
    else if (decl.kind === "field" && isAnything(decl)) open.push(ellipsisOf(decl));
    else others.push(decl);
  }
  if (open.length === 0) return decls;
  const commented = open.filter(hasComments);
  return [...others, ...(commented.length > 0 ? commented : open.slice(0, 1))];
}

function ellipsisOf({ start, end, relPos, comments }: Field): Ellipsis {
  return {
    kind: "ellipsis",
    start,
    end,
    type: undefined,
    ...(relPos !== undefined && { relPos }),
    ...(comments !== undefined && { comments }),
  };
}
