import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isNotFound, systemClock } from "@lateen/base";
import type { Client } from "@lateen/client";
import { managedResourcesOf } from "@lateen/delivery/pure";
import type { KubeObject } from "@lateen/objects";
import type { Fleet, FleetApplication } from "@lateen/server/preview";
import { type ConnectOptions, connect } from "../connect.ts";
import { describeDifferences } from "../difference.ts";
import { printData } from "../output.ts";
import { fieldsOf } from "../preview/changed-fields.ts";
import { loadOrSay } from "../preview/load-subjects.ts";
import type { Terminal } from "../terminal.ts";
import type { Verb, VerbContext } from "../verb.ts";

interface TryFlags extends ConnectOptions {
  readonly fromExport?: string;
  readonly output?: string;
}

export const verb: Verb = {
  summary: "whether the Applications of an export, or of a cluster, would run here as they run there",
  configure(command, run) {
    command
      .option("--from-export <folder>", "folder of exported objects, as kubectl get -o yaml writes them")
      .option("--kubeconfig <file>", "read them from this cluster instead; nothing is written to it")
      .option("-o, --output <format>", "json or yaml: the report as data")
      .addHelpText(
        "after",
        "\nExit code: 0 all render and nothing would change, 1 something would change, 2 some are refused or fail.",
      )
      .action((flags: TryFlags) => run((context) => tryThem(flags, context)));
  },
};

async function tryThem(flags: TryFlags, context: VerbContext): Promise<number> {
  const { terminal, signal } = context;
  if ((flags.fromExport === undefined) === (flags.kubeconfig === undefined)) {
    terminal.error("lateen try: name a folder with --from-export DIR, or a cluster with --kubeconfig FILE");
    return 2;
  }
  const exported =
    flags.fromExport === undefined ? await readCluster(flags, context) : await readFolder(flags.fromExport, context);
  if (exported === undefined) return 2;
  const { tryFleet } = await import("@lateen/server/preview");
  const fleet = await tryFleet(exported, { clock: systemClock, signal });
  if (flags.output !== undefined) terminal.write(printData(fleet, flags.output));
  else show(fleet, terminal);
  if (fleet.applications.some(({ verdict }) => verdict === "refused" || verdict === "fails")) return 2;
  return fleet.applications.some(({ verdict }) => verdict === "differs") ? 1 : 0;
}

const maxFiles = 5_000;

async function readFolder(folder: string, context: VerbContext): Promise<readonly KubeObject[] | undefined> {
  const root = resolve(context.cwd, folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new Error(`read the exported objects of --from-export ${folder}`, { cause: error });
  });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json|cue)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  if (files.length === 0) throw new Error(`${folder}: no .yaml, .json or .cue file in it`);
  if (files.length > maxFiles) throw new Error(`${folder}: more than ${maxFiles} files; try a part of them`);
  const loaded = await loadOrSay(files, context, { lists: "kept" });
  return loaded?.manifests.map(({ object }) => object);
}

const oam = "core.oam.dev/v1beta1";
const readKinds = [
  ["v1", "Namespace"],
  [oam, "ComponentDefinition"],
  [oam, "TraitDefinition"],
  [oam, "PolicyDefinition"],
  [oam, "WorkflowStepDefinition"],
  ["core.oam.dev/v1alpha1", "Policy"],
  ["core.oam.dev/v1alpha1", "Workflow"],
  [oam, "Application"],
] as const;

/** Reads only: what Applications are made of, and what they have made, by their trackers. */
async function readCluster(flags: TryFlags, context: VerbContext): Promise<readonly KubeObject[]> {
  const { signal } = context;
  await using client = connect(flags, context);
  const objects: KubeObject[] = [];
  for (const [apiVersion, kind] of readKinds) objects.push(...(await listAll(client, { apiVersion, kind }, signal)));
  for (const tracker of await listAll(client, { apiVersion: oam, kind: "ResourceTracker" }, signal)) {
    for (const { apiVersion, kind, namespace, name, cluster } of managedResourcesOf(tracker)) {
      if (cluster !== "" && cluster !== "local") continue;
      const live = await client
        .get({ apiVersion, kind, name, ...(namespace === "" ? {} : { namespace }) }, { signal })
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
          return undefined;
        });
      if (live !== undefined) objects.push(live);
    }
  }
  return objects;
}

async function listAll(
  client: Client,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  try {
    const { items } = await client.list({ apiVersion, kind }, { signal });
    return items.map((item) => ({ ...item, apiVersion, kind }));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

const words: Readonly<Record<FleetApplication["verdict"], string>> = {
  same: "renders; what runs stays as it is",
  differs: "renders; this would change:",
  unknown: "renders; nothing that it makes was exported, so there is nothing to compare",
  fails: "does not come to its end:",
  refused: "is refused:",
};

function show({ applications, unowned, notLoaded }: Fleet, terminal: Terminal): void {
  for (const { namespace, name, verdict, message, changes, refusals, acceptedLeniently } of applications) {
    terminal.line(`${namespace}/${name} ${words[verdict]}${verdict === "fails" ? ` ${message}` : ""}`);
    for (const change of verdict === "differs" ? changes : []) {
      const { kind, metadata } = (change.after ?? change.before)!;
      terminal.line(`  ${change.action} ${kind} ${metadata.namespace ?? ""}/${metadata.name}`);
      if (change.action === "changed")
        for (const line of describeDifferences(fieldsOf(change))) terminal.line(`    ${line}`);
    }
    for (const one of refusals)
      terminal.line(`  ${one.field === "" ? "" : `${one.field}: `}${one.message.replaceAll("\n", "\n    ")}`);
    if (acceptedLeniently)
      terminal.line(
        "  taken as it is with the annotation lateen.dev/validation: kubevela; lateen fix mends what is certain",
      );
  }
  for (const one of unowned)
    terminal.line(
      `${one.kind} ${one.namespace}/${one.name}: ${one.reason} (lateen adopt ${one.kind.toLowerCase()}/${one.name} -n ${one.namespace})`,
    );
  for (const one of notLoaded) terminal.line(`${one.object} could not be loaded: ${one.reason}`);
  const count = (...verdicts: readonly FleetApplication["verdict"][]): number =>
    applications.filter(({ verdict }) => verdicts.includes(verdict)).length;
  terminal.line(
    `${applications.length} applications: ${count("same", "differs", "unknown")} render, ${count("differs")} differ from what runs, ${count("refused")} are refused, ${count("fails")} fail; ${unowned.length} objects unowned`,
  );
}
