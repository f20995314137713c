import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { Channel } from "@lateen/base";
import type { ApiResponse } from "@lateen/objects";
import type { ApiServer } from "../../server/options.ts";
import type { MessageSocket, UpgradedStream } from "../../subresources/port-forward.ts";
import { peerOf } from "./exchange.ts";
import { serveProcessStreams } from "./spdy/exec.ts";
import { forwardPorts } from "./spdy/port-forward.ts";

const maxMessageBytes = 1024 * 1024;
/** Bytes that wait for the server to read them before the client is made to wait. */
const maxWaitingBytes = 1024 * 1024;
const spdyVersion = "SPDY/3.1";

/** Turns HTTP/1.1 upgrades into WebSockets, or for port-forward SPDY/3.1, where the API has a stream to give. */
export class Upgrader {
  readonly #server: ApiServer;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });

  /** What each upgrade that is under way will speak. */
  readonly #protocols = new WeakMap<IncomingMessage, string>();

  constructor(server: ApiServer) {
    this.#server = server;
    this.#sockets.on("error", () => undefined);
    this.#sockets.on("headers", (headers, incoming) => {
      const protocol = this.#protocols.get(incoming);
      if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
    });
  }

  async accept(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    // A forwarded port may be quiet for long.
    if ("setTimeout" in socket) (socket as Socket).setTimeout(0);
    const gone = new AbortController();
    socket.once("close", () => gone.abort(new DOMException("the client went away", "AbortError")));
    const isSpdy = incoming.headers.upgrade?.toLowerCase() === spdyVersion.toLowerCase();
    const answer = await this.#server.upgrade(
      { method: incoming.method ?? "GET", path: incoming.url ?? "/", headers: incoming.headers, signal: gone.signal },
      {
        peer: peerOf(incoming.socket, incoming.socket),
        protocols: isSpdy ? spdyProtocolsOf(incoming) : webSocketProtocolsOf(incoming),
      },
    );
    if (answer.kind === "refused") {
      await refuse(socket, answer.response);
      return;
    }
    const { stream } = answer;
    if (stream.kind === "tunnel") {
      tunnel(plainSocket(socket, head), stream).catch(() => socket.destroy());
      return;
    }
    if (isSpdy) {
      socket.write(switching(stream.protocol.slice(spdyVersion.length + 1)));
      serve(plainSocket(socket, head), stream).catch(() => socket.destroy());
      return;
    }
    // The library refuses names with a slash, which kubectl's has, and so must not see the list; `headers` adds the answer.
    delete incoming.headers["sec-websocket-protocol"];
    if (stream.protocol !== "") this.#protocols.set(incoming, stream.protocol);
    this.#sockets.handleUpgrade(incoming, socket, head, (webSocket) => {
      serve(messageSocket(webSocket), stream).catch(() => webSocket.close(1011));
    });
  }

  close(): void {
    for (const client of this.#sockets.clients) client.terminate();
    this.#sockets.close();
  }
}

type Tunnel = Extract<UpgradedStream, { readonly kind: "tunnel" }>;

/** Carries bytes both ways, whatever they mean, until both sides have ended or one has gone. */
async function tunnel(socket: MessageSocket, { headers, connection, ended }: Tunnel): Promise<void> {
  const carry = async (from: AsyncIterable<Uint8Array>, to: Pick<MessageSocket, "send">): Promise<void> => {
    for await (const bytes of from) await to.send(bytes);
  };
  try {
    await socket.sendText(`HTTP/1.1 101 Switching Protocols\r\n${headerLines(headers)}\r\n`);
    const there = carry(socket.messages, { send: (bytes) => connection.write(bytes) }).then(() => connection.end?.());
    const back = carry(connection.readable, socket).then(() => socket.close());
    await Promise.all([there, back]);
  } finally {
    connection.close();
    socket.close();
    ended?.();
  }
}

function headerLines(headers: Readonly<Record<string, string | readonly string[]>>): string {
  return Object.entries(headers)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`))
    .join("");
}

function serve(socket: MessageSocket, stream: Exclude<UpgradedStream, Tunnel>): Promise<void> {
  switch (stream.kind) {
    case "messages":
      return stream.run(socket);
    case "process":
      return serveProcessStreams(socket, stream).finally(stream.ended);
    case "connections":
      return forwardPorts(socket, (port, options) => stream.connect(port, options)).finally(stream.ended);
  }
}

function webSocketProtocolsOf({ headers }: IncomingMessage): readonly string[] {
  return listed(headers["sec-websocket-protocol"] ?? "");
}

/** Under the names that the same protocols have inside a WebSocket. */
function spdyProtocolsOf({ headers }: IncomingMessage): readonly string[] {
  return listed(String(headers["x-stream-protocol-version"] ?? "")).map((name) => `${spdyVersion}+${name}`);
}

function listed(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  return names.filter((name) => name !== "");
}

function switching(protocol: string): string {
  const headers = [`Connection: Upgrade`, `Upgrade: ${spdyVersion}`, `X-Stream-Protocol-Version: ${protocol}`];
  return `HTTP/1.1 101 Switching Protocols\r\n${headers.join("\r\n")}\r\n\r\n`;
}

function messageSocket(socket: WebSocket): MessageSocket {
  const messages = new Channel<Uint8Array>({ onClose: () => socket.close() });
  let waitingBytes = 0;
  socket.on("message", (data: RawData) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    waitingBytes += bytes.length;
    if (waitingBytes > maxWaitingBytes) socket.pause();
    messages.push(bytes);
  });
  socket.once("close", () => messages.end());
  socket.on("error", () => messages.end());
  const sendOn = (message: Uint8Array | string): Promise<void> =>
    new Promise((resolve, reject) => socket.send(message, (error) => (error ? reject(error) : resolve())));
  return {
    messages: read(),
    send: sendOn,
    sendText: sendOn,
    close: () => socket.close(1000),
  };

  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const bytes of messages) {
      waitingBytes -= bytes.length;
      if (socket.isPaused && waitingBytes <= maxWaitingBytes / 2) socket.resume();
      yield bytes;
    }
  }
}

/** A connection without messages: what comes is cut anywhere. */
function plainSocket(socket: Duplex, head: Buffer): MessageSocket {
  const sendOn = (bytes: Uint8Array | string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.write(bytes, (error) => (error == null ? resolve() : reject(error)));
    });
  return {
    messages: read(),
    send: sendOn,
    sendText: sendOn,
    close: () => void socket.end(),
  };

  async function* read(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    for await (const bytes of socket) yield bytes as Uint8Array;
  }
}

/** An answer as on any other request; the connection ends with it. */
async function refuse(socket: Duplex, { status, headers, body }: ApiResponse): Promise<void> {
  const length = body instanceof Uint8Array ? { "content-length": String(body.length) } : {};
  const lines = headerLines({ ...headers, ...length, connection: "close" });
  socket.write(`HTTP/1.1 ${status} Refused\r\n${lines}\r\n`);
  if (body instanceof Uint8Array) {
    socket.end(body);
    return;
  }
  const plain = plainSocket(socket, Buffer.alloc(0));
  for await (const bytes of body) await plain.send(bytes);
  plain.close();
}
