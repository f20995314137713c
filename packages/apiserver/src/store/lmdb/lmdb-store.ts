import { statfs } from "node:fs/promises";
import { type Clock, createDeferred, type Deferred, errorMessage, type Log } from "@lateen/base";
import { checkReadable, conflictOf, createFork } from "../memory.ts";
import { Pins } from "../pins.ts";
import {
  type Entry,
  type Operation,
  type Page,
  type RangeOptions,
  type Store,
  StoreError,
  type StoreEvent,
} from "../store.ts";
import { type Change, WatchHub } from "../watch-hub.ts";
import {
  formatVersion,
  historyKey,
  type LogItem,
  logKey,
  maxKeyBytes,
  metaKey,
  presentKey,
  readRevision,
  revisionBytes,
  stamped,
  timeKey,
  timeTag,
} from "./layout.ts";
import { LogReader, readLastRevision, type Table } from "./log-reader.ts";

export interface LmdbStoreOptions {
  readonly table: Table;
  readonly compacted: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onClose: () => Promise<void>;
  /** Where the data is, for asking how full the disk is. */
  readonly folder: string;
}

/** A commit that has been checked and waits for its group to be on disk. */
interface Pending {
  readonly revision: number;
  readonly changes: readonly Change[];
  readonly done: Deferred<number>;
}

/** Revisions that one step of compaction drops, so that writers wait little. */
const compactionStep = 500;
/** A disk with less room than this is full. */
const fullBelowBytes = 1024 * 1024;
/** Most bytes of one group, so that a transaction stays small in memory. */
const maxGroupBytes = 8 * 1024 * 1024;

/**
 * Writers are checked at once against the state that all accepted commits lead to, and written in groups: while one group
 * is on its way to the disk the next gathers. Nothing is read, answered or published before its group is durable.
 */
export class LmdbStore implements Store {
  readonly #table: Table;
  readonly #reader: LogReader;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onClose: () => Promise<void>;
  readonly #folder: string;
  readonly #pins: Pins;
  readonly #hub: WatchHub;
  readonly #forks = new Set<Store>();
  #queue: Pending[] = [];
  #writing: Promise<void> | undefined;
  /** What accepted commits have made of keys, until they are durable. */
  readonly #ahead = new Map<string, Entry | { readonly deleted: true; readonly revision: number }>();
  #revision: number;
  #accepted: number;
  #compacted: number;
  #closed = false;

  constructor({ table, compacted, clock, log, onClose, folder }: LmdbStoreOptions) {
    this.#folder = folder;
    this.#table = table;
    this.#reader = new LogReader(table);
    this.#clock = clock;
    this.#log = log;
    this.#onClose = onClose;
    this.#pins = new Pins(clock);
    this.#compacted = compacted;
    this.#revision = Math.max(compacted, readLastRevision(table) ?? 1);
    this.#accepted = this.#revision;
    this.#hub = new WatchHub(this.#revision, { history: (prefix, from, to) => this.#reader.changes(prefix, from, to) });
  }

  get revision(): number {
    return this.#revision;
  }

  get compacted(): number {
    return this.#compacted;
  }

  get(key: string, { at }: { readonly at?: number | undefined } = {}): Entry | undefined {
    this.#checkOpen();
    if (at === undefined || at === this.#revision) return this.#reader.present(key);
    return this.#reader.at(key, checkReadable(at, this));
  }

  range(prefix: string, { at, limit = Number.POSITIVE_INFINITY, after }: RangeOptions = {}): Page {
    this.#checkOpen();
    if (at === undefined || at === this.#revision) {
      return { ...this.#reader.presentRange(prefix, { limit, after }), revision: this.#revision };
    }
    checkReadable(at, this);
    const entries: Entry[] = [];
    for (const entry of this.#reader.pastRange(prefix, at, after)) {
      if (entries.length === limit) return { entries, revision: at, more: true };
      entries.push(entry);
    }
    return { entries, revision: at, more: false };
  }

  count(
    prefix: string,
    { at, after }: { readonly at?: number | undefined; readonly after?: string | undefined } = {},
  ): number {
    this.#checkOpen();
    if (at === undefined || at === this.#revision) return this.#reader.countPresent(prefix, after);
    checkReadable(at, this);
    let count = 0;
    for (const _ of this.#reader.pastRange(prefix, at, after)) count++;
    return count;
  }

  async commit(operations: readonly Operation[]): Promise<number> {
    this.#checkOpen();
    for (const { key } of operations) checkKey(key);
    const before = operations.map(({ key }) => this.#accept(key));
    const conflict = conflictIn(operations, before);
    if (conflict !== undefined) {
      // Who retries must see the write that came before: it is accepted, but may not be readable yet.
      await this.#settled();
      throw conflict;
    }
    const revision = this.#accepted + 1;
    const changes = changesOf(operations, before, revision);
    if (changes.length === 0) {
      await this.#settled();
      return this.#revision;
    }
    this.#accepted = revision;
    for (const change of changes) {
      const { key } = change;
      this.#ahead.set(
        key,
        change.kind === "put" ? { key, bytes: change.bytes, revision } : { deleted: true, revision },
      );
    }
    const done = createDeferred<number>();
    this.#queue.push({ revision, changes, done });
    this.#writing ??= this.#write();
    return done.promise;
  }

  watch(prefix: string, options: { readonly from: number; readonly signal: AbortSignal }): AsyncIterable<StoreEvent> {
    this.#checkOpen();
    checkReadable(options.from, this);
    return this.#hub.watch(prefix, options);
  }

  subscribe(prefix: string, from: number, listener: (event: StoreEvent) => void): () => void {
    this.#checkOpen();
    checkReadable(from, this);
    return this.#hub.subscribe(prefix, from, listener);
  }

  revisionAt(timeMs: number): number | undefined {
    this.#checkOpen();
    const revision = this.#reader.revisionAt(timeMs);
    return revision === undefined ? undefined : checkReadable(revision, this);
  }

  pin(revision: number, options: { readonly owner: string; readonly ttlMs: number }): { release(): void } {
    this.#checkOpen();
    checkReadable(revision, this);
    return this.#pins.pin(revision, options);
  }

  fork(revision = this.#revision): Store {
    this.#checkOpen();
    checkReadable(revision, this);
    const fork = createFork(this, revision, { clock: this.#clock });
    this.#forks.add(fork);
    return fork;
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    const limit = this.#pins.limit(Math.min(revision, this.#revision));
    if (limit <= this.#compacted) return;
    const from = this.#compacted;
    // Said first: a reader must never find half of a past.
    this.#compacted = limit;
    await this.#table.put(metaKey, Buffer.from(JSON.stringify({ format: formatVersion, compacted: limit })));
    for (let at = from; at < limit && !this.#closed; at += compactionStep) {
      await this.#forget(at, Math.min(at + compactionStep, limit));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    await this.#settled();
    if (this.#closed) return;
    this.#closed = true;
    for (const fork of this.#forks) await fork[Symbol.asyncDispose]();
    await this.#onClose();
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreError("closed", "the store is closed");
  }

  #accept(key: string): Entry | undefined {
    const ahead = this.#ahead.get(key);
    if (ahead === undefined) return this.#reader.present(key);
    return "deleted" in ahead ? undefined : ahead;
  }

  async #settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Writes group after group until nothing waits. */
  async #write(): Promise<void> {
    // Commits of the same turn belong together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#writeGroup(group);
      } catch (error) {
        await this.#fail(group, error);
        continue;
      }
      this.#publish(group);
    }
    this.#writing = undefined;
  }

  #takeGroup(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const { changes } of this.#queue) {
      for (const change of changes) bytes += change.kind === "put" ? change.bytes.length : 0;
      if (count > 0 && bytes > maxGroupBytes) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** One transaction. */
  async #writeGroup(group: readonly Pending[]): Promise<void> {
    const table = this.#table;
    const writes: Promise<unknown>[] = [];
    const batch = table.batch(() => {
      for (const { revision, changes } of group) {
        const items: LogItem[] = [];
        for (const change of changes) {
          const { key, previous } = change;
          items.push([key, change.kind === "put" ? "p" : "d", previous?.revision ?? 0]);
          if (previous !== undefined) {
            writes.push(table.put(historyKey(key, previous.revision), stamped(revision, previous.bytes)));
          }
          if (change.kind === "put") writes.push(table.put(presentKey(key), stamped(revision, change.bytes)));
          else writes.push(table.remove(presentKey(key)));
        }
        writes.push(table.put(logKey(revision), Buffer.from(JSON.stringify(items))));
      }
      writes.push(table.put(timeKey(this.#clock.now()), revisionBytes(group.at(-1)!.revision)));
    });
    const outcomes = await Promise.allSettled([batch, ...writes]);
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw await commitCause(failure.reason);
  }

  #publish(group: readonly Pending[]): void {
    // Reads share a snapshot for a turn of the event loop; the next one must see this group.
    this.#table.resetReadTxn();
    for (const { revision, changes, done } of group) {
      this.#revision = revision;
      for (const change of changes) this.#reader.apply(change);
      for (const { key } of changes) if (this.#ahead.get(key)?.revision === revision) this.#ahead.delete(key);
      try {
        this.#hub.publish(revision, changes);
      } catch (error) {
        this.#log({ level: "error", message: "a watcher failed", error: errorMessage(error) });
      }
      done.resolve(revision);
    }
  }

  /** A group that could not be written takes with it all that was accepted on top of it. */
  async #fail(group: readonly Pending[], cause: unknown): Promise<void> {
    const message = errorMessage(cause);
    const full = /MDB_MAP_FULL|ENOSPC|No space/i.test(message) || (await this.#isDiskFull());
    const error = new StoreError(
      full ? "full" : "unwritable",
      full ? `the disk of the data directory is full: ${message}` : `write to the data directory: ${message}`,
      { cause },
    );
    this.#log({ level: "error", message: "commit", error: error.message });
    const lost = [...group, ...this.#queue.splice(0)];
    this.#ahead.clear();
    this.#accepted = this.#revision;
    for (const { done } of lost) done.reject(error);
  }

  async #isDiskFull(): Promise<boolean> {
    try {
      const { bavail, bsize } = await statfs(this.#folder);
      return bavail * bsize < fullBelowBytes;
    } catch {
      return false;
    }
  }

  /** Drops what was replaced in (from, to], and the log of it. */
  async #forget(from: number, to: number): Promise<void> {
    const table = this.#table;
    const removed: Buffer[] = [];
    for (const { key, value } of table.getRange({ start: logKey(from), end: logKey(to + 1) })) {
      for (const [name, , previous] of JSON.parse(value.toString("utf8")) as LogItem[]) {
        if (previous > 0) removed.push(historyKey(name, previous));
      }
      removed.push(Buffer.from(key));
    }
    // The last second before what is kept stays: times after it mean its revision.
    const times = [...table.getRange({ start: timeKey(0), end: Buffer.of(timeTag + 1) })];
    const kept = times.findIndex(({ value }) => readRevision(value) > to);
    for (const { key } of times.slice(0, (kept < 0 ? times.length : kept) - 1)) removed.push(Buffer.from(key));
    await table.batch(() => {
      for (const key of removed) void table.remove(key);
    });
  }
}

type Before = readonly (Entry | undefined)[];

function conflictIn(operations: readonly Operation[], before: Before): StoreError | undefined {
  for (const [i, { key, ifRevision }] of operations.entries()) {
    if (ifRevision === undefined) continue;
    const current = before[i]?.revision ?? 0;
    if (current !== ifRevision) return conflictOf(key, ifRevision, current);
  }
  return undefined;
}

function changesOf(operations: readonly Operation[], before: Before, revision: number): Change[] {
  const changes: Change[] = [];
  for (const [i, { key, bytes }] of operations.entries()) {
    const previous = before[i];
    if (bytes !== undefined) changes.push({ kind: "put", key, bytes, revision, previous });
    else if (previous !== undefined) changes.push({ kind: "delete", key, revision, previous });
  }
  return changes;
}

/** The library wraps why a transaction failed into a promise of its own, which must not stay unread. */
async function commitCause(reason: unknown): Promise<unknown> {
  const wrapped = (reason as { readonly commitError?: Promise<unknown> } | undefined)?.commitError;
  if (wrapped === undefined) return reason;
  try {
    await wrapped;
    return reason;
  } catch (error) {
    return error;
  }
}

function checkKey(key: string): void {
  if (key.includes("\0") || (key.length > maxKeyBytes / 3 && Buffer.byteLength(key) > maxKeyBytes)) {
    throw new StoreError("conflict", `key of ${Buffer.byteLength(key)} bytes is too long or holds a zero byte`, {
      key,
    });
  }
}
