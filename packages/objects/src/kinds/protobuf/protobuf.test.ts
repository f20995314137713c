import { readFileSync } from "node:fs";
import type { JsonObject } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../kube-object.ts";
import { builtinKinds } from "../kind-table.ts";
import { decodeProtobuf } from "./decode.ts";
import { encodeProtobuf } from "./encode.ts";
import { ProtobufError } from "./wire.ts";

const kinds = builtinKinds();

/** What tools/kinds/fixtures printed: the Go client's bytes and the JSON that a Go server reads from them. */
const fixtures = readFileSync(new URL("../../../testdata/protobuf.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => {
    const [name = "", json = "", body = ""] = line.split("\t");
    return { name, json: JSON.parse(json) as JsonObject, bytes: Uint8Array.from(Buffer.from(body, "base64")) };
  });

describe("bodies of a Go client", () => {
  it.each(fixtures)("read as the Go server reads them: $name", ({ json, bytes }) => {
    expect(decodeProtobuf(bytes, kinds)).toEqual(json);
  });

  it.each(fixtures)("are written to the byte: $name", ({ json, bytes }) => {
    const written = encodeProtobuf(json as unknown as KubeObject, kinds);
    expect(Buffer.from(written).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
  });
});

function outcomeOf(bytes: Uint8Array): unknown {
  try {
    return decodeProtobuf(bytes, kinds);
  } catch (error) {
    if (error instanceof ProtobufError) return error;
    throw error;
  }
}

describe("malformed bodies", () => {
  it("are refused with the place", () => {
    expect(() => decodeProtobuf(new TextEncoder().encode("{}"), kinds)).toThrow(/magic bytes.*at byte 0/);
    const body = Uint8Array.from([0x6b, 0x38, 0x73, 0x00, 0x0a, 0x7f, 0x01]);
    expect(() => decodeProtobuf(body, kinds)).toThrow("a field of 127 bytes does not fit into its message (at byte 5)");
  });

  it("of a kind that nobody knows are refused by its name", () => {
    const secret = fixtures.find(({ name }) => name === "secret");
    const bytes = Uint8Array.from(secret?.bytes ?? []);
    bytes[bytes.indexOf("S".charCodeAt(0))] = "T".charCodeAt(0);
    expect(() => decodeProtobuf(bytes, kinds)).toThrow('no kind "Tecret" is registered for version "v1"');
  });

  it("with an integer that this server cannot keep are refused with its place", () => {
    const revision = fixtures.find(({ name }) => name === "controller-revision");
    const damaged = Uint8Array.from(revision?.bytes ?? []);
    damaged[damaged.lastIndexOf(0x01)] = 0;
    expect(() => decodeProtobuf(damaged, kinds)).toThrow(
      /the integer 9223372036854775805 is beyond 2\^53.*\(at byte 84\)/,
    );
    expect(outcomeOf(damaged)).toBeInstanceOf(ProtobufError);
  });

  it("end in a ProtobufError wherever they are cut or changed", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        ({ bytes }, length, changes) => {
          const damaged = bytes.slice(0, 4 + (length % (bytes.length - 3)));
          for (const [at, value] of changes) if (damaged.length > 4) damaged[4 + (at % (damaged.length - 4))] = value;
          expect(outcomeOf(damaged)).toBeTypeOf("object");
        },
      ),
      { numRuns: 500 },
    );
  });

  it("that nest messages without end are refused", () => {
    let schema = new Uint8Array(0);
    // not = 27 of JSONSchemaProps holds another JSONSchemaProps.
    for (let depth = 0; depth < 5000; depth++) schema = field(27, schema);
    const version = field(4, field(1, schema));
    const definition = field(2, field(7, version));
    const meta = field(1, Uint8Array.from(Buffer.from("apiextensions.k8s.io/v1")));
    const kind = field(2, Uint8Array.from(Buffer.from("CustomResourceDefinition")));
    const magic = Uint8Array.from([0x6b, 0x38, 0x73, 0]);
    const body = Buffer.concat([magic, field(1, Buffer.concat([meta, kind])), field(2, definition)]);
    expect(() => decodeProtobuf(body, kinds)).toThrow(/nested deeper than 200/);
  });
});

function field(number: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = [...varint(number * 8 + 2), ...varint(content.length)];
  return Uint8Array.from([...head, ...content]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}
