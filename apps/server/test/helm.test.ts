/** The real helm, 3 and 4, with the chart that `helm create` writes: its image is one that the node runs as a process. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type RunningServer, startServer } from "../src/embedded.ts";
// @ts-expect-error a tool without types
import { kubectlPath } from "../../../tools/kubectl.mjs";

const toolPath = kubectlPath as (minor: number, tool: string) => { readonly path?: string; readonly skip?: string };

describe.each([
  { version: 3, helm: toolPath(32, "helm") },
  { version: 4, helm: toolPath(35, "helm") },
])("the real helm $version", ({ helm }) => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-helm-"));
    server = await startServer({ dataDir: join(folder, "data"), port: 0, log: silentLog });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(...args: readonly string[]): Promise<string> {
    return new Promise((done, fail) => {
      const env = { PATH: process.env["PATH"], HOME: folder, KUBECONFIG: server.kubeconfigPath };
      const child = spawn(helm.path!, args, { cwd: folder, env, timeout: 60_000 });
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (out += chunk.toString()));
      child.on("close", (code) => (code === 0 ? done(out) : fail(new Error(`helm ${args.join(" ")}: ${out}`))));
    });
  }

  it.skipIf(helm.path === undefined)(
    "installs, upgrades, rolls back and uninstalls a chart, and waits for its pods",
    { timeout: 180_000 },
    async () => {
      await run("create", "shop");
      expect(await run("install", "web", "./shop", "--wait", "--timeout", "50s")).toContain("STATUS: deployed");
      await run("upgrade", "web", "./shop", "--set", "replicaCount=2", "--wait", "--timeout", "50s");
      const deployment = { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "web-shop" };
      expect((await server.client.get(deployment))["spec"]).toMatchObject({ replicas: 2 });
      await run("rollback", "web", "1", "--wait", "--timeout", "50s");
      expect((await server.client.get(deployment))["spec"]).toMatchObject({ replicas: 1 });
      expect(await run("history", "web")).toMatch(/Rollback to 1/);
      await run("uninstall", "web", "--wait", "--timeout", "50s");
      expect(
        (
          await server.client.list(
            { apiVersion: "v1", kind: "Secret", namespace: "default" },
            { labelSelector: "owner=helm" },
          )
        ).items,
      ).toEqual([]);
    },
  );
});
