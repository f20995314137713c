import { type JsonObject, deepFreeze, jsonEquals } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDefinition } from "./check-definition.ts";
import { checkSchema } from "./check-schema.ts";
import { compileSchema } from "./structural-schema.ts";

const schema: JsonObject = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["host"],
      properties: {
        host: { type: "string", pattern: "^[a-z]+$" },
        port: { type: "integer", default: 80, maximum: 65535 },
        tags: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
        free: {
          type: "object",
          "x-kubernetes-preserve-unknown-fields": true,
          properties: { known: { type: "object" } },
        },
        map: {
          type: "object",
          additionalProperties: { type: "object", properties: { n: { type: "integer", default: 1 } } },
        },
      },
    },
  },
};

const names = fc.constantFrom("spec", "host", "port", "tags", "free", "map", "known", "n", "__proto__", "other");
const { object } = fc.letrec<{ object: JsonObject; value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>("a", 1, null, true),
    fc.array(tie("value"), { maxLength: 2 }),
    tie("object"),
  ),
  object: fc
    .array(fc.tuple(names, tie("value")), { maxLength: 4 })
    .map(
      (members) =>
        JSON.parse(`{${members.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(",")}}`) as JsonObject,
    ),
}));

describe("a structural schema", () => {
  const compiled = compileSchema(schema);

  it("prunes and fills in so that doing it again changes nothing", () => {
    fc.assert(
      fc.property(object, (spec) => {
        const given = deepFreeze({ spec }) as JsonObject;
        const once = compiled.applyDefaults(compiled.prune(given).object);
        const again = compiled.prune(once);
        expect(again.unknownFields).toEqual([]);
        expect(jsonEquals(compiled.applyDefaults(again.object), once)).toBe(true);
      }),
    );
  });

  it("leaves nothing to say about an update that changes nothing", () => {
    fc.assert(
      fc.property(object, (spec) => {
        const value = { spec } as JsonObject;
        expect(compiled.validate(value, value)).toEqual([]);
      }),
    );
  });

  it("names what it does not know by its path", () => {
    const { object: pruned, unknownFields } = compiled.prune({
      spec: { host: "a", x: 1, map: { k: { y: 2 } }, free: { z: 3 } },
    });
    expect(unknownFields).toEqual(["spec.x", "spec.map.k.y"]);
    expect(pruned).toEqual({ spec: { host: "a", map: { k: {} }, free: { z: 3 } } });
  });

  it("complains in the words of the server", () => {
    const errors = compiled.validate({ spec: { host: "A", port: 1e6, tags: ["a", "a"] } });
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      `spec.host: Invalid value: "A": spec.host in body should match '^[a-z]+$'`,
      "spec.port: Invalid value: 1000000: spec.port in body should be less than or equal to 65535",
      'spec.tags[1]: Duplicate value: "a"',
    ]);
  });

  it("is not compiled when it has rules and nothing that compiles them", () => {
    const ruled = { type: "object", "x-kubernetes-validations": [{ rule: "true" }] };
    expect(() => compileSchema(ruled)).toThrow(TypeError);
  });
});

describe("the check of a schema", () => {
  it("refuses what is not structural", () => {
    const errors = checkSchema({ properties: { spec: { anyOf: [{ type: "string" }] } } }, "s");
    expect(errors.map(({ field, detail }) => `${field}: ${detail}`)).toEqual([
      "s.properties[spec].anyOf[0].type: must be empty to be structural",
      "s.properties[spec].type: must not be empty for specified object fields",
      "s.type: must not be empty at the root",
    ]);
  });

  it("refuses nesting without end", () => {
    let deep: JsonObject = { type: "string" };
    for (let i = 0; i < 10_000; i++) deep = { type: "array", items: deep };
    expect(checkSchema(deep, "s")[0]?.detail).toContain("nested deeper");
  });

  it("wants an object at the root", () => {
    const errors = checkSchema({ type: "array", items: { type: "string" } }, "s");
    expect(errors.map(({ message }) => message)).toContain('Invalid value: "array": must be object at the root');
  });

  it("stores one version only", () => {
    const version = { served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } };
    const versions = [
      { ...version, name: "v1" },
      { ...version, name: "v2" },
    ];
    const errors = checkDefinition({ spec: { group: "a.b", scope: "Cluster", names: { plural: "x" }, versions } });
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toContain(
      'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
    );
  });

  it("says what an empty definition lacks", () => {
    const fields = checkDefinition({}).map(({ field }) => field);
    expect(fields).toContain("spec.group");
    expect(fields).toContain("spec.names.plural");
  });
});

describe("any schema and definition", () => {
  const words = fc.constantFrom<unknown>(
    "object",
    "array",
    "string",
    "x",
    "",
    null,
    true,
    false,
    -1,
    2.5,
    "1",
    "(",
    "a.b/c",
  );
  const keys = fc.constantFrom(
    ..."type properties items additionalProperties anyOf not default enum required pattern nullable multipleOf".split(
      " ",
    ),
    ..."minLength maxItems format a metadata __proto__ $ref spec versions schema openAPIV3Schema name storage".split(
      " ",
    ),
    ..."group names plural scope conversion webhook clientConfig url jsonPath additionalPrinterColumns".split(" "),
    ..."x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-embedded-resource".split(" "),
    ..."x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields x-kubernetes-validations rule".split(" "),
  );
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      words,
      fc.array(tie("json"), { maxLength: 3 }),
      fc.dictionary(keys, tie("json"), { noNullPrototype: true }),
    ),
  }));

  it("is judged, never thrown at", () => {
    fc.assert(
      fc.property(
        fc.dictionary(keys, json, { noNullPrototype: true }),
        fc.dictionary(keys, json, { noNullPrototype: true }),
        (schemaGiven, definition) => {
          const given = schemaGiven as JsonObject;
          // Metadata has been decoded when a definition is judged.
          checkDefinition({ metadata: { name: "x" }, spec: definition as JsonObject });
          if (checkSchema(given, "s").length > 0) return;
          if (JSON.stringify(given).includes("x-kubernetes-validations")) return;
          const ready = compileSchema(given);
          ready.validate(ready.applyDefaults(definition as JsonObject));
        },
      ),
      { numRuns: 500 },
    );
  });
});
