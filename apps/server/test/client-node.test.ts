/** The official JavaScript client against our server: typed calls, errors, an informer. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  makeInformer,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type RunningServer, startServer } from "../src/embedded.ts";

describe("the official JavaScript client", () => {
  let server: RunningServer;
  let folder: string;
  const config = new KubeConfig();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-client-"));
    server = await startServer({ dataDir: join(folder, "data"), port: 0, nodeMode: "simulated", log: silentLog });
    config.loadFromFile(server.kubeconfigPath);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("creates, reads, lists and deletes typed objects", async () => {
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace: "default", body: { metadata: { name: "a" }, data: { x: "1" } } });
    expect((await core.readNamespacedConfigMap({ namespace: "default", name: "a" })).data).toEqual({ x: "1" });
    expect(
      (await core.listNamespacedConfigMap({ namespace: "default", fieldSelector: "metadata.name=a" })).items,
    ).toHaveLength(1);
    await core.deleteNamespacedConfigMap({ namespace: "default", name: "a" });
    const failure = await core
      .readNamespacedConfigMap({ namespace: "default", name: "a" })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiException);
    expect((failure as ApiException<unknown>).code).toBe(404);
  });

  it("reads Applications as custom objects", async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    const target = { group: "core.oam.dev", version: "v1beta1", namespace: "default", plural: "applications" };
    const body = {
      apiVersion: "core.oam.dev/v1beta1",
      kind: "Application",
      metadata: { name: "web" },
      spec: { components: [{ name: "web", type: "webservice", properties: { image: "nginx" } }] },
    };
    await custom.createNamespacedCustomObject({ ...target, body });
    const apps = config.makeApiClient(AppsV1Api);
    await expect
      .poll(
        async () => (await apps.listNamespacedDeployment({ namespace: "default" })).items[0]?.status?.readyReplicas,
        { timeout: 90_000 },
      )
      .toBe(1);
  });

  it("follows changes with an informer", async () => {
    const core = config.makeApiClient(CoreV1Api);
    const informer = makeInformer(config, "/api/v1/namespaces/default/secrets", () =>
      core.listNamespacedSecret({ namespace: "default" }),
    );
    const seen: string[] = [];
    informer.on("add", (secret) => seen.push(`+${secret.metadata?.name}`));
    informer.on("delete", (secret) => seen.push(`-${secret.metadata?.name}`));
    informer.on("error", (error: unknown) => seen.push(`! ${String(error)}`));
    await informer.start();
    try {
      await core.createNamespacedSecret({
        namespace: "default",
        body: { metadata: { name: "s" }, stringData: { k: "v" } },
      });
      await expect.poll(() => seen, { timeout: 90_000 }).toContain("+s");
      await core.deleteNamespacedSecret({ namespace: "default", name: "s" });
      await expect.poll(() => seen, { timeout: 90_000 }).toContain("-s");
    } finally {
      await informer.stop();
    }
  });
});
