import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { describeStore } from "../testing/describe-store.ts";
import { openLmdbStore } from "./lmdb.ts";
import type { Store } from "./store.ts";

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-store-"));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const folderOf = new WeakMap<Store, string>();
async function open(folder = newFolder()): Promise<Store> {
  const store = await openLmdbStore({ folder });
  folderOf.set(store, folder);
  return store;
}

describeStore("the LMDB store", () => open(), {
  reopen: async (store) => {
    await store[Symbol.asyncDispose]();
    return open(folderOf.get(store));
  },
});
describeStore("a fork of the LMDB store", async () => {
  const base = await open();
  const fork = base.fork();
  const dispose = fork[Symbol.asyncDispose].bind(fork);
  Object.defineProperty(fork, Symbol.asyncDispose, {
    value: async () => {
      await dispose();
      await base[Symbol.asyncDispose]();
    },
  });
  return fork;
});

const bytes = new TextEncoder().encode("x");

describe("the LMDB store's data directory", () => {
  it("is refused to a second opener while the first lives, naming its process", async () => {
    const store = await open();
    await expect(openLmdbStore({ folder: folderOf.get(store)! })).rejects.toMatchObject({
      code: "held",
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    await store[Symbol.asyncDispose]();
    const again = await open(folderOf.get(store));
    await again[Symbol.asyncDispose]();
  });

  it("is refused when it cannot be written", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(openLmdbStore({ folder: join(folder, "file", "data") })).rejects.toMatchObject({ code: "unwritable" });
  });

  it("is refused as damaged when it was cut or overwritten since it was closed", async () => {
    for (const harm of [
      (data: Buffer) => data.subarray(0, 5000),
      (data: Buffer) => data.subarray(0, Math.floor(data.length / 3 / 4096) * 4096),
      (data: Buffer) => Buffer.concat([Buffer.alloc(8192, 7), data.subarray(8192)]),
    ]) {
      const store = await open();
      for (let n = 0; n < 50; n++) await store.commit([{ key: `/k/${n}`, bytes: new Uint8Array(2000) }]);
      await store[Symbol.asyncDispose]();
      const folder = folderOf.get(store)!;
      const path = join(folder, "data.mdb");
      writeFileSync(path, harm(readFileSync(path)));
      await expect(openLmdbStore({ folder })).rejects.toMatchObject({ code: "damaged" });
    }
  });

  it("has every acknowledged write again after its process was killed", async () => {
    const folder = newFolder();
    const script = `
      import { openLmdbStore } from ${JSON.stringify(join(import.meta.dirname, "lmdb.ts"))};
      const store = await openLmdbStore({ folder: ${JSON.stringify(folder)} });
      for (let n = 0; ; n++) { await store.commit([{ key: "/n/" + n, bytes: new Uint8Array([1]) }]); process.stdout.write(n + "\\n"); }
    `;
    const path = join(folder, "writer.test-script.mjs");
    const { build } = await import("esbuild");
    await build({
      stdin: { contents: script, resolveDir: import.meta.dirname, loader: "ts" },
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      external: ["lmdb"],
      outfile: path,
      logLevel: "silent",
      banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
      plugins: [
        {
          name: "lmdb",
          setup: (builder) =>
            builder.onResolve({ filter: /^lmdb$/ }, () => ({
              path: new URL(import.meta.resolve("lmdb")).pathname,
              external: true,
            })),
        },
      ],
    });
    const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
    let acknowledged = -1;
    await new Promise<void>((done) => {
      child.stdout.on("data", (text: Buffer) => {
        acknowledged = Number(text.toString("utf8").trim().split("\n").at(-1));
        if (acknowledged >= 200) child.kill("SIGKILL");
      });
      child.once("exit", () => done());
    });
    const store = await openLmdbStore({ folder });
    expect(acknowledged).toBeGreaterThanOrEqual(200);
    for (let n = 0; n <= acknowledged; n++) expect(store.get(`/n/${n}`)).toBeDefined();
    await store[Symbol.asyncDispose]();
  });

  it("does not grow with what has been compacted", async () => {
    const store = await open();
    for (let n = 0; n < 300; n++) await store.commit([{ key: "/k", bytes }]);
    await store.compact(store.revision);
    expect(store.range("/").entries).toHaveLength(1);
    expect(() => store.get("/k", { at: store.revision - 1 })).toThrow(expect.objectContaining({ code: "compacted" }));
    await store[Symbol.asyncDispose]();
  });
});
