import { type JsonObject, type JsonValue, deepFreeze, jsonEquals } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtinTypeOf } from "../kinds/built-in-types.ts";
import { patchJson } from "./json-patch.ts";
import { diffMerge, patchMerge } from "./merge-patch.ts";
import { PatchError } from "./patch-error.ts";
import { diffStrategic } from "./strategic-diff.ts";
import { patchStrategic } from "./strategic-patch.ts";

const names = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
const { tree } = fc.letrec<{ tree: JsonValue; object: JsonValue }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.array(tie("tree"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc
    .array(fc.tuple(names, tie("tree")), { maxLength: 3 })
    .map((members) =>
      JSON.parse(`{${members.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(",")}}`),
    ),
}));
const objects = fc
  .array(fc.tuple(names, tree), { maxLength: 4 })
  .map(
    (members) =>
      JSON.parse(`{${members.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(",")}}`) as JsonObject,
  );

describe("a merge patch", () => {
  it("turns the original into the modified object when it is their difference", () => {
    fc.assert(
      fc.property(objects, objects, (a, b) => {
        expect(jsonEquals(patchMerge(deepFreeze(a), diffMerge(a, deepFreeze(b))), b)).toBe(true);
      }),
    );
  });
});

const container = fc.record(
  {
    name: fc.constantFrom("app", "side", "log"),
    image: fc.constantFrom("a:1", "a:2"),
    args: fc.array(fc.constantFrom("-a", "-b"), { minLength: 1, maxLength: 2 }),
    env: fc.uniqueArray(fc.record({ name: fc.constantFrom("A", "B", "C"), value: fc.constantFrom("1", "2") }), {
      selector: (item) => item.name,
      minLength: 1,
    }),
  },
  { requiredKeys: ["name", "image"] },
);
const pods = fc.record({
  apiVersion: fc.constant("v1"),
  kind: fc.constant("Pod"),
  metadata: fc.record(
    { name: fc.constant("p"), labels: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("1", "2")) },
    { requiredKeys: ["name"] },
  ),
  spec: fc.record({ containers: fc.uniqueArray(container, { selector: (item) => item.name, minLength: 1 }) }),
}) as fc.Arbitrary<JsonObject>;

describe("a strategic patch", () => {
  const type = builtinTypeOf({ group: "", version: "v1", kind: "Pod" });

  it("turns the original into the modified object when it is their difference", () => {
    fc.assert(
      fc.property(pods, pods, (a, b) => {
        const patch = diffStrategic(deepFreeze(a), deepFreeze(b), type);
        expect(withoutNullArgs(patchStrategic(a, deepFreeze(patch), type))).toEqual(withoutNullArgs(b));
      }),
    );
  });

  it("refuses an unknown directive and nesting without end", () => {
    expect(() => patchStrategic({}, { $patch: "merge" }, type)).toThrow("unknown patch type: merge");
    let deep: JsonObject = { x: 1 };
    for (let i = 0; i < 5_000; i++) deep = { x: deep };
    expect(() => patchStrategic(deep, deep, undefined)).toThrow(PatchError);
  });
});

/** A new element of a list keeps the patch's nulls until it is decoded. */
function withoutNullArgs(value: JsonValue): unknown {
  return JSON.parse(JSON.stringify(value, (_, member: unknown) => (member === null ? undefined : member)));
}

describe("a JSON patch", () => {
  it("leaves the document as it is when one operation fails", () => {
    const document = deepFreeze({ a: [1, 2], b: {} });
    const failing = [
      { op: "add", path: "/a/-", value: 3 },
      { op: "remove", path: "/missing" },
    ];
    expect(() => patchJson(document, failing)).toThrow("Unable to remove nonexistent key: missing");
    expect(document).toEqual({ a: [1, 2], b: {} });
  });

  it("copies a value so that the copy and the original change apart", () => {
    const patch = [
      { op: "add", path: "/a/x", value: 1 },
      { op: "copy", from: "/a", path: "/b" },
      { op: "add", path: "/b/y", value: 2 },
    ];
    expect(patchJson(deepFreeze({ a: {} }), patch)).toEqual({ a: { x: 1 }, b: { x: 1, y: 2 } });
  });

  it("takes __proto__ as a name like any other", () => {
    const result = patchJson({}, [{ op: "add", path: "/__proto__", value: { polluted: true } }]);
    expect(Object.hasOwn(result as object, "__proto__")).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
