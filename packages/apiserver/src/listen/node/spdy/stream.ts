import { createDeferred, type Deferred } from "@lateen/base";
import type { Headers } from "./header-block.ts";
import { type Frame, resetStatus, SpdyError } from "./frame.ts";

/** What a stream needs of its connection. */
export interface StreamOwner {
  send(frame: Frame): Promise<void>;
  /** Whether the peer has shown that it opens windows; see SpdySession. */
  readonly keepsWindows: boolean;
  readonly peerWindowBytes: number;
  closed(stream: SpdyStream): void;
}

export const defaultWindowBytes = 64 * 1024;
const maxWindowBytes = 0x7fff_ffff;
const maxFrameBytes = 32 * 1024;

/** One stream of a SPDY connection that the peer has opened. Bytes go both ways, and each way ends by itself. */
export class SpdyStream {
  readonly id: number;
  readonly headers: Headers;
  readonly #owner: StreamOwner;
  readonly #received: Uint8Array[] = [];
  /** Bytes that came and were not read. */
  #unread = 0;
  /** Bytes that were read and not yet given back to the peer's window. */
  #owed = 0;
  #discarding = false;
  #remoteEnded: boolean;
  #localEnded = false;
  #failure: Error | undefined;
  #failureListener: (() => void) | undefined;
  #sendWindow: number;
  /** Resolved whenever something has changed. */
  #change: Deferred<void> | undefined;

  constructor(owner: StreamOwner, { id, headers, fin }: { id: number; headers: Headers; fin: boolean }) {
    this.#owner = owner;
    this.id = id;
    this.headers = headers;
    this.#remoteEnded = fin;
    this.#sendWindow = owner.peerWindowBytes;
  }

  /** What the peer sends, until it ends its side. Read it once. @throws SpdyError when the stream is reset. */
  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const bytes = this.#received.shift();
        if (bytes !== undefined) {
          this.#unread -= bytes.length;
          this.#changed();
          yield bytes;
          await this.#giveBack(bytes.length);
        } else if (this.#failure !== undefined) throw this.#failure;
        else if (this.#remoteEnded) return;
        else await this.#nextChange();
      }
    } finally {
      this.discard();
    }
  }

  /** Drops what the peer has sent and sends: nobody reads it (any more), and it must not hold the connection up. */
  discard(): void {
    this.#discarding = true;
    this.#received.length = 0;
    this.#unread = 0;
    this.#changed();
  }

  /** Resolves when more may be written. @throws SpdyError when the stream has ended. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#localEnded) throw new SpdyError(`stream ${this.id} has ended`);
      const room = this.#owner.keepsWindows ? this.#sendWindow : maxFrameBytes;
      if (room <= 0) {
        await this.#nextChange();
        continue;
      }
      const part = bytes.subarray(at, at + Math.min(room, maxFrameBytes));
      at += part.length;
      this.#sendWindow -= part.length;
      await this.#owner.send({ kind: "data", streamId: this.id, bytes: part, fin: false });
    }
  }

  /** Ends our side; the peer may go on. */
  async end(): Promise<void> {
    if (this.#localEnded || this.#failure !== undefined) return;
    this.#localEnded = true;
    this.#removeWhenOver();
    await this.#owner.send({ kind: "data", streamId: this.id, bytes: new Uint8Array(), fin: true });
  }

  /** Ends both sides at once, unless they have. */
  async reset(status: number = resetStatus.cancel): Promise<void> {
    if (this.#failure !== undefined || (this.#localEnded && this.#remoteEnded)) return;
    this.fail(new SpdyError(`stream ${this.id} was reset`));
    await this.#owner.send({ kind: "rstStream", streamId: this.id, status });
  }

  /** Takes what came from the peer. Resolves when the connection may be read on. */
  async take(bytes: Uint8Array, { fin }: { readonly fin: boolean }): Promise<void> {
    if (this.#remoteEnded || this.#failure !== undefined) return;
    if (bytes.length > 0 && !this.#discarding) {
      this.#received.push(bytes);
      this.#unread += bytes.length;
    }
    if (fin) this.#remoteEnded = true;
    this.#changed();
    this.#removeWhenOver();
    while (this.#unread > defaultWindowBytes && this.#failure === undefined) await this.#nextChange();
  }

  /** The peer lets us send more, or fewer, bytes. False when the window grows beyond what it can be. */
  widen(delta: number): boolean {
    this.#sendWindow += delta;
    this.#changed();
    return this.#sendWindow <= maxWindowBytes;
  }

  /** Told once when the stream ends before its time, be it now. */
  onFailure(listener: () => void): void {
    if (this.#failure !== undefined) listener();
    else this.#failureListener = listener;
  }

  /** Ends both sides without a word to the peer. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.discard();
    this.#failureListener?.();
    this.#owner.closed(this);
  }

  async #giveBack(bytes: number): Promise<void> {
    this.#owed += bytes;
    if (this.#owed < defaultWindowBytes / 2 || this.#remoteEnded || this.#failure !== undefined) return;
    const delta = this.#owed;
    this.#owed = 0;
    await this.#owner.send({ kind: "windowUpdate", streamId: this.id, delta });
  }

  #removeWhenOver(): void {
    if (this.#localEnded && this.#remoteEnded) this.#owner.closed(this);
  }

  #nextChange(): Promise<void> {
    this.#change ??= createDeferred();
    return this.#change.promise;
  }

  #changed(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}
