import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Diagnostic, type Fix, formatPath, formatPos } from "@lateen/base";
import { type FixedText, fixText } from "@lateen/delivery/pure";
import { type ConnectOptions, connectionOptions } from "../connect.ts";
import { type LoadedFiles, loadFiles, printDiagnostics } from "../manifests.ts";
import { printData } from "../output.ts";
import { type Verb, type VerbContext, filesArgument } from "../verb.ts";
import { definitionsFor } from "../why/definitions.ts";
import { differingLines } from "../why/text-difference.ts";

interface FixFlags extends ConnectOptions {
  readonly file: readonly string[];
  readonly output?: string;
  readonly write?: boolean;
  readonly dryRun?: boolean;
}

export const verb: Verb = {
  summary: "mend an application file where what was meant is certain, and show that the result renders",
  configure(command, run) {
    filesArgument(connectionOptions(command))
      .option("--write", "write the mended text into the file")
      .option("--dry-run", "show it only (this is what happens without --write)")
      .option("-o, --output <format>", "json or yaml: what is wrong and what is changed, as data")
      .addHelpText("after", "\nExit code: 0 nothing is wrong any more, 1 something is left, 2 used wrongly.")
      .action((files: readonly string[], flags: FixFlags) => run((context) => fix(files, flags, context)));
  },
};

async function fix(files: readonly string[], flags: FixFlags, context: VerbContext): Promise<number> {
  const { terminal, cwd } = context;
  const paths = [...flags.file, ...files];
  const complaint =
    paths.length === 0
      ? "name a file: lateen fix -f app.yaml"
      : flags.write === true && flags.dryRun === true
        ? "--write and --dry-run say the opposite of each other"
        : undefined;
  if (complaint !== undefined) {
    terminal.error(`lateen fix: ${complaint}`);
    return 2;
  }
  const loaded = await loadFiles(paths, cwd);
  if (loaded.diagnostics.length > 0) {
    printDiagnostics(terminal, loaded.diagnostics, loaded.texts);
    return 1;
  }
  const definitions = await definitionsFor(loaded, flags, context);
  const data: unknown[] = [];
  let exit = 0;
  for (const [path, source] of sourcesOf(paths, loaded)) {
    const text = loaded.texts.get(source) ?? "";
    const { namespace } = flags;
    const fixed = fixText(text, { source, definitions, ...(namespace === undefined ? {} : { namespace }) });
    if (fixed.diagnostics.some(isError)) exit = 1;
    if (flags.output === undefined) report({ source, text, fixed, flags }, context);
    else data.push(fixedJson(source, fixed));
    if (flags.write === true && fixed.text !== text) await writeFile(resolve(cwd, path), fixed.text);
  }
  if (flags.output !== undefined) terminal.write(printData(data, flags.output));
  return exit;
}

const isError = ({ severity }: Diagnostic): boolean => severity !== "warning";

/** The manifests among the files, each with the name that it is shown by. */
function sourcesOf(paths: readonly string[], { texts }: LoadedFiles): readonly (readonly [string, string])[] {
  const shown = [...texts.keys()];
  return paths.flatMap((path, index) => (path.endsWith(".cue") ? [] : [[path, shown[index] ?? path] as const]));
}

const changeText = (change: Fix): string =>
  change.kind === "rename" ? `is now ${change.name}` : `is now ${JSON.stringify(change.value)}`;

function report(
  {
    source,
    text,
    fixed,
    flags,
  }: { readonly source: string; readonly text: string; readonly fixed: FixedText; readonly flags: FixFlags },
  { terminal }: VerbContext,
): void {
  for (const { fix: change, pos, message } of fixed.applied) {
    terminal.line(`${formatPos(pos)}: ${formatPath(change.path)} ${changeText(change)}`);
    terminal.line(terminal.style(`  for ${message}`, "dim"));
  }
  for (const line of differingLines(text, fixed.text))
    terminal.line(
      line.startsWith("-") ? terminal.style(line, "red") : line.startsWith("+") ? terminal.style(line, "green") : line,
    );
  printDiagnostics(terminal, fixed.diagnostics, new Map([[source, fixed.text]]));
  const left = fixed.diagnostics.filter(isError).length;
  const isChanged = fixed.applied.length > 0;
  const done = isChanged ? `${fixed.applied.length} fixed` : "nothing to change";
  const written = !isChanged ? "" : flags.write === true ? ", written" : "; --write writes it";
  terminal.line(
    left > 0
      ? `${source}: ${isChanged ? `${done}${written}, ` : ""}${left} left that you have to decide`
      : `${source}: ${done}${written}: it renders ${fixed.objects} ${fixed.objects === 1 ? "object" : "objects"}`,
  );
}

const fixedJson = (source: string, { applied, diagnostics, objects, text }: FixedText): unknown => ({
  source,
  applied: applied.map(({ fix: change, pos, message }) => ({ ...change, path: formatPath(change.path), pos, message })),
  left: diagnostics.map((one) => ({ ...one, causes: undefined, path: formatPath(one.path) })),
  objects,
  text,
});
