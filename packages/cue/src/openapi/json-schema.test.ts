import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";
import { CueError } from "../value.ts";
import { type JsonSchemaOptions, jsonSchemaOf } from "./json-schema.ts";

function schemaOf(text: string, options: JsonSchemaOptions = {}): unknown {
  const { $schema, ...schema } = jsonSchemaOf(new Context().compile(text), options);
  expect($schema).toMatch(/^https?:\/\/json-schema\.org\//);
  return schema;
}

/** The schema of the field `x`. */
function fieldSchema(value: string, options: JsonSchemaOptions = {}): unknown {
  const imports = ["list", "strings", "struct"].filter((name) => value.includes(`${name}.`));
  const text = `${imports.map((name) => `import "${name}"\n`).join("")}x?: ${value}`;
  const { properties } = schemaOf(text, options) as { properties: Record<string, unknown> };
  return properties["x"];
}

describe("the JSON Schema of a value", () => {
  it.each([
    ["int", { type: "integer" }],
    ["number", { type: "number" }],
    ["bytes", { type: "string", contentEncoding: "base64" }],
    ["null", { type: "null" }],
    ["_", true],
    ["5", { const: 5 }],
    ['=="a"', { const: "a" }],
    ["!=1", { not: { const: 1 } }],
    [">5", { type: "number", exclusiveMinimum: 5 }],
    [">=5 & <=9", { type: "number", minimum: 5, maximum: 9 }],
    ['=~"^a"', { type: "string", pattern: "^a" }],
    ['"a" | "b"', { enum: ["a", "b"] }],
    ["string | int", { anyOf: [{ type: "string" }, { type: "integer" }] }],
    ["*1 | int", { type: "integer" }],
    ["strings.MinRunes(2)", { type: "string", minLength: 2 }],
    ["[...int]", { type: "array", items: { type: "integer" } }],
    [
      "[int, string]",
      { type: "array", minItems: 2, maxItems: 2, prefixItems: [{ type: "integer" }, { type: "string" }] },
    ],
    ["list.UniqueItems", { type: "array", uniqueItems: true }],
    ["list.MatchN(>=2 & <=3, int)", { type: "array", contains: { type: "integer" }, minContains: 2, maxContains: 3 }],
    ["matchN(1, [int, string])", { oneOf: [{ type: "integer" }, { type: "string" }] }],
    ["matchN(>=1, [int, string])", { anyOf: [{ type: "integer" }, { type: "string" }] }],
    ["matchN(0, [int])", { not: { type: "integer" } }],
    ["matchIf(int, >5, _)", { if: { type: "integer" }, then: { type: "number", exclusiveMinimum: 5 } }],
    [
      "{a!: int, b?: string}",
      { type: "object", properties: { a: { type: "integer" }, b: { type: "string" } }, required: ["a"] },
    ],
    ["close({a?: int})", { type: "object", properties: { a: { type: "integer" } }, additionalProperties: false }],
    ["{a?: int, ...}", { type: "object", properties: { a: { type: "integer" } }, additionalProperties: true }],
    ["{[string]: int}", { type: "object", additionalProperties: { type: "integer" } }],
    [
      '{[=~"^a"]: int, b?: string}',
      { type: "object", properties: { b: { type: "string" } }, patternProperties: { "^a": { type: "integer" } } },
    ],
    [
      "{[N=string]: {name: N}}",
      {
        type: "object",
        additionalProperties: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
      },
    ],
    ["struct.MaxFields(3)", { type: "object", maxProperties: 3 }],
    ["{string, #a: 1}", { type: "string" }],
    ["{y: int, if y > 1 {z: int}}", { type: "object", properties: { y: { type: "integer" } }, required: ["y"] }],
  ])("%s", (value, schema) => {
    expect(fieldSchema(value)).toEqual(schema);
  });

  it("gives what is referred to a schema of its own", () => {
    expect(schemaOf("a!: #A\n#A: {b?: #A, c!: _d}\n_d: int")).toEqual({
      $defs: {
        A: {
          type: "object",
          properties: { b: { $ref: "#/$defs/A" }, c: { $ref: "#/$defs/_d" } },
          required: ["c"],
          additionalProperties: false,
        },
        _d: { type: "integer" },
      },
      type: "object",
      properties: { a: { $ref: "#/$defs/A" } },
      required: ["a"],
    });
  });

  it("names what would have the same name by more of its path, or with its mark", () => {
    const schema = schemaOf("a?: #x.#B\nb?: #y.#B\nc?: #C\nd?: C\n#x: #B: int\n#y: #B: string\n#C: int\nC: string") as {
      $defs: object;
    };
    expect(Object.keys(schema.$defs)).toEqual(["#C", "C", "x.B", "y.B"]);
  });

  it("names what comes from other packages by their names", () => {
    const context = new Context();
    context.registerPackage("m.test/p", [{ name: "p.cue", text: "package p\n#A: int" }]);
    const schema = jsonSchemaOf(context.compile('import "m.test/p"\n#A: string\nx?: #A\ny?: p.#A'));
    expect(Object.keys(schema["$defs"] as object)).toEqual(["A", "p.A"]);
  });

  it("is written in the words of older dialects", () => {
    const shared = "#A: int\nx?: #A & >0\np?: [int, string]";
    expect(schemaOf(shared, { dialect: "draft-07" })).toEqual({
      definitions: { A: { type: "integer" } },
      type: "object",
      properties: {
        x: { allOf: [{ $ref: "#/definitions/A" }, { type: "number", exclusiveMinimum: 0 }] },
        p: { type: "array", minItems: 2, maxItems: 2, items: [{ type: "integer" }, { type: "string" }] },
      },
    });
    expect(fieldSchema(">0 & <5", { dialect: "draft-04" })).toEqual({
      type: "number",
      minimum: 0,
      exclusiveMinimum: true,
      maximum: 5,
      exclusiveMaximum: true,
    });
  });

  it("refuses a value that holds an error, and one that admits nothing", () => {
    expect(() => jsonSchemaOf(new Context().compile("x: 1 & 2"))).toThrow(CueError);
  });

  it("ends with definitions that hold each other without end", () => {
    expect(schemaOf("#A: {n?: #B}\n#B: {n?: #A, m?: [...#B]}\nx?: #A")).toHaveProperty("$defs.B.properties.n");
  });
});
