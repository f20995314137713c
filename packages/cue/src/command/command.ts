import { type Diagnostic } from "@lateen/base";
import { Context } from "../context.ts";
import { CueValue } from "../cue-value.ts";
import { formatFile } from "../format/format.ts";
import { parseFile } from "../syntax/index.ts";
import type { Decl } from "../syntax/ast.ts";
import { CueError, type SyntaxOptions, type Value } from "../value.ts";
import { type Arguments, CommandError, readArguments } from "./arguments.ts";
import { type Encoding, cueText, dataText, encodingOf } from "./encode.ts";
import { type Instance, dataInputs, filesToFormat, loadInputs, registerModule } from "./load.ts";
import { placed, placementOf } from "./place-data.ts";
import { readData } from "./read-data.ts";
import { errorText } from "./say-errors.ts";
import { type FileTree, baseOf } from "./tree.ts";

/** What a command printed, and the code that it ends with: 0, or 1 where something is wrong. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The commands, by name: what each does, in a line. */
export const commands: Readonly<Record<string, string>> = {
  def: "print what was written, joined and cleaned up",
  eval: "print what values are",
  export: "print concrete data: JSON, YAML, CUE, TOML, text",
  fmt: "format files in place",
  import: "write data files as CUE files",
  vet: "check files, and data against a schema",
};

/**
 * CUE's command on a tree of files: `runCommand(["export", "a.cue", "--out", "yaml"], tree)`. Flags and texts are those of
 * CUE's own; what is not here is refused.
 */
export function runCommand(argv: readonly string[], tree: FileTree): CommandResult {
  const output = new Output();
  try {
    const [name = "", ...rest] = argv;
    const run = Object.hasOwn(runs, name) ? runs[name] : undefined;
    if (run === undefined) throw new CommandError(`unknown command "${name}" for "cue"`);
    run({ flags: readArguments(rest), tree, output });
  } catch (error) {
    if (error instanceof CueError) output.fail(errorText(error.diagnostics));
    else if (error instanceof CommandError) output.fail(`${error.message}\n`);
    else throw error;
  }
  return output.result;
}

class Output {
  #stdout = "";
  #stderr = "";
  #code = 0;

  print(text: string): void {
    this.#stdout += text;
  }

  note(text: string): void {
    this.#stderr += text;
  }

  fail(text: string): void {
    this.#stderr += text;
    this.#code = 1;
  }

  get result(): CommandResult {
    return { code: this.#code, stdout: this.#stdout, stderr: this.#stderr };
  }
}

interface Call {
  readonly flags: Arguments;
  readonly tree: FileTree;
  readonly output: Output;
}

const runs: Readonly<Record<string, (call: Call) => void>> = {
  def: runDef,
  eval: runEval,
  export: runExport,
  fmt: runFmt,
  import: runImport,
  vet: runVet,
};

/** A value that a command works on. */
interface Subject {
  readonly value: Value;
  readonly instance: Instance | undefined;
  /** The expression that it is, where several were asked for. */
  readonly expression: string | undefined;
}

function wrongOf(value: Value, concrete: boolean): readonly Diagnostic[] {
  return value instanceof CueValue ? value.problems({ concrete }) : value.validate({ concrete });
}

/** The instances that the inputs name, data unified with them, or the expressions that are asked for in each. */
function subjectsOf({ flags, tree }: Call): Subject[] {
  const inputs = loadInputs(tree, flags.inputs, flags.one("package"));
  const context = new Context();
  registerModule(context, tree);
  const files = inputs.data.map((input) => readData(context, tree, input));
  const data = placed(context, files, placementOf(flags));
  const built = inputs.instances.map((instance) => ({ instance, value: build(context, instance, flags) }));
  const whole: { readonly instance: Instance | undefined; readonly value: Value }[] =
    built.length === 0 ? [{ instance: undefined, value: context.compile("_") }] : built;
  return whole.flatMap(({ instance, value }) => {
    const joined = data.reduce((sum, part) => sum.unify(part), value);
    const schema = flags.one("schema");
    const checked = schema === undefined ? joined : joined.unify(expressionIn(context, value, schema));
    const expressions = flags.all("expression");
    if (expressions.length === 0) return [{ value: checked, instance, expression: undefined }];
    return expressions.map((expression) => ({
      value: expressionIn(context, checked, expression),
      instance,
      expression: expressions.length > 1 ? expression : undefined,
    }));
  });
}

function build(context: Context, { files }: Instance, flags: Arguments): Value {
  return context.buildInstance(files, { tags: flags.all("inject") });
}

function expressionIn(context: Context, scope: Value, text: string): Value {
  const broken = wrongOf(scope, false).filter(({ code }) => code === "compile");
  if (broken.length > 0) throw new CueError(broken);
  const found = /^[\p{L}_$#][\p{L}\p{Nd}_$#]*(?:\.[\p{L}_$#][\p{L}\p{Nd}_$#]*)*$/u.test(text)
    ? scope.lookupPath(text)
    : undefined;
  return found?.exists === true ? found : context.compile(text, { scope, filename: "--expression" });
}

/** Writes to the file that is asked for, else to the output. */
function write({ flags, tree, output }: Call, text: string): void {
  const file = flags.one("outfile");
  if (file === undefined || file === "-") {
    output.print(text);
    return;
  }
  const name = file.replace(/^[a-z]+:/, "");
  if (name === "-") output.print(text);
  else if (tree.read(name) !== undefined && flags.flag("force") !== true)
    throw new CommandError(`error writing "${name}": file already exists`);
  else tree.write(name, text);
}

// Commands -------------------------------------------------------------------------------------------------------------

function runExport(call: Call): void {
  const { flags } = call;
  const encoding = encodingOf(flags.one("out"), flags.one("outfile"), "json");
  const texts: string[] = [];
  for (const { value } of subjectsOf(call)) {
    const wrong = wrongOf(value, true);
    if (wrong.length > 0) {
      if (texts.length > 0) write(call, joined(texts, encoding));
      throw new CueError(wrong);
    }
    texts.push(
      encoding === "cue"
        ? cueText(value, {
            syntax: { final: true, simplify: true, docs: true, attributes: true },
            packageName: flags.one("package"),
          })
        : dataText(value, encoding, flags.flag("escape") === true),
    );
  }
  write(call, joined(texts, encoding));
}

function joined(texts: readonly string[], encoding: Encoding): string {
  return texts.join(encoding === "yaml" ? "---\n" : encoding === "cue" ? "// ---\n" : "");
}

function runEval(call: Call): void {
  const { flags, output } = call;
  const encoding = encodingOf(flags.one("out"), flags.one("outfile"), "cue");
  const all = flags.flag("all") === true;
  const syntax: SyntaxOptions = {
    final: true,
    simplify: true,
    definitions: true,
    attributes: flags.flag("show-attributes") === true,
    optional: all || flags.flag("show-optional") === true,
    hidden: all || flags.flag("show-hidden") === true,
    errorPaths: true,
  };
  const subjects = subjectsOf(call);
  const names = new Set(subjects.map(({ instance }) => instance?.name));
  const texts: string[] = [];
  for (const { value, instance, expression } of subjects) {
    const name = expression ?? (names.size > 1 ? instance?.name : undefined);
    const wrong =
      flags.flag("ignore") === true ? [] : wrongOf(value, flags.flag("concrete") === true || encoding !== "cue");
    if (wrong.length > 0) {
      if (name !== undefined) output.note(`// ${name}\n`);
      output.fail(errorText(wrong));
      continue;
    }
    const evaluated: SyntaxOptions = isKnown(value) ? syntax : { ...syntax, final: false, evaluated: "defaults taken" };
    const text =
      encoding === "cue"
        ? cueText(value, { syntax: evaluated, blanks: true, simplify: flags.flag("simplify") === true })
        : dataText(value, encoding);
    texts.push(name === undefined ? text : `// ${name}\n${text}`);
  }
  write(call, texts.join(""));
}

/** Whether nothing is missing in it. */
function isKnown(value: Value): boolean {
  return wrongOf(value, true).length === 0;
}

function runDef(call: Call): void {
  const { flags } = call;
  const encoding = encodingOf(flags.one("out"), flags.one("outfile"), "cue");
  if (encoding !== "cue") throw new CommandError(`def --out ${encoding} is not here`);
  const texts = subjectsOf(call).map(({ value, instance, expression }) => {
    const wrong = wrongOf(value, false);
    if (wrong.length > 0) throw new CueError(wrong);
    const clause = flags.all("expression").length > 0 ? undefined : clauseOf(instance);
    return cueText(value, {
      syntax: {
        docs: true,
        simplify: true,
        attributes: true,
        namesRanges: true,
        definitions: true,
        hidden: true,
        optional: true,
        inlineImports: flags.flag("inline-imports") === true,
      },
      clause,
      packageName: flags.one("package"),
      simplify: expression !== undefined,
    });
  });
  write(call, joined(texts, "cue"));
}

/** The package clause of an instance, with what is said of the package. */
function clauseOf(instance: Instance | undefined): Decl | undefined {
  for (const { text } of instance?.files ?? []) {
    const clause = parseFile(text).file.decls.find((decl) => decl.kind === "package");
    if (clause !== undefined) return clause;
  }
  return undefined;
}

function runVet(call: Call): void {
  const { flags, tree, output } = call;
  const inputs = loadInputs(tree, flags.inputs, flags.one("package"));
  const context = new Context();
  registerModule(context, tree);
  if (inputs.data.length > 0) {
    vetData(call, context, inputs);
    return;
  }
  const concrete = flags.flag("concrete");
  for (const instance of inputs.instances) {
    const value = build(context, instance, flags);
    const wrong = wrongOf(value, false);
    if (wrong.length > 0) output.fail(errorText(wrong));
    else if (concrete === true) output.fail(errorText(wrongOf(value, true)));
    else if (concrete === undefined && !isKnown(value))
      output.fail(
        "some instances are incomplete; use the -c flag to show errors or -c=false to allow incomplete instances\n",
      );
  }
}

function vetData(
  { flags, tree, output }: Call,
  context: Context,
  { instances, data }: ReturnType<typeof loadInputs>,
): void {
  const [instance] = instances;
  if (instance === undefined) throw new CommandError("data files specified without a schema");
  const whole = build(context, instance, flags);
  const broken = wrongOf(whole, false);
  if (broken.length > 0) throw new CueError(broken);
  const schemas = flags.all("schema").map((text) => expressionIn(context, whole, text));
  const schema = schemas.length === 0 ? whole : schemas.reduce((sum, part) => sum.unify(part));
  const files = data.map((input) => readData(context, tree, input));
  for (const part of placed(context, files, placementOf(flags))) {
    const wrong = wrongOf(part.unify(schema), true);
    if (wrong.length > 0) output.fail(errorText(wrong));
  }
}

function runFmt({ flags, tree, output }: Call): void {
  const inputs = flags.inputs.length === 0 ? ["."] : flags.inputs;
  const all = [...new Set(inputs.flatMap((input) => filesToFormat(tree, input)))].toSorted();
  for (const name of all) {
    const text = tree.read(name);
    if (text === undefined) throw new CommandError(`open ${name}: no such file or directory`);
    const { file, diagnostics } = parseFile(text, { filename: name });
    if (diagnostics.length > 0) throw new CueError(diagnostics);
    const formatted = formatFile(file, { simplify: flags.flag("simplify") === true });
    if (formatted === text) continue;
    if (flags.flag("check") === true) {
      output.print(`${name}\n`);
      output.fail("");
    } else tree.write(name, formatted);
  }
}

function runImport(call: Call): void {
  const { flags, tree, output } = call;
  const context = new Context();
  const placement = placementOf(flags);
  for (const input of dataInputs(tree, flags.inputs)) {
    const { name } = input;
    const file = readData(context, tree, input);
    if (file.documents.length !== 1 && placement.paths.length === 0 && !placement.isList)
      throw new CommandError(`${name} holds ${file.documents.length} documents: flag --path or --list is required`);
    const [first, ...others] = placed(context, [file], placement);
    if (first === undefined) continue;
    const only = others.reduce((sum, part) => sum.unify(part), first);
    const wrong = wrongOf(only, false);
    if (wrong.length > 0) throw new CueError(wrong);
    const text = cueText(only, { syntax: { final: true, simplify: true }, packageName: flags.one("package") });
    if (flags.one("outfile") !== undefined) {
      write(call, text);
      continue;
    }
    const target = name.replace(/\.[^./]+$/, ".cue");
    if (tree.read(target) !== undefined && flags.flag("force") !== true)
      output.note(`Skipping file "${baseOf(target)}": already exists.\nUse -f to overwrite it.\n`);
    else tree.write(target, text);
  }
}
