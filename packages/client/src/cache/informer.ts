/**
 * One kind's objects as a watch brings them. It begins with the state as initial events (WatchList) or, from a server that
 * refuses those, with a list; then follows the watch from the last version it saw. When that version has expired it takes
 * the state in anew and tells listeners the difference: what it holds is served meanwhile and never goes back.
 */
import {
  Broadcast,
  type Clock,
  type Log,
  backoffMs,
  deepFreeze,
  errorMessage,
  isExpired,
  isInvalid,
  isNotFound,
} from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { Client, WatchEvent } from "../client.ts";
import { type ObjectTable, keyOf } from "./object-table.ts";

export interface KindRef {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface Change {
  readonly object?: KubeObject;
  readonly previous?: KubeObject;
}

export interface InformerOptions extends KindRef {
  readonly client: Client;
  readonly table: ObjectTable;
  readonly clock: Clock;
  readonly log: Log;
  readonly transform: (object: KubeObject) => KubeObject;
}

/** Waits between failed attempts: client-go's reflector begins with 0.8 s and ends at 30 s. */
const watchBackoff = { baseMs: 100, maxMs: 30_000 };
/** A kind that is not served yet may be installed at any moment. */
const absentKindMs = 1_000;
/** A watch that ends sooner without an event is a failed one. */
const shortWatchMs = 1_000;

export class Informer {
  readonly changes = new Broadcast<Change>();
  readonly #options: InformerOptions;
  #version = "";
  #synced = false;
  #initialEvents: "stream" | "list" = "stream";
  readonly #onSynced = new Set<() => void>();
  readonly #onVersion = new Set<{ readonly version: number; readonly action: () => void }>();

  constructor(options: InformerOptions) {
    this.#options = options;
  }

  get synced(): boolean {
    return this.#synced;
  }

  whenSynced(action: () => void): () => void {
    if (this.#synced) action();
    else this.#onSynced.add(action);
    return () => void this.#onSynced.delete(action);
  }

  /** Calls `action` once the state up to `version` is taken in; the answer cancels it. */
  whenObserved(version: string, action: () => void): () => void {
    const waiting = { version: Number(version), action };
    if (Number(this.#version) >= waiting.version) action();
    else this.#onVersion.add(waiting);
    return () => void this.#onVersion.delete(waiting);
  }

  #advance(version: string): void {
    this.#version = version;
    for (const waiting of this.#onVersion) {
      if (Number(version) < waiting.version) continue;
      this.#onVersion.delete(waiting);
      waiting.action();
    }
  }

  /** Follows the kind until the signal aborts. Never throws otherwise: what fails is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const startedAt = this.#options.clock.now();
      let events = 0;
      try {
        for await (const event of this.#events(signal)) {
          events++;
          failures = 0;
          this.#receive(event);
        }
        // An orderly end: the watch's time was over.
        if (events > 0 || this.#options.clock.now() - startedAt >= shortWatchMs) continue;
      } catch (error) {
        if (signal.aborted) return;
        this.#judge(error);
        if (isNotFound(error)) {
          await this.#pause(absentKindMs, signal);
          continue;
        }
        if (isExpired(error)) continue;
      }
      await this.#pause(backoffMs(failures++, watchBackoff), signal);
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(ms, { signal }).catch(() => undefined);
  }

  /** What the next attempt must do otherwise. */
  #judge(error: unknown): void {
    const { kind, log } = this.#options;
    if (isExpired(error)) {
      this.#version = "";
      log({ level: "debug", message: "the watch's version has expired; taking the state in anew", object: kind });
    } else if (isInvalid(error) && this.#version === "" && this.#initialEvents === "stream") {
      this.#initialEvents = "list";
    } else {
      log({
        level: "debug",
        message: "the watch has failed and is tried again",
        object: kind,
        error: errorMessage(error),
      });
    }
  }

  async *#events(signal: AbortSignal): AsyncGenerator<WatchEvent, void, undefined> {
    const { client, apiVersion, kind } = this.#options;
    const ref = { apiVersion, kind };
    if (this.#version === "" && this.#initialEvents === "stream") {
      yield* this.#initial(client.watch(ref, { sendInitialEvents: true, signal }));
      return;
    }
    if (this.#version === "") await this.#list(signal);
    yield* client.watch(ref, { resourceVersion: this.#version, signal });
  }

  /** Holds the initial events back until their bookmark, then replaces the state at once. */
  async *#initial(events: AsyncIterable<WatchEvent>): AsyncGenerator<WatchEvent, void, undefined> {
    let state: Map<string, KubeObject> | undefined = new Map();
    for await (const event of events) {
      if (state === undefined) {
        yield event;
      } else if (event.type === "BOOKMARK") {
        if (!event.initialEventsEnd) continue;
        this.#replace(state, event.object.metadata.resourceVersion ?? "");
        state = undefined;
        yield event;
      } else if (event.type === "DELETED") {
        state.delete(keyOf(event.object.metadata));
      } else {
        state.set(keyOf(event.object.metadata), event.object);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, apiVersion, kind } = this.#options;
    const state = new Map<string, KubeObject>();
    let version = "";
    let next: string | undefined;
    do {
      const page = await client.list(
        { apiVersion, kind },
        { limit: 500, signal, ...(next !== undefined && { continue: next }) },
      );
      for (const object of page.items) state.set(keyOf(object.metadata), object);
      version = page.resourceVersion;
      next = page.continue;
    } while (next !== undefined);
    this.#replace(state, version);
  }

  #replace(state: ReadonlyMap<string, KubeObject>, version: string): void {
    const { table } = this.#options;
    for (const key of table.keys()) if (!state.has(key)) this.#take(key, undefined);
    for (const [key, object] of state) {
      if (!isOlder(object, table.get(key))) this.#take(key, object);
    }
    this.#advance(version);
    if (this.#synced) return;
    this.#synced = true;
    for (const action of this.#onSynced) action();
    this.#onSynced.clear();
  }

  #receive(event: WatchEvent): void {
    const { metadata } = event.object;
    if (event.type !== "BOOKMARK") {
      const key = keyOf(metadata);
      if (event.type === "DELETED") this.#take(key, undefined, event.object);
      else if (!isOlder(event.object, this.#options.table.get(key))) this.#take(key, event.object);
    }
    if (metadata.resourceVersion !== undefined) this.#advance(metadata.resourceVersion);
  }

  #take(key: string, object: KubeObject | undefined, last?: KubeObject): void {
    const { table, transform, log, kind } = this.#options;
    const entering = object === undefined ? undefined : deepFreeze(transform(object));
    const previous = table.set(key, entering);
    const leaving = previous === undefined || last === undefined ? previous : deepFreeze(transform(last));
    const known = entering === undefined ? leaving : previous;
    if (entering === undefined && known === undefined) return;
    try {
      this.changes.publish({ ...(entering && { object: entering }), ...(known && { previous: known }) });
    } catch (error) {
      log({ level: "error", message: "a listener has failed", object: `${kind} ${key}`, error: errorMessage(error) });
    }
  }
}

/** Versions of one server can be compared as numbers (since Kubernetes 1.35 by contract); an object made anew never is older. */
function isOlder(object: KubeObject, known: KubeObject | undefined): boolean {
  if (known === undefined || known.metadata.uid !== object.metadata.uid) return false;
  return Number(object.metadata.resourceVersion) <= Number(known.metadata.resourceVersion);
}
