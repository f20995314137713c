/**
 * The store's contract: one ordered map from key to bytes under one global revision, as in etcd. `describeStore` is the
 * suite that each driver passes.
 *
 * Invariants: a revision grows by one for each commit that changes something, however many keys it names; what `commit`
 * has answered is durable and visible to every later call; reads at a revision always give the same answer until that
 * revision is compacted; a watch delivers each change once, in revision order, never one that is not durable.
 */
export interface Entry {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Revision of the last change of this key. */
  readonly revision: number;
}

export interface Operation {
  readonly key: string;
  /** `undefined` deletes. */
  readonly bytes: Uint8Array | undefined;
  /** Revision that the key must have now (0: must not exist). Without it: unconditional. */
  readonly ifRevision?: number | undefined;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** Revision at which the page was read. */
  readonly revision: number;
  /** Whether there are more after the last entry. */
  readonly more: boolean;
}

export type StoreEvent =
  | {
      readonly kind: "put";
      readonly key: string;
      readonly bytes: Uint8Array;
      readonly revision: number;
      readonly previous?: Entry | undefined;
    }
  | { readonly kind: "delete"; readonly key: string; readonly revision: number; readonly previous: Entry }
  /** All changes up to `revision` have been delivered. */
  | { readonly kind: "progress"; readonly revision: number };

export interface RangeOptions {
  readonly at?: number | undefined;
  readonly limit?: number | undefined;
  /** Exclusive: the last key of the page before. */
  readonly after?: string | undefined;
}

export interface Store extends AsyncDisposable {
  /** The latest durable revision. */
  readonly revision: number;
  /** Oldest revision that can still be read or watched from. */
  readonly compacted: number;
  /** @throws StoreError `compacted` when `at` is no longer kept, `future` when it is not reached. */
  get(key: string, options?: { readonly at?: number | undefined }): Entry | undefined;
  /** Keys with this prefix in byte order. @throws as `get`. */
  range(prefix: string, options?: RangeOptions): Page;
  /** Number of keys with this prefix, after `after`. */
  count(prefix: string, options?: { readonly at?: number | undefined; readonly after?: string | undefined }): number;
  /**
   * All or nothing; the answer is the new revision, and it is durable.
   * @throws StoreError `conflict` (with the key and its revision) when an `ifRevision` does not hold; `full`, `closed`.
   */
  commit(operations: readonly Operation[]): Promise<number>;
  /** Changes with this prefix after revision `from`. @throws StoreError `compacted`; ends with `overflow` for a reader that is too slow. */
  watch(prefix: string, options: { readonly from: number; readonly signal: AbortSignal }): AsyncIterable<StoreEvent>;
  /**
   * The same changes, pushed: `listener` is called synchronously after each commit that touches the prefix, in revision order.
   * What lies between `from` and now is delivered first, before this returns. The answer ends it.
   */
  subscribe(prefix: string, from: number, listener: (event: StoreEvent) => void): () => void;
  /** Keeps `revision` readable until released or expired; compaction stops there. */
  pin(revision: number, options: { readonly owner: string; readonly ttlMs: number }): { release(): void };
  /** A store of its own that begins as this one was at `revision`, copy-on-write; closing this one closes it. */
  fork(revision?: number): Store;
  /**
   * The last revision of the second that `timeMs` is in, or of the last one before with a change; undefined before the first.
   * Drivers that note no times have it not. @throws StoreError `compacted`.
   */
  revisionAt?(timeMs: number): number | undefined;
  /** Forgets what is older than `revision` (never pinned ones). */
  compact(revision: number): Promise<void>;
}

export type StoreErrorCode =
  | "conflict"
  | "compacted"
  | "future"
  | "full"
  | "closed"
  | "overflow"
  | "damaged"
  | "held"
  | "unwritable";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  /** The key in conflict and the revision it has now (0: it does not exist). */
  readonly key: string | undefined;
  readonly currentRevision: number | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { readonly key?: string; readonly currentRevision?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.key = options.key;
    this.currentRevision = options.currentRevision;
  }
}
