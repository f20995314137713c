import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonValue, jsonEquals } from "@lateen/base";
import { describeDifferences, differencesOf } from "./difference.ts";

describe("differencesOf", () => {
  it("is empty exactly for equal values", () => {
    const json = fc.jsonValue() as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(differencesOf(a, b).length === 0).toBe(jsonEquals(a, b));
      }),
    );
  });
  it("matches list elements by name and says what came, went and changed", () => {
    const before = { spec: { components: [{ name: "web", image: "a:1", port: 80 }] } };
    const after = {
      spec: {
        components: [
          { name: "db", image: "pg" },
          { name: "web", image: "a:2" },
        ],
      },
    };
    expect(describeDifferences(differencesOf(before, after))).toEqual([
      '~ spec.components.web.image: "a:1" → "a:2"',
      "- spec.components.web.port: 80",
      '+ spec.components.db: {"image":"pg","name":"db"}',
    ]);
  });
  it("stops after a few lines and says how many more there are", () => {
    const lines = describeDifferences(
      differencesOf({}, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]))),
      3,
    );
    expect(lines).toHaveLength(4);
    expect(lines[3]).toBe("  … and 17 more");
  });
});
