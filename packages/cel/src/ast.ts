import type { CelType } from "./types.ts";
import type { CelValue } from "./values.ts";

/** Offsets are in UTF-16 units from the start of the expression. */
interface Base {
  readonly offset: number;
}

export interface LiteralExpression extends Base {
  readonly kind: "literal";
  readonly value: CelValue;
  readonly type: CelType;
}

export interface IdentExpression extends Base {
  readonly kind: "ident";
  readonly name: string;
}

export interface SelectExpression extends Base {
  readonly kind: "select";
  readonly operand: Expression;
  readonly field: string;
  /** `has(a.b)` */
  readonly test: boolean;
  /** `a.?b` */
  readonly optional: boolean;
}

export interface CallExpression extends Base {
  readonly kind: "call";
  /** Operators have names such as `_+_`. */
  readonly name: string;
  readonly target: Expression | undefined;
  readonly args: readonly Expression[];
}

export interface ListExpression extends Base {
  readonly kind: "list";
  readonly items: readonly { readonly value: Expression; readonly optional: boolean }[];
}

export interface MapExpression extends Base {
  readonly kind: "map";
  /** `Object.spec{replicas: 1}`: the name of the message type; the keys are the names of its fields. */
  readonly message?: string | undefined;
  readonly entries: readonly { readonly key: Expression; readonly value: Expression; readonly optional: boolean }[];
}

export type ComprehensionName =
  | "all"
  | "exists"
  | "exists_one"
  | "map"
  | "filter"
  | "transformList"
  | "transformMap"
  | "transformMapEntry"
  | "sortBy"
  | "optMap"
  | "optFlatMap";

/** A macro that binds variables to what is in a list, map or optional. */
export interface ComprehensionExpression extends Base {
  readonly kind: "comprehension";
  readonly name: ComprehensionName;
  readonly range: Expression;
  /** One variable, or index and element, or key and value. */
  readonly variables: readonly string[];
  /** What must hold for an element to be taken (map with three arguments, transformList with four). */
  readonly filter: Expression | undefined;
  readonly body: Expression;
}

export type Expression =
  | LiteralExpression
  | IdentExpression
  | SelectExpression
  | CallExpression
  | ListExpression
  | MapExpression
  | ComprehensionExpression;
