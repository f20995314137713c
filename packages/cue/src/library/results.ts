import { type CueNumber, type NumberError, bigintOf, intNumber, isWhole } from "../number.ts";
import { type BuiltinContext, BuiltinError } from "./builtin.ts";

/** What a decimal becomes as a result: an int when it is whole, written out; else the float as it is. */
export function decimalResult(value: CueNumber | NumberError): CueNumber {
  if (value.kind === "number-error") throw new BuiltinError(value.message);
  if (value.isInt && value.exponent === 0) return value;
  if (!isWhole(value)) return value.isInt ? { ...value, isInt: false } : value;
  if (value.coefficient === 0)
    return Object.is(value.coefficient, -0) ? { ...value, isInt: true, exponent: 0 } : intNumber(0);
  return intNumber(bigintOf(value));
}

/** A test that did not pass: as a constraint an error with the detail, as a call plainly false. */
export function unmet(context: BuiltinContext, message: string, code: "eval" | "incomplete" = "eval"): false {
  if (context.isValidator) throw new BuiltinError(message, code);
  return false;
}
