import fc from "fast-check";
import { expect, it } from "vitest";
import { formatTxtar, parseTxtar } from "./txtar.ts";

it("reads a comment and files", () => {
  expect(parseTxtar("why\n-- a.cue --\nx: 1\n-- out/b --\n\n")).toEqual({
    comment: "why\n",
    files: [
      { name: "a.cue", text: "x: 1\n" },
      { name: "out/b", text: "\n" },
    ],
  });
});

it("reads what it writes", () => {
  const line = fc
    .string()
    .map((text) => `${text.replaceAll(/[\r\n]/g, "")}\n`)
    .filter((text) => !/^-- .+ --$/.test(text.trim()));
  const text = fc.array(line, { maxLength: 4 }).map((lines) => lines.join(""));
  const archive = fc.record({
    comment: text,
    files: fc.array(fc.record({ name: fc.stringMatching(/^[a-z/.]{1,8}$/), text }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(archive, (value) => {
      expect(parseTxtar(formatTxtar(value))).toEqual(value);
    }),
  );
});
