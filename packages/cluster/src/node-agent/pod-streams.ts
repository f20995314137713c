/** A pod's logs and ports, for the API server's `log` and `portforward` (its port PodStreams). */
import * as net from "node:net";
import { join } from "node:path";
import { ApiError, failureStatus, isAborted } from "@lateen/base";
import type { Environment } from "@lateen/controller";
import { type Container, type Pod, podKind } from "../api/pod.ts";
import { latestRun, logPath, readLog } from "./log-file.ts";
import type { NodeContext, RunningContainer } from "./node-context.ts";
import type { RunningProcess } from "./process-host.ts";
import { planContainer } from "./plan-container.ts";
import { type Usage, UsageReader } from "./usage.ts";
import type { ImageCatalog } from "./images.ts";

export interface LogRequest {
  readonly namespace: string;
  readonly name: string;
  readonly container?: string | undefined;
  readonly follow?: boolean | undefined;
  /** The run before the present one. */
  readonly previous?: boolean | undefined;
  readonly timestamps?: boolean | undefined;
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  readonly sinceTime?: string | undefined;
  readonly limitBytes?: number | undefined;
  readonly signal: AbortSignal;
}

export interface ConnectRequest {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** One TCP connection to a pod. */
export interface PodConnection {
  readonly readable: AsyncIterable<Uint8Array>;
  /** Resolves when more may be written. @throws when the connection is broken. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends our side; what is under way is still delivered. */
  end(): void;
  close(): void;
}

export interface PodStreamsOfNode {
  /** @throws ApiError NotFound, BadRequest with the texts that kubectl shows. */
  logs(request: LogRequest): Promise<AsyncIterable<Uint8Array>>;
  /** @throws ApiError */
  connect(request: ConnectRequest): Promise<PodConnection>;
  /** Runs a command beside a container's process, with its folder and variables. @throws ApiError Forbidden, BadRequest. */
  exec(request: ExecRequest): Promise<PodProcess>;
  /** The output of a container's process from now on. @throws ApiError BadRequest. */
  attach(request: Omit<ExecRequest, "command">): Promise<PodProcess>;
  /** What the processes of pods use; simulated ones use nothing and are not there. */
  usage(): Promise<UsageOfPods>;
}

export interface UsageOfPods {
  readonly nodeName: string;
  readonly node: Usage;
  readonly pods: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly containers: readonly (Usage & { readonly name: string })[];
  }[];
  readonly atMs: number;
  readonly windowMs: number;
}

export interface ExecRequest {
  readonly namespace: string;
  readonly name: string;
  readonly container?: string | undefined;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly signal: AbortSignal;
}

/** A process in a container, with its streams. */
export interface PodProcess {
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
  /** There is no terminal: sizes are taken and mean nothing. */
  resize(): void;
  readonly exited: Promise<number>;
  close(): void;
}

export interface PodStreamsOptions {
  readonly environment: Environment;
  readonly context: NodeContext;
  readonly catalog: ImageCatalog;
  readonly reach: (podUid: string, port: number) => { readonly host: string; readonly port: number } | undefined;
}

const badRequest = (message: string): ApiError => new ApiError(failureStatus(400, "BadRequest", message));

export function createPodStreams(options: PodStreamsOptions): PodStreamsOfNode {
  const { environment, context } = options;
  const reader = new UsageReader(context);
  const podOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): Pod => {
    const pod = environment.cache.get<Pod>({ ...podKind, namespace, name });
    if (pod === undefined)
      throw new ApiError(failureStatus(404, "NotFound", `pods "${name}" not found`, { name, kind: "pods" }));
    return pod;
  };
  return {
    async logs(request) {
      const pod = podOf(request);
      const container = containerOf(pod, request.container);
      const plan = planContainer(container, { catalog: options.catalog, mode: context.mode });
      if (plan.kind === "simulated") return textOf(`this container is simulated: ${plan.why}\n`);
      const folder = join(context.folder, "logs");
      const podUid = pod.metadata.uid ?? "";
      const previous = request.previous === true;
      const run = latestRun(folder, { podUid, container: container.name, previous });
      if (run === undefined) {
        const { namespace, name } = request;
        throw badRequest(
          previous
            ? `previous terminated container "${container.name}" in pod "${name}" not found`
            : `container "${container.name}" in pod "${name}" is waiting to start: ${waitingReason(pod, container.name) ?? `ContainerCreating in ${namespace}`}`,
        );
      }
      const path = logPath(folder, { podUid, container: container.name, run });
      return readLog(path, context.openLogs.get(path), {
        follow: request.follow === true && !previous,
        timestamps: request.timestamps === true,
        tailLines: request.tailLines,
        limitBytes: request.limitBytes,
        sinceMs: sinceMs(request, context.clock.now()),
        signal: request.signal,
      });
    },

    async connect(request) {
      const pod = podOf(request);
      const address = options.reach(pod.metadata.uid ?? "", request.port);
      if (address === undefined)
        throw badRequest(
          `pod ${request.name} is simulated or not running: nothing listens behind port ${request.port}`,
        );
      return openConnection(address, request);
    },

    async usage() {
      const { containers, ...whole } = await reader.read();
      const pods = environment.cache.list<Pod>(podKind).flatMap(({ metadata }) => {
        const own = containers.filter(({ podUid }) => podUid === metadata.uid);
        if (own.length === 0) return [];
        const { namespace = "", name = "", labels } = metadata;
        return [{ namespace, name, labels, containers: own.map((one) => ({ ...one, name: one.container })) }];
      });
      return { ...whole, pods };
    },

    async exec(request) {
      const pod = podOf(request);
      const container = containerOf(pod, request.container);
      // Whoever may exec into a pod would otherwise run any command on this machine.
      if (context.mode !== "process-shell") {
        throw new ApiError(
          failureStatus(
            403,
            "Forbidden",
            `exec is refused: commands run on this machine only when the server is started with --node process-shell`,
            { name: request.name, kind: "pods" },
          ),
        );
      }
      const { folder, env } = runningOf(pod, container);
      const running = await context.processes.start({
        command: request.command,
        shell: false,
        folder,
        env,
        onOutput: () => undefined,
        interactive: true,
      });
      return processOf(running, request.signal);
    },

    async attach(request) {
      const pod = podOf(request);
      const container = containerOf(pod, request.container);
      const { process: running } = runningOf(pod, container);
      const ended = new AbortController();
      void running.exited.then(() => ended.abort());
      const podUid = pod.metadata.uid ?? "";
      const folder = join(context.folder, "logs");
      const run = latestRun(folder, { podUid, container: container.name, previous: false }) ?? 0;
      const path = logPath(folder, { podUid, container: container.name, run });
      const stdout = readLog(path, context.openLogs.get(path), {
        follow: true,
        timestamps: false,
        tailLines: 0,
        limitBytes: undefined,
        sinceMs: undefined,
        signal: AbortSignal.any([request.signal, ended.signal]),
      });
      return {
        stdout: untilAborted(stdout),
        stderr: textOf(""),
        write: () => Promise.resolve(),
        end: () => undefined,
        resize: () => undefined,
        exited: running.exited.then(({ code }) => code),
        close: () => ended.abort(),
      };
    },
  };

  function runningOf(pod: Pod, container: Container): RunningContainer {
    const running = context.running.get(`${pod.metadata.uid ?? ""}/${container.name}`);
    if (running !== undefined) return running;
    const plan = planContainer(container, { catalog: options.catalog, mode: context.mode });
    throw badRequest(
      plan.kind === "simulated"
        ? `container ${container.name} of pod ${pod.metadata.name} is simulated: ${plan.why}`
        : `container not found (${JSON.stringify(container.name)})`,
    );
  }
}

/** The streams of a process that is ended when the client leaves. */
function processOf(running: RunningProcess, signal: AbortSignal): PodProcess {
  const { exited } = running;
  const { stdin, stdout, stderr } = running.streams!;
  const close = (): void => running.signal("SIGKILL");
  signal.addEventListener("abort", close, { once: true });
  void exited.then(() => signal.removeEventListener("abort", close));
  return {
    stdout,
    stderr,
    write: (bytes) =>
      new Promise((written, failed) => {
        stdin.write(bytes, (error) => (error == null ? written() : failed(error)));
      }),
    end: () => void stdin.end(),
    resize: () => undefined,
    exited: exited.then(({ code }) => code),
    close,
  };
}

async function* untilAborted(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    if (!isAborted(error)) throw error;
  }
}

function waitingReason(pod: Pod, name: string): string | undefined {
  return pod.status?.containerStatuses?.find((status) => status.name === name)?.state?.waiting?.reason;
}

/** The container that is asked for; without a name the only one, or the one that the pod's annotation makes the default. */
function containerOf(pod: Pod, name: string | undefined): Container {
  const main = pod.spec?.containers ?? [];
  const all = [...main, ...(pod.spec?.initContainers ?? [])];
  const wanted = name ?? pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  const podName = pod.metadata.name ?? "";
  if (wanted !== undefined && wanted !== "") {
    const found = all.find((container) => container.name === wanted);
    if (found !== undefined) return found;
    throw badRequest(`container ${wanted} is not valid for pod ${podName}`);
  }
  const [only] = main;
  if (main.length === 1 && only !== undefined) return only;
  throw badRequest(
    `a container name must be specified for pod ${podName}, choose one of: [${all.map((container) => container.name).join(" ")}]`,
  );
}

function sinceMs({ sinceSeconds, sinceTime }: LogRequest, nowMs: number): number | undefined {
  if (sinceSeconds !== undefined) return nowMs - sinceSeconds * 1000;
  const time = Date.parse(sinceTime ?? "");
  return Number.isNaN(time) ? undefined : time;
}

async function* textOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}

function openConnection(
  address: { readonly host: string; readonly port: number },
  { signal, name, port }: ConnectRequest,
): Promise<PodConnection> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...address, allowHalfOpen: true });
    const onAbort = (): void => void socket.destroy();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", onAbort));
    socket.once("error", (error) =>
      reject(
        new ApiError(failureStatus(500, "InternalError", `connect to port ${port} of pod ${name}: ${error.message}`)),
      ),
    );
    socket.once("connect", () => {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      resolve({
        readable: socket,
        write: (bytes) =>
          new Promise((written, failed) => {
            socket.write(bytes, (error) => (error == null ? written() : failed(error)));
          }),
        end: () => void socket.end(),
        close: () => void socket.destroy(),
      });
    });
  });
}
