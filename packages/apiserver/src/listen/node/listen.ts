import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server as PlainServer,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { errorMessage, type Log, silentLog } from "@lateen/base";
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import type { Peer } from "../../request/context.ts";
import type { ApiServer } from "../../server/options.ts";
import { BodyTooLarge, drop, LateSignal, peerOf, readRequest, writeResponse } from "./exchange.ts";
import { Http2Connection } from "./http2/connection.ts";
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
/** How often connections of HTTP/2 are looked at for what takes too long. */
const sweepMs = 5_000;
/** How long a connection may be silent until the system asks whether its other end is still there. */
const keepAliveMs = 60_000;
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
  readonly #http: SecureServer | PlainServer;
  readonly #sockets = new Set<Socket | Duplex>();
  readonly #connections = new Set<Http2Connection>();
  readonly #sweeping: NodeJS.Timeout;
  /** The requests of HTTP/1.1 that are being answered. */
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
    // A client that breaks the protocol loses its connection; nothing more is said about it.
    this.#http.on("tlsClientError", () => undefined);
    this.#http.on("clientError", (_error: Error, socket: Duplex) => socket.destroy());
    this.#sweeping = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#connections) connection.sweep(now);
    }, sweepMs).unref();
  }

  #createServer(): SecureServer | PlainServer {
    const { tls } = this.#options;
    const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => void this.#serve(incoming, outgoing);
    const timeouts = { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs };
    if (tls === undefined) return createPlainServer(timeouts, answer);
    const secure = createSecureServer(
      {
        ...timeouts,
        key: tls.serverKey,
        cert: tls.serverCertificate,
        ca: tls.ca,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: "TLSv1.2",
        ALPNProtocols: ["h2", "http/1.1"],
      },
      answer,
    );
    const serveHttp1 = secure.listeners("secureConnection") as ((socket: TLSSocket) => void)[];
    secure.removeAllListeners("secureConnection");
    secure.on("secureConnection", (socket) => {
      if (socket.alpnProtocol === "h2") this.#serveHttp2(socket);
      else for (const serve of serveHttp1) serve.call(secure, socket);
    });
    secure.setTimeout(idleTimeoutMs);
    return secure;
  }

  #serveHttp2(socket: TLSSocket): void {
    const peer = peerOf(socket, socket);
    const { server, maxBodyBytes = defaultMaxBody } = this.#options;
    const connection = new Http2Connection(socket, {
      maxBodyBytes,
      respond: (request) => server.handle(request, peer),
      refuse: (why) => (why === "body too large" ? tooLarge(maxBodyBytes) : headersTooLarge),
      failed: (error) => this.#log({ level: "warn", message: "exchange failed", error: errorMessage(error) }),
    });
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.delete(connection));
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
    socket.setKeepAlive(true, keepAliveMs);
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
    clearInterval(this.#sweeping);
    for (const connection of this.#connections) connection.close();
    this.#http.closeIdleConnections();
    const timer = setTimeout(() => {
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

/** The answer of kube-apiserver's HTTP/2 to headers above its limit: no Status, for nothing of it has seen the request. */
const headersTooLarge: ApiResponse = {
  status: 431,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: Buffer.from("431 Request Header Fields Too Large"),
};

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
