/** One line of the table that `npm run bench` prints. */
export interface Row {
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
  /** A peer or a limit, measured or set in the same run. */
  readonly reference?: { readonly name: string; readonly figure: number };
  /** The cost at 1×, 2× and 4× of the size. */
  readonly growth?: readonly [number, number, number];
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median milliseconds of a call, after as many warm-up calls. */
export function timeCalls(runs: number, call: () => void): number {
  for (let i = 0; i < runs; i++) call();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const begun = performance.now();
    call();
    times.push(performance.now() - begun);
  }
  return median(times);
}
