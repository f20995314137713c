/** What works beside the API server in the same process: controllers, the node agent, the listener of Triggers. */
import { join } from "node:path";
import { DisposeStack, type Log, createDeferred, systemClock } from "@lateen/base";
import type { Admitter, ApiServer } from "@lateen/apiserver";
import type { prepareTls } from "@lateen/apiserver/listen/node";
import { type Client, createCache } from "@lateen/client";
import { createClusterControllers } from "@lateen/cluster";
import { startNodeAgent } from "@lateen/cluster/node-agent";
import { type Environment, startControllers } from "@lateen/controller";
import {
  createApplicationAdmitter,
  createDefinitionAdmitter,
  createDefinitionControllers,
  createDeliveryControllers,
  createDeliveryMetrics,
  installDefinitions,
  knownOperations,
  localPorts,
} from "@lateen/delivery";
import {
  createRunAdmitter,
  createRunControllers,
  createRunMetrics,
  createStepProviders,
  createTriggerController,
} from "@lateen/runs";
import { createOutside, listenForTriggers } from "@lateen/runs/node";
import { bundledImages } from "./bundled-images.ts";
import { gzipCompression } from "./gzip.ts";
import { mayActAs } from "./may-act-as.ts";
import type { ServerOptions } from "./options.ts";

export interface PartsOptions {
  readonly options: ServerOptions;
  readonly server: ApiServer;
  /** A client in process, with every right. */
  readonly client: Client;
  /** The server asks these at each write: what judges by the cache joins here. */
  readonly admitters: Admitter[];
  readonly tls: ReturnType<typeof prepareTls>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Parts extends AsyncDisposable {
  /** Starts what nobody waits for, once the server is reached. */
  startLate(): void;
  /** Never resolves. @throws when a part has failed. */
  wait(): Promise<never>;
  /** Figures of the controllers, in Prometheus' text format. */
  figures(): string;
  /** `https://127.0.0.1:9443`, where requests for Triggers are heard. */
  readonly triggerAddress: string | undefined;
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

/** @throws StartError, ApiError. */
export async function startParts(parts: PartsOptions): Promise<Parts> {
  const stack = new DisposeStack();
  try {
    return await composeParts(parts, stack);
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function composeParts(
  { options, server, client, admitters, tls, log, signal }: PartsOptions,
  stack: DisposeStack,
): Promise<Parts> {
  const { dataDir, host = "127.0.0.1" } = options;
  const clock = systemClock;
  const environment: Environment = { client, cache: stack.use(createCache({ client, clock, log })), clock, log };
  const outside = stack.use(createOutside({ guard: options.stepNetwork ?? (isLoopback(host) ? "local" : "shared") }));
  const stepProviders = createStepProviders(environment, outside);
  const providers = stepProviders({});
  admitters.push(
    createApplicationAdmitter({ cache: environment.cache, mayActAs: mayActAs(client) }),
    createDefinitionAdmitter({ cache: environment.cache, knows: knownOperations(providers) }),
    createRunAdmitter({ client }),
  );
  await installDefinitions(client, { signal });
  const metrics = { delivery: createDeliveryMetrics(), runs: createRunMetrics() };
  const ports = {
    ...localPorts(client),
    providers,
    compression: gzipCompression,
    providersFor: (author: Client) => stepProviders({}, author),
  };
  const running = stack.use(
    startControllers({
      ...environment,
      controllers: [
        ...createClusterControllers(environment, { rootCertificate: tls.ca }),
        ...createDeliveryControllers(environment, ports, { metrics: metrics.delivery }),
        ...createRunControllers(environment, stepProviders, metrics.runs),
        createTriggerController(environment),
      ],
    }),
  );
  const triggerAddress = await hearTriggers({ options, tls, environment }, stack);
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
  const failed = createDeferred<never>();
  // Nobody may be waiting yet.
  failed.promise.catch(() => undefined);
  const fail = (error: unknown): void => failed.reject(error);
  running.wait().catch(fail);
  return {
    triggerAddress,
    startLate() {
      const late = startControllers({ ...environment, controllers: createDefinitionControllers(environment) });
      stack.use(late).wait().catch(fail);
    },
    wait: () => failed.promise,
    figures: () => metrics.delivery.text() + metrics.runs.text(),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

async function hearTriggers(
  { options, tls, environment }: Pick<PartsOptions, "options" | "tls"> & { readonly environment: Environment },
  stack: DisposeStack,
): Promise<string | undefined> {
  const { host = "127.0.0.1", triggerPort } = options;
  if (triggerPort === undefined) return undefined;
  const place = { host, port: triggerPort, tls: { cert: tls.serverCertificate, key: tls.serverKey } };
  const { port } = stack.use(await listenForTriggers(environment, place));
  return `https://${hostText(host)}:${port}`;
}

/** A host as it stands in an address. */
export const hostText = (host: string): string => (host.includes(":") ? `[${host}]` : host);
