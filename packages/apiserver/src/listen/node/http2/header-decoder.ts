import { decodeHuffman } from "./huffman.ts";
import { errorCode, Http2Error } from "./protocol.ts";
import { kindOfField } from "./request-headers.ts";
import { staticTable } from "./static-table.ts";

/** A header field, looked at once however often it is referred to. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  readonly kind: "regular" | "pseudo" | "malformed";
  /** Its size as RFC 7541, 4.1, counts. */
  readonly bytes: number;
}

const tableBytes = 4096;
const perFieldBytes = 32;

function fieldOf(name: string, value: string): HeaderField {
  return { name, value, kind: kindOfField(name, value), bytes: name.length + value.length + perFieldBytes };
}

const staticFields = staticTable.map(([name, value]) => fieldOf(name, value));

/** The reading half of HPACK (RFC 7541) of one connection: every header block must pass through it, in order. */
export class HeaderDecoder {
  /** The newest is the last. */
  #fields: HeaderField[] = [];
  #bytes = 0;
  #maxBytes = tableBytes;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Gives each field of the block to `take`. @throws Http2Error that ends the connection: its table can't be known any more. */
  decode(block: Buffer, take: (field: HeaderField) => void): void {
    this.#block = block;
    this.#at = 0;
    let isFirst = true;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if (first >= 0x80) {
        take(this.#field(this.#integer(7)));
      } else if (first >= 0x40) {
        const field = this.#literal(6);
        this.#insert(field);
        take(field);
      } else if (first >= 0x20) {
        if (!isFirst) throw broken("a change of the table's size after a field");
        this.#resize(this.#integer(5));
        continue;
      } else {
        take(this.#literal(4));
      }
      isFirst = false;
    }
  }

  #literal(prefixBits: number): HeaderField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#field(index).name;
    return fieldOf(name, this.#string());
  }

  #field(index: number): HeaderField {
    const field =
      index <= staticFields.length
        ? staticFields[index - 1]
        : this.#fields[this.#fields.length - (index - staticFields.length)];
    if (field === undefined) throw broken(`no field has index ${index}`);
    return field;
  }

  #integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    const start = this.#block[this.#at++]! & most;
    if (start < most) return start;
    let value = start;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken("a number without an end");
  }

  #string(): string {
    const first = this.#block[this.#at];
    if (first === undefined) throw broken("a text is missing");
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#block.length) throw broken("a text is longer than its block");
    this.#at = end;
    if (first < 0x80) return this.#block.toString("latin1", start, end);
    const text = decodeHuffman(this.#block, start, end);
    if (text === undefined) throw broken("a text that is no Huffman code");
    return text;
  }

  #insert(field: HeaderField): void {
    this.#bytes += field.bytes;
    this.#fields.push(field);
    this.#evict();
  }

  #resize(bytes: number): void {
    if (bytes > tableBytes) throw broken(`a table of ${bytes} bytes, more than allowed`);
    this.#maxBytes = bytes;
    this.#evict();
  }

  #evict(): void {
    let count = 0;
    while (this.#bytes > this.#maxBytes) this.#bytes -= this.#fields[count++]!.bytes;
    if (count > 0) this.#fields.splice(0, count);
  }
}

function broken(message: string): Http2Error {
  return new Http2Error(errorCode.compression, message);
}
