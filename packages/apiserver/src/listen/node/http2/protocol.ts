/** The numbers of HTTP/2 (RFC 9113), and what a connection may cost us. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const errorCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

export const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const frameHeaderBytes = 9;
export const defaultWindow = 65_535;
export const maxWindow = 2 ** 31 - 1;
export const defaultFrameSize = 16_384;

/** What we allow, so that no client can make us hold or do more than this for it. */
export const limit = {
  /** Streams that are open or whose request is still being answered after the client has reset it. */
  streams: 250,
  /** Of a header list, counted as RFC 7541 does; above it the answer is 431. */
  headerListBytes: 64 * 1024,
  /** Of a header block as it comes; above it the connection ends. */
  headerBlockBytes: 128 * 1024,
  headerPairs: 256,
  /** Bytes of bodies that are not whole yet, over all streams of a connection. */
  waitingBodyBytes: 32 * 1024 * 1024,
  /** Of a body that was refused: read and dropped, so that the client comes to read the answer. */
  unwantedBodyBytes: 16 * 1024 * 1024,
  /** What a client may send of one body before it hears from us. */
  streamWindow: 1024 * 1024,
  connectionWindow: 4 * 1024 * 1024,
  /** Bytes that wait for the socket before streams have to wait. */
  waitingOutputBytes: 512 * 1024,
  /** Answers to pings, settings and resets that wait for a client who does not read. */
  waitingControlBytes: 1024 * 1024,
  /** Frames that cost us and bring nothing (resets, pings, empty data): so many at once, and so many a second. */
  idleFrames: 2_000,
  idleFramesPerSecond: 100,
  /** Size of the largest DATA frame that we write. */
  dataFrameBytes: 64 * 1024,
} as const;

/** What ends the connection (`streamId` 0) or the stream of an HTTP/2 client that breaks the protocol. */
export class Http2Error extends Error {
  override readonly name = "Http2Error";
  readonly code: number;
  readonly streamId: number;

  constructor(code: number, message: string, streamId = 0) {
    super(message);
    this.code = code;
    this.streamId = streamId;
  }
}

/** A breach of the protocol's rules. */
export function protocolError(message: string, streamId = 0): Http2Error {
  return new Http2Error(errorCode.protocol, message, streamId);
}

/** A frame with its header. */
export function frameOf(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  writeFrameHeader(frame, 0, { length: payload.length, type, flags, streamId });
  frame.set(payload, frameHeaderBytes);
  return frame;
}

interface FrameHeader {
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
}

export function writeFrameHeader(into: Buffer, at: number, { length, type, flags, streamId }: FrameHeader): void {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flags;
  into[at + 5] = streamId >>> 24;
  into[at + 6] = streamId >>> 16;
  into[at + 7] = streamId >>> 8;
  into[at + 8] = streamId;
}

/** A payload of 32-bit numbers. */
export function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * 4);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number >>> 0, i * 4);
  return bytes;
}

/** A SETTINGS frame. */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.allocUnsafe(settings.length * 6);
  for (const [i, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  }
  return frameOf(frameType.settings, 0, 0, payload);
}
