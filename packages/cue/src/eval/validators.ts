import { equalData } from "./compare.ts";
import { callBuiltin } from "./call.ts";
import { conflict } from "./errors.ts";
import { formatValue } from "./format.ts";
import { runMatcher } from "./predeclared.ts";
import type { Run } from "./run.ts";
import { type Atom, type Bottom, type Validator, bottom, isFatal } from "./values.ts";
import { Vertex } from "./vertex.ts";

/** `==X`, `!=X` of a struct or a list. */
function comparisonViolation(run: Run, check: Validator, value: Atom | Vertex): Bottom | undefined {
  const isEqual = equalData(run, value, check.args[0]!);
  if (typeof isEqual !== "boolean") return isEqual;
  if (isEqual === (check.func.name === "==")) return undefined;
  return bottom({
    message: () => `invalid value ${formatValue(value)} (out of bound ${formatValue(check)})`,
    sources: [check.src, value instanceof Vertex ? undefined : value.src],
    subject: { kind: "constraint", value, check },
  });
}

/** What a validator has against a value; nothing when it is satisfied. */
export function runValidator(run: Run, check: Validator, value: Atom | Vertex): Bottom | undefined {
  const given = value instanceof Vertex ? value.base : value;
  if (given !== undefined && (given.kind & check.kind) === 0) return conflict(given, check, undefined);
  const { name, pkg } = check.func;
  if (name === "==" || name === "!=") return comparisonViolation(run, check, value);
  if (pkg === "") {
    const matched = runMatcher(run, name as "matchN" | "matchIf", [value, ...check.args], check);
    return matched.tag === "bottom" ? matched : undefined;
  }
  const result = callBuiltin(run, check.func, [value, ...check.args], { isValidator: true, src: check.src });
  if (result.tag === "atom" && result.value === true) return undefined;
  const isOpen = result.tag === "bottom" && !isFatal(result);
  if (isOpen && result.detail === undefined) return result;
  const detail = result.tag === "bottom" && result.detail !== undefined ? `: ${result.detail}` : "";
  return bottom({
    code: isOpen ? result.code : "eval",
    message: () => `invalid value ${formatValue(value)} (does not satisfy ${formatValue(check)})${detail}`,
    sources: [check.src, value instanceof Vertex ? undefined : value.src],
    subject: { kind: "constraint", value, check },
  });
}
