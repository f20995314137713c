import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type RunningServer, startServer } from "../src/embedded.ts";
// @ts-expect-error a tool without types
import { kubectlPath } from "../../../tools/kubectl.mjs";

const pathOf = kubectlPath as (minor: number) => { readonly path?: string; readonly skip?: string };
const example = resolve(import.meta.dirname, "../../../examples/first-vela-app.yaml");
/** How each kubectl asks: frames in a WebSocket's messages, or on a connection that is SPDY itself (the way before 1.31). */
const clients = [
  { minor: 35, over: "a WebSocket", webSockets: "true" },
  { minor: 32, over: "a SPDY connection", webSockets: "false" },
].map((client) => ({ ...client, kubectl: pathOf(client.minor) }));

let server: RunningServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lateen-forward-"));
  server = await startServer({ dataDir: join(folder, "data"), port: 0, log: silentLog });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

for (const { minor, over, webSockets, kubectl } of clients) {
  describe.skipIf(kubectl.path === undefined)(
    `port-forward of the real kubectl 1.${minor} over ${over}${kubectl.skip === undefined ? "" : ` (skipped: ${kubectl.skip})`}`,
    () => {
      const start = (...args: readonly string[]): { readonly child: ChildProcess; readonly text: () => string } => {
        const child = spawn(kubectl.path!, args, {
          env: {
            PATH: process.env["PATH"],
            HOME: folder,
            KUBECONFIG: server.kubeconfigPath,
            KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets,
          },
          timeout: 60_000,
        });
        let text = "";
        for (const output of [child.stdout, child.stderr])
          output.on("data", (part: Buffer) => (text += part.toString()));
        return { child, text: () => text };
      };

      /** The local port, when kubectl listens on it. */
      async function forwarded(forwarding: { readonly text: () => string }): Promise<string> {
        await expect
          .poll(forwarding.text, { timeout: 90_000, interval: 50 })
          .toMatch(/Forwarding from 127\.0\.0\.1:\d+/);
        return /Forwarding from 127\.0\.0\.1:(\d+)/.exec(forwarding.text())![1]!;
      }

      it("brings the page of a pod, ten at once, and ends cleanly", async () => {
        const applied = start("apply", "-f", example);
        expect(await once(applied.child, "close")).toEqual([0, null]);
        await expect
          .poll(async () => (await once(start("logs", "deploy/express-server").child, "close"))[0] as number, {
            timeout: 90_000,
            interval: 200,
          })
          .toBe(0);

        // At this level kubectl says so when it must fall back from WebSockets.
        const forwarding = start("-v=4", "port-forward", "deploy/express-server", ":8000");
        const port = await forwarded(forwarding);
        const page = async (n: number): Promise<string> =>
          (await fetch(`http://127.0.0.1:${port}/${n}`, { headers: { connection: "close" } })).text();
        const first = await page(0);
        expect(first).toContain("Hello World");
        expect(await Promise.all(Array.from({ length: 10 }, (_, n) => page(n)))).toEqual(Array(10).fill(first));

        expect(forwarding.text()).not.toMatch(/fallback|error|lost/i);
        forwarding.child.kill("SIGINT");
        expect(await once(forwarding.child, "close")).toEqual([0, null]);
        expect(forwarding.text()).not.toMatch(/^E\d{4} |lost connection/m);
      });

      it("tells kubectl's user what is wrong when nothing listens behind the port", { retry: 2 }, async () => {
        const forwarding = start("port-forward", "deploy/express-server", ":8999");
        const port = await forwarded(forwarding);
        await expect(fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(20_000) })).rejects.toThrow();
        await expect
          .poll(forwarding.text, { timeout: 15_000 })
          .toMatch(/an error occurred forwarding \d+ -> 8999: \S+/);
        forwarding.child.kill("SIGINT");
        await once(forwarding.child, "close");
      });
    },
  );
}
