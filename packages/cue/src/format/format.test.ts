import { describe, expect, it } from "vitest";
import { checkGolden, readGolden } from "../../test/golden.ts";
import { parseFile } from "../syntax/parser.ts";
import { formatFile } from "./format.ts";

const formatted = (text: string, options = {}) => {
  const { file, diagnostics } = parseFile(text, { filename: "in.cue" });
  expect(diagnostics).toEqual([]);
  return formatFile(file, options);
};

describe("formatFile", () => {
  const golden = new URL("../../testdata/format.txt", import.meta.url).pathname;
  const simplified = new URL("../../testdata/format-simplify.txt", import.meta.url).pathname;
  const withoutLineEnd = (text: string) => text.replace(/\n$/, "");

  it("gives what the golden files say (UPDATE=1 rewrites them; read what changes)", () => {
    checkGolden(golden, (text) => withoutLineEnd(formatted(text)));
    checkGolden(simplified, (text) => withoutLineEnd(formatted(text, { simplify: true })));
  });

  it.each(readGolden(golden))("does not change its own text: $name", ({ answer }) => {
    expect(formatted(answer)).toBe(answer);
  });

  it("aligns values and comments of neighbouring fields", () => {
    expect(formatted("a: 1 // x\nlong: 22 // y\n")).toBe("a:    1  // x\nlong: 22 // y\n");
  });

  it("formats 10,000 nested levels without overflowing the stack", () => {
    const nested = `a: ${"[".repeat(9_990)}${"]".repeat(9_990)}\n`;
    expect(formatted(nested)).toBe(nested);
    const structs = `${"{a: ".repeat(9_990)}1${"}".repeat(9_990)}\n`;
    expect(formatted(structs)).toBe(structs);
  });
});
