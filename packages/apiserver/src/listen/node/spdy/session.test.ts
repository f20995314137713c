import { afterEach, describe, expect, it } from "vitest";
import { Channel } from "@lateen/base";
import { encodeFrame, type Frame, FrameReader, SpdyError } from "./frame.ts";
import { decodeHeaders, encodeHeaders, HeaderCompression } from "./header-block.ts";
import { type Connect, forwardPorts } from "./port-forward.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Client {
  readonly received: readonly Frame[];
  readonly served: Promise<unknown>;
  send(frame: Frame): void;
  open(streamId: number, headers: Readonly<Record<string, string>>): Promise<void>;
  leave(): void;
  /** What came on a stream, as text. */
  textOf(streamId: number): string;
}

/** A client of `forwardPorts`, frame by frame. */
function client(connect: Connect): Client {
  const messages = new Channel<Uint8Array>();
  const received: Frame[] = [];
  const reader = new FrameReader();
  const deflate = new HeaderCompression("deflate");
  const served = forwardPorts(
    {
      messages,
      send: (bytes) => {
        received.push(...reader.push(bytes));
        return Promise.resolve();
      },
      close: () => messages.end(),
    },
    connect,
  ).catch((error: unknown) => error);
  ends.push(() => messages.end());
  const send = (frame: Frame): void => void messages.push(encodeFrame(frame));
  return {
    received,
    served,
    send,
    async open(streamId, headers) {
      const block = await deflate.change(encodeHeaders(new Map(Object.entries(headers))));
      send({ kind: "synStream", streamId, associatedTo: 0, priority: 0, block, fin: false, unidirectional: false });
    },
    leave: () => messages.end(),
    textOf: (streamId) =>
      received
        .map((frame) =>
          frame.kind === "data" && frame.streamId === streamId ? Buffer.from(frame.bytes).toString() : "",
        )
        .join(""),
  };
}

/** A pod that answers with what it gets, and ends when its client has. */
const echo: Connect = () => {
  const back = new Channel<Uint8Array>();
  return Promise.resolve({
    readable: back,
    write: (bytes) => {
      back.push(bytes);
      return Promise.resolve();
    },
    end: () => back.end(),
    close: () => back.end(),
  });
};

async function openPair(peer: Client, first = 1): Promise<void> {
  const shared = { port: "80", requestid: String(first) };
  await peer.open(first, { streamtype: "error", ...shared });
  await peer.open(first + 2, { streamtype: "data", ...shared });
}

const isEnd = (streamId: number) => (frame: Frame) => frame.kind === "data" && frame.streamId === streamId && frame.fin;

describe("port-forward over SPDY", () => {
  it("answers each stream, carries bytes both ways, and ends both streams when the pod has ended", async () => {
    const peer = client(echo);
    await openPair(peer);
    peer.send({ kind: "data", streamId: 3, bytes: Buffer.from("hello"), fin: true });
    await expect.poll(() => peer.received.some(isEnd(1)) && peer.received.some(isEnd(3))).toBe(true);
    expect(peer.textOf(3)).toBe("hello");
    expect(peer.textOf(1)).toBe("");
    const replies = peer.received.flatMap((frame) => (frame.kind === "synReply" ? [frame] : []));
    expect(replies.map(({ streamId }) => streamId)).toEqual([1, 3]);
    const inflate = new HeaderCompression("inflate");
    for (const { block } of replies) expect(decodeHeaders(await inflate.change(block)).size).toBe(0);
    peer.leave();
    expect(await peer.served).toBeUndefined();
  });

  it("tells on the error stream why there is no connection", async () => {
    const peer = client(() => Promise.reject(new Error("nobody listens")));
    await openPair(peer);
    await expect.poll(() => peer.received.some(isEnd(1))).toBe(true);
    expect(peer.textOf(1)).toBe("nobody listens");
  });

  it("keeps the window of a client that opens it", async () => {
    const peer = client(echo);
    peer.send({ kind: "settings", entries: [{ id: 7, flags: 0, value: 4 }] });
    await openPair(peer);
    peer.send({ kind: "data", streamId: 3, bytes: Buffer.from("123456789"), fin: true });
    await expect.poll(() => peer.textOf(3)).toBe("1234");
    expect(peer.received.some(isEnd(3))).toBe(false);
    peer.send({ kind: "windowUpdate", streamId: 3, delta: 100 });
    await expect.poll(() => peer.received.some(isEnd(3))).toBe(true);
    expect(peer.textOf(3)).toBe("123456789");
  });

  it("resets a stream whose window grows beyond what it can be", async () => {
    const peer = client(echo);
    await openPair(peer);
    peer.send({ kind: "windowUpdate", streamId: 3, delta: 0x7fff_ffff });
    await expect.poll(() => peer.received).toContainEqual({ kind: "rstStream", streamId: 3, status: 7 });
  });

  it("carries more than a window both ways for a client that knows no windows, and opens its own", async () => {
    const peer = client(echo);
    await openPair(peer);
    const part = Buffer.alloc(32 * 1024, "x");
    for (let n = 0; n < 64; n++) peer.send({ kind: "data", streamId: 3, bytes: part, fin: n === 63 });
    await expect.poll(() => peer.received.some(isEnd(3)), { timeout: 90_000 }).toBe(true);
    expect(peer.textOf(3).length).toBe(64 * part.length);
    expect(peer.received.some((frame) => frame.kind === "windowUpdate" && frame.streamId === 3)).toBe(true);
  });

  it("closes the pod's connection when its stream is reset, though the pod reads nothing, and reads on", async () => {
    const closed: string[] = [];
    const peer = client(() =>
      Promise.resolve({
        readable: new Channel<Uint8Array>(),
        write: () => new Promise<void>(() => undefined),
        close: () => void closed.push("closed"),
      }),
    );
    await openPair(peer);
    peer.send({ kind: "data", streamId: 3, bytes: Buffer.alloc(60_000), fin: false });
    peer.send({ kind: "rstStream", streamId: 3, status: 5 });
    peer.send({ kind: "ping", id: 9 });
    await expect.poll(() => peer.received).toContainEqual({ kind: "ping", id: 9 });
    expect(closed).toEqual(["closed"]);
  });

  it("refuses streams without a kind or port, and those beyond the limit", async () => {
    const peer = client(echo);
    await peer.open(1, { streamtype: "video", port: "80", requestid: "1" });
    await peer.open(3, { streamtype: "data", port: "70000", requestid: "2" });
    for (const streamId of [1, 3]) {
      await expect.poll(() => peer.received).toContainEqual({ kind: "rstStream", streamId, status: 3 });
    }
    for (let n = 0; n <= 1000; n++) await peer.open(5 + 2 * n, { streamtype: "error", port: "80", requestid: `r${n}` });
    await expect
      .poll(() => peer.received, { timeout: 90_000 })
      .toContainEqual({
        kind: "rstStream",
        streamId: 2005,
        status: 3,
      });
    expect(peer.received).not.toContainEqual({ kind: "rstStream", streamId: 2003, status: 3 });
  });

  it("answers pings, and says INVALID_STREAM to bytes of a stream that never was", async () => {
    const peer = client(echo);
    peer.send({ kind: "ping", id: 5 });
    peer.send({ kind: "data", streamId: 9, bytes: Buffer.from("x"), fin: false });
    await expect
      .poll(() => peer.received)
      .toEqual([
        { kind: "ping", id: 5 },
        { kind: "rstStream", streamId: 9, status: 2 },
      ]);
  });

  it("says goodbye to a client that opens an even stream, or one twice", async () => {
    for (const ids of [[2], [3, 3], [3, 1]]) {
      const peer = client(echo);
      for (const id of ids) await peer.open(id, { streamtype: "error", port: "80", requestid: String(id) });
      expect(await peer.served).toBeInstanceOf(SpdyError);
      expect(peer.received.at(-1)).toMatchObject({ kind: "goAway", status: 1 });
    }
  });
});
