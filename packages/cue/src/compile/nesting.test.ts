import { describe, expect, it } from "vitest";
import { Context } from "../context.ts";

describe("expressions within each other", () => {
  const shapes: Readonly<Record<string, (levels: number) => string>> = {
    operators: (n) => `a: ${"-".repeat(n)}1`,
    selectors: (n) => `b: _\na: b${".c".repeat(n)}`,
    calls: (n) => `a: ${"len(".repeat(n)}"x"${")".repeat(n)}`,
    terms: (n) => `a: ${"(1|".repeat(n)}2${")".repeat(n)}`,
    comprehensions: (n) => `${"if true {".repeat(n)}${"}".repeat(n)}`,
  };
  for (const [name, make] of Object.entries(shapes)) {
    it(`are refused beyond a thousand levels, not followed until the stack ends: ${name}`, () => {
      const [first] = new Context().compile(make(8_000)).validate();
      expect(first?.message).toBe("expressions nested deeper than 1000");
    });
  }

  it("do not count parentheses", () => {
    expect(new Context().compile(`a: ${"(".repeat(8_000)}1${")".repeat(8_000)}`).toJSON()).toEqual({ a: 1 });
  });
});
