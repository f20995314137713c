import { DisposeStack } from "@lateen/base";
import { portForward, readKubeconfig } from "@lateen/client/node";
import { type KubeObject, valueAt } from "@lateen/objects";
import { connect, connectionOptions, findKubeconfig, type ConnectOptions } from "../connect.ts";
import { podsOfApplication } from "../logs.ts";
import type { Verb } from "../verb.ts";

interface PortForwardFlags extends ConnectOptions {
  readonly namespace: string;
  readonly component?: string;
}

export const verb: Verb = {
  summary: "reach a port of an application from this machine",
  configure(command, run) {
    connectionOptions(command)
      .argument("<name>", "application")
      .argument("[ports...]", "LOCAL:REMOTE or PORT (both the same); none: every port of the pod, on free local ones")
      .option("-c, --component <name>", "only this component's pods")
      .action((name: string, ports: readonly string[], flags: PortForwardFlags) =>
        run(async (context) => {
          const { terminal, signal } = context;
          await using client = connect(flags, context);
          const target = { namespace: flags.namespace, name };
          const pod = chooseReady(await podsOfApplication(client, target, { component: flags.component, signal }));
          if (pod === undefined) {
            terminal.error(`Application ${flags.namespace}/${name} has no ready pod to forward to`);
            return 1;
          }
          const wanted =
            ports.length > 0 ? ports.map(parsePorts) : portsOf(pod).map((port) => ({ local: 0, remote: port }));
          if (wanted.length === 0) {
            terminal.error(
              `Pod ${pod.metadata.namespace}/${pod.metadata.name} declares no port: name one, as in "lateen port-forward ${name} 8080:80"`,
            );
            return 1;
          }
          await using forwards = new DisposeStack();
          for (const { local, remote } of wanted) {
            const forward = forwards.use(
              await portForward({
                access: readKubeconfig(findKubeconfig(flags, context)),
                namespace: pod.metadata.namespace ?? "default",
                pod: pod.metadata.name ?? "",
                remotePort: remote,
                localPort: local,
                onError: (message) => terminal.error(message),
              }),
            );
            terminal.line(
              `http://127.0.0.1:${forward.port} → Pod ${pod.metadata.namespace}/${pod.metadata.name} port ${remote}`,
            );
          }
          if (!signal.aborted)
            await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
          return 0;
        }),
      );
  },
};

function chooseReady(pods: readonly KubeObject[]): KubeObject | undefined {
  return pods.find((pod) =>
    ((valueAt(pod, "status", "conditions") ?? []) as readonly { type: string; status: string }[]).some(
      ({ type, status }) => type === "Ready" && status === "True",
    ),
  );
}

function portsOf(pod: KubeObject): number[] {
  const containers = (valueAt(pod, "spec", "containers") ?? []) as readonly {
    readonly ports?: readonly { readonly containerPort: number }[];
  }[];
  return containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}

function parsePorts(text: string): { readonly local: number; readonly remote: number } {
  const parts = /^(?:(\d+):)?(\d+)$/.exec(text);
  const remote = Number(parts?.[2]);
  const local = parts?.[1] === undefined ? remote : Number(parts[1]);
  if (parts === null || remote < 1 || remote > 65_535 || local > 65_535)
    throw new Error(`"${text}" names no ports: write LOCAL:REMOTE, as in 8080:80`);
  return { local, remote };
}
