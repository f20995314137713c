import type { Duplex } from "node:stream";
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import { errorCode, frameOf, frameType, Http2Error, limit, protocolError, words } from "./protocol.ts";
import type { RequestHeaders } from "./request-headers.ts";
import { Sender } from "./sender.ts";
import { Stream } from "./stream.ts";

/** What a connection asks of the server. */
export interface StreamServer {
  readonly maxBodyBytes: number;
  respond(request: ApiRequest): Promise<ApiResponse>;
  /** The answer to a request that is refused before it is looked at. */
  refuse(why: "body too large" | "headers too large"): ApiResponse;
  /** An answer could not be had or written. */
  failed(error: unknown): void;
}

/** How long a client may take for a whole request, and for reading anything of an answer that waits for it. */
const requestMs = 60_000;
const stalledMs = 180_000;
/** Streams that we have reset: what is under way for them is ignored. */
const rememberedResets = 64;

/** The requests of one connection from their headers to the end of their answers. */
export class Streams {
  readonly sender: Sender;
  readonly #server: StreamServer;
  readonly #emptied: () => void;
  readonly #streams = new Map<number, Stream>();
  readonly #resets: number[] = [];
  /** Requests that the server has not answered although their streams are closed. */
  #orphans = 0;
  #waitingBodyBytes = 0;

  /** `emptied` hears that the last open stream is closed. */
  constructor(socket: Duplex, server: StreamServer, emptied: () => void) {
    this.sender = new Sender(socket, (stream) => this.#finish(stream));
    this.#server = server;
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#streams.size;
  }

  get(id: number): Stream | undefined {
    return this.#streams.get(id);
  }

  values(): Iterable<Stream> {
    return this.#streams.values();
  }

  /** Whether we have reset this stream lately, so that the client may not know. */
  wasReset(id: number): boolean {
    return this.#resets.includes(id);
  }

  /** Resets what takes too long. */
  sweep(now: number): void {
    for (const stream of this.#streams.values()) {
      const isLate = !stream.isRequestWhole && now - stream.openedAt > requestMs;
      const isStalled = stream.pending !== undefined && now - stream.progressAt > stalledMs;
      if (isLate || isStalled) this.reset(stream, errorCode.cancel);
    }
  }

  open(id: number, headers: RequestHeaders, { isLast, now }: { readonly isLast: boolean; readonly now: number }): void {
    if (this.#streams.size + this.#orphans >= limit.streams) {
      throw new Http2Error(errorCode.refusedStream, "too many streams", id);
    }
    const stream = new Stream({ id, headers, sendWindow: this.sender.initialWindow, now });
    this.#streams.set(id, stream);
    if (headers.isTooLarge) {
      stream.isRequestWhole = isLast;
      this.#refuse(stream, "headers too large");
      return;
    }
    if (headers.isMalformed || Number.isNaN(stream.contentLength)) throw protocolError("a malformed request", id);
    if (isLast) this.#endRequest(stream);
    else if ((stream.contentLength ?? 0) > this.#server.maxBodyBytes) this.#refuse(stream, "body too large");
  }

  takeTrailers(stream: Stream, { isLast }: { readonly isLast: boolean }): void {
    if (stream.isRequestWhole) throw new Http2Error(errorCode.streamClosed, "HEADERS after the end", stream.id);
    if (!isLast) throw protocolError("trailers that do not end the stream", stream.id);
    this.#endRequest(stream);
  }

  takeBody(stream: Stream, part: Buffer, options: { readonly received: number; readonly isLast: boolean }): void {
    if (stream.isRequestWhole) throw new Http2Error(errorCode.streamClosed, "DATA after the end", stream.id);
    this.#keep(stream, part, options);
    if (options.isLast) this.#endRequest(stream);
  }

  #keep(stream: Stream, part: Buffer, { received, isLast }: { received: number; isLast: boolean }): void {
    stream.unacknowledged += received;
    if (stream.unacknowledged > limit.streamWindow) {
      throw new Http2Error(errorCode.flowControl, "more DATA than the stream may bring", stream.id);
    }
    stream.bodyBytes += part.length;
    if (stream.bodyBytes > (stream.contentLength ?? Number.POSITIVE_INFINITY)) {
      throw protocolError("a body of another length than announced", stream.id);
    }
    if (!stream.isServed) {
      if (stream.bodyBytes > this.#server.maxBodyBytes) this.#refuse(stream, "body too large");
      else this.#keepPart(stream, part);
    }
    if (isLast || stream.isClosed) return;
    if (stream.bodyBytes > this.#server.maxBodyBytes + limit.unwantedBodyBytes) {
      this.reset(stream, errorCode.none);
    } else if (stream.unacknowledged >= limit.streamWindow / 2) {
      this.sender.control(frameOf(frameType.windowUpdate, 0, stream.id, words(stream.unacknowledged)));
      stream.unacknowledged = 0;
    }
  }

  #keepPart(stream: Stream, part: Buffer): void {
    stream.keep(part);
    this.#waitingBodyBytes += part.length;
    if (this.#waitingBodyBytes > limit.waitingBodyBytes) {
      throw new Http2Error(errorCode.refusedStream, "too much of bodies that are not whole", stream.id);
    }
  }

  #endRequest(stream: Stream): void {
    stream.isRequestWhole = true;
    if (stream.isAnswered) this.#forget(stream);
    if (stream.isServed) return;
    if (stream.bodyBytes !== (stream.contentLength ?? stream.bodyBytes)) {
      throw protocolError("a body of another length than announced", stream.id);
    }
    const request = stream.request();
    this.#letGoOfBody(stream);
    stream.isServed = true;
    stream.isWithServer = true;
    this.#server.respond(request).then(
      (response) => this.#answer(stream, response),
      (error: unknown) => this.#fail(stream, error),
    );
  }

  #letGoOfBody(stream: Stream): void {
    if (stream.isServed) return;
    this.#waitingBodyBytes -= stream.keptBytes;
    stream.dropBody();
  }

  #refuse(stream: Stream, why: "body too large" | "headers too large"): void {
    this.#letGoOfBody(stream);
    stream.isServed = true;
    this.#answer(stream, this.#server.refuse(why));
  }

  #answer(stream: Stream, response: ApiResponse): void {
    const { body } = response;
    if (body instanceof Uint8Array) {
      this.#leaveServer(stream);
      if (!stream.isClosed) this.sender.sendWhole(stream, response, body);
      return;
    }
    this.#answerInParts(stream, response, body).catch((error: unknown) => this.#fail(stream, error));
  }

  async #answerInParts(stream: Stream, response: ApiResponse, body: AsyncIterable<Uint8Array>): Promise<void> {
    if (stream.isClosed) await body[Symbol.asyncIterator]().return?.();
    else {
      this.sender.sendHeaders(stream, response);
      for await (const part of body) {
        if (stream.isClosed || stream.gone.aborted) break;
        if (part.length === 0) continue;
        const sent = this.sender.sendPart(stream, part, { isLast: false });
        if (sent !== undefined) await sent;
      }
    }
    this.#leaveServer(stream);
    void this.sender.sendPart(stream, new Uint8Array(), { isLast: true });
  }

  #fail(stream: Stream, error: unknown): void {
    this.#leaveServer(stream);
    if (stream.isClosed) return;
    if (!stream.gone.aborted) this.#server.failed(error);
    this.reset(stream, errorCode.internal);
  }

  /** The server is done with it: a stream that was reset meanwhile counts no more. */
  #leaveServer(stream: Stream): void {
    if (!stream.isWithServer) return;
    stream.isWithServer = false;
    if (stream.isClosed) this.#orphans--;
  }

  /** The whole answer is out. Who is still sending a request that was refused may end it: some hear no answer before. */
  #finish(stream: Stream): void {
    stream.isAnswered = true;
    if (stream.isRequestWhole) this.#forget(stream);
  }

  reset(stream: Stream, code: number): void {
    this.resetUnknown(stream.id, code);
    this.abandon(stream);
  }

  resetUnknown(streamId: number, code: number): void {
    this.sender.reset(streamId, code);
    this.#resets.push(streamId);
    if (this.#resets.length > rememberedResets) this.#resets.shift();
  }

  abandon(stream: Stream): void {
    stream.gone.abort();
    this.#forget(stream);
  }

  #forget(stream: Stream): void {
    if (stream.isClosed) return;
    this.#letGoOfBody(stream);
    stream.isClosed = true;
    this.#streams.delete(stream.id);
    if (stream.isWithServer) this.#orphans++;
    this.sender.forget(stream);
    if (this.#streams.size === 0) this.#emptied();
  }
}
