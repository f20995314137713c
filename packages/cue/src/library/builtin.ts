import type { CueNumber } from "../number.ts";

/**
 * The contract between the evaluator and the packages of the standard library. The library knows nothing of vertices:
 * arguments arrive as plain values or as `LazyValue`, results leave as either, and the evaluator converts at the border.
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
}

/** A scalar of CUE as a plain value. */
export type NativeScalar = null | boolean | string | CueNumber | Uint8Array;

/**
 * A value of the evaluator, not turned into a plain one: what a function gets for a parameter of kind `list`, `struct`
 * or `top`. Defaults are taken wherever a concrete value is asked for.
 */
export interface LazyValue {
  readonly kind: "lazy";
  /** The kinds that it can have, as error messages name them: `int`, `(int|string)`, `_`, `struct`. */
  readonly type: string;
  /** Whether it is a scalar, a list or a struct by itself; of the latter two the members need not be concrete. */
  readonly isConcrete: boolean;
  /** Whether further fields or elements may still come: a struct that is not closed, a list that ends in `...`. */
  readonly isOpen: boolean;
  /** Of a struct: how many optional and required fields it has that have no value yet. */
  readonly constraintFields: number;
  /** The name of the library's own definition that this is a plain reference to, where that is known: `list.Ascending`. */
  readonly definition?: string | undefined;
  /** Unifies with another value; the verdict keeps "wrong" and "not yet known" apart. */
  unify(other: LazyValue | Native): LazyValue;
  /** Of the whole value, members included: `error` before `incomplete` before `ok`. Non-concrete values are `ok`. */
  readonly verdict: "ok" | "incomplete" | "error";
  /** The first error's message, unless the verdict is `ok`. */
  readonly message: string | undefined;
  equals(other: LazyValue | Native): boolean;
  /** The scalar that it is, or undefined for everything else. */
  scalar(): NativeScalar | undefined;
  /** The elements of a list, undefined for all else. */
  elements(): readonly LazyValue[] | undefined;
  /** The regular fields of a struct in the evaluator's order, undefined for all else. */
  fields(): readonly (readonly [name: string, value: LazyValue])[] | undefined;
  /** A regular field of a struct. */
  lookup(name: string): LazyValue | undefined;
  /**
   * The value as plain data, to its leaves: no LazyValue within. `complaint` words what is said of a part that is not
   * concrete, given as CUE text.
   * @throws BuiltinError, `incomplete` when something in it is not concrete, `eval` when it holds an error.
   */
  concrete(complaint?: (text: string) => string): Native;
  /** What is wrong in it, as the error of a function that needs it. */
  readonly failure: BuiltinError | undefined;
  /** The value as CUE text on one line, as error messages show it. */
  text(): string;
}

export interface Builtin {
  readonly name: string;
  /**
   * Kinds accepted for each parameter, as `library.json` lists them: `string`, `bytes | string`, `int`, `number`, `bool`,
   * `list`, `struct`, `top`. The evaluator has checked number and kinds of the arguments before it calls. Arguments of
   * `list`, `struct` and `top` arrive as LazyValue, all others as plain scalars.
   */
  readonly params: readonly string[];
  readonly result: string;
  /** Arguments need not be concrete. Otherwise a non-concrete one is an incomplete error, found before the call. */
  readonly nonConcrete?: boolean;
  /** It can stand as a constraint, with its first argument left out. */
  readonly validator?: boolean;
  /** What trailing arguments are when left out; undefined for those that must be given. */
  readonly defaults?: readonly (Native | undefined)[];
  /**
   * @throws BuiltinError, or whatever `context.spend` throws. Called as a validator it answers a boolean, or throws with
   * the detail of why not.
   */
  readonly call: (args: readonly Native[], context: BuiltinContext) => Native;
}

export interface BuiltinContext {
  /** The call tests a value that unifies with a constraint such as `list.MinItems(2)`; it is no call in an expression. */
  readonly isValidator: boolean;
  /** Spends from the evaluation's budget. @throws a limit error when it is used up. */
  spend(steps: number, bytes?: number): void;
}

/** The failure of a call. The evaluator wraps it: `error in call to strings.Repeat: negative count`. */
export class BuiltinError extends Error {
  override readonly name = "BuiltinError";
  readonly code: BuiltinErrorCode;
  constructor(message: string, code: BuiltinErrorCode = "eval") {
    super(message);
    this.code = code;
  }
}

/** Of an argument that is wrong itself the function has that error. */
export type BuiltinErrorCode = "eval" | "incomplete" | "structural cycle";

export interface BuiltinPackage {
  /** `encoding/json`; a reference goes by its last element unless the import names another. */
  readonly path: string;
  readonly functions: readonly Builtin[];
  readonly constants: Readonly<Record<string, Native>>;
  /** Definitions written in CUE (`list.Comparer`): the text of a struct literal that is part of the package. */
  readonly source?: string;
}
