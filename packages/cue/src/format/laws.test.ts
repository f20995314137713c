import { createRandom } from "@lateen/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomProgram } from "../../test/random-program.ts";
import { commentsOf, meaningOf } from "../../test/tree.ts";
import { parseFile } from "../syntax/parser.ts";
import { formatFile } from "./format.ts";

const read = (text: string) => {
  const { file, diagnostics } = parseFile(text, { filename: "in.cue" });
  expect(diagnostics, text).toEqual([]);
  return file;
};
const programs = fc.integer({ min: 0, max: 2 ** 31 }).map((seed) => randomProgram(createRandom(seed)));
const check = (law: (text: string) => void) => fc.assert(fc.property(programs, law), { numRuns: 300 });

describe("formatting", () => {
  it("keeps what a program means", () => {
    check((text) => {
      const file = read(text);
      expect(meaningOf(read(formatFile(file)))).toBe(meaningOf(file));
    });
  });

  it("keeps every comment", () => {
    check((text) => {
      expect(commentsOf(formatFile(read(text)))).toEqual(commentsOf(text));
    });
  });

  it("changes nothing when it is done again", () => {
    check((text) => {
      const once = formatFile(read(text));
      expect(formatFile(read(once))).toBe(once);
    });
  });

  it("leaves no blanks at line ends outside of strings", () => {
    check((text) => {
      const lines = formatFile(read(text)).split("\n");
      expect(lines.filter((line) => /[ \t]$/.test(line) && line.trim() !== "")).toEqual([]);
    });
  });

  it("can be simplified, once and for all", () => {
    check((text) => {
      const once = formatFile(read(text), { simplify: true });
      expect(formatFile(read(once), { simplify: true })).toBe(once);
    });
  });
});
