import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";

function evaluate(expr: string): unknown {
  return new Context().compile(`import "encoding/toml"\nresult: ${expr}`).lookupPath("result").toJSON();
}

const read = (text: string): unknown => evaluate(`toml.Unmarshal(${JSON.stringify(text)})`);

describe("encoding/toml", () => {
  it.each<[string, unknown]>([
    ['a = 1\n[t]\nb = "x" # c', { a: 1, t: { b: "x" } }],
    ["a.b.c = 0x1F\na.d = true", { a: { b: { c: 31 }, d: true } }],
    ["[[x]]\ny=1\n[[x]]\n[x.z]\ny=2", { x: [{ y: 1 }, { z: { y: 2 } }] }],
    ["l = [1, 2.5,\n # c\n 'x', {a = 1}, ]", { l: [1, 2.5, "x", { a: 1 }] }],
    ['s = """\na \\\n  b\\t"""', { s: "a b\t" }],
    ["s = '''\nraw\\n'''", { s: "raw\\n" }],
    ["d = 1979-05-27T07:32:00Z\nt = 07:32:00", { d: "1979-05-27T07:32:00Z", t: "07:32:00" }],
    ['"a b"."c" = +1_000', { "a b": { c: 1000 } }],
    ["", {}],
  ])("reads %s", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each<[string, string]>([
    ["= 1", "invalid character at start of key: U+003D '='"],
    ["a = 1\na = 2", "duplicate key: a"],
    ["[a]\n[a]", "duplicate key: a"],
    ["a = {b = 1}\na.c = 2", "duplicate key: a.c"],
    ["f = inf", 'parse error: illegal number start "inf"'],
    ["a = 1 b = 2", "expected newline"],
    ["a = 'x", "invalid literal string"],
  ])("refuses %s", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it.each<[string, string]>([
    ['{a: 1, t: {x: 1.0}, b: "it\'s"}', 'a = 1\nb = "it\'s"\n\n[t]\nx = 1.0\n'],
    ["{c: c: c: true, e: {}, n: null}", "[c]\n[c.c]\nc = true\n\n[e]\n"],
    ["{a: [{b: 1}, {b: c: 2}], l: [[1], {}]}", "l = [[1], {}]\n\n[[a]]\nb = 1\n\n[[a]]\n[a.b]\nc = 2\n"],
    ['{"x y": "a\\n"}', "'x y' = \"a\\n\"\n"],
  ])("writes %s", (expr, text) => {
    expect(evaluate(`toml.Marshal(${expr})`)).toBe(text);
  });
});
