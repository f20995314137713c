import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import type { Peer } from "../../request/context.ts";

export type Incoming = IncomingMessage | Http2ServerRequest;
export type Outgoing = ServerResponse | Http2ServerResponse;

/** The response that is refused before anything else has seen the request. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
  readonly code = "BodyTooLarge";
}

/** Reads a request off the wire. @throws BodyTooLarge; what the connection throws. */
export async function readRequest(incoming: Incoming, signal: AbortSignal, limitBytes: number): Promise<ApiRequest> {
  const headers: Record<string, string | readonly string[] | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) if (!name.startsWith(":")) headers[name] = value;
  const method = incoming.method ?? "GET";
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = hasBody ? await readBody(incoming, limitBytes) : undefined;
  return { method, path: incoming.url ?? "/", headers, body, signal };
}

async function readBody(incoming: Incoming, limitBytes: number): Promise<Uint8Array> {
  const announced = Number(incoming.headers["content-length"] ?? 0);
  if (announced > limitBytes) throw new BodyTooLarge();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of incoming as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > limitBytes) throw new BodyTooLarge();
    parts.push(part);
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/** Writes a response, at the pace of the reader. */
export async function writeResponse(outgoing: Outgoing, response: ApiResponse, signal: AbortSignal): Promise<void> {
  const { body } = response;
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = typeof value === "string" ? value : [...value];
  }
  if (body instanceof Uint8Array) {
    headers["content-length"] = String(body.length);
    outgoing.writeHead(response.status, headers);
    outgoing.end(body);
    return;
  }
  outgoing.writeHead(response.status, headers);
  if ("flushHeaders" in outgoing) outgoing.flushHeaders();
  for await (const chunk of body) {
    if (signal.aborted) break;
    // Overloads differ between HTTP/1.1 and HTTP/2; both take bytes.
    const more = (outgoing as ServerResponse).write(chunk);
    if (!more) await drained(outgoing, signal);
  }
  outgoing.end();
}

function drained(outgoing: Outgoing, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.removeListener("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    outgoing.once("drain", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** A socket as far as its peer is concerned. */
interface TlsSocketLike {
  readonly authorized?: boolean;
  readonly remoteAddress?: string | undefined;
  getPeerCertificate?(): { readonly subject?: { readonly CN?: string | string[]; readonly O?: string | string[] } };
}

const peers = new WeakMap<object, Peer>();

/** Who is at the other end: read once for a connection. */
export function peerOf(incoming: Incoming): Peer {
  const connection: object = "stream" in incoming ? (incoming.stream.session ?? incoming) : incoming.socket;
  const known = peers.get(connection);
  if (known !== undefined) return known;
  const peer = readPeer(incoming.socket as TlsSocketLike);
  peers.set(connection, peer);
  return peer;
}

function readPeer(socket: TlsSocketLike): Peer {
  const address = socket.remoteAddress;
  const subject = socket.authorized === true ? socket.getPeerCertificate?.().subject : undefined;
  if (subject === undefined) return { address };
  const listOf = (value: string | string[] | undefined): readonly string[] =>
    value === undefined ? [] : typeof value === "string" ? [value] : value;
  return { address, certificate: { commonName: listOf(subject.CN)[0] ?? "", organizations: listOf(subject.O) } };
}
