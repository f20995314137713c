import { connect, connectionOptions, type ConnectOptions } from "../connect.ts";
import { logsOfApplication } from "../logs.ts";
import type { Verb } from "../verb.ts";

interface LogsFlags extends ConnectOptions {
  readonly namespace: string;
  readonly follow?: boolean;
  readonly tail?: string;
  readonly component?: string;
  readonly container?: string;
}

export const verb: Verb = {
  summary: "print the logs of an application's pods",
  configure(command, run) {
    connectionOptions(command)
      .argument("<name>", "application")
      .option("-f, --follow", "go on as lines come")
      .option("--tail <lines>", "only the last lines of each pod")
      .option("-c, --component <name>", "only this component's")
      .option("--container <name>", "container of the pod (default: its first)")
      .action((name: string, flags: LogsFlags) =>
        run(async (context) => {
          const { terminal, signal } = context;
          await using client = connect(flags, context);
          const pods = await logsOfApplication(
            client,
            { namespace: flags.namespace, name },
            {
              ...(flags.follow && { follow: true }),
              ...(flags.tail !== undefined && { tailLines: Number(flags.tail) }),
              component: flags.component,
              container: flags.container,
              signal,
              onLine: (pod, line) => terminal.line(`${terminal.style(pod, "cyan")} ${line}`),
            },
          );
          if (pods === 0)
            terminal.error(
              `Application ${flags.namespace}/${name} has no pod${flags.component === undefined ? "" : ` of component ${flags.component}`}`,
            );
          return 0;
        }),
      );
  },
};
