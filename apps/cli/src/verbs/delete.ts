import { deadline, isNotFound } from "@lateen/base";
import { describeObject, valueAt } from "@lateen/objects";
import { applicationApi } from "../application-view.ts";
import { connect, connectionOptions, type ConnectOptions } from "../connect.ts";
import { isApplication } from "../deliver.ts";
import { parseDuration } from "../duration.ts";
import { loadFiles, printDiagnostics } from "../manifests.ts";
import { type Verb, filesOption } from "../verb.ts";

interface DeleteOptions extends ConnectOptions {
  readonly namespace: string;
  readonly file: readonly string[];
  readonly wait: boolean;
  readonly timeout: string;
}

export const verb: Verb = {
  summary: "delete applications and everything they made, nothing else",
  configure(command, run) {
    filesOption(connectionOptions(command).argument("[names...]", "applications"), "the applications of a manifest")
      .option("--no-wait", "return before everything is gone")
      .option("--timeout <duration>", "how long to wait", "5m")
      .action((names: readonly string[], options: DeleteOptions) =>
        run(async (context) => {
          const { terminal, signal, cwd } = context;
          const targets = names.map((name) => ({ namespace: options.namespace, name }));
          if (options.file.length > 0) {
            const loaded = await loadFiles(options.file, cwd);
            if (loaded.diagnostics.length > 0) {
              printDiagnostics(terminal, loaded.diagnostics, loaded.texts);
              return 1;
            }
            for (const { object } of loaded.manifests.filter((one) => isApplication(one.object))) {
              targets.push({
                namespace: object.metadata.namespace ?? options.namespace,
                name: object.metadata.name ?? "",
              });
            }
          }
          if (targets.length === 0) {
            terminal.error("lateen delete: name an application, or a manifest with -f");
            return 2;
          }
          await using client = connect(options, context);
          using limit = deadline(signal, parseDuration(options.timeout), "wait until the application is gone");
          let exit = 0;
          for (const target of targets) exit = Math.max(exit, await deleteOne(target, limit.signal));
          return exit;

          async function deleteOne(
            target: { readonly namespace: string; readonly name: string },
            until: AbortSignal,
          ): Promise<number> {
            const ref = { ...applicationApi, ...target };
            try {
              const application = await client.get(ref, { signal: until });
              const made = (valueAt(application, "status", "appliedResources") ?? []) as readonly {
                kind: string;
                namespace?: string;
                name: string;
              }[];
              await client.delete(ref, { signal: until });
              if (!options.wait) {
                terminal.line(`${describeObject(application)} is being deleted`);
                return 0;
              }
              await gone(ref, application.metadata.uid, until);
              for (const one of made) terminal.line(`deleted ${describeObject({ kind: one.kind, metadata: one })}`);
              terminal.line(`deleted ${describeObject(application)}`);
              return 0;
            } catch (error) {
              if (!isNotFound(error)) throw error;
              terminal.error(`Application ${target.namespace}/${target.name} does not exist`);
              return 1;
            }
          }

          async function gone(
            ref: {
              readonly apiVersion: string;
              readonly kind: string;
              readonly namespace: string;
              readonly name: string;
            },
            uid: string | undefined,
            until: AbortSignal,
          ): Promise<void> {
            for (;;) {
              const now = await client
                .get(ref, { signal: until })
                .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error as Error)));
              if (now === undefined || now.metadata.uid !== uid) return;
              const events = client.watch(ref, {
                fieldSelector: `metadata.name=${ref.name}`,
                resourceVersion: now.metadata.resourceVersion ?? "",
                signal: until,
              });
              for await (const event of events) if (event.type === "DELETED") return;
            }
          }
        }),
      );
  },
};
