import { compareNumbers } from "../number.ts";
import { compareText, isNumber } from "./arguments.ts";
import { type BuiltinContext, type LazyValue, type Native, BuiltinError } from "./builtin.ts";

/** Whether the left value comes strictly before the right one. */
export type Less = (left: LazyValue, right: LazyValue) => boolean;

/**
 * The order that a comparer `{x: _, y: _, less: …}` states. The library's own comparers of numbers and strings are
 * known by name and need no evaluation.
 */
export function lessOf(comparer: LazyValue, elements: readonly LazyValue[], context: BuiltinContext): Less {
  if (comparer.lookup("less") === undefined) throw new BuiltinError("field not found: less");
  return nativeLess(comparer, elements) ?? ((left, right) => evaluateLess(comparer, [left, right], context));
}

function nativeLess(comparer: LazyValue, elements: readonly LazyValue[]): Less | undefined {
  const { definition } = comparer;
  if (definition !== "list.Ascending" && definition !== "list.Descending") return undefined;
  const scalars = new Map<LazyValue, Native | undefined>(elements.map((element) => [element, element.scalar()]));
  const values = [...scalars.values()];
  const sign = definition === "list.Ascending" ? 1 : -1;
  if (values.every((value) => typeof value === "string"))
    return (left, right) => compareText(scalars.get(left) as string, scalars.get(right) as string) * sign < 0;
  if (!values.every(isNumber)) return undefined;
  const numbers = new Map(elements.map((element, i) => [element, values[i]]));
  return (left, right) => {
    const a = numbers.get(left);
    const b = numbers.get(right);
    return isNumber(a) && isNumber(b) && compareNumbers(a, b) * sign < 0;
  };
}

function evaluateLess(comparer: LazyValue, pair: readonly [LazyValue, LazyValue], context: BuiltinContext): boolean {
  context.spend(10);
  const operands = new Map<string, Native>([
    ["x", pair[0]],
    ["y", pair[1]],
  ]);
  const less = comparer.unify({ kind: "struct", fields: operands }).lookup("less");
  const answer = less?.scalar();
  if (typeof answer === "boolean") return answer;
  if (less?.verdict === "error") throw new BuiltinError(less.message ?? "invalid comparer");
  throw new BuiltinError(less?.message ?? "the comparer's less is not concrete", "incomplete");
}

/** Sorts stably with n·log n questions of the form "does the right one come before the left one?". */
export function sortStable(elements: readonly LazyValue[], less: Less): readonly LazyValue[] {
  let from = [...elements];
  let to = [...elements];
  for (let width = 1; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) mergeRuns({ from, to, start, width, less });
    [from, to] = [to, from];
  }
  return from;
}

function mergeRuns(run: {
  readonly from: readonly LazyValue[];
  readonly to: LazyValue[];
  readonly start: number;
  readonly width: number;
  readonly less: Less;
}): void {
  const { from, to, start, width, less } = run;
  const middle = Math.min(start + width, from.length);
  const end = Math.min(start + 2 * width, from.length);
  let left = start;
  let right = middle;
  for (let i = start; i < end; i++) {
    const takeRight = right < end && (left >= middle || less(from[right]!, from[left]!));
    to[i] = from[takeRight ? right++ : left++]!;
  }
}
