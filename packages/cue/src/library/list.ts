import { type CueNumber, compareNumbers, formatNumber, intNumber, signOf } from "../number.ts";
import { addNumbers, multiplyNumbers, quotientOf, reduceNumber } from "../number-arithmetic.ts";
import {
  compareText,
  elementsArgument,
  intArgument,
  isNumber,
  lazyArgument,
  numberArgument,
  numbersArgument,
  textsArgument,
} from "./arguments.ts";
import {
  type Builtin,
  type BuiltinContext,
  type BuiltinPackage,
  type LazyValue,
  type Native,
  type NativeScalar,
  BuiltinError,
} from "./builtin.ts";
import { type Less, lessOf, sortStable } from "./list-sort.ts";
import { decimalResult, unmet } from "./results.ts";
import { checkRepeatCount } from "./strings.ts";

/** The package `list`. Elements that a function only moves need not be concrete. */
type Args = readonly Native[];

function notNegative(index: number): number {
  if (index < 0) throw new BuiltinError("negative index");
  return index;
}

function slice(args: Args): Native {
  const elements = elementsArgument(args, 0);
  const start = notNegative(intArgument(args, 1));
  const end = intArgument(args, 2);
  if (start > end) throw new BuiltinError(`invalid index: ${start} > ${end}`);
  if (end > elements.length) throw new BuiltinError("slice bounds out of range");
  return elements.slice(start, end);
}

/** Nesting that is walked; deeper lists are refused. */
const maxDepth = 1000;

function flatten(list: LazyValue, depth: number, level = 0): LazyValue[] {
  if (level > maxDepth) throw new BuiltinError(`lists nested deeper than ${maxDepth}`);
  const flat: LazyValue[] = [];
  for (const element of list.elements() ?? []) {
    if (depth !== 0 && element.elements() !== undefined) {
      for (const inner of flatten(element, depth - 1, level + 1)) flat.push(inner);
    } else flat.push(element);
  }
  return flat;
}

function flattenArgument(args: Args): Native {
  const list = lazyArgument(args, 0);
  if (list.elements() === undefined)
    throw new BuiltinError(`cannot use value ${list.text()} (type ${list.type}) as list`);
  return flatten(list, intArgument(args, 1));
}

function repeat(args: Args, context: BuiltinContext): Native {
  const elements = elementsArgument(args, 0);
  const count = intArgument(args, 1);
  checkRepeatCount(count);
  context.spend(elements.length * count, elements.length * count * 8);
  return Array.from({ length: elements.length * count }, (_, i) => elements[i % elements.length]!);
}

function concat(args: Args, context: BuiltinContext): Native {
  const joined: LazyValue[] = [];
  for (const list of elementsArgument(args, 0)) {
    const elements = list.elements();
    if (elements === undefined) throw notAList(list);
    context.spend(elements.length);
    for (const element of elements) joined.push(element);
  }
  return joined;
}

function notAList(value: LazyValue): BuiltinError {
  const { failure } = value;
  if (failure !== undefined) return failure;
  const message = `cannot use value ${value.text()} (type ${value.type}) as list`;
  return new BuiltinError(message, value.isConcrete ? "eval" : "incomplete");
}

function uniqueItems(args: Args, context: BuiltinContext): boolean {
  const elements = elementsArgument(args, 0);
  const pair = equalPair(elements, context);
  if (pair === undefined) return true;
  const [first, second] = pair;
  const scalar = elements[first]!.scalar();
  if (context.isValidator && scalar === undefined && (mayGrow(elements[first]!) || mayGrow(elements[second]!)))
    throw new BuiltinError(`equal values at position ${first} and ${second}`, "incomplete");
  const value = scalar === undefined ? "equal values" : `equal value (${elements[first]!.text()})`;
  return unmet(context, `${value} at position ${first} and ${second}`);
}

/** A struct that may get further fields may still become different. */
function mayGrow(value: LazyValue): boolean {
  return value.fields() !== undefined && (value.isOpen || value.constraintFields > 0);
}

/** The first two equal elements. Scalars are found by their text, all else is compared pair by pair. */
function equalPair(elements: readonly LazyValue[], context: BuiltinContext): readonly [number, number] | undefined {
  const seen = new Map<string, number>();
  const others: number[] = [];
  for (const [i, element] of elements.entries()) {
    const scalar = element.scalar();
    if (scalar !== undefined) {
      const key = keyOf(scalar);
      const earlier = seen.get(key);
      if (earlier !== undefined) return [earlier, i];
      seen.set(key, i);
      continue;
    }
    context.spend(others.length);
    for (const j of others) if (isSame(elements[j]!, element)) return [j, i];
    others.push(i);
  }
  return undefined;
}

/** Equal for equal scalars of one kind, and for no others. */
function keyOf(scalar: NativeScalar): string {
  if (scalar instanceof Uint8Array) return `bytes ${scalar.join()}`;
  if (isNumber(scalar)) return `${scalar.isInt ? "int" : "float"} ${formatNumber(reduceNumber(scalar))}`;
  return `${typeof scalar} ${String(scalar)}`;
}

function matchN(args: Args): boolean {
  const elements = elementsArgument(args, 0);
  const wanted = lazyArgument(args, 1);
  const schema = lazyArgument(args, 2);
  const matched = elements.filter((element) => schema.unify(element).verdict === "ok").length;
  const outcome = wanted.unify(intNumber(matched));
  if (outcome.verdict !== "error") return true;
  throw new BuiltinError(`${schema.text()} matches ${matched} list items, want ${wanted.text()}`);
}

function notEmpty(numbers: readonly CueNumber[]): CueNumber {
  const first = numbers[0];
  if (first === undefined) throw new BuiltinError("empty list");
  return first;
}

function extreme(args: Args, sign: 1 | -1): Native {
  const numbers = numbersArgument(args, 0);
  let best = notEmpty(numbers);
  for (const number of numbers) if (compareNumbers(number, best) * sign > 0) best = number;
  return decimalResult(best);
}

function fold(numbers: readonly CueNumber[], start: CueNumber, step: typeof addNumbers): CueNumber {
  let result = start;
  for (const number of numbers) {
    const next = step(result, number);
    if (next.kind === "number-error") throw new BuiltinError(next.message);
    result = next;
  }
  return result;
}

const zero = intNumber(0);
const one = intNumber(1);

function average(args: Args): Native {
  const numbers = numbersArgument(args, 0);
  notEmpty(numbers);
  return decimalResult(quotientOf(fold(numbers, zero, addNumbers), intNumber(numbers.length)));
}

function range(args: Args, context: BuiltinContext): Native {
  const start = numberArgument(args, 0);
  const end = numberArgument(args, 1);
  const step = numberArgument(args, 2);
  const sign = signOf(step);
  if (sign === 0) throw new BuiltinError("step must be non zero");
  if (compareNumbers(start, end) * sign > 0)
    throw new BuiltinError(
      `end must be ${sign > 0 ? "greater" : "less"} than start when step is ${sign > 0 ? "positive" : "negative"}`,
    );
  const numbers: CueNumber[] = [];
  for (let next = start; compareNumbers(next, end) * sign < 0; next = fold([step], next, addNumbers)) {
    context.spend(1, 32);
    numbers.push(decimalResult(next));
  }
  return numbers;
}

function sort(args: Args, context: BuiltinContext): Native {
  const elements = elementsArgument(args, 0);
  const less = lessOf(lazyArgument(args, 1), elements, context);
  return sortStable(elements, less);
}

function isSorted(args: Args, context: BuiltinContext): boolean {
  const elements = elementsArgument(args, 0);
  let less: Less;
  try {
    less = lessOf(lazyArgument(args, 1), elements, context);
    for (let i = elements.length - 1; i > 0; i--) if (less(elements[i]!, elements[i - 1]!)) return false;
  } catch (error) {
    // What cannot be compared is not sorted.
    if (error instanceof BuiltinError) return false;
    throw error;
  }
  return true;
}

function isSortedTexts(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || compareText(texts[i - 1]!, text) <= 0);
}

function itemCount(name: string, test: (count: number, bound: number) => boolean): Builtin {
  const sign = name === "MinItems" ? "<" : ">";
  return {
    name,
    params: ["list", "int"],
    result: "bool",
    validator: true,
    call(args, context) {
      const list = lazyArgument(args, 0);
      const count = elementsArgument(args, 0).length;
      const bound = intArgument(args, 1);
      if (test(count, bound)) return true;
      const mayGrow = sign === "<" && list.isOpen;
      const message = `len(list) ${sign} ${name}(${bound}) (${count} ${sign} ${bound})`;
      return unmet(context, message, mayGrow ? "incomplete" : "eval");
    },
  };
}

const functions: readonly Builtin[] = [
  {
    name: "Drop",
    params: ["list", "int"],
    result: "list",
    call: (args) => elementsArgument(args, 0).slice(notNegative(intArgument(args, 1))),
  },
  { name: "FlattenN", params: ["top", "int"], result: "list", call: flattenArgument },
  { name: "Repeat", params: ["list", "int"], result: "list", call: repeat },
  { name: "Concat", params: ["list"], result: "list", call: concat },
  {
    name: "Take",
    params: ["list", "int"],
    result: "list",
    call: (args) => elementsArgument(args, 0).slice(0, notNegative(intArgument(args, 1))),
  },
  { name: "Slice", params: ["list", "int", "int"], result: "list", call: slice },
  { name: "Reverse", params: ["list"], result: "list", call: (args) => elementsArgument(args, 0).toReversed() },
  itemCount("MinItems", (count, least) => count >= least),
  itemCount("MaxItems", (count, most) => count <= most),
  { name: "UniqueItems", params: ["list"], result: "bool", validator: true, call: uniqueItems },
  {
    name: "Contains",
    params: ["list", "top"],
    result: "bool",
    validator: true,
    call(args, context) {
      const wanted = lazyArgument(args, 1);
      const elements = elementsArgument(args, 0);
      context.spend(elements.length);
      return elements.some((element) => isSame(wanted, element));
    },
  },
  {
    name: "MatchN",
    params: ["list", "top", "top"],
    result: "bool",
    nonConcrete: true,
    validator: true,
    call(args, context) {
      if (context.isValidator) return matchN(args);
      try {
        return matchN(args);
      } catch (error) {
        if (error instanceof BuiltinError && error.code === "eval") return false;
        throw error;
      }
    },
  },
  { name: "Avg", params: ["list"], result: "number", call: average },
  { name: "Max", params: ["list"], result: "number", call: (args) => extreme(args, 1) },
  { name: "Min", params: ["list"], result: "number", call: (args) => extreme(args, -1) },
  {
    name: "Product",
    params: ["list"],
    result: "number",
    call: (args) => decimalResult(fold(numbersArgument(args, 0), one, multiplyNumbers)),
  },
  { name: "Range", params: ["number", "number", "number"], result: "list", call: range },
  {
    name: "Sum",
    params: ["list"],
    result: "number",
    call: (args) => decimalResult(fold(numbersArgument(args, 0), zero, addNumbers)),
  },
  { name: "Sort", params: ["list", "top"], result: "list", call: sort },
  { name: "SortStable", params: ["list", "top"], result: "list", call: sort },
  {
    name: "SortStrings",
    params: ["list"],
    result: "list",
    call: (args) => textsArgument(args, 0).toSorted(compareText),
  },
  { name: "IsSorted", params: ["list", "top"], result: "bool", validator: true, call: isSorted },
  {
    name: "IsSortedStrings",
    params: ["list"],
    result: "bool",
    validator: true,
    call: (args) => isSortedTexts(textsArgument(args, 0)),
  },
];

/** Equality in which kinds count, at every depth: `1` is not `1.0`. The order of fields does not. */
function isSame(left: LazyValue, right: LazyValue, depth = 0): boolean {
  const a = left.scalar();
  const b = right.scalar();
  if (a !== undefined || b !== undefined) return a !== undefined && b !== undefined && keyOf(a) === keyOf(b);
  if (depth > maxDepth) throw new BuiltinError(`values nested deeper than ${maxDepth}`);
  const [elements, others] = [left.elements(), right.elements()];
  if (elements !== undefined && others !== undefined)
    return elements.length === others.length && elements.every((element, i) => isSame(element, others[i]!, depth + 1));
  const [fields, wanted] = [left.fields(), right.fields()];
  if (fields === undefined || wanted === undefined) return left.equals(right);
  const byName = new Map(wanted);
  return (
    fields.length === wanted.length &&
    fields.every(([name, value]) => byName.has(name) && isSame(value, byName.get(name)!, depth + 1))
  );
}

const source = `{
	Comparer: {T: _, x: T, y: T, less: bool}
	Ascending: {Comparer, T: number | string, x: T, y: T, less: x < y}
	Descending: {Comparer, T: number | string, x: T, y: T, less: x > y}
}`;

export const listPackage: BuiltinPackage = { path: "list", functions, constants: {}, source };
