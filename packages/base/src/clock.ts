import { InvariantError } from "./errors.ts";

/** Where time comes from. Everything that waits or stamps takes one, so that the control plane runs in virtual time too. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Calls `action` once after `ms`; the returned function cancels it. */
  timer(ms: number, action: () => void): () => void;
}

/** Longest delay that the host's timers take (2^31 − 1 ms); longer ones are chained. */
const maxTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, options) => sleepOn(systemClock, ms, options?.signal),
  timer(ms, action) {
    let handle: ReturnType<typeof setTimeout>;
    const arm = (left: number): void => {
      handle = setTimeout(() => (left > maxTimerMs ? arm(left - maxTimerMs) : action()), Math.min(left, maxTimerMs));
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(handle);
  },
};

function sleepOn(clock: Pick<Clock, "timer">, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal!.reason);
    };
    const cancel = clock.timer(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** A clock that stands until told to go: for tests, previews and simulation. */
export interface ManualClock extends Clock {
  /** Moves time on, running every timer that falls due in its order; lets promises settle after each. */
  advance(ms: number): Promise<void>;
  /**
   * Moves time on at once, as for a machine that slept: each timer that falls due in between runs late, at the new time.
   * What they set anew does not count, so that a period which passed often is seen once.
   */
  leap(ms: number): Promise<void>;
  /** The time of the next timer, if there is one. */
  nextTimer(): number | undefined;
}

export interface ManualClockOptions {
  /** Lets what is under way in this process go on until it waits; the host's timers by default, which are slow. */
  readonly settle?: () => Promise<void>;
}

/** @param startMs the time it shows at first, milliseconds since the epoch. */
export function createManualClock(
  startMs = Date.UTC(2026, 0, 1),
  { settle = settleByTimers }: ManualClockOptions = {},
): ManualClock {
  let now = startMs;
  let sequence = 0;
  const timers = new Map<number, { readonly at: number; readonly action: () => void }>();
  const nextDue = (): [number, { readonly at: number; readonly action: () => void }] | undefined => {
    let best: [number, { readonly at: number; readonly action: () => void }] | undefined;
    for (const entry of timers) if (best === undefined || entry[1].at < best[1].at) best = entry;
    return best;
  };
  const clock: ManualClock = {
    now: () => now,
    sleep: (ms, options) => sleepOn(clock, ms, options?.signal),
    timer(ms, action) {
      const id = ++sequence;
      timers.set(id, { at: now + Math.max(0, ms), action });
      return () => void timers.delete(id);
    },
    nextTimer: () => nextDue()?.[1].at,
    async advance(ms) {
      if (ms < 0) throw new InvariantError(`a clock cannot go back ${-ms} ms`);
      const target = now + ms;
      await settle();
      for (let due = nextDue(); due !== undefined && due[1].at <= target; due = nextDue()) {
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].action();
        await settle();
      }
      now = target;
      await settle();
    },
    async leap(ms) {
      if (ms < 0) throw new InvariantError(`a clock cannot go back ${-ms} ms`);
      await settle();
      now += ms;
      const due = [...timers].filter(([, { at }]) => at <= now).toSorted(([, a], [, b]) => a.at - b.at);
      for (const [id, { action }] of due) {
        // One that ran before may have cancelled it.
        if (!timers.delete(id)) continue;
        action();
        await settle();
      }
      await settle();
    },
  };
  return clock;
}

/** Lets queued promise reactions and macrotasks of in-process work run. */
async function settleByTimers(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setTimeout(resolve, 0));
}
