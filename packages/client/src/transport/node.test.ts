import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen, prepareTls, writeKubeconfig } from "@lateen/apiserver/listen/node";
import { silentLog, systemClock } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { startTestCluster } from "@lateen/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createCache } from "../cache/create-cache.ts";
import { createClient } from "../create-client.ts";
import { createNodeTransport } from "./node.ts";

const cleanups: (() => PromiseLike<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function startServer() {
  const cluster = await startTestCluster({ time: "system" });
  cleanups.push(() => cluster[Symbol.asyncDispose]());
  const folder = mkdtempSync(join(tmpdir(), "lateen-client-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const host = "127.0.0.1";
  const tls = prepareTls({ folder, host, clock: systemClock });
  const open = (port: number) => listen({ server: cluster.server, host, port, tls, log: silentLog });
  const listening = await open(0);
  const kubeconfig = writeKubeconfig({ folder, server: `https://${host}:${listening.port}`, tls });
  return { cluster, listening, kubeconfig, open, port: listening.port };
}

const config = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
});
const kind = { apiVersion: "v1", kind: "ConfigMap" } as const;

describe("the way to a server over the network", () => {
  it("reads and writes, and names the object when it fails", async () => {
    const { kubeconfig, listening } = await startServer();
    cleanups.push(() => listening[Symbol.asyncDispose]());
    const transport = createNodeTransport(kubeconfig);
    cleanups.push(() => transport[Symbol.asyncDispose]());
    const client = createClient({ transport });
    const names = Array.from({ length: 20 }, (_, i) => `c${i}`);
    await Promise.all(names.map((name) => client.create(config(name))));
    const { items } = await client.list({ ...kind, namespace: "default" });
    expect(items).toHaveLength(20);
    expect(items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    await expect(client.get({ ...kind, namespace: "default", name: "none" })).rejects.toThrow(
      'get ConfigMap default/none: configmaps "none" not found',
    );
  });

  it("keeps a cache that survives the server's restart, without a gap and without a double", async () => {
    const { kubeconfig, listening, open, cluster, port } = await startServer();
    const transport = createNodeTransport(kubeconfig);
    cleanups.push(() => transport[Symbol.asyncDispose]());
    const cache = createCache({ client: createClient({ transport }) });
    cleanups.push(() => cache[Symbol.asyncDispose]());
    const added: string[] = [];
    cache.onChange(kind, ({ object, previous }) => {
      if (previous === undefined) added.push(object?.metadata.name ?? "");
    });
    await cache.synced({ kinds: [kind] });
    await cluster.client.create(config("before"));
    await expect.poll(() => added).toContain("before");

    await listening[Symbol.asyncDispose]();
    await cluster.client.create(config("between"));
    const again = await open(port);
    cleanups.push(() => again[Symbol.asyncDispose]());
    await expect.poll(() => added, { timeout: 90_000 }).toContain("between");
    await cluster.client.create(config("after"));
    await expect.poll(() => added, { timeout: 90_000 }).toContain("after");
    expect(added.filter((name) => ["before", "between", "after"].includes(name))).toEqual([
      "before",
      "between",
      "after",
    ]);
  });

  it("says so when no server answers, and which kubeconfig it read", async () => {
    const { kubeconfig, listening, port } = await startServer();
    await listening[Symbol.asyncDispose]();
    const transport = createNodeTransport(kubeconfig);
    cleanups.push(() => transport[Symbol.asyncDispose]());
    await expect(createClient({ transport }).list(kind)).rejects.toThrow(
      `no server answers at https://127.0.0.1:${port} (kubeconfig ${kubeconfig}): connection refused`,
    );
    expect(() => createNodeTransport("/no/such/kubeconfig")).toThrow("no kubeconfig at /no/such/kubeconfig");
  });
});
