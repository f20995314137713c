/** `lateen server backup|restore|fork`: what is done with a server beside running it. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Command } from "commander";
import { restoreBackup } from "@lateen/server/embedded";
import { connectionOptions, type ConnectOptions, defaultDataDir } from "./connect.ts";
import { connectRaw, fieldText } from "./raw.ts";
import type { Verb } from "./verb.ts";

type Run = Parameters<Verb["configure"]>[1];

export function addServerCommands(command: Command, run: Run): void {
  connectionOptions(
    command
      .command("backup")
      .description("save everything of a running server to a file (.gz compresses); it goes on meanwhile")
      .argument("<file>"),
  ).action((file: string, _own: unknown, self: Command) =>
    run(async (context) => {
      const { terminal, cwd, signal } = context;
      const path = resolve(cwd, file);
      await using server = connectRaw(self.optsWithGlobals<ConnectOptions>(), context);
      const lines = Readable.from(await server.stream("/lateen.dev/v1/backup"));
      const half = `${path}.half`;
      try {
        const out = createWriteStream(half, { mode: 0o600, flush: true });
        await (path.endsWith(".gz")
          ? pipeline(lines, createGzip(), out, { signal })
          : pipeline(lines, out, { signal }));
        await rename(half, path);
      } catch (error) {
        await rm(half, { force: true });
        throw error;
      }
      terminal.line(`saved to ${path}: it holds keys and secrets, keep it as safe as the server`);
      return 0;
    }),
  );
  command
    .command("restore")
    .description("make a data directory from a backup, for a server to start on")
    .argument("<file>")
    .option("--data-dir <folder>", "an empty or absent one (default: $LATEEN_DATA_DIR or ~/.lateen)")
    .action((file: string, _own: unknown, self: Command) =>
      run(async ({ terminal, cwd, env }) => {
        const { dataDir } = self.optsWithGlobals<{ dataDir?: string }>();
        const folder = resolve(cwd, dataDir ?? defaultDataDir(env));
        const { entries, revision, timeMs } = await restoreBackup(resolve(cwd, file), folder);
        terminal.line(`restored ${entries} objects of ${new Date(timeMs).toISOString()}, revision ${revision}`);
        terminal.line(`  lateen server --data-dir ${folder}`);
        return 0;
      }),
    );
  connectionOptions(
    command
      .command("fork")
      .description("a second API server that begins as this one is, and keeps its changes to itself")
      .argument("<name>")
      .option("--at <when>", "a revision or a time instead of now"),
  ).action((name: string, _own: unknown, self: Command) =>
    run(async (context) => {
      const options = self.optsWithGlobals<ConnectOptions & { at?: string }>();
      await using server = connectRaw(options, context);
      const at = options.at === undefined ? "" : `?at=${encodeURIComponent(options.at)}`;
      const fork = await server.json("POST", `/lateen.dev/v1/forks/${encodeURIComponent(name)}${at}`);
      const { terminal } = context;
      terminal.line(`fork ${name} of revision ${fieldText(fork.revision)}`);
      terminal.line(`  address     ${fieldText(fork.address)}`);
      terminal.line(`  kubeconfig  ${fieldText(fork.kubeconfig)}`);
      return 0;
    }),
  );
}
