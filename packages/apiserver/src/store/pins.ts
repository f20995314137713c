import { type Clock, systemClock } from "@lateen/base";

/** Revisions that somebody still reads: compaction stops at the oldest one that has neither been released nor expired. */
export class Pins {
  readonly #pins = new Set<{ readonly revision: number; readonly owner: string; readonly expires: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  pin(revision: number, options: { readonly owner: string; readonly ttlMs: number }): { release(): void } {
    const pin = { revision, owner: options.owner, expires: this.#clock.now() + options.ttlMs };
    this.#pins.add(pin);
    return { release: () => void this.#pins.delete(pin) };
  }

  /** `revision`, or the oldest pinned one if that is older. */
  limit(revision: number): number {
    const now = this.#clock.now();
    let oldest = revision;
    for (const pin of this.#pins) {
      if (pin.expires <= now) this.#pins.delete(pin);
      else oldest = Math.min(oldest, pin.revision);
    }
    return oldest;
  }
}
