import { errorMessage } from "@lateen/base";
import { valueAt } from "@lateen/objects";
import { concatBytes } from "../object/stored-form.ts";
import { textOf } from "../object/text.ts";
import type { ByteConnection } from "../platform/platform.ts";
import type { ResourceRequest } from "../request/context.ts";
import { keyOf } from "../registry/resource.ts";
import { readObject } from "../server/core.ts";
import { badRequest, notFound } from "../status/errors.ts";
import type { ServedProcess } from "./exec.ts";
import { noNode } from "./log.ts";
import type { PodConnection } from "./pod-streams.ts";

/** A connection whose bytes come in pieces. */
export interface ByteSocket {
  /** Resolves when the piece may be followed by another. */
  send(bytes: Uint8Array): Promise<void>;
  readonly messages: AsyncIterable<Uint8Array>;
  close(): void;
}

/** A connection of messages, as a WebSocket is. */
export interface MessageSocket extends ByteSocket {
  /** A message that is a text, which clients tell from bytes. */
  sendText(message: string): Promise<void>;
}

/**
 * What an upgraded connection speaks, and who speaks it: the server itself, or a listener that carries many connections to
 * the pod's ports in one (SPDY, which needs zlib).
 */
export type UpgradedStream =
  | { readonly kind: "messages"; readonly protocol: string; run(socket: MessageSocket): Promise<void> }
  | {
      readonly kind: "connections";
      readonly protocol: string;
      /** Called when the client has left. */
      readonly ended?: () => void;
      /** @throws ApiError */
      connect(port: number, options: { readonly signal: AbortSignal }): Promise<PodConnection>;
    }
  /** A connection to another server, which has answered the upgrade with these headers. */
  | {
      readonly kind: "tunnel";
      readonly protocol: string;
      readonly headers: Readonly<Record<string, string | readonly string[]>>;
      readonly connection: ByteConnection;
      readonly ended?: () => void;
    }
  /** A process whose streams are streams of SPDY. */
  | ({ readonly kind: "process"; readonly protocol: string; readonly ended?: () => void } & ServedProcess);

const channelProtocol = "v4.channel.k8s.io";
/** Port-forward in SPDY/3.1 frames: in the messages of a WebSocket, or on a connection upgraded to `SPDY/3.1` itself. */
const spdyProtocol = "SPDY/3.1+portforward.k8s.io";

/**
 * `pods/NAME/portforward`: connections in SPDY frames, as kubectl asks for, or a WebSocket of channels. There 2i carries the
 * data of the query's i-th port and 2i+1 its errors, each begins with the port in two bytes, least significant first; the
 * first byte of a message names its channel.
 * @throws NotFound, BadRequest, ServiceUnavailable.
 */
export function portForward(request: ResourceRequest, offered: readonly string[]): UpgradedStream {
  const { core, resource, namespace = "", name } = request;
  const pod = readObject(core, resource, keyOf(resource, namespace, name));
  if (pod === undefined) throw notFound(resource.groupResource, name);
  const protocol = [spdyProtocol, channelProtocol].find((known) => offered.includes(known));
  if (protocol === undefined) {
    throw badRequest(
      `port-forward speaks ${spdyProtocol} and ${channelProtocol} here; the client offers ${offered.length === 0 ? "none" : offered.join(", ")}`,
    );
  }
  const phase = valueAt(pod, "status", "phase");
  if (phase !== "Running")
    throw badRequest(`unable to forward port because pod is not running. Current status=${textOf(phase)}`);
  const streams = core.podStreams;
  if (streams === undefined) throw noNode(name);
  if (protocol === spdyProtocol) {
    return {
      kind: "connections",
      protocol,
      connect: (port, { signal }) => streams.connect({ namespace, name, port, signal }),
    };
  }
  const ports = request.query.all("ports").flatMap((text) => text.split(",").map(Number));
  if (ports.length === 0 || !ports.every((port) => Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw badRequest('query parameter "ports" must be a list of port numbers');
  }
  return {
    kind: "messages",
    protocol,
    async run(socket) {
      const end = new AbortController();
      const connections: (PodConnection | undefined)[] = ports.map(() => undefined);
      const pumps: Promise<void>[] = [];
      try {
        for (const [index, port] of ports.entries()) {
          const head = Uint8Array.of(port & 0xff, port >> 8);
          await socket.send(framed(2 * index, head));
          await socket.send(framed(2 * index + 1, head));
          try {
            const connection = await streams.connect({ namespace, name, port, signal: end.signal });
            connections[index] = connection;
            pumps.push(pump(connection, socket, 2 * index));
          } catch (error) {
            await socket.send(framed(2 * index + 1, new TextEncoder().encode(errorMessage(error))));
          }
        }
        const reading = readAll(socket, connections);
        await Promise.race([reading, Promise.all(pumps)]);
      } finally {
        end.abort(new DOMException("the forwarding has ended", "AbortError"));
        for (const connection of connections) connection?.close();
        socket.close();
      }
    },
  };
}

async function readAll(socket: MessageSocket, connections: readonly (PodConnection | undefined)[]): Promise<void> {
  for await (const message of socket.messages) {
    const channel = message[0] ?? 0;
    if (channel % 2 === 0) await connections[channel / 2]?.write(message.subarray(1));
  }
}

async function pump(connection: PodConnection, socket: MessageSocket, channel: number): Promise<void> {
  for await (const bytes of connection.readable) await socket.send(framed(channel, bytes));
}

function framed(channel: number, bytes: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(channel), bytes]);
}
