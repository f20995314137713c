import type {
  Attribute,
  BasicLit,
  CommentGroup,
  Decl,
  Expr as Tree,
  Field,
  Ident,
  StructLit,
  Unary,
} from "../syntax/ast.ts";
import { quoteLabel } from "../syntax/quote.ts";
import { parseExpression } from "../syntax/index.ts";
import { type Label, isRegular, nameOfLabel } from "../eval/label.ts";

// Makers of the nodes that exported values consist of.

export const place = { start: 0, end: 0 } as const;

/** A node while it is being made. */
export type Made<T> = { -readonly [K in keyof T]: T[K] };

export function ident(name: string): Ident {
  return { kind: "ident", ...place, name };
}

/** A struct with a line for each declaration; of one field on one line, if that fits on one. */
export function structOf(decls: readonly Decl[]): StructLit {
  const [only] = decls;
  const struct = { kind: "struct", ...place, decls, braces: true } as const;
  if (only === undefined) return struct;
  if (
    decls.length === 1 &&
    (only.kind !== "comprehension" || only.relPos === "blank" || only.relPos === "nospace" || only.relPos === undefined)
  )
    return struct;
  // What begins on the line of the brace goes on there.
  if (only.kind === "attribute" && only.relPos === "blank")
    return { ...struct, decls: decls.map((decl) => Object.assign(decl, { relPos: "blank" })) };
  return { ...struct, decls: decls.map(onOwnLine), closeRelPos: "newline" };
}

/** Made nodes are set in place: others refer to them. */
function onOwnLine(decl: Decl, index: number): Decl {
  const made = decl as Made<Decl>;
  if (decl.kind === "comprehension")
    made.relPos = index === 0 && decl.relPos !== "blank" ? "newline" : (decl.relPos ?? "newline");
  else if (decl.kind === "attribute") made.relPos = decl.relPos === "section" ? "section" : "newline";
  else made.relPos = "newline";
  return decl;
}

export function isStructTree(tree: Tree): tree is StructLit {
  return tree.kind === "struct";
}

export function hasDocs(decl: Decl): boolean {
  return "comments" in decl && decl.comments?.some(({ doc }) => doc) === true;
}

export function embedOf(expr: Tree): Decl {
  return { kind: "embed", ...place, expr };
}

export function treeOfText(text: string): Tree {
  return parseExpression(text).expr;
}

/** A group of comments as one of a made node. */
export function commentOf(group: CommentGroup): CommentGroup {
  const { relPos } = group;
  return { ...group, relPos: relPos === undefined || relPos === "none" ? "section" : relPos };
}

export function constraintOf(arcType: 0 | 1 | 2 | 3): Field["constraint"] {
  return arcType === 2 ? "?" : arcType === 1 ? "!" : "";
}

/** A name as a label: bare where that is read back as the same. */
export function labelOf(name: string, isText: boolean): Ident | BasicLit {
  const text = isText ? quoteLabel(name) : name;
  return text.startsWith('"') ? { kind: "literal", ...place, type: "string", text } : ident(text);
}

export function madeField(
  label: Label,
  value: Tree,
  parts: {
    readonly constraint?: Field["constraint"];
    readonly valueAlias?: string | undefined;
    readonly attributes?: readonly Attribute[];
    readonly docs?: readonly CommentGroup[];
  },
): Made<Field> {
  const { constraint = "", valueAlias, attributes = [], docs = [] } = parts;
  const field: Made<Field> = {
    kind: "field",
    ...place,
    label: typeof label === "number" ? ident(String(label)) : labelOf(nameOfLabel(label), isRegular(label)),
    constraint,
    valueAlias: valueAlias === undefined ? undefined : ident(valueAlias),
    postfixAlias: undefined,
    value,
    attributes,
  };
  const comments = [...docs];
  if (value.kind === "bottom" && value.comments !== undefined) {
    // An error's text stands behind the field.
    const { comments: why, ...bare } = value;
    field.value = bare;
    comments.push(...why);
  }
  if (comments.length > 0) field.comments = comments;
  return field;
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

export function unaryOf(op: Unary["op"], expr: Tree): Tree {
  return { kind: "unary", ...place, op, expr };
}

export function allOf(trees: readonly Tree[]): Tree {
  return joined("&", trees);
}

export function anyOf(trees: readonly Tree[]): Tree {
  return joined("|", trees);
}

export function joined(op: "&" | "|", trees: readonly Tree[]): Tree {
  const [first = ident("_"), ...rest] = trees;
  let tree = first;
  for (const right of rest) tree = { kind: "binary", ...place, op, opStart: 0, left: tree, right };
  return tree;
}
