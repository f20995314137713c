import type { JsonValue } from "@lateen/base";
import { type AdoptMode, type AdoptedObject, adoptingApplication, isOnlyMarked } from "@lateen/delivery/pure";
import { type KubeObject, describeObject, toYaml } from "@lateen/objects";
import type { Preview } from "@lateen/server/preview";
import { findObjects, liveOf } from "../adopt/find-objects.ts";
import { type HelmRelease, readHelmRelease } from "../adopt/helm-release.ts";
import { type ConnectOptions, connect, connectionOptions } from "../connect.ts";
import { describeDifferences } from "../difference.ts";
import { askPreview } from "../preview/ask-preview.ts";
import { fieldsOf, realChanges } from "../preview/changed-fields.ts";
import { headOf } from "../preview/draw-preview.ts";
import { connectRaw } from "../raw.ts";
import type { Terminal } from "../terminal.ts";
import type { Verb, VerbContext } from "../verb.ts";

interface AdoptFlags extends ConnectOptions {
  readonly namespace: string;
  readonly type: string;
  readonly mode: string;
  readonly appName?: string;
  readonly driver: string;
  readonly selector?: string;
  readonly all?: boolean;
  readonly apply?: boolean;
  readonly recycle?: boolean;
}

export const verb: Verb = {
  summary: "make an Application of what runs already: by name, label or Helm release, proven to change nothing",
  configure(command, run) {
    connectionOptions(command)
      .argument("[references...]", "TYPE/NAME or TYPE/NAMESPACE/NAME, as deployment/web; of Helm: the release")
      .option("-t, --type <type>", "native or helm", "native")
      .option(
        "-m, --mode <mode>",
        "read-only: only refer to the objects; take-over: hold them from now on",
        "read-only",
      )
      .option("--app-name <name>", "name of the Application (the first object's, or the release's, without it)")
      .option("-l, --selector <labels>", "all objects with these labels")
      .option("--all", "all Deployments, StatefulSets and DaemonSets (or of these types) that no Application owns")
      .option("-d, --driver <driver>", "where Helm keeps its releases: secret or configmap", "secret")
      .option("--apply", "apply the Application, once a preview has proven that it changes nothing")
      .option("--recycle", "with --type helm --apply: delete Helm's records of the release afterwards")
      .addHelpText("after", "\nThe plan is the Application, on standard output; the proof is told on standard error.")
      .action((references: readonly string[], flags: AdoptFlags) =>
        run((context) => adopt(references, flags, context)),
      );
  },
};

async function adopt(references: readonly string[], flags: AdoptFlags, context: VerbContext): Promise<number> {
  const { terminal, signal } = context;
  const { mode, type } = checked(flags);
  await using client = connect(flags, context);
  await using server = connectRaw(flags, context);
  let release: HelmRelease | undefined;
  let objects: readonly AdoptedObject[];
  if (type === "helm") {
    const [name, ...more] = references;
    if (name === undefined || more.length > 0) throw new Error("name one release: lateen adopt RELEASE --type helm");
    const driver = flags.driver === "configmap" ? "configmap" : "secret";
    release = await readHelmRelease(client, { name, namespace: flags.namespace, driver, signal });
    objects = await liveOf(server, release.manifests, flags.namespace);
  } else {
    const { namespace, all = false, selector } = flags;
    objects = await findObjects(server, { namespace, references, all, selector });
  }
  const [first] = objects;
  if (first === undefined) throw new Error("nothing to adopt: name objects (deployment/web), labels (-l) or --all");
  const name = flags.appName ?? release?.name ?? first.object.metadata.name ?? "adopted";
  const application = adoptingApplication({ name, namespace: flags.namespace, mode, type, objects });
  terminal.write(toYaml(application as unknown as JsonValue));
  const proven = await prove(application, flags, context);
  if (!proven) return 1;
  if (flags.apply !== true) {
    terminal.error("nothing was applied: the same with --apply does it");
    return 0;
  }
  await client.apply(application, { fieldManager: "lateen", signal });
  terminal.error(`${describeObject(application)} applied: it holds ${objects.length} objects (${mode})`);
  if (flags.recycle === true && release !== undefined) await recycle(release, flags, context);
  return 0;
}

/** @throws Error for flags that mean nothing. */
function checked({ mode, type, recycle, apply }: AdoptFlags): {
  readonly mode: AdoptMode;
  readonly type: "native" | "helm";
} {
  if (mode !== "read-only" && mode !== "take-over") throw new Error(`--mode ${mode}: read-only or take-over`);
  if (type !== "native" && type !== "helm") throw new Error(`--type ${type}: native or helm`);
  if (recycle === true && (type !== "helm" || apply !== true))
    throw new Error("--recycle goes with --type helm --apply");
  return { mode, type };
}

/** Delivers the Application on a fork: nothing but the marks of its owner may change. */
async function prove(application: KubeObject, flags: AdoptFlags, context: VerbContext): Promise<boolean> {
  const { preview } = await askPreview([application], { ...flags, answer: [] }, context);
  return tellProof(preview, context.terminal);
}

function tellProof(preview: Preview, terminal: Terminal): boolean {
  for (const { status } of preview.refusals) terminal.error(`refused: ${status.message}`);
  const [subject] = preview.subjects;
  const changes = realChanges(preview.changes).filter(({ before, after }) => (after ?? before)?.kind !== "Application");
  const wrong = changes.filter(
    ({ before, after }) => before === undefined || after === undefined || !isOnlyMarked(before, after),
  );
  for (const change of wrong) {
    terminal.error(`${change.action} ${describeObject((change.after ?? change.before)!)}`);
    if (change.action === "changed")
      for (const line of describeDifferences(fieldsOf(change))) terminal.error(`  ${line}`);
  }
  if (subject?.end !== "healthy" && subject !== undefined) terminal.error(headOf(subject));
  const holds = preview.refusals.length === 0 && wrong.length === 0 && subject?.end === "healthy";
  const marked =
    changes.length === 0
      ? "no object is written"
      : `${changes.length} objects get the marks of their owner, nothing else`;
  terminal.error(holds ? `proven on a fork: ${marked}` : "not proven: it is not adopted");
  return holds;
}

async function recycle({ name, records }: HelmRelease, flags: AdoptFlags, context: VerbContext): Promise<void> {
  await using client = connect(flags, context);
  for (const { apiVersion, kind, metadata } of records)
    await client.delete(
      { apiVersion, kind, namespace: metadata.namespace, name: metadata.name ?? "" },
      { signal: context.signal },
    );
  context.terminal.error(`${records.length} records of Helm release ${name} deleted: Helm no longer knows it`);
}
