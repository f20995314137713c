import type { Label } from "./label.ts";
import type { Run } from "./run.ts";
import { unify } from "./unify.ts";
import { type Vertex, target } from "./vertex.ts";

/** The arc of a label for somebody outside: worked off, through sharing, whatever its type. Defaults are not taken. */
export function lookupLabel(run: Run, vertex: Vertex, label: Label): Vertex | undefined {
  unify(run, vertex);
  return target(vertex).arc(label);
}
