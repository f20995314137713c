import { type JsonObject, type JsonValue, TerminalError, isJsonObject } from "@lateen/base";

/** What a kubeconfig says about one context; data is PEM text, not base64. */
export interface ClusterAccess {
  readonly server: string;
  readonly namespace: string;
  readonly certificateAuthority?: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface KubeconfigOptions {
  /** Default: the file's `current-context`. */
  readonly context?: string | undefined;
  /** Reads a file that the kubeconfig names, relative to itself. Without it such fields are refused. */
  readonly readFile?: ((path: string) => string) | undefined;
}

/**
 * The access that a parsed kubeconfig (v1) describes.
 * @throws TerminalError naming what is missing; credential plugins (`exec`, `auth-provider`) are refused.
 */
export function clusterAccessOf(kubeconfig: JsonValue, options: KubeconfigOptions = {}): ClusterAccess {
  if (!isJsonObject(kubeconfig)) throw new TerminalError("read kubeconfig: it is no map");
  const contextName = options.context ?? textOf(kubeconfig, "current-context");
  if (contextName === undefined) throw new TerminalError("read kubeconfig: it names no current-context");
  const context = entryOf(kubeconfig, { list: "contexts", field: "context", name: contextName });
  const cluster = entryOf(kubeconfig, { list: "clusters", field: "cluster", name: textOf(context, "cluster") ?? "" });
  const userName = textOf(context, "user");
  const user = userName === undefined ? {} : entryOf(kubeconfig, { list: "users", field: "user", name: userName });
  for (const plugin of ["exec", "auth-provider"]) {
    if (user[plugin] !== undefined)
      throw new TerminalError(
        `read kubeconfig: user ${userName} uses ${plugin}, which is not supported; give a token or a client certificate`,
      );
  }
  const server = textOf(cluster, "server");
  if (server === undefined)
    throw new TerminalError(`read kubeconfig: the cluster of context ${contextName} has no server`);
  const tokenFile = textOf(user, "tokenFile");
  return {
    server,
    namespace: textOf(context, "namespace") ?? "default",
    certificateAuthority: dataOf(cluster, "certificate-authority", options),
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] === true,
    tlsServerName: textOf(cluster, "tls-server-name"),
    clientCertificate: dataOf(user, "client-certificate", options),
    clientKey: dataOf(user, "client-key", options),
    token: textOf(user, "token") ?? (tokenFile === undefined ? undefined : readOf(tokenFile, options).trim()),
    username: textOf(user, "username"),
    password: textOf(user, "password"),
  };
}

function textOf(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function entryOf(
  kubeconfig: JsonObject,
  { list, field, name }: { readonly list: string; readonly field: string; readonly name: string },
): JsonObject {
  const entries = kubeconfig[list];
  for (const entry of Array.isArray(entries) ? (entries as readonly JsonValue[]) : []) {
    if (isJsonObject(entry) && entry.name === name && isJsonObject(entry[field])) return entry[field];
  }
  throw new TerminalError(`read kubeconfig: no entry ${JSON.stringify(name)} under ${list}`);
}

function dataOf(object: JsonObject, name: string, options: KubeconfigOptions): string | undefined {
  const inline = textOf(object, `${name}-data`);
  if (inline !== undefined)
    return new TextDecoder().decode(Uint8Array.from(atob(inline), (letter) => letter.charCodeAt(0)));
  const path = textOf(object, name);
  return path === undefined ? undefined : readOf(path, options);
}

function readOf(path: string, { readFile }: KubeconfigOptions): string {
  if (readFile === undefined)
    throw new TerminalError(`read kubeconfig: it names the file ${path}; only inline data can be read here`);
  return readFile(path);
}
