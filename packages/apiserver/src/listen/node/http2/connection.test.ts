import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectHttp2, type ClientHttp2Session, constants } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Channel, createDeferred } from "@lateen/base";
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import { prepareTls, type TlsMaterial } from "../tls.ts";
import { Http2Connection } from "./connection.ts";
import { frameOf, frameType, preface, settingsFrame, words } from "./protocol.ts";

let folder: string;
let tls: TlsMaterial;
let server: Server;
let respond: (request: ApiRequest) => Promise<ApiResponse>;
const failures: unknown[] = [];
const sessions: ClientHttp2Session[] = [];
const connections: Http2Connection[] = [];
const maxBodyBytes = 3 * 1024 * 1024;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lateen-http2-"));
  tls = prepareTls({ folder, host: "127.0.0.1" });
  server = createServer({ key: tls.serverKey, cert: tls.serverCertificate, ALPNProtocols: ["h2"] }, (socket) => {
    connections.push(
      new Http2Connection(socket, {
        maxBodyBytes,
        respond: (request) => respond(request),
        refuse: (why) => ({ status: why === "body too large" ? 413 : 431, headers: {}, body: Buffer.from(why) }),
        failed: (error) => failures.push(error),
      }),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(async () => {
  for (const session of sessions) session.destroy();
  for (const connection of connections) connection.destroy();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true, force: true });
});

const port = (): number => (server.address() as AddressInfo).port;

function client(settings: { readonly initialWindowSize?: number } = {}): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${port()}`, { ca: tls.ca, settings });
  session.on("error", () => undefined);
  sessions.push(session);
  return session;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

function send(
  session: ClientHttp2Session,
  { headers = {}, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: Uint8Array } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": body === undefined ? "GET" : "POST", ":path": "/a", ...headers });
    const parts: Buffer[] = [];
    let answered: Readonly<Record<string, unknown>> = {};
    stream.on("response", (given) => (answered = given));
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () =>
      resolve({ status: Number(answered[":status"]), headers: answered, body: Buffer.concat(parts) }),
    );
    stream.on("error", reject);
    stream.end(body);
  });
}

const echo = (request: ApiRequest): Promise<ApiResponse> =>
  Promise.resolve({ status: 200, headers: { "content-type": "x/y" }, body: request.body ?? new Uint8Array() });

const bytesOf = (length: number): Buffer => Buffer.alloc(length, "0123456789abcdef");

/** Header blocks of `GET /` and `POST /`. */
const get = Buffer.of(0x82, 0x87, 0x84);
const post = Buffer.of(0x83, 0x87, 0x84);
const none = new Uint8Array();
const noop = (): Promise<ApiResponse> => Promise.resolve({ status: 200, headers: {}, body: none });

/** A client that speaks in frames. */
async function rawClient(): Promise<{ readonly socket: TLSSocket; readonly received: Promise<Buffer> }> {
  const socket = await new Promise<TLSSocket>((done, fail) => {
    const opened = connect(
      { host: "127.0.0.1", port: port(), ca: tls.ca, servername: "localhost", ALPNProtocols: ["h2"] },
      () => done(opened),
    );
    opened.on("error", fail);
  });
  socket.on("error", () => undefined);
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  const received = new Promise<Buffer>((done) => socket.once("close", () => done(Buffer.concat(parts))));
  socket.write(preface);
  socket.write(settingsFrame([]));
  return { socket, received };
}

/** The code of the GOAWAY among what came. */
function goAwayCode(bytes: Buffer): number | undefined {
  const at = findFrame(bytes, (start) => bytes[start + 3] === frameType.goAway);
  return at === undefined ? undefined : bytes.readUInt32BE(at + 13);
}

/** The code of the RST_STREAM of a stream. */
function resetCode(bytes: Buffer, streamId: number): number | undefined {
  const at = findFrame(
    bytes,
    (start) => bytes[start + 3] === frameType.resetStream && bytes.readUInt32BE(start + 5) === streamId,
  );
  return at === undefined ? undefined : bytes.readUInt32BE(at + 9);
}

function findFrame(bytes: Buffer, isIt: (start: number) => boolean): number | undefined {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) if (isIt(at)) return at;
  return undefined;
}

describe("a connection of HTTP/2", () => {
  it("gives each of many requests at once its own answer, of any length", async () => {
    respond = echo;
    const session = client();
    const lengths = [0, 1, 9, 4_096, 16_383, 16_384, 16_385, 65_535, 65_536, 300_000, 1_048_577, 2_500_000];
    const answers = await Promise.all(lengths.map((length) => send(session, { body: bytesOf(length) })));
    expect(answers.map(({ status, body }) => [status, body.length])).toEqual(lengths.map((length) => [200, length]));
    expect(answers.every(({ body }) => body.equals(bytesOf(body.length)))).toBe(true);
    expect(answers[3]!.headers).toMatchObject({ "content-type": "x/y", "content-length": "4096" });
  });

  it("keeps within a small window, also for answers in parts", async () => {
    respond = async () => ({ status: 200, headers: {}, body: parts() });
    async function* parts(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 40; n++) yield bytesOf(5_000);
    }
    const session = client({ initialWindowSize: 1_000 });
    const [first, second] = await Promise.all([send(session), send(session)]);
    expect([first?.body.length, second?.body.length]).toEqual([200_000, 200_000]);
  });

  it("ends what answers in parts when the client goes away from it", async () => {
    const ended = createDeferred<string>();
    respond = async (request) => {
      const channel = new Channel<Uint8Array>({ onClose: () => ended.resolve("closed") });
      request.signal.addEventListener("abort", () => channel.end());
      channel.push(bytesOf(10));
      return { status: 200, headers: {}, body: channel };
    };
    const session = client();
    const stream = session.request({ ":path": "/watch" });
    await new Promise((done) => stream.once("data", done));
    stream.close(constants.NGHTTP2_CANCEL);
    expect(await ended.promise).toBe("closed");
    respond = echo;
    expect((await send(session)).status).toBe(200);
  });

  it("refuses bodies and headers that are too large and lives on", async () => {
    respond = echo;
    const session = client();
    const announced = { "content-length": String(8 * 1024 * 1024) };
    const large = { headers: announced, body: bytesOf(8 * 1024 * 1024) };
    expect((await send(session, large)).status).toBe(413);
    expect((await send(session, { body: bytesOf(8 * 1024 * 1024) })).status).toBe(413);
    const headers = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`x-${n}`, "y"]));
    expect((await send(session, { headers })).status).toBe(431);
    expect((await send(session, { body: bytesOf(10) })).body.length).toBe(10);
  });

  it("resets a request whose answer fails, alone", async () => {
    respond = (request) => (request.path === "/bad" ? Promise.reject(new Error("no answer")) : echo(request));
    const session = client();
    const [bad, good] = await Promise.allSettled([send(session, { headers: { ":path": "/bad" } }), send(session)]);
    expect([bad?.status, good?.status]).toEqual(["rejected", "fulfilled"]);
    expect(failures.pop()).toMatchObject({ message: "no answer" });
  });

  it("refuses more than 250 requests at work, those that the client has given up included", async () => {
    const waiting: (() => void)[] = [];
    respond = () => new Promise((done) => waiting.push(() => done({ status: 200, headers: {}, body: bytesOf(1) })));
    const { socket } = await rawClient();
    for (let id = 1; id < 600; id += 2) {
      socket.write(frameOf(frameType.headers, 0x5, id, get));
      socket.write(frameOf(frameType.resetStream, 0, id, words(8)));
    }
    await new Promise<void>((done) => {
      socket.on("data", (part: Buffer) => {
        for (let at = 0; at + 9 <= part.length; at += 9 + part.readUIntBE(at, 3)) {
          if (part[at + 3] === frameType.resetStream && part.readUInt32BE(at + 5) === 599) done();
        }
      });
    });
    expect(waiting.length).toBe(250);
    for (const answer of waiting.splice(0)) answer();
    socket.destroy();
  });

  it.each([
    ["pings", frameOf(frameType.ping, 0, 0, bytesOf(8))],
    ["settings", settingsFrame([[3, 1]])],
    ["frames of no meaning", frameOf(77, 0, 0, none)],
    ["priorities that depend on themselves", frameOf(frameType.priority, 0, 1, Buffer.of(0, 0, 0, 1, 0))],
    ["windows of streams that are over", frameOf(frameType.windowUpdate, 0, 1, words(1))],
    ["data without bytes", frameOf(frameType.data, 0, 3, none)],
    ["resets", frameOf(frameType.resetStream, 0, 1, words(8))],
  ])("ends for a flood of %s", async (_, frame) => {
    respond = noop;
    const { socket, received } = await rawClient();
    socket.write(frameOf(frameType.headers, 0x5, 1, get));
    socket.write(frameOf(frameType.headers, 0x4, 3, post));
    socket.write(Buffer.concat(Array.from({ length: 5_000 }, () => frame)));
    expect(goAwayCode(await received)).toBe(11);
  });

  it("ends for continuations without bytes", async () => {
    const { socket, received } = await rawClient();
    const empty = frameOf(frameType.continuation, 0, 1, none);
    socket.write(frameOf(frameType.headers, 0, 1, get));
    socket.write(Buffer.concat(Array.from({ length: 5_000 }, () => empty)));
    expect(goAwayCode(await received)).toBe(11);
  });

  it.each([
    ["a stream of the server's", [frameOf(frameType.headers, 0x5, 2, get)], 1],
    ["a stream that is older than another", [5, 3].map((id) => frameOf(frameType.headers, 0x5, id, get)), 5],
    ["data of no stream", [frameOf(frameType.data, 0x1, 0, bytesOf(1))], 1],
    ["data of a stream to come", [frameOf(frameType.data, 0x1, 7, bytesOf(1))], 1],
    ["headers without an end before another frame", [frameOf(frameType.headers, 0, 1, get), settingsFrame([])], 1],
    ["a continuation of nothing", [frameOf(frameType.continuation, 0x4, 1, get)], 1],
    ["a header block of nonsense", [frameOf(frameType.headers, 0x5, 1, Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff))], 9],
    ["a table of headers that is too large", [frameOf(frameType.headers, 0x5, 1, Buffer.of(0x3f, 0xe2, 0x7f))], 9],
    ["a window that overflows", [1, 2].map(() => frameOf(frameType.windowUpdate, 0, 0, words(2 ** 31 - 1))), 3],
    ["a window of the streams that overflows", [settingsFrame([[4, 2 ** 31]])], 3],
    ["a window that opens by nothing", [frameOf(frameType.windowUpdate, 0, 0, words(0))], 1],
    ["a ping of a stream", [frameOf(frameType.ping, 0, 1, bytesOf(8))], 1],
    ["a ping of nine bytes", [frameOf(frameType.ping, 0, 0, bytesOf(9))], 6],
    ["a promise", [frameOf(frameType.pushPromise, 0x4, 1, bytesOf(4))], 1],
    ["a frame that is too long", [frameOf(frameType.data, 0, 1, bytesOf(16_385))], 6],
    [
      "more data than the windows allow",
      [
        frameOf(frameType.headers, 0x4, 1, post),
        ...Array.from({ length: 300 }, () => frameOf(frameType.data, 0, 1, bytesOf(16_384))),
      ],
      undefined,
    ],
  ] as readonly [string, readonly Uint8Array[], number | undefined][])(
    "ends, or loses the stream, for %s",
    async (_, frames, code) => {
      respond = noop;
      const { socket, received } = await rawClient();
      socket.write(Buffer.concat(frames));
      // Whoever broke no rule of the connection ends it by itself.
      if (code === undefined) socket.end();
      expect(goAwayCode(await received)).toBe(code);
      expect((await send(client())).status).toBe(200);
    },
  );

  it.each([
    ["data after its end", [frameOf(frameType.headers, 0x5, 1, get), frameOf(frameType.data, 0x1, 1, bytesOf(1))], 5],
    ["headers after its end", [1, 1].map((id) => frameOf(frameType.headers, 0x5, id, get)), 5],
    ["a request without a path", [frameOf(frameType.headers, 0x5, 1, Buffer.of(0x82, 0x87))], 1],
    [
      "a body of another length than announced",
      [
        frameOf(frameType.headers, 0x4, 1, Buffer.concat([post, Buffer.of(0x0f, 0x0d, 1, 0x35)])),
        frameOf(frameType.data, 0x1, 1, bytesOf(4)),
      ],
      1,
    ],
  ] as readonly [string, readonly Uint8Array[], number][])("resets a stream for %s", async (_, frames, code) => {
    respond = () => new Promise(() => undefined);
    const { socket, received } = await rawClient();
    socket.write(Buffer.concat([...frames, frameOf(frameType.goAway, 0, 0, words(0, 0))]));
    expect(resetCode(await received, 1)).toBe(code);
  });

  it("loses a client that says nothing, and a stream whose answer nobody reads, after a while", async () => {
    const silent = await new Promise<TLSSocket>((done) => {
      const opened = connect({ host: "127.0.0.1", port: port(), ca: tls.ca, ALPNProtocols: ["h2"] }, () =>
        done(opened),
      );
    });
    silent.on("error", () => undefined).resume();
    const gone = new Promise((done) => silent.once("close", done));
    silent.write("PRI * HTTP/2");
    respond = () => Promise.resolve({ status: 200, headers: {}, body: bytesOf(100_000) });
    const { socket, received } = await rawClient();
    const stalled = new Promise<void>((done) => {
      let bytes = 0;
      socket.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes > 65_000) done();
      });
    });
    socket.write(frameOf(frameType.headers, 0x5, 1, get));
    await stalled;
    for (const connection of connections) connection.sweep(performance.now() + 10_000);
    expect([silent.destroyed, socket.destroyed]).toEqual([false, false]);
    for (const connection of connections) connection.sweep(performance.now() + 200_000);
    await gone;
    socket.write(frameOf(frameType.goAway, 0, 0, words(0, 0)));
    expect(resetCode(await received, 1)).toBe(8);
  });

  it("ends for headers that go on and on", async () => {
    const { socket, received } = await rawClient();
    socket.write(frameOf(frameType.headers, 0, 1, Buffer.of(0x82)));
    for (let n = 0; n < 20; n++) socket.write(frameOf(frameType.continuation, 0, 1, bytesOf(16_384)));
    expect(goAwayCode(await received)).toBe(11);
  });

  it("says goodbye when it closes, after the answers that are under way", async () => {
    const asked = createDeferred();
    const answer = createDeferred<ApiResponse>();
    respond = () => {
      asked.resolve();
      return answer.promise;
    };
    const session = client();
    const goAway = new Promise((done) => session.once("goaway", done));
    const sent = send(session);
    await asked.promise;
    connections.at(-1)!.close();
    await goAway;
    answer.resolve({ status: 201, headers: {}, body: bytesOf(3) });
    expect(await sent).toMatchObject({ status: 201 });
    await new Promise((done) => (session.destroyed ? done(undefined) : session.once("close", done)));
  });
});
