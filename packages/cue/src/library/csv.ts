import { lazyArgument, textOrBytesArgument, utf8Length } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type LazyValue, BuiltinError } from "./builtin.ts";
import { streamElements } from "./json.ts";
import { jsonText } from "./json-text.ts";
import { isSpace } from "./text-case.ts";

/** The package `encoding/csv`: RFC 4180 with `\n` as line end. */

function encode(rows: LazyValue): string {
  return streamElements(rows)
    .map((row) => `${streamElements(row).map(cellText).map(quoted).join(",")}\n`)
    .join("");
}

function cellText(value: LazyValue): string {
  const scalar = value.scalar();
  return typeof scalar === "string" ? scalar : jsonText(value.concrete());
}

function quoted(cell: string): string {
  if (cell === "") return cell;
  const needed = cell === String.raw`\.` || /[,"\r\n]/.test(cell) || isSpace(cell[0]!);
  return needed ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Records of cells; each has as many as the first. @throws BuiltinError */
function decode(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  const input = text.replaceAll("\r\n", "\n");
  let at = 0;
  let line = 1;
  while (at < input.length) {
    if (input[at] === "\n") {
      at++;
      line++;
      continue;
    }
    const first = line;
    const record = readRecord(input, at, line);
    if (records[0] !== undefined && record.cells.length !== records[0].length)
      throw new BuiltinError(`record on line ${first}: wrong number of fields`);
    records.push(record.cells);
    at = record.end;
    line = record.line;
  }
  return records;
}

function readRecord(input: string, start: number, firstLine: number): { cells: string[]; end: number; line: number } {
  const cells: string[] = [];
  let at = start;
  let line = firstLine;
  for (;;) {
    if (input[at] === '"') {
      const cell = readQuoted(input, at, line);
      cells.push(cell.text);
      at = cell.end;
      line = cell.line;
    } else {
      const end = /[,\n]/.exec(input.slice(at));
      const text = end === null ? input.slice(at) : input.slice(at, at + end.index);
      const quote = text.indexOf('"');
      if (quote >= 0)
        throw parseError({ line, column: columnOf(input, at + quote), reason: 'bare " in non-quoted-field' });
      cells.push(text);
      at += text.length;
    }
    if (input[at] !== ",") break;
    at++;
  }
  return { cells, end: at + 1, line: line + 1 };
}

function readQuoted(input: string, start: number, firstLine: number): { text: string; end: number; line: number } {
  let text = "";
  let at = start + 1;
  for (;;) {
    const close = input.indexOf('"', at);
    if (close < 0) {
      const line = firstLine + input.slice(start).split("\n").length - 1;
      throw parseError({
        line,
        column: columnOf(input, input.length),
        reason: 'extraneous or missing " in quoted-field',
      });
    }
    text += input.slice(at, close);
    const next = input[close + 1];
    at = close + 2;
    if (next === '"') text += '"';
    else {
      const line = firstLine + text.split("\n").length - 1;
      if (next === undefined || next === "," || next === "\n") return { text, end: close + 1, line };
      throw parseError({ line, column: columnOf(input, close), reason: 'extraneous or missing " in quoted-field' });
    }
  }
}

function columnOf(input: string, at: number): number {
  return utf8Length(input, input.lastIndexOf("\n", at - 1) + 1, at) + 1;
}

function parseError(what: { readonly line: number; readonly column: number; readonly reason: string }): BuiltinError {
  return new BuiltinError(`parse error on line ${what.line}, column ${what.column}: ${what.reason}`);
}

const functions: readonly Builtin[] = [
  { name: "Encode", params: ["top"], result: "string", call: (args) => encode(lazyArgument(args, 0)) },
  {
    name: "Decode",
    params: ["bytes | string"],
    result: "list",
    call: (args) => decode(textOrBytesArgument(args, 0)),
  },
];

export const csvPackage: BuiltinPackage = { path: "encoding/csv", functions, constants: {} };
