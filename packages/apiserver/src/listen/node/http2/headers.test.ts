import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { HeaderDecoder, type HeaderField } from "./header-decoder.ts";
import { encodeHeaders } from "./header-encoder.ts";
import { decodeHuffman } from "./huffman.ts";
import { RequestHeaders } from "./request-headers.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

function read(decoder: HeaderDecoder, block: Buffer): readonly (readonly [string, string])[] {
  const fields: HeaderField[] = [];
  decoder.decode(block, (field) => fields.push(field));
  return fields.map(({ name, value }) => [name, value]);
}

const huffman = (text: string): string | undefined => decodeHuffman(hex(text), 0, hex(text).length);

describe("the code of header texts", () => {
  it.each([
    ["f1e3 c2e5 f23a 6ba0 ab90 f4ff", "www.example.com"],
    ["a8eb 1064 9cbf", "no-cache"],
    ["25a8 49e9 5ba9 7d7f", "custom-key"],
    ["d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff", "Mon, 21 Oct 2013 20:13:21 GMT"],
    [
      "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ],
    ["", ""],
  ])("reads %s (RFC 7541, appendix C)", (bytes, text) => {
    expect(huffman(bytes)).toBe(text);
  });

  it.each([
    ["padding of zeros", "f1e3c2e5f23a6ba0ab90f400"],
    ["padding of eight bits", "a8eb10649cbfff"],
    ["the end's own code", "ffffffff"],
    ["a code that is cut off", "fffffe"],
  ])("refuses %s", (_, bytes) => {
    expect(huffman(bytes)).toBeUndefined();
  });
});

describe("reading header blocks", () => {
  it("keeps its table from block to block (RFC 7541, C.4)", () => {
    const decoder = new HeaderDecoder();
    const first = [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
    ];
    expect(read(decoder, hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"))).toEqual(first);
    expect(read(decoder, hex("8286 84be 5886 a8eb 1064 9cbf"))).toEqual([...first, ["cache-control", "no-cache"]]);
    expect(read(decoder, hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"))).toEqual([
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", "www.example.com"],
      ["custom-key", "custom-value"],
    ]);
  });

  it("forgets the oldest when its table is full or made smaller", () => {
    const decoder = new HeaderDecoder();
    const literal = (name: string, value: string): Buffer =>
      Buffer.concat([Buffer.of(0x40, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);
    for (let n = 0; n < 60; n++) read(decoder, literal(`name-${n % 10}`, "v".repeat(60)));
    // 98 bytes each: 41 fit.
    expect(read(decoder, Buffer.of(0x80 | 62))).toEqual([["name-9", "v".repeat(60)]]);
    expect(() => read(decoder, Buffer.of(0x80 | 103))).toThrow("no field has index 103");
    const small = new HeaderDecoder();
    read(small, literal("a", "b"));
    expect(() => read(small, Buffer.of(0x20, 0x80 | 62))).toThrow("no field has index 62");
  });

  it.each([
    ["index 0", "80"],
    ["an index beyond the table", "be"],
    ["a number without an end", "7fffffffffff"],
    ["a text longer than its block", "400561"],
    ["a block that ends in a field", "40"],
    ["a larger table than allowed", "3fe23f"],
    ["a change of the table after a field", "8220"],
  ])("ends the connection for %s", (_, bytes) => {
    expect(() => read(new HeaderDecoder(), hex(bytes))).toThrow(expect.objectContaining({ code: 9, streamId: 0 }));
  });

  it("never does anything else with bytes of any kind", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          read(new HeaderDecoder(), Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ name: "Http2Error" });
        }
      }),
    );
  });
});

describe("writing header blocks", () => {
  it("is what reading takes back", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).filter((text) => !/^(date|te|content-length)$/.test(text));
    const value = fc.stringMatching(/^[!-~]([ -~]{0,200}[!-~])?$/);
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.dictionary(name, value), (status, headers) => {
        const block = encodeHeaders(status, { ...headers, date: "now" }, { shrinkTable: false, bodyBytes: 7 });
        const expected = Object.entries(headers).filter(
          ([key]) => !["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].includes(key),
        );
        expect(read(new HeaderDecoder(), block)).toEqual(
          expect.arrayContaining([[":status", String(status)], ...expected, ["date", "now"], ["content-length", "7"]]),
        );
      }),
    );
  });

  it("writes texts beyond ASCII as UTF-8, several values as several fields, and no line ends", () => {
    const block = encodeHeaders(
      200,
      { warning: ['299 - "é"', '299 - "a\r\nb"'], date: "d" },
      { shrinkTable: true, bodyBytes: undefined },
    );
    expect(read(new HeaderDecoder(), block)).toEqual([
      [":status", "200"],
      ["warning", Buffer.from('299 - "é"', "utf8").toString("latin1")],
      ["warning", '299 - "a  b"'],
      ["date", "d"],
    ]);
  });
});

describe("the headers of a request", () => {
  const of = (...fields: readonly (readonly [string, string])[]): RequestHeaders => {
    const headers = new RequestHeaders();
    const literal = ([name, value]: readonly [string, string]): Buffer =>
      Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);
    new HeaderDecoder().decode(Buffer.concat(fields.map(literal)), (field) => headers.add(field));
    return headers;
  };
  const good: readonly (readonly [string, string])[] = [
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/api"],
    [":authority", "a:1"],
  ];

  it("joins what comes several times, keeps the first of what is single, and names the host", () => {
    const { headers, method, path } = of(
      ...good,
      ["impersonate-group", "a"],
      ["impersonate-group", "b"],
      ["cookie", "a=1"],
      ["cookie", "b=2"],
      ["authorization", "first"],
      ["authorization", "second"],
      ["__proto__", "x"],
      ["constructor", "y"],
    );
    expect([method, path]).toEqual(["GET", "/api"]);
    expect({ ...headers }).toEqual({
      host: "a:1",
      "impersonate-group": "a, b",
      cookie: "a=1; b=2",
      authorization: "first",
      ["__proto__"]: "x",
      constructor: "y",
    });
  });

  it.each([
    ["a name in upper case", [...good, ["Accept", "a"]]],
    ["a header of the connection", [...good, ["connection", "close"]]],
    ["te beside trailers", [...good, ["te", "gzip"]]],
    ["a line end", [...good, ["a", "b\r\nc: d"]]],
    ["a space before the value", [...good, ["a", " b"]]],
    ["a pseudo-header after the others", [["a", "b"], ...good]],
    ["a pseudo-header twice", [...good, [":path", "/b"]]],
    ["a pseudo-header of responses", [...good, [":status", "200"]]],
    ["no path", good.filter(([name]) => name !== ":path")],
    ["no method", good.filter(([name]) => name !== ":method")],
    ["no scheme", good.filter(([name]) => name !== ":scheme")],
    ["a path that is none", good.map(([name, value]) => [name, name === ":path" ? "api" : value] as const)],
    ["two lengths", [...good, ["content-length", "1"], ["content-length", "2"]]],
  ] as readonly [string, readonly (readonly [string, string])[]][])("are malformed with %s", (_, fields) => {
    expect(of(...fields).isMalformed).toBe(true);
  });

  it("are too large beyond 64 KiB or 256 fields, and no more is kept", () => {
    const many = of(...good, ...Array.from({ length: 300 }, (_, n) => [`x-${n}`, "y"] as const));
    expect(many.isTooLarge).toBe(true);
    expect(Object.keys(many.headers).length).toBeLessThan(257);
    expect(of(...good).isTooLarge).toBe(false);
  });
});
