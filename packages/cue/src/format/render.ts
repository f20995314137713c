import {
  type Break,
  type Comment,
  type Doc,
  type RawLine,
  type Row,
  type Table,
  breaksOf,
  rowBreaks,
  widthOf,
} from "./doc.ts";

/** Deeper levels get no more tabs: a text that nests thousands of levels would grow with the square of its length. */
const maxIndent = 500;

/** Documents are written by calls as deep as this; deeper ones with a stack of their own, which costs more. */
const maxCalls = 300;

/** The text of a document, however deep it nests. Ends with one line break. */
export function render(doc: Doc): string {
  const out = new Output();
  write(out, doc, 0, 0);
  return out.finish();
}

// eslint-disable-next-line max-params -- called for every part of every document: no object for each
function write(out: Output, doc: Doc, indent: number, level: number): void {
  if (typeof doc === "string") {
    out.text(doc, indent);
    return;
  }
  if (level > maxCalls) {
    writeDeep(out, doc, indent);
    return;
  }
  switch (doc.kind) {
    case "concat": {
      const { parts } = doc;
      for (let i = 0; i < parts.length; i++) write(out, parts[i]!, indent, level + 1);
      return;
    }
    case "nest":
      write(out, doc.doc, indent + 1, level + 1);
      return;
    case "table": {
      const parts = layOutTable(doc);
      for (let i = 0; i < parts.length; i++) write(out, parts[i]!, indent, level + 1);
      return;
    }
    default:
      writeLine(out, doc, indent);
  }
}

function writeLine(out: Output, doc: Break | Comment | RawLine, indent: number): void {
  if (doc.kind === "break") out.break(doc.blank);
  else if (doc.kind === "comment") out.comment(doc.text, indent);
  else out.rawLine(doc.text, doc.indented ? indent : 0);
}

function writeDeep(out: Output, doc: Doc, from: number): void {
  const stack: { readonly doc: Doc; readonly indent: number }[] = [{ doc, indent: from }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { doc: at, indent } = next;
    if (typeof at === "string") out.text(at, indent);
    else if (at.kind === "nest") stack.push({ doc: at.doc, indent: indent + 1 });
    else if (at.kind === "concat" || at.kind === "table") {
      const parts = at.kind === "concat" ? at.parts : layOutTable(at);
      for (let i = parts.length - 1; i >= 0; i--) stack.push({ doc: parts[i]!, indent });
    } else writeLine(out, at, indent);
  }
}

/** Collects lines; breaks that were asked for come out with the next text. */
class Output {
  #text = "";
  #pending: "none" | "line" | "blank" = "none";
  #afterComment = false;
  #lineIsEmpty = true;

  text(text: string, indent: number): void {
    if (text === "") return;
    if (this.#afterComment && this.#pending === "none") this.#pending = "line";
    this.#flush(indent);
    this.#text += text;
    this.#lineIsEmpty = false;
  }

  comment(text: string, indent: number): void {
    this.text(text, indent);
    this.#afterComment = true;
  }

  break(blank: boolean): void {
    if (this.#text === "") return;
    if (blank) this.#pending = "blank";
    else if (this.#pending === "none") this.#pending = "line";
  }

  rawLine(text: string, indent: number): void {
    this.#pending = "none";
    this.#afterComment = false;
    this.#text += `\n${tabs(indent)}${text}`;
    this.#lineIsEmpty = false;
  }

  #flush(indent: number): void {
    if (this.#pending !== "none") {
      this.#text += this.#pending === "blank" ? "\n\n" : "\n";
      this.#pending = "none";
      this.#afterComment = false;
      this.#lineIsEmpty = true;
    }
    if (this.#lineIsEmpty) this.#text += tabs(indent);
  }

  finish(): string {
    return this.#text === "" ? "" : `${this.#text}\n`;
  }
}

const tabTexts: string[] = [""];
function tabs(level: number): string {
  const count = level < maxIndent ? level : maxIndent;
  return (tabTexts[count] ??= "\t".repeat(count));
}

const spaceTexts: string[] = [];
function spaces(count: number): string {
  return count < 100 ? (spaceTexts[count] ??= " ".repeat(count)) : " ".repeat(count);
}

/** A table as plain documents: cells padded within each run of rows that align. */
function layOutTable({ rows }: Table): Doc[] {
  const parts: Doc[] = [];
  let from = 0;
  while (from < rows.length) {
    let to = from + 1;
    while (to < rows.length && aligns(rows[to - 1]!, rows[to]!)) to++;
    layOutRun(rows, from, to, parts);
    from = to;
  }
  return parts;
}

/** Whether a row continues the alignment of the one before. */
function aligns(previous: Row, row: Row): boolean {
  return (
    row.before !== undefined &&
    !row.before.blank &&
    row.lead === undefined &&
    row.shape === previous.shape &&
    row.shape !== "" &&
    previous.below === undefined &&
    !rowBreaks(previous) &&
    !rowBreaks(row)
  );
}

function layOutRun(rows: readonly Row[], from: number, to: number, parts: Doc[]): void {
  const widths = to - from === 1 ? noWidths : columnWidths(rows, from, to);
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    if (row.before !== undefined) parts.push(row.before);
    if (row.lead !== undefined) parts.push(row.lead);
    if (widths === noWidths) layOutAlone(row, parts);
    else layOutCells(row, widths, parts);
    if (row.below !== undefined) parts.push(row.below);
  }
}

const noWidths: readonly number[] = [];

/** The cells of a row that aligns with no other: one space between them. */
function layOutAlone({ cells }: Row, parts: Doc[]): void {
  let first = true;
  for (let column = 0; column < cells.length; column++) {
    const cell = cells[column]!;
    if (cell === "") continue;
    if (!first) parts.push(" ");
    parts.push(cell);
    first = false;
  }
}

/** A column is as wide as its widest cell among the rows that go on behind it. */
function columnWidths(rows: readonly Row[], from: number, to: number): number[] {
  const widths: number[] = [];
  for (let i = from; i < to; i++) {
    const { cells } = rows[i]!;
    let last = cells.length - 1;
    while (last > 0 && cells[last] === "") last--;
    for (let column = 0; column < last; column++) {
      widths[column] = Math.max(widths[column] ?? 0, breaksOf(cells[column]!) ? 0 : widthOf(cells[column]!));
    }
  }
  return widths;
}

function layOutCells({ cells }: Row, widths: readonly number[], parts: Doc[]): void {
  let owed = 0;
  let first = true;
  for (let column = 0; column < cells.length; column++) {
    const cell = cells[column]!;
    if (cell !== "") {
      if (!first) parts.push(spaces(owed));
      parts.push(cell);
      first = false;
      owed = 0;
    }
    const width = widths[column] ?? 0;
    if (cell === "" && width === 0) continue;
    owed += Math.max(0, width - (cell === "" || breaksOf(cell) ? 0 : widthOf(cell))) + 1;
  }
}
