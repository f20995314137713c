import { deadline } from "@lateen/base";
import { rollbackApplication } from "@lateen/delivery/pure";
import { readApplication } from "../application-view.ts";
import { type ConnectOptions, connect, connectionOptions } from "../connect.ts";
import { adviceFor, watchToRest } from "../deliver.ts";
import { parseDuration } from "../duration.ts";
import { gzipCompression } from "@lateen/server/embedded";
import type { Verb } from "../verb.ts";

interface RollbackOptions extends ConnectOptions {
  readonly namespace: string;
  readonly revision?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

export const verb: Verb = {
  summary: "deliver an earlier revision again, with the definitions and policies it had",
  configure(command, run) {
    connectionOptions(command)
      .argument("<name>", "application")
      .option("-r, --revision <revision>", "which one: shop-v3 or 3 (default: the last that succeeded before)")
      .option("--no-wait", "return at once")
      .option("--timeout <duration>", "how long to follow", "10m")
      .action((name: string, options: RollbackOptions) =>
        run(async (context) => {
          const { terminal, signal } = context;
          await using client = connect(options, context);
          const target = { namespace: options.namespace, name };
          const { application: before, tree: baseline } = await readApplication(client, target, { signal });
          const { revision } = options;
          const compression = gzipCompression;
          const chosen = await rollbackApplication(client, { ...target, revision, compression, signal });
          terminal.line(`${options.namespace}/${name} goes back to ${chosen}`);
          if (!options.wait) return 0;
          using limit = deadline(signal, parseDuration(options.timeout), "follow the rollback");
          const { outcome, tree } = await watchToRest(client, before, {
            terminal,
            signal: limit.signal,
            since: undefined,
            baseline,
          });
          for (const line of adviceFor(outcome, tree, name, options.namespace)) terminal.line(line);
          return outcome === "failed" ? 1 : 0;
        }),
      );
  },
};
