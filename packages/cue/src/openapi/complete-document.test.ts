import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";
import { CueError } from "../value.ts";
import { type CompleteOptions, completeOpenApi } from "./complete-document.ts";

function completed(text: string, options: CompleteOptions = {}) {
  return completeOpenApi(new Context().compile(text), options);
}

const head = 'openapi: "3.0.0", info: {title: "t", version: "1", "x-own": [1]}\n';
const place = 'paths: "/x": get: responses: "200": content: "application/json": schema: ';

function schemaAt(document: object): unknown {
  return ["paths", "/x", "get", "responses", "200", "content", "application/json", "schema"].reduce(
    (at, name) => (at as Record<string, unknown>)[name] as object,
    document,
  );
}

describe("a document of OpenAPI that is completed", () => {
  it("keeps what is no schema, and has a schema where a place has a definition #", () => {
    const document = completed(
      `${head}${place}{#: #User}\n#User: {name!: string, at?: #At}\n#At: string\n#Unused: int`,
    );
    expect(document).toMatchObject({ openapi: "3.0.0", info: { title: "t", version: "1", "x-own": [1] } });
    expect(schemaAt(document)).toEqual({ $ref: "#/components/schemas/User" });
    expect(document["components"]).toEqual({
      schemas: {
        At: { type: "string" },
        User: {
          type: "object",
          properties: { at: { $ref: "#/components/schemas/At" }, name: { type: "string" } },
          required: ["name"],
          additionalProperties: false,
        },
      },
    });
  });

  it("leaves a schema that is written as one alone", () => {
    const document = completed(`${head}${place}{type: "string"}`);
    expect(schemaAt(document)).toEqual({ type: "string" });
    expect(document).not.toHaveProperty("components");
  });

  it("tells every definition if it is asked to, under the names that it is given", () => {
    const document = completed(`${head}paths: {}\n#A: int\n#B: #A`, {
      allSchemas: true,
      nameOf: (path) => `x${path.slice(1)}`,
    });
    expect(document["components"]).toEqual({
      schemas: { xA: { type: "integer" }, xB: { $ref: "#/components/schemas/xA" } },
    });
  });

  it.each([
    ["int32", { type: "integer", format: "int32" }],
    ["string | null", { nullable: true, type: "string" }],
    ["#A | null", { nullable: true, allOf: [{ $ref: "#/components/schemas/A" }] }],
    ['"a" | "b" | null', { nullable: true, enum: ["a", "b", null] }],
    ["bytes", { type: "string", format: "byte" }],
    [">0", { type: "number", minimum: 0, exclusiveMinimum: true }],
    ['"a"', { enum: ["a"] }],
    ["null", { nullable: true }],
    [
      "[int, string]",
      { type: "array", minItems: 2, maxItems: 2, items: { anyOf: [{ type: "integer" }, { type: "string" }] } },
    ],
  ])("writes %s in the words of 3.0", (value, schema) => {
    expect(schemaAt(completed(`${head}${place}{#: ${value}}\n#A: int`))).toEqual(schema);
  });

  it("takes the version from the document, and 3.1 is JSON Schema", () => {
    const document = completed(`${head.replace("3.0.0", "3.1.0")}${place}{#: string | null}`);
    expect(schemaAt(document)).toEqual({ anyOf: [{ type: "string" }, { type: "null" }] });
  });

  it("refuses what is not concrete outside of schemas", () => {
    expect(() => completed(`${head}paths: string`)).toThrow(CueError);
  });
});
