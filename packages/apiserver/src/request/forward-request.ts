import type { ApiRequest } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import type { ForwardedAnswer } from "../platform/platform.ts";

/** Headers that concern one connection only (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** Headers that are the client's word to this server, or could pass for this server's word. */
function isOurs(name: string): boolean {
  return (
    name === "authorization" ||
    name === "content-length" ||
    name.startsWith("impersonate-") ||
    name.startsWith("x-remote-")
  );
}

/** The headers of a request as they are sent on: without those of this connection, without credentials. */
export function forwardedHeaders({ headers, body }: ApiRequest): Record<string, string | readonly string[]> {
  const sent: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(":") && !hopByHop.has(name) && !isOurs(name)) sent[name] = value;
  }
  if (body !== undefined) sent["content-length"] = String(body.length);
  return sent;
}

/** What came back, as it is answered. */
export function forwardedAnswer({ status, headers, body }: ForwardedAnswer): Answer {
  const given: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (!hopByHop.has(name)) given[name] = value;
  return { kind: "forwarded", status, headers: given, stream: body };
}
