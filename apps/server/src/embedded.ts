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
import { type Client, createCache, createClient } from "@lateen/client";
import { createClusterControllers } from "@lateen/cluster";
import { startNodeAgent } from "@lateen/cluster/node-agent";
import { type Environment, startControllers } from "@lateen/controller";
import {
  createApplicationAdmitter,
  createDefinitionAdmitter,
  createDefinitionControllers,
  createDeliveryControllers,
  installDefinitions,
  knownOperations,
  localPorts,
} from "@lateen/delivery";
import { oamCustomResourceDefinitions } from "@lateen/delivery/pure";
import { builtinKinds } from "@lateen/objects/kinds";
import { createRunAdmitter, createRunControllers, createStepProviders, createTriggerController } from "@lateen/runs";
import { createOutside, listenForTriggers } from "@lateen/runs/node";
import { withControl } from "./control.ts";
import { Forks } from "./forks.ts";
import { bundledImages } from "./bundled-images.ts";
import { gzipCompression } from "./gzip.ts";
import { type ServerOptions, StartError } from "./options.ts";
import { readSecurity } from "./security.ts";
import { mayActAs } from "./may-act-as.ts";
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
  /** Resolves when the signal aborts. @throws when a part of the server has failed. */
  untilStopped(signal: AbortSignal): Promise<void>;
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

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
  const server = stack.use(createApiServer({ ...serverParts, store, admitters }));
  await server.ready;
  const client = createClient({
    transport: server.transport(controllerUser),
    kinds: builtinKinds(),
    fieldManager: "lateen",
  });
  let failure: Promise<void> = new Promise(() => undefined);
  let startLate = (): void => undefined;
  if (parts === "all") {
    const cache = stack.use(createCache({ client, clock, log }));
    const environment: Environment = { client, cache, clock, log };
    const outside = stack.use(createOutside({ guard: options.stepNetwork ?? (isLoopback(host) ? "local" : "shared") }));
    const stepProviders = createStepProviders(environment, outside);
    const providers = stepProviders({});
    admitters.push(
      createApplicationAdmitter({ cache, mayActAs: mayActAs(client) }),
      createDefinitionAdmitter({ cache, knows: knownOperations(providers) }),
      createRunAdmitter({ client }),
    );
    await installDefinitions(client, { signal: signal ?? new AbortController().signal });
    const running = stack.use(
      startControllers({
        ...environment,
        controllers: [
          ...createClusterControllers(environment, { rootCertificate: tls.ca }),
          ...createDeliveryControllers(environment, {
            ...localPorts(client),
            providers,
            compression: gzipCompression,
            providersFor: (author) => stepProviders({}, author),
          }),
          ...createRunControllers(environment, stepProviders),
          createTriggerController(environment),
        ],
      }),
    );
    if (options.triggerPort !== undefined)
      stack.use(
        await listenForTriggers(
          { client, clock, log },
          { host, port: options.triggerPort, tls: { cert: tls.serverCertificate, key: tls.serverKey } },
        ),
      );
    const node = stack.use(
      await startNodeAgent(environment, {
        folder: join(dataDir, "node"),
        bundledImages: [bundledImages()],
        userImages: [join(dataDir, "images")],
        ...(options.nodeMode !== undefined && { mode: options.nodeMode }),
        ...(options.images !== undefined && { mappings: options.images }),
      }),
    );
    server.setPodStreams(node.streams);
    failure = running.wait();
    failure.catch(() => undefined);
    startLate = () => {
      const late = startControllers({ ...environment, controllers: createDefinitionControllers(environment) });
      failure = Promise.race([failure, stack.use(late).wait()]);
      failure.catch(() => undefined);
    };
  }
  // A fork is judged by no controller's cache, and none works in it.
  const forks = stack.use(
    new Forks({ store, server: serverParts, tls, host, folder: join(dataDir, "forks"), clock, log }),
  );
  const control = withControl(server, {
    store: opened,
    forks,
    files: () => filesOf(dataDir, "tls"),
    now: () => clock.now(),
  });
  const listening = stack.use(await listen({ server: control, host, port, tls, log }));
  const address = `https://${listening.address.includes(":") ? `[${listening.address}]` : listening.address}:${listening.port}`;
  const kubeconfigPath = writeKubeconfig({ folder: dataDir, server: address, tls });
  // Nobody waits for what these controllers write, and the server is not to be ready later for it.
  startLate();
  return {
    address,
    kubeconfigPath,
    client,
    untilStopped: (until) => Promise.race([aborted(until), failure]),
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
