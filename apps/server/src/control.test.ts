import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { createClient } from "@lateen/client";
import { createNodeTransport } from "@lateen/client/node";
import type { KubeObject } from "@lateen/objects";
import { backupOf, readBackup } from "./backup.ts";
import { restoreBackup } from "./restore.ts";
import { startServer } from "./embedded.ts";
import { openLmdbStore } from "@lateen/apiserver/store/lmdb";

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "lateen-control-"));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const configMap = (name: string, value: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { value },
});
const kind = { apiVersion: "v1", kind: "ConfigMap", namespace: "default" };

async function start(dataDir: string) {
  const server = await startServer({ dataDir, port: 0, parts: "bare", log: silentLog });
  const transport = createNodeTransport(server.kubeconfigPath);
  const call = async (method: string, path: string) => {
    const { status, body } = await transport({ method, path: `/lateen.dev/v1/${path}`, headers: {}, signal });
    const parts: Uint8Array[] = [];
    if (body instanceof Uint8Array) parts.push(body);
    else for await (const part of body) parts.push(part);
    return { status, text: Buffer.concat(parts).toString("utf8") };
  };
  const json = async (method: string, path: string) =>
    JSON.parse((await call(method, path)).text) as Record<string, unknown>;
  return {
    server,
    client: server.client,
    call,
    json,
    stop: async () => {
      await transport[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("a running server", () => {
  it("forks: each side sees its own writes alone, and the fork tells what it changed", async () => {
    const { client, json, stop } = await start(newFolder());
    await client.create(configMap("a", "1"));
    await client.create(configMap("b", "1"));
    const fork = await json("POST", "forks/try");
    const transport = createNodeTransport(String(fork["kubeconfig"]));
    const inFork = createClient({ transport, fieldManager: "test" });
    await inFork.update({ ...(await inFork.get({ ...kind, name: "a" })), data: { value: "2" } });
    await inFork.delete({ ...kind, name: "b" });
    await inFork.create(configMap("c", "1"));
    await client.create(configMap("later", "1"));
    expect((await client.get({ ...kind, name: "a" }))["data"]).toEqual({ value: "1" });
    const { items } = (await json("GET", "forks/try/diff")) as {
      items: { action: string; before?: KubeObject; after?: KubeObject }[];
    };
    const shown = items.map(({ action, before, after }) => `${action} ${(after ?? before)?.metadata.name}`);
    expect(shown).toEqual(["changed a", "deleted b", "created c"]);
    await transport[Symbol.asyncDispose]();
    expect(await json("DELETE", "forks/try")).toEqual({ deleted: "try" });
    expect(await json("GET", "forks")).toEqual({ items: [] });
    await stop();
  });

  it("is backed up while it runs, and a server on the restored directory has the same objects and keys", async () => {
    const { client, call, stop } = await start(newFolder());
    await client.create(configMap("a", "1"));
    const before = await client.get({ ...kind, name: "a" });
    const { text } = await call("GET", "backup");
    await stop();
    const folder = newFolder();
    const file = join(folder, "backup.json");
    writeFileSync(file, text);
    await restoreBackup(file, join(folder, "data"));
    const again = await start(join(folder, "data"));
    expect(await again.client.get({ ...kind, name: "a" })).toEqual(before);
    await again.stop();
    await expect(restoreBackup(file, join(folder, "data"))).rejects.toThrow("there is a store already");
    const lines = text.split("\n");
    for (const damaged of [
      text.slice(0, text.length / 2),
      lines.toSpliced(9, 1).join("\n"),
      text.replace('"count":', '"count":1'),
    ]) {
      writeFileSync(file, damaged);
      await expect(restoreBackup(file, join(newFolder(), "data"))).rejects.toThrow("damaged");
    }
  });

  it("tells nobody without rights", async () => {
    const { server, stop } = await start(newFolder());
    const asked = await fetchPlain(`${server.address}/lateen.dev/v1/backup`);
    expect(asked).toBe(401);
    await stop();
  });
});

describe("a backup", () => {
  it("is of one revision, though writers go on", async () => {
    const store = await openLmdbStore({ folder: newFolder() });
    for (let n = 0; n < 1_200; n++) await store.commit([{ key: `/k/${n}`, bytes: new Uint8Array([1]) }]);
    const { revision } = store;
    const folder = newFolder();
    const parts: Uint8Array[] = [];
    for await (const part of backupOf(store, { files: new Map(), now: 0 })) {
      parts.push(part);
      await store.commit([{ key: `/k/${parts.length}`, bytes: new Uint8Array([2]) }]);
      await store.compact(store.revision);
    }
    const file = join(folder, "b.json");
    writeFileSync(file, Buffer.concat(parts));
    const entries = [];
    for await (const item of readBackup(file)) if (item.kind === "entry") entries.push(item.entry);
    expect(entries).toHaveLength(1_200);
    expect(entries.every((entry) => entry.revision <= revision && entry.bytes[0] === 1)).toBe(true);
    await store[Symbol.asyncDispose]();
  });
});

async function fetchPlain(url: string): Promise<number | undefined> {
  const { request } = await import("node:https");
  return new Promise((done, fail) => {
    const call = request(url, { rejectUnauthorized: false }, (answer) => {
      answer.resume();
      done(answer.statusCode);
    });
    call.once("error", fail);
    call.end();
  });
}
