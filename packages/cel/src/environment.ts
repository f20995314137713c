import { authorizationLibrary } from "./library/authorization.ts";
import { collectionLibrary } from "./library/collections.ts";
import { formatLibrary } from "./library/formats.ts";
import type { Overload } from "./library/function.ts";
import { kubernetesLibrary } from "./library/kubernetes.ts";
import { standardLibrary } from "./library/standard.ts";
import { textLibrary } from "./library/texts.ts";
import { type CelType, boolType, parameter } from "./types.ts";
import { CelError, CelTypeValue } from "./values.ts";

/** Functions by name, as rules of custom resources have them in Kubernetes 1.36. */
export type FunctionTable = ReadonlyMap<string, readonly Overload[]>;

/** The evaluator runs these itself: not all of their arguments are evaluated. */
const lazily = (): never => {
  throw new CelError("internal: a lazy operator was called");
};
const a = parameter("A");
const lazyOperators: readonly Overload[] = [
  { name: "_&&_", member: false, parameters: [boolType, boolType], result: boolType, call: lazily },
  { name: "_||_", member: false, parameters: [boolType, boolType], result: boolType, call: lazily },
  { name: "_?_:_", member: false, parameters: [boolType, a, a], result: a, call: lazily },
];

let table: Map<string, Overload[]> | undefined;

export function functionTable(): FunctionTable {
  if (table !== undefined) return table;
  table = new Map();
  const libraries = [
    lazyOperators,
    standardLibrary,
    textLibrary,
    collectionLibrary,
    kubernetesLibrary,
    formatLibrary,
    authorizationLibrary,
  ];
  for (const overload of libraries.flat()) {
    const known = table.get(overload.name);
    if (known === undefined) table.set(overload.name, [overload]);
    else known.push(overload);
  }
  return table;
}

/** Names of types that stand in expressions: `type(x) == int`. */
const typeNames = new Set([
  "int",
  "uint",
  "double",
  "bool",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
  "optional_type",
  "net.IP",
  "net.CIDR",
  "kubernetes.Quantity",
  "kubernetes.URL",
  "kubernetes.Semver",
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
]);

export function typeValueOf(name: string): CelTypeValue | undefined {
  return typeNames.has(name) ? new CelTypeValue(name) : undefined;
}

export type Variables = ReadonlyMap<string, CelType>;
