import type { ByteSocket } from "../../../subresources/port-forward.ts";
import { encodeFrame, type Frame, FrameReader, resetStatus, SpdyError } from "./frame.ts";
import { decodeHeaders, encodeHeaders, HeaderCompression } from "./header-block.ts";
import { defaultWindowBytes, SpdyStream, type StreamOwner } from "./stream.ts";

export interface SpdyOptions {
  /** Streams that may be open at once; others are refused. */
  readonly maxStreams?: number;
  /** Told of each stream; false refuses it. What it starts must not be waited for here. */
  readonly onStream: (stream: SpdyStream) => boolean;
}

const defaultMaxStreams = 1_000;
const settingInitialWindow = 7;
const goAwayProtocolError = 1;

/**
 * The server's end of a SPDY/3.1 connection (draft 3.1), over a WebSocket's messages or a plain connection; where messages
 * are cut means nothing.
 *
 * Windows: kubectl's library neither keeps nor opens them. So ours are kept toward a peer that has sent a WINDOW_UPDATE or the
 * setting, and toward another the connection's own backpressure is all there is. In the other direction we open the window as
 * bytes are read, and who sends more than it allows is not reset: the connection is not read on until the reader is there.
 */
export class SpdySession implements StreamOwner {
  readonly #socket: ByteSocket;
  readonly #options: SpdyOptions;
  readonly #reader = new FrameReader();
  readonly #inflate = new HeaderCompression("inflate");
  readonly #deflate = new HeaderCompression("deflate");
  readonly #streams = new Map<number, SpdyStream>();
  #lastStreamId = 0;
  #peerIsLeaving = false;
  keepsWindows = false;
  peerWindowBytes = defaultWindowBytes;

  constructor(socket: ByteSocket, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Serves until the peer leaves; then every stream has ended. @throws SpdyError when the peer breaks the protocol. */
  async run(): Promise<void> {
    try {
      for await (const message of this.#socket.messages) {
        for (const frame of this.#reader.push(message)) await this.#handle(frame);
        if (this.#peerIsLeaving && this.#streams.size === 0) return;
      }
    } catch (error) {
      if (error instanceof SpdyError) await this.#goAway();
      throw error;
    } finally {
      for (const stream of this.#streams.values()) stream.fail(new SpdyError("the connection has ended"));
      this.#inflate[Symbol.dispose]();
      this.#deflate[Symbol.dispose]();
      this.#socket.close();
    }
  }

  send(frame: Frame): Promise<void> {
    return this.#socket.send(encodeFrame(frame));
  }

  closed(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
  }

  /** The peer hears why, if it still listens. */
  async #goAway(): Promise<void> {
    await this.send({ kind: "goAway", lastStreamId: this.#lastStreamId, status: goAwayProtocolError }).catch(
      () => undefined,
    );
  }

  async #handle(frame: Frame): Promise<void> {
    switch (frame.kind) {
      case "synStream":
        return this.#open(frame);
      case "data":
        return this.#takeData(frame);
      case "synReply":
      case "headers":
        // Nothing here asks for them; they are read because the compression goes on through them.
        decodeHeaders(await this.#inflate.change(frame.block));
        return this.#streams.get(frame.streamId)?.take(new Uint8Array(), frame);
      case "rstStream":
        return this.#streams.get(frame.streamId)?.fail(new SpdyError(`the client reset stream ${frame.streamId}`));
      case "windowUpdate":
        return this.#widen(frame);
      case "settings":
        for (const { id, value } of frame.entries) if (id === settingInitialWindow) this.#setPeerWindow(value);
        return;
      case "ping":
        // A client's pings are odd; an even one would answer a ping of ours.
        if (frame.id % 2 === 1) await this.send(frame);
        return;
      case "goAway":
        this.#peerIsLeaving = true;
    }
  }

  async #open(frame: Frame & { readonly kind: "synStream" }): Promise<void> {
    const { streamId: id, fin } = frame;
    const headers = decodeHeaders(await this.#inflate.change(frame.block));
    if (id % 2 === 0 || id <= this.#lastStreamId) {
      throw new SpdyError(`a client must not open stream ${id} after ${this.#lastStreamId}`);
    }
    this.#lastStreamId = id;
    const full = this.#streams.size >= (this.#options.maxStreams ?? defaultMaxStreams);
    if (full || frame.unidirectional || this.#peerIsLeaving) return this.#refuse(id);
    const stream = new SpdyStream(this, { id, headers, fin });
    this.#streams.set(id, stream);
    const block = await this.#deflate.change(encodeHeaders(new Map()));
    await this.send({ kind: "synReply", streamId: id, block, fin: false });
    if (!this.#options.onStream(stream)) await stream.reset(resetStatus.refusedStream);
  }

  #refuse(streamId: number): Promise<void> {
    return this.send({ kind: "rstStream", streamId, status: resetStatus.refusedStream });
  }

  async #takeData(frame: Frame & { readonly kind: "data" }): Promise<void> {
    const { streamId } = frame;
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return stream.take(frame.bytes, frame);
    // A stream that has ended may still have bytes on their way; one that never was is a mistake.
    if (streamId > this.#lastStreamId || streamId % 2 === 0) {
      await this.send({ kind: "rstStream", streamId, status: resetStatus.invalidStream });
    }
  }

  async #widen({ streamId, delta }: Frame & { readonly kind: "windowUpdate" }): Promise<void> {
    this.keepsWindows = true;
    const stream = this.#streams.get(streamId);
    if (stream?.widen(delta) === false) await stream.reset(resetStatus.flowControlError);
  }

  #setPeerWindow(bytes: number): void {
    if (bytes > 0x7fff_ffff) throw new SpdyError(`a window of ${bytes} bytes is too large`);
    const delta = bytes - this.peerWindowBytes;
    this.keepsWindows = true;
    this.peerWindowBytes = bytes;
    for (const stream of this.#streams.values()) stream.widen(delta);
  }
}
