import type { Duplex } from "node:stream";
import { encodeHeaders, type Headers } from "./header-encoder.ts";
import { Output } from "./output.ts";
import {
  defaultFrameSize,
  defaultWindow,
  errorCode,
  flag,
  frameHeaderBytes,
  frameOf,
  frameType,
  Http2Error,
  limit,
  maxWindow,
  words,
  writeFrameHeader,
} from "./protocol.ts";
import type { Stream } from "./stream.ts";

/** Bodies up to here are put into one piece with their headers. */
const joinBytes = 16 * 1024;

/**
 * The writing half of a connection: answers within the windows that the client gives (RFC 9113, 5.2), and no more than the
 * socket takes. Streams that wait take turns.
 */
export class Sender {
  readonly #output: Output;
  readonly #finished: (stream: Stream) => void;
  readonly #waiting = new Set<Stream>();
  #window = defaultWindow;
  #maxFrameBytes = defaultFrameSize;
  #shrinkTable = false;
  /** What a new stream may send. */
  initialWindow = defaultWindow;

  /** `finished` hears of each stream whose answer is out. */
  constructor(socket: Duplex, finished: (stream: Stream) => void) {
    this.#output = new Output(socket);
    this.#finished = finished;
    socket.on("drain", () => this.#resume());
  }

  /** A frame that no window holds back. */
  control(frame: Buffer): void {
    this.#output.write(frame);
  }

  /** Whether more waits than answers alone can be: the client sends and does not read. */
  get isOverrun(): boolean {
    return this.#output.waitingBytes > limit.waitingControlBytes + limit.waitingOutputBytes;
  }

  flush(): void {
    this.#output.flush();
  }

  reset(streamId: number, code: number): void {
    this.control(frameOf(frameType.resetStream, 0, streamId, words(code)));
  }

  /** The client's SETTINGS_MAX_FRAME_SIZE. */
  set maxFrameBytes(bytes: number) {
    this.#maxFrameBytes = Math.min(bytes, limit.dataFrameBytes);
  }

  /** The client's SETTINGS_HEADER_TABLE_SIZE. */
  set headerTableBytes(bytes: number) {
    // Our half uses no table, but who makes it smaller wants to hear that it was understood (RFC 7541, 4.2).
    if (bytes < 4096) this.#shrinkTable = true;
  }

  /** An answer that is whole. */
  sendWhole(stream: Stream, { status, headers }: { status: number; headers: Headers }, body: Uint8Array): void {
    const isEmpty = body.length === 0 || stream.headers.method === "HEAD";
    const block = this.#encode(status, headers, body.length);
    const fits = Math.min(this.#window, stream.sendWindow, this.#maxFrameBytes);
    const isSmall = body.length <= Math.min(joinBytes, fits);
    if (!isEmpty && isSmall && !this.#output.isFull && block.length <= defaultFrameSize) {
      this.#output.write(joined(stream.id, block, body));
      this.#take(stream, body.length);
      this.#finished(stream);
      return;
    }
    this.#writeHeaders(stream.id, block, isEmpty);
    if (isEmpty) this.#finished(stream);
    else void this.sendPart(stream, body, { isLast: true });
  }

  /** The headers of an answer whose body follows in parts. */
  sendHeaders(stream: Stream, { status, headers }: { status: number; headers: Headers }): void {
    this.#writeHeaders(stream.id, this.#encode(status, headers, undefined), false);
  }

  /** A part of the body. The promise, where there is one, is for the moment when the next may come. */
  sendPart(stream: Stream, part: Uint8Array, { isLast }: { readonly isLast: boolean }): Promise<void> | undefined {
    if (stream.isClosed) return undefined;
    stream.pending = part;
    stream.pendingAt = 0;
    stream.isPendingLast = isLast;
    this.#pump(stream);
    return stream.pending === undefined ? undefined : stream.sent();
  }

  /** WINDOW_UPDATE for the connection. */
  openWindow(bytes: number): void {
    this.#window += bytes;
    if (this.#window > maxWindow) throw new Http2Error(errorCode.flowControl, "the connection's window overflows");
    this.#resume();
  }

  /** WINDOW_UPDATE for a stream. */
  openStreamWindow(stream: Stream, bytes: number): void {
    stream.sendWindow += bytes;
    if (stream.sendWindow > maxWindow) throw new Http2Error(errorCode.flowControl, "a window overflows", stream.id);
    if (stream.pending !== undefined) this.#pump(stream);
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE: what changes for the streams that are open. */
  changeInitialWindow(bytes: number, streams: Iterable<Stream>): void {
    const change = bytes - this.initialWindow;
    this.initialWindow = bytes;
    for (const stream of streams) {
      stream.sendWindow += change;
      if (stream.sendWindow > maxWindow) throw new Http2Error(errorCode.flowControl, "a window overflows");
      if (change > 0 && stream.pending !== undefined) this.#pump(stream);
    }
  }

  /** Nothing of this stream goes out any more. */
  forget(stream: Stream): void {
    stream.pending = undefined;
    this.#waiting.delete(stream);
    stream.settleSent();
  }

  #encode(status: number, headers: Headers, bodyBytes: number | undefined): Buffer {
    const shrinkTable = this.#shrinkTable;
    this.#shrinkTable = false;
    return encodeHeaders(status, headers, { shrinkTable, bodyBytes });
  }

  #writeHeaders(streamId: number, block: Buffer, isLast: boolean): void {
    const endStream = isLast ? flag.endStream : 0;
    if (block.length <= defaultFrameSize) {
      this.#output.write(frameOf(frameType.headers, endStream | flag.endHeaders, streamId, block));
      return;
    }
    for (let at = 0; at < block.length; at += defaultFrameSize) {
      const part = block.subarray(at, at + defaultFrameSize);
      const endHeaders = at + part.length === block.length ? flag.endHeaders : 0;
      const type = at === 0 ? frameType.headers : frameType.continuation;
      this.#output.write(frameOf(type, (at === 0 ? endStream : 0) | endHeaders, streamId, part));
    }
  }

  /** Writes what windows and socket allow of the pending part; what is left waits for its turn. */
  #pump(stream: Stream): void {
    const { pending } = stream;
    if (pending === undefined) return;
    do {
      if (this.#output.isFull) break;
      const left = pending.length - stream.pendingAt;
      const count = Math.min(left, stream.sendWindow, this.#window, this.#maxFrameBytes);
      if (count <= 0 && left > 0) break;
      const isLast = count === left && stream.isPendingLast;
      if (count > 0 || isLast)
        this.#writeData(stream, pending.subarray(stream.pendingAt, stream.pendingAt + count), isLast);
      stream.pendingAt += count;
    } while (stream.pendingAt < pending.length);
    if (stream.pendingAt < pending.length || (this.#output.isFull && pending.length === 0)) {
      this.#waiting.delete(stream);
      this.#waiting.add(stream);
      return;
    }
    const { isPendingLast } = stream;
    this.forget(stream);
    if (isPendingLast) this.#finished(stream);
  }

  #writeData(stream: Stream, bytes: Uint8Array, isLast: boolean): void {
    const head = {
      length: bytes.length,
      type: frameType.data,
      flags: isLast ? flag.endStream : 0,
      streamId: stream.id,
    };
    const isSmall = bytes.length <= 4096;
    const frame = Buffer.allocUnsafe(frameHeaderBytes + (isSmall ? bytes.length : 0));
    writeFrameHeader(frame, 0, head);
    if (isSmall) frame.set(bytes, frameHeaderBytes);
    this.#output.write(frame);
    if (!isSmall) this.#output.write(bytes);
    this.#take(stream, bytes.length);
  }

  #take(stream: Stream, bytes: number): void {
    this.#window -= bytes;
    stream.sendWindow -= bytes;
    stream.progressAt = performance.now();
  }

  #resume(): void {
    // A stream that still has to wait goes to the end, so that each gets its turn.
    for (const stream of Array.from(this.#waiting)) {
      if (this.#output.isFull || this.#window <= 0) return;
      this.#pump(stream);
    }
  }
}

function joined(streamId: number, block: Buffer, body: Uint8Array): Buffer {
  const dataAt = frameHeaderBytes + block.length;
  const piece = Buffer.allocUnsafe(dataAt + frameHeaderBytes + body.length);
  writeFrameHeader(piece, 0, { length: block.length, type: frameType.headers, flags: flag.endHeaders, streamId });
  piece.set(block, frameHeaderBytes);
  writeFrameHeader(piece, dataAt, { length: body.length, type: frameType.data, flags: flag.endStream, streamId });
  piece.set(body, dataAt + frameHeaderBytes);
  return piece;
}
