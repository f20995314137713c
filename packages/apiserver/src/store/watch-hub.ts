import { Channel } from "@lateen/base";
import { StoreError, type StoreEvent } from "./store.ts";

/** A change of one key, as opposed to progress. */
export type Change = Exclude<StoreEvent, { readonly kind: "progress" }>;

interface Subscription {
  readonly listener: (event: StoreEvent) => void;
  /** Revision up to which the listener has everything. */
  delivered: number;
}

export interface WatchHubOptions {
  /** Changes with this prefix in (from, to], in revision order: what the ring no longer holds. */
  readonly history: (prefix: string, from: number, to: number) => Iterable<Change>;
  readonly ringEvents?: number;
  readonly ringBytes?: number;
  /** Events that a pulled watch may lag behind. */
  readonly channelLimit?: number;
}

/**
 * Fans durable changes out to listeners by prefix, and keeps the latest ones in memory so that a watch from a recent
 * revision reads no disk. Drivers publish each revision once, in order, after it is durable.
 */
export class WatchHub {
  readonly #options: Required<WatchHubOptions>;
  readonly #byPrefix = new Map<string, Set<Subscription>>();
  #ring: Change[] = [];
  #ringHead = 0;
  #ringBytes = 0;
  /** The ring holds every change after this revision. */
  #ringFrom: number;
  #revision: number;

  constructor(revision: number, options: WatchHubOptions) {
    this.#options = { ringEvents: 10_000, ringBytes: 16 * 1024 * 1024, channelLimit: 10_000, ...options };
    this.#ringFrom = revision;
    this.#revision = revision;
  }

  /** Nothing was there before `revision`: for a driver that begins with a state. */
  advance(revision: number): void {
    this.#revision = revision;
    this.#ringFrom = revision;
  }

  publish(revision: number, changes: readonly Change[]): void {
    this.#revision = revision;
    for (const change of changes) this.#remember(change);
    for (const [prefix, subscriptions] of this.#byPrefix) {
      const touched = changes.filter((change) => change.key.startsWith(prefix));
      if (touched.length === 0) continue;
      for (const subscription of subscriptions) {
        if (subscription.delivered >= revision) continue;
        subscription.delivered = revision;
        for (const change of touched) subscription.listener(change);
      }
    }
  }

  subscribe(prefix: string, from: number, listener: (event: StoreEvent) => void): () => void {
    const subscription: Subscription = { listener, delivered: this.#revision };
    let set = this.#byPrefix.get(prefix);
    if (set === undefined) this.#byPrefix.set(prefix, (set = new Set()));
    const group = set;
    group.add(subscription);
    const end = (): void => {
      group.delete(subscription);
      if (group.size === 0 && this.#byPrefix.get(prefix) === group) this.#byPrefix.delete(prefix);
    };
    try {
      const upTo = this.#revision;
      for (const change of this.#since(prefix, from, upTo)) listener(change);
      listener({ kind: "progress", revision: upTo });
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  watch(prefix: string, options: { readonly from: number; readonly signal: AbortSignal }): AsyncIterable<StoreEvent> {
    const { from, signal } = options;
    const channel = new Channel<StoreEvent>({
      limit: this.#options.channelLimit,
      onOverflow: () => new StoreError("overflow", `watch ${prefix}: the reader is too slow`),
      onClose: () => {
        end();
        signal.removeEventListener("abort", onAbort);
      },
    });
    const onAbort = (): void => channel.fail(signal.reason);
    let end = (): void => undefined;
    end = this.subscribe(prefix, from, (event) => void channel.push(event));
    if (channel.closed) end();
    if (signal.aborted) channel.fail(signal.reason);
    else signal.addEventListener("abort", onAbort, { once: true });
    return channel;
  }

  /** Changes in (from, to] with this prefix: from the driver's history as far as the ring does not reach back. */
  *#since(prefix: string, from: number, to: number): Iterable<Change> {
    if (from < this.#ringFrom) yield* this.#options.history(prefix, from, Math.min(this.#ringFrom, to));
    for (let i = this.#ringHead; i < this.#ring.length; i++) {
      const change = this.#ring[i]!;
      if (change.revision > from && change.revision <= to && change.key.startsWith(prefix)) yield change;
    }
  }

  #remember(change: Change): void {
    this.#ring.push(change);
    this.#ringBytes += sizeOf(change);
    const { ringEvents, ringBytes } = this.#options;
    while (this.#ring.length - this.#ringHead > ringEvents || this.#ringBytes > ringBytes) {
      const dropped = this.#ring[this.#ringHead++];
      if (dropped === undefined) break;
      this.#ringBytes -= sizeOf(dropped);
      this.#ringFrom = dropped.revision;
    }
    if (this.#ringHead > 1024 && this.#ringHead * 2 > this.#ring.length) {
      this.#ring = this.#ring.slice(this.#ringHead);
      this.#ringHead = 0;
    }
  }
}

function sizeOf(change: Change): number {
  return (change.kind === "put" ? change.bytes.length : 0) + (change.previous?.bytes.length ?? 0);
}
