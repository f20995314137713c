import { errorMessage, TaskGroup } from "@lateen/base";
import type { PodConnection } from "../../../subresources/pod-streams.ts";
import type { ByteSocket } from "../../../subresources/port-forward.ts";
import { SpdySession } from "./session.ts";
import type { SpdyStream } from "./stream.ts";

/** Opens a connection to a port of the pod. */
export type Connect = (port: number, options: { readonly signal: AbortSignal }) => Promise<PodConnection>;

/** How long one stream of a pair may wait for the other (kubelet: 30 s). */
const pairMs = 30_000;

/**
 * `portforward.k8s.io` over SPDY/3.1, as kubelet serves it: for each connection the client opens two streams with the same
 * `requestid`, one of `streamtype` error and one of data, and both name the `port`. A failure is told as text on the error
 * stream, which ends with its connection. Resolves when the client has left and every connection is closed.
 * @throws SpdyError when the client breaks the protocol.
 */
export async function forwardPorts(socket: ByteSocket, connect: Connect): Promise<void> {
  await using connections = new TaskGroup();
  const waiting = new Map<string, Half>();
  const session = new SpdySession(socket, {
    onStream: (stream) => {
      const half = halfOf(stream);
      if (half === undefined) return false;
      const other = waiting.get(half.requestId);
      if (other === undefined) {
        half.giveUp = setTimeout(() => {
          waiting.delete(half.requestId);
          stream.reset().catch(() => undefined);
        }, pairMs);
        waiting.set(half.requestId, half);
        return true;
      }
      if (other.type === half.type || other.port !== half.port) return false;
      waiting.delete(half.requestId);
      clearTimeout(other.giveUp);
      const [data, error] = half.type === "data" ? [stream, other.stream] : [other.stream, stream];
      connections.run((signal) => forward({ data, error, port: half.port, connect, signal }));
      return true;
    },
  });
  try {
    await session.run();
  } finally {
    for (const half of waiting.values()) clearTimeout(half.giveUp);
  }
}

interface Half {
  readonly stream: SpdyStream;
  readonly type: "data" | "error";
  readonly port: number;
  readonly requestId: string;
  giveUp?: NodeJS.Timeout;
}

function halfOf(stream: SpdyStream): Half | undefined {
  const type = stream.headers.get("streamtype");
  const text = stream.headers.get("port") ?? "";
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if ((type !== "data" && type !== "error") || port < 1 || port > 65_535) return undefined;
  // Clients before request ids open the data stream right after the error stream (kubelet does the same).
  const requestId = stream.headers.get("requestid") ?? `stream ${type === "data" ? stream.id - 2 : stream.id}`;
  return { stream, type, port, requestId };
}

interface Forwarding {
  readonly data: SpdyStream;
  readonly error: SpdyStream;
  readonly port: number;
  readonly connect: Connect;
  readonly signal: AbortSignal;
}

/** One connection through the pair, until both sides have ended. Never fails: the client hears what went wrong. */
async function forward({ data, error, port, connect, signal }: Forwarding): Promise<void> {
  error.discard();
  const ended = (stream: SpdyStream): Promise<void> => stream.end().catch(() => undefined);
  let connection: PodConnection;
  try {
    connection = await connect(port, { signal });
  } catch (failure) {
    await error.write(Buffer.from(errorMessage(failure))).catch(() => undefined);
    await ended(error);
    await data.reset().catch(() => undefined);
    return;
  }
  // A pod that does not read would otherwise keep a connection whose client is gone.
  data.onFailure(() => connection.close());
  const down = async (): Promise<void> => {
    try {
      for await (const bytes of connection.readable) await data.write(bytes);
    } catch {
      // The pod or the client broke off: there is nobody to tell, and what follows ends the rest.
    }
    await ended(data);
    await ended(error);
  };
  const up = async (): Promise<void> => {
    try {
      for await (const bytes of data.read()) await connection.write(bytes);
      connection.end?.();
    } catch {
      connection.close();
    }
  };
  await Promise.all([down(), up()]);
  connection.close();
}
