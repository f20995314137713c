import { applicationApi, readApplication } from "../application-view.ts";
import { connect, connectionOptions, type ConnectOptions } from "../connect.ts";
import { printData } from "../output.ts";
import { drawApplication } from "../tree.ts";
import type { Verb } from "../verb.ts";

interface StatusOptions extends ConnectOptions {
  readonly namespace: string;
  readonly tree?: boolean;
  readonly output?: string;
}

export const verb: Verb = {
  summary: "show an application: workflow, components, what they made, what is wrong",
  configure(command, run) {
    connectionOptions(command)
      .argument("<name>", "application")
      .option("--tree", "every object below the components, with addresses")
      .option("-o, --output <format>", "json or yaml: the status as data")
      .action((name: string, options: StatusOptions) =>
        run(async (context) => {
          const { terminal, signal } = context;
          await using client = connect(options, context);
          if (options.output !== undefined) {
            const application = await client.get({ ...applicationApi, namespace: options.namespace, name }, { signal });
            terminal.write(printData(application["status"] ?? {}, options.output));
            return 0;
          }
          const { tree } = await readApplication(client, { namespace: options.namespace, name }, { signal });
          for (const line of drawApplication(tree, { paint: terminal.style, resources: options.tree ? "all" : "none" }))
            terminal.line(line);
          return 0;
        }),
      );
  },
};
