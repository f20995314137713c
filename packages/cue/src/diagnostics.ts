import type { Diagnostic, Pos } from "@lateen/base";
import type { Source } from "./compile/ir.ts";
import { nameOfLabel } from "./eval/label.ts";
import type { Problem } from "./eval/validate.ts";

/** The place of a part of the program. */
export function posOf(source: Source | undefined): Pos | undefined {
  return source === undefined ? undefined : source.file.posOf(source.node.start);
}

/** An error of the evaluation as data for people: its place first, the places of its other parts as causes. */
export function diagnosticOf({ error, path }: Problem): Diagnostic {
  const places: Pos[] = [];
  for (const source of error.sources) {
    const pos = posOf(source);
    if (pos !== undefined && !places.some((known) => samePlace(known, pos))) places.push(pos);
  }
  return {
    code: error.code,
    message: error.message(),
    severity: "error",
    pos: places[0],
    path: path.map((label) => (typeof label === "number" ? label : nameOfLabel(label))),
    causes: places.slice(1).map((pos) => ({ code: "position", message: "see also", pos, path: [], causes: [] })),
  };
}

function samePlace(a: Pos, b: Pos): boolean {
  return a.source === b.source && a.offset === b.offset;
}
