import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type JsonValue, errorMessage, formatMs, isAborted } from "@lateen/base";
import type { Client } from "@lateen/client";
import { restartWorkflow, resumeWorkflow } from "@lateen/delivery/pure";
import { type KubeObject, describeObject } from "@lateen/objects";
import { type RunningServer, startServer } from "@lateen/server/embedded";
import { followApplication, outcomeOf } from "../application-view.ts";
import { defaultDataDir } from "../connect.ts";
import { adviceFor, deliver, describeDelivered, isApplication } from "../deliver.ts";
import { describeDifferences, differencesOf } from "../difference.ts";
import { listenForKeys } from "../keys.ts";
import { createLiveBlock, type LiveBlock } from "../live.ts";
import { logsOfApplication } from "../logs.ts";
import { loadFiles, type LoadedFiles, type Manifest } from "../manifests.ts";
import { parseImageMappings } from "../images.ts";
import { createServerLog } from "../server-log.ts";
import type { Terminal } from "../terminal.ts";
import { drawApplication, newsBetween } from "../tree.ts";
import type { Verb, VerbContext } from "../verb.ts";
import { formatDiagnostic, type Diagnostic } from "@lateen/base";
import type { ApplicationTree } from "@lateen/delivery/pure";
import { watchFiles } from "../watch-files.ts";
import { parseNodeMode, parsePort } from "./server.ts";

interface DevFlags {
  readonly dataDir?: string;
  readonly port: string;
  readonly host: string;
  readonly node: string;
  readonly namespace: string;
  readonly createNamespace: readonly string[];
  readonly image: readonly string[];
  readonly run: readonly string[];
  readonly verbose?: boolean;
}

const collect = (one: string, all: readonly string[]): readonly string[] => [...all, one];

export const verb: Verb = {
  summary: "server and delivery in one terminal: files are watched, each save is validated and delivered",
  configure(command, run) {
    command
      .argument(
        "<files...>",
        "manifests and definition files; CUE files in a folder definitions/ beside them are taken too",
      )
      .option("--data-dir <folder>", "where everything is kept (default: $LATEEN_DATA_DIR or ~/.lateen)")
      .option("--port <number>", "port of the API; 0 takes a free one", "6443")
      .option("--host <address>", "address to listen on", "127.0.0.1")
      .option("--node <mode>", "how pods run: process, process-shell, strict, simulated", "process")
      .option("-n, --namespace <name>", "namespace of what names none", "default")
      .option("--create-namespace <name>", "make a namespace that has to exist", collect, [])
      .option("--image <image=folder>", "run your own folder where a manifest says this image", collect, [])
      .option("--run <command>", "the command for the --image before it", collect, [])
      .option("--verbose", "log what controllers do")
      .action((files: readonly string[], flags: DevFlags) => run((context) => develop(files, flags, context)));
  },
};

async function develop(files: readonly string[], flags: DevFlags, context: VerbContext): Promise<number> {
  const { terminal, cwd, env } = context;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const paths = files.flatMap((file) => [resolve(cwd, file), ...definitionsBeside(resolve(cwd, file))]);
  const started = Date.now();
  const dataDir = resolve(cwd, flags.dataDir ?? defaultDataDir(env));
  terminal.line("starting the control plane …");
  await using server = await startServer(
    {
      dataDir,
      host: flags.host,
      port: parsePort(flags.port),
      nodeMode: parseNodeMode(flags.node),
      images: parseImageMappings(flags.image, flags.run, cwd),
      log: createServerLog(terminal, flags.verbose ? "debug" : "error"),
    },
    { signal },
  );
  terminal.line(`ready in ${formatMs(Date.now() - started)}: ${server.address}, kubeconfig ${server.kubeconfigPath}`);
  for (const name of flags.createNamespace) await ensureNamespace(server.client, name, signal);
  const session = new Session(server, { terminal, signal, cwd, namespace: flags.namespace, paths });
  using _watching = watchFiles(paths, () => session.filesSaved());
  using _keys = listenForKeys(
    terminal,
    (key) => session.key(key, () => stop.abort(new DOMException("quit", "AbortError"))),
    () => stop.abort(new DOMException("quit", "AbortError")),
  );
  if (terminal.interactive)
    terminal.line(terminal.style("r resume · l logs · q quit; save a file to deliver it", "dim"));
  terminal.line();
  await session.run();
  terminal.line("stopping …");
  return 0;
}

/** Definition files that belong to a manifest: `definitions/*.cue` beside it. */
function definitionsBeside(path: string): string[] {
  const folder = join(dirname(path), "definitions");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".cue"))
    .map((name) => join(folder, name));
}

async function ensureNamespace(client: Client, name: string, signal: AbortSignal): Promise<void> {
  await client.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    { fieldManager: "lateen", force: true, signal },
  );
}

interface SessionOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly namespace: string;
  readonly paths: readonly string[];
}

/** Applications of a session follow their definitions (KubeVela's own annotation), so that a saved definition is seen. */
function followingDefinitions(manifest: Manifest): Manifest {
  const { object } = manifest;
  if (!isApplication(object)) return manifest;
  const annotations = { "app.oam.dev/autoUpdate": "true", ...object.metadata.annotations };
  return { ...manifest, object: { ...object, metadata: { ...object.metadata, annotations } } };
}

/** One run of `lateen dev`: delivers at the start and after each save, and draws the applications all the while. */
class Session {
  readonly #server: RunningServer;
  readonly #options: SessionOptions;
  readonly #block: LiveBlock;
  readonly #trees = new Map<string, ApplicationTree>();
  readonly #advice = new Map<string, string>();
  readonly #followed = new Map<string, Promise<void>>();
  #loaded: LoadedFiles | undefined;
  #work: Promise<void> = Promise.resolve();
  #logs: AbortController | undefined;

  constructor(server: RunningServer, options: SessionOptions) {
    this.#server = server;
    this.#options = options;
    this.#block = createLiveBlock(options.terminal);
  }

  /** Until the signal aborts. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    this.#queue(() => this.#deliver());
    await this.#server.untilStopped(signal);
    this.#logs?.abort();
    await this.#work;
    await Promise.allSettled(this.#followed.values());
    this.#block.finish();
  }

  filesSaved(): void {
    this.#queue(() => this.#deliver());
  }

  key(key: string, quit: () => void): void {
    if (key === "q") quit();
    else if (key === "r") this.#queue(() => this.#resume());
    else if (key === "l") this.#toggleLogs();
  }

  /** One thing after another; what goes wrong is shown and the session goes on. */
  #queue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      if (!isAborted(error)) this.#block.note(this.#options.terminal.style(errorMessage(error), "red"));
    });
  }

  async #deliver(): Promise<void> {
    const { signal, cwd, namespace, paths } = this.#options;
    if (signal.aborted) return;
    const before = this.#loaded;
    const loaded = await loadFiles(paths, cwd);
    if (loaded.diagnostics.length > 0) {
      this.#refuse(loaded.diagnostics, loaded, before);
      return;
    }
    for (const line of this.#changes(before, loaded)) this.#block.note(line);
    const result = await deliver(this.#server.client, loaded.manifests.map(followingDefinitions), {
      namespace,
      signal,
      force: true,
    });
    if (result.kind === "refused") {
      this.#refuse(result.diagnostics, loaded, before);
      return;
    }
    this.#loaded = loaded;
    const changedDefinition = result.objects.some(
      ({ object, change }) => change === "configured" && object.kind.endsWith("Definition"),
    );
    for (const one of result.objects) {
      if (before === undefined || one.change !== "unchanged") this.#block.note(describeDelivered(one));
      if (!isApplication(one.object)) continue;
      this.#follow(one.object);
      if (before !== undefined && changedDefinition && one.change === "unchanged") await this.#deliverAgain(one.object);
    }
  }

  /** Its spec has not changed, so that nothing would run by itself. */
  async #deliverAgain({ metadata }: KubeObject): Promise<void> {
    const target = { namespace: metadata.namespace ?? "default", name: metadata.name ?? "" };
    await restartWorkflow(this.#server.client, target);
    this.#block.note(`a definition has changed: ${target.namespace}/${target.name} is delivered again`);
  }

  #refuse(diagnostics: readonly Diagnostic[], loaded: LoadedFiles, before: LoadedFiles | undefined): void {
    const { terminal } = this.#options;
    for (const one of diagnostics) {
      for (const line of formatDiagnostic(one, { sourceText: (source) => loaded.texts.get(source) }).split("\n"))
        this.#block.note(terminal.style(line, "red"));
    }
    this.#block.note(
      before === undefined ? "not delivered: mend the file and save it" : "not delivered; what runs is left as it is",
    );
  }

  #changes(before: LoadedFiles | undefined, after: LoadedFiles): string[] {
    if (before === undefined) return [];
    return after.manifests.flatMap(({ object }) => {
      const old = before.manifests.find(
        (one) =>
          one.object.kind === object.kind &&
          one.object.metadata.name === object.metadata.name &&
          one.object.metadata.namespace === object.metadata.namespace,
      );
      if (old === undefined) return [`+ ${describeObject(object)}`];
      return describeDifferences(differencesOf(old.object as unknown as JsonValue, object as unknown as JsonValue)).map(
        (line) =>
          this.#options.terminal.style(line, line.startsWith("-") ? "red" : line.startsWith("+") ? "green" : "yellow"),
      );
    });
  }

  #follow(application: KubeObject): void {
    const { terminal, signal } = this.#options;
    const namespace = application.metadata.namespace ?? "default";
    const name = application.metadata.name ?? "";
    const key = `${namespace}/${name}`;
    if (this.#followed.has(key)) return;
    const following = followApplication(
      this.#server.client,
      { namespace, name },
      {
        signal,
        onChange: (tree, latest) => {
          const news = newsBetween(this.#trees.get(key), tree);
          this.#trees.set(key, tree);
          const outcome = outcomeOf(latest);
          const advice = outcome === undefined ? "" : adviceFor(outcome, tree, name, namespace).join("\n");
          if (advice !== "" && advice !== this.#advice.get(key)) news.push(...advice.split("\n"));
          this.#advice.set(key, advice);
          this.#draw(news);
        },
      },
    ).then(
      () => this.#forget(key),
      (error: unknown) => {
        this.#forget(key);
        if (!isAborted(error) && !signal.aborted)
          this.#block.note(terminal.style(`${key}: ${errorMessage(error)}`, "red"));
      },
    );
    this.#followed.set(key, following);
  }

  #forget(key: string): void {
    this.#followed.delete(key);
    this.#trees.delete(key);
    this.#advice.delete(key);
    this.#draw([]);
  }

  #draw(news: readonly string[]): void {
    const paint = this.#options.terminal.style;
    const lines = [...this.#trees].flatMap(([key, tree]) => [
      ...drawApplication(tree, { paint, resources: "all" }),
      ...(this.#advice.get(key) ?? "")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => paint(`  ${line}${/suspended/.test(line) ? " or press r" : ""}`, "yellow")),
    ]);
    this.#block.update(lines, news);
  }

  async #resume(): Promise<void> {
    for (const tree of this.#trees.values()) {
      if (tree.workflow?.suspended !== true) continue;
      await resumeWorkflow(this.#server.client, { namespace: tree.namespace, name: tree.name });
      this.#block.note(`workflow of ${tree.namespace}/${tree.name} resumed`);
    }
  }

  #toggleLogs(): void {
    if (this.#logs !== undefined) {
      this.#logs.abort(new DOMException("logs off", "AbortError"));
      this.#logs = undefined;
      return;
    }
    const logs = new AbortController();
    this.#logs = logs;
    const { signal } = this.#options;
    for (const tree of this.#trees.values()) {
      const following = logsOfApplication(
        this.#server.client,
        { namespace: tree.namespace, name: tree.name },
        {
          follow: true,
          tailLines: 20,
          signal: AbortSignal.any([signal, logs.signal]),
          onLine: (pod, line) => this.#block.note(`${this.#options.terminal.style(pod, "cyan")} ${line}`),
        },
      );
      following.catch((error: unknown) => {
        if (!isAborted(error)) this.#block.note(errorMessage(error));
      });
    }
  }
}
