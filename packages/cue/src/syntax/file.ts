import type { Diagnostic, Pos } from "@lateen/base";
import type { Decl, File, ImportSpec } from "./ast.ts";

export interface ParseResult {
  /** What could be read, whole or not; where `diagnostics` is not empty it may hold bad expressions. */
  readonly file: File;
  readonly diagnostics: readonly Diagnostic[];
}

/** A file as the parser makes it. Lines are counted on the first question for a position. */
export class ParsedFile implements File {
  readonly kind = "file";
  readonly start = 0;
  readonly end: number;
  readonly filename: string;
  readonly text: string;
  readonly decls: readonly Decl[];
  readonly packageName: string | undefined;
  readonly imports: readonly ImportSpec[];
  readonly #places: Places;

  constructor(places: Places, decls: readonly Decl[]) {
    this.#places = places;
    this.filename = places.filename;
    this.text = places.text;
    this.end = places.text.length;
    this.decls = decls;
    this.packageName = decls.find((decl) => decl.kind === "package")?.name.name;
    this.imports = decls.flatMap((decl) => (decl.kind === "import" ? decl.specs : []));
  }

  posOf(offset: number): Pos {
    return this.#places.posOf(offset);
  }
}

/** Turns offsets into lines and columns; columns are bytes of UTF-8 from 1, as CUE counts them. */
export class Places {
  readonly filename: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(filename: string, text: string) {
    this.filename = filename;
    this.text = text;
  }

  posOf(offset: number): Pos {
    const starts = (this.#lineStarts ??= lineStartsOf(this.text));
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    const lineStart = starts[low]!;
    return { source: this.filename, offset, line: low + 1, column: 1 + utf8Length(this.text, lineStart, offset) };
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function utf8Length(text: string, from: number, to: number): number {
  let bytes = 0;
  for (let at = from; at < to && at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    // Both halves of a pair, four bytes together.
    else bytes += code >= 0xd800 && code <= 0xdfff ? 2 : 3;
  }
  return bytes;
}
