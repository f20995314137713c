import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";
import { openApiDocument } from "./document.ts";

function schemas(text: string, options: Parameters<typeof openApiDocument>[1] = {}): unknown {
  const document = openApiDocument(new Context().compile(text, { filename: "in.cue" }), options);
  return (document["components"] as { schemas: unknown }).schemas;
}

describe("OpenAPI documents", () => {
  it("say what they are about", () => {
    const root = new Context().compile('info: {title: "T", license: name: "L"}\n$version: "v2"\n#A: int');
    expect(openApiDocument(root)).toEqual({
      openapi: "3.0.0",
      info: { title: "T", version: "v2", license: { name: "L" } },
      paths: {},
      components: { schemas: { A: { type: "integer" } } },
    });
  });

  it("keep references, and say what is added beside them", () => {
    expect(schemas("#A: int\n#B: {a: #A, b: #A & >1, c?: [...#A]}\n#C: {#B, d: string}")).toEqual({
      A: { type: "integer" },
      B: {
        type: "object",
        required: ["a", "b"],
        properties: {
          a: { $ref: "#/components/schemas/A" },
          b: { type: "integer", allOf: [{ $ref: "#/components/schemas/A" }, { minimum: 1, exclusiveMinimum: true }] },
          c: { type: "array", items: { $ref: "#/components/schemas/A" } },
        },
      },
      C: {
        type: "object",
        allOf: [{ $ref: "#/components/schemas/B" }, { required: ["d"] }],
        properties: { d: { type: "string" } },
      },
    });
  });

  it("tell alternatives apart that admit each other's instances", () => {
    expect(schemas("#A: {a: int} | {a: int, b: string}")).toEqual({
      A: {
        type: "object",
        oneOf: [
          {
            allOf: [
              { required: ["a"], properties: { a: { type: "integer" } } },
              {
                not: {
                  anyOf: [{ required: ["a", "b"], properties: { a: { type: "integer" }, b: { type: "string" } } }],
                },
              },
            ],
          },
          { required: ["a", "b"], properties: { a: { type: "integer" }, b: { type: "string" } } },
        ],
      },
    });
  });

  it.each<[string, unknown]>([
    ['#A: *"a" | "b"', { type: "string", enum: ["a", "b"], default: "a" }],
    ["#A: *80 | int", { type: "integer", default: 80 }],
    ["#A: int64", { type: "integer", format: "int64" }],
    ["#A: null | string", { type: "string", nullable: true }],
    ["#A: !=4", { type: "number", not: { allOf: [{ minimum: 4 }, { maximum: 4 }] } }],
    ['#A: =~"^a" & =~"b$"', { type: "string", allOf: [{ pattern: "^a" }, { pattern: "b$" }] }],
    ["#A: [string]: int", { type: "object", additionalProperties: { type: "integer" } }],
    ["// Doc.\n#A: string", { type: "string", description: "Doc." }],
    [
      "#A: {a?: string @protobuf(1,deprecated)}",
      { type: "object", properties: { a: { type: "string", deprecated: true } } },
    ],
  ])("write %s", (text, schema) => {
    expect(schemas(text)).toEqual({ A: schema });
  });

  it("name nested definitions by their paths, and leave out what has no name", () => {
    expect(schemas("#A: {#B: int, b: #B}")).toEqual({
      A: { type: "object", required: ["b"], properties: { b: { $ref: "#/components/schemas/A.B" } } },
      "A.B": { type: "integer" },
    });
    const nameOf = (path: string): string | undefined => (path === "#B" ? undefined : path.slice(1));
    expect(schemas("#A: {b: #B}\n#B: int", { nameOf })).toEqual({
      A: { type: "object", required: ["b"], properties: { b: { type: "integer" } } },
    });
  });

  it("write version 3.1's exclusive bounds, and leave keywords out that are not wanted", () => {
    expect(schemas("#A: >1", { version: "3.1.0" })).toEqual({ A: { type: "number", exclusiveMinimum: 1 } });
    expect(schemas("#A: >1 & <5", { without: /max/i })).toEqual({
      A: { type: "number", minimum: 1, exclusiveMinimum: true },
    });
  });

  it("end with definitions that contain themselves", () => {
    expect(schemas("#A: {a?: #A, l?: [...#A], o: #A | int}")).toBeDefined();
  });
});
