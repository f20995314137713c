/**
 * The composition root: joins store, API server, controllers and node agent in one process. It has no logic of its own; what
 * starts here is stopped here, in reverse order.
 */
import { mkdir } from "node:fs/promises";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DisposeStack, codeOf, errorMessage, systemClock } from "@lateen/base";
import { type Admitter, createApiServer, type Store } from "@lateen/apiserver";
import { frontProxyName, listen, prepareTls, writeKubeconfig } from "@lateen/apiserver/listen/node";
import { nodePlatform } from "@lateen/apiserver/platform/node";
import { openLmdbStore } from "@lateen/apiserver/store/lmdb";
import { type Client, createClient } from "@lateen/client";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { builtinKinds } from "@lateen/objects/kinds";
import { withControl } from "./control.ts";
import { Forks } from "./forks.ts";
import { type ServerOptions, StartError } from "./options.ts";
import { type Parts, hostText, startParts } from "./parts.ts";
import { readSecurity } from "./security.ts";
import { keepServiceAccountKey } from "./service-account-key.ts";

export { gzipCompression } from "./gzip.ts";
export { type Restored, restoreBackup } from "./restore.ts";
export { type KubeconfigUser, writeUserKubeconfig } from "./user-kubeconfig.ts";
export { type ImageMapping, type NodeMode, type ServerOptions, StartError, nodeModes } from "./options.ts";

/** A control plane that is ready. Disposing ends it: no new requests, controllers, node with its processes, store. */
export interface RunningServer extends AsyncDisposable {
  /** `https://127.0.0.1:6443`. */
  readonly address: string;
  readonly kubeconfigPath: string;
  /** A client in process, with every right. */
  readonly client: Client;
  /** `https://127.0.0.1:9443`: where requests for Triggers are heard, if they are. */
  readonly triggerAddress: string | undefined;
  /** Resolves when the signal aborts. @throws when a part of the server has failed. */
  untilStopped(signal: AbortSignal): Promise<void>;
}

/** The user that controllers act as, in process. */
const controllerUser = { username: "system:lateen:controllers", groups: ["system:masters", "system:authenticated"] };

/**
 * Starts everything and resolves when it is ready. A server that cannot start whole does not start at all.
 * @throws StartError with what was tried and what to do.
 */
export async function startServer(
  options: ServerOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<RunningServer> {
  const stack = new DisposeStack();
  try {
    return await compose(options, stack, signal);
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw codeOf(error) === undefined || signal?.aborted
      ? error
      : new StartError(errorMessage(error), { cause: error });
  }
}

async function compose(
  options: ServerOptions,
  stack: DisposeStack,
  signal: AbortSignal | undefined,
): Promise<RunningServer> {
  const { dataDir, host = "127.0.0.1", port = 6443, parts = "all", log } = options;
  const clock = systemClock;
  await makeFolder(dataDir);
  const security = stack.use(readSecurity(options, { clock, log }));
  const opened = stack.use(await openStore(options));
  signal?.throwIfAborted();
  const store = security.protect(opened);
  const tls = prepareTls({ folder: join(dataDir, "tls"), host, clock });
  // The server reads this list at each write; what judges by the cache joins once there is one.
  const admitters: Admitter[] = [];
  const serverParts = {
    platform: nodePlatform,
    clock,
    log,
    serviceAccountKey: await keepServiceAccountKey(join(dataDir, "tls")),
    customResourceDefinitions: oamCustomResourceDefinitions(),
    proxyIdentity: tls.frontProxy,
    extensionAuthentication: {
      clientCa: tls.ca,
      requestHeaderCa: tls.frontProxyCa,
      allowedNames: [frontProxyName],
    },
    ...security.server,
  };
  let beside: Parts | undefined;
  const server = stack.use(
    createApiServer({ ...serverParts, store, admitters, figures: () => beside?.figures() ?? "" }),
  );
  await server.ready;
  const client = createClient({
    transport: server.transport(controllerUser),
    kinds: builtinKinds(),
    fieldManager: "lateen",
  });
  const working = signal ?? new AbortController().signal;
  if (parts === "all")
    beside = stack.use(await startParts({ options, server, client, admitters, tls, log, signal: working }));
  // A fork is judged by no controller's cache, and none works in it.
  const forks = stack.use(
    new Forks({ store, server: serverParts, tls, host, folder: join(dataDir, "forks"), clock, log }),
  );
  const control = withControl(server, {
    store: opened,
    forks,
    files: () => filesOf(dataDir, "tls"),
    now: () => clock.now(),
    preview: async (asked, { as, signal: asking }) => {
      // Loaded by who asks for it.
      const { previewDelivery } = await import("./preview/preview.ts");
      const { audit: _, auditPolicy: __, clock: ___, ...parts } = serverParts;
      return previewDelivery(asked, { store, server: parts, clock, as }, { signal: asking });
    },
  });
  const listening = stack.use(await listen({ server: control, host, port, tls, log }));
  const address = `https://${hostText(listening.address)}:${listening.port}`;
  const kubeconfigPath = writeKubeconfig({ folder: dataDir, server: address, tls });
  // Nobody waits for what these controllers write, and the server is not to be ready later for it.
  beside?.startLate();
  return {
    address,
    kubeconfigPath,
    client,
    triggerAddress: beside?.triggerAddress,
    untilStopped: (until) => Promise.race([aborted(until), ...(beside === undefined ? [] : [beside.wait()])]),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** Level by level: Node's recursive mkdir never comes back where the file system refuses with ENOENT, as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  try {
    for (let level = folder; !existsSync(level); level = dirname(level)) missing.unshift(level);
    for (const level of missing) await mkdir(level, { mode: 0o700 });
    if (!statSync(folder).isDirectory()) throw new Error("it is a file");
  } catch (error) {
    throw new StartError(
      `the data directory ${folder} cannot be made: ${errorMessage(error)}; name another with --data-dir`,
      { cause: error },
    );
  }
}

/** The store of the data directory, or the one that the servers of an etcd share. */
async function openStore({ dataDir, etcdEndpoints, log }: ServerOptions): Promise<Store> {
  if (etcdEndpoints === undefined) return openLmdbStore({ folder: join(dataDir, "store"), log });
  // Loaded by who asks for it: it takes a tenth of a second.
  const { openEtcdStore } = await import("@lateen/apiserver/store/etcd");
  return openEtcdStore({ endpoints: etcdEndpoints, log });
}

/** The files of a folder in the data directory, by their path from there. */
function filesOf(dataDir: string, folder: string): ReadonlyMap<string, Uint8Array> {
  const names = readdirSync(join(dataDir, folder), { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(names.map(({ name }) => [`${folder}/${name}`, readFileSync(join(dataDir, folder, name))]));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
