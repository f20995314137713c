import { intArgument, lazyArgument } from "./arguments.ts";
import type { Builtin, BuiltinPackage } from "./builtin.ts";
import { unmet } from "./results.ts";

/** The package `struct`: how many regular fields a struct has; hidden ones, definitions and optional ones do not count. */
const functions: readonly Builtin[] = [
  {
    name: "MinFields",
    params: ["struct", "int"],
    result: "bool",
    validator: true,
    call(args, context) {
      const struct = lazyArgument(args, 0);
      const least = intArgument(args, 1);
      const count = struct.fields()?.length ?? 0;
      if (count >= least) return true;
      const mayGrow = struct.isOpen || count + struct.constraintFields >= least;
      const message = `len(fields) < MinFields(${least}) (${count} < ${least})`;
      return unmet(context, message, mayGrow ? "incomplete" : "eval");
    },
  },
  {
    name: "MaxFields",
    params: ["struct", "int"],
    result: "bool",
    validator: true,
    call(args, context) {
      const most = intArgument(args, 1);
      const count = lazyArgument(args, 0).fields()?.length ?? 0;
      return count <= most || unmet(context, `len(fields) > MaxFields(${most}) (${count} > ${most})`);
    },
  },
];

export const structPackage: BuiltinPackage = { path: "struct", functions, constants: {} };
