import type { Attribute, CommentGroup, Decl, Expr as Tree, Field } from "../syntax/ast.ts";
import { quoteLabel } from "../syntax/quote.ts";
import { laidOut } from "./clone.ts";
import { type Label, isRegular, nameOfLabel } from "../eval/label.ts";

// Makers of the nodes that exported values consist of.

export const place = { start: 0, end: 0 } as const;

export function ident(name: string): Tree {
  return { kind: "ident", ...place, name };
}

/** A struct; of one field on one line, if that fits on one. */
export function structOf(decls: readonly Decl[]): Tree {
  return laidOut({ kind: "struct", ...place, decls, braces: true });
}

export interface FieldParts {
  readonly constraint?: Field["constraint"];
  readonly attributes?: readonly Attribute[];
}

export function fieldOf(label: Label, value: Tree, { constraint = "", attributes = [] }: FieldParts): Field {
  const name = nameOfLabel(label);
  const text = typeof label !== "number" && isRegular(label) ? quoteLabel(name) : name;
  const isBare = !text.startsWith('"');
  return {
    kind: "field",
    ...place,
    label: isBare ? { kind: "ident", ...place, name: text } : { kind: "literal", ...place, type: "string", text },
    constraint,
    valueAlias: undefined,
    postfixAlias: undefined,
    value,
    attributes,
  };
}

export const wrongValue: Tree = { kind: "bottom", ...place };

export function wrongComment(message: string): CommentGroup {
  const lines = [`// ${message.replaceAll("\n", " ")}`];
  return { kind: "comments", ...place, lines, doc: false, line: true, slot: 100 };
}

/** `_|_ // why`. */
export function wrong(message: string): Tree {
  return { ...wrongValue, comments: [wrongComment(message)] };
}

export function unaryOf(op: "*", expr: Tree): Tree {
  return { kind: "unary", ...place, op, expr };
}

export function allOf(trees: readonly Tree[]): Tree {
  return joined("&", trees);
}

export function anyOf(trees: readonly Tree[]): Tree {
  return joined("|", trees);
}

function joined(op: "&" | "|", trees: readonly Tree[]): Tree {
  const [first = ident("_"), ...rest] = trees;
  let tree = first;
  for (const right of rest) tree = { kind: "binary", ...place, op, opStart: 0, left: tree, right };
  return tree;
}
