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
    ['x: 1 & "a"', "x", '_|_ // conflicting values "a" and 1 (mismatched types string and int)'],
    ["#D: {a: int}\nb: x: #D.a\nx: b.x", "b", "{\n\tx: A.#x\n\n\t//cue:path: #D.a\n\tlet A = {#x: int}\n}"],
    ['q: "q"\nx: {("s-" + k): q, k: "k"}', "x", '{\n\t"s-k": "q"\n\tk:     "k"\n}'],
    ['import "strings"\nx: strings.MinRunes(3)', "x", 'import "strings"\n\nstrings.MinRunes(3)\n'],
  ])("writes what was written, so that it stands alone: %s", (text, path, syntax) => {
    expect(syntaxOf(text, path)).toBe(syntax);
  });

  it.each<[string, string, string]>([
    ["x: *1 | int", "x", "1"],
    ["x: {a: b, b: 1}", "x", "{\n\ta: 1\n\tb: 1\n}"],
    ["#D: {a: int, b?: int}\nx: #D & {a: 1}", "x", "{a: 1}"],
    ["x: [1, 2, ...]", "x", "[1, 2]"],
    ['x: "a\\nb"', "x", '"a\\nb"'],
    ['x: "\\(y)b"\ny: "a\\n"', "x", '"""\n\ta\n\tb\n\t"""'],
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

  it("writes what several references need behind, once, closed where it was", () => {
    const text = "d: {n: int}\n#E: {e: 1}\nx: {a: d, b: d, c: #E}";
    expect(syntaxOf(text, "x")).toBe(
      "{\n\ta: D\n\tb: D\n\tc: E.#x\n\n\t//cue:path: d\n\tlet D = {n: int}\n\n\t//cue:path: #E\n\tlet E = {#x: {e: 1}}\n}",
    );
  });

  it("keeps names apart that a field bears in the new place", () => {
    expect(syntaxOf("x: {y: z | null, y: {z: 1}}\nz: 2", "")).toContain("z");
    expect(syntaxOf('"matchN"?: matchN(1, [string, bool])', "")).toBe("{matchN?: __matchN(1, [string, bool])}");
  });

  it("ends with a value that contains itself", () => {
    expect(syntaxOf("#T: {a: int, next?: #T}\nx: #T", "x").length).toBeLessThan(20_000);
  });

  it("ends with an expression over a scope", () => {
    const scope = new Context().compile("#Int: int\n#Test: test: #Int");
    expect(new Context().compile("{#Output: #Test}", { scope }).syntax({ definitions: true })).toContain("#Test");
  });
});
