import { formatDiagnostic } from "@lateen/base";
import { describe, expect, it } from "vitest";
import { checkGolden, readGolden } from "../../test/golden.ts";
import { parseFile } from "./parser.ts";

const golden = new URL("../../testdata/syntax-errors.txt", import.meta.url).pathname;

const shown = (text: string) =>
  parseFile(text, { filename: "in.cue" })
    .diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, { sourceText: () => text }))
    .join("\n");

describe("syntax errors", () => {
  it("are told as the golden file says (UPDATE=1 rewrites it; read what changes)", () => {
    checkGolden(golden, shown);
  });

  it("are found in every wrong input", () => {
    const cases = readGolden(golden);
    expect(cases.length).toBeGreaterThanOrEqual(60);
    for (const { name, input } of cases) {
      expect(parseFile(input).diagnostics, name).not.toEqual([]);
    }
  });
});
