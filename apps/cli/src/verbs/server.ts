import { resolve } from "node:path";
import { formatMs } from "@lateen/base";
import { nodeModes, startServer, type NodeMode } from "@lateen/server/embedded";
import { defaultDataDir } from "../connect.ts";
import { addServerCommands } from "../server-commands.ts";
import { createServerLog } from "../server-log.ts";
import type { Verb } from "../verb.ts";

export interface ServerFlags {
  readonly dataDir?: string;
  readonly port: string;
  readonly host: string;
  readonly node: string;
  readonly bare?: boolean;
  readonly verbose?: boolean;
  readonly tokenAuthFile?: string;
  readonly etcd?: string;
  readonly authenticationConfig?: string;
  readonly auditLog?: string;
  readonly auditPolicy?: string;
  readonly encryptionConfig?: string;
  readonly stepNetwork?: string;
  readonly triggerPort?: string;
}

export const verb: Verb = {
  summary: "run the control plane in one process; server backup, restore and fork work with it",
  configure(command, run) {
    addServerCommands(command, run);
    command
      .option("--data-dir <folder>", "where everything is kept (default: $LATEEN_DATA_DIR or ~/.lateen)")
      .option("--port <number>", "port of the API; 0 takes a free one", "6443")
      .option("--host <address>", "address to listen on", "127.0.0.1")
      .option("--node <mode>", `how pods run: ${nodeModes.join(", ")}`, "process")
      .option("--bare", "the API server alone: no controllers, no node")
      .option("--etcd <endpoints>", "keep the objects in this etcd v3 (host:port, …), which several servers may share")
      .option("--token-auth-file <file>", 'known bearer tokens, a line each: token,user,uid,"group1,group2"')
      .option("--authentication-config <file>", "AuthenticationConfiguration: issuers of OIDC tokens")
      .option("--audit-log <file>", "where to write what was asked of the API, a JSON text a line")
      .option(
        "--audit-policy <file>",
        "Policy of audit.k8s.io/v1: how much of which requests; default: all, without objects",
      )
      .option("--encryption-config <file>", "EncryptionConfiguration: what is encrypted at rest, and with which keys")
      .option("--step-network <reach>", "where requests of workflow steps may go: local or shared")
      .option("--trigger-port <number>", "port for requests that start workflow runs (Triggers with a webhook)")
      .option("--verbose", "log what controllers do")
      .action((flags: ServerFlags) =>
        run(async ({ terminal, signal, env, cwd }) => {
          const started = Date.now();
          const dataDir = resolve(cwd, flags.dataDir ?? defaultDataDir(env));
          await using server = await startServer(
            {
              dataDir,
              host: flags.host,
              port: parsePort(flags.port),
              nodeMode: parseNodeMode(flags.node),
              parts: flags.bare ? "bare" : "all",
              ...(flags.etcd !== undefined && { etcdEndpoints: flags.etcd.split(",").map((part) => part.trim()) }),
              ...(flags.tokenAuthFile !== undefined && { tokenFile: resolve(cwd, flags.tokenAuthFile) }),
              ...securityFiles(flags, cwd),
              ...(flags.stepNetwork !== undefined && { stepNetwork: parseStepNetwork(flags.stepNetwork) }),
              ...(flags.triggerPort !== undefined && { triggerPort: parsePort(flags.triggerPort, "--trigger-port") }),
              log: createServerLog(terminal, flags.verbose ? "debug" : "warn"),
            },
            { signal },
          );
          const own = resolve(defaultDataDir(env)) === dataDir ? "" : ` --data-dir ${flags.dataDir ?? dataDir}`;
          terminal.line(`ready in ${formatMs(Date.now() - started)}`);
          terminal.line(`  address     ${server.address}`);
          terminal.line(`  data        ${dataDir}`);
          terminal.line(`  kubeconfig  ${server.kubeconfigPath}`);
          if (server.triggerAddress !== undefined)
            terminal.line(`  triggers    ${server.triggerAddress}/triggers/NAMESPACE/NAME`);
          terminal.line();
          terminal.line(`  lateen up -f app.yaml${own}          deliver an application`);
          terminal.line(`  lateen ls -A${own}                   see what runs`);
          terminal.line(`  export KUBECONFIG=${server.kubeconfigPath}   then kubectl and helm work`);
          terminal.line();
          await server.untilStopped(signal);
          terminal.line("stopping …");
          return 0;
        }),
      );
  },
};

function securityFiles(flags: ServerFlags, cwd: string): Partial<Record<(typeof securityFlags)[number], string>> {
  const given = securityFlags.flatMap((name) => {
    const path = flags[name];
    return path === undefined ? [] : [[name, resolve(cwd, path)] as const];
  });
  return Object.fromEntries(given);
}

const securityFlags = ["authenticationConfig", "auditLog", "auditPolicy", "encryptionConfig"] as const;

export function parsePort(text: string, option = "--port"): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${option} ${text}: a port is a number from 0 to 65535`);
  return port;
}

export function parseNodeMode(text: string): NodeMode {
  const mode = nodeModes.find((one) => one === text);
  if (mode === undefined) throw new Error(`--node ${text}: one of ${nodeModes.join(", ")}`);
  return mode;
}

function parseStepNetwork(text: string): "local" | "shared" {
  if (text === "local" || text === "shared") return text;
  throw new Error(`--step-network ${text}: local (everything but link-local addresses) or shared (public addresses)`);
}
