import { type Clock, InvariantError, type Log, TaskGroup, createDeferred, silentLog, systemClock } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { Cache, Client } from "../client.ts";
import { Informer, type KindRef } from "./informer.ts";
import { ObjectTable, keyOf } from "./object-table.ts";

export interface CacheOptions {
  readonly client: Client;
  readonly clock?: Clock | undefined;
  readonly log?: Log | undefined;
  /** What is kept of each object: drop what nobody reads. It must not change the object it is given. */
  readonly transform?: ((object: KubeObject) => KubeObject) | undefined;
}

interface Slot {
  readonly table: ObjectTable;
  readonly informer: Informer;
  started: boolean;
}

/** A cache of its own informers; disposing it ends them. */
export function createCache(options: CacheOptions): Cache & AsyncDisposable {
  const { client, clock = systemClock, log = silentLog, transform = (object) => object } = options;
  const tasks = new TaskGroup();
  const slots = new Map<string, Slot>();

  const slotOf = ({ apiVersion, kind }: KindRef): Slot => {
    const name = `${apiVersion}/${kind}`;
    const known = slots.get(name);
    if (known !== undefined) return known;
    const table = new ObjectTable();
    const informer = new Informer({ client, clock, log, transform, table, apiVersion, kind });
    const slot: Slot = { table, informer, started: false };
    slots.set(name, slot);
    return slot;
  };

  const start = (kind: KindRef): Slot => {
    const slot = slotOf(kind);
    if (!slot.started && !tasks.signal.aborted) {
      slot.started = true;
      tasks.run((signal) => slot.informer.run(signal));
    }
    return slot;
  };

  return {
    get: <T extends KubeObject>(ref: KindRef & { readonly namespace?: string | undefined; readonly name: string }) =>
      slotOf(ref).table.get(keyOf(ref)) as T | undefined,
    list: <T extends KubeObject>(ref: KindRef & { readonly namespace?: string | undefined }) =>
      slotOf(ref).table.list(ref.namespace) as readonly T[],
    byIndex<T extends KubeObject>(kind: KindRef, index: string, value: string): readonly T[] {
      const found = slotOf(kind).table.byIndex(index, value);
      if (found === undefined) throw new InvariantError(`the cache of ${kind.kind} has no index ${index}`);
      return found as readonly T[];
    },
    addIndex: (kind, index, valuesOf) => slotOf(kind).table.addIndex(index, valuesOf),
    watch: (kind) => void start(kind),
    hasSynced: (kind) => slotOf(kind).informer.synced,
    async synced({ signal, kinds } = {}): Promise<void> {
      const wanted = kinds === undefined ? [...slots.values()].filter((slot) => slot.started) : kinds.map(start);
      await Promise.all(wanted.map((slot) => waitFor((action) => slot.informer.whenSynced(action), signal)));
    },
    observed: (kind, resourceVersion, { signal } = {}) =>
      waitFor((action) => start(kind).informer.whenObserved(resourceVersion, action), signal),
    onChange: (kind, listener) => slotOf(kind).informer.changes.subscribe(listener),
    [Symbol.asyncDispose]: () => tasks[Symbol.asyncDispose](),
  };
}

async function waitFor(subscribe: (action: () => void) => () => void, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const done = createDeferred();
  const onAbort = (): void => done.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const forget = subscribe(() => done.resolve());
  try {
    await done.promise;
  } finally {
    forget();
    signal?.removeEventListener("abort", onAbort);
  }
}
