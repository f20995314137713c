/**
 * The way to an API server over the network, on Node: HTTP/2 where the server speaks it (all requests share one
 * connection, opened at the first and again after it broke), HTTP/1.1 elsewhere.
 */
import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as tls from "node:tls";
import { TerminalError, codeOf } from "@lateen/base";
import { type ApiRequest, type ApiResponse, type Transport, readYaml } from "@lateen/objects";
import { type ClusterAccess, type KubeconfigOptions, clusterAccessOf } from "../kubeconfig.ts";
import { TransportError } from "../request.ts";
import { credentialsOf, secureOptions } from "./node/secure-options.ts";

export { type ClusterAccess, clusterAccessOf } from "../kubeconfig.ts";
export { type PortForward, type PortForwardOptions, portForward } from "./node/port-forward.ts";

export type NodeTransport = Transport & AsyncDisposable;

type Headers = ApiResponse["headers"];

/** @throws TerminalError saying what is wrong with the file. */
export function readKubeconfig(path: string, options: Omit<KubeconfigOptions, "readFile"> = {}): ClusterAccess {
  const readFile = (name: string): string => readFileSync(resolve(dirname(path), name), "utf8");
  try {
    return clusterAccessOf(readYaml(readFile(resolve(path))), { ...options, readFile });
  } catch (cause) {
    if (codeOf(cause) === "ENOENT")
      throw new TerminalError(
        `no kubeconfig at ${path}; start a server with \`lateen server\`, or name one with --kubeconfig`,
        { cause },
      );
    throw new TerminalError(`kubeconfig ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * A transport to the cluster of a kubeconfig's current context, or to one described already.
 * @throws TerminalError when the file cannot be read; its requests throw TransportError when no server answers.
 */
export function createNodeTransport(kubeconfig: string | ClusterAccess): NodeTransport {
  const named = typeof kubeconfig === "string";
  const access = named ? readKubeconfig(kubeconfig) : kubeconfig;
  return openTransport(access, named ? ` (kubeconfig ${kubeconfig})` : "");
}

/** Opens nothing until the first request. Disposing ends the connection and every stream on it. */
function openTransport(access: ClusterAccess, origin: string): NodeTransport {
  const url = new URL(access.server);
  const base = url.pathname === "/" ? "" : url.pathname.replace(/\/$/, "");
  const credentials = credentialsOf(access);
  const secure = secureOptions(access);
  const agent =
    url.protocol === "http:" ? new http.Agent({ keepAlive: true }) : new https.Agent({ ...secure, keepAlive: true });
  const sessions = new SessionHolder(url, secure);
  let version: "unknown" | "1.1" | "2" = url.protocol === "http:" ? "1.1" : "unknown";

  const transport: Transport = async (request) => {
    request.signal.throwIfAborted();
    const sent = { ...request, path: base + request.path, headers: { ...request.headers, ...credentials } };
    try {
      if (version !== "1.1") {
        const session = await sessions.open();
        version = session === undefined ? "1.1" : "2";
        if (session !== undefined) return await requestHttp2(session, sent);
      }
      return await requestHttp1({ url, agent }, sent);
    } catch (error) {
      throw request.signal.aborted ? error : unreachable(error, `${url.origin}${origin}`);
    }
  };
  return Object.assign(transport, {
    [Symbol.asyncDispose]: (): Promise<void> => {
      agent.destroy();
      sessions.close();
      return Promise.resolve();
    },
  });
}

/** What a person can use of a failed connection. */
function unreachable(cause: unknown, server: string): unknown {
  switch (codeOf(cause)) {
    case "ECONNREFUSED":
      return new TransportError(
        `no server answers at ${server}: connection refused; start one with \`lateen server\``,
        { cause },
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new TransportError(`the server's name in ${server} cannot be resolved`, { cause });
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return new TransportError(`no server answers at ${server}: it cannot be reached`, { cause });
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "CERT_SIGNATURE_FAILURE":
      return new TransportError(
        `the server at ${server} is not the one that the kubeconfig was written for: its certificate comes from another authority`,
        { cause },
      );
    default:
      return cause;
  }
}

const pulseMs = 30_000;
const pulseLimitMs = 15_000;

/** One HTTP/2 session at a time, shared by concurrent callers. */
class SessionHolder {
  readonly #url: URL;
  readonly #secure: tls.ConnectionOptions;
  #session: Promise<http2.ClientHttp2Session | undefined> | undefined;
  #closed = false;

  constructor(url: URL, secure: tls.ConnectionOptions) {
    this.#url = url;
    this.#secure = secure;
  }

  /** Undefined when the server does not speak HTTP/2. */
  open(): Promise<http2.ClientHttp2Session | undefined> {
    if (this.#closed) return Promise.reject(new Error("the transport is closed"));
    this.#session ??= this.#connect().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  close(): void {
    this.#closed = true;
    void this.#session?.then((session) => session?.destroy()).catch(() => undefined);
  }

  async #connect(): Promise<http2.ClientHttp2Session | undefined> {
    const socket = await connectTls(this.#url, this.#secure);
    if (socket.alpnProtocol !== "h2") {
      socket.destroy();
      return undefined;
    }
    const session = http2.connect(this.#url, { createConnection: () => socket });
    const forget = (): void => {
      clearInterval(pulse);
      this.#session = undefined;
    };
    // A connection that died without a word (a sleeping laptop, a lost route) is noticed and given up.
    const pulse = setInterval(() => {
      const late = setTimeout(() => session.destroy(new Error("the server no longer answers")), pulseLimitMs).unref();
      try {
        session.ping(() => clearTimeout(late));
      } catch {
        clearTimeout(late);
      }
    }, pulseMs).unref();
    session.on("error", forget).on("goaway", forget).on("close", forget);
    return session;
  }
}

function connectTls(url: URL, secure: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  return new Promise((resolved, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = tls.connect(
      {
        ...secure,
        host,
        port: url.port === "" ? 443 : Number(url.port),
        ALPNProtocols: ["h2", "http/1.1"],
        ...(/[a-z]/i.test(host) && !host.includes(":") && secure.servername === undefined && { servername: host }),
      },
      () => {
        socket.off("error", reject);
        resolved(socket);
      },
    );
    socket.once("error", reject);
    socket.setNoDelay(true);
  });
}

function requestHttp2(session: http2.ClientHttp2Session, request: ApiRequest): Promise<ApiResponse> {
  return new Promise((resolved, reject) => {
    const { body } = request;
    const stream = session.request(
      { ...plainHeaders(request.headers), ":method": request.method, ":path": request.path },
      { endStream: body === undefined },
    );
    const onAbort = (): void => {
      stream.close(http2.constants.NGHTTP2_CANCEL);
      reject(request.signal.reason);
    };
    request.signal.addEventListener("abort", onAbort, { once: true });
    stream.once("close", () => request.signal.removeEventListener("abort", onAbort));
    stream.on("error", reject);
    stream.once("response", (headers) => {
      const { ":status": status = 0, ...rest } = headers;
      resolved({ status, headers: rest as Headers, body: stream });
    });
    stream.once("close", () => reject(new Error("the stream was closed before an answer came")));
    if (body !== undefined) stream.end(body);
  });
}

function requestHttp1(
  { url, agent }: { readonly url: URL; readonly agent: http.Agent },
  request: ApiRequest,
): Promise<ApiResponse> {
  return new Promise((resolved, reject) => {
    const send = url.protocol === "http:" ? http.request : https.request;
    const outgoing = send(
      {
        host: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port === "" ? undefined : Number(url.port),
        method: request.method,
        path: request.path,
        headers: plainHeaders(request.headers),
        agent,
        signal: request.signal,
      },
      (incoming) =>
        resolved({ status: incoming.statusCode ?? 0, headers: incoming.headers as Headers, body: incoming }),
    );
    outgoing.once("error", reject);
    outgoing.end(request.body);
  });
}

function plainHeaders(headers: ApiRequest["headers"]): Record<string, string | string[]> {
  const plain: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") plain[name] = value;
    else if (value !== undefined) plain[name] = [...value];
  }
  return plain;
}
