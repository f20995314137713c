/**
 * How the log lies in LMDB, in one table whose keys begin with a letter:
 *
 *     c KEY                 → revision (8 bytes) + bytes           the present state
 *     h KEY \0 REVISION     → superseded by (8 bytes) + bytes      states that a later revision replaced or deleted
 *     l REVISION            → JSON [[key, kind, previous revision], …]   what each revision changed
 *     t SECOND              → revision (8 bytes), the last one of that second
 *     m                     → JSON { format, compacted }
 *
 * A value is written once when it is new and once when it is replaced. A read at revision R takes what is present since R or
 * before, and from the history what was replaced after R. Compaction to R drops what was replaced at R or before: the log
 * says exactly which. Revisions and keys are big-endian and UTF-8, so byte order is their order.
 */
export const formatVersion = 2;

export const presentTag = 0x63;
export const historyTag = 0x68;
export const logTag = 0x6c;
export const metaTag = 0x6d;
export const timeTag = 0x74;

/** Longest key that LMDB takes, less what we put around it. */
export const maxKeyBytes = 1_900;

export interface Meta {
  readonly format: number;
  readonly compacted: number;
}

/** `p`ut or `d`elete; the revision that the key had before, 0 if none. */
export type LogItem = readonly [key: string, kind: "p" | "d", previous: number];

export function presentKey(key: string): Buffer {
  // A UTF-16 unit becomes at most three bytes.
  const bytes = Buffer.allocUnsafe(1 + key.length * 3);
  bytes[0] = presentTag;
  return bytes.subarray(0, 1 + bytes.write(key, 1, "utf8"));
}

export function historyKey(key: string, revision: number): Buffer {
  return Buffer.concat([
    Uint8Array.of(historyTag),
    Buffer.from(key, "utf8"),
    Uint8Array.of(0),
    revisionBytes(revision),
  ]);
}

export function logKey(revision: number): Buffer {
  return Buffer.concat([Uint8Array.of(logTag), revisionBytes(revision)]);
}

export function timeKey(timeMs: number): Buffer {
  return Buffer.concat([Uint8Array.of(timeTag), revisionBytes(Math.max(0, Math.floor(timeMs / 1000)))]);
}

export const metaKey = Buffer.from([metaTag]);

export function revisionBytes(revision: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(revision));
  return bytes;
}

export function readRevision(bytes: Buffer, offset = 0): number {
  return bytes.readUInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4);
}

/** A revision before the bytes that it belongs to. */
export function stamped(revision: number, bytes: Uint8Array): Buffer {
  const value = Buffer.allocUnsafe(8 + bytes.length);
  value.writeUInt32BE(Math.floor(revision / 2 ** 32), 0);
  value.writeUInt32BE(revision % 2 ** 32, 4);
  value.set(bytes, 8);
  return value;
}

/** The key and revision that a history key holds. */
export function parseHistoryKey(bytes: Buffer): { readonly key: string; readonly revision: number } {
  return { key: bytes.toString("utf8", 1, bytes.length - 9), revision: readRevision(bytes, bytes.length - 8) };
}

/** The first byte string after all that begin with `prefix`. */
export function endOfPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i] === 0xff) continue;
    end[i]!++;
    return end.subarray(0, i + 1);
  }
  return Buffer.alloc(64, 0xff);
}
