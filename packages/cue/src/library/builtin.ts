import type { CueNumber } from "../number.ts";

/**
 * The contract between the evaluator and the packages of the standard library. The library knows nothing of vertices:
 * arguments arrive as plain values, results leave as plain values, and the evaluator converts at the border.
 */
export type Native =
  | null
  | boolean
  | string
  | CueNumber
  /** CUE bytes. */
  | Uint8Array
  | readonly Native[]
  | NativeStruct
  | LazyValue;

/** A concrete struct: regular fields in the evaluator's order. */
export interface NativeStruct {
  readonly kind: "struct";
  readonly fields: ReadonlyMap<string, Native>;
  /** Whether further fields may come (an open struct): what min and max validators need to know. */
  readonly open: boolean;
}

/**
 * A value of the evaluator that is not turned into a native one: for functions such as `list.Contains`, `matchN`,
 * `json.Validate`, `encoding/openapi`, which look at values that need not be concrete.
 */
export interface LazyValue {
  readonly kind: "lazy";
  /** Unifies with another value; the verdict keeps "wrong" and "not yet known" apart. */
  unify(other: LazyValue | Native): LazyValue;
  readonly verdict: "ok" | "incomplete" | "error";
  readonly message: string | undefined;
  equals(other: LazyValue | Native): boolean;
  /** @throws BuiltinError `incomplete` when it is not concrete. */
  concrete(): Native;
  /** The value as CUE text (for `json.Validate` messages and the like). */
  text(): string;
}

export type ParamKind = "null" | "bool" | "int" | "float" | "number" | "string" | "bytes" | "list" | "struct" | "any";

export interface Builtin {
  readonly name: string;
  /** Kinds accepted for each parameter, joined by `|` where several: `string|bytes`. */
  readonly params: readonly string[];
  readonly result: string;
  /** Indices of parameters passed as LazyValue: they need not be concrete. */
  readonly lazy?: readonly number[];
  /** It can stand as a constraint, with its first argument left out. */
  readonly validator?: boolean;
  /**
   * @throws BuiltinError. A validator answers a boolean, or throws with the detail of why not.
   */
  readonly call: (args: readonly Native[], context: BuiltinContext) => Native;
}

export interface BuiltinContext {
  /** Spends from the evaluation's budget. @throws a limit error when it is used up. */
  spend(steps: number, bytes?: number): void;
}

/** The failure of a call. The evaluator wraps it: `error in call to strings.Repeat: negative count`. */
export class BuiltinError extends Error {
  override readonly name = "BuiltinError";
  readonly code: "eval" | "incomplete";
  constructor(message: string, code: "eval" | "incomplete" = "eval") {
    super(message);
    this.code = code;
  }
}

export interface BuiltinPackage {
  readonly path: string;
  readonly functions: readonly Builtin[];
  readonly constants: Readonly<Record<string, Native>>;
  /** Definitions written in CUE (`time.#…`, `list.Comparer`): a text compiled as part of the package. */
  readonly source?: string;
}
