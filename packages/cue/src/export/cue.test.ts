import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";
import type { SyntaxOptions } from "../value.ts";

const syntaxOf = (text: string, path: string, options: SyntaxOptions = {}) =>
  new Context().compile(text, { filename: "in.cue" }).lookupPath(path).syntax(options);

describe("syntax", () => {
  it.each<[string, string, string]>([
    ["x: 1", "x", "1"],
    ["x: *1 | int", "x", "*1 | int"],
    ["x: >=1 & <10", "x", ">=1 & <10"],
    ['x: "a\\(y)b"\ny: 1', "x", '"a\\(1)b"'],
    ["x: {a: 1, b?: string}", "x", "{\n\ta:  1\n\tb?: string\n}"],
    ["x: y.z\ny: z: {a: 1}", "x", "{a: 1}"],
    ["x: y & {b: 2}\ny: {a: 1}", "x", "{a: 1} & {b: 2}"],
    ["x: {a: b, b: 1}", "x", "{\n\ta: b\n\tb: 1\n}"],
    ["#D: {a: int}\nx: #D", "x", "{\n\t_#def\n\t_#def: {a: int}\n}"],
    ["#D: {a: int}", "#D", "{\n\t_#def\n\t_#def: {a: int}\n}"],
    ["x: {a: int}\nx: {a: 1, b: 2}", "x", "{\n\ta: 1\n\tb: 2\n}"],
    ['x: 1 & "a"', "x", '1 & "a"'],
    ['import "strings"\nx: strings.MinRunes(3)', "x", 'import "strings"\n\nstrings.MinRunes(3)\n'],
  ])("writes what was written, so that it stands alone: %s", (text, path, syntax) => {
    expect(syntaxOf(text, path)).toBe(syntax);
  });

  it.each<[string, string, string]>([
    ["x: *1 | int", "x", "1"],
    ["x: {a: b, b: 1}", "x", "{\n\ta: 1\n\tb: 1\n}"],
    ["#D: {a: int, b?: int}\nx: #D & {a: 1}", "x", "{a: 1}"],
    ["x: [1, 2, ...]", "x", "[1, 2]"],
    ['x: "a\\nb"', "x", '"""\n\ta\n\tb\n\t"""'],
    ["x: string", "x", "string"],
    ['x: {for k in ["a", "b"] {(k): 1}}', "x", "{\n\ta: 1\n\tb: 1\n}"],
  ])("writes what the value is in the end: %s", (text, path, syntax) => {
    expect(syntaxOf(text, path, { final: true })).toBe(syntax);
  });

  it("keeps references as they were written when asked", () => {
    expect(syntaxOf("#D: {a: int}\nx: {#D, b: 1}", "x", { raw: true })).toBe("{\n\t#D\n\tb: 1\n}");
  });

  it("keeps defaults, optional fields and documentation of an evaluated value when asked", () => {
    const text = "x: {\n\t// a\n\ta: *1 | int\n\n\t// b\n\tb?: string\n\t#c: 2\n}\ny: x";
    const options: SyntaxOptions = { evaluated: "defaults kept", optional: true, definitions: true, docs: true };
    expect(syntaxOf(text, "y", options)).toBe("{\n\t// a\n\ta: *1 | int\n\n\t// b\n\tb?: string\n\t#c: 2\n}");
  });

  it("gives a text that means the same value", () => {
    const text = '#S: {name: string, port: *80 | int, labels: [string]: string}\nx: #S & {name: "a", labels: app: "b"}';
    const written = syntaxOf(text, "x");
    expect(new Context().compile(written).toJSON()).toEqual({ name: "a", port: 80, labels: { app: "b" } });
  });

  it("ends with a value that contains itself", () => {
    expect(syntaxOf("#T: {a: int, next?: #T}\nx: #T", "x").length).toBeLessThan(20_000);
  });
});
