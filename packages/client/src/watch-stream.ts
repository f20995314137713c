import { ApiError, type FailureStatus, abortable, deepFreeze } from "@lateen/base";
import type { ApiResponse, KubeObject } from "@lateen/objects";
import type { WatchEvent } from "./client.ts";
import { TransportError, statusOf } from "./request.ts";

/** The annotation of the bookmark that ends the initial events (KEP-3157, WatchList). */
const initialEventsEnd = "k8s.io/initial-events-end";

/** Longest line that a watch may send; the API's objects are limited to half of it. */
const maxLineBytes = 8 * 1024 * 1024;

/**
 * What was read of a chunk that holds whole lines: an API server in the same process gives all watchers of a change the very
 * same bytes, so that they share one frozen object.
 */
const shared = new WeakMap<Uint8Array, readonly WatchEvent[]>();

/**
 * The events of a watch's body: one JSON text a line, however the lines are cut into chunks. Their objects are frozen.
 * @throws ApiError for an ERROR event; TransportError when the stream ends inside a line; the signal's reason.
 */
export async function* decodeWatch<T extends KubeObject>(
  body: ApiResponse["body"],
  { attempted, signal }: { readonly attempted: string; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const lines = new LineReader(attempted);
  for await (const chunk of chunksOf(body, signal)) {
    const known = lines.atStart ? shared.get(chunk) : undefined;
    if (known !== undefined) {
      yield* known as readonly WatchEvent<T>[];
      continue;
    }
    const whole = lines.atStart;
    const events: WatchEvent<T>[] = [];
    for (const line of lines.read(chunk)) {
      const event = deepFreeze(eventOf<T>(line, attempted));
      events.push(event);
      yield event;
    }
    if (whole && lines.atStart) shared.set(chunk, events);
  }
  lines.end();
}

/** Cuts chunks into lines. */
class LineReader {
  readonly #attempted: string;
  readonly #decoder = new TextDecoder();
  #pending = "";
  #ended = true;

  constructor(attempted: string) {
    this.#attempted = attempted;
  }

  /** Nothing of an unfinished line is held back. */
  get atStart(): boolean {
    return this.#ended;
  }

  *read(chunk: Uint8Array): Generator<string, void, undefined> {
    this.#pending += this.#decoder.decode(chunk, { stream: true });
    this.#ended = chunk.at(-1) === 0x0a;
    let start = 0;
    for (let end = this.#pending.indexOf("\n"); end >= 0; end = this.#pending.indexOf("\n", start)) {
      if (end > start) yield this.#pending.slice(start, end);
      start = end + 1;
    }
    this.#pending = this.#pending.slice(start);
    if (this.#pending.length > maxLineBytes)
      throw new TransportError(`${this.#attempted}: an event is longer than ${maxLineBytes} bytes`);
  }

  end(): void {
    if (this.#pending.trim() !== "") throw new TransportError(`${this.#attempted}: the stream ended inside an event`);
  }
}

function eventOf<T extends KubeObject>(line: string, attempted: string): WatchEvent<T> {
  let event: { readonly type: string; readonly object: KubeObject };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (cause) {
    throw new TransportError(`${attempted}: an event is no JSON`, { cause });
  }
  switch (event.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type: event.type, object: event.object as T };
    case "BOOKMARK":
      return {
        type: "BOOKMARK",
        object: event.object,
        initialEventsEnd: event.object.metadata.annotations?.[initialEventsEnd] === "true",
      };
    case "ERROR":
      throw new ApiError(statusOf(event.object as unknown as FailureStatus, 500), { attempted });
    default:
      throw new TransportError(`${attempted}: unknown event type ${JSON.stringify(event.type)}`);
  }
}

async function* chunksOf(
  body: ApiResponse["body"],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a generator that waits for its source would never answer.
    void iterator.return?.()?.catch(() => undefined);
  }
}
