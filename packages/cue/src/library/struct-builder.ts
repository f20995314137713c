import { formatNumber, numbersEqual } from "../number.ts";
import { isLazy, isNumber } from "./arguments.ts";
import { type Native, type NativeStruct, BuiltinError } from "./builtin.ts";

/** Collects the members of a decoded object; a member given twice is unified, as CUE does with a field given twice. */
export class StructBuilder {
  readonly #fields = new Map<string, Native>();

  add(key: string, value: Native): void {
    const earlier = this.#fields.get(key);
    this.#fields.set(key, earlier === undefined ? value : unifyNatives(earlier, value));
  }

  /** Puts a member in place of an earlier one. */
  replace(key: string, value: Native): void {
    this.#fields.set(key, value);
  }

  build(): NativeStruct {
    return { kind: "struct", fields: this.#fields };
  }
}

export function isStruct(value: Native): value is NativeStruct {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "struct";
}

/** Unifies two plain values. @throws BuiltinError when they conflict. */
function unifyNatives(left: Native, right: Native, depth = 0): Native {
  if (depth > 500) throw new BuiltinError("values nested too deep");
  if (isStruct(left) && isStruct(right)) {
    const fields = new Map(left.fields);
    for (const [key, value] of right.fields) {
      const earlier = fields.get(key);
      fields.set(key, earlier === undefined ? value : unifyNatives(earlier, value, depth + 1));
    }
    return { kind: "struct", fields };
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length)
      throw new BuiltinError(`incompatible list lengths (${left.length} and ${right.length})`);
    return (left as readonly Native[]).map((value, i) => unifyNatives(value, right[i] as Native, depth + 1));
  }
  if (sameScalar(left, right)) return left;
  throw new BuiltinError(`conflicting values ${shortText(right)} and ${shortText(left)}`);
}

function sameScalar(left: Native, right: Native): boolean {
  if (isNumber(left) && isNumber(right)) return left.isInt === right.isInt && numbersEqual(left, right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return left.join() === right.join();
  return left === right;
}

function shortText(value: Native): string {
  if (isNumber(value)) return formatNumber(value);
  if (isLazy(value)) return value.text();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return value instanceof Uint8Array ? "bytes" : Array.isArray(value) ? "[…]" : "{…}";
}
