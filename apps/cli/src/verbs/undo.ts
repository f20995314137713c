import { undoDeletion } from "@lateen/delivery/pure";
import { gzipCompression } from "@lateen/server/embedded";
import { type ConnectOptions, connect, connectionOptions } from "../connect.ts";
import type { Verb } from "../verb.ts";

interface UndoOptions extends ConnectOptions {
  readonly namespace: string;
}

export const verb: Verb = {
  summary: "make again what a receipt says was deleted (kept for 24 hours)",
  configure(command, run) {
    connectionOptions(command)
      .argument("<receipt>", "name of the receipt: kubectl get secrets -l lateen.dev/receipt=true")
      .action((name: string, options: UndoOptions) =>
        run(async (context) => {
          const { terminal, signal } = context;
          await using client = connect(options, context);
          const { namespace } = options;
          const done = await undoDeletion(client, { namespace, name, compression: gzipCompression, signal });
          for (const object of done.restored) terminal.line(`made again: ${object}`);
          for (const object of done.existing) terminal.line(`left as it is, for it exists: ${object}`);
          return done.restored.length + done.existing.length > 0 ? 0 : 1;
        }),
      );
  },
};
