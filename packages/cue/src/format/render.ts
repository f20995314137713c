import { type Doc, type Row, type Table, breaksOf, rowBreaks, widthOf } from "./doc.ts";

/** Deeper levels get no more tabs: a text that nests thousands of levels would grow with the square of its length. */
const maxIndent = 500;

/** The text of a document, without recursion: documents nest as deep as their trees. Ends with one line break. */
export function render(doc: Doc): string {
  const out = new Output();
  const stack: Doc[] = [doc];
  const indents: number[] = [0];
  while (stack.length > 0) {
    const next = stack.pop()!;
    const indent = indents.pop()!;
    if (typeof next === "string") {
      out.text(next, indent);
      continue;
    }
    switch (next.kind) {
      case "concat":
        for (let i = next.parts.length - 1; i >= 0; i--) {
          stack.push(next.parts[i]!);
          indents.push(indent);
        }
        break;
      case "nest":
        stack.push(next.doc);
        indents.push(indent + 1);
        break;
      case "break":
        out.break(next.blank);
        break;
      case "comment":
        out.comment(next.text, indent);
        break;
      case "raw-line":
        out.rawLine(next.text, next.indented ? indent : 0);
        break;
      case "table": {
        const parts = layOutTable(next);
        for (let i = parts.length - 1; i >= 0; i--) {
          stack.push(parts[i]!);
          indents.push(indent);
        }
      }
    }
  }
  return out.finish();
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
  const widths = columnWidths(rows, from, to);
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    if (row.before !== undefined) parts.push(row.before);
    if (row.lead !== undefined) parts.push(row.lead);
    layOutCells(row, widths, parts);
    if (row.below !== undefined) parts.push(row.below);
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
