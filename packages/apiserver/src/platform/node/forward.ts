import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { ByteConnection, ForwardedAnswer, ForwardedCall } from "../platform.ts";

/** Checks a certificate by this name instead of the address. */
export function namedAs(serverName: string) {
  return (_host: string, certificate: PeerCertificate): Error | undefined =>
    checkServerIdentity(serverName, certificate);
}

/** Longest wait for the first byte of an answer. */
const answerMs = 60_000;

/** Sends a request on and resolves with the head of its answer; the body follows at the reader's pace. */
export async function forward(call: ForwardedCall): Promise<ForwardedAnswer> {
  const { url, method, headers, body, signal } = call;
  const connection = await call.connect?.();
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method,
      headers: {
        ...(headers as Record<string, string | string[]>),
        ...(call.upgrade !== undefined && { connection: "Upgrade", upgrade: call.upgrade }),
      },
      signal,
      ...trustOf(call),
      ...(call.identity && { cert: call.identity.certificate, key: call.identity.key }),
      ...(connection && { createConnection: () => duplexOf(connection) as never }),
    };
    const send = url.startsWith("https:") ? requestSecure : requestPlain;
    const outgoing = send(url, options, (answer: IncomingMessage) => {
      clearTimeout(deadline);
      resolve({
        status: answer.statusCode ?? 502,
        headers: headersOf(answer),
        body: answer as AsyncIterable<Uint8Array>,
      });
    });
    if (call.upgrade !== undefined) {
      outgoing.once("upgrade", (answer: IncomingMessage, socket: Socket, head: Buffer) => {
        clearTimeout(deadline);
        // The call is over; what it has become lasts as long as both sides like.
        socket.setTimeout(0);
        resolve({ status: 101, headers: headersOf(answer), body: nothing(), connection: connectionOf(socket, head) });
      });
    }
    const deadline = setTimeout(() => outgoing.destroy(new Error("the answer takes too long")), answerMs);
    outgoing.once("error", (error: NodeJS.ErrnoException & { address?: string; port?: number }) => {
      clearTimeout(deadline);
      connection?.close();
      reject(
        error.code === "ECONNREFUSED"
          ? new Error(`dial tcp ${error.address}:${error.port}: connect: connection refused`)
          : error,
      );
    });
    outgoing.end(body);
  });
}

function headersOf(answer: IncomingMessage): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined) headers[name] = value;
  return headers;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An upgraded answer has no body.
}

/** A socket, with what was read of it already, as a connection. */
function connectionOf(socket: Duplex, head: Buffer): ByteConnection {
  socket.on("error", () => socket.destroy());
  return {
    readable: read(),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error == null ? resolve() : reject(error)));
      }),
    end: () => void socket.end(),
    close: () => void socket.destroy(),
  };

  async function* read(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    for await (const bytes of socket) yield bytes as Uint8Array;
  }
}

function trustOf({ trust }: ForwardedCall): RequestOptions {
  if (trust === undefined) return {};
  if (trust === "any") return { rejectUnauthorized: false };
  const { ca, serverName } = trust;
  return {
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { servername: serverName, checkServerIdentity: namedAs(serverName) }),
  };
}

/** A connection to a pod as the stream that Node's HTTP client wants. */
function duplexOf(connection: ByteConnection): Duplex {
  const incoming = connection.readable[Symbol.asyncIterator]();
  const duplex = new Duplex({
    read() {
      incoming.next().then(
        ({ value, done }) => this.push(done === true ? null : (value as Uint8Array)),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      connection.write(chunk).then(() => done(), done);
    },
    final(done) {
      connection.end?.();
      done();
    },
    destroy(error, done) {
      connection.close();
      done(error);
    },
  });
  return Object.assign(duplex, { setTimeout: () => duplex, setNoDelay: () => duplex, setKeepAlive: () => duplex });
}
