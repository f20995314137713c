/**
 * CUE's numbers: decimals of any size, `coefficient · 10^exponent`, with the kind (int or float) that the literal or the
 * operation gave. Arithmetic rounds to 34 significant digits, half up; literals keep all digits. The text form is apd's.
 */
export interface CueNumber {
  readonly kind: "number";
  readonly isInt: boolean;
  readonly coefficient: bigint;
  readonly exponent: number;
  /** `finite` but for results such as `math.Log(0)`. */
  readonly form: "finite" | "infinite" | "-infinite" | "nan";
}
