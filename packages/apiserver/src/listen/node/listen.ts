import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server as PlainServer,
  type ServerResponse,
} from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { errorMessage, type Log, silentLog } from "@lateen/base";
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import type { Peer } from "../../request/context.ts";
import type { ApiServer } from "../../server/options.ts";
import { BodyTooLarge, LateSignal, peerOf, readRequest, writeResponse } from "./exchange.ts";
import { drop, peerOfStream, readStream, writeToStream } from "./http2-exchange.ts";
import { Upgrader } from "./upgrade.ts";
import type { TlsMaterial } from "./tls.ts";

export interface ListenOptions {
  readonly server: ApiServer;
  readonly host?: string;
  /** 0: any free one. */
  readonly port?: number;
  /** Without it plain HTTP/1.1, for tests on the loopback only. */
  readonly tls?: Pick<TlsMaterial, "ca" | "serverCertificate" | "serverKey">;
  readonly log?: Log;
  /** Longest request body; kube-apiserver's is 3 MiB. */
  readonly maxBodyBytes?: number;
  /** Connections that the server holds at once. */
  readonly maxConnections?: number;
}

export interface Listening extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

const defaultPort = 6443;
const defaultMaxBody = 3 * 1024 * 1024;
/** How long a client may take for its headers, and for its whole request. */
const headersTimeoutMs = 20_000;
const requestTimeoutMs = 60_000;
const idleTimeoutMs = 180_000;
/** How long open requests may go on when the server closes. */
const closeMs = 1_500;

/**
 * Serves the API over HTTPS, HTTP/2 and HTTP/1.1 on one port.
 * @throws an Error with a message for a person when the address cannot be had.
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { host = "127.0.0.1", port = defaultPort } = options;
  const listener = new Listener(options);
  await listener.open(host, port);
  return listener;
}

class Listener implements Listening {
  readonly #options: ListenOptions;
  readonly #log: Log;
  readonly #http: Http2SecureServer | PlainServer;
  readonly #sockets = new Set<Socket | Duplex>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** The requests that are being answered. */
  readonly #open = new Set<LateSignal>();
  readonly #upgrader: Upgrader;
  #closed: Promise<void> | undefined;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#http = this.#createServer();
    this.#upgrader = new Upgrader(options.server);
    this.#http.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrader.accept(incoming, socket, head).catch((error: unknown) => {
        this.#log({ level: "warn", message: "upgrade failed", error: errorMessage(error) });
        socket.destroy();
      });
    });
    this.#http.maxConnections = options.maxConnections ?? 20_000;
    this.#http.on("connection", (socket: Socket) => this.#track(socket));
    this.#http.on("session", (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.setTimeout(idleTimeoutMs, () => session.close());
      session.once("close", () => this.#sessions.delete(session));
    });
    // A client that breaks the protocol loses its connection; nothing more is said about it.
    this.#http.on("sessionError", () => undefined);
    this.#http.on("tlsClientError", () => undefined);
    this.#http.on("clientError", (_error: Error, socket: Duplex) => socket.destroy());
  }

  #createServer(): Http2SecureServer | PlainServer {
    const { tls } = this.#options;
    const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => void this.#serve(incoming, outgoing);
    if (tls === undefined) {
      return createPlainServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs }, answer);
    }
    const secure = createSecureServer(
      {
        allowHTTP1: true,
        key: tls.serverKey,
        cert: tls.serverCertificate,
        ca: tls.ca,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: "TLSv1.2",
        maxSessionMemory: 16,
        maxSessionInvalidFrames: 100,
        maxHeaderListPairs: 256,
        settings: { maxConcurrentStreams: 250, maxHeaderListSize: 64 * 1024 },
      },
      // Comes for HTTP/1.1 alone once the listener that makes one of every HTTP/2 stream is gone.
      (incoming, outgoing) => answer(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse),
    );
    secure.removeAllListeners("stream");
    secure.on("stream", (stream, headers) => void this.#serveStream(stream, headers));
    secure.setTimeout(idleTimeoutMs);
    return secure;
  }

  get address(): string {
    return (this.#http.address() as AddressInfo).address;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  open(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
      this.#http.once("error", onError);
      this.#http.listen({ host, port, backlog: 1024 }, () => {
        this.#http.removeListener("error", onError);
        this.#http.on("error", (error) => this.#log({ level: "error", message: "listen", error: errorMessage(error) }));
        resolve();
      });
    });
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => undefined);
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new LateSignal();
    const onGone = (): void => {
      if (!outgoing.writableFinished) gone.abort();
    };
    outgoing.once("close", onGone);
    outgoing.on("error", onGone);
    incoming.on("error", onGone);
    this.#open.add(gone);
    try {
      const { maxBodyBytes = defaultMaxBody } = this.#options;
      const read = readRequest(incoming, gone, maxBodyBytes);
      const response = await this.#respond(read, peerOf(incoming.socket, incoming.socket), () => incoming.resume());
      if (outgoing.writable) await writeResponse(outgoing, response, gone);
      else await drop(response);
    } catch (error) {
      if (!gone.aborted) this.#log({ level: "warn", message: "exchange failed", error: errorMessage(error) });
      outgoing.destroy();
    } finally {
      this.#open.delete(gone);
    }
  }

  async #serveStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const gone = new LateSignal();
    stream.once("close", () => {
      if (!stream.writableFinished) gone.abort();
    });
    // What breaks ends the stream, and its end is told above.
    stream.on("error", ignore);
    this.#open.add(gone);
    try {
      const read = readStream(stream, headers, { gone, limitBytes: this.#options.maxBodyBytes ?? defaultMaxBody });
      const response = await this.#respond(read, peerOfStream(stream), () => stream.resume());
      await writeToStream(stream, response, { gone, method: headers[":method"] });
    } catch (error) {
      if (!gone.aborted && !stream.destroyed) {
        this.#log({ level: "warn", message: "exchange failed", error: errorMessage(error) });
      }
      stream.destroy();
    } finally {
      this.#open.delete(gone);
    }
  }

  async #respond(read: Promise<ApiRequest>, peer: Peer, discardBody: () => void): Promise<ApiResponse> {
    const { server, maxBodyBytes = defaultMaxBody } = this.#options;
    try {
      return await server.handle(await read, peer);
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      discardBody();
      return tooLarge(maxBodyBytes);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    for (const gone of this.#open) gone.abort();
    this.#upgrader.close();
    for (const session of this.#sessions) session.close();
    if ("closeIdleConnections" in this.#http) this.#http.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
      for (const socket of this.#sockets) socket.destroy();
    }, closeMs);
    // Connections that carry nothing need no grace.
    setTimeout(() => {
      for (const socket of this.#sockets) if (!this.#isBusy(socket)) socket.destroy();
    }, 200).unref();
    await closed;
    clearTimeout(timer);
  }

  #isBusy(socket: Socket | Duplex): boolean {
    return socket.writableLength > 0;
  }
}

function ignore(): void {
  // Told elsewhere.
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const address = `${host}:${port}`;
  switch (error.code) {
    case "EADDRINUSE":
      return new Error(`listen on ${address}: another program has this port; stop it or choose another with --port`, {
        cause: error,
      });
    case "EACCES":
      return new Error(`listen on ${address}: not allowed; choose a port above 1023 with --port`, { cause: error });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new Error(`listen on ${address}: this machine has no such address`, { cause: error });
    default:
      return new Error(`listen on ${address}: ${error.message}`, { cause: error });
  }
}

function tooLarge(limitBytes: number): ApiResponse {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `Request entity is too large: limit is ${limitBytes}`,
    reason: "RequestEntityTooLarge",
    code: 413,
  };
  return {
    status: 413,
    headers: { "content-type": "application/json", "cache-control": "no-cache, private" },
    body: Buffer.from(`${JSON.stringify(status)}\n`),
  };
}
