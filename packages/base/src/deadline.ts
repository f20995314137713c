import { DeadlineError } from "./errors.ts";
import { type Clock, systemClock } from "./clock.ts";

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts with the caller's, or after `ms` with a DeadlineError saying `reason`: so a time-out is told from
 * a cancel. Dispose it when the work is done, so that no timer stays behind.
 */
export function deadline(
  signal: AbortSignal | undefined,
  ms: number,
  reason: string,
  clock: Clock = systemClock,
): Deadline {
  const own = new AbortController();
  const cancel = clock.timer(ms, () => own.abort(new DeadlineError(`${reason}: no answer within ${formatMs(ms)}`)));
  return {
    signal: signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]),
    [Symbol.dispose]: cancel,
  };
}

/** Runs cleanup that must finish whatever the caller's signal says, under a fresh signal with its own limit. */
export async function shielded<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: { readonly ms: number; readonly reason: string },
): Promise<T> {
  const limit = deadline(undefined, options.ms, options.reason);
  try {
    return await work(limit.signal);
  } finally {
    limit[Symbol.dispose]();
  }
}

/** `1.5 s`, `300 ms`, `2 min`: for people. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Number((ms / 3_600_000).toFixed(1))} h`;
}

/** Resolves as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
