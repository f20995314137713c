import type { JsonValue } from "@lateen/base";
import type { KubeObject, Transport } from "@lateen/objects";

/** Names an object, or a collection of them where `name` is absent. Custom resources are addressed in the same way. */
export interface ResourceRef {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for cluster-scoped kinds, and for lists over all namespaces. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export type CollectionRef = Omit<ResourceRef, "name">;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  /** `status`, `scale`, …: the part of the object that the write is about. */
  readonly subresource?: string;
}

export interface ListOptions extends CallOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface KubeList<T extends KubeObject = KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
}

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly object: KubeObject; readonly initialEventsEnd: boolean };

export interface WatchOptions extends CallOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  /** Begin with the state as ADDED events, ended by a bookmark. */
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

export interface LogOptions extends CallOptions {
  readonly namespace: string;
  readonly name: string;
  /** Needed only for pods of several containers. */
  readonly container?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly previous?: boolean | undefined;
  readonly timestamps?: boolean | undefined;
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
}

export interface DeleteOptions extends CallOptions {
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

/** A patch body and its kind: `json` is RFC 6902, `merge` RFC 7386, `strategic` Kubernetes' own. */
export type Patch =
  | { readonly kind: "json"; readonly operations: readonly JsonValue[] }
  | { readonly kind: "merge" | "strategic"; readonly value: JsonValue };

/**
 * Typed calls of the Kubernetes API over any transport. Each method throws an ApiError whose message says what was
 * attempted on which object. `get` throws NotFound; ask with `isNotFound`.
 */
export interface Client {
  readonly transport: Transport;
  get<T extends KubeObject = KubeObject>(
    ref: ResourceRef,
    options?: CallOptions & { readonly subresource?: string },
  ): Promise<T>;
  list<T extends KubeObject = KubeObject>(ref: CollectionRef, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  /** PUT: the object's resourceVersion is its precondition. */
  update<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject = KubeObject>(ref: ResourceRef, patch: Patch, options?: WriteOptions): Promise<T>;
  /** Server-side apply. @throws Conflict unless `force`. */
  apply<T extends KubeObject>(
    object: T,
    options: WriteOptions & { readonly fieldManager: string; readonly force?: boolean },
  ): Promise<T>;
  delete(ref: ResourceRef, options?: DeleteOptions): Promise<KubeObject>;
  deleteCollection(ref: CollectionRef, options?: DeleteOptions & ListOptions): Promise<void>;
  /** Ends when the server ends it or the signal aborts (then it throws the reason). @throws Expired when the version is too old. */
  watch<T extends KubeObject = KubeObject>(ref: CollectionRef, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** The output of a pod's container, as it comes. Ends when the container does, if followed. @throws ApiError before the first bytes. */
  logs(options: LogOptions): AsyncIterable<Uint8Array>;
  /** Whether the server knows the kind, and where: for callers that get kinds from a user. @throws NotFound with the nearest kind. */
  resolve(
    apiVersion: string,
    kind: string,
    options?: CallOptions,
  ): Promise<{ readonly plural: string; readonly namespaced: boolean }>;
  /** A raw call, for what has no method: logs, version, reviews. @throws ApiError on status ≥ 400. */
  raw(request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Uint8Array | JsonValue;
    readonly signal?: AbortSignal | undefined;
  }): Promise<{ readonly status: number; readonly body: Uint8Array | AsyncIterable<Uint8Array> }>;
}

/**
 * Frozen objects as the watch brought them. All readers share one instance. Reads are synchronous and may lag behind the
 * server; they never go back.
 */
export interface Cache {
  get<T extends KubeObject = KubeObject>(ref: ResourceRef): T | undefined;
  list<T extends KubeObject = KubeObject>(ref: CollectionRef): readonly T[];
  /** Objects for which `addIndex`'s function gave `value`. */
  byIndex<T extends KubeObject = KubeObject>(
    kind: { readonly apiVersion: string; readonly kind: string },
    index: string,
    value: string,
  ): readonly T[];
  /** Names an index of a kind; before or after its informer has started. */
  addIndex(
    kind: { readonly apiVersion: string; readonly kind: string },
    index: string,
    valuesOf: (object: KubeObject) => readonly string[],
  ): void;
  /** Starts (once) the informer of a kind. */
  watch(kind: { readonly apiVersion: string; readonly kind: string }): void;
  hasSynced(kind: { readonly apiVersion: string; readonly kind: string }): boolean;
  /** Resolves when the kinds named (or all started ones) hold the server's whole state. */
  synced(
    options?: CallOptions & { readonly kinds?: readonly { readonly apiVersion: string; readonly kind: string }[] },
  ): Promise<void>;
  /**
   * Resolves when the cache has taken in everything of the kind up to `resourceVersion`: so that a controller sees its own
   * writes before it decides again. @throws the signal's reason.
   */
  observed(
    kind: { readonly apiVersion: string; readonly kind: string },
    resourceVersion: string,
    options?: CallOptions,
  ): Promise<void>;
  /** Called after the cache has taken the change in. `previous` is absent for an addition, `object` for a deletion. */
  onChange(
    kind: { readonly apiVersion: string; readonly kind: string },
    listener: (change: { readonly object?: KubeObject; readonly previous?: KubeObject }) => void,
  ): () => void;
}
