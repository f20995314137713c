/** Turns the virtual clock until nothing happens by itself any more. */
import type { ManualClock } from "@lateen/base";
import type { Store } from "@lateen/apiserver";

/** Turns of the event loop without a change after which this process is taken to wait for its clock. */
const quietTurns = 6;
const maxTurns = 200_000;
/** Retries after a conflict come within this time: what is at rest is so after them. */
const retriesMs = 2_000;
/** After so long without news, time goes on in leaps. */
const leapAfterMs = 2 * 60_000;
const leapMs = 10 * 60_000;

export interface Look {
  /** Nothing more is to be awaited. */
  readonly rests: boolean;
  /** How long nothing new has been seen. */
  readonly quietMs: number;
  /** When something is known to happen next. */
  readonly nextMs: number | undefined;
}

export interface RestOptions {
  readonly clock: ManualClock;
  readonly store: Store;
  /** Nothing is queued, being worked on or being answered. */
  readonly idle: () => boolean;
  /** Called whenever everything waits for the clock. */
  readonly look: () => Promise<Look>;
  readonly horizonMs: number;
  readonly signal: AbortSignal;
}

/** One turn of the host's event loop: what is under way goes on until it waits. */
export async function turnLoop(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** @returns `rest`, or `horizon` when the time has passed first. @throws when it never comes to rest, the signal's reason. */
export async function runToRest(options: RestOptions): Promise<"rest" | "horizon"> {
  const { clock, look, signal } = options;
  const end = clock.now() + options.horizonMs;
  let restsUntil: number | undefined;
  for (let turns = 0; turns < maxTurns; turns++) {
    signal.throwIfAborted();
    await untilQuiet(options);
    const revision = options.store.revision;
    const { rests, quietMs, nextMs } = await look();
    if (options.store.revision !== revision) continue;
    const next = clock.nextTimer() ?? Number.POSITIVE_INFINITY;
    restsUntil = rests ? (restsUntil ?? clock.now() + retriesMs) : undefined;
    if (restsUntil !== undefined && next > restsUntil) return "rest";
    if (next > end) return "horizon";
    const leap = nextMs ?? clock.now() + leapMs;
    if (!rests && quietMs > leapAfterMs && leap > next) await clock.leap(Math.min(leap, end) - clock.now());
    else await clock.advance(Math.max(0, next - clock.now()));
  }
  throw new Error(`the preview does not come to rest within ${maxTurns} steps of its clock`);
}

async function untilQuiet({ clock, store, idle, signal }: RestOptions): Promise<void> {
  let still = 0;
  for (let turns = 0; still < quietTurns; turns++) {
    signal.throwIfAborted();
    if (turns > maxTurns) throw new Error("the preview does not come to rest: something in it changes for ever");
    const { revision } = store;
    await clock.advance(0);
    still = store.revision === revision && idle() ? still + 1 : 0;
  }
}
