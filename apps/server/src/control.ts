/**
 * What no Kubernetes API has: backups while the server runs, forks, the revision at a time. Answered below
 * `/lateen.dev/v1/` of the server's own address, to whoever RBAC allows the path and verb.
 */
import { errorMessage, failureStatus, isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import type { ApiServer, Peer, Store } from "@lateen/apiserver";
import type { ApiRequest, ApiResponse, Transport } from "@lateen/objects";
import { backupOf } from "./backup.ts";
import type { Forks } from "./forks.ts";
import type { Preview, PreviewOptions } from "./preview/report.ts";

const root = "/lateen.dev/v1/";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface ControlOptions {
  readonly store: Store;
  readonly forks: Forks;
  /** Files that a backup holds beside the objects, by their path in the data directory. */
  readonly files: () => ReadonlyMap<string, Uint8Array>;
  readonly now: () => number;
  /** What would happen, on a fork; the objects are applied as the caller. */
  readonly preview: (
    options: PreviewOptions,
    context: { readonly as: (server: ApiServer) => Transport; readonly signal: AbortSignal },
  ) => Promise<Preview>;
}

/** The same server, which also answers these paths. */
export function withControl(server: ApiServer, options: ControlOptions): ApiServer {
  return {
    ready: server.ready,
    handle: (request, peer) =>
      request.path.startsWith(root) ? answer(server, { request, peer, options }) : server.handle(request, peer),
    upgrade: (request, rest) => server.upgrade(request, rest),
    transport: (user) => server.transport(user),
    setPodStreams: (streams) => server.setPodStreams(streams),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

interface Call {
  readonly request: ApiRequest;
  readonly peer: Peer | undefined;
  readonly options: ControlOptions;
}

async function answer(server: ApiServer, call: Call): Promise<ApiResponse> {
  const { request } = call;
  const refused = await refusal(server, call);
  if (refused !== undefined) return refused;
  const url = new URL(request.path, "https://server");
  const [what = "", name, part, ...more] = url.pathname.slice(root.length).split("/").map(decodeURIComponent);
  try {
    const found = more.length > 0 ? undefined : await route(call, { what, name, part, query: url.searchParams });
    return found ?? status(404, "NotFound", `the server has nothing at ${url.pathname}`);
  } catch (error) {
    return status(422, "Invalid", errorMessage(error));
  }
}

interface Route {
  readonly what: string;
  readonly name: string | undefined;
  readonly part: string | undefined;
  readonly query: URLSearchParams;
}

async function route(call: Call, { what, name, part, query }: Route): Promise<ApiResponse | undefined> {
  const { request, options } = call;
  const { store, forks } = options;
  switch (`${request.method} ${what}${name === undefined ? "" : "/NAME"}${part === undefined ? "" : `/${part}`}`) {
    case "GET backup":
      return {
        status: 200,
        headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" },
        body: backupOf(store, { files: options.files(), now: options.now() }),
      };
    case "GET revision":
      return json(200, revisionOf(store, query.get("at")));
    case "GET forks":
      return json(200, { items: forks.list() as unknown as JsonValue });
    case "POST forks/NAME":
      return json(201, (await forks.create(name!, revisionText(store, query.get("at")))) as unknown as JsonObject);
    case "GET forks/NAME/diff":
      return json(200, { items: forks.changes(name!) as unknown as JsonValue });
    case "POST previews":
      return preview(call);
    case "DELETE forks/NAME":
      await forks.delete(name!);
      return json(200, { deleted: name! });
    default:
      return undefined;
  }
}

/** Previews at once: each works as hard as a small control plane. */
const maxPreviews = 4;
let previewing = 0;

async function preview({ request, peer, options }: Call): Promise<ApiResponse> {
  if (previewing >= maxPreviews)
    return status(
      429,
      "TooManyRequests",
      `${maxPreviews} previews are under way already; try again when one has ended`,
    );
  const asked = parsePreview(request.body);
  // Whoever asks is in the headers, or is the peer of the connection.
  const own = Object.entries(request.headers).filter(
    ([name]) => name === "authorization" || name.startsWith("impersonate-"),
  );
  previewing++;
  try {
    const answer = await options.preview(asked, {
      as: (server) => (inner) =>
        server.handle({ ...inner, headers: { ...inner.headers, ...Object.fromEntries(own) } }, peer),
      signal: request.signal,
    });
    return json(200, answer as unknown as JsonObject);
  } finally {
    previewing--;
  }
}

/** @throws Error for what is no question of a preview. */
function parsePreview(body: Uint8Array | undefined): PreviewOptions {
  const value = JSON.parse(body === undefined ? "null" : decoder.decode(body)) as JsonValue;
  if (!isJsonObject(value) || !Array.isArray(value.objects)) throw new Error("a preview needs a list of objects");
  for (const object of value.objects)
    if (
      !isJsonObject(object) ||
      typeof object.apiVersion !== "string" ||
      typeof object.kind !== "string" ||
      !isJsonObject(object.metadata)
    )
      throw new Error("objects of a preview have apiVersion, kind and metadata");
  return value as unknown as PreviewOptions;
}

/** The revision that a text means: a number, or a time. @throws Error that says what is known. */
function revisionText(store: Store, text: string | null): number {
  return text === null || text === "" ? store.revision : revisionOf(store, text).revision;
}

function revisionOf(store: Store, text: string | null): { revision: number; oldest: number; latest: number } {
  const range = { oldest: store.compacted, latest: store.revision };
  if (text === null || text === "") return { revision: store.revision, ...range };
  if (/^\d+$/.test(text)) return { revision: Number(text), ...range };
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs)) throw new Error(`${text}: neither a revision nor a time (RFC 3339)`);
  const revision = store.revisionAt?.(timeMs);
  if (revision === undefined) throw new Error(`${text}: before the oldest time that is known`);
  return { revision, ...range };
}

/** Asks the server itself, as the caller: 401 and 403 are in its own words. */
async function refusal(server: ApiServer, { request, peer }: Call): Promise<ApiResponse | undefined> {
  const [path = ""] = request.path.split("?", 1);
  const verb = { GET: "get", POST: "create", DELETE: "delete" }[request.method] ?? request.method.toLowerCase();
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { nonResourceAttributes: { path, verb } },
  };
  const asked = await server.handle(
    {
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      headers: { ...request.headers, "content-type": "application/json", accept: "application/json" },
      body: encoder.encode(JSON.stringify(review)),
      signal: request.signal,
    },
    peer,
  );
  if (asked.status !== 201) return asked;
  const { status: outcome } = JSON.parse(decoder.decode(asked.body as Uint8Array)) as { status: { allowed: boolean } };
  return outcome.allowed
    ? undefined
    : status(403, "Forbidden", `forbidden: cannot ${verb} path ${JSON.stringify(path)}`);
}

function json(code: number, value: JsonObject): ApiResponse {
  return {
    status: code,
    headers: { "content-type": "application/json", "cache-control": "no-cache, private" },
    body: encoder.encode(`${JSON.stringify(value)}\n`),
  };
}

function status(code: number, reason: string, message: string): ApiResponse {
  return json(code, failureStatus(code, reason, message) as unknown as JsonObject);
}
