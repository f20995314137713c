import { type BackoffOptions, type Clock, backoffMs, itemBackoff, systemClock } from "@lateen/base";

export interface WorkQueueOptions<T> {
  /** Items of one key are one item. */
  readonly keyOf: (item: T) => string;
  /** Groups take turns, so that a crowd in one does not keep the others waiting. Default: one group. */
  readonly groupOf?: ((item: T) => string) | undefined;
  readonly clock?: Clock | undefined;
  readonly backoff?: BackoffOptions | undefined;
}

/**
 * What is to be done, each thing once: an item that is queued already is not queued again; one that is being worked on is
 * queued again when its work ends. So no item is ever in two hands, and no change is lost.
 */
export interface WorkQueue<T> extends Disposable {
  add(item: T): void;
  /** Queues the item after `ms`; of several delays of one item the shortest counts. */
  addAfter(item: T, ms: number): void;
  /** Queues the item after its own back-off, which grows with each call until `forget`. Answers the delay. */
  addWithBackoff(item: T): number;
  forget(item: T): void;
  /** The next item, in the caller's hand until `done`. @throws the reason of `close`. */
  take(): Promise<T>;
  done(item: T): void;
  /** Items waiting to be taken; without those that are delayed. */
  readonly waiting: number;
  /** Items taken and not done. */
  readonly active: number;
  /** Items whose delay is not over. */
  readonly delayed: number;
  /** Takes no more in; who waits for an item gets `reason` thrown. */
  close(reason: unknown): void;
}

export function createWorkQueue<T>(options: WorkQueueOptions<T>): WorkQueue<T> {
  return new FairWorkQueue(options);
}

interface Taker<T> {
  resolve(item: T): void;
  reject(reason: unknown): void;
}

class FairWorkQueue<T> implements WorkQueue<T> {
  readonly #keyOf: (item: T) => string;
  readonly #groupOf: (item: T) => string;
  readonly #clock: Clock;
  readonly #backoff: BackoffOptions;
  /** Waiting items by group; the groups stand in the order of their turns. */
  readonly #groups = new Map<string, Map<string, T>>();
  #waiting = 0;
  readonly #active = new Map<string, { again: boolean }>();
  readonly #delays = new Map<string, { readonly at: number; readonly cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  readonly #takers = new Set<Taker<T>>();
  #closed: { readonly reason: unknown } | undefined;

  constructor({ keyOf, groupOf = () => "", clock = systemClock, backoff = itemBackoff }: WorkQueueOptions<T>) {
    this.#keyOf = keyOf;
    this.#groupOf = groupOf;
    this.#clock = clock;
    this.#backoff = backoff;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get active(): number {
    return this.#active.size;
  }

  get delayed(): number {
    return this.#delays.size;
  }

  add(item: T): void {
    if (this.#closed !== undefined) return;
    const key = this.#keyOf(item);
    this.#undelay(key);
    const active = this.#active.get(key);
    if (active !== undefined) {
      active.again = true;
      return;
    }
    const group = this.#groupOf(item);
    const members = this.#groups.get(group);
    if (members?.has(key)) return;
    if (members === undefined) this.#groups.set(group, new Map([[key, item]]));
    else members.set(key, item);
    this.#waiting++;
    this.#hand();
  }

  addAfter(item: T, ms: number): void {
    if (this.#closed !== undefined) return;
    if (ms <= 0) {
      this.add(item);
      return;
    }
    const key = this.#keyOf(item);
    const at = this.#clock.now() + ms;
    const known = this.#delays.get(key);
    if (known !== undefined && known.at <= at) return;
    known?.cancel();
    const cancel = this.#clock.timer(ms, () => {
      this.#delays.delete(key);
      this.add(item);
    });
    this.#delays.set(key, { at, cancel });
  }

  addWithBackoff(item: T): number {
    const key = this.#keyOf(item);
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const ms = backoffMs(failures, this.#backoff);
    this.addAfter(item, ms);
    return ms;
  }

  forget(item: T): void {
    this.#failures.delete(this.#keyOf(item));
  }

  take(): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed.reason as Error);
        return;
      }
      this.#takers.add({ resolve, reject });
      this.#hand();
    });
  }

  done(item: T): void {
    const key = this.#keyOf(item);
    const active = this.#active.get(key);
    this.#active.delete(key);
    if (active?.again === true) this.add(item);
  }

  /** Gives waiting items to waiting takers. */
  #hand(): void {
    for (const taker of this.#takers) {
      const item = this.#next();
      if (item === undefined) return;
      this.#takers.delete(taker);
      taker.resolve(item.value);
    }
  }

  #next(): { readonly value: T } | undefined {
    for (const [group, members] of this.#groups) {
      // The group goes to the end of the row, or away.
      this.#groups.delete(group);
      for (const [key, value] of members) {
        members.delete(key);
        if (members.size > 0) this.#groups.set(group, members);
        this.#waiting--;
        this.#active.set(key, { again: false });
        return { value };
      }
    }
    return undefined;
  }

  #undelay(key: string): void {
    this.#delays.get(key)?.cancel();
    this.#delays.delete(key);
  }

  close(reason: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { reason };
    for (const { cancel } of this.#delays.values()) cancel();
    this.#delays.clear();
    this.#groups.clear();
    this.#waiting = 0;
    for (const taker of this.#takers) taker.reject(reason);
    this.#takers.clear();
  }

  [Symbol.dispose](): void {
    this.close(new DOMException("the work queue was closed", "AbortError"));
  }
}
