/** The API with the web's own Request and Response: for a service worker, a worker, or a test without sockets. */
import type { ApiRequest, ApiResponse } from "@lateen/objects";
import type { Peer } from "../request/context.ts";
import type { ApiServer } from "../server/options.ts";

/**
 * A `fetch` that this server answers. Whatever the URL's host is, the path counts. `peer` is who sends: without one a request
 * needs a token.
 */
export function createFetch(
  server: Pick<ApiServer, "handle">,
  peer: Peer = {},
): (input: Request | URL | string, init?: RequestInit) => Promise<Response> {
  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    const headers: Record<string, string> = {};
    request.headers.forEach((value, name) => {
      headers[name] = value;
    });
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const { method, signal } = request;
    return responseOf(
      await server.handle({ method, path: pathname + search, headers, body, signal } satisfies ApiRequest, peer),
    );
  };
}

/** An answer of the server as the web knows it; a stream is read as fast as whoever reads it. */
export function responseOf({ status, headers, body }: ApiResponse): Response {
  const shown = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of typeof value === "string" ? [value] : (value ?? [])) shown.append(name, one);
  }
  // These may have no body, and a Response with one is refused.
  if (status === 204 || status === 304) return new Response(null, { status, headers: shown });
  return new Response(body instanceof Uint8Array ? Uint8Array.from(body) : streamOf(body), { status, headers: shown });
}

function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
