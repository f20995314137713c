import type { Call, CommentGroup, Comprehension, Ellipsis, Expr, ListLit, RelPos, StructLit } from "../syntax/ast.ts";
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
import { takesTrailing } from "./binary.ts";
import { type Doc, type Row, breaksOf, concat, concatAll, line, nest, table } from "./doc.ts";
import type { Printer } from "./printer.ts";

type Element = Expr | Comprehension | Ellipsis;

/** What lists and argument lists have in common. */
interface Sequence {
  readonly open: string;
  readonly close: string;
  readonly elements: readonly Element[];
  readonly closeRelPos: RelPos | undefined;
  readonly inside: readonly CommentGroup[];
  /** Whether a comma stands behind each element on a line of its own; else the line's end parts them. */
  readonly commas: boolean;
  /** Whether the last element gets a comma where the closing bracket has its own line. */
  readonly lastComma: boolean;
}

export function listDoc(printer: Printer, node: ListLit): Doc {
  const { elements, commas } = node;
  const last = elements.at(-1);
  const parted = commas === "some" || (elements.length === 1 && commas === "between");
  return sequenceDoc(printer, {
    open: "[",
    close: "]",
    elements,
    closeRelPos: node.closeRelPos,
    inside: placedComments(node).inside,
    commas: !parted,
    lastComma: !parted && (last?.kind !== "ellipsis" || commas === undefined || commas === "all"),
  });
}

export function argumentsDoc(printer: Printer, node: Call): Doc {
  return sequenceDoc(printer, {
    open: "(",
    close: ")",
    elements: node.args,
    closeRelPos: node.closeRelPos,
    inside: placedComments(node).inside,
    commas: true,
    lastComma: true,
  });
}

function sequenceDoc(printer: Printer, sequence: Sequence): Doc {
  const { open, close, elements, closeRelPos, inside } = sequence;
  const first = elements[0];
  if (first === undefined) return emptyDoc(open, close, inside);
  const header = placedComments(first).header[0];
  const suffix = inside;
  const firstRelPos = leadingRelPos(first);
  const opens = header !== undefined || startsLine(firstRelPos) || placedComments(first).above.length > 0;
  const { rows, lastEndsLine, lastHasComma, spanning } = elementRows(printer, sequence);
  const hugs = elements.length === 1 && !opens && suffix.length === 0 && !lastEndsLine && rows.some(rowSpans);
  const closes = !hugs && (opens || lastEndsLine || suffix.length > 0 || startsLine(closeRelPos));
  if (closes && sequence.lastComma && !lastHasComma) addLastComma(rows);
  const below = belowDoc(suffix);
  const content = below === undefined ? table(rows) : concat(table(rows), below);
  const opening = opens ? concat(header === undefined ? "" : concat(" ", groupDoc(header)), breakFor(firstRelPos)) : "";
  const nested = concat(opening, content);
  return concat(
    open,
    sharesIndent(sequence, rows, { opens, spanning }) ? nested : nest(nested),
    closes ? breakFor(closeRelPos) : "",
    close,
  );
}

function rowSpans(row: Row): boolean {
  return row.cells.some(breaksOf);
}

function emptyDoc(open: string, close: string, inside: readonly CommentGroup[]): Doc {
  if (inside.length === 0) return open + close;
  const [header, ...rest] = inside[0]?.line ? inside : [undefined, ...inside];
  const parts: Doc[] = [];
  if (header !== undefined) parts.push(" ", groupDoc(header));
  const below = belowDoc(rest.filter((group) => group !== undefined));
  if (below !== undefined) parts.push(below);
  return concat(open, nest(concatAll(parts)), line, close);
}

interface OpenRow {
  before: Row["before"];
  lead: Doc | undefined;
  parts: Doc[];
  comment: Doc | undefined;
  below: Doc | undefined;
  /** Set where the comma already stands before a folded comment. */
  hasComma: boolean;
}

/** One row a line of elements; elements that the author put on one line stay there. */
function elementRows(
  printer: Printer,
  sequence: Sequence,
): { rows: Row[]; lastEndsLine: boolean; lastHasComma: boolean; spanning: ReadonlySet<Element> } {
  const rows: OpenRow[] = [];
  let spanning: Set<Element> | undefined;
  let endsLine = false;
  for (const [index, element] of sequence.elements.entries()) {
    const { above, trailing, below } = placedComments(element);
    const relPos = leadingRelPos(element);
    const starts = index === 0 || endsLine || above.length > 0 || startsLine(relPos);
    let row = rows.at(-1);
    if (starts || row === undefined) {
      if (row !== undefined && sequence.commas && !row.hasComma) row.parts.push(",");
      const before = index === 0 ? undefined : breakFor(relPos);
      row = {
        before,
        lead: aboveDoc(above, element.relPos),
        parts: [],
        comment: undefined,
        below: undefined,
        hasComma: false,
      };
      rows.push(row);
    } else row.parts.push(", ");
    const comment = trailing === undefined ? undefined : groupDoc(trailing);
    const folds =
      comment !== undefined &&
      element.kind !== "comprehension" &&
      element.kind !== "ellipsis" &&
      takesTrailing(element);
    const hasComma = sequence.commas && (sequence.lastComma || index < sequence.elements.length - 1);
    const doc = folds ? printer.body(element, 1, { suffix: hasComma ? "," : "", comment }) : printer.body(element, 1);
    row.parts.push(doc);
    if (breaksOf(doc)) (spanning ??= new Set()).add(element);
    if (!folds) row.comment = comment;
    row.hasComma = folds;
    row.below = belowDoc(below);
    endsLine = trailing !== undefined || below.length > 0;
  }
  return {
    rows: rows.map(({ before, lead, parts, comment, below }) => ({
      before,
      lead,
      cells: [concatAll(parts), comment ?? ""],
      shape: "element",
      below,
    })),
    lastEndsLine: endsLine,
    lastHasComma: rows.at(-1)?.hasComma ?? false,
    spanning: spanning ?? nothing,
  };
}

const nothing: ReadonlySet<Element> = new Set();

function addLastComma(rows: Row[]): void {
  const last = rows.pop()!;
  const [cell, ...others] = last.cells;
  rows.push({ ...last, cells: [concat(cell!, ","), ...others] });
}

/**
 * Contiguous opening brackets indent once: an element that opens a bracket on the line of the outer one and spans lines
 * already indents what it holds.
 */
function sharesIndent(
  sequence: Sequence,
  rows: readonly Row[],
  { opens, spanning }: { readonly opens: boolean; readonly spanning: ReadonlySet<Element> },
): boolean {
  if (opens) return false;
  for (const element of spanning.size === 0 ? [] : sequence.elements) {
    if (element !== sequence.elements[0] && startsLine(leadingRelPos(element))) break;
    if (opensBracket(element) && spanning.has(element)) return true;
  }
  return rows.length === 1 && rows[0]?.below === undefined;
}

/** Whether an element starts with a bracket that would indent its content. */
export function opensBracket(element: Element): boolean {
  switch (element.kind) {
    case "struct":
    case "list":
    case "call":
    case "index":
    case "paren":
    case "comprehension":
      return true;
    case "unary":
      return opensBracket(element.expr);
    case "ellipsis":
      return element.type !== undefined && opensBracket(element.type);
    default:
      return false;
  }
}

export function structDoc(printer: Printer, node: StructLit): Doc {
  const { closeRelPos } = node;
  const decls = printer.simplifier.decls(node);
  const { inside } = placedComments(node);
  if (decls.length === 0) return emptyDoc("{", "}", inside);
  const firstStart = decls[0]!.start;
  const header = inside[0]?.line && inside[0].start <= firstStart ? inside[0] : undefined;
  const prefix = inside.filter((group) => group !== header && group.start <= firstStart);
  const suffix = inside.filter((group) => group !== header && group.start > firstStart);
  const rows = printer.rows(decls);
  const firstRelPos = prefix[0]?.relPos ?? leadingRelPos(decls[0]!);
  const inline = rows.every((row, index) => index === 0 || row.before === undefined) && !decls.some(hasComments);
  const broken =
    header !== undefined ||
    inside.length > 0 ||
    startsLine(firstRelPos) ||
    startsLine(closeRelPos) ||
    !inline ||
    (decls.length === 1 && decls[0]!.kind === "field" && rowSpans(rows[0]!));
  const content = inline ? inlineDoc(rows) : table(rows);
  if (!broken) return concat("{", content, "}");
  const parts: Doc[] = [];
  if (header !== undefined) parts.push(" ", groupDoc(header));
  parts.push(breakFor(firstRelPos));
  const above = aboveDoc(prefix, leadingRelPos(decls[0]!));
  if (above !== undefined) parts.push(above);
  parts.push(content);
  const below = belowDoc(suffix);
  if (below !== undefined) parts.push(below);
  return concat("{", nest(concatAll(parts)), breakFor(closeRelPos), "}");
}

/** Rows of one line, as they are without alignment. */
export function inlineDoc(rows: readonly Row[]): Doc {
  const parts: Doc[] = [];
  for (const [index, row] of rows.entries()) {
    if (index > 0) parts.push(", ");
    let first = true;
    for (const cell of row.cells) {
      if (cell === "") continue;
      if (!first) parts.push(" ");
      parts.push(cell);
      first = false;
    }
  }
  return concatAll(parts);
}
