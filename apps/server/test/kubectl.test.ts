import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isNotFound, silentLog } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { type RunningServer, startServer } from "../src/embedded.ts";
// @ts-expect-error a tool without types
import { kubectlPath } from "../../../tools/kubectl.mjs";

const kubectl = (kubectlPath as (minor: number) => { readonly path?: string; readonly skip?: string })(35);
const example = resolve(import.meta.dirname, "../../../examples/first-vela-app.yaml");

describe.skipIf(kubectl.path === undefined)(
  `the real kubectl 1.35${kubectl.skip === undefined ? "" : ` (skipped: ${kubectl.skip})`}`,
  () => {
    let server: RunningServer;
    let folder: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "lateen-kubectl-"));
      server = await startServer({ dataDir: join(folder, "data"), port: 0, log: silentLog });
    });
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    function run(
      ...args: readonly string[]
    ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
      return new Promise((done) => {
        const child = spawn(kubectl.path!, args, {
          env: { PATH: process.env["PATH"], HOME: folder, KUBECONFIG: server.kubeconfigPath },
          timeout: 90_000,
        });
        let out = "";
        let err = "";
        child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
        child.on("close", (code) => done({ code, out, err }));
      });
    }

    async function ok(...args: readonly string[]): Promise<string> {
      const { code, out, err } = await run(...args);
      expect({ args, code, err }).toEqual({ args, code: 0, err: "" });
      return out;
    }

    async function reach(phase: string): Promise<void> {
      const ref = {
        apiVersion: "core.oam.dev/v1beta1",
        kind: "Application",
        namespace: "default",
        name: "first-vela-app",
      };
      await expect
        .poll(async () => valueAt(await server.client.get(ref), "status", "status"), { timeout: 90_000, interval: 50 })
        .toBe(phase);
    }

    it("creates a namespace and delivers the example with apply", async () => {
      expect(await ok("create", "ns", "prod")).toBe("namespace/prod created\n");
      expect(await ok("apply", "-f", example)).toBe("application.core.oam.dev/first-vela-app created\n");
      await reach("workflowSuspending");
      expect(await ok("apply", "-f", example)).toBe("application.core.oam.dev/first-vela-app unchanged\n");
    });

    it("serves the figures of the controllers beside its own", async () => {
      const text = await ok("get", "--raw", "/metrics");
      expect(text).toMatch(/^apiserver_request_total\{/m);
      expect(text).toMatch(/^application_phase_number\{phase="workflowSuspending"\} 1$/m);
    });

    it("shows nodes, pods, deployments and applications in tables with their own columns", async () => {
      const out = await ok("get", "nodes,pods,deploy,app", "-A");
      expect(out).toMatch(/NAME\s+STATUS\s+ROLES\s+AGE\s+VERSION/);
      expect(out).toMatch(/NAMESPACE\s+NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE/);
      expect(out).toMatch(/NAMESPACE\s+NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE/);
      expect(out).toMatch(/NAMESPACE\s+NAME\s+COMPONENT\s+TYPE\s+PHASE\s+HEALTHY\s+STATUS\s+AGE/);
      expect(out).toMatch(
        /application\.core\.oam\.dev\/first-vela-app\s+express-server\s+webservice\s+workflowSuspending/,
      );
    });

    it("prints and describes an application", async () => {
      const yaml = await ok("get", "app", "first-vela-app", "-o", "yaml");
      expect(yaml).toContain("kind: Application");
      expect(yaml).toContain("name: manual-approval");
      const described = await ok("describe", "app", "first-vela-app");
      expect(described).toContain("Name:         first-vela-app");
      expect(described).toContain("deploy2default");
    });

    it("reads the logs of a pod that runs as a process", async () => {
      await expect
        .poll(async () => (await run("logs", "deploy/express-server")).code, { timeout: 90_000, interval: 200 })
        .toBe(0);
      expect(await ok("logs", "deploy/express-server")).toMatch(/\S/);
    });

    it("watches changes", async () => {
      const watching = run("get", "cm", "-w", "--request-timeout=3s", "-o", "name");
      await expect
        .poll(async () => (await run("create", "cm", `seen-${Date.now()}`, "--from-literal=a=b")).code, {
          timeout: 90_000,
          interval: 300,
        })
        .toBe(0);
      expect((await watching).out).toMatch(/configmap\/seen-\d+/);
    });

    it("lists resources and explains an application's spec", async () => {
      const resources = await ok("api-resources");
      expect(resources).toMatch(/applications\s+app,velaapp\s+core\.oam\.dev\/v1beta1\s+true\s+Application/);
      expect(resources).toMatch(/deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/);
      const explained = await ok("explain", "application.spec");
      expect(explained).toMatch(/components/);
      expect(explained).toMatch(/workflow/);
      expect(await ok("explain", "deployment.spec.template.spec.containers.livenessProbe.httpGet.port")).toContain(
        "FIELD: port",
      );
    });

    it("deletes an application with everything that it made and nothing else", async () => {
      expect(await ok("delete", "app", "first-vela-app")).toContain("deleted");
      await expect(
        server.client.get({ apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "express-server" }),
      ).rejects.toSatisfy(isNotFound);
      expect(await ok("get", "ns", "prod", "-o", "name")).toBe("namespace/prod\n");
    });

    it("tells kubectl's users what is wrong with an application, and applies nothing", async () => {
      const file = join(folder, "bad.yaml");
      writeFileSync(file, readFileSync(example, "utf8").replace("type: webservice", "type: webservise"));
      const { code, err } = await run("apply", "-f", file);
      expect(code).toBe(1);
      expect(err).toContain('did you mean "webservice"');
      expect((await run("get", "app", "first-vela-app")).err).toContain("NotFound");
    });
  },
);
