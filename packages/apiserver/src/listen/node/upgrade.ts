import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { Channel } from "@lateen/base";
import type { ApiResponse } from "@lateen/objects";
import type { ApiServer } from "../../server/options.ts";
import type { MessageSocket } from "../../subresources/port-forward.ts";
import { peerOf } from "./exchange.ts";

const maxMessageBytes = 1024 * 1024;
/** Messages that may wait for the server to read them. */
const maxWaiting = 1_000;

/** Turns HTTP/1.1 upgrades into WebSockets where the API has a stream of messages to give. */
export class Upgrader {
  readonly #server: ApiServer;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });

  constructor(server: ApiServer) {
    this.#server = server;
    this.#sockets.on("error", () => undefined);
  }

  async accept(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    const gone = new AbortController();
    socket.once("close", () => gone.abort(new DOMException("the client went away", "AbortError")));
    const offered = (incoming.headers["sec-websocket-protocol"] ?? "").split(",").map((text) => text.trim());
    const answer = await this.#server.upgrade(
      { method: incoming.method ?? "GET", path: incoming.url ?? "/", headers: incoming.headers, signal: gone.signal },
      { peer: peerOf(incoming), protocols: offered.filter((text) => text !== "") },
    );
    if (answer.kind === "refused") {
      refuse(socket, answer.response);
      return;
    }
    // The library picks the protocol by this list, which holds the chosen one alone.
    incoming.headers["sec-websocket-protocol"] = answer.stream.protocol;
    this.#sockets.handleUpgrade(incoming, socket, head, (webSocket) => {
      answer.stream.run(messageSocket(webSocket)).catch(() => webSocket.close(1011));
    });
  }

  close(): void {
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
  }
}

function messageSocket(socket: WebSocket): MessageSocket {
  const messages = new Channel<Uint8Array>({ limit: maxWaiting, onClose: () => socket.close() });
  socket.on("message", (data: RawData) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    messages.push(bytes);
  });
  socket.once("close", () => messages.end());
  socket.on("error", () => messages.end());
  return {
    messages,
    send: (message) =>
      new Promise((resolve, reject) => socket.send(message, (error) => (error ? reject(error) : resolve()))),
    close: () => socket.close(1000),
  };
}

function refuse(socket: Duplex, { status, headers, body }: ApiResponse): void {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  const lines = Object.entries({ ...headers, "content-length": String(bytes.length), connection: "close" })
    .filter(([, value]) => typeof value === "string")
    .map(([name, value]) => `${name}: ${String(value)}\r\n`);
  socket.write(`HTTP/1.1 ${status} Refused\r\n${lines.join("")}\r\n`);
  socket.end(bytes);
}
