import type { JsonValue } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";
import { formatFile } from "../format/format.ts";
import { type ImportSchemaOptions, importSchema, schemaFile } from "./import-schema.ts";

const cueOf = (schema: JsonValue, options: ImportSchemaOptions = {}) => {
  const result = importSchema(schema, options);
  expect(result.diagnostics).toEqual([]);
  return formatFile(schemaFile(result), { simplify: true });
};

/** Whether a value fits the schema, as the evaluator sees it. */
const fits = (schema: JsonValue, value: JsonValue, options: ImportSchemaOptions = {}) => {
  const compiled = new Context().compile(cueOf(schema, options), { filename: "schema.cue" });
  return compiled.fillPath("", value).validate({ concrete: true }).length === 0;
};

describe("importSchema", () => {
  it.each<[string, JsonValue, string]>([
    ["anything", {}, "_\n"],
    ["a type", { type: "string" }, "string\n"],
    ["several types", { type: ["integer", "string"] }, "int | string\n"],
    ["a whole number with bounds", { type: "integer", minimum: 1, maximum: 5 }, "int & >=1 & <=5\n"],
    ["strict bounds", { type: "number", exclusiveMinimum: 0 }, ">0\n"],
    ["a constant", { const: "a" }, '"a"\n'],
    ["a choice", { enum: ["a", 1, null] }, '"a" | 1 | null\n'],
    ["a choice that the type narrows", { type: "string", enum: ["a", 1] }, '"a"\n'],
    ["a pattern", { type: "string", pattern: "^a" }, '=~"^a"\n'],
    ["a list", { type: "array", items: { type: "integer" } }, "[...int]\n"],
    ["any list", { type: "array" }, "[...]\n"],
    ["fields", { type: "object", properties: { a: { type: "string" } } }, "a?: string\n...\n"],
    ["required fields", { type: "object", required: ["a"], properties: { a: true } }, "a!: _\n...\n"],
    ["a map", { type: "object", additionalProperties: { type: "string" } }, "[string]: string\n"],
    ["one of", { oneOf: [{ type: "string" }, { type: "integer" }] }, "matchN(1, [string, int])\n"],
    ["any of", { anyOf: [{ type: "string" }, { type: "integer" }] }, "matchN(>=1, [string, int])\n"],
    ["not", { not: { type: "string" } }, "matchN(0, [string])\n"],
    ["a field named as a function", { type: "object", properties: { len: { type: "integer" } } }, "len?: int\n...\n"],
    ["an odd field", { type: "object", properties: { "a-b": { type: "integer" } } }, '"a-b"?: int\n...\n'],
  ])("says %s", (_, schema, text) => {
    expect(cueOf(schema)).toBe(text);
  });

  it("keeps documentation above fields, apart from the field before", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string", description: "first" }, b: { type: "string", description: "second" } },
    };
    expect(cueOf(schema)).toBe("// first\na?: string\n\n// second\nb?: string\n...\n");
  });

  it("makes definitions of what is referred to, and of references to itself", () => {
    const schema = {
      $defs: { name: { type: "string" }, "odd name": { type: "integer" } },
      type: "object",
      properties: { a: { $ref: "#/$defs/name" }, b: { $ref: "#/$defs/odd name" } },
    };
    expect(cueOf(schema)).toBe('a?: #name\nb?: #."odd name"\n\n#: "odd name": int\n\n#name: string\n...\n');
    expect(cueOf({ properties: { next: { $ref: "#" } } })).toContain("next?: _schema");
  });

  it("gives the kinds of an OpenAPI document the names that are asked for", () => {
    const document = {
      openapi: "3.0.0",
      components: {
        schemas: {
          "io.k8s.api.apps.v1.Deployment": {
            type: "object",
            properties: {
              apiVersion: { type: "string" },
              kind: { type: "string" },
              spec: { $ref: "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec" },
            },
            "x-kubernetes-group-version-kind": [{ group: "apps", version: "v1", kind: "Deployment" }],
          },
          "io.k8s.api.apps.v1.DeploymentSpec": {
            type: "object",
            required: ["selector"],
            properties: {
              replicas: { type: "integer", format: "int32" },
              selector: { type: "object", additionalProperties: { type: "string" } },
              port: { "x-kubernetes-int-or-string": true },
            },
          },
        },
      },
    };
    const options: ImportSchemaOptions = { dialect: "kubernetes", definitionName: (name) => name.split(".").at(-1) };
    expect(cueOf(document, options)).toBe(
      [
        "#Deployment: {",
        '\tapiVersion: "apps/v1"',
        '\tkind:       "Deployment"',
        "\tspec?:      #DeploymentSpec",
        "}",
        "",
        "#DeploymentSpec: {",
        "\treplicas?: int32",
        "\tselector!: [string]: string",
        "\tport?: int | string",
        "}",
        "",
      ].join("\n"),
    );
  });

  it.each<[JsonValue, JsonValue, boolean]>([
    [{ type: "integer", minimum: 1 }, 1, true],
    [{ type: "integer", minimum: 1 }, 0, false],
    [{ type: "integer" }, 1.5, false],
    [{ type: "string", minLength: 2 }, "ab", true],
    [{ type: "string", minLength: 2 }, "a", false],
    [{ type: ["string", "null"] }, null, true],
    [{ enum: ["a", { b: 1 }] }, { b: 1 }, true],
    [{ enum: ["a", { b: 1 }] }, { b: 2 }, false],
    [{ type: "array", items: { type: "string" }, maxItems: 1 }, ["a"], true],
    [{ type: "array", items: { type: "string" }, maxItems: 1 }, ["a", "b"], false],
    [{ type: "array", prefixItems: [{ type: "string" }, { type: "integer" }] }, ["a", 1, null], true],
    [{ type: "array", uniqueItems: true }, [1, 1], false],
    [{ type: "object", properties: { a: { type: "string" } }, required: ["a"] }, {}, false],
    [{ type: "object", properties: { a: { type: "string" } }, additionalProperties: false }, { b: 1 }, false],
    [{ type: "object", patternProperties: { "^x": { type: "integer" } } }, { x1: "a" }, false],
    [{ type: "object", properties: { a: {} }, additionalProperties: { type: "integer" } }, { a: "s", b: 1 }, true],
    [{ type: "object", properties: { a: {} }, additionalProperties: { type: "integer" } }, { a: "s", b: "t" }, false],
    [{ oneOf: [{ type: "integer" }, { type: "number" }] }, 1, false],
    [{ anyOf: [{ type: "integer" }, { type: "string" }] }, "a", true],
    [{ allOf: [{ minLength: 1 }, { maxLength: 2 }], type: "string" }, "abc", false],
  ])("means what the schema means: %j, %j → %s", (schema, value, accepted) => {
    expect(fits(schema, value)).toBe(accepted);
  });

  it.each<[string, JsonValue, ImportSchemaOptions, RegExp]>([
    ["types that exclude each other", { type: "object", enum: ["x"] }, {}, /not possible to satisfy/],
    ["a pattern that is no text", { pattern: 1 }, {}, /invalid string/],
    ["an unknown type", { type: "text" }, {}, /unknown type "text"/],
    ["a reference to nothing", { $ref: "#/$defs/a" }, {}, /non-existent schema/],
    ["a reference to another document", { $ref: "other.json" }, {}, /other documents/],
    ["an unknown keyword, when asked", { foo: 1 }, { strictKeywords: true }, /unknown keyword "foo"/],
    ["a root that is not there", {}, { root: "#/a" }, /does not exist/],
  ])("refuses %s", (_, schema, options, message) => {
    expect(
      importSchema(schema, options)
        .diagnostics.map((found) => found.message)
        .join("\n"),
    ).toMatch(message);
  });

  it("imports what stands in other documents", () => {
    const schema = {
      properties: {
        a: { $ref: "https://acme.com/types.json#/$defs/port" },
        b: { $ref: "https://acme.com/other-types.json" },
      },
    };
    const text = cueOf(schema);
    expect(text).toContain('"acme.com/types.json:types"');
    expect(text).toContain('"acme.com/other-types.json:schema"');
    expect(text).toContain("a?: types.#port");
    expect(text).toContain("b?: schema");
  });

  it("resolves references against the identifiers of the schemas around them", () => {
    const schema = {
      $id: "https://acme.com/app.json",
      $defs: {
        port: { $id: "port.json", $defs: { low: { type: "integer", maximum: 1023 } }, $ref: "#/$defs/low" },
        name: { $anchor: "name", type: "string" },
      },
      properties: { a: { $ref: "port.json" }, b: { $ref: "app.json#name" }, c: { $ref: "#/$defs/name" } },
    };
    const text = cueOf(schema);
    expect(text).toContain("a?: #port");
    expect(text).toContain("b?: #name");
    expect(text).toContain("c?: #name");
    expect(text).toContain('_#defs."/$defs/port/$defs/low"');
    expect(text).toContain('@jsonschema(id="port.json")');
  });

  it("keeps a type or null a plain choice", () => {
    expect(cueOf({ oneOf: [{ type: "string" }, { type: "null" }] })).not.toContain("matchN");
  });

  it("bounds nesting", () => {
    let schema: JsonValue = { type: "string" };
    for (let i = 0; i < 1000; i++) schema = { type: "array", items: schema };
    expect(importSchema(schema).diagnostics[0]?.message).toMatch(/nest deeper/);
  });
});
