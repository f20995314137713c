import { exitStatus, failureStatusOf, resize, type ServedProcess } from "../../../subresources/exec.ts";
import type { ByteSocket } from "../../../subresources/port-forward.ts";
import { SpdySession } from "./session.ts";
import type { SpdyStream } from "./stream.ts";

/** How long a client may take to open its streams (kubelet: 30 s). */
const openMs = 30_000;

/**
 * `v4.channel.k8s.io` over SPDY/3.1, for kubectl before 1.31: the client opens a stream for each of error, stdin, stdout,
 * stderr and resize that it wants, named by `streamtype`. The exit is told as a Status on the error stream. Resolves when the
 * client has left or the process has ended.
 * @throws SpdyError when the client breaks the protocol.
 */
export async function serveProcessStreams(socket: ByteSocket, served: ServedProcess): Promise<void> {
  const { process, asked } = served;
  const wanted = new Set([
    "error",
    ...(["stdin", "stdout", "stderr"] as const).filter((name) => asked[name]),
    ...(asked.tty ? ["resize"] : []),
  ]);
  const streams = new Map<string, SpdyStream>();
  let running: Promise<void> | undefined;
  const session = new SpdySession(socket, {
    onStream: (stream) => {
      const type = stream.headers.get("streamtype") ?? "";
      if (!wanted.has(type) || streams.has(type)) return false;
      streams.set(type, stream);
      if (streams.size === wanted.size) running = carry(streams, served).finally(() => socket.close());
      return true;
    },
  });
  const giveUp = setTimeout(() => {
    if (running === undefined) socket.close();
  }, openMs);
  try {
    await session.run();
  } finally {
    clearTimeout(giveUp);
    process.close();
    await running;
  }
}

/** Never fails: what went wrong is told on the error stream, if anybody still listens. */
async function carry(streams: ReadonlyMap<string, SpdyStream>, { process, command }: ServedProcess): Promise<void> {
  const error = streams.get("error")!;
  error.discard();
  const input = readInput(streams, process);
  const pump = async (stream: SpdyStream | undefined, output: AsyncIterable<Uint8Array>): Promise<void> => {
    if (stream === undefined) return;
    stream.discard();
    for await (const bytes of output) await stream.write(bytes);
    await stream.end();
  };
  try {
    await Promise.all([pump(streams.get("stdout"), process.stdout), pump(streams.get("stderr"), process.stderr)]);
    await error.write(exitStatus(await process.exited, command));
  } catch (failure) {
    await error.write(failureStatusOf(failure)).catch(() => undefined);
  }
  await error.end().catch(() => undefined);
  process.close();
  await input;
}

async function readInput(streams: ReadonlyMap<string, SpdyStream>, process: ServedProcess["process"]): Promise<void> {
  const stdin = async (): Promise<void> => {
    const stream = streams.get("stdin");
    if (stream === undefined) return process.end();
    try {
      for await (const bytes of stream.read()) await process.write(bytes);
    } catch {
      // The process reads no more, or the client is gone.
    }
    process.end();
  };
  const sizes = async (): Promise<void> => {
    try {
      for await (const bytes of streams.get("resize")?.read() ?? []) resize(process, bytes);
    } catch {
      // A terminal keeps its size.
    }
  };
  // The client may keep its side open after the process has ended: then nobody waits for it.
  await Promise.race([Promise.all([stdin(), sizes()]), process.exited.catch(() => 0)]);
}
