/** A control plane over a fork, in virtual time: the controllers that deliver, the outside apart. */
import {
  DisposeStack,
  type JsonObject,
  type JsonValue,
  type Log,
  type ManualClock,
  isJsonObject,
  silentLog,
} from "@lateen/base";
import {
  type Admitter,
  type ApiServer,
  type ApiServerOptions,
  type Platform,
  type Store,
  createApiServer,
} from "@lateen/apiserver";
import { type Client, createCache, createClient } from "@lateen/client";
import { addSimulatedNode, createClusterControllers, createSimulatedNode } from "@lateen/cluster";
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
import type { Transport } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";
import { createRunAdmitter, createRunControllers, createStepProviders } from "@lateen/runs";
import { aroundOperations } from "@lateen/workflow";
import { gzipCompression } from "../gzip.ts";
import { mayActAs } from "../may-act-as.ts";
import type { Outside } from "./outside.ts";
import { type Scope, scopedController } from "./scope.ts";
import type { WriteLog } from "./write-log.ts";

export interface PreviewEnvironmentOptions {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly server: Omit<ApiServerOptions, "store" | "clock" | "admitters">;
  /** What takes part though the preview does not change it. */
  readonly includes: Scope["includes"];
  readonly log?: Log;
  readonly writes: WriteLog;
  readonly outside: Outside;
  readonly signal: AbortSignal;
}

export interface PreviewEnvironment extends AsyncDisposable {
  readonly server: ApiServer;
  /** Of the control plane, with every right. */
  readonly client: Client;
  readonly transport: Transport;
  readonly idle: () => boolean;
  /** @throws what ended the controllers. */
  check(): void;
}

const controllerUser = { username: "system:lateen:preview", groups: ["system:masters", "system:authenticated"] };
/** Nodes are as the fork has them: nobody there keeps their leases. */
const absent: ReadonlySet<string> = new Set(["node-lifecycle"]);

export async function startPreviewEnvironment(options: PreviewEnvironmentOptions): Promise<PreviewEnvironment> {
  const stack = new DisposeStack();
  try {
    return await compose(options, stack);
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function compose(options: PreviewEnvironmentOptions, stack: DisposeStack): Promise<PreviewEnvironment> {
  const { store, clock, includes, writes, outside, signal, log = silentLog } = options;
  const admitters: Admitter[] = [];
  const server = stack.use(
    createApiServer({
      customResourceDefinitions: oamCustomResourceDefinitions(),
      ...options.server,
      platform: secluded(options.server.platform, outside),
      log,
      store,
      clock,
      admitters,
    }),
  );
  await server.ready;
  const transport = writes.noting(server.transport(controllerUser));
  const client = createClient({ transport, kinds: builtinKinds(), fieldManager: "lateen" });
  const cache = stack.use(createCache({ client, clock, log }));
  const environment: Environment = { client, cache, clock, log };
  const all = createStepProviders(environment, outside);
  const providers: typeof all = (labels, as) => all(labels, as).map((table) => aroundOperations(table, outside.around));
  admitters.push(
    createApplicationAdmitter({ cache, mayActAs: mayActAs(client) }),
    createDefinitionAdmitter({ cache, knows: knownOperations(all({})) }),
    createRunAdmitter({ client }),
  );
  await installDefinitions(client, { signal });
  await addSimulatedNode(environment, { signal });
  const scope: Scope = { since: store.revision, includes };
  const controllers = [
    ...createClusterControllers(environment),
    createSimulatedNode(environment),
    ...createDefinitionControllers(environment),
    ...createDeliveryControllers(environment, {
      ...localPorts(client),
      providers: all({}),
      compression: gzipCompression,
      providersFor: (author) => all({}, author),
      aroundOperation: outside.around,
    }),
    ...createRunControllers(environment, providers),
  ].filter(({ name }) => !absent.has(name));
  const running = stack.use(
    startControllers({ ...environment, controllers: controllers.map((one) => scopedController(one, scope)) }),
  );
  let failure: { readonly error: unknown } | undefined;
  running.wait().catch((error: unknown) => (failure = { error }));
  return {
    server,
    client,
    transport,
    idle: () => running.idle && writes.idle,
    check() {
      if (failure !== undefined) throw failure.error;
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A platform that calls nobody: webhooks of admission allow, and that they would have been asked is noted. */
function secluded(platform: Platform, outside: Outside): Platform {
  return {
    ...platform,
    forward: ({ url }) => Promise.reject(new Error(`${url}: a preview calls nobody outside`)),
    post: async ({ url, body }) => {
      const review = JSON.parse(decoder.decode(body)) as JsonValue;
      if (!isJsonObject(review) || review.kind !== "AdmissionReview")
        throw new Error(`Post "${url}": a preview calls nobody outside`);
      const request = isJsonObject(review.request) ? review.request : {};
      outside.askedWebhook(url, summaryOf(request));
      const answer = {
        apiVersion: review.apiVersion,
        kind: review.kind,
        response: { uid: request.uid, allowed: true },
      };
      return { status: 200, body: encoder.encode(JSON.stringify(answer)) };
    },
  };
}

function summaryOf({ operation, kind, namespace, name }: JsonObject): JsonObject {
  return {
    ...(operation === undefined ? {} : { operation }),
    ...(kind === undefined ? {} : { kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}
