import { describe, expect, it } from "vitest";
import { parseExpression, parseFile } from "./parser.ts";

describe("parseFile", () => {
  it("reads a file with package, imports and fields", () => {
    const { file, diagnostics } = parseFile('package p\nimport "strings"\na: b: 1\n', { filename: "x.cue" });
    expect(diagnostics).toEqual([]);
    expect(file.packageName).toBe("p");
    expect(file.imports.map((spec) => spec.localName)).toEqual(["strings"]);
    expect(file.decls.map((decl) => decl.kind)).toEqual(["package", "import", "field"]);
  });

  it("reports an error with line and column and reads on", () => {
    const { file, diagnostics } = parseFile("a: )\nb: 2\nc: }\nd: 4\n", { filename: "x.cue" });
    expect(diagnostics.map((d) => [d.pos?.line, d.message])).toEqual([
      [1, "expected operand, found ')'"],
      [3, "expected operand, found '}'"],
    ]);
    expect(
      file.decls.flatMap((decl) => (decl.kind === "field" && decl.label.kind === "ident" ? [decl.label.name] : [])),
    ).toContain("d");
  });

  it.each(["[]", "()", "{}"])("reads 10,000 nested %s and refuses more", (pair) => {
    const inner = pair === "()" ? "1" : "";
    const nested = (levels: number) => `a: ${pair[0]!.repeat(levels)}${inner}${pair[1]!.repeat(levels)}\n`;
    expect(parseFile(nested(9_999)).diagnostics).toEqual([]);
    expect(parseFile(nested(10_001)).diagnostics[0]?.message).toBe("exceeded max nesting depth of 10000");
  });

  it("reads any number of comments behind one field", () => {
    const { file } = parseFile(`a: 1\n${"\n// c\n".repeat(50_000)}`);
    expect(file.decls[0]).toMatchObject({ kind: "field" });
    expect(file.decls[0]?.kind === "field" && file.decls[0].comments?.length).toBe(50_000);
  });

  it("reads chains of any length", () => {
    expect(parseFile(`${"a: ".repeat(50_000)}1`).diagnostics).toEqual([]);
    expect(parseFile(`a: 1${" + 1".repeat(50_000)}`).diagnostics).toEqual([]);
  });
});

describe("parseExpression", () => {
  it("reads one expression and refuses what follows", () => {
    expect(parseExpression("1 + 2 * 3").expr).toMatchObject({
      kind: "binary",
      op: "+",
      right: { kind: "binary", op: "*" },
    });
    expect(parseExpression("1 2").diagnostics).toHaveLength(1);
  });
});
