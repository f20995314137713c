import type { CallExpression, ComprehensionExpression, Expression, SelectExpression } from "./ast.ts";
import type { CheckedExpression } from "./check.ts";
import { type Range, listCost, mapCost } from "./cost-range.ts";
import { typeValueOf } from "./environment.ts";
import { keyText, memberAt } from "./library/standard.ts";
import type { Overload } from "./library/function.ts";
import { type CelType, isDynamic } from "./types.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelObject,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  PlainList,
  PlainMap,
  compareValues,
  mapKey,
  noSuchOverload,
} from "./values.ts";

/** What an evaluation works on. */
interface Frame {
  readonly variables: ReadonlyMap<string, CelValue>;
  /** Variables of macros, by the place that the compiler gave them. */
  readonly slots: CelValue[];
  cost: number;
  readonly limit: number;
}

type Step = (frame: Frame) => CelValue;

/** An evaluation went over its cost limit. */
export class CostLimitError extends Error {
  override readonly name = "CostLimitError";
  readonly code = "CostLimit";
}

export interface Evaluation {
  readonly value: CelValue;
  readonly cost: number;
}

export interface Program {
  /**
   * Evaluates with these variables.
   * @throws CelError (with the cost so far in `cost`); CostLimitError
   */
  run(variables: ReadonlyMap<string, CelValue>, costLimit: number): Evaluation;
}

/** A CelError together with what was spent before it. */
export class EvaluationError extends CelError {
  readonly cost: number;
  constructor(error: CelError, cost: number) {
    super(error.message, { cause: error });
    this.cost = cost;
  }
}

/** Makes a checked expression ready to run. It must have no problems. */
export function compileProgram(checked: CheckedExpression): Program {
  const compiler = new Compiler(checked);
  const step = compiler.compile(checked.expression, new Map());
  return {
    run(variables, limit) {
      const frame: Frame = { variables, slots: [], cost: 0, limit };
      try {
        return { value: step(frame), cost: frame.cost };
      } catch (error) {
        if (error instanceof CelError) throw new EvaluationError(error, frame.cost);
        throw error;
      }
    },
  };
}

function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new CostLimitError("operation cancelled: actual cost limit exceeded");
}

type Slots = ReadonlyMap<string, number>;

class Compiler {
  readonly #checked: CheckedExpression;
  #slotCount = 0;

  constructor(checked: CheckedExpression) {
    this.#checked = checked;
  }

  compile(expression: Expression, slots: Slots): Step {
    switch (expression.kind) {
      case "literal": {
        const { value } = expression;
        return () => value;
      }
      case "ident":
        return this.#ident(expression.name, slots);
      case "select":
        return this.#select(expression, slots);
      case "call":
        return this.#call(expression, slots);
      case "list": {
        const items = expression.items.map(({ value, optional }) => ({ step: this.compile(value, slots), optional }));
        return (frame) => {
          charge(frame, listCost);
          const values: CelValue[] = [];
          for (const { step, optional } of items) {
            const value = step(frame);
            if (!optional) values.push(value);
            else if (value instanceof CelOptional && value.value !== undefined) values.push(value.value);
          }
          return new PlainList(values);
        };
      }
      case "map":
        return this.#map(expression, slots);
      case "comprehension":
        return this.#comprehension(expression, slots);
    }
  }

  #ident(name: string, slots: Slots): Step {
    const slot = slots.get(name);
    if (slot !== undefined)
      return (frame) => {
        charge(frame, 1);
        return frame.slots[slot]!;
      };
    const type = typeValueOf(name);
    return (frame) => {
      charge(frame, 1);
      const value = frame.variables.get(name) ?? type;
      if (value === undefined && !frame.variables.has(name)) throw new CelError(`no such attribute(s): ${name}`);
      return value ?? null;
    };
  }

  #map(expression: Expression & { kind: "map" }, slots: Slots): Step {
    const entries = expression.entries.map(({ key, value, optional }) => ({
      key: this.compile(key, slots),
      value: this.compile(value, slots),
      optional,
    }));
    return (frame) => {
      charge(frame, mapCost);
      const pairs: [CelValue, CelValue][] = [];
      for (const { key, value, optional } of entries) {
        const name = key(frame);
        const member = value(frame);
        if (!optional) pairs.push([name, member]);
        else if (member instanceof CelOptional && member.value !== undefined) pairs.push([name, member.value]);
      }
      return new PlainMap(pairs);
    };
  }

  #select(expression: SelectExpression, slots: Slots): Step {
    const type = this.#checked.typeOf(expression);
    if (type.kind === "type") {
      const value = typeValueOf(nameOf(expression));
      if (value !== undefined) return () => value;
    }
    const dotted = this.#dottedVariable(expression, slots);
    if (dotted !== undefined) return this.#ident(dotted, slots);
    const operand = this.compile(expression.operand, slots);
    const { field, test, optional } = expression;
    return (frame) => {
      const value = operand(frame);
      charge(frame, 1);
      if (value instanceof CelOptional) {
        const inner = value.value === undefined ? undefined : fieldOf(value.value, field);
        return test ? inner !== undefined : inner === undefined ? CelOptional.none : new CelOptional(inner);
      }
      const found = fieldOf(value, field);
      if (test) return found !== undefined;
      if (optional) return found === undefined ? CelOptional.none : new CelOptional(found);
      if (found === undefined) throw new CelError(`no such key: ${field}`);
      return found;
    };
  }

  #dottedVariable(expression: SelectExpression, slots: Slots): string | undefined {
    const { operand, field, test, optional } = expression;
    if (test || optional || operand.kind !== "ident" || slots.has(operand.name)) return undefined;
    const name = `${operand.name}.${field}`;
    return this.#checked.used.has(name) ? name : undefined;
  }

  #call(expression: CallExpression, slots: Slots): Step {
    const { overloads, args } = this.#checked.callOf(expression);
    const steps = args.map((arg) => this.compile(arg, slots));
    switch (expression.name) {
      case "_&&_":
        return logical(steps[0]!, steps[1]!, false);
      case "_||_":
        return logical(steps[0]!, steps[1]!, true);
      case "_?_:_": {
        const [condition, whenTrue, whenFalse] = steps as [Step, Step, Step];
        return (frame) => (demandBool(condition(frame)) ? whenTrue(frame) : whenFalse(frame));
      }
      default:
    }
    const dynamic = overloads.length > 1 || args.some((arg) => hasDynamic(this.#checked.typeOf(arg)));
    return dynamic ? dispatched(overloads, steps) : direct(overloads[0]!, steps);
  }

  #comprehension(expression: ComprehensionExpression, slots: Slots): Step {
    const range = this.compile(expression.range, slots);
    const inner = new Map(slots);
    const places = expression.variables.map((name) => {
      const slot = this.#slotCount++;
      inner.set(name, slot);
      return slot;
    });
    const filter = expression.filter === undefined ? undefined : this.compile(expression.filter, inner);
    const body = this.compile(expression.body, inner);
    const parts: Loop = { places, filter, body };
    const run = loops[expression.name];
    return (frame) => run(frame, range(frame), parts);
  }
}

function nameOf(expression: Expression): string {
  if (expression.kind === "ident") return expression.name;
  return expression.kind === "select" ? `${nameOf(expression.operand)}.${expression.field}` : "";
}

function hasDynamic(type: CelType): boolean {
  if (isDynamic(type) || type.kind === "parameter") return true;
  if (type.kind === "list") return hasDynamic(type.item);
  if (type.kind === "map") return hasDynamic(type.key) || hasDynamic(type.value);
  return type.kind === "opaque" && type.parameters.some(hasDynamic);
}

function fieldOf(value: CelValue, field: string): CelValue | undefined {
  if (value instanceof CelObject) return value.get(field);
  if (value instanceof CelMap) return value.get(field);
  throw noSuchOverload();
}

function demandBool(value: CelValue): boolean {
  if (typeof value !== "boolean") throw noSuchOverload();
  return value;
}

/** && and ||: an error on one side is nothing when the other decides. */
function logical(left: Step, right: Step, decisive: boolean): Step {
  return (frame) => {
    let failure: CelError | undefined;
    for (const side of [left, right]) {
      try {
        if (demandBool(side(frame)) === decisive) return decisive;
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return !decisive;
  };
}

function direct(overload: Overload, steps: readonly Step[]): Step {
  const { call, cost } = overload;
  if (cost !== undefined)
    return (frame) => {
      const values = steps.map((step) => step(frame));
      charge(frame, Math.max(1, cost(values.map(sizeOf)).max));
      return call(...values);
    };
  const [first, second] = steps;
  if (steps.length === 1)
    return (frame) => {
      const value = first!(frame);
      charge(frame, 1);
      return call(value);
    };
  if (steps.length === 2)
    return (frame) => {
      const a = first!(frame);
      const b = second!(frame);
      charge(frame, 1);
      return call(a, b);
    };
  return (frame) => {
    const values = steps.map((step) => step(frame));
    charge(frame, 1);
    return call(...values);
  };
}

function dispatched(overloads: readonly Overload[], steps: readonly Step[]): Step {
  return (frame) => {
    const values = steps.map((step) => step(frame));
    const overload = overloads.find(({ parameters }) => parameters.every((type, i) => fits(values[i]!, type)));
    if (overload === undefined) throw noSuchOverload();
    charge(frame, overload.cost === undefined ? 1 : Math.max(1, overload.cost(values.map(sizeOf)).max));
    return overload.call(...values);
  };
}

function sizeOf(value: CelValue): Range {
  const size =
    typeof value === "string" || value instanceof Uint8Array || value instanceof CelList
      ? value.length
      : value instanceof CelMap
        ? value.size
        : 1;
  return { min: size, max: size };
}

/** Whether a value is of a parameter's type, as far as can be seen from outside. */
function fits(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case "parameter":
    case "dyn":
    case "error":
      return true;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "bigint";
    case "uint":
      return value instanceof CelUint;
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "null":
      return value === null;
    case "timestamp":
      return value instanceof CelTimestamp;
    case "duration":
      return value instanceof CelDuration;
    case "list":
      return value instanceof CelList && (value.length === 0 || fits(value.at(0), type.item));
    case "map":
      return value instanceof CelMap;
    case "type":
      return value instanceof CelTypeValue;
    case "object":
      return value instanceof CelObject;
    case "opaque":
      return type.name === "optional_type"
        ? value instanceof CelOptional
        : value instanceof CelOpaque && value.type === type.name;
  }
}

interface Loop {
  readonly places: readonly number[];
  readonly filter: Step | undefined;
  readonly body: Step;
}

/** Sets the variables for each element in turn. */
function* elements(frame: Frame, range: CelValue, { places }: Loop): Generator<undefined> {
  const [first, second] = places as [number, number?];
  if (range instanceof CelList) {
    for (let i = 0; i < range.length; i++) {
      frame.slots[first] = second === undefined ? range.at(i) : BigInt(i);
      if (second !== undefined) frame.slots[second] = range.at(i);
      yield;
    }
  } else if (range instanceof CelMap) {
    for (const key of range.keys()) {
      frame.slots[first] = key;
      if (second !== undefined) frame.slots[second] = memberAt(range, key);
      yield;
    }
  } else throw noSuchOverload();
}

/** Runs a predicate over all elements until one decides; errors count only when none does. */
function quantify(decisive: boolean, stepCost: number) {
  return (frame: Frame, range: CelValue, loop: Loop): boolean => {
    let failure: CelError | undefined;
    for (const _ of elements(frame, range, loop)) {
      charge(frame, stepCost);
      try {
        if (demandBool(loop.body(frame)) === decisive) return decisive;
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        failure ??= error;
      }
    }
    charge(frame, 1);
    if (failure !== undefined) throw failure;
    return !decisive;
  };
}

/** What each step of a macro costs besides its expressions: as cel-go's expansion of it would. */
const collectCost = listCost + 2;

function collect(frame: Frame, range: CelValue, loop: Loop): PlainList {
  charge(frame, listCost);
  const values: CelValue[] = [];
  for (const _ of elements(frame, range, loop)) {
    if (loop.filter !== undefined && !demandBool(loop.filter(frame))) continue;
    charge(frame, collectCost);
    values.push(loop.body(frame));
  }
  charge(frame, 1);
  return new PlainList(values);
}

type Run = (frame: Frame, range: CelValue, loop: Loop) => CelValue;

const loops: Readonly<Record<ComprehensionExpression["name"], Run>> = {
  all: quantify(false, 3),
  exists: quantify(true, 4),
  exists_one(frame, range, loop) {
    let count = 0;
    for (const _ of elements(frame, range, loop)) {
      if (!demandBool(loop.body(frame))) continue;
      charge(frame, 2);
      count++;
    }
    charge(frame, 2);
    return count === 1;
  },
  map: collect,
  transformList: collect,
  filter(frame, range, loop) {
    charge(frame, listCost);
    const kept: CelValue[] = [];
    for (const _ of elements(frame, range, loop)) {
      if (!demandBool(loop.body(frame))) continue;
      charge(frame, collectCost + 1);
      kept.push(frame.slots[loop.places[0]!]!);
    }
    charge(frame, 1);
    return new PlainList(kept);
  },
  transformMap(frame, range, loop) {
    charge(frame, mapCost);
    const entries: [CelValue, CelValue][] = [];
    for (const _ of elements(frame, range, loop)) {
      if (loop.filter !== undefined && !demandBool(loop.filter(frame))) continue;
      charge(frame, 3);
      entries.push([frame.slots[loop.places[0]!]!, loop.body(frame)]);
    }
    return new PlainMap(entries);
  },
  transformMapEntry(frame, range, loop) {
    charge(frame, mapCost);
    const entries = new Map<string, [CelValue, CelValue]>();
    for (const _ of elements(frame, range, loop)) {
      if (loop.filter !== undefined && !demandBool(loop.filter(frame))) continue;
      charge(frame, 3);
      const entry = loop.body(frame);
      if (!(entry instanceof CelMap)) throw noSuchOverload();
      for (const key of entry.keys()) {
        const text = mapKey(key);
        if (entries.has(text)) throw new CelError(`insert failed: key ${keyText(key)} already exists`);
        entries.set(text, [key, memberAt(entry, key)]);
      }
    }
    return new PlainMap(entries.values());
  },
  sortBy(frame, range, loop) {
    if (!(range instanceof CelList)) throw noSuchOverload();
    const keyed: { value: CelValue; key: CelValue }[] = [];
    for (const _ of elements(frame, range, loop)) {
      charge(frame, collectCost);
      keyed.push({ value: frame.slots[loop.places[0]!]!, key: loop.body(frame) });
    }
    keyed.sort((a, b) => {
      const order = compareValues(a.key, b.key);
      if (order === undefined) throw noSuchOverload();
      return order;
    });
    return new PlainList(keyed.map(({ value }) => value));
  },
  optMap(frame, range, loop) {
    return intoOptional(frame, range, loop, (value) => new CelOptional(value));
  },
  optFlatMap(frame, range, loop) {
    return intoOptional(frame, range, loop, (value) => value);
  },
};

function intoOptional(frame: Frame, range: CelValue, loop: Loop, wrap: (value: CelValue) => CelValue): CelValue {
  if (!(range instanceof CelOptional)) throw noSuchOverload();
  if (range.value === undefined) return CelOptional.none;
  frame.slots[loop.places[0]!] = range.value;
  charge(frame, 2);
  return wrap(loop.body(frame));
}
