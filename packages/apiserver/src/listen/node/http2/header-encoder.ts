import { staticTable } from "./static-table.ts";

/** Headers that HTTP/2 has not (RFC 9113, 8.2.2). */
const ofConnections = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
/** Names that are kept encoded; others are encoded each time. */
const maxKeptNames = 256;

const staticNames = new Map<string, number>();
for (const [i, [name]] of staticTable.entries()) if (!staticNames.has(name)) staticNames.set(name, i + 1);

const statusIndexes = new Map<number, number>();
for (const [i, [name, value]] of staticTable.entries()) if (name === ":status") statusIndexes.set(Number(value), i + 1);

const names = new Map<string, Uint8Array>();
let scratch = Buffer.allocUnsafe(8192);

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

let dateSecond = 0;
let dateText = "";

function dateNow(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}

/**
 * The header block of a response, as literals that enter no table: the writing half of HPACK (RFC 7541) needs no state then.
 * The bytes are good until the next call. `shrinkTable` answers a client that wants a smaller table than the one that we
 * don't use; `bodyBytes` says the length of a body that is whole.
 */
export function encodeHeaders(
  status: number,
  headers: Headers,
  { shrinkTable, bodyBytes }: { readonly shrinkTable: boolean; readonly bodyBytes: number | undefined },
): Buffer {
  let at = 0;
  if (shrinkTable) scratch[at++] = 0x20;
  const index = statusIndexes.get(status);
  if (index !== undefined) scratch[at++] = 0x80 | index;
  else at = writeField(at, ":status", String(status));
  let hasDate = false;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || (name === "content-length" && bodyBytes !== undefined)) continue;
    if (typeof value === "string") at = writeField(at, name, value);
    else for (const one of value) at = writeField(at, name, one);
    if (name === "date") hasDate = true;
  }
  if (bodyBytes !== undefined) at = writeField(at, "content-length", String(bodyBytes));
  if (!hasDate) at = writeField(at, "date", dateNow());
  return scratch.subarray(0, at);
}

function writeField(at: number, name: string, value: string): number {
  const known = encodedName(name);
  if (known === undefined) return at;
  // Three bytes a UTF-16 unit at most, and the length.
  reserve(at, known.length + value.length * 3 + 8);
  scratch.set(known, at);
  return writeValue(at + known.length, value);
}

function writeValue(at: number, value: string): number {
  const { length } = value;
  if (length < 64) {
    const start = at + 1;
    let i = 0;
    for (; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code > 0x7e) break;
      scratch[start + i] = code;
    }
    if (i === length) {
      scratch[at] = length;
      return start + length;
    }
  }
  const text = Buffer.from(cleaned(value), "utf8");
  const head = integerBytes(text.length, 7);
  scratch.set(head, at);
  scratch.set(text, at + head.length);
  return at + head.length + text.length;
}

function integerBytes(value: number, prefixBits: number): number[] {
  const most = (1 << prefixBits) - 1;
  if (value < most) return [value];
  const bytes = [most];
  let left = value - most;
  for (; left >= 0x80; left >>>= 7) bytes.push(0x80 | (left & 0x7f));
  bytes.push(left);
  return bytes;
}

/** The name as it stands before a value that enters no table; undefined for what HTTP/2 has not. */
function encodedName(name: string): Uint8Array | undefined {
  const kept = names.get(name);
  if (kept !== undefined) return kept;
  const lower = name.toLowerCase();
  if (ofConnections.has(lower)) return undefined;
  const made = encodeName(lower);
  if (names.size < maxKeptNames) names.set(name, made);
  return made;
}

function encodeName(name: string): Uint8Array {
  const index = staticNames.get(name);
  if (index !== undefined) return Uint8Array.from(integerBytes(index, 4));
  return Buffer.concat([Uint8Array.of(0, ...integerBytes(name.length, 7)), Buffer.from(name, "latin1")]);
}

/** A header never holds what would end it elsewhere. */
function cleaned(value: string): string {
  return value.replaceAll(/[\0\r\n]/g, " ").trim();
}

function reserve(at: number, more: number): void {
  if (at + more <= scratch.length) return;
  const larger = Buffer.allocUnsafe((at + more) * 2);
  scratch.copy(larger, 0, 0, at);
  scratch = larger;
}
