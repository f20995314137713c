import { isTerminal } from "./errors.ts";
import { type Clock, systemClock } from "./clock.ts";

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Defaults of client-go's item rate limiter (util/workqueue/default_rate_limiters.go): 5 ms doubling up to 1,000 s. */
export const itemBackoff: BackoffOptions = { baseMs: 5, maxMs: 1_000_000 };

/** Delay before try `n` (from 0): `baseMs · 2^n`, at most `maxMs`. */
export function backoffMs(n: number, { baseMs, maxMs }: BackoffOptions = itemBackoff): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(n, 40));
}

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly backoff?: BackoffOptions;
  /** Tries in all; without it until the signal aborts. */
  readonly attempts?: number;
  readonly shouldRetry?: (error: unknown) => boolean;
}

/**
 * Calls `attempt` until it succeeds.
 * @throws the signal's reason when aborted; a terminal error, one that `shouldRetry` refuses, or the last one, as it came.
 */
export async function retry<T>(attempt: (n: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const {
    signal,
    clock = systemClock,
    backoff = itemBackoff,
    attempts = Number.POSITIVE_INFINITY,
    shouldRetry = () => true,
  } = options;
  for (let n = 0; ; n++) {
    signal.throwIfAborted();
    try {
      return await attempt(n);
    } catch (error) {
      if (signal.aborted || isTerminal(error) || n + 1 >= attempts || !shouldRetry(error)) throw error;
    }
    await clock.sleep(backoffMs(n, backoff), { signal });
  }
}
