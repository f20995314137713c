/**
 * A local port that stands for a port of a pod, over the API server's `portforward` by WebSocket (subprotocol
 * `v4.channel.k8s.io`, as kubelets serve it): in each message a first byte names the channel, 0 for data and 1 for errors; the
 * first message of each channel carries the port in two bytes.
 */
import * as net from "node:net";
import WebSocket from "ws";
import { errorMessage } from "@lateen/base";
import type { ClusterAccess } from "../../kubeconfig.ts";
import { TransportError } from "../../request.ts";
import { credentialsOf, secureOptions } from "./secure-options.ts";

export interface PortForwardOptions {
  readonly access: ClusterAccess;
  readonly namespace: string;
  readonly pod: string;
  readonly remotePort: number;
  /** 0: any free one. */
  readonly localPort: number;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** What went wrong with one connection; the others go on. */
  readonly onError?: ((message: string) => void) | undefined;
}

export interface PortForward extends AsyncDisposable {
  /** The local port. */
  readonly port: number;
}

const protocol = "v4.channel.k8s.io";
const dataChannel = 0;
const errorChannel = 1;

/** Listens until disposed. @throws when the local port is taken. */
export async function portForward(options: PortForwardOptions): Promise<PortForward> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    forward(socket, options);
  });
  const { host = "127.0.0.1", localPort } = options;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new TransportError(`listen on ${host}:${localPort}: ${cause.message}`, { cause })),
    );
    server.listen({ host, port: localPort }, resolve);
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function forward(socket: net.Socket, { access, namespace, pod, remotePort, onError }: PortForwardOptions): void {
  const url = new URL(
    `${access.server.replace(/\/$/, "")}/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${remotePort}`,
  );
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const connection = new WebSocket(url, [protocol], { ...secureOptions(access), headers: credentialsOf(access) });
  const begun = new Set<number>();
  const fail = (message: string): void => {
    onError?.(`port ${remotePort} of pod ${namespace}/${pod}: ${message}`);
    socket.destroy();
    connection.close();
  };
  socket.pause();
  connection.once("open", () => socket.resume());
  connection.on("message", (data: Buffer) => {
    const [channel = dataChannel] = data;
    if (!begun.has(channel)) {
      begun.add(channel);
      return;
    }
    const content = data.subarray(1);
    if (channel === errorChannel) fail(content.toString("utf8"));
    else if (channel === dataChannel && content.length > 0 && !socket.write(content)) {
      connection.pause();
      socket.once("drain", () => connection.resume());
    }
  });
  connection.once("error", (error) => fail(errorMessage(error)));
  connection.once("close", () => socket.end());
  socket.on("data", (bytes) => {
    socket.pause();
    connection.send(Buffer.concat([Uint8Array.of(dataChannel), bytes]), (error) => {
      if (error == null) socket.resume();
    });
  });
  socket.once("end", () => connection.close());
  socket.once("error", () => connection.close());
  socket.once("close", () => connection.close());
}
