import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { errorMessage } from "@lateen/base";
import { headerDictionary } from "./dictionary.ts";
import { SpdyError } from "./frame.ts";

/** Names in small letters. */
export type Headers = ReadonlyMap<string, string>;

/** Most bytes of one block when it is inflated, and most headers in it. */
const maxBlockBytes = 64 * 1024;
const maxHeaders = 100;

/** Name and value pairs, each after its length in four bytes (draft 3, section 2.6.10). */
export function encodeHeaders(headers: Headers): Uint8Array {
  const parts = [numberBytes(headers.size)];
  for (const [name, value] of headers) {
    for (const bytes of [Buffer.from(name), Buffer.from(value)]) parts.push(numberBytes(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

/** @throws SpdyError for a block that is cut short or too long, and for names that are empty, twice there or in capitals. */
export function decodeHeaders(block: Uint8Array): Headers {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  let at = 0;
  const take = (length: number): number => {
    const start = at;
    if (length > bytes.length - start) throw new SpdyError("a header block ends too early");
    at += length;
    return start;
  };
  const number = (): number => bytes.readUInt32BE(take(4));
  const text = (): string => {
    const length = number();
    const start = take(length);
    return bytes.toString("utf8", start, start + length);
  };
  const count = number();
  if (count > maxHeaders) throw new SpdyError(`${count} headers are more than ${maxHeaders}`);
  const headers = new Map<string, string>();
  for (let n = 0; n < count; n++) {
    const name = text();
    if (name === "" || name !== name.toLowerCase() || headers.has(name)) {
      throw new SpdyError(`a header block must not have the name ${JSON.stringify(name)} here`);
    }
    headers.set(name, text());
  }
  if (at !== bytes.length) throw new SpdyError("a header block goes on after its last header");
  return headers;
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/**
 * One direction of a connection's header compression. Blocks must come one after the other: each call waits for the one
 * before it, and a failure is final.
 */
export class HeaderCompression implements Disposable {
  readonly #zlib: Inflate | Deflate;
  #parts: Buffer[] = [];
  #length = 0;
  #failure: Error | undefined;
  #fail: ((error: Error) => void) | undefined;

  constructor(direction: "inflate" | "deflate") {
    const options = { dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH };
    this.#zlib = direction === "inflate" ? createInflate(options) : createDeflate(options);
    this.#zlib.on("data", (part: Buffer) => {
      this.#length += part.length;
      if (this.#length > maxBlockBytes) this.#giveUp(`a header block is longer than ${maxBlockBytes} bytes`);
      else this.#parts.push(part);
    });
    this.#zlib.on("error", (error) => this.#giveUp(errorMessage(error)));
    this.#zlib.on("end", () => this.#giveUp("the compressed headers end"));
  }

  /** What the next block is after the change of form. @throws SpdyError */
  change(block: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#parts = [];
      this.#length = 0;
      this.#fail = reject;
      this.#zlib.write(block, () => {
        // What is left in the stream's buffer also goes through "data".
        this.#zlib.read();
        if (this.#failure === undefined) resolve(Buffer.concat(this.#parts));
      });
    });
  }

  #giveUp(why: string): void {
    this.#failure ??= new SpdyError(`header block: ${why}`);
    this.#fail?.(this.#failure);
    this.#zlib.destroy();
  }

  [Symbol.dispose](): void {
    this.#giveUp("the connection has ended");
  }
}
