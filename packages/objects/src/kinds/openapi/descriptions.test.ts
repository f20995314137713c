import { describe, expect, it } from "vitest";
import { builtinType, builtinTypeNames } from "../built-in-types.ts";
import { descriptions, keyOf } from "./descriptions.ts";

describe("descriptions", () => {
  it("describe types and fields that exist", () => {
    const known = new Set<string>();
    for (const name of builtinTypeNames()) {
      known.add(keyOf(name));
      for (const field of builtinType(name)?.fields ?? []) known.add(`${keyOf(name)}.${field.name}`);
    }
    const leaves = ["meta.v1.Time", "meta.v1.MicroTime", "resource.Quantity", "intstr.IntOrString"];
    expect([...descriptions().keys()].filter((key) => !known.has(key) && !leaves.includes(key))).toEqual([]);
  });
});
