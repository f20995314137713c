import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createManualClock } from "@lateen/base";
import type { Entry, Store } from "../store.ts";
import { formatVersion, metaKey, timeTag } from "./layout.ts";
import { openLmdbStore, openTable } from "./open.ts";
import { restoreLmdbStore } from "./restore.ts";

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-store-"));
  folders.push(folder);
  return folder;
};
const mounts: string[] = [];
afterAll(() => {
  for (const mount of mounts) execFileSync("umount", ["-l", mount]);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textsOf = (entries: readonly Entry[]): unknown =>
  entries.map(({ key, bytes, revision }) => [key, new TextDecoder().decode(bytes), revision]);

async function* entriesOf(store: Store): AsyncGenerator<Entry> {
  yield* store.range("").entries;
}

/** A file system of so many bytes; undefined where this user may not make one. */
function smallDisk(bytes: number): string | undefined {
  const folder = newFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  mounts.push(folder);
  return folder;
}

describe("the LMDB store on a full disk", () => {
  it("refuses writes, goes on reading, and writes again once there is room", async ({ skip }) => {
    const disk = smallDisk(4 * 1024 * 1024);
    if (disk === undefined) skip("no tmpfs can be mounted here");
    const ballast = join(disk!, "ballast");
    writeFileSync(ballast, new Uint8Array(2 * 1024 * 1024));
    const store = await openLmdbStore({ folder: join(disk!, "store") });
    await store.commit([{ key: "/first", bytes: bytesOf("there") }]);
    const codes: string[] = [];
    for (let n = 0; codes.length < 3 && n < 200; n++) {
      const write = store.commit([{ key: `/big/${n}`, bytes: new Uint8Array(60_000) }]);
      await write.catch((error: { code: string }) => codes.push(error.code));
    }
    expect(codes).toEqual(["full", "full", "full"]);
    const before = store.revision;
    expect(store.get("/first")).toBeDefined();
    expect(store.range("/big/").entries.length).toBeGreaterThan(5);
    truncateSync(ballast, 0);
    expect(await store.commit([{ key: "/last", bytes: bytesOf("again") }])).toBe(before + 1);
    await store[Symbol.asyncDispose]();
    const again = await openLmdbStore({ folder: join(disk!, "store") });
    expect(again.get("/last")).toBeDefined();
    await again[Symbol.asyncDispose]();
  });
});

describe("a backup that is restored", () => {
  it("has the same entries at the same revisions, goes on from there, and knows no past", async () => {
    const clock = createManualClock();
    const store = await openLmdbStore({ folder: newFolder(), clock });
    for (let n = 0; n < 1_200; n++) await store.commit([{ key: `/k/${n % 700}`, bytes: bytesOf(`v${n}`) }]);
    const folder = newFolder();
    const { revision } = store;
    const count = await restoreLmdbStore(folder, { revision, timeMs: clock.now(), entries: entriesOf(store) });
    expect(count).toBe(700);
    const restored = await openLmdbStore({ folder, clock });
    expect(restored.revision).toBe(revision);
    expect(textsOf(restored.range("").entries)).toEqual(textsOf(store.range("").entries));
    expect(() => restored.get("/k/1", { at: revision - 1 })).toThrow(expect.objectContaining({ code: "compacted" }));
    expect(await restored.commit([{ key: "/k/1", bytes: undefined }])).toBe(revision + 1);
    expect(restored.get("/k/1", { at: revision })).toBeDefined();
    expect(restored.revisionAt?.(clock.now())).toBe(revision + 1);
    await restored[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  it("is refused where data is, and half of one is no store", async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    await store.commit([{ key: "/a", bytes: bytesOf("a") }]);
    async function* broken(): AsyncGenerator<Entry> {
      yield* store.range("").entries;
      throw new Error("the file ends too early");
    }
    const folder = newFolder();
    await expect(restoreLmdbStore(folder, { revision: 2, timeMs: 0, entries: broken() })).rejects.toThrow("too early");
    await expect(openLmdbStore({ folder })).rejects.toMatchObject({ code: "unwritable" });
    await expect(restoreLmdbStore(folder, { revision: 2, timeMs: 0, entries: entriesOf(store) })).rejects.toMatchObject(
      { code: "unwritable" },
    );
    await store[Symbol.asyncDispose]();
  });
});

describe("a data directory of an older format", () => {
  it("is brought to the present one when it is opened", async () => {
    const folder = newFolder();
    const first = await openLmdbStore({ folder });
    await first.commit([{ key: "/a", bytes: bytesOf("a") }]);
    await first[Symbol.asyncDispose]();
    const table = openTable(folder, Number.MAX_SAFE_INTEGER);
    await table.put(metaKey, Buffer.from(JSON.stringify({ format: 1, compacted: 1 })));
    for (const key of table.getKeys({ start: Buffer.of(timeTag), end: Buffer.of(timeTag + 1) }))
      await table.remove(key);
    await table.close();
    const said: string[] = [];
    const store = await openLmdbStore({ folder, log: ({ message }) => said.push(message) });
    expect(said).toContain(`the data directory is now in format ${formatVersion}`);
    expect(store.get("/a")?.revision).toBe(2);
    expect(store.revisionAt?.(Date.now())).toBe(2);
    await store[Symbol.asyncDispose]();
    expect(readFileSync(join(folder, "closed.json"), "utf8")).toContain("sizeBytes");
  });
});

describe("a data directory that was compacted", () => {
  it("opens again at its revision", async () => {
    const folder = newFolder();
    const first = await openLmdbStore({ folder });
    for (let n = 0; n < 5; n++) await first.commit([{ key: "/k", bytes: bytesOf(String(n)) }]);
    for (const compacted of [4, 6]) {
      await first.compact(compacted);
      expect(first.compacted).toBe(compacted);
    }
    await first[Symbol.asyncDispose]();
    const store = await openLmdbStore({ folder });
    expect([store.revision, store.compacted]).toEqual([6, 6]);
    expect(await store.commit([{ key: "/k", bytes: bytesOf("new") }])).toBe(7);
    await store[Symbol.asyncDispose]();
  });
});

describe("the revision at a time", () => {
  it("is the last of that second or before, as long as it is kept", async () => {
    const clock = createManualClock();
    const begun = clock.now();
    const store = await openLmdbStore({ folder: newFolder(), clock });
    for (let n = 0; n < 6; n++) {
      await store.commit([{ key: "/k", bytes: bytesOf(String(n)) }]);
      await clock.advance(500);
    }
    expect(store.revisionAt?.(begun - 1_000)).toBeUndefined();
    expect(store.revisionAt?.(begun)).toBe(3);
    expect(store.revisionAt?.(begun + 1_999)).toBe(5);
    expect(store.revisionAt?.(begun + 60_000)).toBe(7);
    await store.compact(6);
    expect(() => store.revisionAt?.(begun + 1_000)).toThrow(expect.objectContaining({ code: "compacted" }));
    expect(store.revisionAt?.(begun + 60_000)).toBe(7);
    await store[Symbol.asyncDispose]();
  });
});
