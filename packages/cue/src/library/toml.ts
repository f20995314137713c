import { lazyArgument, textOrBytesArgument } from "./arguments.ts";
import type { Builtin, BuiltinPackage } from "./builtin.ts";
import { readToml } from "./toml-read.ts";
import { tomlText } from "./toml-text.ts";

/** The package `encoding/toml`. */
const functions: readonly Builtin[] = [
  {
    name: "Marshal",
    params: ["top"],
    result: "string",
    call(args, context) {
      const text = tomlText(lazyArgument(args, 0).concrete());
      context.spend(1, text.length);
      return text;
    },
  },
  {
    name: "Unmarshal",
    params: ["bytes | string"],
    result: "top",
    call(args, context) {
      const text = textOrBytesArgument(args, 0);
      context.spend(1, text.length);
      return readToml(text);
    },
  },
];

export const tomlPackage: BuiltinPackage = { path: "encoding/toml", functions, constants: {} };
