import type { Duplex } from "node:stream";
import { limit } from "./protocol.ts";

/** Below this what waits is put together, which costs less than handing the pieces over one by one. */
const joinBytes = 64 * 1024;

/** What a connection writes: all that one turn of the program says goes out in one piece. */
export class Output {
  readonly #socket: Duplex;
  readonly #flush = (): void => this.flush();
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isPlanned = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Bytes that the socket has not taken yet. */
  get waitingBytes(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** Whether streams should wait until it has drained. */
  get isFull(): boolean {
    return this.waitingBytes >= limit.waitingOutputBytes;
  }

  write(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    // Runs when the promises that are due have run: what they write goes out together.
    process.nextTick(this.#flush);
  }

  flush(): void {
    this.#isPlanned = false;
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    const bytes = this.#bytes;
    this.#pieces = [];
    this.#bytes = 0;
    const socket = this.#socket;
    if (!socket.writable) return;
    if (pieces.length === 1) {
      socket.write(pieces[0]);
    } else if (bytes <= joinBytes) {
      socket.write(Buffer.concat(pieces, bytes));
    } else {
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    }
  }
}
