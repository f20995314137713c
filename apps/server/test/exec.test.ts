import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "@lateen/base";
import { type RunningServer, startServer } from "../src/embedded.ts";
// @ts-expect-error a tool without types
import { kubectlPath } from "../../../tools/kubectl.mjs";

const pathOf = kubectlPath as (minor: number) => { readonly path?: string; readonly skip?: string };
/** How each kubectl asks: channels of a WebSocket, or streams of SPDY (the way before 1.31). */
const clients = [
  { minor: 35, over: "a WebSocket", webSockets: "true" },
  { minor: 32, over: "SPDY", webSockets: "false" },
].map((client) => ({ ...client, kubectl: pathOf(client.minor) }));

let server: RunningServer;
let folder: string;

const pod = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "shell", namespace: "default" },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: "main",
        image: "any",
        command: ["sh", "-c", "n=0; while true; do n=$((n+1)); echo tick $n; sleep 0.2; done"],
        env: [{ name: "GREETING", value: "hello" }],
      },
    ],
  },
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lateen-exec-"));
  server = await startServer({
    dataDir: join(folder, "data"),
    port: 0,
    nodeMode: "process-shell",
    log: silentLog,
  });
}, 30_000);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

for (const { minor, over, webSockets, kubectl } of clients) {
  describe.skipIf(kubectl.path === undefined)(
    `exec and attach of the real kubectl 1.${minor} over ${over}${kubectl.skip === undefined ? "" : ` (skipped: ${kubectl.skip})`}`,
    () => {
      const run = async (args: readonly string[], input = "", timeout = 20_000) => {
        const child = spawn(kubectl.path!, args, {
          env: {
            PATH: process.env["PATH"],
            HOME: folder,
            KUBECONFIG: server.kubeconfigPath,
            KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets,
          },
          timeout,
        });
        let [stdout, stderr] = ["", ""];
        child.stdout.on("data", (part: Buffer) => (stdout += part.toString()));
        child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
        child.stdin.on("error", () => undefined);
        child.stdin.end(input);
        const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
        return { code, stdout, stderr };
      };

      beforeAll(async () => {
        await run(["apply", "-f", "-"], pod);
        const waited = await run(["wait", "--for=condition=Ready", "pod/shell", "--timeout=20s"], "", 30_000);
        expect(waited.stderr).toBe("");
      }, 40_000);

      it("runs a command with the container's variables, and its exit code is kubectl's", async () => {
        const good = await run(["exec", "shell", "--", "sh", "-c", "echo $GREETING; echo oops >&2"]);
        expect(good).toEqual({ code: 0, stdout: "hello\n", stderr: "oops\n" });
        const bad = await run(["exec", "shell", "--", "sh", "-c", "exit 7"]);
        expect([bad.code, bad.stderr.trim()]).toEqual([7, "command terminated with exit code 7"]);
      }, 40_000);

      it("hands on the standard input and its end, of any size", async () => {
        const text = `${"0123456789abcdef".repeat(20_000)}\n`;
        const echoed = await run(["exec", "-i", "shell", "--", "cat"], text);
        expect([echoed.code, echoed.stdout.length, echoed.stdout === text]).toEqual([0, text.length, true]);
        const counted = await run(["exec", "-i", "shell", "--", "wc", "-c"], text);
        expect(counted.stdout.trim()).toBe(String(text.length));
      }, 40_000);

      it("shows what the container's process says when attached", async () => {
        const attached = await run(["attach", "shell"], "", 2_500);
        expect(attached.stdout).toMatch(/tick \d+\ntick \d+\n/);
      }, 20_000);

      it("tells what pods and the node use", async () => {
        const pods = await run(["top", "pods", "--containers", "--no-headers"]);
        expect([pods.stderr, pods.stdout]).toEqual(["", expect.stringMatching(/^shell +main +\d+m +\d+Mi\s*$/)]);
        const nodes = await run(["top", "nodes", "--no-headers"]);
        expect([nodes.stderr, nodes.stdout]).toEqual(["", expect.stringMatching(/^\S+ +\d+m +\d+% +\d+Mi +\d+%\s*$/)]);
        const none = await run(["top", "pod", "nobody"]);
        expect(none.stderr).toContain("nobody");
      }, 40_000);

      it("says what is wrong before anything runs", async () => {
        const none = await run(["exec", "shell", "-c", "other", "--", "true"]);
        expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("container other")]);
        const absent = await run(["exec", "nobody", "--", "true"]);
        expect(absent.stderr).toContain('pods "nobody" not found');
        const program = await run(["exec", "shell", "--", "no-such-program"]);
        expect(program.code).not.toBe(0);
      }, 40_000);
    },
  );
}
