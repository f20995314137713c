import { finalize, errorWithin } from "./finalize.ts";
import { equalValues } from "./equality.ts";
import type { Run } from "./run.ts";
import { Vertex, noLineage } from "./vertex.ts";

export interface SubsumeOptions {
  readonly final?: boolean;
  readonly schema?: boolean;
}

/** Whether every instance of `specific` is one of `general`: whether unifying them leaves it as it is. */
export function subsumes(run: Run, general: Vertex, specific: Vertex, options: SubsumeOptions): boolean {
  void options;
  finalize(run, specific);
  const both = new Vertex(
    undefined,
    "",
    [general, specific].map((vertex) => ({
      expr: { kind: "vertex", vertex, src: undefined },
      env: undefined,
      lineage: noLineage,
    })),
    true,
  );
  finalize(run, both);
  return errorWithin(both) === undefined && equalValues(run, both, specific);
}
