import { createRandom } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomProgram } from "../../test/random-program.ts";
import { parseFile } from "./parser.ts";

const programs = fc.integer({ min: 0, max: 2 ** 31 }).map((seed) => randomProgram(createRandom(seed)));

describe("parseFile", () => {
  it("reads every program of the grammar", () => {
    fc.assert(
      fc.property(programs, (text) => {
        expect(parseFile(text).diagnostics, text).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("ends with a tree and ordered diagnostics whatever it is given", () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(
          "{",
          "}",
          "[",
          "]",
          "(",
          ")",
          ":",
          ",",
          "\n",
          '"',
          "'",
          "\\(",
          '"""\n',
          "#",
          "...",
          "?",
          "!",
          "=",
        ),
        fc.constantFrom(
          "a",
          "for x in ",
          "if ",
          "let ",
          "import ",
          "1",
          "_|_",
          "@a(",
          "// c\n",
          "&",
          "|",
          "-",
          ".",
          "~",
        ),
        fc.string({ maxLength: 3 }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const { file, diagnostics } = parseFile(parts.join(""));
        expect(file.kind).toBe("file");
        const offsets = diagnostics.map(({ pos }) => pos?.offset ?? -1);
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      }),
      { numRuns: 1000 },
    );
  });

  it("reads on after an error: a broken program loses only a part of its fields", () => {
    fc.assert(
      fc.property(programs, (text) => {
        const { file, diagnostics } = parseFile(`${text}\n)\nafter: 1\n`);
        expect(diagnostics).not.toEqual([]);
        expect(file.decls.at(-1)).toMatchObject({ kind: "field", label: { name: "after" } });
      }),
      { numRuns: 100 },
    );
  });
});
