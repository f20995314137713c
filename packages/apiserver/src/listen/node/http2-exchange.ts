/**
 * Requests over HTTP/2 on Node's streams themselves: its imitation of HTTP/1.1 (`Http2ServerRequest`) costs a third of a
 * small request.
 */
import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import type { Peer } from "../../request/context.ts";
import { BodyTooLarge, LateSignal, outgoingHeaders, peerOf } from "./exchange.ts";

/** What a stream that has arrived asks; its body is read whole first. @throws BodyTooLarge; what the connection throws. */
export async function readStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { gone, limitBytes }: { readonly gone: LateSignal; readonly limitBytes: number },
): Promise<ApiRequest> {
  const method = headers[":method"] ?? "GET";
  const body = method === "GET" || method === "HEAD" ? undefined : await readBody(stream, headers, limitBytes);
  return new StreamRequest(headers, { method, body, gone });
}

/** The names that begin with a colon stay among the headers: nobody asks for them. */
class StreamRequest implements ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: ApiRequest["headers"];
  readonly body: Uint8Array | undefined;
  readonly #gone: LateSignal;

  constructor(
    headers: IncomingHttpHeaders,
    rest: { readonly method: string; readonly body: Uint8Array | undefined; readonly gone: LateSignal },
  ) {
    this.method = rest.method;
    this.path = headers[":path"] ?? "/";
    this.headers = headers;
    this.body = rest.body;
    this.#gone = rest.gone;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }
}

function readBody(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, limitBytes: number): Promise<Uint8Array> {
  if (Number(headers["content-length"] ?? 0) > limitBytes) return Promise.reject(new BodyTooLarge());
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    stream.on("data", (part: Buffer) => {
      length += part.length;
      if (length > limitBytes) {
        stream.removeAllListeners("data");
        reject(new BodyTooLarge());
        return;
      }
      parts.push(part);
    });
    stream.once("end", () => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    stream.once("aborted", () => reject(new Error("the client went away before its body had ended")));
  });
}

/** Writes a response, at the pace of the reader. */
export async function writeToStream(
  stream: ServerHttp2Stream,
  response: ApiResponse,
  { gone, method }: { readonly gone: LateSignal; readonly method: string | undefined },
): Promise<void> {
  if (stream.destroyed || stream.closed) {
    await drop(response);
    return;
  }
  const { body } = response;
  const headers = outgoingHeaders(response) as OutgoingHttpHeaders;
  headers[constants.HTTP2_HEADER_STATUS] = response.status;
  if (body instanceof Uint8Array) {
    headers["content-length"] = String(body.length);
    if (body.length === 0 || method === "HEAD") {
      stream.respond(headers, { endStream: true });
      return;
    }
    stream.respond(headers);
    stream.end(body);
    return;
  }
  stream.respond(headers);
  for await (const chunk of body) {
    if (gone.aborted) break;
    if (!stream.write(chunk)) await drained(stream);
  }
  stream.end();
}

/** Lets go of a stream that nobody will read. */
export async function drop({ body }: ApiResponse): Promise<void> {
  if (!(body instanceof Uint8Array)) await body[Symbol.asyncIterator]().return?.();
}

function drained(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.removeListener("drain", done);
      stream.removeListener("close", done);
      resolve();
    };
    stream.once("drain", done);
    stream.once("close", done);
  });
}

/** Who is at the other end of the stream's connection. */
export function peerOfStream(stream: ServerHttp2Stream): Peer {
  const { session } = stream;
  return session === undefined ? {} : peerOf(session, session.socket as TLSSocket);
}
