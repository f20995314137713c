import type { Expr as Tree } from "../syntax/ast.ts";
import { type CueNumber, signOf, compareNumbers } from "../number.ts";
import { formatValue } from "../eval/format.ts";
import { intKind } from "../eval/kind.ts";
import type { Bound, Conjunction, Simple } from "../eval/values.ts";
import type { Export } from "./exporter.ts";
import { allOf, ident } from "./nodes.ts";

/** Constraints that hold together: ranges of integers by name or by a shorter type where that is asked for. */
export function conjunctionTree(x: Export, { values }: Conjunction): Tree {
  if (!x.profile.simplifies) return allOf(sorted(values).map((part) => x.value(part)));
  const name = rangeNames.get(values.map(formatValue).join(" & "));
  if (name !== undefined) return ident(name);
  const range = rangeOf(values);
  if (range === undefined) return allOf(sorted(values).map((part) => x.value(part)));
  const trees: Tree[] = range.type === undefined ? [] : [ident(range.type)];
  return allOf([...trees, ...[...range.bounds, ...sorted(range.others)].map((part) => x.value(part))]);
}

/** Types before bounds before validators. */
function sorted(values: readonly Simple[]): readonly Simple[] {
  const rank = ({ tag }: Simple): number => ["type", "atom", "bound", "validator"].indexOf(tag);
  return values.toSorted((a, b) => rank(a) - rank(b) || (a.src?.node.start ?? 0) - (b.src?.node.start ?? 0));
}

interface Range {
  readonly type: "int" | "uint" | undefined;
  readonly bounds: readonly Bound[];
  readonly others: readonly Simple[];
}

/** Numbers between two bounds, with the type that they say. */
function rangeOf(values: readonly Simple[]): Range | undefined {
  let isInteger = false;
  let low: Bound | undefined;
  let high: Bound | undefined;
  const others: Simple[] = [];
  for (const value of values) {
    if (value.tag === "type" && value.kind === intKind) isInteger = true;
    else if (value.tag === "bound" && isNumber(value)) {
      if (value.kind === intKind) isInteger = true;
      if (value.op === ">" || value.op === ">=") low = tighter(low, value, 1);
      else if (value.op === "<" || value.op === "<=") high = tighter(high, value, -1);
      else others.push(value);
    } else others.push(value);
  }
  if (low === undefined || high === undefined) return undefined;
  if (!isInteger) return { type: undefined, bounds: [low, high], others };
  const sign = signOf(low.value.value as CueNumber);
  const bounds = sign === 0 && low.op === ">=" ? [high] : [low, high];
  return { type: sign < 0 ? "int" : "uint", bounds, others };
}

function isNumber({ value }: Bound): boolean {
  return typeof value.value === "object" && value.value !== null && !(value.value instanceof Uint8Array);
}

function tighter(known: Bound | undefined, found: Bound, direction: 1 | -1): Bound {
  if (known === undefined) return found;
  const order = compareNumbers(found.value.value as CueNumber, known.value.value as CueNumber) * direction;
  return order > 0 || (order === 0 && (found.op === ">" || found.op === "<")) ? found : known;
}

const rangeNames = new Map([
  ["int & >=0", "uint"] as [string, string],
  ...[8, 16, 32, 64, 128].flatMap((bits): [string, string][] => {
    const half = 2n ** BigInt(bits - 1);
    return [
      [`int & >=-${half} & <=${half - 1n}`, `int${bits}`],
      [`int & >=0 & <=${2n * half - 1n}`, `uint${bits}`],
      [`>=0 & <=${2n * half - 1n}`, `uint${bits}`],
    ];
  }),
]);
