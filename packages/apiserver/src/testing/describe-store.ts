import fc from "fast-check";
import { expect, it, describe } from "vitest";
import type { Entry, Store, StoreEvent } from "../store/store.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const put = (key: string, text: string, ifRevision?: number) => ({ key, bytes: encode(text), ifRevision });
const remove = (key: string, ifRevision?: number) => ({ key, bytes: undefined, ifRevision });
const shown = (entries: readonly Entry[]) =>
  entries.map((entry) => `${entry.key}=${decode(entry.bytes)}@${entry.revision}`);
const shownEvent = (event: StoreEvent): string => {
  if (event.kind === "progress") return `progress@${event.revision}`;
  const before = event.previous === undefined ? "" : ` was ${decode(event.previous.bytes)}@${event.previous.revision}`;
  return event.kind === "put"
    ? `put ${event.key}=${decode(event.bytes)}@${event.revision}${before}`
    : `delete ${event.key}@${event.revision}${before}`;
};

export interface DescribeStoreOptions {
  /** Closes and opens the same data again; drivers without it lose all on closing. */
  readonly reopen?: (store: Store) => Promise<Store>;
  /** How many histories the property of the log is tried with; 50 without. */
  readonly propertyRuns?: number;
}

interface GivenOperation {
  readonly key: string;
  /** Null deletes. */
  readonly text: string | null;
  /** Under a condition that does not hold. */
  readonly stale: boolean;
}

/** One operation a key; every third commit carries a condition, which may be one that does not hold. */
function asOperations(store: Store, given: readonly GivenOperation[]) {
  const last = new Map(given.map((one) => [one.key, one]));
  const isStale = given.length === 4 && given.every(({ stale }) => stale);
  return [...last.values()].map(({ key, text }) => {
    const revision = store.get(key)?.revision ?? 0;
    const condition = given.length === 3 ? revision : isStale ? revision + 1 : undefined;
    return text === null ? remove(key, condition) : put(key, text, condition);
  });
}

/** Everything that a revision holds, with the revisions of the keys, as one number and its length (FNV-1a). */
function hashOfEntries(entries: readonly Entry[]): string {
  const text = JSON.stringify(entries.map((entry) => [entry.key, decode(entry.bytes), entry.revision]));
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `${hash >>> 0}:${text.length}`;
}

function hashOf(store: Store, at?: number): string {
  return hashOfEntries(store.range("", { at }).entries);
}

/** The hashes of the states that the log makes of the state at `from`, one a revision. */
function replayed(store: Store, from: number, to: number): readonly (readonly [number, string])[] {
  const state = new Map(store.range("", { at: from }).entries.map((entry) => [entry.key, entry]));
  const hashes = new Map<number, string>();
  store.subscribe("", from, (event) => {
    if (event.kind === "progress" || event.revision > to) return;
    if (event.kind === "delete") state.delete(event.key);
    else state.set(event.key, { key: event.key, bytes: event.bytes, revision: event.revision });
    const sorted = [...state.values()].toSorted((a, b) => compareKeys(a.key, b.key));
    hashes.set(event.revision, hashOfEntries(sorted));
  })();
  return [...hashes];
}

function compareKeys(a: string, b: string): number {
  const [left, right] = [encode(a), encode(b)];
  const at = left.findIndex((byte, i) => byte !== right[i]);
  if (at < 0) return left.length - right.length;
  return left[at]! - (right[at] ?? -1);
}

/** The contract of `Store` as tests: each driver passes all of it. */
export function describeStore(name: string, open: () => Promise<Store>, options: DescribeStoreOptions = {}): void {
  describe(`${name} keeps the store contract`, () => {
    it("reads what a commit has answered", async () => {
      const store = await open();
      const revision = await store.commit([put("/a/1", "x")]);
      expect(store.revision).toBe(revision);
      expect(decode(store.get("/a/1")!.bytes)).toBe("x");
      expect(store.get("/a/1")!.revision).toBe(revision);
      expect(store.get("/a/2")).toBeUndefined();
      await store[Symbol.asyncDispose]();
    });

    it("counts one revision for a commit of several keys, and none for a commit that changes nothing", async () => {
      const store = await open();
      const first = await store.commit([put("/a", "1"), put("/b", "2")]);
      expect(store.get("/a")!.revision).toBe(first);
      expect(store.get("/b")!.revision).toBe(first);
      expect(await store.commit([remove("/none")])).toBe(first);
      expect(await store.commit([put("/c", "3")])).toBe(first + 1);
      await store[Symbol.asyncDispose]();
    });

    it("refuses a commit whose condition does not hold, and then changes nothing", async () => {
      const store = await open();
      const revision = await store.commit([put("/a", "1", 0)]);
      await expect(store.commit([put("/b", "x"), put("/a", "2", 0)])).rejects.toMatchObject({
        code: "conflict",
        key: "/a",
        currentRevision: revision,
      });
      await expect(store.commit([put("/z", "x", 7)])).rejects.toMatchObject({ code: "conflict", currentRevision: 0 });
      expect(store.get("/b")).toBeUndefined();
      expect(store.revision).toBe(revision);
      await store.commit([put("/a", "2", revision)]);
      await expect(store.commit([remove("/a", revision)])).rejects.toMatchObject({ code: "conflict" });
      await store[Symbol.asyncDispose]();
    });

    it("lets exactly one of many writers with the same condition win", async () => {
      const store = await open();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) => store.commit([put("/a", `${n}`, 0)])),
      );
      expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
      await store[Symbol.asyncDispose]();
    });

    it("loses no update of writers that read, add one and retry on conflict", async () => {
      const store = await open();
      await store.commit([put("/n", "0")]);
      const increment = async (): Promise<void> => {
        for (;;) {
          const entry = store.get("/n")!;
          try {
            await store.commit([put("/n", `${Number(decode(entry.bytes)) + 1}`, entry.revision)]);
            return;
          } catch (error) {
            if ((error as { code?: string }).code !== "conflict") throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 40 }, increment));
      expect(decode(store.get("/n")!.bytes)).toBe("40");
      await store[Symbol.asyncDispose]();
    });

    it("lists a prefix in byte order, in pages that read one revision", async () => {
      const store = await open();
      for (const key of ["/p/c", "/p/a", "/q", "/p/b", "/p/\u{1f600}", "/p/\uffee"])
        await store.commit([put(key, key)]);
      const all = store.range("/p/");
      expect(all.entries.map((entry) => entry.key)).toEqual(["/p/a", "/p/b", "/p/c", "/p/\uffee", "/p/\u{1f600}"]);
      expect(all.more).toBe(false);
      const first = store.range("/p/", { limit: 2 });
      expect(first.more).toBe(true);
      await store.commit([remove("/p/c")]);
      const second = store.range("/p/", { limit: 2, after: "/p/b", at: first.revision });
      expect(second.entries.map((entry) => entry.key)).toEqual(["/p/c", "/p/\uffee"]);
      expect(store.count("/p/", { after: "/p/b", at: first.revision })).toBe(3);
      expect(store.count("/p/")).toBe(4);
      await store[Symbol.asyncDispose]();
    });

    it("shows each past revision as it was, and refuses the future", async () => {
      const store = await open();
      const one = await store.commit([put("/a", "1"), put("/b", "1")]);
      const two = await store.commit([put("/a", "2")]);
      const three = await store.commit([remove("/a")]);
      const four = await store.commit([put("/a", "4")]);
      expect(shown(store.range("/", { at: one }).entries)).toEqual([`/a=1@${one}`, `/b=1@${one}`]);
      expect(shown(store.range("/", { at: two }).entries)).toEqual([`/a=2@${two}`, `/b=1@${one}`]);
      expect(shown(store.range("/", { at: three }).entries)).toEqual([`/b=1@${one}`]);
      expect(shown(store.range("/", { at: four }).entries)).toEqual([`/a=4@${four}`, `/b=1@${one}`]);
      expect(store.get("/a", { at: three })).toBeUndefined();
      expect(() => store.get("/a", { at: four + 1 })).toThrow(expect.objectContaining({ code: "future" }));
      await store[Symbol.asyncDispose]();
    });

    it("forgets what is compacted and nothing else", async () => {
      const store = await open();
      const one = await store.commit([put("/a", "1"), put("/b", "1")]);
      const two = await store.commit([put("/a", "2")]);
      const three = await store.commit([remove("/b")]);
      await store.compact(two);
      expect(store.compacted).toBe(two);
      expect(() => store.get("/a", { at: one })).toThrow(expect.objectContaining({ code: "compacted" }));
      expect(shown(store.range("/", { at: two }).entries)).toEqual([`/a=2@${two}`, `/b=1@${one}`]);
      expect(shown(store.range("/", { at: three }).entries)).toEqual([`/a=2@${two}`]);
      expect(() => store.subscribe("/", one, () => undefined)).toThrow(expect.objectContaining({ code: "compacted" }));
      await store[Symbol.asyncDispose]();
    });

    it("does not compact past a pinned revision until it is released", async () => {
      const store = await open();
      const one = await store.commit([put("/a", "1")]);
      const pin = store.pin(one, { owner: "test", ttlMs: 60_000 });
      const two = await store.commit([put("/a", "2")]);
      await store.compact(two);
      expect(decode(store.get("/a", { at: one })!.bytes)).toBe("1");
      pin.release();
      await store.compact(two);
      expect(() => store.get("/a", { at: one })).toThrow(expect.objectContaining({ code: "compacted" }));
      await store[Symbol.asyncDispose]();
    });

    it("pushes changes of a prefix once and in order, the past ones first", async () => {
      const store = await open();
      const start = store.revision;
      const one = await store.commit([put("/w/a", "1")]);
      const two = await store.commit([put("/w/a", "2"), put("/other", "x")]);
      const seen: string[] = [];
      const end = store.subscribe("/w/", start, (event) => seen.push(shownEvent(event)));
      const three = await store.commit([remove("/w/a")]);
      await store.commit([put("/other", "y")]);
      end();
      await store.commit([put("/w/b", "unseen")]);
      expect(seen).toEqual([
        `put /w/a=1@${one}`,
        `put /w/a=2@${two} was 1@${one}`,
        `progress@${two}`,
        `delete /w/a@${three} was 2@${two}`,
      ]);
      await store[Symbol.asyncDispose]();
    });

    it("streams changes until the signal aborts", async () => {
      const store = await open();
      const controller = new AbortController();
      const seen: string[] = [];
      const reading = (async () => {
        for await (const event of store.watch("/", { from: store.revision, signal: controller.signal })) {
          seen.push(event.kind);
          if (seen.length === 3) controller.abort(new Error("enough"));
        }
      })();
      await store.commit([put("/a", "1")]);
      await store.commit([remove("/a")]);
      await expect(reading).rejects.toThrow("enough");
      expect(seen).toEqual(["progress", "put", "delete"]);
      await store[Symbol.asyncDispose]();
    });

    it("forks copy-on-write: each side sees its own writes alone", async () => {
      const store = await open();
      const one = await store.commit([put("/a", "1"), put("/b", "1"), put("/c", "1")]);
      await store.commit([put("/a", "2")]);
      const fork = store.fork(one);
      expect(shown(fork.range("/").entries)).toEqual([`/a=1@${one}`, `/b=1@${one}`, `/c=1@${one}`]);
      const forked = await fork.commit([put("/b", "fork", one), remove("/c"), put("/d", "fork")]);
      await store.commit([remove("/b")]);
      await store.compact(store.revision);
      expect(shown(fork.range("/").entries)).toEqual([`/a=1@${one}`, `/b=fork@${forked}`, `/d=fork@${forked}`]);
      expect(fork.range("/", { limit: 1, after: "/a" }).entries.map((entry) => entry.key)).toEqual(["/b"]);
      expect(fork.get("/c")).toBeUndefined();
      expect(store.range("/").entries.map((entry) => entry.key)).toEqual(["/a", "/c"]);
      await expect(fork.commit([put("/a", "x", 99)])).rejects.toMatchObject({ code: "conflict", currentRevision: one });
      await store[Symbol.asyncDispose]();
      expect(() => fork.get("/a")).toThrow(expect.objectContaining({ code: "closed" }));
    });

    it("replays its log to the state that it has", async () => {
      const store = await open();
      const start = store.revision;
      for (let n = 0; n < 60; n++) {
        const key = `/k/${(n * 7) % 11}`;
        await store.commit([n % 4 === 3 ? remove(key) : put(key, `${n}`)]);
      }
      const replayed = new Map<string, string>();
      store.subscribe("/k/", start, (event) => {
        if (event.kind === "put") replayed.set(event.key, decode(event.bytes));
        else if (event.kind === "delete") replayed.delete(event.key);
      })();
      const state = store.range("/k/").entries.map((entry) => [entry.key, decode(entry.bytes)]);
      expect([...replayed].sort((a, b) => (a[0] < b[0] ? -1 : 1))).toEqual(state);
      await store[Symbol.asyncDispose]();
    });

    it("replays its log, from any revision, to the hash that each later revision has; so do forks of any revision", async () => {
      const key = fc.constantFrom("/k/a", "/k/a/b", "/k/b", "/k/__proto__", "/k/constructor", "/k/é");
      const operation = fc.record({ key, text: fc.option(fc.string({ maxLength: 3 })), stale: fc.boolean() });
      const commits = fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { maxLength: 25 });
      await fc.assert(
        fc.asyncProperty(commits, fc.nat(), fc.nat(), async (given, from, forkFrom) => {
          const store = await open();
          const start = store.revision;
          const hashes = new Map([[start, hashOf(store)]]);
          for (const operations of given) {
            await store.commit(asOperations(store, operations)).catch((error: unknown) => {
              if ((error as { code?: string }).code !== "conflict") throw error;
            });
            hashes.set(store.revision, hashOf(store));
          }
          for (const [revision, hash] of hashes) expect(hashOf(store, revision)).toBe(hash);
          const begin = start + (from % (store.revision - start + 1));
          expect(replayed(store, begin, store.revision)).toEqual([...hashes].filter(([revision]) => revision > begin));
          const at = start + (forkFrom % (store.revision - start + 1));
          const fork = store.fork(at);
          expect([fork.revision, hashOf(fork)]).toEqual([at, hashes.get(at)]);
          await fork.commit([put("/k/fork", "x")]);
          expect(replayed(fork, at, fork.revision)).toEqual([[fork.revision, hashOf(fork)]]);
          expect(hashOf(store)).toBe(hashes.get(store.revision));
          await store[Symbol.asyncDispose]();
        }),
        { numRuns: options.propertyRuns ?? 50 },
      );
    }, 60_000);

    it("answers nothing once closed", async () => {
      const store = await open();
      await store[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      expect(() => store.get("/a")).toThrow(expect.objectContaining({ code: "closed" }));
      await expect(store.commit([put("/a", "1")])).rejects.toMatchObject({ code: "closed" });
    });

    const { reopen } = options;
    it.skipIf(reopen === undefined)("has everything again when opened anew", async () => {
      let store = await open();
      const one = await store.commit([put("/a", "1"), put("/b", "1")]);
      const two = await store.commit([put("/a", "2")]);
      const three = await store.commit([remove("/b")]);
      store = await reopen!(store);
      expect(store.revision).toBe(three);
      expect(shown(store.range("/").entries)).toEqual([`/a=2@${two}`]);
      expect(shown(store.range("/", { at: one }).entries)).toEqual([`/a=1@${one}`, `/b=1@${one}`]);
      const seen: string[] = [];
      store.subscribe("/", one, (event) => seen.push(shownEvent(event)))();
      expect(seen).toEqual([`put /a=2@${two} was 1@${one}`, `delete /b@${three} was 1@${one}`, `progress@${three}`]);
      expect(await store.commit([put("/c", "1")])).toBe(three + 1);
      await store[Symbol.asyncDispose]();
    });
  });
}
