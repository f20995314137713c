import { type CueNumber, formatNumber, intNumber } from "../number.ts";
import { bigintArgument, intArgument, numberArgument, uintArgument } from "./arguments.ts";
import { type Builtin, type BuiltinPackage, type Native, BuiltinError } from "./builtin.ts";

/** The package `math/bits`: integers of any size, negative ones as two's complement without end. */

/** Farthest that a number is shifted or a bit is set. */
const maxShift = 1_000_000;

function setBit(args: readonly Native[]): CueNumber {
  const value = bigintArgument(args, 0);
  const index = intArgument(args, 1);
  if (index < 0) throw new BuiltinError("negative bit index");
  if (index > maxShift) throw new BuiltinError("bit index too large");
  const bit = uintArgument(args, 2);
  if (bit > 1) throw new BuiltinError("set bit is not 0 or 1");
  const mask = 1n << BigInt(index);
  return intNumber(bit === 1 ? value | mask : value & ~mask);
}

function bitAt(args: readonly Native[]): CueNumber {
  const index = uintArgument(args, 1);
  if (index > 2 ** 63 - 1) throw new BuiltinError("bit index too large");
  const value = bigintArgument(args, 0);
  return intNumber(index > maxShift ? (value < 0n ? 1 : 0) : (value >> BigInt(index)) & 1n);
}

function magnitudeBits(value: bigint): string {
  return value === 0n ? "" : (value < 0n ? -value : value).toString(2);
}

function ofIntegers(name: string, call: (a: bigint, b: bigint) => bigint): Builtin {
  return {
    name,
    params: ["int", "int"],
    result: "int",
    call: (args) => intNumber(call(bigintArgument(args, 0), bigintArgument(args, 1))),
  };
}

function ofMagnitude(name: string, call: (bits: string) => number): Builtin {
  return {
    name,
    params: ["int"],
    result: "int",
    call: (args) => intNumber(call(magnitudeBits(bigintArgument(args, 0)))),
  };
}

const functions: readonly Builtin[] = [
  {
    name: "Lsh",
    params: ["int", "int"],
    result: "int",
    call(args, context) {
      const count = uintArgument(args, 1);
      if (count > maxShift) throw new BuiltinError(`shift by ${formatNumber(numberArgument(args, 1))} is too large`);
      context.spend(1, count / 8);
      return intNumber(bigintArgument(args, 0) << BigInt(count));
    },
  },
  {
    name: "Rsh",
    params: ["int", "int"],
    result: "int",
    call: (args) => intNumber(bigintArgument(args, 0) >> BigInt(Math.min(uintArgument(args, 1), 2 ** 31))),
  },
  { name: "At", params: ["int", "int"], result: "int", call: bitAt },
  { name: "Set", params: ["int", "int", "int"], result: "int", call: setBit },
  ofIntegers("And", (a, b) => a & b),
  ofIntegers("Or", (a, b) => a | b),
  ofIntegers("Xor", (a, b) => a ^ b),
  ofIntegers("Clear", (a, b) => a & ~b),
  ofMagnitude("OnesCount", (bits) => bits.replaceAll("0", "").length),
  ofMagnitude("Len", (bits) => bits.length),
];

export const bitsPackage: BuiltinPackage = { path: "math/bits", functions, constants: {} };
