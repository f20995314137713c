import type { JsonObject } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { stepContext } from "../cue/expressions.ts";
import { applyPatch, mergeProperties } from "./patch.ts";
import { tagsOf, treeOf, treeJson, type FieldPath } from "./tree.ts";

/** A base and a patch, both CUE, as JSON after the patch; or the first problem. */
function patched(base: string, patch: string): unknown {
  const context = stepContext();
  const value = context.compile(`parameter: {}\n${patch}`).lookupPath("patch");
  const result = applyPatch(treeOf(context.compile(base)), treeOf(value), tagsOf(value.doc));
  if (result.kind === "failed") return result.problems[0]?.message;
  return treeJson(result.tree, [] as FieldPath, []);
}

describe("a patch of a trait", () => {
  it("adds fields and keeps the others", () => {
    expect(patched(`a: 1, m: x: "1"`, `patch: {m: y: "2"}`)).toEqual({ a: 1, m: { x: "1", y: "2" } });
  });

  it("contradicts a value that is there", () => {
    expect(patched(`replicas: 1`, `patch: replicas: 2`)).toContain("conflict");
  });

  it("replaces a value under +patchStrategy=retainKeys", () => {
    expect(patched(`replicas: 1, m: x: 1`, `patch: {\n// +patchStrategy=retainKeys\nreplicas: 2\n}`)).toEqual({
      replicas: 2,
      m: { x: 1 },
    });
  });

  it("finds elements of a list by +patchKey, adds those that are new", () => {
    expect(
      patched(
        `containers: [{name: "a", image: "x"}, {name: "b"}]`,
        `patch: {\n// +patchKey=name\ncontainers: [{name: "b", image: "y"}, {name: "c"}]\n}`,
      ),
    ).toEqual({ containers: [{ name: "a", image: "x" }, { name: "b", image: "y" }, { name: "c" }] });
  });

  it("replaces a list as a whole under +patchStrategy=replace", () => {
    expect(patched(`l: [1, 2, 3]`, `patch: {\n// +patchStrategy=replace\nl: [4]\n}`)).toEqual({ l: [4] });
  });

  it("removes by null as a JSON merge patch", () => {
    expect(patched(`a: {x: 1, y: 2}`, `// +patchStrategy=jsonMergePatch\npatch: {a: {x: null, z: 3}}`)).toEqual({
      a: { y: 2, z: 3 },
    });
  });

  it("follows the operations of a JSON patch", () => {
    expect(
      patched(`a: [1, 2]`, `// +patchStrategy=jsonPatch\npatch: {operations: [{op: "add", path: "/a/1", value: 9}]}`),
    ).toEqual({ a: [1, 9, 2] });
  });
});

describe("properties of an override", () => {
  it("merge maps and replace lists and scalars", () => {
    const base: JsonObject = { image: "a", env: [{ name: "x" }], labels: { one: "1" } };
    expect(mergeProperties(base, { image: "b", env: [{ name: "y" }], labels: { two: "2" } })).toEqual({
      image: "b",
      env: [{ name: "y" }],
      labels: { one: "1", two: "2" },
    });
  });
});
