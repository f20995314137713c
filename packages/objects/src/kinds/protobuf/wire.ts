import { inexactIntegerMessage, isInexactInteger } from "../../values/exact-integer.ts";

/** The wire format of protocol buffers: tags, varints and lengths; nothing about types. */

/** Bytes that are no valid message; `offset` counts from the start of what was given to the outermost decoder. */
export class ProtobufError extends Error {
  readonly code = "protobuf-malformed";
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.name = "ProtobufError";
    this.offset = offset;
  }
}

export type WireType = 0 | 1 | 2 | 5;

const texts = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads one message, the bytes from `position` to `end`. Every read is checked against `end`. */
export class WireReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;

  constructor(bytes: Uint8Array, position = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  fail(message: string): never {
    throw new ProtobufError(message, this.position);
  }

  /** A varint as a signed 64-bit number. @throws ProtobufError for one beyond 2^53 that a number cannot hold. */
  varint(): number {
    let low = 0;
    let shift = 0;
    const start = this.position;
    for (; shift < 28; shift += 7) {
      const byte = this.byte(start);
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    return this.longVarint(low, start);
  }

  private longVarint(low: number, start: number): number {
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte(start);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return exactNumber(BigInt.asIntN(64, value), start);
    }
    throw new ProtobufError("a varint has more than ten bytes", start);
  }

  private skipVarint(): void {
    const start = this.position;
    for (let bytes = 0; bytes < 10; bytes++) if (this.byte(start) < 0x80) return;
    throw new ProtobufError("a varint has more than ten bytes", start);
  }

  private byte(start: number): number {
    if (this.position >= this.end) throw new ProtobufError("the message ends inside a varint", start);
    return this.bytes[this.position++] ?? 0;
  }

  tag(): { readonly number: number; readonly wireType: WireType } {
    const start = this.position;
    const tag = this.varint();
    const number = Math.floor(tag / 8);
    const wireType = ((tag % 8) + 8) % 8;
    if (number <= 0 || number > 0x1fffffff) throw new ProtobufError("a tag without a valid field number", start);
    if (wireType !== 0 && wireType !== 1 && wireType !== 2 && wireType !== 5)
      throw new ProtobufError(`field ${number} has the unknown wire type ${wireType}`, start);
    return { number, wireType };
  }

  /** The reader of a length-delimited field. */
  nested(): WireReader {
    const start = this.position;
    const length = this.varint();
    if (length < 0 || length > this.end - this.position)
      throw new ProtobufError(`a field of ${length} bytes does not fit into its message`, start);
    const reader = new WireReader(this.bytes, this.position, this.position + length);
    this.position += length;
    return reader;
  }

  /** The bytes that are left, without a copy. */
  rest(): Uint8Array {
    const rest = this.bytes.subarray(this.position, this.end);
    this.position = this.end;
    return rest;
  }

  text(): string {
    const start = this.position;
    try {
      return texts.decode(this.rest());
    } catch {
      throw new ProtobufError("a string is not valid UTF-8", start);
    }
  }

  double(): number {
    if (this.end - this.position < 8) this.fail("the message ends inside a fixed 64-bit number");
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.position, 8);
    this.position += 8;
    return view.getFloat64(0, true);
  }

  skip(wireType: WireType): void {
    if (wireType === 0) this.skipVarint();
    else if (wireType === 2) this.nested();
    else {
      const size = wireType === 1 ? 8 : 4;
      if (this.end - this.position < size) this.fail("the message ends inside a fixed number");
      this.position += size;
    }
  }
}

function exactNumber(integer: bigint, offset: number): number {
  if (isInexactInteger(integer)) throw new ProtobufError(inexactIntegerMessage(String(integer)), offset);
  return Number(integer);
}

const encoder = new TextEncoder();

/** Builds one message. Nested messages are written in full before they are added. */
export class WireWriter {
  private buffer = new Uint8Array(128);
  private length = 0;

  finish(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  varintField(number: number, value: number): void {
    this.varint(number * 8);
    this.varint(value);
  }

  doubleField(number: number, value: number): void {
    this.varint(number * 8 + 1);
    this.reserve(8);
    new DataView(this.buffer.buffer).setFloat64(this.length, value, true);
    this.length += 8;
  }

  bytesField(number: number, value: Uint8Array): void {
    this.varint(number * 8 + 2);
    this.varint(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  textField(number: number, value: string): void {
    this.bytesField(number, encoder.encode(value));
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  private varint(value: number): void {
    this.reserve(10);
    if (value >= 0 && value < 0x80000000) {
      let rest = value;
      while (rest > 0x7f) {
        this.buffer[this.length++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      }
      this.buffer[this.length++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
    while (rest > 0x7fn) {
      this.buffer[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.length++] = Number(rest);
  }

  private reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + size));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}
