import type { CallExpression, ComprehensionExpression, Expression } from "./ast.ts";
import type { CheckedExpression } from "./check.ts";
import { type Range, add, either, listCost, mapCost, multiply, one, range, unknownSize, zero } from "./cost-range.ts";
import type { Overload } from "./library/function.ts";
import type { Shape } from "./schema-types.ts";
import type { CelType } from "./types.ts";
import { CelList, CelMap, type CelValue } from "./values.ts";

/** What an expression can cost at most, from the sizes that its schema allows (cel-go checker/cost.go). */
export function estimateCost(checked: CheckedExpression, shapes: ReadonlyMap<string, Shape>): Range {
  return new Estimator(checked).visit(checked.expression, shapes).cost;
}

interface Estimate {
  readonly cost: Range;
  readonly shape: Shape;
}

type Shapes = ReadonlyMap<string, Shape>;

class Estimator {
  readonly #checked: CheckedExpression;

  constructor(checked: CheckedExpression) {
    this.#checked = checked;
  }

  visit(expression: Expression, shapes: Shapes): Estimate {
    switch (expression.kind) {
      case "literal":
        return { cost: zero, shape: { size: range(literalSize(expression.value)) } };
      case "ident":
        return { cost: one, shape: shapes.get(expression.name) ?? this.#unknown(expression) };
      case "select": {
        const operand = this.visit(expression.operand, shapes);
        const shape = expression.test ? undefined : operand.shape.fieldOf?.(expression.field);
        return { cost: add(operand.cost, one), shape: shape ?? this.#unknown(expression) };
      }
      case "call":
        return this.#call(expression, shapes);
      case "list": {
        const items = expression.items.map(({ value }) => this.visit(value, shapes));
        const shape: Shape = { size: range(items.length), item: widest(items.map((item) => item.shape)) };
        return { cost: add(range(listCost), ...items.map((item) => item.cost)), shape };
      }
      case "map": {
        const keys = expression.entries.map(({ key }) => this.visit(key, shapes));
        const values = expression.entries.map(({ value }) => this.visit(value, shapes));
        const item = widest(values.map((value) => value.shape));
        return {
          cost: add(range(mapCost), ...[...keys, ...values].map((part) => part.cost)),
          shape: { size: range(values.length), item, key: widest(keys.map((key) => key.shape)), fieldOf: () => item },
        };
      }
      case "comprehension":
        return this.#comprehension(expression, shapes);
    }
  }

  #unknown(expression: Expression): Shape {
    return shapeOfType(this.#checked.typeOf(expression));
  }

  #call(expression: CallExpression, shapes: Shapes): Estimate {
    const { overloads, args } = this.#checked.callOf(expression);
    const parts = args.map((arg) => this.visit(arg, shapes));
    const costs = parts.map((part) => part.cost);
    switch (expression.name) {
      case "_&&_":
      case "_||_":
        return { cost: { min: costs[0]!.min, max: add(...costs).max }, shape: { size: one } };
      case "_?_:_": {
        const [condition, whenTrue, whenFalse] = parts as [Estimate, Estimate, Estimate];
        return {
          cost: add(condition.cost, either(whenTrue.cost, whenFalse.cost)),
          shape: widest([whenTrue.shape, whenFalse.shape])!,
        };
      }
      default:
    }
    const sizes = parts.map((part) => part.shape.size);
    const own = overloads.map(({ cost }) => (cost === undefined ? one : cost(sizes))).reduce(either);
    return { cost: add(own, ...costs), shape: this.#resultShape(expression, { overloads, parts, sizes }) };
  }

  #resultShape(
    expression: CallExpression,
    {
      overloads,
      parts,
      sizes,
    }: { overloads: readonly Overload[]; parts: readonly Estimate[]; sizes: readonly Range[] },
  ): Shape {
    const [first] = parts;
    // An element, or what is in an optional.
    if (expression.name === "_[_]" || expression.name === "_[?_]")
      return first!.shape.item ?? this.#unknown(expression);
    if (
      ["value", "orValue", "or", "first", "last", "optional.of", "dyn"].includes(expression.name) &&
      first !== undefined
    )
      return expression.name === "first" || expression.name === "last"
        ? (first.shape.item ?? first.shape)
        : first.shape;
    const known = overloads.map(({ size }) => size?.(sizes)).filter((size): size is Range => size !== undefined);
    const fallback = this.#unknown(expression);
    if (known.length === 0) return fallback;
    const isText = this.#checked.typeOf(expression).kind === "list" && sizes[0] !== undefined;
    return { size: known.reduce(either), item: first?.shape.item ?? (isText ? { size: sizes[0]! } : fallback.item) };
  }

  #comprehension(expression: ComprehensionExpression, shapes: Shapes): Estimate {
    const range_ = this.visit(expression.range, shapes);
    const inner = new Map(shapes);
    const isMap = this.#checked.typeOf(expression.range).kind === "map";
    const item = range_.shape.item ?? { size: unknownSize };
    const key = range_.shape.key ?? { size: one };
    const isOptional = expression.name === "optMap" || expression.name === "optFlatMap";
    const bound = isOptional ? [range_.shape] : expression.variables.length === 1 ? [isMap ? key : item] : [key, item];
    for (const [i, name] of expression.variables.entries()) inner.set(name, bound[i]!);
    const filter = expression.filter === undefined ? undefined : this.visit(expression.filter, inner);
    const body = this.visit(expression.body, inner);
    const count = isOptional ? range(0, 1) : range_.shape.size;
    const step = stepCost(expression.name, body.cost, filter?.cost);
    const { around, size } = frameOf(expression, count);
    return {
      cost: add(range_.cost, around, multiply(count, step)),
      shape: resultShape(expression, { size, body: body.shape, range: range_.shape }),
    };
  }
}

/** Cost of one round, as cel-go's expansion of the macro has it. */
function stepCost(name: ComprehensionExpression["name"], body: Range, filter: Range | undefined): Range {
  const taken = (cost: Range): Range => (filter === undefined ? cost : add(filter, either(cost, one)));
  switch (name) {
    case "all":
      return add(range(2), { min: 1, max: 1 + body.max });
    case "exists":
      return add(range(3), { min: 1, max: 1 + body.max });
    case "exists_one":
      return add(body, range(1, 2));
    case "filter":
      return add(body, range(1, listCost + 3));
    case "map":
    case "transformList":
    case "sortBy":
      return taken(add(body, range(listCost + 2)));
    case "transformMap":
    case "transformMapEntry":
      return taken(add(body, range(3)));
    case "optMap":
    case "optFlatMap":
      return add(body, range(2));
  }
}

function frameOf(expression: ComprehensionExpression, count: Range): { around: Range; size: Range } {
  switch (expression.name) {
    case "all":
    case "exists":
      return { around: one, size: one };
    case "exists_one":
      return { around: range(2), size: one };
    case "filter":
      return { around: range(listCost + 1), size: range(0, count.max) };
    case "map":
    case "transformList":
    case "sortBy":
      return { around: range(listCost + 1), size: expression.filter === undefined ? count : range(0, count.max) };
    case "transformMap":
    case "transformMapEntry":
      return { around: range(mapCost + 1), size: range(0, count.max) };
    case "optMap":
    case "optFlatMap":
      return { around: one, size: one };
  }
}

function resultShape(
  expression: ComprehensionExpression,
  { size, body, range: from }: { size: Range; body: Shape; range: Shape },
): Shape {
  switch (expression.name) {
    case "filter":
    case "sortBy":
      return { ...from, size };
    case "map":
    case "transformList":
    case "transformMap":
      return { size, item: body, key: from.key, fieldOf: () => body };
    case "optMap":
    case "optFlatMap":
      return body;
    default:
      return { size };
  }
}

function literalSize(value: CelValue): number {
  if (typeof value === "string" || value instanceof Uint8Array || value instanceof CelList) return value.length;
  return value instanceof CelMap ? value.size : 1;
}

function widest(shapes: readonly Shape[]): Shape | undefined {
  return shapes.length === 0
    ? undefined
    : shapes.reduce((a, b) => ({ ...(b.size.max > a.size.max ? b : a), size: either(a.size, b.size) }));
}

/** Nothing is known but the type. */
function shapeOfType(type: CelType): Shape {
  switch (type.kind) {
    case "string":
    case "bytes":
    case "dyn":
      return { size: unknownSize };
    case "list":
      return { size: unknownSize, item: shapeOfType(type.item), key: { size: one } };
    case "map":
      return { size: unknownSize, item: shapeOfType(type.value), key: shapeOfType(type.key) };
    case "opaque":
      return type.name === "optional_type" ? shapeOfType(type.parameters[0]!) : { size: one };
    default:
      return { size: one };
  }
}
