import { type Clock, systemClock } from "@lateen/base";
import { compareKeys, lowerBound, upperBound } from "./order.ts";
import { Pins } from "./pins.ts";
import {
  type Entry,
  type Operation,
  type Page,
  type RangeOptions,
  type Store,
  StoreError,
  type StoreEvent,
} from "./store.ts";
import { type Change, WatchHub } from "./watch-hub.ts";

/** A state of one key; without bytes it was deleted at that revision. */
interface Version {
  readonly revision: number;
  readonly bytes: Uint8Array | undefined;
}

export interface MemoryStoreOptions {
  readonly clock?: Clock;
}

/** A store that lives and dies with the process: for tests, simulation and previews. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options.clock ?? systemClock);
}

/** A store that begins as `base` was at `revision` and keeps its own changes in memory. */
export function createFork(base: Store, revision: number, options: MemoryStoreOptions = {}): Store {
  const pin = base.pin(revision, { owner: "fork", ttlMs: Number.MAX_SAFE_INTEGER });
  return new MemoryStore(options.clock ?? systemClock, { store: base, at: revision, release: () => pin.release() });
}

interface Base {
  readonly store: Store;
  readonly at: number;
  release(): void;
}

/** What a driver keeps in memory of a store that lies elsewhere: every read is from here, every change comes from there. */
export class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #versions = new Map<string, Version[]>();
  /** Every key of `#versions`, in byte order. */
  readonly #keys: string[] = [];
  readonly #base: Base | undefined;
  readonly #pins: Pins;
  readonly #hub: WatchHub;
  readonly #forks = new Set<Store>();
  /** Changes after `compacted`, oldest first. */
  #log: Change[] = [];
  /** The last revision of each second in which something changed. */
  #times: (readonly [second: number, revision: number])[] = [];
  #revision: number;
  #compacted: number;
  #closed = false;

  constructor(clock: Clock = systemClock, base?: Base) {
    this.#clock = clock;
    this.#base = base;
    this.#revision = base?.at ?? 1;
    this.#compacted = base?.at ?? 1;
    this.#pins = new Pins(clock);
    this.#hub = new WatchHub(this.#revision, { history: (prefix, from, to) => this.#history(prefix, from, to) });
  }

  get revision(): number {
    return this.#revision;
  }

  get compacted(): number {
    return this.#compacted;
  }

  get(key: string, options: { readonly at?: number | undefined } = {}): Entry | undefined {
    return this.#entryAt(key, this.#readable(options.at));
  }

  range(prefix: string, options: RangeOptions = {}): Page {
    const at = this.#readable(options.at);
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const entries: Entry[] = [];
    for (const entry of this.#scan(prefix, at, options.after)) {
      if (entries.length === limit) return { entries, revision: at, more: true };
      entries.push(entry);
    }
    return { entries, revision: at, more: false };
  }

  count(
    prefix: string,
    options: { readonly at?: number | undefined; readonly after?: string | undefined } = {},
  ): number {
    const at = this.#readable(options.at);
    let count = 0;
    for (const _ of this.#scan(prefix, at, options.after)) count++;
    return count;
  }

  commit(operations: readonly Operation[]): Promise<number> {
    try {
      return Promise.resolve(this.#commit(operations));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  watch(prefix: string, options: { readonly from: number; readonly signal: AbortSignal }): AsyncIterable<StoreEvent> {
    this.#readable(options.from);
    return this.#hub.watch(prefix, options);
  }

  subscribe(prefix: string, from: number, listener: (event: StoreEvent) => void): () => void {
    this.#readable(from);
    return this.#hub.subscribe(prefix, from, listener);
  }

  revisionAt(timeMs: number): number | undefined {
    const second = Math.floor(timeMs / 1000);
    const known = this.#times.findLast(([at]) => at <= second);
    return known === undefined ? undefined : this.#readable(known[1]);
  }

  pin(revision: number, options: { readonly owner: string; readonly ttlMs: number }): { release(): void } {
    this.#readable(revision);
    return this.#pins.pin(revision, options);
  }

  fork(revision = this.#revision): Store {
    this.#readable(revision);
    const fork = createFork(this, revision, { clock: this.#clock });
    this.#forks.add(fork);
    return fork;
  }

  compact(revision: number): Promise<void> {
    const limit = this.#pins.limit(Math.min(revision, this.#revision));
    if (limit <= this.#compacted) return Promise.resolve();
    this.#compacted = limit;
    this.#log = this.#log.filter((change) => change.revision > limit);
    const later = this.#times.findIndex(([, at]) => at > limit);
    this.#times.splice(0, Math.max(0, (later < 0 ? this.#times.length : later) - 1));
    const kept = this.#keys.filter((key) => this.#trim(key, limit));
    this.#keys.splice(0, this.#keys.length, ...kept);
    return Promise.resolve();
  }

  /** Begins at `revision`, with these entries as they are there; nothing has been written or read yet. */
  load(revision: number, entries: Iterable<Entry>): void {
    for (const { key, bytes, revision: at } of entries) this.#put(key, { revision: at, bytes });
    this.#revision = revision;
    this.#compacted = revision;
    this.#hub.advance(revision);
  }

  /** Takes in what happened elsewhere at `revision`, which is later than all before; nothing, when others' keys changed. */
  apply(revision: number, operations: readonly Operation[]): void {
    const changes = this.#changesAt(revision, operations);
    for (const change of changes) {
      this.#put(change.key, { revision, bytes: change.kind === "put" ? change.bytes : undefined });
      this.#log.push(change);
    }
    this.#revision = revision;
    if (changes.length > 0) this.#noteTime(revision);
    this.#hub.publish(revision, changes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const fork of this.#forks) await fork[Symbol.asyncDispose]();
    this.#base?.release();
  }

  #commit(operations: readonly Operation[]): number {
    this.#readable(undefined);
    for (const { key, ifRevision } of operations) {
      if (ifRevision === undefined) continue;
      const current = this.#entryAt(key, this.#revision)?.revision ?? 0;
      if (current !== ifRevision) throw conflictOf(key, ifRevision, current);
    }
    const revision = this.#revision + 1;
    if (this.#changesAt(revision, operations).length === 0) return this.#revision;
    this.apply(revision, operations);
    return revision;
  }

  #changesAt(revision: number, operations: readonly Operation[]): Change[] {
    const changes: Change[] = [];
    for (const { key, bytes } of operations) {
      const previous = this.#entryAt(key, this.#revision);
      if (bytes === undefined && previous === undefined) continue;
      changes.push(
        bytes === undefined
          ? { kind: "delete", key, revision, previous: previous! }
          : { kind: "put", key, bytes, revision, previous },
      );
    }
    return changes;
  }

  #noteTime(revision: number): void {
    const second = Math.floor(this.#clock.now() / 1000);
    if (this.#times.at(-1)?.[0] === second) this.#times.pop();
    this.#times.push([second, revision]);
  }

  #put(key: string, version: Version): void {
    const versions = this.#versions.get(key);
    if (versions !== undefined) {
      versions.push(version);
      return;
    }
    this.#versions.set(key, [version]);
    this.#keys.splice(lowerBound(this.#keys, key), 0, key);
  }

  /** Drops the versions of a key that no readable revision shows. @returns whether any is left. */
  #trim(key: string, compacted: number): boolean {
    const versions = this.#versions.get(key)!;
    let first = versions.length - 1;
    while (first > 0 && versions[first]!.revision > compacted) first--;
    const oldest = versions[first]!;
    // A tombstone must still hide what a fork's base has below it.
    const drop = oldest.bytes === undefined && oldest.revision <= compacted && this.#base === undefined;
    versions.splice(0, drop ? first + 1 : first);
    if (versions.length === 0) this.#versions.delete(key);
    return versions.length > 0;
  }

  #entryAt(key: string, at: number): Entry | undefined {
    const version = versionAt(this.#versions.get(key), at);
    if (version === undefined) return this.#base?.store.get(key, { at: this.#base.at });
    return version.bytes === undefined ? undefined : { key, bytes: version.bytes, revision: version.revision };
  }

  /** Entries in key order: what this store wrote over what its base holds. */
  *#scan(prefix: string, at: number, after: string | undefined): Iterable<Entry> {
    const below = this.#base === undefined ? undefined : baseEntries(this.#base, prefix, after);
    let next = below?.next().value;
    const start = after === undefined ? lowerBound(this.#keys, prefix) : upperBound(this.#keys, after);
    for (let i = start; i < this.#keys.length; i++) {
      const key = this.#keys[i]!;
      if (!key.startsWith(prefix)) break;
      const version = versionAt(this.#versions.get(key), at);
      if (version === undefined) continue;
      for (; next && compareKeys(next.key, key) < 0; next = below?.next().value) yield next;
      if (next?.key === key) next = below?.next().value;
      if (version.bytes !== undefined) yield { key, bytes: version.bytes, revision: version.revision };
    }
    for (; next; next = below?.next().value) yield next;
  }

  *#history(prefix: string, from: number, to: number): Iterable<Change> {
    for (const change of this.#log) {
      if (change.revision > from && change.revision <= to && change.key.startsWith(prefix)) yield change;
    }
  }

  /** @returns the revision to read at. @throws StoreError when it cannot be read. */
  #readable(at: number | undefined): number {
    if (this.#closed) throw new StoreError("closed", "the store is closed");
    if (at === undefined) return this.#revision;
    return checkReadable(at, this);
  }
}

/** Pages through a base so that a limited read of a fork does not load everything below it. */
function* baseEntries(base: Base, prefix: string, after: string | undefined): Generator<Entry, undefined> {
  let last = after;
  for (;;) {
    const page = base.store.range(prefix, { at: base.at, limit: 500, after: last });
    yield* page.entries;
    if (!page.more) return undefined;
    last = page.entries.at(-1)!.key;
  }
}

function versionAt(versions: readonly Version[] | undefined, at: number): Version | undefined {
  if (versions === undefined) return undefined;
  for (let i = versions.length - 1; i >= 0; i--) if (versions[i]!.revision <= at) return versions[i];
  return undefined;
}

/** @throws StoreError `compacted` or `future`. */
export function checkReadable(at: number, store: { readonly revision: number; readonly compacted: number }): number {
  if (at > store.revision)
    throw new StoreError("future", `revision ${at} is not reached; the latest is ${store.revision}`);
  if (at < store.compacted) {
    throw new StoreError("compacted", `revision ${at} is no longer kept; the oldest is ${store.compacted}`);
  }
  return at;
}

export function conflictOf(key: string, wanted: number, current: number): StoreError {
  const found = current === 0 ? "it does not exist" : `it is at revision ${current}`;
  return new StoreError("conflict", `commit ${key} if at revision ${wanted}: ${found}`, {
    key,
    currentRevision: current,
  });
}
