/** Very many HTTP/2 connections that say nothing after their greeting, in a process of their own: others are served meanwhile, and the server's memory is bounded. */
import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import { startServerProcess } from "../lib/server-process.ts";

export interface IdleFigures {
  readonly open: number;
  readonly openMs: number;
  readonly bytesEach: number;
  readonly slowestAnswerMs: number;
  readonly faults: readonly string[];
}

/** Handshakes that are under way at once. */
const atOnce = 100;
/** More than TLS and HTTP of Node need for a quiet connection (about 50 KB), by a margin. */
const mostBytesEach = 128 * 1024;

/** The preface of HTTP/2 and an empty SETTINGS frame (RFC 9113, 3.4). */
const greeting = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);
/** After this the server closes connections that are idle, as it should. */
const serverIdleMs = 180_000;

/** Both ends have a process each, and Node raises its limit of open files to the hard one: 10,000 need a hard limit above that. */
export async function runIdle(dataDir: string, connections: number): Promise<IdleFigures> {
  await using server = await startServerProcess({ dataDir, flags: ["--bare"] });
  const { hostname, port } = new URL(server.address);
  const faults: string[] = [];
  const answerMs = async (): Promise<number> => {
    const begun = performance.now();
    await server.client.get({ apiVersion: "v1", kind: "Namespace", name: "default" });
    return performance.now() - begun;
  };
  await answerMs();
  const before = residentBytes(server.pid);
  const sockets: TLSSocket[] = [];
  let lost = 0;
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(
        {
          host: hostname,
          port: Number(port),
          servername: "localhost",
          rejectUnauthorized: false,
          ALPNProtocols: ["h2"],
        },
        () => {
          socket.write(greeting);
          socket.resume();
          sockets.push(socket);
          socket.once("close", () => lost++);
          resolve();
        },
      );
      socket.once("error", reject);
    });
  const begun = performance.now();
  while (sockets.length < connections) {
    await Promise.all(Array.from({ length: Math.min(atOnce, connections - sockets.length) }, open));
  }
  const openMs = performance.now() - begun;
  const answers: number[] = [];
  for (let n = 0; n < 50; n++) answers.push(await answerMs());
  const bytesEach = (residentBytes(server.pid) - before) / (connections - lost);
  if (lost > 0 && openMs < serverIdleMs) faults.push(`${lost} of the connections were closed`);
  if (bytesEach > mostBytesEach) faults.push(`a connection takes ${Math.round(bytesEach)} bytes`);
  const held = connections - lost;
  for (const socket of sockets) socket.destroy();
  await answerMs();
  return { open: held, openMs, bytesEach, slowestAnswerMs: Math.max(...answers), faults };
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}
