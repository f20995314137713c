import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, type Frame, FrameReader, maxControlFrameBytes, maxDataFrameBytes, SpdyError } from "./frame.ts";

const id = fc.integer({ min: 1, max: 0x7fff_ffff });
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 300 });
const fin = fc.boolean();

const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constant("data" as const), streamId: id, bytes, fin }),
  fc.record({
    kind: fc.constant("synStream" as const),
    streamId: id,
    associatedTo: fc.integer({ min: 0, max: 0x7fff_ffff }),
    priority: fc.integer({ min: 0, max: 7 }),
    block: bytes,
    fin,
    unidirectional: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom("synReply" as const, "headers" as const), streamId: id, block: bytes, fin }),
  fc.record({ kind: fc.constant("rstStream" as const), streamId: id, status: word }),
  fc.record({
    kind: fc.constant("settings" as const),
    entries: fc.array(fc.record({ id: fc.integer({ min: 0, max: 0xff_ffff }), flags: fc.nat(255), value: word }), {
      maxLength: 8,
    }),
  }),
  fc.record({ kind: fc.constant("ping" as const), id: word }),
  fc.record({ kind: fc.constant("goAway" as const), lastStreamId: id, status: word }),
  fc.record({ kind: fc.constant("windowUpdate" as const), streamId: id, delta: id }),
);

/** The same frame with its bytes as text, which compares whatever class holds them. */
function plain(frame: Frame): unknown {
  if ("bytes" in frame) return { ...frame, bytes: Buffer.from(frame.bytes).toString("hex") };
  return "block" in frame ? { ...frame, block: Buffer.from(frame.block).toString("hex") } : frame;
}

describe("SPDY frames", () => {
  it("come back as they were, wherever the flow of bytes is cut", () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 6 }), fc.integer({ min: 1, max: 40 }), (sent, step) => {
        const flow = Buffer.concat(sent.map((frame) => encodeFrame(frame)));
        const reader = new FrameReader();
        const read: Frame[] = [];
        for (let at = 0; at < flow.length; at += step) read.push(...reader.push(flow.subarray(at, at + step)));
        expect(read.map((frame) => plain(frame))).toEqual(sent.map((frame) => plain(frame)));
      }),
    );
  });

  it("are laid out as the draft draws them", () => {
    expect(Buffer.from(encodeFrame({ kind: "ping", id: 1 })).toString("hex")).toBe("800300060000000400000001");
    expect(
      Buffer.from(encodeFrame({ kind: "data", streamId: 3, bytes: Buffer.from("hi"), fin: true })).toString("hex"),
    ).toBe("00000003010000026869");
    expect(Buffer.from(encodeFrame({ kind: "rstStream", streamId: 5, status: 3 })).toString("hex")).toBe(
      "80030003000000080000000500000003",
    );
  });

  it.each([
    ["another version", "800200060000000400000001"],
    ["a ping of 3 bytes", "8003000600000003000001"],
    ["a reset of 4 bytes", "800300030000000400000001"],
    ["a stream without its fields", "800300010000000400000001"],
    ["settings that count more entries than they have", "800300040000000c7fffffff0000000400000001"],
    ["data of stream 0", "000000000000000161"],
    ["a control frame that is too long", `80030001${(maxControlFrameBytes + 1).toString(16).padStart(8, "0")}`],
    ["a data frame that is too long", `00000001${(maxDataFrameBytes + 1).toString(16).padStart(8, "0")}`],
  ])("refuse %s", (_, hex) => {
    expect(() => new FrameReader().push(Buffer.from(hex, "hex"))).toThrow(SpdyError);
  });

  it("of a type that nobody knows are passed over", () => {
    const flow = Buffer.concat([Buffer.from("800300630000000200ff", "hex"), encodeFrame({ kind: "ping", id: 7 })]);
    expect(new FrameReader().push(flow)).toEqual([{ kind: "ping", id: 7 }]);
  });

  it("are never anything but frames or an error, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          new FrameReader().push(noise);
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError);
        }
      }),
    );
  });
});
