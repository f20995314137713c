import { formatValue } from "../eval/format.ts";
import type { Run } from "../eval/run.ts";
import type { Vertex } from "../eval/vertex.ts";
import type { SyntaxOptions } from "../value.ts";

/** The text of a value. */
export function syntaxOf(run: Run, vertex: Vertex, options: SyntaxOptions): string {
  void options;
  run.spend(1);
  return formatValue(vertex);
}
