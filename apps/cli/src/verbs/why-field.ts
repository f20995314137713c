import {
  type ExplainedObject,
  type RecordedApplication,
  createDefinitionSet,
  explainApplication,
  recordedApplication,
} from "@lateen/delivery/pure";
import { type KubeObject, describeObject } from "@lateen/objects";
import { gzipCompression } from "@lateen/server/embedded";
import { type ConnectOptions, connect, connectionOptions } from "../connect.ts";
import { isApplication } from "../deliver.ts";
import { loadFiles, parseFieldPath, printDiagnostics } from "../manifests.ts";
import { printData } from "../output.ts";
import { type Verb, type VerbContext, filesOption } from "../verb.ts";
import { definitionsFor, readDefinitions } from "../why/definitions.ts";
import { inNamespace, placedDiagnostic } from "../why/explain-files.ts";
import { explanationJson, printLeaf } from "../why/print.ts";
import { type PlaceOf, placeIn } from "../why/reason-text.ts";

interface WhyOptions extends ConnectOptions {
  readonly file: readonly string[];
  readonly output?: string;
}

export const verb: Verb = {
  summary: "say why a field of an application's object is as it is: definition, parameter, trait, policy",
  configure(command, run) {
    filesOption(
      connectionOptions(command).argument(
        "<field>",
        "APP/OBJECT/PATH: shop/Deployment/spec.replicas, or shop/Deployment/front/spec.replicas",
      ),
      "ask a file instead of the server; may be given several times",
    )
      .option("-o, --output <format>", "json or yaml: the chain as data")
      .action((field: string, flags: WhyOptions) => run((context) => whyField(field, flags, context)));
  },
};

interface Subject {
  readonly recorded: RecordedApplication;
  readonly placeOf: PlaceOf;
}

async function whyField(field: string, flags: WhyOptions, context: VerbContext): Promise<number> {
  const { terminal } = context;
  const [name, ...parts] = field.split("/");
  if (name === undefined || name === "" || parts.length === 0) {
    terminal.error("lateen why-field: name a field as APP/OBJECT/PATH: lateen why-field shop/Deployment/spec.replicas");
    return 2;
  }
  const subject =
    flags.file.length > 0 ? await fromFiles(name, flags, context) : await fromServer(name, flags, context);
  if (subject === undefined) return 1;
  const target = targetOf(parts);
  const { objects, diagnostics } = explainApplication({
    ...subject.recorded,
    wanted: { object: (object) => target.isObject(object), leaf: (path, object) => target.holds(path, object) },
  });
  const errors = diagnostics.filter(({ severity }) => severity !== "warning");
  printDiagnostics(terminal, errors, new Map());
  if (errors.length > 0) return 1;
  const found = objects.filter(({ leaves }) => leaves.length > 0);
  if (found.length === 0) return nothingFound(subject, { name, target, objects }, context);
  if (flags.output !== undefined)
    terminal.write(
      printData(
        found.map((one) => explanationJson(one, subject.placeOf)),
        flags.output,
      ),
    );
  else for (const one of found) for (const leaf of one.leaves) printLeaf(terminal, one, leaf, subject.placeOf);
  return 0;
}

async function fromServer(name: string, flags: WhyOptions, context: VerbContext): Promise<Subject> {
  const { signal } = context;
  await using client = connect(flags, context);
  const live = createDefinitionSet(await readDefinitions(client, signal));
  const { namespace = "default" } = flags;
  const recorded = await recordedApplication(client, { namespace, name, live, compression: gzipCompression, signal });
  return { recorded, placeOf: () => undefined };
}

async function fromFiles(name: string, flags: WhyOptions, context: VerbContext): Promise<Subject | undefined> {
  const { terminal, cwd } = context;
  const loaded = await loadFiles(flags.file, cwd);
  const manifest = loaded.manifests.find(({ object }) => isApplication(object) && object.metadata.name === name);
  const unknown = {
    code: "file",
    message: `there is no Application ${name} in ${flags.file.join(", ")}`,
    path: [],
    causes: [],
  };
  const problems = loaded.diagnostics.length > 0 ? loaded.diagnostics : manifest === undefined ? [unknown] : [];
  printDiagnostics(terminal, problems, loaded.texts);
  if (manifest === undefined || problems.length > 0) return undefined;
  const application = inNamespace(manifest, flags.namespace);
  const definitions = await definitionsFor(loaded, flags, context);
  const result = explainApplication({ application, definitions, wanted: { object: () => false } });
  if (result.diagnostics.some(({ severity }) => severity !== "warning")) {
    printDiagnostics(
      terminal,
      result.diagnostics.map((one) => placedDiagnostic(one, manifest)),
      loaded.texts,
    );
    return undefined;
  }
  return { recorded: { application, definitions }, placeOf: placeIn(manifest) };
}

interface Target {
  readonly text: string;
  isObject(object: KubeObject): boolean;
  holds(path: readonly (string | number)[], object: KubeObject): boolean;
}

/** `Deployment/spec.replicas`, `Deployment/front/spec.replicas`, `front/spec.replicas`, or an object alone. */
function targetOf(parts: readonly string[]): Target {
  const [first = "", ...rest] = parts;
  const isNamed = (name: string | undefined, { kind, metadata }: KubeObject): boolean =>
    kind.toLowerCase() === first.toLowerCase() && metadata.name === name;
  const pathFor = (object: KubeObject): readonly (string | number)[] =>
    parseFieldPath((isNamed(rest[0], object) ? rest.slice(1) : rest).join("/"));
  return {
    text: parts.join("/"),
    isObject: (object) => object.kind.toLowerCase() === first.toLowerCase() || object.metadata.name === first,
    holds: (leaf, object) => pathFor(object).every((part, index) => String(leaf[index]) === String(part)),
  };
}

function nothingFound(
  { recorded }: Subject,
  { name, target, objects }: { name: string; target: Target; objects: readonly ExplainedObject[] },
  { terminal }: VerbContext,
): number {
  const known = objects.length > 0 ? objects : explainApplication({ ...recorded, limit: 0 }).objects;
  const shown = [...new Set(known.map(({ object }) => describeObject(object)))].join(", ");
  terminal.error(
    objects.length > 0
      ? `lateen why-field: ${shown} of ${name} has no such field: ${target.text}`
      : `lateen why-field: ${name} makes no ${target.text}; it makes ${shown}`,
  );
  return 1;
}
