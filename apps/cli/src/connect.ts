import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { Client } from "@lateen/client";
import { createClient } from "@lateen/client";
import { createNodeTransport } from "@lateen/client/node";
import type { VerbContext } from "./verb.ts";

export interface ConnectOptions {
  readonly kubeconfig?: string;
  readonly dataDir?: string;
  readonly namespace?: string;
}

export function defaultDataDir(env: VerbContext["env"]): string {
  return env["LATEEN_DATA_DIR"] ?? join(homedir(), ".lateen");
}

/** Options of every verb that talks to a server. */
export function connectionOptions(command: Command): Command {
  return command
    .option("-n, --namespace <name>", "namespace of the application", "default")
    .option(
      "--kubeconfig <file>",
      "kubeconfig of the server (default: $KUBECONFIG, the embedded server's, ~/.kube/config)",
    )
    .option("--data-dir <folder>", "data directory of an embedded server");
}

/**
 * Which kubeconfig is meant: the one named, that of the data directory named, $KUBECONFIG, the embedded server's, kubectl's own.
 * @throws with what to do when there is none.
 */
export function findKubeconfig(options: ConnectOptions, { env, cwd }: Pick<VerbContext, "env" | "cwd">): string {
  if (options.kubeconfig !== undefined) return resolve(cwd, options.kubeconfig);
  if (options.dataDir !== undefined) {
    const path = resolve(cwd, options.dataDir, "kubeconfig");
    if (!existsSync(path))
      throw new Error(
        `no server has run on the data directory ${options.dataDir} (no kubeconfig in it): start one with "lateen server --data-dir ${options.dataDir}"`,
      );
    return path;
  }
  const candidates = [
    env["KUBECONFIG"]?.split(":").find((part) => part !== ""),
    join(defaultDataDir(env), "kubeconfig"),
    join(homedir(), ".kube", "config"),
  ];
  for (const candidate of candidates)
    if (candidate !== undefined && existsSync(candidate)) return resolve(cwd, candidate);
  throw new Error('no server to talk to: start one with "lateen server" (or name a kubeconfig with --kubeconfig)');
}

/** A client of the server meant, with the CLI as field manager. Nothing is asked until the first call; a warning is shown once. */
export function connect(
  options: ConnectOptions,
  context: Pick<VerbContext, "env" | "cwd" | "terminal">,
): Client & AsyncDisposable {
  const shown = new Set<string>();
  const onWarning = (text: string): void => {
    if (shown.has(text)) return;
    shown.add(text);
    context.terminal.error(`warning: ${text}`);
  };
  const transport = createNodeTransport(findKubeconfig(options, context));
  const client = createClient({ transport, fieldManager: "lateen", onWarning });
  return Object.assign(client, { [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() });
}
