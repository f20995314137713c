import { type KubeObject, valueAt } from "@lateen/objects";
import { applicationApi, phaseOf } from "../application-view.ts";
import { connect, connectionOptions, type ConnectOptions } from "../connect.ts";
import { formatAge, printData } from "../output.ts";
import { formatTable } from "../terminal.ts";
import type { Verb } from "../verb.ts";

interface ListOptions extends ConnectOptions {
  readonly namespace: string;
  readonly allNamespaces?: boolean;
  readonly output?: string;
}

export const verb: Verb = {
  summary: "list applications",
  configure(command, run) {
    connectionOptions(command)
      .option("-A, --all-namespaces", "of every namespace")
      .option("-o, --output <format>", "json or yaml")
      .action((options: ListOptions) =>
        run(async (context) => {
          const { terminal, signal } = context;
          await using client = connect(options, context);
          const { items } = await client.list(
            { ...applicationApi, namespace: options.allNamespaces ? undefined : options.namespace },
            { signal },
          );
          if (options.output !== undefined) {
            terminal.write(printData(items, options.output));
            return 0;
          }
          if (items.length === 0) {
            terminal.error(
              options.allNamespaces
                ? "no application"
                : `no application in namespace ${options.namespace} (-A lists all)`,
            );
            return 0;
          }
          const rows = items.flatMap((application) => rowsOf(application, options.allNamespaces === true));
          const headings = ["APP", "COMPONENT", "TYPE", "TRAITS", "PHASE", "HEALTHY", "STATUS", "AGE"];
          for (const line of formatTable(options.allNamespaces ? ["NAMESPACE", ...headings] : headings, rows))
            terminal.line(line);
          return 0;
        }),
      );
  },
};

/** One row a component, as `vela ls` does. */
function rowsOf(application: KubeObject, withNamespace: boolean): string[][] {
  const components = (valueAt(application, "spec", "components") ?? []) as readonly {
    name: string;
    type: string;
    traits?: readonly { type: string }[];
  }[];
  const services = (valueAt(application, "status", "services") ?? []) as readonly {
    name: string;
    healthy?: boolean;
    message?: string;
  }[];
  return components.map((component, i) => {
    const own = services.filter(({ name }) => name === component.name);
    const healthy = own.length === 0 ? "" : own.every((one) => one.healthy === true) ? "healthy" : "unhealthy";
    return [
      ...(withNamespace ? [application.metadata.namespace ?? ""] : []),
      i === 0 ? (application.metadata.name ?? "") : "└─",
      component.name,
      component.type,
      (component.traits ?? []).map(({ type }) => type).join(","),
      phaseOf(application),
      healthy,
      own
        .map(({ message }) => message ?? "")
        .filter((message) => message !== "")
        .join("; "),
      formatAge(application.metadata.creationTimestamp, Date.now()),
    ];
  });
}
