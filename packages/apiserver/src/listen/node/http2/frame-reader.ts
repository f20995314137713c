import { defaultFrameSize, errorCode, frameHeaderBytes, Http2Error, preface } from "./protocol.ts";

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

const prefaceBytes = Buffer.from(preface, "latin1");

/** Cuts what arrives into frames. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);
  #hasPreface = false;

  /** The frames that are whole now. @throws Http2Error for a wrong preface or a frame that is too long. */
  *read(chunk: Buffer): Generator<Frame> {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    try {
      if (!this.#hasPreface) {
        const length = Math.min(bytes.length, prefaceBytes.length);
        if (bytes.compare(prefaceBytes, 0, length, 0, length) !== 0) {
          throw new Http2Error(errorCode.protocol, "no preface of HTTP/2");
        }
        if (length < prefaceBytes.length) return;
        at = length;
        this.#hasPreface = true;
      }
      while (bytes.length - at >= frameHeaderBytes) {
        const length = bytes.readUIntBE(at, 3);
        if (length > defaultFrameSize) throw new Http2Error(errorCode.frameSize, `a frame of ${length} bytes`);
        const start = at + frameHeaderBytes;
        if (bytes.length < start + length) return;
        at = start + length;
        yield {
          type: bytes[start - 6]!,
          flags: bytes[start - 5]!,
          streamId: bytes.readUInt32BE(start - 4) & 0x7fff_ffff,
          payload: bytes.subarray(start, at),
        };
      }
    } finally {
      this.#held = at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at);
    }
  }

  get hasPreface(): boolean {
    return this.#hasPreface;
  }
}
