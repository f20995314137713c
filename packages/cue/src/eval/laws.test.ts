import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Context } from "../index.ts";

/** Values as texts, weighted to what people write. */
const scalar = fc.constantFrom(
  "1",
  "2",
  "2.5",
  '"p"',
  '"q"',
  "null",
  "true",
  "int",
  "string",
  "number",
  "_",
  ">1",
  "<5",
  "!=2",
  '=~"^p"',
  "*1 | int",
  '"p" | "q"',
);
const label = fc.constantFrom("x", "y", "z");
const mark = fc.constantFrom("", "", "", "?");
const value: fc.Arbitrary<string> = fc.letrec<{ value: string; struct: string; list: string }>((tie) => ({
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("struct"), tie("list")),
  struct: fc
    .uniqueArray(fc.tuple(label, mark, tie("value")), { maxLength: 3, selector: ([name]) => name })
    .map((fields) => `{${fields.map(([name, sign, text]) => `${name}${sign}: ${text}`).join(", ")}}`),
  list: fc
    .array(tie("value"), { maxLength: 2 })
    .map((elements) => `[${elements.map((text) => `(${text})`).join(", ")}]`),
})).value;

function outcome(text: string): string {
  const result = new Context().compile(`a: ${text}`);
  if (result.validate().length > 0) return "error";
  if (result.validate({ concrete: true }).length > 0) return "incomplete";
  const json: unknown = result.toJSON();
  return JSON.stringify(json, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

describe("unification is a meet", () => {
  it("is commutative", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(outcome(`(${a}) & (${b})`)).toBe(outcome(`(${b}) & (${a})`));
      }),
      { numRuns: 300 },
    );
  });

  it("is associative", () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(outcome(`((${a}) & (${b})) & (${c})`)).toBe(outcome(`(${a}) & ((${b}) & (${c}))`));
      }),
      { numRuns: 300 },
    );
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(value, (a) => {
        expect(outcome(`(${a}) & (${a})`)).toBe(outcome(a));
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same through references as in place", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const direct = outcome(`(${a}) & (${b})`);
        const result = new Context().compile(`l: ${a}\nr: ${b}\na: l & r`).lookupPath("a");
        const isWrong = result.validate().length > 0;
        expect(isWrong).toBe(direct === "error");
      }),
      { numRuns: 200 },
    );
  });
});
