import type { JsonValue } from "@lateen/base";
import { describeObject, toYaml } from "@lateen/objects";
import { connectionOptions } from "../connect.ts";
import { printDiagnostics } from "../manifests.ts";
import { printData } from "../output.ts";
import { type PreviewFlags, askPreview, previewOptions } from "../preview/ask-preview.ts";
import { assumptionsOf, headOf, timelineOf } from "../preview/draw-preview.ts";
import { loadOrSay, refusalsOf } from "../preview/load-subjects.ts";
import { type Verb, type VerbContext, filesArgument } from "../verb.ts";
import { explainFiles } from "../why/explain-files.ts";

interface DryRunFlags extends PreviewFlags {
  readonly file: readonly string[];
  readonly output?: string;
  readonly explain?: boolean;
}

export const verb: Verb = {
  summary: "run an application on a fork in virtual time: its steps, what each would change, the objects in the end",
  configure(command, run) {
    filesArgument(previewOptions(connectionOptions(command)))
      .option("-o, --output <format>", "json or yaml: the whole preview as data")
      .option("--explain", "say beside each field which line of which definition wrote it, and what it depends on")
      .action((files: readonly string[], flags: DryRunFlags) =>
        run((context) => dryRun([...flags.file, ...files], flags, context)),
      );
  },
};

async function dryRun(paths: readonly string[], flags: DryRunFlags, context: VerbContext): Promise<number> {
  const { terminal } = context;
  if (paths.length === 0) {
    terminal.error("lateen dry-run: name a file: lateen dry-run -f app.yaml");
    return 2;
  }
  if (flags.explain === true) return await explainFiles(paths, flags, context);
  const loaded = await loadOrSay(paths, context);
  if (loaded === undefined) return 1;
  const { preview, ground } = await askPreview(
    loaded.manifests.map(({ object }) => object),
    flags,
    context,
  );
  printDiagnostics(terminal, refusalsOf(preview, loaded), loaded.texts);
  const failed =
    preview.refusals.length > 0 ||
    preview.subjects.some(({ end }) => end === "failed" || end === "stopped" || end === "waiting");
  if (flags.output !== undefined) {
    terminal.write(printData(preview, flags.output));
    return failed ? 1 : 0;
  }
  const note = (text: string): void => terminal.line(terminal.style(`# ${text}`, "dim"));
  note(`previewed on ${ground}; ${assumptionsOf(preview).join("; ")}`);
  for (const subject of preview.subjects) {
    if (subject.end === "refused") continue;
    note(headOf(subject));
    for (const line of timelineOf(subject)) note(line);
    for (const { step, component, cluster, manifest } of subject.resources) {
      const place = `${cluster}/${manifest.metadata.namespace ?? ""}`;
      const by = step === "" ? "" : `${step}: `;
      const what = component === "" ? "" : `component ${component} → `;
      note(`${by}${what}${place}: ${describeObject(manifest)}`);
      terminal.write(`---\n${toYaml(manifest as unknown as JsonValue)}`);
    }
  }
  return failed ? 1 : 0;
}
