import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { request as requestHttps } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock } from "@lateen/base";
import { nodePlatform } from "../platform/node.ts";
import { createApiServer } from "../server/api-server.ts";
import { createMemoryStore } from "../store/memory.ts";
import { listen, type Listening, prepareTls, type TlsMaterial, writeKubeconfig } from "./node.ts";

const folders: string[] = [];
const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lateen-listen-"));
  folders.push(folder);
  return folder;
}

async function start(): Promise<{ readonly listening: Listening; readonly tls: TlsMaterial }> {
  const server = createApiServer({ store: createMemoryStore(), platform: nodePlatform });
  await server.ready;
  const tls = prepareTls({ folder: newFolder(), host: "127.0.0.1" });
  const listening = await listen({ server, port: 0, tls });
  open.push(server, listening);
  return { listening, tls };
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

interface Asked {
  readonly port: number;
  readonly tls: TlsMaterial;
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
  readonly anonymous?: boolean;
}

function ask({ port, tls, path, method = "GET", body, anonymous = false }: Asked): Promise<Answered> {
  const identity = anonymous ? {} : { cert: tls.clientCertificate, key: tls.clientKey };
  return new Promise((resolve, reject) => {
    const call = requestHttps(
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        ca: tls.ca,
        ...identity,
        agent: false,
        headers: { "content-type": "application/json" },
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    call.once("error", reject);
    call.end(body);
  });
}

describe("listening", () => {
  it("knows the owner of its client certificate, and refuses who has none", async () => {
    const { listening, tls } = await start();
    const listed = await ask({ port: listening.port, tls, path: "/api/v1/namespaces" });
    expect(listed.status).toBe(200);
    const anonymous = await ask({ port: listening.port, tls, path: "/api/v1/namespaces", anonymous: true });
    expect(anonymous).toMatchObject({ status: 401 });
    expect(JSON.parse(anonymous.text)).toMatchObject({ reason: "Unauthorized", code: 401 });
  });

  it("serves HTTP/2 on the same port", async () => {
    const { listening, tls } = await start();
    const session = connectHttp2(`https://127.0.0.1:${listening.port}`, {
      ca: tls.ca,
      cert: tls.clientCertificate,
      key: tls.clientKey,
    });
    const status = await new Promise<number>((resolve, reject) => {
      const stream = session.request({ ":path": "/version" });
      stream.once("response", (headers) => resolve(Number(headers[":status"])));
      stream.once("error", reject);
      stream.resume();
      stream.end();
    });
    session.close();
    expect(status).toBe(200);
  });

  it("refuses a body above its limit and lives on", async () => {
    const { listening, tls } = await start();
    const path = "/api/v1/namespaces/default/configmaps";
    const body = JSON.stringify({ metadata: { name: "big" }, data: { a: "x".repeat(4 * 1024 * 1024) } });
    const refused = await ask({ port: listening.port, tls, path, method: "POST", body });
    expect(refused.status).toBe(413);
    expect(JSON.parse(refused.text)).toMatchObject({ reason: "RequestEntityTooLarge" });
    expect((await ask({ port: listening.port, tls, path })).status).toBe(200);
  });

  it("ends open watches and closes without waiting for them", async () => {
    const { listening, tls } = await start();
    const watching = ask({ port: listening.port, tls, path: "/api/v1/namespaces?watch=true" });
    await ask({ port: listening.port, tls, path: "/version" });
    const before = Date.now();
    await listening[Symbol.asyncDispose]();
    expect(Date.now() - before).toBeLessThan(9_000);
    await Promise.race([watching.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 100))]);
  });

  it("says what to do when the port is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const server = createApiServer({ store: createMemoryStore(), platform: nodePlatform });
    open.push(server);
    await expect(listen({ server, port })).rejects.toThrow(
      `listen on 127.0.0.1:${port}: another program has this port; stop it or choose another with --port`,
    );
    taken.close();
  });
});

describe("certificates", () => {
  it("are kept, and made anew a month before they end", () => {
    const folder = newFolder();
    const clock = createManualClock(Date.now());
    const first = prepareTls({ folder, host: "127.0.0.1", clock });
    expect(prepareTls({ folder, host: "127.0.0.1", clock })).toEqual(first);
    const later = createManualClock(Date.now() + 340 * 24 * 60 * 60 * 1000);
    const second = prepareTls({ folder, host: "127.0.0.1", clock: later });
    expect(second.ca).toBe(first.ca);
    expect(second.serverCertificate).not.toBe(first.serverCertificate);
  });

  it("name every host that the server is asked to serve", () => {
    const tls = prepareTls({ folder: newFolder(), host: "192.168.7.9", hosts: ["lateen.example.com", "fd00::1:2"] });
    const certificate = new X509Certificate(tls.serverCertificate);
    expect(certificate.checkIP("192.168.7.9")).toBe("192.168.7.9");
    expect(certificate.checkIP("fd00::1:2")).toBe("fd00::1:2");
    expect(certificate.checkHost("lateen.example.com")).toBe("lateen.example.com");
    expect(certificate.verify(new X509Certificate(tls.ca).publicKey)).toBe(true);
  });

  it("and the kubeconfig are readable by their owner alone", () => {
    const folder = newFolder();
    const tls = prepareTls({ folder: join(folder, "tls"), host: "127.0.0.1" });
    const path = writeKubeconfig({ folder, server: "https://127.0.0.1:6443", tls });
    for (const file of [path, join(folder, "tls", "ca.key"), join(folder, "tls", "client.key")]) {
      expect(statSync(file).mode & 0o077).toBe(0);
    }
    expect(readFileSync(path, "utf8")).toContain("current-context: lateen");
  });
});
