/**
 * The messages of etcd's v3 API (api/etcdserverpb/rpc.proto and mvccpb/kv.proto of etcd 3.6) that the driver speaks, in
 * Protocol Buffers' wire form. Unknown fields are passed over.
 */

/** One field to write: numbers as varints, texts and bytes with their length, nothing for undefined. */
type Field = readonly [number: number, value: number | Uint8Array | undefined];

/** A message of these fields. */
export function message(...fields: readonly Field[]): Uint8Array {
  const parts: number[] = [];
  const chunks: Uint8Array[] = [];
  const flush = (): void => {
    chunks.push(Uint8Array.from(parts.splice(0)));
  };
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    if (typeof value === "number") {
      varint(parts, number * 8);
      varint(parts, value);
      continue;
    }
    varint(parts, number * 8 + 2);
    varint(parts, value.length);
    flush();
    chunks.push(value);
  }
  flush();
  return concat(chunks);
}

function varint(out: number[], value: number): void {
  let left = value;
  while (left >= 0x80) {
    out.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  out.push(left);
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** A message that was read: its fields by number, in their order. */
export class Fields {
  readonly #values = new Map<number, (number | Uint8Array)[]>();

  /** @throws RangeError when the bytes end inside of a field or hold what etcd never sends. */
  constructor(bytes: Uint8Array) {
    let at = 0;
    const next = (): number => {
      let value = 0;
      let factor = 1;
      for (;;) {
        const byte = bytes[at++];
        if (byte === undefined) throw new RangeError("a message of etcd ends inside of a field");
        value += (byte & 0x7f) * factor;
        if (byte < 0x80) return value;
        factor *= 0x80;
      }
    };
    while (at < bytes.length) {
      const tag = next();
      const number = Math.floor(tag / 8);
      let value: number | Uint8Array;
      switch (tag % 8) {
        case 0:
          value = next();
          break;
        case 2: {
          const length = next();
          if (at + length > bytes.length) throw new RangeError("a message of etcd ends inside of a field");
          value = bytes.subarray(at, (at += length));
          break;
        }
        default:
          throw new RangeError(`a field of wire type ${tag % 8} in a message of etcd`);
      }
      const known = this.#values.get(number);
      if (known === undefined) this.#values.set(number, [value]);
      else known.push(value);
    }
  }

  number(field: number): number {
    const value = this.#values.get(field)?.at(-1);
    return typeof value === "number" ? value : 0;
  }

  bytes(field: number): Uint8Array {
    const value = this.#values.get(field)?.at(-1);
    return value instanceof Uint8Array ? value : new Uint8Array();
  }

  message(field: number): Fields {
    return new Fields(this.bytes(field));
  }

  messages(field: number): readonly Fields[] {
    return (this.#values.get(field) ?? []).flatMap((value) => (value instanceof Uint8Array ? [new Fields(value)] : []));
  }
}

export interface KeyValue {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly revision: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const textBytes = (text: string): Uint8Array => encoder.encode(text);

/** The first key after all that begin with `prefix`. */
export function endOfPrefix(prefix: string): Uint8Array {
  const bytes = encoder.encode(prefix);
  bytes[bytes.length - 1]!++;
  return bytes;
}

export const rangeRequest = (options: {
  readonly key: Uint8Array;
  readonly end?: Uint8Array | undefined;
  readonly limit?: number;
  readonly revision?: number | undefined;
}): Uint8Array => message([1, options.key], [2, options.end], [3, options.limit], [4, options.revision]);

/** KeyValue of mvccpb; the key without `prefix`. */
export function keyValueOf(fields: Fields, prefix: string): KeyValue {
  const key = decoder.decode(fields.bytes(1)).slice(prefix.length);
  return { key, revision: fields.number(3), bytes: Uint8Array.from(fields.bytes(5)) };
}

/** `mod_revision == revision`; 0: the key is not there. */
export const compareRevision = (key: Uint8Array, revision: number): Uint8Array =>
  message([1, 0], [2, 2], [3, key], [6, revision]);

export const requestRange = (request: Uint8Array): Uint8Array => message([1, request]);
export const requestPut = (key: Uint8Array, value: Uint8Array, lease?: number): Uint8Array =>
  message([2, message([1, key], [2, value], [3, lease])]);
export const requestDelete = (key: Uint8Array): Uint8Array => message([3, message([1, key])]);

export function txnRequest(options: {
  readonly compare: readonly Uint8Array[];
  readonly success: readonly Uint8Array[];
  readonly failure: readonly Uint8Array[];
}): Uint8Array {
  const fields = (number: number, items: readonly Uint8Array[]) => items.map((item): Field => [number, item]);
  return message(...fields(1, options.compare), ...fields(2, options.success), ...fields(3, options.failure));
}

export const watchCreate = (prefix: string, from: number): Uint8Array =>
  message([1, message([1, textBytes(prefix)], [2, endOfPrefix(prefix)], [3, from], [4, 1])]);
export const watchProgress = (): Uint8Array => message([3, new Uint8Array()]);

/** The revision in the header of any response. */
export const headerRevision = (response: Fields): number => response.message(1).number(3);
