import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMillis,
  quantityValue,
  subtractQuantities,
} from "./quantity.ts";

const texts = fc
  .tuple(
    fc.integer({ min: -1_000_000, max: 1_000_000 }),
    fc.constantFrom("", "m", "u", "n", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "e-2"),
  )
  .map(([number, suffix]) => `${number}${suffix}`);

describe("a quantity", () => {
  it("is written so that it reads back as the same amount", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const quantity = parseQuantity(text);
        expect(compareQuantities(parseQuantity(formatQuantity(quantity)), quantity)).toBe(0);
      }),
    );
  });

  it("adds commutatively, and subtraction undoes addition", () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const x = parseQuantity(a);
        const y = parseQuantity(b);
        expect(compareQuantities(addQuantities(x, y), addQuantities(y, x))).toBe(0);
        expect(compareQuantities(subtractQuantities(addQuantities(x, y), y), x)).toBe(0);
      }),
    );
  });

  it("is ordered as its amounts are", () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const x = parseQuantity(a);
        const y = parseQuantity(b);
        expect(compareQuantities(x, y)).toBe(-compareQuantities(y, x) + 0);
      }),
    );
  });

  it("rounds away from zero", () => {
    expect(quantityValue(parseQuantity("100m"))).toBe(1n);
    expect(quantityValue(parseQuantity("-1500m"))).toBe(-2n);
    expect(quantityMillis(parseQuantity("1u"))).toBe(1n);
  });

  it("refuses blanks, unknown suffixes and huge exponents", () => {
    for (const text of ["", " 1", "1 Gi", "1K", "1e3k", "NaN", "1e99999999999"])
      expect(() => parseQuantity(text), text).toThrow(Error);
  });
});
