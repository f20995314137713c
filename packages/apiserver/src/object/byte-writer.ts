const encoder = new TextEncoder();

/** Writes bytes and texts one after the other into one array, which grows when the first guess was too small. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(sizeBytes: number) {
    this.#bytes = new Uint8Array(Math.max(64, sizeBytes));
  }

  text(text: string): void {
    // A UTF-16 unit becomes at most three bytes.
    this.#reserve(text.length * 3);
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
