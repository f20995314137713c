/** A node of the cluster on this machine: registers, keeps its lease, and runs the pods that are bound to it. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DisposeStack, TaskGroup, errorMessage } from "@lateen/base";
import {
  type Controller,
  type Environment,
  type Lease,
  type Request,
  startControllers,
  createEventRecorder,
} from "@lateen/controller";
import { type Pod, podKind } from "../api/pod.ts";
import { isPodFinished } from "../pods/pod-state.ts";
import { AddressBook, claimAddressRange } from "./addresses.ts";
import { type ImageCatalog, type ImageMapping, loadImageCatalog } from "./images.ts";
import type { NodeContext } from "./node-context.ts";
import { type NodeFacts, heartbeatMs, registerNode, renewLease, reportNode } from "./node-object.ts";
import { type NodeMode, planPod } from "./plan-container.ts";
import { type PodStreamsOfNode, createPodStreams } from "./pod-streams.ts";
import { PodWorker } from "./pod-worker.ts";
import { createProcessHost } from "./process-host.ts";
import { ServiceProxy } from "./service-proxy.ts";

export interface NodeAgentOptions {
  /** Default `lateen`. */
  readonly nodeName?: string;
  /** Default `process`. */
  readonly mode?: NodeMode;
  /** A folder of the node's own in the data directory: logs, work folders, process records. */
  readonly folder: string;
  /** Folders of bundled images, each image a folder in them with an `image.json`. */
  readonly bundledImages: readonly string[];
  /** Folders of the user's images. */
  readonly userImages?: readonly string[];
  readonly mappings?: readonly ImageMapping[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Pods that the node takes at most. Default 2,000: simulated ones cost little. */
  readonly podLimit?: number;
}

/** A running node. Disposing ends all its processes, and leaves the objects as they are. */
export interface NodeAgent extends AsyncDisposable {
  readonly nodeName: string;
  readonly streams: PodStreamsOfNode;
  readonly catalog: ImageCatalog;
  /** Nothing is under way that would still change an object. */
  readonly idle: boolean;
}

/** Resolves when the node is registered and Ready. */
export async function startNodeAgent(environment: Environment, options: NodeAgentOptions): Promise<NodeAgent> {
  const { nodeName = "lateen", mode = "process", folder } = options;
  const stack = new DisposeStack();
  try {
    mkdirSync(folder, { recursive: true });
    const catalog = loadImageCatalog({
      bundled: options.bundledImages,
      user: options.userImages ?? [],
      mappings: options.mappings ?? [],
    });
    for (const problem of catalog.problems) environment.log({ level: "warn", message: problem, controller: "node" });
    const range = stack.use(await claimAddressRange(createHash("sha256").update(folder).digest("hex")));
    let proxy: ServiceProxy | undefined;
    const context: NodeContext = {
      ...environment,
      events: createEventRecorder(environment, "kubelet", nodeName),
      mode,
      nodeName,
      folder,
      processes: stack.use(createProcessHost(join(folder, "processes"))),
      addresses: new AddressBook(range),
      serviceEnvironment: (namespace) => proxy?.environmentFor(namespace) ?? {},
      openLogs: new Map(),
      running: new Map(),
    };
    const facts: NodeFacts = { catalog, labels: options.labels ?? {}, podLimit: options.podLimit ?? 2_000 };
    const tasks = stack.use(new TaskGroup());
    await registerNode(context, facts, tasks.signal);
    tasks.run((signal) => keepAlive(context, facts, signal));
    const pods = stack.use(new PodKeeper(environment, context, catalog));
    const reach = (uid: string, port: number) => pods.reach(uid, port);
    proxy = stack.use(new ServiceProxy({ environment, context, reach }));
    const running = stack.use(
      startControllers({ ...environment, controllers: [pods.controller(), proxy.controller()] }),
    );
    return {
      nodeName,
      catalog,
      streams: createPodStreams({ environment, context, catalog, reach }),
      get idle() {
        return running.idle && pods.idle;
      },
      [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
    };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

/** Status is compared every so many heartbeats. */
const heartbeatsPerReport = 6;

async function keepAlive(context: NodeContext, facts: NodeFacts, signal: AbortSignal): Promise<void> {
  let lease: Lease | undefined;
  for (let beat = 1; ; beat++) {
    try {
      lease = await renewLease(context, lease, signal);
      if (beat % heartbeatsPerReport === 0) await reportNode(context, facts, signal);
    } catch (error) {
      signal.throwIfAborted();
      lease = undefined;
      context.log({
        level: "warn",
        message: "the node's heartbeat has failed",
        controller: "node",
        error: errorMessage(error),
      });
    }
    await context.clock.sleep(heartbeatMs, { signal });
  }
}

/** Time that programs have to end when the server does. */
const closeGraceMs = 1_000;

/** The pods of this node, each with its worker. */
class PodKeeper implements AsyncDisposable {
  readonly #environment: Environment;
  readonly #context: NodeContext;
  readonly #catalog: ImageCatalog;
  readonly #workers = new Map<string, PodWorker>();
  /** UID of the pod that a name stands for here. */
  readonly #named = new Map<string, string>();
  #swept = false;
  #closed = false;

  constructor(environment: Environment, context: NodeContext, catalog: ImageCatalog) {
    this.#environment = environment;
    this.#context = context;
    this.#catalog = catalog;
  }

  get idle(): boolean {
    for (const worker of this.#workers.values()) if (worker.busy) return false;
    return true;
  }

  controller(): Controller {
    return {
      name: "node-pods",
      sources: [{ ...podKind, when: (pod) => (pod as Pod).spec?.nodeName === this.#context.nodeName }],
      concurrency: 16,
      reconcile: (request) => this.#reconcile(request),
    };
  }

  /** Where a port of a pod is reached, if a process of it may listen there. */
  reach(uid: string, port: number): { readonly host: string; readonly port: number } | undefined {
    const worker = this.#workers.get(uid);
    const address = this.#context.addresses.pod(uid);
    if (worker === undefined || worker.simulated || address === undefined) return undefined;
    return { host: address.host, port: address.hostPort(port) };
  }

  async #reconcile({ namespace, name }: Request): Promise<void> {
    this.#sweep();
    const key = `${namespace}/${name}`;
    const pod = this.#environment.cache.get<Pod>({ ...podKind, namespace, name });
    const uid = pod?.metadata.uid;
    const known = this.#named.get(key);
    if (known !== undefined && known !== uid) await this.#forget(key, known);
    if (pod === undefined || uid === undefined || this.#closed) return;

    let worker = this.#workers.get(uid);
    if (worker === undefined) {
      if (isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined) {
        this.#named.set(key, uid);
        return;
      }
      worker = new PodWorker(this.#context, pod, planPod(pod, { catalog: this.#catalog, mode: this.#context.mode }));
      this.#workers.set(uid, worker);
      this.#named.set(key, uid);
      if (pod.metadata.deletionTimestamp === undefined) await worker.start();
    }
    worker.update(pod);
  }

  async #forget(key: string, uid: string): Promise<void> {
    const worker = this.#workers.get(uid);
    this.#workers.delete(uid);
    this.#named.delete(key);
    await worker?.close();
    worker?.removeFiles();
  }

  /** Takes away, once, what pods left on disk that are gone meanwhile. */
  #sweep(): void {
    if (this.#swept) return;
    this.#swept = true;
    const alive = new Set(this.#environment.cache.list<Pod>(podKind).map(({ metadata }) => metadata.uid));
    for (const part of ["logs", "work"]) {
      const folder = join(this.#context.folder, part);
      mkdirSync(folder, { recursive: true });
      for (const uid of readdirSync(folder))
        if (!alive.has(uid)) rmSync(join(folder, uid), { recursive: true, force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#workers.values()].map((worker) => worker.close(closeGraceMs)));
    this.#workers.clear();
  }
}
