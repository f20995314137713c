/** A cost or size that lies between two bounds; at run time both are the same. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const range = (min: number, max: number = min): Range => ({ min, max });
export const zero = range(0);
export const one = range(1);
export const unknownSize = range(0, Number.POSITIVE_INFINITY);

export function add(...ranges: readonly Range[]): Range {
  let min = 0;
  let max = 0;
  for (const each of ranges) {
    min += each.min;
    max += each.max;
  }
  return { min, max };
}

/** The product; nothing times anything is nothing. */
export function multiply(a: Range, b: Range): Range {
  const product = (x: number, y: number): number => (x === 0 || y === 0 ? 0 : x * y);
  return { min: product(a.min, b.min), max: product(a.max, b.max) };
}

export function scale(a: Range, factor: number): Range {
  return { min: Math.ceil(a.min * factor), max: Math.ceil(a.max * factor) };
}

export function either(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/** What walking over a text costs for each of its characters, and over a pattern (cel-go common/cost.go). */
export const textFactor = 0.1;
export const patternFactor = 0.25;
export const listCost = 10;
export const mapCost = 30;
