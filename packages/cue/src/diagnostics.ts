import type { Diagnostic } from "@lateen/base";
import { nameOfLabel } from "./eval/label.ts";
import type { Problem } from "./eval/validate.ts";
import { posOf, samePlace } from "./report/sources.ts";

/** An error of the evaluation in CUE's own words, as its command lists it: message, path and the places of its parts. */
export function plainDiagnostic({ error, path }: Problem): Diagnostic {
  const places = error.sources.map(posOf).filter((pos) => pos !== undefined);
  const distinct = places.filter((pos, at) => places.findIndex((other) => samePlace(other, pos)) === at);
  return {
    code: error.code,
    message: error.message(),
    severity: "error",
    pos: distinct[0],
    path: path.map((label) => (typeof label === "number" ? label : nameOfLabel(label))),
    causes: distinct.slice(1).map((pos) => ({ code: "position", message: "see also", pos, path: [], causes: [] })),
  };
}

export { posOf } from "./report/sources.ts";
