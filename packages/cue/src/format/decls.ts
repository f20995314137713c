import type {
  Attribute,
  CommentGroup,
  Decl,
  Expr,
  Field,
  ImportDecl,
  ImportSpec,
  LetClause,
  RelPos,
} from "../syntax/ast.ts";
import { takesTrailing } from "./binary.ts";
import { inlineDoc } from "./brackets.ts";
import {
  aboveDoc,
  belowDoc,
  breakFor,
  groupDoc,
  hasComments,
  leadingRelPos,
  placedComments,
  startsLine,
} from "./comments.ts";
import { type Break, type Doc, type Row, blankLine, concat, concatAll, line, nest, table } from "./doc.ts";
import type { Printer, Trailing } from "./printer.ts";
import { noSimplifier } from "./simplify.ts";

/**
 * The rows of declarations. Either all stand on one line (no row has a break before it), or each has its own line, also
 * where the author put only some on lines of their own.
 */
export function declRows(printer: Printer, decls: readonly Decl[]): Row[] {
  const own = decls.some((decl, index) => hasComments(decl) || (index > 0 && needsLine(decl, decls[index - 1]!)));
  return decls.map((decl, index) => {
    const before = index === 0 || !own ? undefined : breakBetween(printer, decls[index - 1]!, decl);
    return declRow(printer, decl, before);
  });
}

function needsLine(decl: Decl, previous: Decl): boolean {
  const relPos = leadingRelPos(decl);
  if (relPos === "none") return previous.kind !== "attribute" || decl.kind !== "attribute";
  return startsLine(relPos);
}

function breakBetween(printer: Printer, previous: Decl, decl: Decl): Break {
  const relPos = relPosOfDecl(printer, decl);
  if (relPos === "none" && decl.kind !== "import" && (previous.kind === "import" || previous.kind === "package")) {
    return blankLine;
  }
  if (printer.houseStyle && wantsBlank(previous, decl)) return blankLine;
  return breakFor(relPos);
}

/** A label that loses its quotes loses the author's white space before it too. */
function relPosOfDecl(printer: Printer, decl: Decl): RelPos {
  const relPos = leadingRelPos(decl);
  const changes = decl.kind === "field" && decl.label.kind === "literal" && printer.simplifier.unquoted(decl.label);
  return changes && placedComments(decl).above.length === 0 ? "none" : relPos;
}

/** House style: documentation after a definition, or after anything that is no field, stands apart. */
function wantsBlank(previous: Decl, decl: Decl): boolean {
  if (decl.kind !== "field" || placedComments(decl).above.length === 0) return false;
  if (previous.kind !== "field") return true;
  return previous.label.kind === "ident" && /^_?#/.test(previous.label.name);
}

function declRow(printer: Printer, decl: Decl, before: Break | undefined): Row {
  if (!hasComments(decl)) return rowOf(printer, decl, "", { before, lead: undefined, below: undefined });
  const { above, header, trailing, below } = placedComments(decl);
  const lead = aboveDoc([...header, ...above], decl.relPos);
  const comment = trailing === undefined ? "" : groupDoc(trailing);
  return rowOf(printer, decl, comment, { before, lead, below: belowDoc(below) });
}

function rowOf(printer: Printer, decl: Decl, comment: Doc, around: Pick<Row, "before" | "lead" | "below">): Row {
  const { before, lead, below } = around;
  if (decl.kind === "field") {
    const { cells, shape } = fieldCells(printer, decl, comment);
    return { before, lead, cells, shape, below };
  }
  if (decl.kind === "embed" && comment !== "" && takesTrailing(decl.expr)) {
    return { before, lead, cells: [printer.body(decl.expr, 1, { suffix: "", comment })], shape: "", below };
  }
  return { before, lead, cells: [declDoc(printer, decl), comment], shape: "", below };
}

function declDoc(printer: Printer, decl: Exclude<Decl, Field>): Doc {
  switch (decl.kind) {
    case "package":
      return concat("package ", printer.label(decl.name));
    case "import":
      return importDoc(decl);
    case "let":
      return letDoc(printer, decl);
    case "embed":
      return printer.expr(decl.expr);
    case "comprehension":
    case "ellipsis":
      return printer.body(decl);
    case "attribute":
      return decl.text;
    case "comments":
      return groupDoc(decl);
    case "bad-decl":
      return "";
  }
}

/** The expression of a `let` stands on the line of its name. */
export function letDoc(printer: Printer, { name, value }: LetClause): Doc {
  return concat("let ", printer.label(name), " = ", printer.expr(value));
}

/** A chain of fields `a: b: c: value`. */
interface FieldChain {
  readonly fields: readonly Field[];
  readonly value: Expr;
  readonly attributes: readonly Attribute[];
}

function chainOf(printer: Printer, field: Field): FieldChain {
  const fields: Field[] = [field];
  const joins = !hasComments(field);
  for (let last = field; ; ) {
    const inner = joins ? (impliedField(last) ?? printer.simplifier.onlyField(last)) : impliedField(last);
    if (inner === undefined) return { fields, value: last.value, attributes: last.attributes };
    fields.push(inner);
    last = inner;
  }
}

/** The field that a field written without braces holds. */
function impliedField({ value }: Field): Field | undefined {
  if (value.kind !== "struct" || value.braces) return undefined;
  const [field] = value.decls;
  return field?.kind === "field" ? field : undefined;
}

function fieldCells(printer: Printer, field: Field, comment: Doc): Pick<Row, "cells" | "shape"> {
  const chain = chainOf(printer, field);
  const { fields, value, attributes } = chain;
  const attributesDoc = attributes.length === 0 ? "" : attributes.map((attribute) => attribute.text).join(" ");
  const folds = comment !== "" && attributesDoc === "" && takesTrailing(value);
  const behind = folds ? "" : comment;
  const joined = printer.simplifier !== noSimplifier && !hasComments(field);
  const simple =
    (joined || fields.every((part, index) => index === 0 || !startsLine(part.relPos))) && !isBelow(field, value);
  if (!simple) {
    const doc = brokenChainDoc(printer, field, chain, folds ? { suffix: "", comment } : undefined);
    return { cells: [doc, attributesDoc, behind], shape: "" };
  }
  const key = keyDoc(printer, fields);
  const valueDoc = aliasedValueDoc(printer, fields.at(-1)!, value, folds ? { suffix: "", comment } : undefined);
  return { cells: [key, valueDoc, attributesDoc, behind], shape: shapeOf(fields.length) };
}

const shapes: string[] = [];

/** Rows of as many labels align: their shape is the same text, made once. */
function shapeOf(labels: number): string {
  return labels < maxShapes ? (shapes[labels] ??= `field ${labels}`) : `field ${labels}`;
}

const maxShapes = 64;

function keyDoc(printer: Printer, fields: readonly Field[]): Doc {
  if (fields.length === 1) {
    const label = labelDoc(printer, fields[0]!);
    return typeof label === "string" ? `${label}:` : concat(label, ":");
  }
  const parts: Doc[] = [];
  for (const field of fields) {
    if (parts.length > 0) parts.push(" ");
    parts.push(labelDoc(printer, field), ":");
  }
  return concatAll(parts);
}

/** Whether the value stands below its label: the author put it there, or a comment stands between. */
function isBelow(field: Field, value: Expr): boolean {
  if (startsLine(leadingRelPos(value)) || placedComments(value).above.length > 0) return true;
  return afterColon(field, value).length > 0 || placedComments(value).header.length > 0;
}

/** Comments between a label's colon and the value. They were hung on the field since they have no node of their own. */
function afterColon(field: Field, value: Expr): readonly CommentGroup[] {
  if (field.comments === undefined) return [];
  return field.comments.filter((group) => group.slot > 0 && group.start < value.start);
}

/** A chain where labels or the value stand on lines of their own, each one level deeper. */
function brokenChainDoc(printer: Printer, field: Field, chain: FieldChain, trailing: Trailing | undefined): Doc {
  const { fields, value } = chain;
  const between = [...afterColon(field, value), ...placedComments(value).header];
  let doc = valueBelowDoc(printer, fields.at(-1)!, value, between, trailing);
  for (let i = fields.length - 1; i >= 0; i--) {
    const part = fields[i]!;
    const head = concat(labelDoc(printer, part), ":");
    const starts = i < fields.length - 1 && startsLine(fields[i + 1]!.relPos);
    if (i === fields.length - 1) doc = concat(head, doc);
    else doc = starts ? concat(head, nest(concat(line, doc))) : concat(head, " ", doc);
  }
  return doc;
}

function valueBelowDoc(
  printer: Printer,
  field: Field,
  value: Expr,
  between: readonly CommentGroup[],
  trailing: Trailing | undefined,
): Doc {
  const valueDoc = aliasedValueDoc(printer, field, value, trailing);
  const { above } = placedComments(value);
  const [first, ...rest] = between;
  if (first === undefined && above.length === 0 && !startsLine(value.relPos)) return concat(" ", valueDoc);
  const parts: Doc[] = [];
  if (first?.line) parts.push(" ", groupDoc(first));
  const groups = first === undefined ? above : first.line ? [...rest, ...above] : [...between, ...above];
  parts.push(nest(concat(line, aboveDoc(groups, value.relPos) ?? "", valueDoc)));
  return concatAll(parts);
}

/** The value without the comments above it, with its alias. */
function aliasedValueDoc(printer: Printer, field: Field, value: Expr, trailing: Trailing | undefined): Doc {
  let doc = printer.body(value, 1, trailing);
  if (value.comments === undefined && field.valueAlias === undefined) return doc;
  const { trailing: behind, below } = placedComments(value);
  if (behind !== undefined) doc = concat(doc, " ", groupDoc(behind));
  const belowLines = belowDoc(below);
  if (belowLines !== undefined) doc = concat(doc, belowLines);
  return field.valueAlias === undefined ? doc : concat(aliasText(field.valueAlias.name, value), doc);
}

function labelDoc(printer: Printer, field: Field): Doc {
  const { postfixAlias, constraint } = field;
  const label = printer.label(field.label);
  if (postfixAlias === undefined) {
    if (constraint === "") return label;
    return typeof label === "string" ? label + constraint : concat(label, constraint);
  }
  const key = postfixAlias.key === undefined ? "" : `${postfixAlias.key.name},`;
  return concat(label, `~(${key}${postfixAlias.value.name})`, constraint);
}

function importDoc(node: ImportDecl): Doc {
  const { inside } = placedComments(node);
  if (!node.parenthesized) {
    const [spec] = node.specs;
    return spec === undefined
      ? "import ()"
      : concat("import ", table([specRow(spec, undefined)]), belowDoc(inside) ?? "");
  }
  const first = node.specs[0];
  if (first === undefined) return "import ()";
  const rows = node.specs.map((spec, index) => specRow(spec, index === 0 ? undefined : breakFor(leadingRelPos(spec))));
  const isFlat =
    node.specs.every((spec) => !startsLine(spec.relPos) && !hasComments(spec)) && !startsLine(node.closeRelPos);
  if (isFlat && first.relPos !== "none" && first.relPos !== undefined) {
    return concat("import (", inlineDoc(rows), ")");
  }
  const below = belowDoc(inside);
  const content = concat(breakFor(leadingRelPos(first)), table(rows), below ?? "");
  return concat("import (", nest(content), line, ")");
}

function specRow(spec: ImportSpec, before: Break | undefined): Row {
  const { above, header, trailing, below } = placedComments(spec);
  const text = spec.name === undefined ? spec.path.text : `${spec.name.name} ${spec.path.text}`;
  return {
    before,
    lead: aboveDoc([...header, ...above], spec.relPos),
    cells: [text, trailing === undefined ? "" : groupDoc(trailing)],
    shape: "import",
    below: belowDoc(below),
  };
}

/** `X=`, with a blank where the two signs would read as one operator (`X= =~"a"`). */
export function aliasText(name: string, expr: Expr): string {
  let first = expr;
  while (first.kind === "binary") first = first.left;
  return first.kind === "unary" && first.op.startsWith("=") ? `${name}= ` : `${name}=`;
}
