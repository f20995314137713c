/**
 * Values of templates, as Go's `interface {}` holds them. A whole number knows its Go type; a plain JavaScript number is a
 * float64. `undefined` is no value at all (a missing key), `null` is a value that is nil.
 */
export type TemplateValue =
  | undefined
  | null
  | boolean
  | string
  | number
  | GoInt
  | readonly TemplateValue[]
  | ReadonlyMap<string, TemplateValue>
  | TemplateFunction
  | TemplateObject;

export class GoInt {
  readonly value: bigint;
  readonly type: IntType;
  constructor(value: bigint, type: IntType = "int") {
    this.value = value;
    this.type = type;
  }
}

export type IntType = "int" | "int64" | "uint8" | "int32" | "uint64" | "*big.Int";

/** What a parameter takes: anything, anything or no value at all, or only values of one Go type. */
export type ParamType = "any" | "value" | "string" | "int" | "bool" | "float64" | "list" | "map" | "func" | "int64";

/** A function that templates can call. */
export interface TemplateFunction {
  readonly kind: "function";
  readonly params: readonly ParamType[];
  /** The type of further arguments; undefined where there can be none. */
  readonly rest?: ParamType;
  /** @throws TemplateCallError for what the function refuses. */
  readonly call: (args: readonly TemplateValue[], context: CallContext) => TemplateValue;
}

export interface CallContext {
  /** Spends from the caller's budget. */
  spend(steps: number, bytes?: number): void;
  /** Executes a template of the same set by name. */
  execute(name: string, dot: TemplateValue): string;
}

/** A value with named fields and methods that is no map: `.Files` of a chart. */
export interface TemplateObject {
  readonly kind: "object";
  /** The Go type that messages name. */
  readonly type: string;
  /** A field, or a function to call as a method; undefined where there is no such name. */
  readonly member: (name: string) => TemplateValue;
  readonly text?: string;
}

/** A function refuses its arguments. */
export class TemplateCallError extends Error {
  override readonly name = "TemplateCallError";
}

export function isMap(value: TemplateValue): value is ReadonlyMap<string, TemplateValue> {
  return value instanceof Map;
}

export function isList(value: TemplateValue): value is readonly TemplateValue[] {
  return Array.isArray(value);
}

export function isFunction(value: TemplateValue): value is TemplateFunction {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "function";
}

export function isObject(value: TemplateValue): value is TemplateObject {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "object";
}

/** The Go type that messages name. */
export function typeName(value: TemplateValue): string {
  if (value === undefined || value === null) return "<nil>";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (typeof value === "number") return "float64";
  if (value instanceof GoInt) return value.type;
  if (isList(value)) return "[]interface {}";
  if (isMap(value)) return "map[string]interface {}";
  return isObject(value) ? value.type : "func";
}

/** What `if` asks: zero values and empty collections are false. */
export function isTrue(value: TemplateValue): boolean {
  if (value === undefined || value === null) return false;
  if (value instanceof GoInt) return value.value !== 0n;
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return value.size > 0;
  return typeof value === "object" || Boolean(value) || Number.isNaN(value);
}

/** Keys as Go sorts them: by their bytes. */
export function sortedKeys(map: ReadonlyMap<string, TemplateValue>): string[] {
  return [...map.keys()].sort(compareBytes);
}

/** The order of two texts by their UTF-8 bytes, which is that of their code points. */
export function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    if (a === b) continue;
    const [inA, inB] = [a >= 0xd800 && a < 0xe000, b >= 0xd800 && b < 0xe000];
    if (inA !== inB) return inA ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}
