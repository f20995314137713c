import { Channel, codeOf, failureStatus, type JsonObject } from "@lateen/base";
import { apiVersionOf, type KubeObject } from "@lateen/objects";
import { type Answer, asApiError } from "../answer/answer.ts";
import { shapeObject } from "../answer/shapes.ts";
import { isConvertedByWebhook, withEntries } from "../object/convert-to.ts";
import { isPassThrough } from "../object/object-reader.ts";
import { concatBytes, spliceStored } from "../object/stored-form.ts";
import type { ResourceRequest } from "../request/context.ts";
import { collectionPrefix, keyOf, type Resource } from "../registry/resource.ts";
import type { Entry, StoreEvent } from "../store/store.ts";
import { parseWatchOptions, type WatchOptions } from "./list-options.ts";
import { waitForRevision } from "./revision.ts";
import { isEmptySelection, matchesEntry, parseSelection, type Selection } from "./selection.ts";

const encoder = new TextEncoder();

/** Events that a watcher may lag behind before its stream is ended; it resumes by its last resourceVersion. */
const maxLag = 10_000;
const bookmarkMs = 60_000;
const defaultTimeoutMs = 30 * 60_000;

type EventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

/** A watch of a collection, as a stream of events, one JSON text a line. */
export async function watchObjects(request: ResourceRequest): Promise<Answer> {
  const options = parseWatchOptions(request.query);
  const selection = withName(parseSelection(request.resource, request.query), request.name);
  if (options.asked.kind === "revision") await waitForRevision(request, options.asked.revision);
  const watcher = new Watcher(request, { options, selection });
  watcher.start();
  const contentType = request.form.mediaType === "application/yaml" ? "application/yaml" : "application/json";
  return { kind: "stream", contentType, stream: watcher.channel };
}

function withName(selection: Selection, name: string): Selection {
  if (name === "") return selection;
  const requirements = [
    ...(selection.fields?.requirements ?? []),
    { field: "metadata.name", operator: "=" as const, value: name },
  ];
  return { ...selection, fields: { requirements }, name };
}

class Watcher {
  readonly channel: Channel<Uint8Array>;
  readonly #request: ResourceRequest;
  readonly #options: WatchOptions;
  readonly #selection: Selection;
  readonly #ends: (() => void)[] = [];
  #sentColumns = false;
  /** What waits for conversions, in order. */
  #tail: Promise<void> = Promise.resolve();

  constructor(request: ResourceRequest, rest: { readonly options: WatchOptions; readonly selection: Selection }) {
    this.#request = request;
    this.#options = rest.options;
    this.#selection = rest.selection;
    this.channel = new Channel<Uint8Array>({
      limit: maxLag,
      onOverflow: () => new Error("the watcher is too slow"),
      onClose: () => {
        for (const end of this.#ends.splice(0)) end();
      },
    });
  }

  start(): void {
    const { core, resource, namespace } = this.#request;
    const { signal } = this.#request.http;
    const onAbort = (): void => this.channel.end();
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#ends.push(() => signal.removeEventListener("abort", onAbort));
    core.openStreams.add(onAbort);
    this.#ends.push(() => core.openStreams.delete(onAbort));
    const prefix = this.#prefix(resource, namespace);
    const { asked, sendInitialEvents } = this.#options;
    const fromState = sendInitialEvents ?? asked.kind !== "revision";
    let from = asked.kind === "revision" ? asked.revision : core.store.revision;
    if (fromState) {
      from = core.store.revision;
      this.#sendState(prefix);
      if (sendInitialEvents === true && this.#options.bookmarks) this.#bookmark(from, { initialEnd: true });
    }
    try {
      this.#ends.push(core.store.subscribe(prefix, from, (event) => this.#receive(event)));
    } catch (error) {
      if (codeOf(error) !== "compacted") throw error;
      this.#fail(`too old resource version: ${from} (${core.store.compacted})`);
      return;
    }
    this.#startTimers();
  }

  /** Who watches one object is told of nothing else (but of names that begin with its own, which are then passed over). */
  #prefix(resource: Resource, namespace: string | undefined): string {
    const { name } = this.#selection;
    if (name === undefined || (resource.kind.namespaced && namespace === undefined))
      return collectionPrefix(resource, namespace);
    return keyOf(resource, namespace, name);
  }

  #startTimers(): void {
    const { clock } = this.#request.core;
    const { timeoutSeconds, bookmarks } = this.#options;
    const timeoutMs = timeoutSeconds === undefined || timeoutSeconds <= 0 ? defaultTimeoutMs : timeoutSeconds * 1000;
    this.#ends.push(clock.timer(timeoutMs, () => this.channel.end()));
    if (!bookmarks) return;
    let cancel = (): void => undefined;
    const beat = (): void => {
      this.#bookmark(this.#request.core.store.revision, {});
      cancel = clock.timer(bookmarkMs, beat);
    };
    cancel = clock.timer(Math.max(0, Math.min(bookmarkMs, timeoutMs - 2_000)), beat);
    this.#ends.push(() => cancel());
  }

  /** The state now, as additions. */
  #sendState(prefix: string): void {
    const { core, resource } = this.#request;
    let after: string | undefined;
    for (;;) {
      const page = core.store.range(prefix, { limit: 1000, after });
      this.#inOrder(page.entries, () => {
        for (const entry of page.entries) if (this.#matches(entry)) this.#send("ADDED", entry);
      });
      after = page.entries.at(-1)?.key;
      if (!page.more || resource.prefix === "") return;
    }
  }

  #receive(event: StoreEvent): void {
    if (event.kind === "progress") return;
    const entries: Entry[] = event.kind === "put" ? [event] : [];
    if (event.previous !== undefined) entries.push(event.previous);
    this.#inOrder(entries, () => this.#tell(event));
  }

  /** At once, or where a webhook converts when it has answered for these entries and what came before is told. */
  #inOrder(entries: readonly Entry[], tell: () => void): void {
    const { core, resource } = this.#request;
    if (!isConvertedByWebhook(resource)) {
      tell();
      return;
    }
    this.#tail = this.#tail
      .then(() => withEntries(core, { resource, entries }, tell))
      .catch((error: unknown) => {
        this.#push("ERROR", asApiError(error).status as unknown as JsonObject);
        this.channel.end();
      });
  }

  #tell(event: Exclude<StoreEvent, { readonly kind: "progress" }>): void {
    const before = event.previous !== undefined && this.#matches(event.previous);
    const after = event.kind === "put" && this.#matches(event);
    if (after) this.#send(before ? "MODIFIED" : "ADDED", event);
    // An object that leaves the selection is shown as it was, at the revision of the change.
    else if (before) this.#sendDeleted({ ...event.previous!, revision: event.revision });
  }

  #sendDeleted(entry: Entry): void {
    const { resource, form, core } = this.#request;
    if (form.as === undefined) {
      this.channel.push(eventBytes(this.#request, { resource, type: "DELETED", entry }));
      return;
    }
    this.#sendShaped("DELETED", core.reader.readPast(resource, entry));
  }

  #matches(entry: Entry): boolean {
    if (isEmptySelection(this.#selection)) return true;
    return matchesEntry(this.#request.resource, this.#selection, entry, () => this.#read(entry));
  }

  #read(entry: Entry): KubeObject {
    return this.#request.core.reader.read(this.#request.resource, entry);
  }

  #send(type: EventType, entry: Entry): void {
    const { resource, form } = this.#request;
    if (form.as === undefined) {
      this.channel.push(eventBytes(this.#request, { resource, type, entry }));
      return;
    }
    this.#sendShaped(type, this.#read(entry));
  }

  #sendShaped(type: EventType, whole: KubeObject): void {
    const object = shapeObject(this.#request, whole);
    this.#push(
      type,
      this.#request.form.as?.kind === "Table" && this.#sentColumns ? { ...object, columnDefinitions: null } : object,
    );
    this.#sentColumns = true;
  }

  #bookmark(revision: number, { initialEnd = false }: { readonly initialEnd?: boolean }): void {
    const { kind } = this.#request.resource;
    const bookmark = {
      kind: kind.kind,
      apiVersion: apiVersionOf(kind),
      metadata: {
        resourceVersion: String(revision),
        ...(initialEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
      },
    };
    this.#inOrder([], () => this.#push("BOOKMARK", bookmark));
  }

  #fail(message: string): void {
    this.#push("ERROR", failureStatus(410, "Expired", message) as unknown as JsonObject);
    this.channel.end();
  }

  #push(type: EventType, object: JsonObject): void {
    this.channel.push(encoder.encode(`${JSON.stringify({ type, object })}\n`));
  }
}

/** One event's bytes are made once, however many watchers read it. */
const written = new WeakMap<Uint8Array, Map<string, Uint8Array>>();
const tail = encoder.encode("}\n");

function eventBytes(
  request: ResourceRequest,
  { resource, type, entry }: { readonly resource: Resource; readonly type: EventType; readonly entry: Entry },
): Uint8Array {
  const apiVersion = apiVersionOf(resource.kind);
  const name = `${type} ${apiVersion} ${entry.revision}`;
  let byName = written.get(entry.bytes);
  if (byName === undefined) written.set(entry.bytes, (byName = new Map()));
  const known = byName.get(name);
  if (known !== undefined) return known;
  const gvk = { apiVersion, kind: resource.kind.kind };
  const object = isPassThrough(resource, entry)
    ? spliceStored(entry, gvk)
    : [encoder.encode(JSON.stringify(request.core.reader.readPast(resource, entry)))];
  const bytes = concatBytes([encoder.encode(`{"type":"${type}","object":`), ...object, tail]);
  byName.set(name, bytes);
  return bytes;
}
