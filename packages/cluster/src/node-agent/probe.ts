/** Asking a container whether it is alive or ready. Each answer comes within the probe's time limit. */
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import type { Container, Probe } from "../api/pod.ts";

export type ProbeResult =
  | { readonly kind: "success" }
  | { readonly kind: "failure"; readonly message: string }
  /** This node does not ask in that way. */
  | { readonly kind: "refused"; readonly message: string };

export interface ProbeTarget {
  readonly container: Container;
  /** Where a port of the pod is reached on this machine. */
  readonly addressOf: (port: number) => { readonly host: string; readonly port: number };
  /** Runs a command in the container's place; absent where this node runs no commands of manifests. */
  readonly exec?:
    | ((command: readonly string[], timeoutMs: number) => Promise<{ readonly code: number; readonly output: string }>)
    | undefined;
}

export function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet !== undefined) return httpProbe(probe.httpGet, { target, timeoutMs });
  if (probe.tcpSocket !== undefined) return tcpProbe(probe.tcpSocket, { target, timeoutMs });
  if (probe.exec !== undefined) return execProbe(probe.exec.command ?? [], { target, timeoutMs });
  return Promise.resolve({ kind: "refused", message: "this node asks by http and tcp only, not by grpc" });
}

interface Ask {
  readonly target: ProbeTarget;
  readonly timeoutMs: number;
}

function portNumber(port: number | string, container: Container): number | undefined {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

function httpProbe(
  { path = "/", port, host, scheme = "HTTP", httpHeaders = [] }: NonNullable<Probe["httpGet"]>,
  { target, timeoutMs }: Ask,
): Promise<ProbeResult> {
  const number = portNumber(port, target.container);
  if (number === undefined)
    return Promise.resolve({ kind: "failure", message: `the container has no port ${JSON.stringify(port)}` });
  const address = host === undefined ? target.addressOf(number) : { host, port: number };
  const secure = scheme.toUpperCase() === "HTTPS";
  return new Promise((resolve) => {
    const request = (secure ? https : http).get(
      {
        host: address.host,
        port: address.port,
        path: path.startsWith("/") ? path : `/${path}`,
        headers: {
          "user-agent": "kube-probe/1.35",
          ...Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value])),
        },
        agent: false,
        ...(secure && { rejectUnauthorized: false }),
      },
      (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        resolve(
          statusCode >= 200 && statusCode < 400
            ? { kind: "success" }
            : { kind: "failure", message: `HTTP probe failed with statuscode: ${statusCode}` },
        );
        request.destroy();
      },
    );
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on("error", (error) =>
      resolve({
        kind: "failure",
        message: `Get "${scheme.toLowerCase()}://${address.host}:${address.port}${path}": ${error.message}`,
      }),
    );
  });
}

function tcpProbe({ port, host }: NonNullable<Probe["tcpSocket"]>, { target, timeoutMs }: Ask): Promise<ProbeResult> {
  const number = portNumber(port, target.container);
  if (number === undefined)
    return Promise.resolve({ kind: "failure", message: `the container has no port ${JSON.stringify(port)}` });
  const address = host === undefined ? target.addressOf(number) : { host, port: number };
  return new Promise((resolve) => {
    const socket = net.connect(address, () => {
      resolve({ kind: "success" });
      socket.destroy();
    });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.on("error", (error) =>
      resolve({ kind: "failure", message: `dial tcp ${address.host}:${address.port}: ${error.message}` }),
    );
  });
}

async function execProbe(command: readonly string[], { target, timeoutMs }: Ask): Promise<ProbeResult> {
  if (target.exec === undefined) {
    return {
      kind: "refused",
      message: `probe command "${command.join(" ")}" was not run: commands of manifests run only with --node=process-shell`,
    };
  }
  const { code, output } = await target.exec(command, timeoutMs);
  return code === 0
    ? { kind: "success" }
    : {
        kind: "failure",
        message: `command "${command.join(" ")}" exited with ${code}${output === "" ? "" : `: ${output}`}`,
      };
}
