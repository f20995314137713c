import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import type { Peer } from "../../request/context.ts";

/** An AbortSignal that is made when somebody asks for it: most requests end before anybody does. */
export class LateSignal {
  #controller: AbortController | undefined;
  #aborted = false;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted && !this.#controller.signal.aborted) this.#controller.abort(goneReason());
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#controller?.abort(goneReason());
  }
}

function goneReason(): DOMException {
  return new DOMException("the client went away", "AbortError");
}

/** The response that is refused before anything else has seen the request. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
  readonly code = "BodyTooLarge";
}

/** Reads a request off the wire. @throws BodyTooLarge; what the connection throws. */
export async function readRequest(
  incoming: IncomingMessage,
  gone: LateSignal,
  limitBytes: number,
): Promise<ApiRequest> {
  const { method = "GET", url = "/", headers } = incoming;
  const body = method === "GET" || method === "HEAD" ? undefined : await readBody(incoming, limitBytes);
  return {
    method,
    path: url,
    headers,
    body,
    get signal() {
      return gone.signal;
    },
  };
}

async function readBody(incoming: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
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
export async function writeResponse(outgoing: ServerResponse, response: ApiResponse, gone: LateSignal): Promise<void> {
  const { body } = response;
  const headers = outgoingHeaders(response);
  if (body instanceof Uint8Array) {
    headers["content-length"] = String(body.length);
    outgoing.writeHead(response.status, headers);
    outgoing.end(body);
    return;
  }
  outgoing.writeHead(response.status, headers);
  outgoing.flushHeaders();
  for await (const chunk of body) {
    if (gone.aborted) break;
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
  outgoing.end();
}

/** The headers of a response in the form that Node writes. */
export function outgoingHeaders({ headers }: ApiResponse): Record<string, string | string[]> {
  const written: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) written[name] = typeof value === "string" ? value : [...value];
  }
  return written;
}

/** Lets go of an answer that nobody will read. */
export async function drop({ body }: ApiResponse): Promise<void> {
  if (!(body instanceof Uint8Array)) await body[Symbol.asyncIterator]().return?.();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.removeListener("drain", done);
      outgoing.removeListener("close", done);
      resolve();
    };
    outgoing.once("drain", done);
    outgoing.once("close", done);
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
export function peerOf(connection: object, socket: object): Peer {
  const known = peers.get(connection);
  if (known !== undefined) return known;
  const peer = readPeer(socket as TlsSocketLike);
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
