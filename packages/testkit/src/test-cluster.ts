/** A whole control plane for tests: the API server on the memory store, a client, a cache, and controllers, in one process. */
import { type ManualClock, TaskGroup, type Log, createManualClock, silentLog, systemClock } from "@lateen/base";
import { type Cache, type Client, createCache, createClient } from "@lateen/client";
import { type Controller, type Environment, type RunningControllers, startControllers } from "@lateen/controller";
import { type Store, createApiServer, createMemoryStore } from "@lateen/apiserver";
import { nodePlatform } from "@lateen/apiserver/platform/node";
import { type KubeObject, type Transport, readManifests } from "@lateen/objects";
import { builtinKinds } from "@lateen/objects/kinds";

export interface TestClusterOptions {
  readonly customResourceDefinitions?: readonly KubeObject[];
  readonly controllers?: (environment: Environment) => readonly Controller[];
  /** `manual` (default): time stands until turned. `system`: for what runs outside, processes and sockets. */
  readonly time?: "manual" | "system";
  readonly log?: Log;
}

export interface TestCluster extends AsyncDisposable, Environment {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly client: Client;
  readonly cache: Cache;
  readonly transport: Transport;
  readonly server: ReturnType<typeof createApiServer>;
  /** Starts more controllers; they end with the cluster. */
  start(controllers: readonly Controller[]): RunningControllers;
  /** Applies the objects of a YAML text, as their only manager would. */
  apply(yaml: string): Promise<readonly KubeObject[]>;
  /** Something that must be idle before the cluster counts as settled. */
  watchIdle(idle: () => boolean): void;
  /**
   * Resolves when nothing changes any more: no controller has work, no write is under way. Moves the clock to timers that
   * fall due within `withinMs` (1 s: retries, not deadlines). @throws when it does not come to rest.
   */
  settled(options?: { readonly withinMs?: number }): Promise<void>;
}

/** The host's clock with a manual one's face: it goes by itself, `advance` only waits. */
const runningClock: ManualClock = {
  ...systemClock,
  advance: (ms) => systemClock.sleep(Math.max(1, ms)),
  leap: (ms) => systemClock.sleep(Math.max(1, ms)),
  nextTimer: () => undefined,
};

/** Turns of the event loop without any change after which the cluster is at rest. */
const quietTurns = 8;
const maxTurns = 5_000;

export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const clock = options.time === "system" ? runningClock : createManualClock();
  const log = options.log ?? silentLog;
  const store = createMemoryStore();
  const server = createApiServer({
    store,
    platform: nodePlatform,
    clock,
    customResourceDefinitions: options.customResourceDefinitions ?? [],
  });
  await server.ready;
  const transport = server.transport({ username: "system:lateen:test", groups: ["system:masters"] });
  const client = createClient({ transport, kinds: builtinKinds(), userAgent: "lateen-test/1" });
  const cache = createCache({ client, clock, log });
  const idle: (() => boolean)[] = [];
  const running: RunningControllers[] = [];
  const failures = new TaskGroup();

  const cluster: TestCluster = {
    clock,
    log,
    store,
    client,
    cache,
    transport,
    server,
    start(controllers) {
      const started = startControllers({ client, cache, clock, log, controllers });
      running.push(started);
      idle.push(() => started.idle);
      failures.run(() => started.wait());
      return started;
    },
    async apply(yaml) {
      const { objects, diagnostics } = readManifests(yaml, { source: "test.yaml" });
      if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
      const written: KubeObject[] = [];
      for (const object of objects) written.push(await client.apply(object, { fieldManager: "test", force: true }));
      return written;
    },
    watchIdle: (check) => void idle.push(check),
    settled: ({ withinMs = 1_000 } = {}) => settle({ clock, store, idle, withinMs }),
    async [Symbol.asyncDispose]() {
      for (const started of running.toReversed()) await started[Symbol.asyncDispose]();
      await failures[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
  if (options.controllers !== undefined) cluster.start(options.controllers(cluster));
  return cluster;
}

async function settle({
  clock,
  store,
  idle,
  withinMs,
}: {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly idle: readonly (() => boolean)[];
  readonly withinMs: number;
}): Promise<void> {
  const end = clock.now() + withinMs;
  let still = 0;
  for (let turn = 0; turn < maxTurns; turn++) {
    const { revision } = store;
    await clock.advance(0);
    still = store.revision === revision ? still + 1 : 0;
    if (still < quietTurns) continue;
    const next = clock.nextTimer();
    if (next !== undefined && next <= end) {
      await clock.advance(Math.max(0, next - clock.now()));
      still = 0;
    } else if (idle.every((check) => check())) return;
  }
  throw new Error(`the cluster does not come to rest within ${maxTurns} turns`);
}
