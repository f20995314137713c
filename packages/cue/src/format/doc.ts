/**
 * What the formatter builds of a tree and the renderer turns into text: strings, their concatenation, indentation, line
 * breaks, and tables whose cells are aligned. Each document knows its width as long as it stays on one line, so that a
 * table can be laid out without trying.
 */
export type Doc = string | Concat | Nest | Break | Comment | RawLine | Table;

export interface Concat {
  readonly kind: "concat";
  readonly parts: readonly Doc[];
  readonly width: number;
  readonly breaks: boolean;
}

/** One level deeper for the lines that start within `doc`. */
export interface Nest {
  readonly kind: "nest";
  readonly doc: Doc;
  readonly width: number;
  readonly breaks: boolean;
}

/** A line's end; `blank` leaves an empty line. Several in a row count as the strongest. */
export interface Break {
  readonly kind: "break";
  readonly blank: boolean;
}

/** `// …`: whatever follows starts a new line. */
export interface Comment {
  readonly kind: "comment";
  readonly text: string;
}

/** The next line of a multi-line string: a break, then the text, `indented` or as it is. */
export interface RawLine {
  readonly kind: "raw-line";
  readonly text: string;
  readonly indented: boolean;
}

export interface Table {
  readonly kind: "table";
  readonly rows: readonly Row[];
  readonly breaks: boolean;
}

export interface Row {
  /** The break before the row; `undefined` for the first, or where the row goes on behind the one before. */
  readonly before: Break | undefined;
  /** Lines above the cells, with the break behind them. They start a new alignment. */
  readonly lead?: Doc | undefined;
  /** Left to right; empty ones leave their column blank. */
  readonly cells: readonly Doc[];
  /** Rows of different shapes do not align with each other. */
  readonly shape: string;
  /** Lines below the cells. */
  readonly below?: Doc | undefined;
}

export const line: Break = { kind: "break", blank: false };
export const blankLine: Break = { kind: "break", blank: true };

export function concat(...parts: Doc[]): Doc {
  return concatAll(parts);
}

export function concatAll(parts: readonly Doc[]): Doc {
  if (parts.length === 1) return parts[0]!;
  let width = 0;
  let breaks = false;
  let text: string | undefined = "";
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (typeof part === "string") {
      width += textWidth(part);
      if (text !== undefined) text = part.length + text.length > shortText ? undefined : text + part;
      continue;
    }
    text = undefined;
    width += widthOf(part);
    breaks ||= breaksOf(part);
  }
  // A few words are one text: less to lay out and to write.
  return text === undefined || text === "" ? { kind: "concat", parts, width, breaks } : text;
}

const shortText = 60;

export function nest(doc: Doc): Doc {
  return { kind: "nest", doc, width: widthOf(doc), breaks: breaksOf(doc) };
}

export function table(rows: readonly Row[]): Doc {
  if (rows.length === 0) return "";
  const breaks = rows.length > 1 || rowBreaks(rows[0]!);
  return { kind: "table", rows, breaks };
}

/** Whether a row spans lines, so that it aligns with no other. */
export function rowBreaks(row: Row): boolean {
  const { cells } = row;
  for (let i = 0; i < cells.length; i++) if (breaksOf(cells[i]!)) return true;
  return false;
}

export function commentDoc(text: string): Comment {
  return { kind: "comment", text };
}

/** Joins documents with a separator between them. */
export function join(docs: readonly Doc[], separator: Doc): Doc {
  if (docs.length === 0) return "";
  const parts: Doc[] = [];
  for (const [index, doc] of docs.entries()) {
    if (index > 0) parts.push(separator);
    parts.push(doc);
  }
  return concatAll(parts);
}

/** Columns of a document that stays on one line: characters, not bytes. */
export function widthOf(doc: Doc): number {
  if (typeof doc === "string") return textWidth(doc);
  switch (doc.kind) {
    case "concat":
    case "nest":
      return doc.width;
    case "comment":
      return textWidth(doc.text);
    case "table":
      return doc.rows[0]?.cells.reduce((sum: number, cell) => sum + widthOf(cell) + (cell === "" ? 0 : 1), -1) ?? 0;
    default:
      return 0;
  }
}

/** Whether a document spans lines. */
export function breaksOf(doc: Doc): boolean {
  if (typeof doc === "string") return false;
  switch (doc.kind) {
    case "concat":
    case "nest":
    case "table":
      return doc.breaks;
    case "comment":
      return false;
    default:
      return true;
  }
}

function textWidth(text: string): number {
  let width = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0xdc00 && code <= 0xdfff) width--;
  }
  return width;
}
