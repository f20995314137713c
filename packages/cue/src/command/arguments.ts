/** Something about how the command was called, or about a file that it needs, is wrong. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** A flag: whether it takes a value, and its short name. */
interface Flag {
  readonly short?: string;
  readonly takesValue?: boolean;
}

const flags: Readonly<Record<string, Flag>> = {
  all: { short: "a" },
  attributes: { short: "A" },
  check: {},
  concrete: { short: "c" },
  diff: {},
  "dry-run": {},
  escape: {},
  expression: { short: "e", takesValue: true },
  force: { short: "f" },
  ignore: { short: "i" },
  "inline-imports": {},
  inject: { short: "t", takesValue: true },
  list: {},
  out: { takesValue: true },
  outfile: { short: "o", takesValue: true },
  optional: {},
  package: { short: "p", takesValue: true },
  path: { short: "l", takesValue: true },
  schema: { short: "d", takesValue: true },
  "show-attributes": { short: "A" },
  "show-hidden": { short: "H" },
  "show-optional": { short: "O" },
  simplify: { short: "s" },
  "with-context": {},
};

/** What a command was called with. */
export class Arguments {
  readonly inputs: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(inputs: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.inputs = inputs;
    this.#values = values;
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  one(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  /** Whether a flag without a value is set; undefined where nothing is said. */
  flag(name: string): boolean | undefined {
    const value = this.one(name);
    return value === undefined ? undefined : value !== "false";
  }
}

/**
 * Reads flags wherever they stand: `-e x`, `-ex`, `--out=json`, `-c=false`.
 * @throws CommandError for a flag that is not known.
 */
export function readArguments(argv: readonly string[]): Arguments {
  const inputs: string[] = [];
  const values = new Map<string, string[]>();
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!;
    if (argument === "--") {
      inputs.push(...argv.slice(at + 1));
      break;
    }
    if (!/^-./.test(argument)) {
      inputs.push(argument);
      continue;
    }
    const { name, given } = flagOf(argument);
    let value = given;
    if (value === undefined && flags[name]!.takesValue === true) {
      value = argv[++at];
      if (value === undefined) throw new CommandError(`flag needs an argument: ${argument}`);
    }
    values.set(name, [...(values.get(name) ?? []), value ?? "true"]);
  }
  return new Arguments(inputs, values);
}

function flagOf(argument: string): { readonly name: string; readonly given: string | undefined } {
  if (argument.startsWith("--")) {
    const [, name = "", given] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (!Object.hasOwn(flags, name)) throw new CommandError(`unknown flag: --${name}`);
    return { name, given };
  }
  const short = argument[1]!;
  const name = Object.keys(flags).find((known) => flags[known]!.short === short);
  if (name === undefined) throw new CommandError(`unknown shorthand flag: '${short}' in ${argument}`);
  const rest = argument.slice(2).replace(/^=/, "");
  return { name, given: rest === "" ? undefined : rest };
}
