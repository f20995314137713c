import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readYaml, valueAt } from "@lateen/objects";
import { type KubeconfigUser, writeUserKubeconfig } from "@lateen/server/embedded";
import { connectionOptions, type ConnectOptions, defaultDataDir, findKubeconfig } from "../connect.ts";
import type { Verb, VerbContext } from "../verb.ts";

interface KubeconfigFlags extends ConnectOptions {
  readonly user?: string;
  readonly group: readonly string[];
  readonly token?: string;
}

export const verb: Verb = {
  summary: "print the path of the kubeconfig that lateen uses: export KUBECONFIG=$(lateen kubeconfig)",
  configure(command, run) {
    connectionOptions(command)
      .option("--user <name>", "write one of another user instead, with a client certificate of its own")
      .option("--group <name>", "group of that user; may be given again", (one, all: string[]) => [...all, one], [])
      .option("--token <token>", "write one with this bearer token, and no certificate")
      .action((options: KubeconfigFlags) =>
        run((context) => {
          const user = userOf(options);
          context.terminal.line(
            user === undefined ? findKubeconfig(options, context) : writeFor(user, options, context),
          );
          return Promise.resolve(0);
        }),
      );
  },
};

function userOf({ user, group, token }: KubeconfigFlags): KubeconfigUser | undefined {
  if (user !== undefined && token !== undefined) throw new Error("--user and --token: one or the other");
  if (token !== undefined) return { kind: "token", token };
  return user === undefined ? undefined : { kind: "certificate", user, groups: group };
}

/** The server's address is that of the administrator's kubeconfig. */
function writeFor(user: KubeconfigUser, options: KubeconfigFlags, { env, cwd }: VerbContext): string {
  const dataDir = resolve(cwd, options.dataDir ?? defaultDataDir(env));
  const own = readYaml(readFileSync(findKubeconfig({ dataDir }, { env, cwd }), "utf8"));
  const server = valueAt(own, "clusters", 0, "cluster", "server");
  if (typeof server !== "string") throw new Error(`the kubeconfig of ${dataDir} names no server`);
  return writeUserKubeconfig(dataDir, { user, server, nowMs: Date.now() });
}
