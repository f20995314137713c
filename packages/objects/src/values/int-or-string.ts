/** Numbers that may be percentages (util/intstr), and what deployments make of them. */

/** A text that is no percentage. */
export class IntOrStringError extends Error {
  override readonly name = "IntOrStringError";
  readonly code = "IntOrString";
}

/** A number itself, or a percentage of `total`. @throws IntOrStringError */
export function scaledIntOrPercent(value: number | string, total: number, rounding: "up" | "down"): number {
  if (typeof value === "number") return value;
  if (!value.endsWith("%"))
    throw new IntOrStringError("invalid value for IntOrString: invalid type: string is not a percentage");
  const digits = value.slice(0, -1);
  if (!/^[+-]?\d+$/.test(digits))
    throw new IntOrStringError(
      `invalid value for IntOrString: invalid value ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax`,
    );
  const exact = (Number(digits) * total) / 100;
  return (rounding === "up" ? Math.ceil(exact) : Math.floor(exact)) + 0;
}

/** maxSurge rounds up, maxUnavailable down; when both are nothing one may be unavailable. @throws IntOrStringError */
export function resolveFenceposts(
  limits: { readonly maxSurge: number | string; readonly maxUnavailable: number | string },
  desired: number,
): { readonly surge: number; readonly unavailable: number } {
  const surge = scaledIntOrPercent(limits.maxSurge, desired, "up");
  const unavailable = scaledIntOrPercent(limits.maxUnavailable, desired, "down");
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
