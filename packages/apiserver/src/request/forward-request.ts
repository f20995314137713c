import type { ApiRequest } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import type { ForwardedAnswer } from "../platform/platform.ts";
import type { UpgradedStream } from "../subresources/port-forward.ts";

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

const bearerProtocol = "base64url.bearer.authorization.k8s.io.";

/** The same of a request that asks for another protocol; a token among the protocols of a WebSocket is for this server only. */
export function upgradeHeaders(request: ApiRequest): Record<string, string | readonly string[]> {
  const { "sec-websocket-protocol": offered, ...headers } = forwardedHeaders(request);
  const protocols = [offered ?? []]
    .flat()
    .flatMap((list) => list.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith(bearerProtocol));
  return protocols.length === 0 ? headers : { ...headers, "sec-websocket-protocol": protocols.join(", ") };
}

/** A connection that the other server has agreed to upgrade, or its answer. */
export function upgradedAnswer(answer: ForwardedAnswer): UpgradedStream | Answer {
  const { connection, headers } = answer;
  if (connection === undefined) return forwardedAnswer(answer);
  return { kind: "tunnel", protocol: "", headers, connection };
}

/** What came back, as it is answered. */
export function forwardedAnswer({ status, headers, body }: ForwardedAnswer): Answer {
  const given: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (!hopByHop.has(name)) given[name] = value;
  return { kind: "forwarded", status, headers: given, stream: body };
}
