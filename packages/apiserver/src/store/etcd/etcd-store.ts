import { type Clock, createDeferred, type Deferred, errorMessage, type Log } from "@lateen/base";
import { checkReadable, conflictOf, MemoryStore } from "../memory.ts";
import {
  type Entry,
  type Operation,
  type Page,
  type RangeOptions,
  type Store,
  StoreError,
  type StoreEvent,
} from "../store.ts";
import type { EtcdConnection, EtcdStream } from "./connection.ts";
import {
  compareRevision,
  endOfPrefix,
  type Fields,
  headerRevision,
  type KeyValue,
  keyValueOf,
  message,
  rangeRequest,
  requestDelete,
  requestPut,
  requestRange,
  textBytes,
  txnRequest,
  watchCreate,
  watchProgress,
} from "./wire.ts";

export interface EtcdStoreOptions {
  readonly connection: EtcdConnection;
  /** Before every key, so that others may use the same etcd. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

const pageEntries = 2_000;
/** Who compacts does so alone for this long. */
const compactorSeconds = 600;
const retryMs = 200;
const askMs = 20;

/**
 * The store of several API servers on one etcd. All of it is kept in memory and follows etcd's watch, so that reads are as
 * quick as with any driver; a write goes to etcd as one transaction and is answered when it has come back on the watch. What
 * is kept here is dropped by `compact` of this store alone: etcd's own compaction bounds what a server that starts can read.
 */
export class EtcdStore implements Store {
  readonly #connection: EtcdConnection;
  readonly #prefix: string;
  /** What every key begins with: keys of a store begin with a slash. */
  readonly #root: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #mirror: MemoryStore;
  /** Who waits for a revision to come by the watch. */
  readonly #waiting = new Set<{ readonly revision: number; readonly done: Deferred<void> }>();
  readonly #identity = newLeaseId().toString(36);
  #stream: EtcdStream | undefined;
  #cancelRetry = (): void => undefined;
  #closed = false;

  private constructor({ connection, prefix, clock, log }: EtcdStoreOptions) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#root = `${prefix}/`;
    this.#clock = clock;
    this.#log = log;
    this.#mirror = new MemoryStore(clock);
  }

  /** Reads all that etcd still has of the past, and follows it. @throws StoreError `unwritable` when etcd does not answer. */
  static async open(options: EtcdStoreOptions): Promise<EtcdStore> {
    const store = new EtcdStore(options);
    await store.#load();
    return store;
  }

  async #load(): Promise<void> {
    const latest = headerRevision(
      await this.#connection.call("range", rangeRequest({ key: textBytes(this.#root), limit: 1 })),
    );
    const oldest = await this.#oldestRevision(latest);
    const { entries } = await this.#rangeAt(oldest);
    this.#mirror.load(oldest, entries);
    this.#follow();
    await this.#reached(latest);
  }

  /** The oldest revision that can be read: etcd tells it to who watches from the beginning. */
  #oldestRevision(latest: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const stream = this.#connection.watch();
      let stopAsking = (): void => undefined;
      const end = (revision: number): void => {
        stopAsking();
        resolve(revision);
        stream.cancel();
      };
      stream.on("data", (response: Fields) => {
        if (response.number(5) > 0) end(response.number(5));
        else if (response.messages(11).length > 0 || headerRevision(response) >= latest) {
          // Nothing was compacted; before the first key there is nothing to read.
          if (response.number(3) === 0 || latest === 1) end(Math.min(1, latest));
        }
      });
      stream.on("error", (error) => {
        stopAsking();
        reject(new StoreError("unwritable", `etcd: ${errorMessage(error)}`));
      });
      stream.write(watchCreate(this.#root, 1));
      stopAsking = this.#keepAsking(stream, () => true);
    });
  }

  async #rangeAt(revision: number | undefined): Promise<{ readonly entries: KeyValue[]; readonly revision: number }> {
    const entries: KeyValue[] = [];
    const end = endOfPrefix(this.#root);
    let key = textBytes(this.#root);
    let at = revision;
    for (;;) {
      const response = await this.#connection.call(
        "range",
        rangeRequest({ key, end, limit: pageEntries, revision: at }),
      );
      at ??= headerRevision(response);
      const found = response.messages(2);
      for (const fields of found) entries.push(keyValueOf(fields, this.#prefix));
      if (response.number(3) === 0 || found.length === 0) return { entries, revision: at };
      // The first key after the last.
      const last = found.at(-1)!.bytes(1);
      key = new Uint8Array(last.length + 1);
      key.set(last);
    }
  }

  /** Watches from where the mirror is; comes back when the stream breaks. */
  #follow(): void {
    if (this.#closed) return;
    const stream = this.#connection.watch();
    this.#stream = stream;
    const again = (): void => {
      if (this.#stream !== stream || this.#closed) return;
      this.#stream = undefined;
      this.#cancelRetry = this.#clock.timer(retryMs, () => this.#follow());
    };
    stream.on("data", (response: Fields) => {
      if (this.#stream !== stream) return;
      if (response.number(4) !== 0) {
        // What lies between was compacted while nobody listened.
        this.#stream = undefined;
        stream.cancel();
        void this.#catchUp();
        return;
      }
      this.#take(response);
    });
    stream.on("error", again);
    stream.on("end", again);
    stream.write(watchCreate(this.#root, this.#mirror.revision + 1));
    this.#keepAsking(stream, () => this.#waiting.size > 0 && this.#stream === stream);
  }

  /** The events of a response, revision by revision; without events it says how far the watch is. */
  #take(response: Fields): void {
    const events = response.messages(11);
    let operations: Operation[] = [];
    let revision = 0;
    const apply = (): void => {
      if (revision > this.#mirror.revision) this.#mirror.apply(revision, operations);
      operations = [];
    };
    for (const event of events) {
      const { key, bytes, revision: at } = keyValueOf(event.message(2), this.#prefix);
      if (at !== revision) apply();
      revision = at;
      operations.push({ key, bytes: event.number(1) === 1 ? undefined : bytes });
    }
    apply();
    const created = response.number(3) !== 0;
    const upTo = events.length === 0 && !created ? headerRevision(response) : 0;
    if (upTo > this.#mirror.revision) this.#mirror.apply(upTo, []);
    for (const waiting of this.#waiting) {
      if (waiting.revision > this.#mirror.revision) continue;
      this.#waiting.delete(waiting);
      waiting.done.resolve();
    }
  }

  /** Takes the present state where the log of changes is lost: as changes of the latest revision. */
  async #catchUp(): Promise<void> {
    try {
      const { entries, revision } = await this.#rangeAt(undefined);
      const now = new Map(entries.map((entry) => [entry.key, entry]));
      const known = this.#mirror.range("").entries;
      const operations: Operation[] = known
        .filter(({ key }) => !now.has(key))
        .map(({ key }) => ({ key, bytes: undefined }));
      const before = new Map(known.map((entry) => [entry.key, entry.revision]));
      for (const { key, bytes, revision: at } of entries) {
        if (before.get(key) !== at) operations.push({ key, bytes });
      }
      this.#mirror.apply(revision, operations);
      this.#follow();
    } catch (error) {
      this.#log({ level: "warn", message: "etcd", error: errorMessage(error) });
      if (!this.#closed) this.#cancelRetry = this.#clock.timer(retryMs, () => void this.#catchUp());
    }
  }

  #reached(revision: number): Promise<void> {
    if (this.#mirror.revision >= revision) return Promise.resolve();
    const done = createDeferred<void>();
    this.#waiting.add({ revision, done });
    const stream = this.#stream;
    if (this.#waiting.size === 1 && stream !== undefined) {
      this.#keepAsking(stream, () => this.#waiting.size > 0 && this.#stream === stream);
    }
    return done.promise;
  }

  /** Asks how far the watch is, again and again: etcd leaves a question unanswered while the watch is behind. */
  #keepAsking(stream: EtcdStream, wanted: () => boolean): () => void {
    let cancel = this.#clock.timer(askMs, () => ask());
    const ask = (): void => {
      if (!wanted() || stream.destroyed) return;
      stream.write(watchProgress());
      cancel = this.#clock.timer(askMs, ask);
    };
    return () => cancel();
  }

  get revision(): number {
    return this.#mirror.revision;
  }

  get compacted(): number {
    return this.#mirror.compacted;
  }

  get(key: string, options?: { readonly at?: number | undefined }): Entry | undefined {
    return this.#mirror.get(key, options);
  }

  range(prefix: string, options?: RangeOptions): Page {
    return this.#mirror.range(prefix, options);
  }

  count(prefix: string, options?: { readonly at?: number | undefined; readonly after?: string | undefined }): number {
    return this.#mirror.count(prefix, options);
  }

  watch(prefix: string, options: { readonly from: number; readonly signal: AbortSignal }): AsyncIterable<StoreEvent> {
    return this.#mirror.watch(prefix, options);
  }

  subscribe(prefix: string, from: number, listener: (event: StoreEvent) => void): () => void {
    return this.#mirror.subscribe(prefix, from, listener);
  }

  revisionAt(timeMs: number): number | undefined {
    return this.#mirror.revisionAt(timeMs);
  }

  pin(revision: number, options: { readonly owner: string; readonly ttlMs: number }): { release(): void } {
    return this.#mirror.pin(revision, options);
  }

  fork(revision?: number): Store {
    return this.#mirror.fork(revision);
  }

  async commit(operations: readonly Operation[]): Promise<number> {
    if (this.#closed) throw new StoreError("closed", "the store is closed");
    const key = (operation: Operation): Uint8Array => textBytes(this.#prefix + operation.key);
    const conditional = operations.filter(({ ifRevision }) => ifRevision !== undefined);
    const response = await this.#connection.call(
      "txn",
      txnRequest({
        compare: conditional.map((operation) => compareRevision(key(operation), operation.ifRevision!)),
        success: operations.map((operation) =>
          operation.bytes === undefined ? requestDelete(key(operation)) : requestPut(key(operation), operation.bytes),
        ),
        failure: conditional.map((operation) => requestRange(rangeRequest({ key: key(operation) }))),
      }),
    );
    const at = headerRevision(response);
    if (response.number(2) !== 0) {
      if (!changedSomething(operations, response)) return this.revision;
      await this.#reached(at);
      return at;
    }
    // Who retries must see the write that came before.
    await this.#reached(at);
    throw this.#conflictIn(conditional, response);
  }

  #conflictIn(conditional: readonly Operation[], response: Fields): StoreError {
    for (const [i, { key, ifRevision }] of conditional.entries()) {
      const [found] = response.messages(3)[i]?.message(1).messages(2) ?? [];
      const current = found === undefined ? 0 : keyValueOf(found, this.#prefix).revision;
      if (current !== ifRevision) return conflictOf(key, ifRevision!, current);
    }
    return new StoreError("conflict", "commit: a condition does not hold");
  }

  /** Forgets here, and in etcd where no other server of the same etcd has the lease to do so. */
  async compact(revision: number): Promise<void> {
    await this.#mirror.compact(revision);
    const limit = this.#mirror.compacted;
    if (limit <= 1 || !(await this.#mayCompact())) return;
    try {
      await this.#connection.call("compact", message([1, checkReadable(limit, this)]));
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "compacted") throw error;
    }
  }

  /** One server compacts, as long as its lease lasts; then whoever comes first. */
  async #mayCompact(): Promise<boolean> {
    const key = textBytes(`${this.#prefix}.compactor`);
    const own = textBytes(this.#identity);
    const lease = newLeaseId();
    await this.#connection.call("grant", message([1, compactorSeconds], [2, lease]));
    const response = await this.#connection.call(
      "txn",
      txnRequest({
        compare: [compareRevision(key, 0)],
        success: [requestPut(key, own, lease)],
        failure: [requestRange(rangeRequest({ key }))],
      }),
    );
    if (response.number(2) !== 0) return true;
    const [holder] = response.messages(3)[0]?.message(1).messages(2) ?? [];
    return holder !== undefined && new TextDecoder().decode(holder.bytes(5)) === this.#identity;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelRetry();
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
    for (const { done } of this.#waiting) done.reject(new StoreError("closed", "the store is closed"));
    this.#connection.close();
    await this.#mirror[Symbol.asyncDispose]();
  }
}

/** Our own, for those that etcd draws do not fit into a number. */
function newLeaseId(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 20) * 2 ** 32 + low + 1;
}

/** A transaction that deletes what is not there changes nothing, and takes no revision. */
function changedSomething(operations: readonly Operation[], response: Fields): boolean {
  return operations.some(({ bytes }, i) => bytes !== undefined || response.messages(3)[i]!.message(3).number(2) > 0);
}
