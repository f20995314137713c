import { describe, expect, it } from "vitest";
import { Context } from "../index.ts";

/** `ok`, or the code of the worst error of the field `x`. */
function verdictOn(text: string): string {
  const value = new Context().compile(text).lookupPath("x");
  const [wrong] = value.validate({ concrete: true });
  return wrong?.code ?? "ok";
}

describe("matchN", () => {
  it.each([
    ["x: matchN(0, [{a!: int}, {b!: int}]), x: a: 1", "eval"],
    ["x: matchN(>1, [{a!: string}, {b!: int}]), x: a: 1", "eval"],
    ["x: matchN(2, [{a!: int}, {b!: int}]), x: a: 1", "incomplete"],
    ["x: matchN(1, [{a: 2}]), x: a: *2 | int", "ok"],
    ["x: matchN(1, [{a: 2}]), x: a: *3 | int", "eval"],
  ])("%s", (text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });
});

describe("a closed value that a function is given", () => {
  it.each([
    ['import "encoding/json"\n#z: a!: >0\nx: json.Validate("{\\"a\\": 1, \\"b\\": 2}", #z)', "eval"],
    ['import "list"\n#t: t: int\nx: [{f: 1}]\nx: list.MatchN(>0, #t)', "eval"],
    ['import "list"\nt: t: int\nx: [{t: 1, f: 1}]\nx: list.MatchN(>0, t)', "ok"],
  ])("%s", (text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });
});

describe("list.UniqueItems", () => {
  it.each([
    ['import "list"\nx: list.UniqueItems()\nx: [{a: 1}, {a: 1}]', "incomplete"],
    ['import "list"\n#a: a: 1\nx: list.UniqueItems()\nx: [#a, #a]', "eval"],
    ['import "list"\n#a: {a: 1, b?: int}\nx: list.UniqueItems()\nx: [#a, #a]', "incomplete"],
  ])("%s", (text, verdict) => {
    expect(verdictOn(text)).toBe(verdict);
  });
});

describe("an import", () => {
  it("names one of several packages of a folder", () => {
    const context = new Context();
    context.registerPackage("m.test/p:a", [{ name: "a.cue", text: 'package a\nimport "m.test/p:b"\nx: b.y' }]);
    context.registerPackage("m.test/p:b", [{ name: "b.cue", text: "package b\ny: 1" }]);
    expect(context.compile('import "m.test/p:a"\nx: a.x').toJSONText()).toBe('{"x":1}');
  });
});

describe("bytes in a string", () => {
  it("give one replacement character for each run that is no text", () => {
    expect(new Context().compile("b: 'a\\x80\\x95a\\xff'\nx: \"\\(b)\"").lookupPath("x").toJSON()).toBe(
      "a\ufffda\ufffd",
    );
  });
});
