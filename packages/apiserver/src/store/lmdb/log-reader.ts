import type { RootDatabase } from "lmdb";
import { compareKeys } from "../order.ts";
import type { Entry, Page } from "../store.ts";
import type { Change } from "../watch-hub.ts";
import {
  endOfPrefix,
  historyKey,
  historyTag,
  type LogItem,
  logKey,
  parseHistoryKey,
  presentKey,
  readRevision,
  timeKey,
} from "./layout.ts";

export type Table = RootDatabase<Buffer, Buffer>;

/** Most bytes of entries that stay in memory. */
const maxCachedBytes = 4 * 1024 * 1024;
const maxEmptyPrefixes = 64;

/** The last revision in the log; undefined when it is empty. */
export function readLastRevision(table: Table): number | undefined {
  // Not the first byte after the log's: the meta entry lies right there.
  const range = { start: logKey(Number.MAX_SAFE_INTEGER), end: logKey(0), reverse: true, limit: 1 };
  for (const key of table.getKeys(range)) return readRevision(key, 1);
  return undefined;
}

/** Reads of the present and the past. Each is one short read: no transaction stays open between calls. */
export class LogReader {
  readonly #table: Table;
  /** Present entries that were read or written last. */
  readonly #cache = new Map<string, Entry>();
  #cachedBytes = 0;
  /** Prefixes that nothing has, of those asked for last: each write asks for the quotas of its namespace. */
  readonly #empty = new Set<string>();

  constructor(table: Table) {
    this.#table = table;
  }

  present(key: string): Entry | undefined {
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const value = this.#table.get(presentKey(key));
    if (value === undefined) return undefined;
    const entry = { key, bytes: value.subarray(8), revision: readRevision(value) };
    this.#keep(entry);
    return entry;
  }

  /** Takes in what has become durable. */
  apply(change: Change): void {
    const { key, revision } = change;
    this.#drop(key);
    if (change.kind === "delete") return;
    this.#keep({ key, bytes: change.bytes, revision });
    for (const prefix of this.#empty) if (key.startsWith(prefix)) this.#empty.delete(prefix);
  }

  #keep(entry: Entry): void {
    const size = entry.bytes.length;
    if (size > maxCachedBytes / 16) return;
    this.#drop(entry.key);
    this.#cache.set(entry.key, entry);
    this.#cachedBytes += size;
    if (this.#cachedBytes <= maxCachedBytes) return;
    for (const oldest of this.#cache.keys()) {
      this.#drop(oldest);
      if (this.#cachedBytes <= maxCachedBytes) return;
    }
  }

  #drop(key: string): void {
    const known = this.#cache.get(key);
    if (known === undefined) return;
    this.#cachedBytes -= known.bytes.length;
    this.#cache.delete(key);
  }

  at(key: string, revision: number): Entry | undefined {
    const present = this.present(key);
    if (present !== undefined && present.revision <= revision) return present;
    return this.#past(key, revision);
  }

  presentRange(
    prefix: string,
    options: { readonly limit: number; readonly after: string | undefined },
  ): Omit<Page, "revision"> {
    const entries: Entry[] = [];
    if (this.#empty.has(prefix)) return { entries, more: false };
    for (const { key, value } of this.#table.getRange(this.#bounds(prefix, options.after))) {
      if (entries.length === options.limit) return { entries, more: true };
      entries.push({ key: key.toString("utf8", 1), bytes: value.subarray(8), revision: readRevision(value) });
    }
    if (entries.length === 0 && options.after === undefined) this.#rememberEmpty(prefix);
    return { entries, more: false };
  }

  #rememberEmpty(prefix: string): void {
    if (this.#empty.size >= maxEmptyPrefixes) this.#empty.clear();
    this.#empty.add(prefix);
  }

  countPresent(prefix: string, after: string | undefined): number {
    return this.#table.getKeysCount(this.#bounds(prefix, after));
  }

  /** Entries as they were at `revision`: present ones since then, and what was replaced later, in key order. */
  *pastRange(prefix: string, revision: number, after: string | undefined): Generator<Entry> {
    const past = this.#pastEntries(prefix, revision, after);
    let next = past.next().value;
    for (const { key, value } of this.#table.getRange(this.#bounds(prefix, after))) {
      const at = readRevision(value);
      if (at > revision) continue;
      const name = key.toString("utf8", 1);
      for (; next && compareKeys(next.key, name) < 0; next = past.next().value) yield next;
      yield { key: name, bytes: value.subarray(8), revision: at };
    }
    for (; next; next = past.next().value) yield next;
  }

  /** Changes after `from` up to `to`, in order. */
  *changes(prefix: string, from: number, to: number): Generator<Change> {
    for (const { key, value } of this.#table.getRange({ start: logKey(from + 1), end: logKey(to + 1) })) {
      const revision = readRevision(key, 1);
      for (const item of JSON.parse(value.toString("utf8")) as LogItem[]) {
        if (item[0].startsWith(prefix)) yield this.#change(item, revision);
      }
    }
  }

  /** The last revision noted for this second or one before. */
  revisionAt(timeMs: number): number | undefined {
    const range = { start: timeKey(timeMs), end: timeKey(0), reverse: true, limit: 1 };
    for (const { value } of this.#table.getRange(range)) return readRevision(value);
    return undefined;
  }

  #change([key, kind, before]: LogItem, revision: number): Change {
    const previous = before === 0 ? undefined : this.#version(key, before);
    if (kind === "d") return { kind: "delete", key, revision, previous: previous! };
    return { kind: "put", key, bytes: this.#version(key, revision)!.bytes, revision, previous };
  }

  #version(key: string, revision: number): Entry | undefined {
    const present = this.present(key);
    if (present?.revision === revision) return present;
    const value = this.#table.get(historyKey(key, revision));
    return value === undefined ? undefined : { key, bytes: value.subarray(8), revision };
  }

  #past(key: string, revision: number): Entry | undefined {
    const range = { start: historyKey(key, revision), end: historyKey(key, 0), reverse: true, limit: 1 };
    for (const { key: found, value } of this.#table.getRange(range)) {
      const { revision: at } = parseHistoryKey(found);
      if (readRevision(value) <= revision) return undefined;
      return { key, bytes: value.subarray(8), revision: at };
    }
    return undefined;
  }

  *#pastEntries(prefix: string, revision: number, after: string | undefined): Generator<Entry, undefined> {
    const start = Buffer.concat([Uint8Array.of(historyTag), Buffer.from(after ?? prefix, "utf8")]);
    const end = endOfPrefix(Buffer.concat([Uint8Array.of(historyTag), Buffer.from(prefix, "utf8")]));
    for (const { key: found, value } of this.#table.getRange({ start, end })) {
      const { key, revision: at } = parseHistoryKey(found);
      if (key === after || at > revision || readRevision(value) <= revision) continue;
      yield { key, bytes: value.subarray(8), revision: at };
    }
    return undefined;
  }

  #bounds(prefix: string, after: string | undefined): { readonly start: Buffer; readonly end: Buffer } {
    // The first key after `after` is `after` with a zero byte.
    const start = after === undefined ? presentKey(prefix) : Buffer.concat([presentKey(after), Uint8Array.of(0)]);
    return { start, end: endOfPrefix(presentKey(prefix)) };
  }
}
