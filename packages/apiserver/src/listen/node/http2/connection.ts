import type { TLSSocket } from "node:tls";
import { type Frame, FrameReader } from "./frame-reader.ts";
import { HeaderDecoder } from "./header-decoder.ts";
import {
  defaultFrameSize,
  defaultWindow,
  errorCode,
  flag,
  frameOf,
  frameType,
  Http2Error,
  limit,
  maxWindow,
  protocolError,
  setting,
  settingsFrame,
  words,
} from "./protocol.ts";
import { RequestHeaders } from "./request-headers.ts";
import type { Sender } from "./sender.ts";
import { type StreamServer, Streams } from "./streams.ts";

/** How long a client may take for its preface, and how long nothing at all may come or go. */
const prefaceMs = 20_000;
const idleMs = 180_000;

interface HeaderBlock {
  readonly streamId: number;
  readonly isLast: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

/**
 * The server's side of one connection of HTTP/2 (RFC 9113) without push and priorities, made for an API server: a request is
 * given on when its body is whole, an answer is bytes or a stream of bytes. Node's own costs twice as much a request.
 *
 * A breach of the protocol ends the stream or the connection, never more; what a client may make us hold is in `limit`.
 */
export class Http2Connection {
  readonly #socket: TLSSocket;
  readonly #server: StreamServer;
  readonly #streams: Streams;
  readonly #reader = new FrameReader();
  readonly #decoder = new HeaderDecoder();
  readonly #sender: Sender;
  readonly #openedAt = performance.now();
  /** The header block that has begun. */
  #block: HeaderBlock | undefined;
  #hasSettings = false;
  #lastStreamId = 0;
  #receiveWindow: number = limit.connectionWindow;
  #idleFrames = 0;
  #idleFramesAt = this.#openedAt;
  #activeAt = this.#openedAt;
  #isClosing = false;
  #isDead = false;

  constructor(socket: TLSSocket, server: StreamServer) {
    this.#socket = socket;
    this.#server = server;
    this.#streams = new Streams(socket, server, () => {
      if (this.#isClosing) this.#end();
    });
    this.#sender = this.#streams.sender;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => this.#lose());
    socket.on("close", () => this.#lose());
    this.#sender.control(
      settingsFrame([
        [setting.maxConcurrentStreams, limit.streams],
        [setting.initialWindowSize, limit.streamWindow],
        [setting.maxHeaderListSize, limit.headerListBytes],
      ]),
    );
    this.#sender.control(frameOf(frameType.windowUpdate, 0, 0, words(limit.connectionWindow - defaultWindow)));
  }

  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  /** No new streams; those that are open are told that nobody waits, may end, and the connection with them. */
  close(): void {
    if (this.#isDead) return;
    for (const { gone } of this.#streams.values()) gone.abort();
    this.#leave(errorCode.none);
  }

  destroy(): void {
    this.#socket.destroy();
    this.#lose();
  }

  /** Ends what takes too long; to be called every few seconds. */
  sweep(now: number): void {
    if (this.#isDead) return;
    if (!this.#hasSettings && now - this.#openedAt > prefaceMs) {
      this.destroy();
      return;
    }
    this.#streams.sweep(now);
    if (this.isIdle && now - this.#activeAt > idleMs) {
      if (this.#isClosing) this.destroy();
      else this.#leave(errorCode.none);
    }
  }

  #read(chunk: Buffer): void {
    if (this.#isDead) return;
    this.#activeAt = performance.now();
    try {
      for (const frame of this.#reader.read(chunk)) {
        this.#takeOrReset(frame);
        if (this.#isDead) return;
        if (this.#sender.isOverrun) throw new Http2Error(errorCode.enhanceYourCalm, "answers are not read");
      }
    } catch (error) {
      if (!(error instanceof Http2Error)) this.#server.failed(error);
      this.#leave(error instanceof Http2Error ? error.code : errorCode.internal);
      this.#lose();
      this.#socket.destroySoon();
    }
  }

  #takeOrReset(frame: Frame): void {
    try {
      this.#take(frame);
    } catch (error) {
      if (!(error instanceof Http2Error) || error.streamId === 0) throw error;
      this.#countIdleFrame();
      const stream = this.#streams.get(error.streamId);
      if (stream !== undefined) this.#streams.reset(stream, error.code);
      else this.#streams.resetUnknown(error.streamId, error.code);
    }
  }

  #take(frame: Frame): void {
    const { type, streamId } = frame;
    if (this.#block !== undefined && (type !== frameType.continuation || streamId !== this.#block.streamId)) {
      throw protocolError("a header block is interrupted");
    }
    if (!this.#hasSettings && type !== frameType.settings) throw protocolError("the first frame is not SETTINGS");
    switch (type) {
      case frameType.data:
        return this.#takeData(frame);
      case frameType.headers:
        return this.#takeHeaders(frame);
      case frameType.priority:
        return takePriority(frame);
      case frameType.resetStream:
        return this.#takeReset(frame);
      case frameType.settings:
        return this.#takeSettings(frame);
      case frameType.pushPromise:
        throw protocolError("a client promises nothing");
      case frameType.ping:
        return this.#takePing(frame);
      case frameType.goAway:
        return this.#takeGoAway(frame);
      case frameType.windowUpdate:
        return this.#takeWindowUpdate(frame);
      case frameType.continuation:
        return this.#takeContinuation(frame);
      default:
        // Frames of other kinds mean nothing to us.
        this.#countIdleFrame();
    }
  }

  #takeHeaders(frame: Frame): void {
    const { streamId, flags } = frame;
    if (streamId % 2 === 0) throw protocolError(`a client opens stream ${streamId}`);
    let part = withoutPadding(frame);
    if (flags & flag.priority) {
      if (part.length < 5) throw new Http2Error(errorCode.frameSize, "HEADERS without their priority");
      if ((part.readUInt32BE(0) & 0x7fff_ffff) === streamId) throw protocolError("a stream depends on itself");
      part = part.subarray(5);
    }
    this.#block = { streamId, isLast: (flags & flag.endStream) !== 0, parts: [part], bytes: part.length };
    if (flags & flag.endHeaders) this.#endBlock();
  }

  #takeContinuation({ payload, flags }: Frame): void {
    const block = this.#block;
    if (block === undefined) throw protocolError("CONTINUATION of nothing");
    block.parts.push(payload);
    block.bytes += payload.length;
    if (block.bytes > limit.headerBlockBytes) throw new Http2Error(errorCode.enhanceYourCalm, "headers without an end");
    if (payload.length < 1024) this.#countIdleFrame();
    if (flags & flag.endHeaders) this.#endBlock();
  }

  #endBlock(): void {
    const { streamId, isLast, parts } = this.#block!;
    this.#block = undefined;
    const headers = new RequestHeaders();
    this.#decoder.decode(parts.length === 1 ? parts[0]! : Buffer.concat(parts), (field) => headers.add(field));
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#streams.takeTrailers(stream, { isLast });
    else if (streamId > this.#lastStreamId) this.#open(streamId, headers, { isLast });
    else if (!this.#streams.wasReset(streamId))
      throw new Http2Error(errorCode.streamClosed, "HEADERS of a closed stream");
  }

  #open(streamId: number, headers: RequestHeaders, { isLast }: { readonly isLast: boolean }): void {
    this.#lastStreamId = streamId;
    if (!this.#isClosing) this.#streams.open(streamId, headers, { isLast, now: this.#activeAt });
  }

  #takeData(frame: Frame): void {
    const { streamId, payload, flags } = frame;
    if (streamId === 0 || streamId > this.#lastStreamId) throw protocolError("DATA of a stream that is not open");
    const part = withoutPadding(frame);
    this.#receiveOnConnection(payload.length);
    const isLast = (flags & flag.endStream) !== 0;
    if (part.length === 0 && !isLast) this.#countIdleFrame();
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      if (this.#isClosing || this.#streams.wasReset(streamId)) return;
      throw new Http2Error(errorCode.streamClosed, "DATA of a closed stream", streamId);
    }
    this.#streams.takeBody(stream, part, { received: payload.length, isLast });
  }

  #receiveOnConnection(bytes: number): void {
    this.#receiveWindow -= bytes;
    if (this.#receiveWindow < 0) throw new Http2Error(errorCode.flowControl, "more DATA than the connection may bring");
    const used = limit.connectionWindow - this.#receiveWindow;
    if (used < limit.connectionWindow / 2) return;
    this.#receiveWindow = limit.connectionWindow;
    this.#sender.control(frameOf(frameType.windowUpdate, 0, 0, words(used)));
  }

  #takeReset({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new Http2Error(errorCode.frameSize, "RST_STREAM of a wrong size");
    if (streamId === 0 || streamId > this.#lastStreamId) throw protocolError("RST_STREAM of a stream that is not open");
    this.#countIdleFrame();
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#streams.abandon(stream);
  }

  #takeSettings({ streamId, payload, flags }: Frame): void {
    if (streamId !== 0) throw protocolError("SETTINGS of a stream");
    if (payload.length % 6 !== 0 || (flags & flag.ack && payload.length > 0)) {
      throw new Http2Error(errorCode.frameSize, "SETTINGS of a wrong size");
    }
    this.#hasSettings = true;
    this.#countIdleFrame();
    if (flags & flag.ack) return;
    // Before what the new windows let out.
    this.#sender.control(frameOf(frameType.settings, flag.ack, 0, new Uint8Array()));
    for (let at = 0; at < payload.length; at += 6) {
      this.#takeSetting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    }
  }

  #takeSetting(id: number, value: number): void {
    switch (id) {
      case setting.headerTableSize:
        this.#sender.headerTableBytes = value;
        return;
      case setting.enablePush:
        if (value > 1) throw protocolError("SETTINGS_ENABLE_PUSH is neither 0 nor 1");
        return;
      case setting.initialWindowSize:
        if (value > maxWindow) throw new Http2Error(errorCode.flowControl, "SETTINGS_INITIAL_WINDOW_SIZE is too large");
        this.#sender.changeInitialWindow(value, this.#streams.values());
        return;
      case setting.maxFrameSize:
        if (value < defaultFrameSize || value > 0xff_ffff)
          throw protocolError("SETTINGS_MAX_FRAME_SIZE is out of range");
        this.#sender.maxFrameBytes = value;
        return;
      default:
    }
  }

  #takePing({ streamId, payload, flags }: Frame): void {
    if (streamId !== 0) throw protocolError("PING of a stream");
    if (payload.length !== 8) throw new Http2Error(errorCode.frameSize, "PING of a wrong size");
    this.#countIdleFrame();
    if (!(flags & flag.ack)) this.#sender.control(frameOf(frameType.ping, flag.ack, 0, payload));
  }

  #takeGoAway({ streamId }: Frame): void {
    if (streamId !== 0) throw protocolError("GOAWAY of a stream");
    this.#countIdleFrame();
    if (!this.#isClosing) this.#leave(errorCode.none);
  }

  #takeWindowUpdate({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new Http2Error(errorCode.frameSize, "WINDOW_UPDATE of a wrong size");
    const bytes = payload.readUInt32BE(0) & 0x7fff_ffff;
    if (streamId > this.#lastStreamId) throw protocolError("WINDOW_UPDATE of a stream that is not open");
    if (bytes === 0) throw protocolError("WINDOW_UPDATE of nothing", streamId);
    if (streamId === 0) {
      this.#sender.openWindow(bytes);
      return;
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) this.#countIdleFrame();
    else this.#sender.openStreamWindow(stream, bytes);
  }

  #countIdleFrame(): void {
    const refilled = ((this.#activeAt - this.#idleFramesAt) / 1000) * limit.idleFramesPerSecond;
    this.#idleFramesAt = this.#activeAt;
    this.#idleFrames = Math.max(0, this.#idleFrames - refilled) + 1;
    if (this.#idleFrames > limit.idleFrames) throw new Http2Error(errorCode.enhanceYourCalm, "a flood of frames");
  }

  /** Says that no new stream will be looked at; the connection ends with the last of those that are open. */
  #leave(code: number): void {
    this.#isClosing = true;
    this.#sender.control(frameOf(frameType.goAway, 0, 0, words(this.#lastStreamId, code)));
    if (this.#streams.size === 0) this.#end();
  }

  #end(): void {
    if (this.#isDead) return;
    this.#sender.flush();
    this.#socket.end();
  }

  /** The connection is gone, and nobody waits for what its streams ask. */
  #lose(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#sender.flush();
    for (const stream of this.#streams.values()) this.#streams.abandon(stream);
  }
}

/** The payload of DATA or HEADERS without what pads it. */
function withoutPadding({ payload, flags }: Frame): Buffer {
  if (!(flags & flag.padded)) return payload;
  const padding = payload[0];
  if (padding === undefined || padding >= payload.length) throw protocolError("more padding than there is");
  return payload.subarray(1, payload.length - padding);
}

/** Priorities are read for their form alone (RFC 9113, 5.3.2). */
function takePriority({ streamId, payload }: Frame): void {
  if (streamId === 0) throw protocolError("PRIORITY of no stream");
  if (payload.length !== 5) throw new Http2Error(errorCode.frameSize, "PRIORITY of a wrong size", streamId);
  if ((payload.readUInt32BE(0) & 0x7fff_ffff) === streamId) {
    throw protocolError("a stream depends on itself", streamId);
  }
}
