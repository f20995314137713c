import type { JsonObject, JsonValue } from "@lateen/base";
import type {
  Attribute,
  Binary,
  BinaryOp,
  CommentGroup,
  Decl,
  EmbedDecl,
  Expr,
  Field,
  Ident,
  Label,
  RelPos,
  StructLit,
  UnaryOp,
} from "../syntax/ast.ts";
import { isIdentifier } from "../syntax/characters.ts";
import { quoteString } from "../syntax/quote.ts";

// Makers of syntax nodes that no text stands behind. White space is set where the layout wants a line of its own.

const place = { start: 0, end: 0 } as const;

export function ident(name: string): Ident {
  return { kind: "ident", ...place, name };
}

export function text(value: string): Expr {
  return { kind: "literal", ...place, type: "string", text: quoteString(value) };
}

export function number(value: number | bigint): Expr {
  const magnitude = numberLiteral(value < 0 ? -value : value);
  return value < 0 ? unary("-", magnitude) : magnitude;
}

function numberLiteral(value: number | bigint): Expr {
  const spelled = String(value);
  return { kind: "literal", ...place, type: /^\d+$/.test(spelled) ? "int" : "float", text: spelled };
}

export function unary(op: UnaryOp, expr: Expr): Expr {
  return { kind: "unary", ...place, op, expr };
}

function binary(op: BinaryOp, left: Expr, right: Expr): Binary {
  return { kind: "binary", ...place, op, opStart: 0, left, right };
}

/** `a & b & c`; one operand stands for itself. */
export function allOf(operands: readonly Expr[]): Expr {
  return joined("&", operands);
}

/** `a | b | c`. */
export function anyOf(operands: readonly Expr[]): Expr {
  return joined("|", operands);
}

function joined(op: BinaryOp, operands: readonly Expr[]): Expr {
  const [first, ...rest] = operands;
  let expr = first ?? ident("_");
  for (const operand of rest) expr = binary(op, expr, operand);
  return expr;
}

export function call(fun: Expr, ...args: readonly Expr[]): Expr {
  return { kind: "call", ...place, fun, args };
}

export function select(expr: Expr, name: string): Expr {
  const selector = isIdentifier(name)
    ? ident(name)
    : ({ ...place, kind: "literal", type: "string", text: quoteString(name) } as const);
  return { kind: "selector", ...place, expr, selector };
}

export function list(elements: readonly Expr[], rest?: Expr | "open"): Expr {
  const ellipsis = { kind: "ellipsis", ...place, relPos: "blank", type: rest === "open" ? undefined : rest } as const;
  return {
    kind: "list",
    ...place,
    elements: rest === undefined ? elements : [...elements, ellipsis],
    commas: "between",
  };
}

/** A struct: nothing, one line for one declaration, else a line each; documented fields stand apart. */
export function struct(decls: readonly Decl[]): StructLit {
  return { kind: "struct", ...place, decls: spaced(decls), braces: true };
}

/** Declarations with an empty line before each that is documented, but the first. */
export function spaced(decls: readonly Decl[]): readonly Decl[] {
  return decls.map((decl, index) => (index === 0 ? decl : withGap(decl)));
}

function withGap(decl: Decl): Decl {
  if (decl.kind !== "field" || decl.comments === undefined || decl.relPos === "newline") return decl;
  return {
    ...decl,
    relPos: "newline",
    comments: decl.comments.map((group) => ({ ...group, relPos: "section" as const })),
  };
}

export const ellipsis: Decl = { kind: "ellipsis", ...place, type: undefined };

export function embed(expr: Expr, relPos?: RelPos): EmbedDecl {
  return { kind: "embed", ...place, ...(relPos !== undefined && { relPos }), expr };
}

export interface FieldParts {
  readonly constraint?: Field["constraint"];
  readonly doc?: string | undefined;
  readonly attributes?: readonly Attribute[];
  readonly relPos?: RelPos;
}

export function field(label: Label, value: Expr, parts: FieldParts = {}): Field {
  const { constraint = "", doc, attributes = [], relPos } = parts;
  return {
    kind: "field",
    ...place,
    ...(relPos !== undefined && { relPos }),
    ...(doc !== undefined && { comments: [comment(doc)] }),
    label,
    constraint,
    valueAlias: undefined,
    postfixAlias: undefined,
    value,
    attributes,
  };
}

/** `outer: inner: value`. */
export function nestedField(outer: Label, inner: Field, parts: FieldParts = {}): Field {
  return field(outer, { kind: "struct", ...place, decls: [inner], braces: false }, parts);
}

export function pattern(expr: Expr, value: Expr): Field {
  return field({ kind: "pattern-label", ...place, expr, alias: undefined }, value);
}

/** A label for a name. In quotes: `formatFile` with `simplify` takes off those that no reference would then see. */
export function nameLabel(name: string): Label {
  return { kind: "literal", ...place, type: "string", text: quoteString(name) };
}

export function attribute(name: string, body: string): Attribute {
  return { kind: "attribute", ...place, name, body, text: `@${name}(${body})` };
}

/** Documentation; a text of one line is wrapped. */
export function comment(doc: string): CommentGroup {
  const lines = doc.replace(/\n+$/, "").split("\n");
  const shown = lines.length === 1 ? wrap(lines[0] ?? "") : lines;
  return {
    kind: "comments",
    ...place,
    lines: shown.map((line) => (line === "" ? "//" : `// ${line}`)),
    doc: true,
    line: false,
    slot: 0,
  };
}

const width = 77;

function wrap(line: string): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

/** Plain data as an expression; structs are closed and their fields required, as a constant of a schema means it. */
export function constant(value: JsonValue): Expr {
  if (value === null) return { kind: "literal", ...place, type: "null", text: "null" };
  switch (typeof value) {
    case "boolean":
      return { kind: "literal", ...place, type: value ? "true" : "false", text: String(value) };
    case "number":
      return number(value);
    case "string":
      return text(value);
    default:
  }
  if (Array.isArray(value)) return list(value.map(constant));
  const object: JsonObject = value as JsonObject;
  const fields = Object.keys(object).map((name) =>
    field(nameLabel(name), constant(object[name] ?? null), { constraint: "!" }),
  );
  return call(ident("close"), struct(fields));
}
