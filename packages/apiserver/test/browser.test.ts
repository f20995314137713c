/** The server on the memory driver in a worker of a real Chromium, driven over its debugging protocol. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";

const chromium = [
  process.env["LATEEN_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && path !== "" && existsSync(path));

const page = `<!doctype html><script type="module">
  const worker = new Worker("/worker.js", { type: "module" });
  const waiting = new Map();
  let next = 0;
  window.ready = new Promise((done, fail) => {
    worker.onerror = (event) => fail(new Error(event.message));
    worker.onmessage = ({ data }) => (data.ready !== undefined ? done(data.ready) : waiting.get(data.id)(data));
  });
  window.call = (path, init = {}, parts) =>
    new Promise((done) => {
      waiting.set(++next, done);
      worker.postMessage({ id: next, path, init, parts });
    });
</script>`;

let folder = "";
let browser: ChildProcess | undefined;
let site: Server | undefined;
let socket: WebSocket | undefined;

async function startSite(script: string): Promise<number> {
  site = createServer((request, answer) => {
    const isScript = request.url === "/worker.js";
    answer.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    answer.end(isScript ? script : page);
  });
  await new Promise<void>((done) => site!.listen(0, "127.0.0.1", done));
  return (site.address() as AddressInfo).port;
}

async function startBrowser(url: string): Promise<WebSocket> {
  folder = mkdtempSync(join(tmpdir(), "lateen-chromium-"));
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    `--user-data-dir=${folder}`,
  ];
  browser = spawn(chromium!, [...flags, "--remote-debugging-port=0", url], { stdio: "ignore" });
  const portFile = join(folder, "DevToolsActivePort");
  await vi.waitFor(() => expect(existsSync(portFile)).toBe(true), { timeout: 90_000 });
  const [port] = readFileSync(portFile, "utf8").split("\n");
  const target = await vi.waitFor(
    async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/json`);
      const targets = (await answer.json()) as { webSocketDebuggerUrl: string; url: string }[];
      const found = targets.find((one) => one.url.startsWith(url));
      expect(found).toBeDefined();
      return found!;
    },
    { timeout: 90_000 },
  );
  const opened = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((done, fail) => opened.once("open", done).once("error", fail));
  return opened;
}

let nextId = 0;
/** What an expression in the page comes to. */
function evaluate<T>(expression: string): Promise<T> {
  const id = ++nextId;
  return new Promise((resolve, reject) => {
    const take = (text: Buffer): void => {
      const message = JSON.parse(text.toString()) as {
        id?: number;
        result?: {
          result?: { value?: T; description?: string };
          exceptionDetails?: { exception?: { description?: string } };
        };
      };
      if (message.id !== id) return;
      socket!.off("message", take);
      const thrown = message.result?.exceptionDetails;
      if (thrown !== undefined) reject(new Error(thrown.exception?.description ?? "the page has thrown"));
      else resolve(message.result?.result?.value as T);
    };
    socket!.on("message", take);
    const params = { expression, awaitPromise: true, returnByValue: true };
    socket!.send(JSON.stringify({ id, method: "Runtime.evaluate", params }));
  });
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

const call = (path: string, init: object = {}, parts?: number): Promise<Answered> =>
  evaluate<Answered>(`call(${JSON.stringify(path)}, ${JSON.stringify(init)}, ${parts ?? "undefined"})`);
const json = { "content-type": "application/json" };

describe.skipIf(chromium === undefined)("the API server in a browser's worker (skipped without a Chromium)", () => {
  beforeAll(async () => {
    const made = await build({
      entryPoints: [join(import.meta.dirname, "browser/worker.ts")],
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      minify: true,
      logLevel: "silent",
    });
    const port = await startSite(made.outputFiles[0]!.text);
    socket = await startBrowser(`http://127.0.0.1:${port}/`);
    await vi.waitFor(async () => expect(await evaluate("typeof window.call")).toBe("function"), { timeout: 90_000 });
  }, 60_000);
  afterAll(async () => {
    socket?.terminate();
    if (browser !== undefined && browser.exitCode === null) {
      const gone = new Promise((done) => browser!.once("exit", done));
      browser.kill("SIGKILL");
      await gone;
    }
    site?.closeAllConnections();
    site?.close();
    if (folder !== "") rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  it("becomes ready", async () => {
    expect(await evaluate<number>("ready")).toBeLessThan(60_000);
  });

  it("creates, reads, applies, watches and refuses as over HTTPS", async () => {
    const path = "/api/v1/namespaces/default/configmaps";
    const body = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "é" } });
    expect((await call(path, { method: "POST", headers: json, body })).status).toBe(201);
    expect(JSON.parse((await call(`${path}/a`)).text)).toMatchObject({ kind: "ConfigMap", data: { k: "é" } });
    expect((await call(path, { method: "POST", headers: json, body })).status).toBe(409);
    const applied = await call(`/apis/apps/v1/namespaces/default/deployments/web?fieldManager=tab`, {
      method: "PATCH",
      headers: { "content-type": "application/apply-patch+yaml" },
      body: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: nginx}]}\n",
    });
    expect(applied.status).toBe(201);
    const watched = await call(`${path}?watch=1&fieldSelector=metadata.name%3Da`, {}, 1);
    expect(JSON.parse(watched.text.split("\n")[0]!)).toMatchObject({
      type: "ADDED",
      object: { metadata: { name: "a" } },
    });
    expect((await call("/apis/none.example/v1/things")).status).toBe(404);
    expect((await call("/openapi/v3")).status).toBe(200);
  });
});
