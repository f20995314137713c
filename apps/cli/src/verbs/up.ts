import { outcomeOf } from "../application-view.ts";
import { connect, connectionOptions, type ConnectOptions } from "../connect.ts";
import { adviceFor, deliver, describeDelivered, isApplication, watchToRest } from "../deliver.ts";
import { loadFiles, printDiagnostics } from "../manifests.ts";
import { deadline } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { parseDuration } from "../duration.ts";
import { type Verb, filesArgument } from "../verb.ts";

interface UpOptions extends ConnectOptions {
  readonly namespace: string;
  readonly file: readonly string[];
  readonly wait: boolean;
  readonly timeout: string;
  readonly force?: boolean;
}

export const verb: Verb = {
  summary: "deliver applications: validate, apply, follow until suspended, healthy or failed",
  configure(command, run) {
    filesArgument(connectionOptions(command), "manifest (YAML, JSON) or definition (CUE); may be given several times")
      .option("--no-wait", "apply and return")
      .option("--timeout <duration>", "how long to follow", "10m")
      .option("--force", "take over fields that others own")
      .action((files: readonly string[], options: UpOptions) =>
        run(async (context) => {
          const { terminal, signal, cwd } = context;
          const paths = [...options.file, ...files];
          if (paths.length === 0) {
            terminal.error("lateen up: name a file: lateen up -f app.yaml");
            return 2;
          }
          const loaded = await loadFiles(paths, cwd);
          if (loaded.diagnostics.length > 0) {
            printDiagnostics(terminal, loaded.diagnostics, loaded.texts);
            return 1;
          }
          await using client = connect(options, context);
          const result = await deliver(client, loaded.manifests, {
            namespace: options.namespace,
            signal,
            ...(options.force && { force: true }),
          });
          if (result.kind === "refused") {
            printDiagnostics(terminal, result.diagnostics, loaded.texts);
            terminal.error("nothing was applied");
            return 1;
          }
          for (const one of result.objects) terminal.line(describeDelivered(one));
          if (!options.wait) return 0;
          using limit = deadline(signal, parseDuration(options.timeout), "follow the delivery");
          let exit = 0;
          for (const { object, change } of result.objects.filter((one) => isApplication(one.object))) {
            const rested = change === "unchanged" ? outcomeOf(object) : undefined;
            if (rested === "healthy") {
              terminal.line(`${object.metadata.name ?? ""} is as declared: nothing to do`);
              continue;
            }
            const since =
              change === "restarted"
                ? (valueAt(object, "status", "workflow", "startTime") as string | undefined)
                : undefined;
            const { outcome, tree } = await watchToRest(client, object, { terminal, signal: limit.signal, since });
            for (const line of adviceFor(
              outcome,
              tree,
              object.metadata.name ?? "",
              object.metadata.namespace ?? "default",
            ))
              terminal.line(line);
            if (outcome === "failed") exit = 1;
          }
          return exit;
        }),
      );
  },
};
