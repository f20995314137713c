import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createSecure } from "node:https";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { staticTokens } from "../index.ts";
import type { PodStreams } from "../subresources/pod-streams.ts";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";
import { listen, prepareTls } from "./node.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).toReversed()) end();
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "lateen-upgrade-"));
  ends.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A server that speaks an echo over WebSockets and over `echo/1`, and tells what it was asked. */
async function startEcho(server: Server, host = "127.77.7.9") {
  const asked: IncomingMessage[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    asked.push(request);
    if (request.url?.endsWith("/refused") === true) {
      socket.end("HTTP/1.1 418 Teapot\r\ncontent-length: 3\r\nx-own: yes\r\n\r\nno!");
    } else if (request.headers.upgrade === "websocket") {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on("message", (data, isBinary) => webSocket.send(data, { binary: isBinary }));
      });
    } else {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo/1\r\n\r\nhello ");
      socket.pipe(socket);
    }
  });
  ends.push(() => {
    sockets.close();
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { asked, port: (server.address() as AddressInfo).port, host };
}

async function start(options: Parameters<typeof startTestApi>[0] = {}) {
  const tls = prepareTls({ folder: folder(), host: "127.0.0.1" });
  const api = await startTestApi({
    tokenAuthenticators: [
      staticTokens([
        { token: "admin", username: "admin", groups: ["system:masters"] },
        { token: "bob", username: "bob", groups: [] },
      ]),
    ],
    proxyIdentity: tls.frontProxy,
    ...options,
  });
  const listening = await listen({ server: api.server, host: "127.0.0.1", port: 0, tls });
  const base = `wss://127.0.0.1:${listening.port}`;
  return {
    api,
    tls,
    open: (path: string, { token = "admin", protocols = [] as string[] } = {}) =>
      new WebSocket(`${base}${path}`, protocols, {
        rejectUnauthorized: false,
        headers: { authorization: `Bearer ${token}` },
      }),
    /** Sends a request for another protocol, and resolves with what is read after it when `until` is in it. */
    async raw(path: string, protocol: string, { method = "GET", then = "", until = "" } = {}): Promise<string> {
      const socket: TLSSocket = connect({ host: "127.0.0.1", port: listening.port, rejectUnauthorized: false });
      ends.push(() => socket.destroy());
      socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\n\r\n`,
      );
      let read = "";
      let sent = false;
      for await (const bytes of socket) {
        read += String(bytes);
        if (!sent && read.startsWith("HTTP/1.1 101")) {
          sent = true;
          socket.write(then);
        }
        if (until !== "" && read.includes(until)) break;
      }
      return read;
    },
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

async function service(api: TestApi, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  await api.call("POST", "/api/v1/namespaces/default/services", {
    metadata: { name: "web" },
    spec: { ports: [{ port: 80, name: "http" }] },
  });
  await api.call("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    metadata: { name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [host], conditions: { ready: true } }],
    ports: [{ name: "http", port }],
  });
}

/** What comes back for each of the messages. */
async function echoed(socket: WebSocket, messages: readonly (string | Uint8Array)[]): Promise<readonly unknown[]> {
  const received: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => reject(new Error(`answered ${response.statusCode}`)));
    socket.once("open", () => messages.forEach((message) => socket.send(message)));
    socket.on("message", (data: Buffer, isBinary) => {
      received.push(isBinary ? new Uint8Array(data) : data.toString());
      if (received.length === messages.length) resolve();
    });
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.close();
  await closed;
  return received;
}

const proxied = "/api/v1/namespaces/default/services/web:80/proxy";

describe("upgrades through the proxy of a service", () => {
  it("carry a WebSocket both ways, without the client's credentials, in the protocol that both speak", async () => {
    await using server = await start();
    const echo = await startEcho(createServer());
    await service(server.api, echo);
    const token = Buffer.from("admin").toString("base64url");
    const socket = server.open(`${proxied}/live?a=b`, {
      protocols: ["chat", `base64url.bearer.authorization.k8s.io.${token}`],
    });
    const big = new Uint8Array(300_000).fill(7);
    expect(await echoed(socket, ["one", big, "three"])).toEqual(["one", big, "three"]);
    expect(socket.protocol).toBe("chat");
    const [asked] = echo.asked;
    expect([asked!.url, asked!.headers.authorization, asked!.headers["sec-websocket-protocol"]]).toEqual([
      "/live?a=b",
      undefined,
      "chat",
    ]);
  });

  it("carry any protocol, with what the other side says at once", async () => {
    await using server = await start();
    await service(server.api, await startEcho(createServer()));
    const read = await server.raw(`${proxied}/x`, "echo/1", { then: "there", until: "hello there" });
    expect(read).toContain("upgrade: echo/1\r\n");
    expect(read.split("\r\n\r\n")[1]).toBe("hello there");
  });

  it("answer what the other side answers when it does not agree, and 503 when nobody is there", async () => {
    await using server = await start();
    await service(server.api, await startEcho(createServer()));
    const refused = await server.raw(`${proxied}/refused`, "echo/1");
    expect(refused).toMatch(/^HTTP\/1\.1 418 [^]*x-own: yes\r\n[^]*\r\n\r\nno!$/);
    expect(await server.raw("/api/v1/namespaces/default/services/none/proxy/x", "echo/1")).toMatch(/^HTTP\/1\.1 404 /);
    expect(await server.raw("/api/v1/namespaces/default/services/web:99/proxy/x", "echo/1")).toMatch(
      /^HTTP\/1\.1 503 /,
    );
  });

  it("are for who may use the proxy", async () => {
    await using server = await start();
    const echo = await startEcho(createServer());
    await service(server.api, echo);
    await expect(echoed(server.open(`${proxied}/live`, { token: "bob" }), ["x"])).rejects.toThrow("answered 403");
    expect(echo.asked).toEqual([]);
  });
});

describe("upgrades elsewhere", () => {
  it("reach a pod where its node says", async () => {
    const echo = await startEcho(createServer());
    const podStreams = {
      connect: () => {
        const socket = dial({ host: echo.host, port: echo.port });
        return Promise.resolve({
          readable: socket,
          write: (bytes) => new Promise((done) => socket.write(bytes, () => done())),
          end: () => void socket.end(),
          close: () => void socket.destroy(),
        });
      },
    } as Partial<PodStreams> as PodStreams;
    await using server = await start({ podStreams });
    await server.api.call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    await server.api.call("POST", "/api/v1/namespaces/default/pods", {
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", image: "i", ports: [{ containerPort: 8080 }] }] },
    });
    await server.api.patch("/api/v1/namespaces/default/pods/p/status", "merge", { status: { podIP: "127.77.1.1" } });
    const socket = server.open("/api/v1/namespaces/default/pods/p/proxy/live");
    expect(await echoed(socket, ["hello"])).toEqual(["hello"]);
  });

  it("reach an aggregated API as the user, who must have the right", async () => {
    await using server = await start();
    const certificates = prepareTls({ folder: folder(), host: "127.0.0.1", hosts: ["web.default.svc"] });
    const backend = createSecure(
      {
        key: certificates.serverKey,
        cert: certificates.serverCertificate,
        requestCert: true,
        ca: server.tls.frontProxyCa,
      },
      (_request, response) => response.end(JSON.stringify({ kind: "APIResourceList", resources: [] })),
    );
    const echo = await startEcho(backend as unknown as Server);
    await service(server.api, echo);
    await server.api.call("POST", "/apis/apiregistration.k8s.io/v1/apiservices", {
      metadata: { name: "v1.echo.example.com" },
      spec: {
        group: "echo.example.com",
        version: "v1",
        groupPriorityMinimum: 1000,
        versionPriority: 10,
        service: { namespace: "default", name: "web", port: 80 },
        caBundle: btoa(certificates.ca),
      },
    });
    const watch = await server.api.call("GET", "/apis/apiregistration.k8s.io/v1/apiservices?watch=true");
    for await (const chunk of watch.response.body as AsyncIterable<Uint8Array>)
      if (new TextDecoder().decode(chunk).includes('"Passed"')) break;
    const path = "/apis/echo.example.com/v1/namespaces/default/rooms/a/console";
    expect(await echoed(server.open(path), ["hello"])).toEqual(["hello"]);
    expect(echo.asked.at(-1)!.headers["x-remote-user"]).toBe("admin");
    expect(echo.asked.at(-1)!.url).toBe(path);
    await expect(echoed(server.open(path, { token: "bob" }), ["x"])).rejects.toThrow("answered 403");
  });

  it("are passed over where the path has no protocol of its own", async () => {
    await using server = await start();
    const read = await server.raw("/version", "h2c");
    expect(read).toMatch(/^HTTP\/1\.1 200 [^]*"gitVersion"/);
    expect(await server.raw("/api/v1/namespaces/default/configmaps", "websocket")).toMatch(/^HTTP\/1\.1 200 /);
    expect(await server.raw("/nope", "websocket")).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("tell a watch's events as messages of a WebSocket", async () => {
    await using server = await start();
    const maps = "/api/v1/namespaces/default/configmaps";
    const socket = server.open(`${maps}?watch=true`);
    const events: { type: string; object: { metadata: { name: string } } }[] = [];
    const two = new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.on("message", (data: Buffer, isBinary) => {
        expect(isBinary).toBe(false);
        events.push(JSON.parse(data.toString()) as (typeof events)[0]);
        if (events.length === 2) resolve();
      });
    });
    await new Promise((resolve) => socket.once("open", resolve));
    await server.api.call("POST", maps, { metadata: { name: "a" } });
    await server.api.call("DELETE", `${maps}/a`);
    await two;
    expect(events.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ["ADDED", "a"],
      ["DELETED", "a"],
    ]);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.close();
    await closed;
  });

  it("that end a WebSocket's handshake as RFC 6455 says", async () => {
    await using server = await start();
    await service(server.api, await startEcho(createServer()));
    const key = Buffer.from("0123456789abcdef").toString("base64");
    const expected = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const read = await server.raw(
      `${proxied}/x`,
      `websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}`,
      { until: expected },
    );
    expect(read).toMatch(/^HTTP\/1\.1 101 /);
  });
});

describe("exec and attach", () => {
  const pod = (name: string) => ({
    metadata: { name },
    spec: {
      containers: [
        { name: "one", image: "i" },
        { name: "two", image: "i" },
      ],
    },
  });
  const pods = "/api/v1/namespaces/default/pods";

  async function refusals(server: Awaited<ReturnType<typeof start>>, path: string, options: object = {}) {
    const socket = server.open(`${pods}/${path}`, { protocols: ["v5.channel.k8s.io"], ...options });
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      socket.once("unexpected-response", (_request, answer) => resolve(answer));
      socket.once("open", () => reject(new Error("it was let in")));
    });
    let text = "";
    for await (const part of response) text += String(part);
    return [response.statusCode, (JSON.parse(text) as { message: string }).message];
  }

  async function withPods(options: Parameters<typeof start>[0] = {}) {
    const server = await start(options);
    await server.api.call("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    for (const name of ["p", "done"]) await server.api.call("POST", pods, pod(name));
    await server.api.patch(`${pods}/done/status`, "merge", { status: { phase: "Succeeded" } });
    return server;
  }

  it.each([
    ["none/exec?command=ls&stdout=true", 404, 'pods "none" not found'],
    ["p/exec?command=ls", 400, "you must specify at least one of stdin, stdout, stderr"],
    ["p/exec?stdout=true", 400, "you must specify at least one command for the container"],
    ["p/exec?command=ls&stdout=true", 400, "a container name must be specified for pod p, choose one of: [one two]"],
    ["p/exec?command=ls&stdout=true&container=three", 400, "container three is not valid for pod p"],
    [
      "done/exec?command=ls&stdout=true&container=one",
      400,
      "cannot exec into a container in a completed pod; current phase is Succeeded",
    ],
    ["p/exec?command=ls&stdout=true&container=one", 501, "the node of pod p does not serve exec"],
    ["p/attach?container=one", 501, "the node of pod p does not serve attach"],
  ])("refuse %s with %i %s", async (path, status, message) => {
    await using server = await withPods({ podStreams: {} as PodStreams });
    expect(await refusals(server, path)).toEqual([status, message]);
  });

  it("are refused who may not create them, whatever else is asked", async () => {
    await using server = await withPods({ podStreams: {} as PodStreams });
    expect(await refusals(server, "p/exec?command=ls&stdout=true&container=one", { token: "bob" })).toEqual([
      403,
      'pods "p" is forbidden: User "bob" cannot get resource "pods/exec" in API group "" in the namespace "default"',
    ]);
  });

  it("are refused where no node is there, and in a protocol that nobody speaks", async () => {
    await using server = await withPods();
    const path = "p/exec?command=ls&stdout=true&container=one";
    expect((await refusals(server, path))[0]).toBe(503);
    expect(await refusals(server, path, { protocols: ["chat"] })).toEqual([
      400,
      "exec speaks v5.channel.k8s.io and v4.channel.k8s.io here; the client offers chat",
    ]);
  });
});
