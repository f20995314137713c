/**
 * What pure code may spend on a user's text. It is counted, not timed: a signal cannot arrive during synchronous work,
 * so shells turn deadlines into `interrupted` and code asks it every few thousand steps.
 */
export interface Budget {
  /** Units of work (unifications, calls, comparisons). */
  readonly steps: number;
  /** Nesting of evaluation. */
  readonly depth: number;
  /** Bytes of text or data that may be made. */
  readonly bytes: number;
  interrupted?(): boolean;
}

/** Enough for every honest template, far below what hurts a process. */
export const defaultBudget: Budget = { steps: 10_000_000, depth: 10_000, bytes: 64 * 1024 * 1024 };

/** A budget that also ends `ms` after now. */
export function budgetUntil(ms: number, limits: Partial<Budget> = {}, now: () => number = Date.now): Budget {
  const end = now() + ms;
  return { ...defaultBudget, ...limits, interrupted: () => now() >= end };
}
