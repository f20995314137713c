/** A delivery as a person does it: the real command against a real server that runs the pods as processes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isNotFound, silentLog } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { type RunningServer, startServer } from "@lateen/server/embedded";
import { type CommandResult, runCommand } from "./run-command.ts";

const example = readFileSync(resolve(import.meta.dirname, "../../../examples/first-vela-app.yaml"), "utf8");

describe("lateen delivers", () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lateen-cli-"));
    writeFileSync(join(folder, "app.yaml"), example);
    server = await startServer({ dataDir: join(folder, "data"), port: 0, log: silentLog });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const lateen = (...args: readonly string[]): Promise<CommandResult> =>
    runCommand([...args, "--kubeconfig", server.kubeconfigPath], folder);

  async function pods(namespace: string): Promise<readonly KubeObject[]> {
    return (await server.client.list({ apiVersion: "v1", kind: "Pod", namespace })).items.filter(
      (pod) => pod.metadata.deletionTimestamp === undefined,
    );
  }

  it("to the first namespace, and waits at the approval", async () => {
    const { code, out, err } = await lateen("up", "-f", "app.yaml", "--timeout", "90s");

    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Application default/first-vela-app created");
    expect(out).toContain("step manual-approval: suspending");
    expect(out).toContain('suspended at manual-approval: go on with "lateen workflow resume first-vela-app"');
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/\u001b/);
    expect(await pods("default")).toHaveLength(1);
  });

  it("names a namespace that is missing and what to do, and goes on when the file is delivered again", async () => {
    const resumed = await lateen("workflow", "resume", "first-vela-app", "--timeout", "90s");
    expect(resumed.code).toBe(1);
    expect(resumed.out).toContain('namespace "prod" does not exist');
    expect(resumed.out).toContain("kubectl create namespace prod");

    await server.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } });
    const again = await lateen("up", "-f", "app.yaml", "--timeout", "90s");

    expect(again.code).toBe(0);
    expect(again.out).toContain("healthy");
    expect(await pods("prod")).toHaveLength(2);
  });

  it("changes nothing when nothing has changed, and says so", async () => {
    const ref = {
      apiVersion: "core.oam.dev/v1beta1",
      kind: "Application",
      namespace: "default",
      name: "first-vela-app",
    };
    const before = await server.client.get(ref);

    const { code, out } = await lateen("up", "-f", "app.yaml");

    expect(code).toBe(0);
    expect(out).toBe("Application default/first-vela-app unchanged\nfirst-vela-app is as declared: nothing to do\n");
    expect((await server.client.get(ref)).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it("shows what runs: a tree, a table, data, logs", async () => {
    const status = await lateen("status", "first-vela-app", "--tree");
    expect(status.out).toMatch(/^default\/first-vela-app {2}running {2}first-vela-app-v1\n/);
    expect(status.out).toMatch(/✔ deploy2prod {2}deploy/);
    expect(status.out).toMatch(/Deployment express-server {2}2\/2/);
    expect(status.out).toMatch(/Service express-server {2}127\.\d+\.\d+\.\d+:8000/);
    const table = await lateen("ls");
    expect(table.out).toMatch(
      /^APP +COMPONENT +TYPE +TRAITS +PHASE +HEALTHY +STATUS +AGE\nfirst-vela-app +express-server +webservice +scaler +running +healthy/,
    );
    const data = await lateen("status", "first-vela-app", "-o", "json");
    expect(valueAt(JSON.parse(data.out), "status")).toBe("running");
    const logs = await lateen("logs", "first-vela-app", "--tail", "5");
    expect(logs.out.split("\n").filter((line) => line !== "").length).toBeGreaterThanOrEqual(3);
  });

  it("serves the page through the Service's address and through a forwarded port", async () => {
    const status = await lateen("status", "first-vela-app", "--tree");
    const address = /Service express-server {2}(127\.[\d.]+:8000)/.exec(status.out)?.[1];
    expect(await (await fetch(`http://${address}/`)).text()).toMatch(/Hello World/i);

    const stop = new AbortController();
    let seen = "";
    const forwarding = runCommand(["port-forward", "first-vela-app", "--kubeconfig", server.kubeconfigPath], folder, {
      signal: stop.signal,
      onOutput: (text) => (seen += text),
    });
    await expect.poll(() => /http:\/\/127\.0\.0\.1:\d+/.exec(seen)?.[0], { timeout: 90_000 }).toBeDefined();
    expect(await (await fetch(/http:\/\/127\.0\.0\.1:\d+/.exec(seen)![0])).text()).toMatch(/Hello World/i);
    stop.abort();
    expect((await forwarding).code).toBe(0);
  });

  it("rolls a changed image out as revision 2", async () => {
    writeFileSync(
      join(folder, "app.yaml"),
      example.replace("image: oamdev/hello-world", "image: crccheck/hello-world"),
    );
    expect((await lateen("up", "-f", "app.yaml", "--timeout", "90s")).code).toBe(0);
    expect((await lateen("workflow", "resume", "first-vela-app", "--timeout", "90s")).code).toBe(0);

    const { items } = await server.client.list({
      apiVersion: "core.oam.dev/v1beta1",
      kind: "ApplicationRevision",
      namespace: "default",
    });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["first-vela-app-v1", "first-vela-app-v2"]);
    const images = (await pods("prod")).map((pod) => valueAt(pod, "spec", "containers", 0, "image"));
    expect(images).toEqual(["crccheck/hello-world", "crccheck/hello-world"]);
  });

  it("shows what it would make without making it", async () => {
    const { code, out } = await lateen("dry-run", "-f", "app.yaml", "--resume", "-o", "json");
    expect(code).toBe(0);
    const preview = JSON.parse(out) as {
      readonly subjects: readonly {
        readonly end: string;
        readonly resources: readonly { readonly step: string; readonly manifest: KubeObject }[];
      }[];
    };
    expect(preview.subjects.map(({ end }) => end)).toEqual(["healthy"]);
    const deployments = preview.subjects[0]!.resources.filter(({ manifest }) => manifest.kind === "Deployment");
    expect(deployments.map(({ manifest }) => manifest.metadata.namespace)).toEqual(["default", "prod"]);
    expect(valueAt(deployments[1]!.manifest, "spec", "replicas")).toBe(2);
  });

  it("deletes every object that it made and no other", async () => {
    await server.client.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "mine", namespace: "prod", labels: { "app.oam.dev/name": "first-vela-app" } },
    });

    const { code, out } = await lateen("delete", "first-vela-app", "--timeout", "90s");

    expect(code).toBe(0);
    expect(out).toContain("deleted Deployment prod/express-server");
    for (const namespace of ["default", "prod"]) {
      await expect(
        server.client.get({ apiVersion: "apps/v1", kind: "Deployment", namespace, name: "express-server" }),
      ).rejects.toSatisfy(isNotFound);
      await expect(
        server.client.get({ apiVersion: "v1", kind: "Service", namespace, name: "express-server" }),
      ).rejects.toSatisfy(isNotFound);
    }
    expect(
      (await server.client.get({ apiVersion: "v1", kind: "ConfigMap", namespace: "prod", name: "mine" })).metadata.name,
    ).toBe("mine");
    expect((await server.client.list({ apiVersion: "core.oam.dev/v1beta1", kind: "ResourceTracker" })).items).toEqual(
      [],
    );
    expect((await lateen("delete", "first-vela-app")).err).toContain("does not exist");
  });
});
