import { describe, expect, it } from "vitest";
import { readManifests } from "./manifests.ts";

const head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n";
const first = (text: string): string => {
  const [diagnostic] = readManifests(text, { source: "a" }).diagnostics;
  return `${diagnostic?.pos?.line}:${diagnostic?.pos?.column} ${diagnostic?.message}`;
};

describe("a YAML text that cannot be read", () => {
  it.each([
    [
      "a quote that nobody closes",
      `${head}data:\n  a: "one\n  b: two\n`,
      /^6:6 the quote that opens here is not closed/,
    ],
    ["a colon without a blank", `${head}data:\n  a:one\n  b: two\n`, /^6:4 a blank is missing behind this colon/],
    [
      "a line indented like no other",
      `${head}data:\n  a: one\n   b: two\n  c: x\n`,
      /^7:4 this line is indented by 3 blanks/,
    ],
    ["a tab", `${head}data:\n\ta: one\n`, /^6:1 tab characters/],
    [
      "metadata without anything in it",
      "apiVersion: v1\nkind: A\nmetadata:\nspec: {}\n",
      /^3:1 metadata is not an object/,
    ],
  ])("points at %s", (_, text, expected) => {
    expect(first(text)).toMatch(expected);
  });

  it("leaves a quoted text of several lines alone", () => {
    expect(first(`${head}data:\n  a: "one\n    two"\n  b: c: d\n`)).toMatch(/^8:/);
  });
});

describe("the place of a value on one line", () => {
  const text = `${head}data: { "a b": 'one', c: two }\nlist:\n  - x\n  - &y z\nblock: |\n  more\nsame: *y\n`;
  const { rangeOf } = readManifests(text, { source: "a" });
  const at = (path: readonly (string | number)[], of: "key" | "value" = "value"): string | undefined => {
    const range = rangeOf(0, path, of);
    return range === undefined ? undefined : text.slice(range.start, range.end);
  };

  it("holds its quotes", () => {
    expect([at(["data", "a b"]), at(["data", "a b"], "key"), at(["data", "c"])]).toEqual(["'one'", '"a b"', "two"]);
    expect([at(["list", 0]), at(["list", 1]), at(["data"], "key")]).toEqual(["x", "z", "data"]);
  });

  it("is not there for blocks, aliases, collections and what does not exist", () => {
    for (const path of [["block"], ["same"], ["data"], ["list", 2], ["nothing"], ["data", "c", "d"]])
      expect(at(path)).toBeUndefined();
  });
});
