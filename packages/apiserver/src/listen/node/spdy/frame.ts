/**
 * Frames of SPDY/3.1 as bytes (SPDY protocol draft 3.1, sections 2.2 and 2.6). Header blocks stay compressed here: their
 * compression has a state that goes through the whole connection (header-block.ts).
 */
export type Frame =
  | { readonly kind: "data"; readonly streamId: number; readonly bytes: Uint8Array; readonly fin: boolean }
  | {
      readonly kind: "synStream";
      readonly streamId: number;
      readonly associatedTo: number;
      readonly priority: number;
      readonly block: Uint8Array;
      readonly fin: boolean;
      readonly unidirectional: boolean;
    }
  | {
      readonly kind: "synReply" | "headers";
      readonly streamId: number;
      readonly block: Uint8Array;
      readonly fin: boolean;
    }
  | { readonly kind: "rstStream"; readonly streamId: number; readonly status: number }
  | { readonly kind: "settings"; readonly entries: readonly Setting[] }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "goAway"; readonly lastStreamId: number; readonly status: number }
  | { readonly kind: "windowUpdate"; readonly streamId: number; readonly delta: number };

export interface Setting {
  readonly id: number;
  readonly flags: number;
  readonly value: number;
}

/** Why a stream is reset (draft 3.1, section 2.6.3). */
export const resetStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  unsupportedVersion: 4,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
} as const;

/** The peer breaks the protocol, or a limit of ours: the connection ends. */
export class SpdyError extends Error {
  override readonly name = "SpdyError";
  readonly code = "Spdy";
}

const version = 3;
const types = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;
const flagFin = 1;
const flagUnidirectional = 2;
const headBytes = 8;
const idMask = 0x7fff_ffff;
/** Longest frames that are read; those that go out are shorter. */
export const maxDataFrameBytes = 1024 * 1024;
export const maxControlFrameBytes = 64 * 1024;

export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case "data": {
      const head = Buffer.alloc(headBytes);
      head.writeUInt32BE(frame.streamId);
      head.writeUInt32BE(flagsAndLength(frame.fin ? flagFin : 0, frame.bytes.length), 4);
      return Buffer.concat([head, frame.bytes]);
    }
    case "synStream": {
      const flags = (frame.fin ? flagFin : 0) | (frame.unidirectional ? flagUnidirectional : 0);
      const fields = Buffer.alloc(10);
      fields.writeUInt32BE(frame.streamId);
      fields.writeUInt32BE(frame.associatedTo, 4);
      fields.writeUInt8(frame.priority << 5, 8);
      return control(types.synStream, flags, [fields, frame.block]);
    }
    case "synReply":
    case "headers":
      return control(types[frame.kind], frame.fin ? flagFin : 0, [words(frame.streamId), frame.block]);
    case "rstStream":
      return control(types.rstStream, 0, [words(frame.streamId, frame.status)]);
    case "settings": {
      const entries = frame.entries.map(({ id, flags, value }) => words(flagsAndLength(flags, id), value));
      return control(types.settings, 0, [words(entries.length), ...entries]);
    }
    case "ping":
      return control(types.ping, 0, [words(frame.id)]);
    case "goAway":
      return control(types.goAway, 0, [words(frame.lastStreamId, frame.status)]);
    case "windowUpdate":
      return control(types.windowUpdate, 0, [words(frame.streamId, frame.delta)]);
  }
}

/** A byte of flags above a number of 24 bits. */
function flagsAndLength(flags: number, length: number): number {
  return flags * 0x100_0000 + length;
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * index);
  return bytes;
}

function control(type: number, flags: number, content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(headBytes);
  head.writeUInt16BE(0x8000 | version);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(flagsAndLength(flags, length), 4);
  return Buffer.concat([head, ...content]);
}

/** Finds the frames in a flow of bytes that is cut anywhere. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  #needed = headBytes;

  /**
   * The frames that are complete with these bytes; of types that nobody knows none.
   * @throws SpdyError for what is no SPDY/3 frame or longer than the limits.
   */
  push(bytes: Uint8Array): readonly Frame[] {
    this.#chunks.push(bytes);
    this.#waiting += bytes.length;
    if (this.#waiting < this.#needed) return [];
    const all = Buffer.concat(this.#chunks);
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      this.#needed = at + headBytes > all.length ? headBytes : headBytes + checkedLength(all.subarray(at));
      if (at + this.#needed > all.length) break;
      const frame = decodeFrame(all.subarray(at, at + this.#needed));
      if (frame !== undefined) frames.push(frame);
      at += this.#needed;
    }
    this.#chunks = at === all.length ? [] : [all.subarray(at)];
    this.#waiting = all.length - at;
    return frames;
  }
}

function checkedLength(head: Buffer): number {
  const length = head.readUIntBE(5, 3);
  const isControl = (head[0]! & 0x80) !== 0;
  if (isControl && (head.readUInt16BE(0) & 0x7fff) !== version) {
    throw new SpdyError(`a frame of SPDY version ${head.readUInt16BE(0) & 0x7fff}, not ${version}`);
  }
  const limit = isControl ? maxControlFrameBytes : maxDataFrameBytes;
  if (length > limit) throw new SpdyError(`a frame of ${length} bytes is longer than ${limit}`);
  return length;
}

function decodeFrame(whole: Buffer): Frame | undefined {
  const flags = whole[4]!;
  const fin = (flags & flagFin) !== 0;
  const content = whole.subarray(headBytes);
  if ((whole[0]! & 0x80) === 0) {
    const streamId = whole.readUInt32BE(0);
    if (streamId === 0) throw new SpdyError("a DATA frame of stream 0");
    return { kind: "data", streamId, bytes: content, fin };
  }
  const type = whole.readUInt16BE(2);
  switch (type) {
    case types.synStream:
      atLeast(content, 10, "SYN_STREAM");
      return {
        kind: "synStream",
        streamId: idAt(content, 0),
        associatedTo: idAt(content, 4),
        priority: content[8]! >> 5,
        block: content.subarray(10),
        fin,
        unidirectional: (flags & flagUnidirectional) !== 0,
      };
    case types.synReply:
    case types.headers:
      atLeast(content, 4, "SYN_REPLY or HEADERS");
      return {
        kind: type === types.synReply ? "synReply" : "headers",
        streamId: idAt(content, 0),
        block: content.subarray(4),
        fin,
      };
    case types.rstStream:
      exactly(content, 8, "RST_STREAM");
      return { kind: "rstStream", streamId: idAt(content, 0), status: content.readUInt32BE(4) };
    case types.settings:
      return { kind: "settings", entries: settingsOf(content) };
    case types.ping:
      exactly(content, 4, "PING");
      return { kind: "ping", id: content.readUInt32BE(0) };
    case types.goAway:
      exactly(content, 8, "GOAWAY");
      return { kind: "goAway", lastStreamId: idAt(content, 0), status: content.readUInt32BE(4) };
    case types.windowUpdate:
      exactly(content, 8, "WINDOW_UPDATE");
      return { kind: "windowUpdate", streamId: idAt(content, 0), delta: idAt(content, 4) };
    default:
      return undefined;
  }
}

function settingsOf(content: Buffer): readonly Setting[] {
  atLeast(content, 4, "SETTINGS");
  const count = content.readUInt32BE(0);
  exactly(content, 4 + 8 * count, "SETTINGS");
  return Array.from({ length: count }, (_, index) => {
    const at = 4 + 8 * index;
    return { flags: content[at]!, id: content.readUIntBE(at + 1, 3), value: content.readUInt32BE(at + 4) };
  });
}

function idAt(content: Buffer, at: number): number {
  return content.readUInt32BE(at) & idMask;
}

function atLeast(content: Buffer, bytes: number, name: string): void {
  if (content.length < bytes)
    throw new SpdyError(`a ${name} frame of ${content.length} bytes is shorter than ${bytes}`);
}

function exactly(content: Buffer, bytes: number, name: string): void {
  if (content.length !== bytes) throw new SpdyError(`a ${name} frame of ${content.length} bytes has not ${bytes}`);
}
