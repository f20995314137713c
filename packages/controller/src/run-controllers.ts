import {
  type BackoffOptions,
  InvariantError,
  TaskGroup,
  codeOf,
  errorMessage,
  isConflict,
  isTerminal,
} from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import type { Controller, Environment, Request, RunControllersOptions, Source } from "./reconciler.ts";
import { type WorkQueue, createWorkQueue } from "./work-queue.ts";

/** Errors come back after 5 ms, 10 ms … at most 30 s: nothing in this plane should wait the 17 minutes of client-go's default. */
const errorBackoff: BackoffOptions = { baseMs: 5, maxMs: 30_000 };

/** Controllers at work. Disposing stops them: what is being reconciled is told by its signal, and awaited. */
export interface RunningControllers extends AsyncDisposable {
  /** True when nothing is queued or being worked on; what is only delayed does not count. */
  readonly idle: boolean;
  /** Resolves when all have ended. @throws what ended them, if it was no abort. */
  wait(): Promise<void>;
}

/**
 * Runs controllers until the signal aborts. Each waits for the caches of its sources, takes every object as a change,
 * and then follows the changes.
 * @throws an InvariantError out of a reconcile; other errors are logged and tried again.
 */
export async function runControllers(
  options: RunControllersOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const running = startControllers(options, { signal });
  try {
    await running.wait();
  } finally {
    await running[Symbol.asyncDispose]();
  }
}

/** As `runControllers`, for callers that must know whether all is done: tests, simulation. */
export function startControllers(
  { controllers, ...environment }: RunControllersOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): RunningControllers {
  const tasks = new TaskGroup(signal);
  const runs = controllers.map((controller) => new ControllerRun(controller, environment));
  for (const run of runs) tasks.run((stop) => run.run(stop));
  return {
    get idle() {
      return runs.every((run) => run.idle);
    },
    wait: () => tasks.wait(),
    [Symbol.asyncDispose]: () => tasks[Symbol.asyncDispose](),
  };
}

class ControllerRun {
  readonly #controller: Controller;
  readonly #environment: Environment;
  readonly #queue: WorkQueue<Request>;
  #ready = false;

  constructor(controller: Controller, environment: Environment) {
    this.#controller = controller;
    this.#environment = environment;
    this.#queue = createWorkQueue<Request>({
      keyOf: ({ namespace, name }) => `${namespace}/${name}`,
      groupOf: ({ namespace }) => namespace,
      clock: environment.clock,
      backoff: errorBackoff,
    });
  }

  get idle(): boolean {
    return this.#ready && this.#queue.waiting === 0 && this.#queue.active === 0;
  }

  async run(parent: AbortSignal): Promise<void> {
    const { cache } = this.#environment;
    // A signal of its own: hosts warn of many listeners on one.
    const signal = AbortSignal.any([parent]);
    signal.addEventListener("abort", () => this.#queue.close(signal.reason), { once: true });
    const { sources, concurrency = 1 } = this.#controller;
    const unsubscribe = sources.map((source) =>
      cache.onChange(source, ({ object, previous }) => {
        const subject = object ?? previous;
        if (subject !== undefined) this.#enqueue(source, subject, previous);
      }),
    );
    try {
      for (const source of sources) cache.watch(source);
      await cache.synced({ kinds: sources, signal });
      // What another controller's informer had brought before this one listened.
      for (const source of sources) for (const object of cache.list(source)) this.#enqueue(source, object, undefined);
      this.#ready = true;
      const feed = this.#controller.feed?.((request) => this.#queue.add(request), { signal });
      await Promise.all([feed, ...Array.from({ length: concurrency }, () => this.#work(signal))]);
    } finally {
      for (const forget of unsubscribe) forget();
      this.#queue[Symbol.dispose]();
    }
  }

  #enqueue(source: Source, object: KubeObject, previous: KubeObject | undefined): void {
    if (source.when !== undefined && !source.when(object, previous)) return;
    if (source.map === undefined) this.#queue.add(requestFor(object));
    else for (const request of source.map(object, previous)) this.#queue.add(request);
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const request = await this.#queue.take();
      try {
        await this.#reconcile(request, signal);
      } finally {
        this.#queue.done(request);
      }
    }
  }

  async #reconcile(request: Request, signal: AbortSignal): Promise<void> {
    try {
      const result = await this.#controller.reconcile(request, { signal });
      this.#queue.forget(request);
      if (result?.requeueAfterMs !== undefined) this.#queue.addAfter(request, Math.max(1, result.requeueAfterMs));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof InvariantError || codeOf(error) === "Invariant") throw error;
      this.#judge(request, error);
    }
  }

  #judge(request: Request, error: unknown): void {
    const { log } = this.#environment;
    const { name: controller } = this.#controller;
    const object = request.namespace === "" ? request.name : `${request.namespace}/${request.name}`;
    if (isTerminal(error)) {
      this.#queue.forget(request);
      log({
        level: "error",
        message: "given up until the object changes",
        controller,
        object,
        error: errorMessage(error),
      });
      return;
    }
    const ms = this.#queue.addWithBackoff(request);
    // A conflict only says that the cache lags behind; the newer object is on its way.
    const level = isConflict(error) ? "debug" : "warn";
    log({ level, message: "tried again later", controller, object, error: errorMessage(error), afterMs: ms });
  }
}

/** The request that names this object. */
export function requestFor(object: KubeObject): Request {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" };
}

/** For `Source.map`: the request of the owner that controls the object, if it is of this kind. */
export function requestForController(owner: { readonly apiVersion: string; readonly kind: string }) {
  const group = owner.apiVersion.split("/")[0];
  return (object: KubeObject, previous?: KubeObject): readonly Request[] => {
    const requests: Request[] = [];
    for (const state of previous === undefined || previous === object ? [object] : [object, previous]) {
      const controller = state.metadata.ownerReferences?.find((reference) => reference.controller === true);
      if (controller?.kind !== owner.kind || controller.apiVersion.split("/")[0] !== group) continue;
      if (!requests.some(({ name }) => name === controller.name))
        requests.push({ namespace: state.metadata.namespace ?? "", name: controller.name });
    }
    return requests;
  };
}
