import { ApiError, type FailureStatus, abortable } from "@lateen/base";
import type { ApiResponse, KubeObject } from "@lateen/objects";
import type { WatchEvent } from "./client.ts";
import { TransportError, statusOf } from "./request.ts";

/** The annotation of the bookmark that ends the initial events (KEP-3157, WatchList). */
const initialEventsEnd = "k8s.io/initial-events-end";

/** Longest line that a watch may send; the API's objects are limited to half of it. */
const maxLineBytes = 8 * 1024 * 1024;

/**
 * The events of a watch's body: one JSON text a line, however the lines are cut into chunks.
 * @throws ApiError for an ERROR event; TransportError when the stream ends inside a line; the signal's reason.
 */
export async function* decodeWatch<T extends KubeObject>(
  body: ApiResponse["body"],
  options: { readonly attempted: string; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  for await (const line of lines(body, options)) yield eventOf<T>(line, options.attempted);
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

async function* lines(
  body: ApiResponse["body"],
  { attempted, signal }: { readonly attempted: string; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of chunksOf(body, signal)) {
    pending += decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = pending.indexOf("\n"); end >= 0; end = pending.indexOf("\n", start)) {
      if (end > start) yield pending.slice(start, end);
      start = end + 1;
    }
    pending = pending.slice(start);
    if (pending.length > maxLineBytes)
      throw new TransportError(`${attempted}: an event is longer than ${maxLineBytes} bytes`);
  }
  if (pending.trim() !== "") throw new TransportError(`${attempted}: the stream ended inside an event`);
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
