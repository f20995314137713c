import { decodeUtf8, lazyArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type LazyValue, BuiltinError } from "./builtin.ts";
import { streamElements } from "./json.ts";

/** The package `text/tabwriter`: cells that end in tabs are aligned over consecutive lines, one blank between columns. */

/** Aligns the lines from `start` to `end`, whose cells up to `column` are placed already. */
function align(
  lines: readonly (readonly string[])[],
  widths: number[][],
  from: number,
  to: number,
  column: number,
): void {
  for (let start = from; start < to; ) {
    if (lines[start]!.length - 1 <= column) {
      start++;
      continue;
    }
    let end = start;
    let width = 0;
    while (end < to && lines[end]!.length - 1 > column) {
      width = Math.max(width, Array.from(lines[end]![column]!).length);
      end++;
    }
    for (let i = start; i < end; i++) widths[i]![column] = width + 1;
    align(lines, widths, start, end, column + 1);
    start = end;
  }
}

function alignTabs(text: string): string {
  const lines = text.split("\n").map((line) => line.split(/[\t\v]/));
  const deepest = Math.max(...lines.map((line) => line.length));
  if (deepest > 500) throw new BuiltinError("more than 500 columns");
  const widths = lines.map(() => [] as number[]);
  align(lines, widths, 0, lines.length, 0);
  return lines
    .map((cells, i) =>
      cells.map((cell, j) => cell + " ".repeat(Math.max(0, (widths[i]![j] ?? 0) - Array.from(cell).length))).join(""),
    )
    .join("\n");
}

function write(data: LazyValue): string {
  const scalar = data.scalar();
  if (typeof scalar === "string") return alignTabs(scalar);
  if (scalar instanceof Uint8Array) return alignTabs(decodeUtf8(scalar));
  const lines = streamElements(data).map((line) => {
    const text = line.scalar();
    if (typeof text === "string") return text;
    throw new BuiltinError(`cannot use value ${line.text()} (type ${line.type}) as string`);
  });
  return alignTabs(lines.map((line) => `${line}\n`).join(""));
}

const functions: readonly Builtin[] = [
  { name: "Write", params: ["top"], result: "string", call: (args) => write(lazyArgument(args, 0)) },
];

export const tabwriterPackage: BuiltinPackage = { path: "text/tabwriter", functions, constants: {} };
