import { deepFreeze } from "@lateen/base";
import { createDefinitionSet, definitionKinds, dryRun } from "@lateen/delivery/pure";
import type { Client } from "@lateen/client";
import { type KubeObject, describeObject, toYaml } from "@lateen/objects";
import type { JsonValue } from "@lateen/base";
import { connect, connectionOptions, type ConnectOptions } from "../connect.ts";
import { isApplication } from "../deliver.ts";
import { type Manifest, loadFiles, printDiagnostics } from "../manifests.ts";
import { printData } from "../output.ts";
import type { Diagnostic } from "@lateen/base";
import type { Verb } from "../verb.ts";
import { explainFiles } from "../why/explain-files.ts";

interface DryRunFlags extends ConnectOptions {
  readonly namespace: string;
  readonly file: readonly string[];
  readonly output?: string;
  readonly explain?: boolean;
}

export const verb: Verb = {
  summary: "show the objects that an application would make, step by step, without making them",
  configure(command, run) {
    connectionOptions(command)
      .argument("[files...]", "manifests (as with -f)")
      .option(
        "-f, --file <file>",
        "manifest or definition; may be given several times",
        (file: string, files: string[]) => [...files, file],
        [] as string[],
      )
      .option("-o, --output <format>", "json or yaml: the groups as data")
      .option("--explain", "say beside each field which line of which definition wrote it, and what it depends on")
      .action((files: readonly string[], flags: DryRunFlags) =>
        run(async (context) => {
          const { terminal, signal, cwd } = context;
          const paths = [...flags.file, ...files];
          if (paths.length === 0) {
            terminal.error("lateen dry-run: name a file: lateen dry-run -f app.yaml");
            return 2;
          }
          if (flags.explain === true) return await explainFiles(paths, flags, context);
          const loaded = await loadFiles(paths, cwd);
          if (loaded.diagnostics.length > 0) {
            printDiagnostics(terminal, loaded.diagnostics, loaded.texts);
            return 1;
          }
          await using client = connect(flags, context);
          const installed = await readDefinitions(client, signal);
          const local = loaded.manifests.filter(({ object }) => !isApplication(object)).map(({ object }) => object);
          const definitions = createDefinitionSet([
            ...installed.filter(
              (one) => !local.some((own) => own.kind === one.kind && own.metadata.name === one.metadata.name),
            ),
            ...local,
          ]);
          let exit = 0;
          for (const manifest of loaded.manifests.filter(({ object }) => isApplication(object))) {
            const application = {
              ...manifest.object,
              metadata: { namespace: flags.namespace, ...manifest.object.metadata },
            } as KubeObject;
            const result = dryRun({ application, definitions });
            const diagnostics = result.diagnostics.map((one) => placed(one, manifest));
            printDiagnostics(terminal, diagnostics, loaded.texts);
            if (result.diagnostics.some(({ severity }) => severity !== "warning")) {
              exit = 1;
              continue;
            }
            if (flags.output !== undefined) {
              terminal.write(printData(result.groups, flags.output));
              continue;
            }
            for (const { step, cluster, namespace, component, objects } of result.groups) {
              for (const object of objects) {
                terminal.line(
                  terminal.style(
                    `# ${step}: component ${component} → ${cluster === "" ? "local" : cluster}/${namespace}: ${describeObject(object)}`,
                    "dim",
                  ),
                );
                terminal.write(`---\n${toYaml(object as unknown as JsonValue)}`);
              }
            }
          }
          return exit;
        }),
      );
  },
};

async function readDefinitions(client: Client, signal: AbortSignal): Promise<KubeObject[]> {
  const lists = await Promise.all(
    Object.values(definitionKinds).map(async (kind) => {
      const { items } = await client.list({ apiVersion: "core.oam.dev/v1beta1", kind }, { signal });
      return items.map((item) => deepFreeze({ ...item, apiVersion: "core.oam.dev/v1beta1", kind }) as KubeObject);
    }),
  );
  return lists.flat();
}

/** A diagnostic with the line of the person's file instead of the field path alone. */
function placed(diagnostic: Diagnostic, manifest: Manifest): Diagnostic {
  const pos = manifest.positionOf(diagnostic.path);
  return pos === undefined
    ? diagnostic
    : {
        ...diagnostic,
        causes:
          diagnostic.pos === undefined
            ? diagnostic.causes
            : [
                { code: "declared", message: "declared here", path: [], causes: [], pos: diagnostic.pos },
                ...diagnostic.causes,
              ],
        pos,
      };
}
