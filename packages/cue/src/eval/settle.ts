import type { Budget } from "@lateen/base";
import { Detour, LimitError, type Run } from "./run.ts";
import { unify } from "./unify.ts";
import { type Bottom, bottom } from "./values.ts";
import type { Vertex } from "./vertex.ts";

/**
 * The entry to evaluation: runs `work` within a budget. Where vertices depend on each other too deeply for the stack,
 * the innermost is worked off first, on a stack of its own, and `work` begins again: what is done stays done.
 * @returns the result, or the error of code `limit` when the budget is used up.
 */
export function within<T>(run: Run, budget: Budget, work: () => T): T | Bottom {
  if (run.stack.length > 0) return work();
  run.begin(budget);
  try {
    return withDetours(run, work);
  } catch (error) {
    run.abandon();
    if (error instanceof LimitError) return limitError(error.message, error.vertex);
    if (error instanceof RangeError) return limitError("evaluations depend on each other too deeply", undefined);
    throw error;
  }
}

function withDetours<T>(run: Run, work: () => T): T {
  const goals: Vertex[] = [];
  for (;;) {
    try {
      for (let goal = goals.at(-1); goal !== undefined; goal = goals.at(-1)) {
        unify(run, goal);
        goals.pop();
      }
      return work();
    } catch (error) {
      if (!(error instanceof Detour)) throw error;
      run.abandon();
      if (goals.length >= run.depthLimit) throw new LimitError(`nested deeper than ${run.depthLimit}`, error.vertex);
      goals.push(error.vertex);
    }
  }
}

function limitError(message: string, vertex: Vertex | undefined): Bottom {
  return bottom({ code: "limit", message, vertex });
}
