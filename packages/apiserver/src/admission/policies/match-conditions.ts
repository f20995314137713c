import type { JsonValue } from "@lateen/base";
import { objectsOf } from "../../kinds/edit.ts";
import { textOf } from "../../object/text.ts";
import type { PolicyContext } from "./expressions.ts";

export type Matched =
  | { readonly kind: "decided"; readonly matches: boolean }
  | { readonly kind: "error"; readonly message: string };

/** All of the conditions must hold; one that is false decides even where another fails. */
export function matchConditions(context: PolicyContext, conditions: JsonValue | undefined): Matched {
  const failures: string[] = [];
  for (const condition of objectsOf(conditions)) {
    const expression = textOf(condition.expression);
    const outcome = context.evaluate(expression);
    if (outcome.kind === "error") failures.push(`expression '${expression}' resulted in error: ${outcome.message}`);
    else if (outcome.value !== true) return { kind: "decided", matches: false };
  }
  const [first, ...more] = new Set(failures);
  if (first === undefined) return { kind: "decided", matches: true };
  return { kind: "error", message: more.length === 0 ? first : `[${[first, ...more].join(", ")}]` };
}
