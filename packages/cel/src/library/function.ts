import { type Range, add, multiply, patternFactor, range, scale, textFactor } from "../cost-range.ts";
import type { CelType } from "../types.ts";
import type { CelValue } from "../values.ts";

/** One way to call a function. */
export interface Overload {
  readonly name: string;
  /** Called on its first parameter: `a.f(b)`. */
  readonly member: boolean;
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  /** @throws CelError */
  readonly call: (...args: CelValue[]) => CelValue;
  /** Cost of a call by the sizes of the arguments; 1 without it. Estimates and measurements use the same rule. */
  readonly cost?: (sizes: readonly Range[]) => Range;
  /** Size of the result by those of the arguments. */
  readonly size?: (sizes: readonly Range[]) => Range;
}

type Options = Pick<Overload, "cost" | "size">;

// The library's implementations know the types of their arguments: the checker and the dispatcher see to it.
type Implementation = (...args: never[]) => CelValue;

export function fn(
  name: string,
  parameters: readonly CelType[],
  result: CelType,
  call: Implementation,
  options: Options = {},
): Overload {
  return { name, member: false, parameters, result, call: call as (...args: CelValue[]) => CelValue, ...options };
}

export function method(
  name: string,
  parameters: readonly CelType[],
  result: CelType,
  call: Implementation,
  options: Options = {},
): Overload {
  return { name, member: true, parameters, result, call: call as (...args: CelValue[]) => CelValue, ...options };
}

const sizeAt = (sizes: readonly Range[], i: number): Range => sizes[i] ?? range(1);

/** A walk over the text that is argument `i`. */
export const walksText =
  (i = 0) =>
  (sizes: readonly Range[]): Range =>
    scale(sizeAt(sizes, i), textFactor);

/** A walk over the list that is argument `i`. */
export const walksList =
  (i = 0) =>
  (sizes: readonly Range[]): Range =>
    add(range(1), sizeAt(sizes, i));

/** A match of the text with the pattern. */
export function matchCost(sizes: readonly Range[]): Range {
  return multiply(scale(add(sizeAt(sizes, 0), range(1)), textFactor), scale(sizeAt(sizes, 1), patternFactor));
}

export const sameSize =
  (i = 0) =>
  (sizes: readonly Range[]): Range =>
    sizeAt(sizes, i);
