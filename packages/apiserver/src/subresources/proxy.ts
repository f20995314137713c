import { errorMessage } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import type { Answer } from "../answer/answer.ts";
import { objectsOf, specOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { ByteConnection, ForwardedAnswer, ForwardedCall } from "../platform/platform.ts";
import { keyOf } from "../registry/resource.ts";
import type { ResourceRequest } from "../request/context.ts";
import { forwardedAnswer, forwardedHeaders, upgradedAnswer, upgradeHeaders } from "../request/forward-request.ts";
import { admitConnection } from "./connect.ts";
import type { UpgradedStream } from "./port-forward.ts";
import { readObject } from "../server/core.ts";
import { badRequest, notFound, statusError } from "../status/errors.ts";

/** Where a proxied request goes. */
interface Target {
  readonly scheme: "http" | "https";
  /** `host:port` */
  readonly authority: string;
  readonly connect?: () => Promise<ByteConnection>;
}

/**
 * `services|pods|nodes/[SCHEME:]NAME[:PORT]/proxy/PATH`: the request, without credentials, is sent on to what is behind the
 * object (pkg/registry/core, ResourceLocation). @throws NotFound, BadRequest, ServiceUnavailable.
 */
export async function proxyRequest(request: ResourceRequest): Promise<Answer> {
  const { http } = request;
  await admitConnection(request, proxiedPath(http.path));
  const behind = placeBehind(request);
  // Links of a page are relative to its folder.
  if (behind.isBare && (http.method === "GET" || http.method === "HEAD")) return toFolder(http.path);
  return forwardedAnswer(await forwardTo(request, behind, { headers: forwardedHeaders(http) }));
}

/** The same where the client wants another protocol on the connection: what is behind may agree. */
export async function proxyUpgrade(request: ResourceRequest, protocol: string): Promise<UpgradedStream | Answer> {
  await admitConnection(request, proxiedPath(request.http.path));
  const call = { headers: upgradeHeaders(request.http), upgrade: protocol };
  return upgradedAnswer(await forwardTo(request, placeBehind(request), call));
}

interface Behind {
  readonly target: Target;
  readonly path: string;
  readonly isBare: boolean;
}

function placeBehind(request: ResourceRequest): Behind {
  const reference = parseReference(request.name);
  if (reference === undefined)
    throw badRequest(`invalid ${request.resource.kind.singular} request ${JSON.stringify(request.name)}`);
  return { ...pathBehind(request.http.path), target: targetOf(request, reference) };
}

async function forwardTo(
  { core, http }: ResourceRequest,
  { target, path }: Behind,
  call: Pick<ForwardedCall, "headers" | "upgrade">,
): Promise<ForwardedAnswer> {
  if (core.platform.forward === undefined) throw unreachable("this server has no way to call out");
  try {
    return await core.platform.forward({
      url: `${target.scheme}://${target.authority}${path}`,
      method: http.method,
      ...call,
      headers: { ...call.headers, host: target.authority, "x-forwarded-uri": http.path.split("?")[0]! },
      body: http.body,
      trust: "any",
      connect: target.connect,
      signal: http.signal,
    });
  } catch (error) {
    http.signal.throwIfAborted();
    throw unreachable(`error trying to reach service: ${errorMessage(error)}`);
  }
}

function unreachable(message: string): Error {
  return statusError(503, "ServiceUnavailable", message);
}

/** What stands behind `/proxy`, as it was written. */
function pathBehind(whole: string): { readonly path: string; readonly isBare: boolean } {
  const [path = "", ...query] = whole.split("?");
  const at = /^\/api\/v1\/(?:namespaces\/[^/]+\/)?(?:services|pods|nodes)\/[^/]+\/proxy/.exec(path)?.[0].length ?? 0;
  const rest = path.slice(at);
  const search = query.length === 0 ? "" : `?${query.join("?")}`;
  return { path: `${rest === "" ? "/" : rest}${search}`, isBare: rest === "" };
}

/** The path as policies see it, without the query; "" is none. */
function proxiedPath(whole: string): string | undefined {
  const { path, isBare } = pathBehind(whole);
  return isBare ? undefined : path.split("?")[0];
}

function toFolder(whole: string): Answer {
  const [path = "", ...query] = whole.split("?");
  const location = `${path}/${query.length === 0 ? "" : `?${query.join("?")}`}`;
  const headers = { location };
  return { kind: "bytes", status: 301, bytes: new Uint8Array(), headers };
}

interface Reference {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** "" for none. */
  readonly port: string;
}

/** `https:name:port`, `name:port`, `name`. */
function parseReference(text: string): Reference | undefined {
  const parts = text.split(":");
  switch (parts.length) {
    case 1:
      return { scheme: "http", name: parts[0]!, port: "" };
    case 2:
      return { scheme: "http", name: parts[0]!, port: parts[1]! };
    case 3: {
      const [scheme, name, port] = parts as [string, string, string];
      if (scheme !== "" && scheme !== "http" && scheme !== "https") return undefined;
      return { scheme: scheme === "https" ? scheme : "http", name, port };
    }
    default:
      return undefined;
  }
}

function targetOf(request: ResourceRequest, reference: Reference): Target {
  switch (request.resource.kind.plural) {
    case "services":
      return serviceTarget(request, reference);
    case "pods":
      return podTarget(request, reference);
    default:
      return nodeTarget(request, reference);
  }
}

function found(request: ResourceRequest, name: string): KubeObject {
  const { core, resource, namespace } = request;
  const object = readObject(core, resource, keyOf(resource, namespace, name));
  if (object === undefined) throw notFound(resource.groupResource, name);
  return object;
}

/** An endpoint of the service's port: by its number or name; without one the port without a name. */
function serviceTarget(request: ResourceRequest, { scheme, name, port }: Reference): Target {
  found(request, name);
  try {
    const number = /^\d+$/.test(port) ? Number(port) : port;
    const service = { namespace: request.namespace ?? "", name, port: number };
    return { scheme, authority: request.core.resolveService(service) };
  } catch (error) {
    throw unreachable(errorMessage(error));
  }
}

/** The pod's port, by number or name; without one the first that a container declares. */
function podTarget(request: ResourceRequest, { scheme, name, port }: Reference): Target {
  const pod = found(request, name);
  const declared = objectsOf(specOf(pod).containers).flatMap((container) => objectsOf(container.ports));
  const number = /^\d+$/.test(port)
    ? Number(port)
    : Number((port === "" ? declared[0] : declared.find((one) => one.name === port))?.containerPort ?? 0);
  const chosen = number > 0 && number < 65_536 ? number : 80;
  const ip = textOf(valueAt(pod, "status", "podIP"));
  if (ip === "") throw badRequest(`address not allowed`);
  const { podStreams } = request.core;
  const { namespace = "", http } = request;
  const authority = `${ip.includes(":") ? `[${ip}]` : ip}:${chosen}`;
  if (podStreams === undefined) return { scheme, authority };
  const connect = () => podStreams.connect({ namespace, name, port: chosen, signal: http.signal });
  // The node knows where a pod's port is on its machine; TLS is spoken with the address itself.
  return scheme === "https" ? { scheme, authority } : { scheme, authority, connect };
}

/** The HTTP server of a node's agent, or another port of the node. */
function nodeTarget(request: ResourceRequest, { scheme, name, port }: Reference): Target {
  const node = found(request, name);
  const addresses = objectsOf(valueAt(node, "status", "addresses"));
  const agentPort = Number(valueAt(node, "status", "daemonEndpoints", "kubeletEndpoint", "Port") ?? 0);
  const address = ["InternalIP", "ExternalIP", "Hostname"]
    .map((type) => addresses.find((one) => one.type === type))
    .find((one) => one !== undefined);
  const number = port === "" ? agentPort : Number(port);
  if (address === undefined || !(number > 0 && number < 65_536)) {
    throw unreachable(`node ${name} names no port of an agent that serves HTTP`);
  }
  return { scheme: port === "" ? "https" : scheme, authority: `${textOf(address.address)}:${number}` };
}
