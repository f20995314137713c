import { errorMessage, formatPath, isAborted } from "@lateen/base";
import type { JsonValue } from "@lateen/base";
import { declaredOf } from "@lateen/delivery/pure";
import { toYaml } from "@lateen/objects";
import type { PreviewChange } from "@lateen/server/preview";
import { connectionOptions } from "../connect.ts";
import { printData } from "../output.ts";
import { type PreviewFlags, askPreview, previewOptions } from "../preview/ask-preview.ts";
import { fieldsOf, realChanges } from "../preview/changed-fields.ts";
import { headOf } from "../preview/draw-preview.ts";
import { loadOrSay, refusalsOf } from "../preview/load-subjects.ts";
import { printDiagnostics } from "../manifests.ts";
import type { Terminal } from "../terminal.ts";
import { type Verb, type VerbContext, filesArgument } from "../verb.ts";

interface DiffFlags extends PreviewFlags {
  readonly file: readonly string[];
  readonly output?: string;
}

/** As `kubectl diff`: 0 nothing differs, 1 something does, more than 1 it could not be told. */
const exitCodes = { same: 0, differs: 1, trouble: 2 } as const;

export const verb: Verb = {
  summary: "what applying files would change in the end, field by field, by a run on a fork",
  configure(command, run) {
    filesArgument(previewOptions(connectionOptions(command)))
      .option("-o, --output <format>", "json or yaml: the changes as data")
      .addHelpText("after", "\nExit code: 0 nothing would change, 1 something would, 2 it cannot be told.")
      .action((files: readonly string[], flags: DiffFlags) =>
        run(async (context) => {
          try {
            return await diff([...flags.file, ...files], flags, context);
          } catch (error) {
            if (isAborted(error)) throw error;
            context.terminal.error(`lateen diff: ${errorMessage(error)}`);
            return exitCodes.trouble;
          }
        }),
      );
  },
};

async function diff(paths: readonly string[], flags: DiffFlags, context: VerbContext): Promise<number> {
  const { terminal } = context;
  if (paths.length === 0) throw new Error("name a file: lateen diff -f app.yaml");
  const loaded = await loadOrSay(paths, context);
  if (loaded === undefined) return exitCodes.trouble;
  const { preview } = await askPreview(
    loaded.manifests.map(({ object }) => object),
    flags,
    context,
  );
  const refusals = refusalsOf(preview, loaded);
  printDiagnostics(terminal, refusals, loaded.texts);
  const changes = realChanges(preview.changes);
  if (flags.output !== undefined) terminal.write(printData(changes, flags.output));
  else for (const change of changes) showChange(change, terminal);
  for (const subject of preview.subjects)
    if (subject.end !== "healthy" && subject.end !== "refused") terminal.error(headOf(subject));
  const unsure = preview.subjects.some(({ end }) => end === "failed" || end === "stopped" || end === "waiting");
  if (refusals.length > 0 || unsure) return exitCodes.trouble;
  return changes.length > 0 ? exitCodes.differs : exitCodes.same;
}

const signs = { created: "+", deleted: "-", changed: "~" } as const;
const styles = { created: "green", deleted: "red", changed: "yellow" } as const;

function showChange(change: PreviewChange, terminal: Terminal): void {
  const { action, before, after } = change;
  const { kind, metadata } = (after ?? before)!;
  const name = `${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name ?? ""}`;
  terminal.line(terminal.style(`${signs[action]} ${kind} ${name}`, styles[action], "bold"));
  if (action === "created")
    for (const line of toYaml(declaredOf(after!) as JsonValue)
      .trimEnd()
      .split("\n"))
      terminal.line(terminal.style(`+   ${line}`, "green"));
  if (action !== "changed") return;
  for (const { path, before: was, after: is } of fieldsOf(change)) {
    terminal.line(`    ${formatPath(path)}`);
    if (was !== undefined) for (const line of linesOf(was)) terminal.line(terminal.style(`-     ${line}`, "red"));
    if (is !== undefined) for (const line of linesOf(is)) terminal.line(terminal.style(`+     ${line}`, "green"));
  }
}

const linesOf = (value: JsonValue): readonly string[] =>
  typeof value === "object" && value !== null ? toYaml(value).trimEnd().split("\n") : String(value).split("\n");
