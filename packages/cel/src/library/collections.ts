import { add, multiply, range } from "../cost-range.ts";
import {
  type CelType,
  boolType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  optionalType,
  parameter,
  stringType,
  timestampType,
  uintType,
  bytesType,
} from "../types.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOptional,
  CelUint,
  type CelValue,
  PlainList,
  compareValues,
  equalValues,
  noSuchOverload,
} from "../values.ts";
import { checkInt, checkUint } from "./convert.ts";
import { type Overload, fn, method, sameSize, walksList } from "./function.ts";

/** Functions on lists, sets, maps and optionals: Kubernetes' lists, cel-go's lists, sets and optional types. */

const a = parameter("A");
const b = parameter("B");
const listA = listType(a);

const summable: readonly CelType[] = [intType, uintType, doubleType, durationType];
const comparable: readonly CelType[] = [
  intType,
  uintType,
  doubleType,
  boolType,
  durationType,
  timestampType,
  stringType,
  bytesType,
];

function order(x: CelValue, y: CelValue): number {
  const found = compareValues(x, y);
  if (found === undefined) throw noSuchOverload();
  return found;
}

function isSorted(list: CelList): boolean {
  for (let i = 1; i < list.length; i++) if (order(list.at(i - 1), list.at(i)) > 0) return false;
  return true;
}

function extreme(name: "min" | "max") {
  return (list: CelList): CelValue => {
    if (list.length === 0) throw new CelError(`${name} called on empty list`);
    let best = list.at(0);
    for (const item of list) if (name === "min" ? order(item, best) < 0 : order(item, best) > 0) best = item;
    return best;
  };
}

function sum(zero: CelValue) {
  return (list: CelList): CelValue => {
    let total: CelValue = list.length === 0 ? zero : list.at(0);
    for (let i = 1; i < list.length; i++) total = plus(total, list.at(i));
    return total;
  };
}

function plus(x: CelValue, y: CelValue): CelValue {
  if (typeof x === "bigint" && typeof y === "bigint") return checkInt(x + y);
  if (typeof x === "number" && typeof y === "number") return x + y;
  if (x instanceof CelUint && y instanceof CelUint) return new CelUint(checkUint(x.value + y.value));
  if (x instanceof CelDuration && y instanceof CelDuration) return new CelDuration(x.nanoseconds + y.nanoseconds);
  throw noSuchOverload();
}

function zeroOf(type: CelType): CelValue {
  switch (type.kind) {
    case "uint":
      return new CelUint(0n);
    case "double":
      return 0;
    case "duration":
      return new CelDuration(0n);
    default:
      return 0n;
  }
}

const kubernetesLists: Overload[] = [
  ...comparable.flatMap((type) => [
    method("isSorted", [listType(type)], boolType, isSorted, { cost: walksList() }),
    method("min", [listType(type)], type, extreme("min"), { cost: walksList() }),
    method("max", [listType(type)], type, extreme("max"), { cost: walksList() }),
  ]),
  ...summable.map((type) => method("sum", [listType(type)], type, sum(zeroOf(type)), { cost: walksList() })),
  method(
    "indexOf",
    [listA, a],
    intType,
    (list: CelList, item: CelValue) => BigInt([...list].findIndex((other) => equalValues(other, item))),
    {
      cost: walksList(),
    },
  ),
  method(
    "lastIndexOf",
    [listA, a],
    intType,
    (list: CelList, item: CelValue) => BigInt([...list].findLastIndex((other) => equalValues(other, item))),
    {
      cost: walksList(),
    },
  ),
];

function slice(list: CelList, start: bigint, end: bigint): CelList {
  const length = BigInt(list.length);
  if (start < 0n || end < 0n) throw new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    throw new CelError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (end > length) throw new CelError(`cannot slice(${start}, ${end}), list is length ${length}`);
  return new PlainList([...list].slice(Number(start), Number(end)));
}

function flatten(list: CelList, depth: bigint): CelValue[] {
  if (depth < 0n) throw new CelError("level must be non-negative");
  if (depth > 100n) throw new CelError("values nested too deep");
  return [...list].flatMap((item) => (item instanceof CelList && depth > 0n ? flatten(item, depth - 1n) : [item]));
}

function distinct(list: CelList): CelList {
  const items: CelValue[] = [];
  const scalars = new Set<CelValue>();
  for (const item of list) {
    if (typeof item === "string" || typeof item === "boolean") {
      if (scalars.has(item)) continue;
      scalars.add(item);
    } else if (items.some((known) => equalValues(known, item))) continue;
    items.push(item);
  }
  return new PlainList(items);
}

const maxRange = 1_000_000n;

function numbersTo(end: bigint): CelList {
  if (end > maxRange) throw new CelError(`lists.range(${end}): too many elements`);
  return new PlainList(Array.from({ length: Math.max(0, Number(end)) }, (_, i) => BigInt(i)));
}

const lists: Overload[] = [
  method("slice", [listA, intType, intType], listA, slice, { cost: walksList(), size: sameSize() }),
  method("flatten", [listType(listA)], listA, (list: CelList) => new PlainList(flatten(list, 1n)), {
    cost: walksList(),
  }),
  method(
    "flatten",
    [listType(dynType), intType],
    listType(dynType),
    (list: CelList, depth: bigint) => new PlainList(flatten(list, depth)),
    {
      cost: walksList(),
    },
  ),
  method("distinct", [listA], listA, distinct, {
    cost: (sizes) => add(range(1), multiply(sizes[0]!, sizes[0]!)),
    size: sameSize(),
  }),
  method("reverse", [listA], listA, (list: CelList) => new PlainList([...list].reverse()), {
    cost: walksList(),
    size: sameSize(),
  }),
  ...comparable.map((type) =>
    method("sort", [listType(type)], listType(type), (list: CelList) => new PlainList([...list].sort(order)), {
      cost: (sizes) => add(range(1), multiply(sizes[0]!, sizes[0]!)),
      size: sameSize(),
    }),
  ),
  fn("lists.range", [intType], listType(intType), numbersTo),
  method("first", [listA], optionalType(a), (list: CelList) =>
    list.length === 0 ? CelOptional.none : new CelOptional(list.at(0)),
  ),
  method("last", [listA], optionalType(a), (list: CelList) =>
    list.length === 0 ? CelOptional.none : new CelOptional(list.at(list.length - 1)),
  ),
];

const includes = (list: CelList, item: CelValue): boolean => [...list].some((other) => equalValues(other, item));
const containsAll = (x: CelList, y: CelList): boolean => [...y].every((item) => includes(x, item));
const setCost: Pick<Overload, "cost"> = { cost: (sizes) => add(range(1), multiply(sizes[0]!, sizes[1]!)) };

const sets: Overload[] = [
  fn("sets.contains", [listA, listA], boolType, containsAll, setCost),
  fn(
    "sets.equivalent",
    [listA, listA],
    boolType,
    (x: CelList, y: CelList) => containsAll(x, y) && containsAll(y, x),
    setCost,
  ),
  fn(
    "sets.intersects",
    [listA, listA],
    boolType,
    (x: CelList, y: CelList) => [...x].some((item) => includes(y, item)),
    setCost,
  ),
];

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === "") return true;
  if (value instanceof CelList || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelMap) return value.size === 0;
  if (value instanceof CelUint) return value.value === 0n;
  return value instanceof CelDuration && value.nanoseconds === 0n;
}

function valueOf(optional: CelOptional): CelValue {
  if (optional.value === undefined) throw new CelError("optional.none() dereference");
  return optional.value;
}

const unwrap = (list: CelList): CelList =>
  new PlainList(
    [...list].flatMap((item) => (item instanceof CelOptional && item.value !== undefined ? [item.value] : [])),
  );

const optA = optionalType(a);
const optionals: Overload[] = [
  fn("optional.of", [a], optA, (value: CelValue) => new CelOptional(value)),
  fn("optional.none", [], optA, () => CelOptional.none),
  fn("optional.ofNonZeroValue", [a], optA, (value: CelValue) =>
    isZero(value) ? CelOptional.none : new CelOptional(value),
  ),
  fn("optional.unwrap", [listType(optA)], listA, unwrap, { cost: walksList() }),
  method("unwrapOpt", [listType(optA)], listA, unwrap, { cost: walksList() }),
  method("hasValue", [optA], boolType, (optional: CelOptional) => optional.value !== undefined),
  method("value", [optA], a, valueOf),
  method("orValue", [optA, a], a, (optional: CelOptional, other: CelValue) => optional.value ?? other),
  method("or", [optA, optA], optA, (optional: CelOptional, other: CelOptional) =>
    optional.value === undefined ? other : optional,
  ),
  fn("_[?_]", [listA, intType], optA, (list: CelList, index: bigint) =>
    index < 0n || index >= BigInt(list.length) ? CelOptional.none : new CelOptional(list.at(Number(index))),
  ),
  fn("_[?_]", [mapType(a, b), a], optionalType(b), (map: CelMap, key: CelValue) => new CelOptional(map.get(key))),
  fn("_[?_]", [optionalType(listA), intType], optA, (optional: CelOptional, index: bigint) => {
    const list = optional.value;
    return !(list instanceof CelList) || index < 0n || index >= BigInt(list.length)
      ? CelOptional.none
      : new CelOptional(list.at(Number(index)));
  }),
  fn("_[?_]", [optionalType(mapType(a, b)), a], optionalType(b), (optional: CelOptional, key: CelValue) =>
    optional.value instanceof CelMap ? new CelOptional(optional.value.get(key)) : CelOptional.none,
  ),
];

export const collectionLibrary: readonly Overload[] = [...kubernetesLists, ...lists, ...sets, ...optionals];
