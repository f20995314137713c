import type { Label } from "./label.ts";
import { defaultOf } from "./evaluate.ts";
import type { Run } from "./run.ts";
import { unify } from "./unify.ts";
import { Vertex, target } from "./vertex.ts";

/** The arc of a label for somebody outside: worked off, through sharing and defaults, whatever its type. */
export function lookupLabel(run: Run, vertex: Vertex, label: Label): Vertex | undefined {
  unify(run, vertex);
  const holder = target(vertex);
  const arc = holder.arc(label);
  if (arc !== undefined) return arc;
  const chosen = defaultOf(holder);
  return chosen instanceof Vertex ? target(chosen).arc(label) : undefined;
}
