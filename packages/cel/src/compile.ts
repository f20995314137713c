import { type CheckOptions, type CheckedExpression, checkExpression } from "./check.ts";
import { estimateCost } from "./estimate.ts";
import { type Program, compileProgram } from "./evaluate.ts";
import { parseExpression } from "./parse.ts";
import type { Shape } from "./schema-types.ts";
import { CelSyntaxError } from "./tokens.ts";
import type { CelType } from "./types.ts";

export interface Declaration {
  readonly type: CelType;
  readonly shape: Shape;
}

export type CompileResult =
  | {
      readonly kind: "compiled";
      readonly program: Program;
      readonly type: CelType;
      /** At most so much can one evaluation cost. */
      readonly maxCost: number;
      /** Variables that the expression uses. */
      readonly used: ReadonlySet<string>;
    }
  /** Why it does not compile, with the places in the text. */
  | { readonly kind: "invalid"; readonly message: string };

/** Reads, checks, prices and compiles an expression. */
export function compileExpression(
  text: string,
  declarations: ReadonlyMap<string, Declaration>,
  options: CheckOptions = {},
): CompileResult {
  let checked: CheckedExpression;
  try {
    const variables = new Map([...declarations].map(([name, { type }]) => [name, type]));
    checked = checkExpression(parseExpression(text), variables, options);
  } catch (error) {
    if (error instanceof CelSyntaxError)
      return { kind: "invalid", message: located(text, error.message, error.offset) };
    throw error;
  }
  if (checked.problems.length > 0) {
    const messages = checked.problems.map(({ message, offset }) => located(text, message, offset));
    return { kind: "invalid", message: messages.join("\n") };
  }
  const shapes = new Map([...declarations].map(([name, { shape }]) => [name, shape]));
  const maxCost = estimateCost(checked, shapes).max;
  return { kind: "compiled", program: compileProgram(checked), type: checked.type, maxCost, used: checked.used };
}

/** A problem as cel-go prints it: place, message, line, caret. */
function located(text: string, message: string, offset: number): string {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  const column = Array.from(before.slice(start)).length;
  const source = text.slice(start).split("\n")[0]!;
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${source}\n | ${".".repeat(column)}^`;
}
