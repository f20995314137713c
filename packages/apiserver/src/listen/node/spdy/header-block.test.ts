import { constants, deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headerDictionary } from "./dictionary.ts";
import { SpdyError } from "./frame.ts";
import { decodeHeaders, encodeHeaders, HeaderCompression } from "./header-block.ts";

const headers = fc
  .dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), fc.string({ maxLength: 60 }), { maxKeys: 8 })
  .map((entries) => new Map(Object.entries(entries)));

describe("the header block", () => {
  it("uses the dictionary of SPDY/3, which zlib names by its checksum", async () => {
    const bytes = Buffer.from(await new HeaderCompression("deflate").change(encodeHeaders(new Map())));
    expect(headerDictionary.length).toBe(1423);
    expect(bytes.subarray(2, 6).toString("hex")).toBe("e3c6a7c2");
  });

  it("comes back as it was, block after block", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { maxLength: 5 }), async (blocks) => {
        using deflate = new HeaderCompression("deflate");
        using inflate = new HeaderCompression("inflate");
        for (const block of blocks) {
          const compressed = await deflate.change(encodeHeaders(block));
          expect(decodeHeaders(await inflate.change(compressed))).toEqual(block);
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["ends too early", "000000010000000461"],
    ["names a length that is not there", "00000001ffffffff61"],
    ["counts without end", "ffffffff"],
    ["has an empty name", "000000010000000000000000"],
    ["has a name in capitals", "00000001000000014100000000"],
    ["goes on after its end", "0000000000"],
    ["has a name twice", `00000002${"00000001610000000162".repeat(2)}`],
  ])("is refused when it %s", (_, hex) => {
    expect(() => decodeHeaders(Buffer.from(hex, "hex"))).toThrow(SpdyError);
  });

  it("is refused when it is not zlib, ends the compression, or grows without bound", async () => {
    const dictionary = { dictionary: headerDictionary };
    const ended = Buffer.concat([deflateSync(encodeHeaders(new Map()), dictionary), Buffer.from("more")]);
    const bomb = deflateSync(Buffer.alloc(10_000_000), { ...dictionary, finishFlush: constants.Z_SYNC_FLUSH });
    for (const block of [Buffer.from("no zlib at all"), ended, bomb]) {
      const inflate = new HeaderCompression("inflate");
      await expect(inflate.change(block)).rejects.toThrow(SpdyError);
      await expect(inflate.change(Buffer.from("x"))).rejects.toThrow(SpdyError);
    }
  });
});
