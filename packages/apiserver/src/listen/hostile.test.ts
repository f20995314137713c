import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2, constants } from "node:http2";
import { request } from "node:https";
import { connect as connectPlain, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodePlatform } from "../platform/node.ts";
import { createApiServer } from "../server/api-server.ts";
import type { ApiServer } from "../server/options.ts";
import { createMemoryStore } from "../store/memory.ts";
import { listen, type Listening, prepareTls, type TlsMaterial } from "./node.ts";

let folder: string;
let server: ApiServer;
let listening: Listening;
let tls: TlsMaterial;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lateen-hostile-"));
  server = createApiServer({ store: createMemoryStore(), platform: nodePlatform });
  await server.ready;
  tls = prepareTls({ folder, host: "127.0.0.1" });
  listening = await listen({ server, port: 0, tls });
});
afterAll(async () => {
  await listening[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const identity = () => ({ ca: tls.ca, cert: tls.clientCertificate, key: tls.clientKey });

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** The status of an answer; 0 when the connection broke instead. */
function ask({ path = "/readyz", method = "GET", headers = {}, body }: Asked = {}): Promise<number> {
  return new Promise((resolve) => {
    const call = request(
      { host: "127.0.0.1", port: listening.port, path, method, headers, agent: false, ...identity() },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    call.once("error", () => resolve(0));
    call.end(body);
  });
}

function openSocket(): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: listening.port, servername: "localhost", ...identity() }, () =>
      resolve(socket),
    );
    socket.on("error", reject);
  });
}

const maps = "/api/v1/namespaces/default/configmaps";
const json = { "content-type": "application/json" };

describe("a hostile client", () => {
  it("gets 413 for bodies of 24 MB, announced or not, and they are not kept", async () => {
    const before = process.memoryUsage().rss;
    const body = Buffer.alloc(24 * 1024 * 1024, 0x20);
    for (let n = 0; n < 6; n++) {
      const chunked = n % 2 === 0 ? { "transfer-encoding": "chunked" } : {};
      // A client that goes on sending may see the connection end before it reads the answer.
      expect([413, 0]).toContain(await ask({ path: maps, method: "POST", headers: { ...json, ...chunked }, body }));
    }
    expect(await ask()).toBe(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
  }, 30_000);

  it("cannot make headers, paths and queries without end", async () => {
    const long = "x".repeat(1024 * 1024);
    expect([431, 400, 0]).toContain(await ask({ headers: { "x-long": long } }));
    expect([414, 431, 400, 404, 0]).toContain(await ask({ path: `/${long}` }));
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`x-${n}`, "y"]));
    expect(await ask({ headers: many })).not.toBe(500);
    expect([400, 200]).toContain(await ask({ path: `${maps}?labelSelector=${"a,".repeat(3_000)}` }));
    expect(await ask()).toBe(200);
  }, 20_000);

  it.each([
    ["bytes that are no HTTP", Buffer.from([0, 255, 254, 1, 2, 3, 13, 10, 13, 10])],
    ["a request line without an end", Buffer.from(`GET /${"a".repeat(100_000)}`)],
    ["two lengths", Buffer.from("POST /api HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcd")],
    [
      "a length and chunks",
      Buffer.from("POST /api HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    ],
    [
      "a chunk of a broken size",
      Buffer.from(`POST ${maps} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nZZZ\r\n`),
    ],
    ["an HTTP/2 preface without HTTP/2", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
    ["a method of bytes", Buffer.from("\u0001\u0002 / HTTP/1.1\r\n\r\n")],
  ])("loses its connection, or is told so, for %s", async (_, bytes) => {
    const socket = await openSocket();
    const text = new Promise<string>((resolve) => {
      let all = "";
      socket.on("data", (part: Buffer) => (all += part.toString("latin1")));
      socket.once("close", () => resolve(all));
      socket.on("error", () => undefined);
      setTimeout(() => socket.destroy(), 1_500).unref();
    });
    socket.write(bytes);
    expect(await text).not.toMatch(/HTTP\/1\.1 (2|5)/);
    expect(await ask()).toBe(200);
  });

  it("breaks HTTP/2 for itself alone: frames without sense, floods of pings, settings and resets", async () => {
    const raw = await new Promise<TLSSocket>((resolve, reject) => {
      const socket = connect(
        { host: "127.0.0.1", port: listening.port, servername: "localhost", ALPNProtocols: ["h2"], ...identity() },
        () => resolve(socket),
      );
      socket.on("error", reject);
    });
    raw.on("error", () => undefined);
    raw.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    raw.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    const closed = new Promise((resolve) => raw.once("close", resolve));
    // HEADERS that no table can be read by, DATA of no stream, CONTINUATION of nothing.
    for (const type of [1, 0, 9, 200]) raw.write(Buffer.from([0, 0, 4, type, 4, 0, 0, 0, 1, 255, 255, 255, 255]));
    setTimeout(() => raw.destroy(), 2_000).unref();
    await closed;
    const session = connectHttp2(`https://127.0.0.1:${listening.port}`, identity());
    session.on("error", () => undefined);
    for (let n = 0; n < 2_000; n++) {
      const stream = session.request({ ":path": `${maps}?watch=true` });
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    session.destroy();
    expect(await ask()).toBe(200);
  }, 20_000);

  it("may hold thousands of idle connections, with and without TLS, and others are served meanwhile", async () => {
    const before = process.memoryUsage().rss;
    const sockets: Socket[] = [];
    const openPlain = (): Promise<Socket> =>
      new Promise((resolve, reject) => {
        const socket = connectPlain({ host: "127.0.0.1", port: listening.port }, () => resolve(socket));
        socket.on("error", reject);
      });
    try {
      for (let n = 0; n < 3_000; n += 100) {
        sockets.push(...(await Promise.all(Array.from({ length: 100 }, openPlain))));
      }
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, openSocket))));
      for (const socket of sockets) socket.on("error", () => undefined);
      expect(await ask()).toBe(200);
      // Both ends live in this process.
      expect((process.memoryUsage().rss - before) / sockets.length).toBeLessThan(100 * 1024);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    expect(await ask()).toBe(200);
  }, 60_000);

  it("that sends its headers a byte at a time holds nobody else up", async () => {
    const slow = await Promise.all(Array.from({ length: 30 }, openSocket));
    for (const socket of slow) {
      socket.on("error", () => undefined);
      socket.write("GET /api HTTP/1.1\r\nx-");
    }
    const drip = setInterval(() => {
      for (const socket of slow) if (socket.writable) socket.write("a");
    }, 50);
    for (let n = 0; n < 5; n++) expect(await ask()).toBe(200);
    clearInterval(drip);
    for (const socket of slow) socket.destroy();
  }, 20_000);

  it("finds no file by a path that leads upwards, and no text that is no UTF-8 in what it wrote", async () => {
    for (const path of [
      "/../../etc/passwd",
      "/api/v1/../../etc",
      `${maps}/..%2f..%2fsecrets`,
      `${maps}/%2e%2e`,
      "/api/v1/namespaces/%00/pods",
      "/%c3%28",
    ]) {
      expect([400, 404, 403, 405, 200]).toContain(await ask({ path }));
    }
    const broken = Buffer.concat([
      Buffer.from('{"metadata":{"name":"u"},"data":{"a":"'),
      Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
      Buffer.from('"}}'),
    ]);
    expect([201, 400]).toContain(await ask({ path: maps, method: "POST", headers: json, body: broken }));
    expect(await ask()).toBe(200);
  });
});
