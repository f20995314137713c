import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";
import { type ExportSchemaOptions, exportSchema } from "./export-schema.ts";

const compile = (text: string) => new Context().compile(text, { filename: "in.cue" });
const schemaOf = (expr: string, options: ExportSchemaOptions = {}) =>
  exportSchema(
    compile(
      `import ("strings", "list", "math", "time", "struct")\n_used: [strings.MinRunes, list.MaxItems, math.Pi, time.Time, struct.MinFields]\nx: ${expr}\n`,
    ).lookupPath("x"),
    options,
  ).schema;

describe("exportSchema", () => {
  it.each<[string, object]>([
    ["_", {}],
    ["string", { type: "string" }],
    ["int", { type: "integer" }],
    ["number", { type: "number" }],
    ["bool", { type: "boolean" }],
    ["null", { type: "null" }],
    ["bytes", { type: "string", contentEncoding: "base64" }],
    ['"a"', { const: "a" }],
    ["int & >=1 & <=5", { type: "integer", minimum: 1, maximum: 5 }],
    [">0", { type: "number", exclusiveMinimum: 0 }],
    ['=~"^a"', { type: "string", pattern: "^a" }],
    ['!~"^a"', { type: "string", not: { pattern: "^a" } }],
    ["strings.MinRunes(1) & strings.MaxRunes(5)", { type: "string", minLength: 1, maxLength: 5 }],
    ['"a" | "b"', { enum: ["a", "b"] }],
    ['*"a" | "b"', { enum: ["a", "b"], default: "a" }],
    ["*1 | int", { type: "integer", default: 1 }],
    ["string | int", { anyOf: [{ type: "string" }, { type: "integer" }] }],
    ["[...string]", { type: "array", items: { type: "string" } }],
    ["[...]", { type: "array" }],
    [
      "[int, string]",
      { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], minItems: 2, maxItems: 2 },
    ],
    [
      "{a: string, b?: int, c!: bool}",
      {
        type: "object",
        properties: { a: { type: "string" }, b: { type: "integer" }, c: { type: "boolean" } },
        required: ["a", "c"],
      },
    ],
    ["{a: *1 | int}", { type: "object", properties: { a: { type: "integer", default: 1 } } }],
    ["{[string]: int}", { type: "object", additionalProperties: { type: "integer" } }],
    ["close({a?: int})", { type: "object", properties: { a: { type: "integer" } }, additionalProperties: false }],
  ])("says what %s accepts", (expr, schema) => {
    expect(schemaOf(expr)).toEqual(schema);
  });

  it.each<[string, object]>([
    [">5 & <6", { type: "number", minimum: 5, exclusiveMinimum: true, maximum: 6, exclusiveMaximum: true }],
    ["bytes", { type: "string", format: "binary" }],
    ["int32", { type: "integer", format: "int32" }],
    ["int64", { type: "integer", format: "int64" }],
    ["uint8", { type: "integer", minimum: 0, maximum: 255 }],
    ['"a" | "b" | null', { type: "string", enum: ["a", "b"], nullable: true }],
    [
      "{a: int} | {b: string}",
      {
        type: "object",
        oneOf: [
          { type: "object", properties: { a: { type: "integer" } }, required: ["a"] },
          { type: "object", properties: { b: { type: "string" } }, required: ["b"] },
        ],
      },
    ],
  ])("says it in OpenAPI 3.0: %s", (expr, schema) => {
    expect(schemaOf(expr, { dialect: "openapi-3.0" })).toEqual(schema);
  });

  it("keeps documentation and references to definitions", () => {
    const value = compile("// a port\n#Port: int & >0\n// what it listens to\nlisten: #Port\nother?: [...#Port]\n");
    const { schema, definitions } = exportSchema(value, { references: { prefix: "#/$defs/" } });
    expect(schema).toEqual({
      type: "object",
      properties: {
        listen: { description: "what it listens to", $ref: "#/$defs/Port" },
        other: { type: "array", items: { $ref: "#/$defs/Port" } },
      },
      required: ["listen"],
    });
    expect(definitions).toEqual({ Port: { description: "a port", type: "integer", exclusiveMinimum: 0 } });
  });

  it("ends with definitions that hold several of each other", () => {
    const value = compile("#T: {a?: {b: #T}, c?: {d: #T}, e?: {f: #T}}\nx: #T\n");
    expect(JSON.stringify(exportSchema(value).schema).length).toBeLessThan(5_000_000);
  });

  it("ends with a value that contains itself", () => {
    const value = compile("#Tree: {value: int, children?: [...#Tree]}\ntree: #Tree\n");
    const { definitions } = exportSchema(value, { references: { prefix: "#/$defs/" } });
    expect(definitions["Tree"]).toMatchObject({ properties: { children: { items: { $ref: "#/$defs/Tree" } } } });
    expect(exportSchema(value).schema).toMatchObject({ type: "object" });
  });
});
