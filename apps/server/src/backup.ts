/**
 * A backup: lines of JSON. The first names format, revision and time; then the files of the data directory that are not in
 * the store (keys and certificates), the entries of the store, all of one revision; the last has their count and a digest of
 * all lines before it, so that a backup that was cut is known.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { isJsonObject } from "@lateen/base";
import type { Entry, Store } from "@lateen/apiserver";

const format = "lateen-backup/1";
const pageEntries = 500;
const pinMs = 60 * 60_000;
const encoder = new TextEncoder();

interface Head {
  readonly format: typeof format;
  readonly revision: number;
  readonly timeMs: number;
}

/** What a backup holds, in its order. */
export type BackupItem =
  | { readonly kind: "head"; readonly revision: number; readonly timeMs: number }
  | { readonly kind: "file"; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: "entry"; readonly entry: Entry };

/** The lines of a backup of `store` as it is now. Writers go on meanwhile; compaction waits. */
export async function* backupOf(
  store: Store,
  { files, now }: { readonly files: ReadonlyMap<string, Uint8Array>; readonly now: number },
): AsyncGenerator<Uint8Array> {
  const { revision } = store;
  const pin = store.pin(revision, { owner: "backup", ttlMs: pinMs });
  const digest = createHash("sha256");
  const write = (values: readonly unknown[]): Uint8Array => {
    const bytes = encoder.encode(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    digest.update(bytes);
    return bytes;
  };
  try {
    yield write([{ format, revision, timeMs: now } satisfies Head]);
    for (const [path, bytes] of files) yield write([{ file: path, bytes: base64(bytes) }]);
    let after: string | undefined;
    let count = 0;
    for (;;) {
      const page = store.range("", { at: revision, after, limit: pageEntries });
      count += page.entries.length;
      if (page.entries.length > 0) {
        yield write(page.entries.map((entry) => ({ ...entry, bytes: base64(entry.bytes) })));
      }
      after = page.entries.at(-1)?.key;
      if (!page.more) break;
      // Requests come first.
      await new Promise((done) => setImmediate(done));
    }
    yield encoder.encode(`${JSON.stringify({ end: true, count, sha256: digest.digest("hex") })}\n`);
  } finally {
    pin.release();
  }
}

/** Reads a backup file, plain or compressed. @throws Error that says what is wrong with it. */
export async function* readBackup(path: string): AsyncGenerator<BackupItem> {
  const file = createReadStream(path);
  const input = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  file.once("error", (error) => input.destroy(error));
  const digest = createHash("sha256");
  let count = 0;
  let ended = false;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const item = parseLine(line, path);
    if (item["end"] === true) {
      if (item["count"] !== count || item["sha256"] !== digest.digest("hex"))
        throw damaged(path, "its digest is wrong");
      ended = true;
      continue;
    }
    if (ended) throw damaged(path, "it goes on after its end");
    digest.update(`${line}\n`);
    const read = itemOf(item, path);
    if (read.kind === "entry") count++;
    yield read;
  }
  if (!ended) throw damaged(path, "it has no end");
}

function parseLine(line: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (isJsonObject(value as never)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw damaged(path, "a line of it is no JSON object");
}

function itemOf(item: Readonly<Record<string, unknown>>, path: string): BackupItem {
  const { format: given, revision, timeMs, file, key, bytes } = item;
  if (given !== undefined) {
    if (given !== format)
      throw new Error(`read ${path}: it is in format ${JSON.stringify(given)}; this version reads ${format}`);
    return { kind: "head", revision: Number(revision), timeMs: Number(timeMs) };
  }
  if (typeof bytes !== "string") throw damaged(path, "a line of it holds nothing");
  const content = new Uint8Array(Buffer.from(bytes, "base64"));
  if (typeof file === "string") return { kind: "file", path: file, bytes: content };
  if (typeof key !== "string" || typeof revision !== "number") throw damaged(path, "an entry has no key or revision");
  return { kind: "entry", entry: { key, revision, bytes: content } };
}

function damaged(path: string, why: string): Error {
  return new Error(`read ${path}: the backup is damaged (${why})`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
