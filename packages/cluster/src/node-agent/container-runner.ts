/** One container of a pod over all its runs: starting, probing, ending, and starting again with back-off as the kubelet does. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BackoffOptions, TaskGroup, backoffMs, codeOf, errorMessage, isAborted } from "@lateen/base";
import { timestampOf } from "@lateen/controller";
import type { Container, ContainerState, ContainerStateTerminated, ContainerStatus, Pod } from "../api/pod.ts";
import type { PodAddress } from "./addresses.ts";
import { containerEnvironment, expandVariables } from "./container-env.ts";
import { LogFile, logPath } from "./log-file.ts";
import type { NodeContext } from "./node-context.ts";
import type { ContainerPlan } from "./plan-container.ts";
import type { ContainerFacts } from "./pod-status.ts";
import { type ProbeSubject, watchProbes } from "./probe-loop.ts";
import type { RunningProcess } from "./process-host.ts";

/** The kubelet's: the first restart comes at once, then 10 s doubling to 5 min, forgotten after 10 min of running. */
const restartBackoff: BackoffOptions = { baseMs: 10_000, maxMs: 300_000 };
const forgivenAfterMs = 600_000;
/** How long a simulated container of a Job "works". */
const simulatedWorkMs = 1_000;
/** After a container could not even be set up. */
const setUpRetryMs = 5_000;

export interface ContainerRunnerOptions {
  readonly context: NodeContext;
  readonly pod: Pod;
  readonly container: Container;
  readonly plan: ContainerPlan;
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  readonly address: PodAddress;
  /** What an earlier agent reported. */
  readonly previous: ContainerStatus | undefined;
  readonly changed: () => void;
}

export class ContainerRunner {
  readonly #options: ContainerRunnerOptions;
  #state: ContainerState = { waiting: { reason: "ContainerCreating" } };
  #lastState: ContainerState | undefined;
  #restartCount = 0;
  #ready = false;
  #started = false;
  #process: RunningProcess | undefined;
  #crashes = 0;
  #finished = false;
  #stopping = false;

  constructor(options: ContainerRunnerOptions) {
    this.#options = options;
    if (options.previous !== undefined) this.#takeUp(options.previous);
  }

  get facts(): ContainerFacts {
    const { container, plan, previous } = this.#options;
    return {
      name: container.name,
      image: container.image ?? previous?.image ?? "",
      simulated: plan.kind === "simulated",
      state: this.#state,
      lastState: this.#lastState,
      restartCount: this.#restartCount,
      ready: this.#ready,
      started: this.#started,
      processId: this.#process?.pid,
    };
  }

  /** An earlier agent's container: what ran has ended with that agent; what is simulated goes on. */
  #takeUp(previous: ContainerStatus): void {
    this.#restartCount = previous.restartCount;
    this.#lastState = previous.lastState?.terminated === undefined ? undefined : previous.lastState;
    const { terminated, running } = previous.state ?? {};
    if (terminated !== undefined) {
      this.#state = { terminated };
      this.#finished = !this.#restarts(terminated.exitCode);
      if (!this.#finished) this.#restart(terminated);
    } else if (running !== undefined && this.#options.plan.kind === "simulated") {
      this.#state = { running };
      this.#started = true;
      this.#ready = previous.ready;
    } else if (running !== undefined) {
      const now = timestampOf(this.#options.context.clock.now());
      const ended = {
        exitCode: 137,
        reason: "NodeStopped",
        message: "the server that ran this container was stopped",
        startedAt: running.startedAt,
        finishedAt: now,
      };
      this.#state = { terminated: ended };
      this.#finished = !this.#restarts(ended.exitCode);
      if (!this.#finished) this.#restart(ended);
    }
  }

  #restart(ended: ContainerStateTerminated): void {
    this.#lastState = { terminated: ended };
    this.#restartCount++;
    this.#state = { waiting: { reason: "ContainerCreating" } };
  }

  #restarts(exitCode: number): boolean {
    const { restartPolicy } = this.#options;
    return restartPolicy === "Always" || (restartPolicy === "OnFailure" && exitCode !== 0);
  }

  /** Runs until the restart policy is satisfied. The signal ends the process at once, without a word. */
  async run(signal: AbortSignal): Promise<void> {
    const { context } = this.#options;
    while (!this.#finished && !signal.aborted) {
      const startedMs = context.clock.now();
      const ended = await this.#runOnce(signal);
      if (signal.aborted) return;
      this.#ready = false;
      this.#started = false;
      this.#state = { terminated: ended };
      this.#finished = this.#stopping || !this.#restarts(ended.exitCode);
      this.#options.changed();
      if (this.#finished) return;
      if (context.clock.now() - startedMs >= forgivenAfterMs) this.#crashes = 0;
      await this.#backOff(ended, signal);
      this.#restart(ended);
    }
  }

  async #backOff(ended: ContainerStateTerminated, signal: AbortSignal): Promise<void> {
    const { context, container, pod } = this.#options;
    const crash = this.#crashes++;
    if (crash === 0) return;
    const ms = backoffMs(crash - 1, restartBackoff);
    const message = `back-off ${ms / 1000}s restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
    this.#lastState = { terminated: ended };
    this.#state = { waiting: { reason: "CrashLoopBackOff", message } };
    this.#options.changed();
    this.#tell(
      "Warning",
      "BackOff",
      `Back-off restarting failed container ${container.name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
    );
    await context.clock.sleep(ms, { signal }).catch(() => undefined);
  }

  async #runOnce(signal: AbortSignal): Promise<ContainerStateTerminated> {
    const { plan } = this.#options;
    switch (plan.kind) {
      case "process":
        return this.#runProcess(plan, signal);
      case "simulated":
        return this.#simulate(signal);
      case "refused":
        return this.#refuse(plan, signal);
    }
  }

  /** Waits for ever: only another manifest can help. */
  async #refuse(
    { reason, message }: { readonly reason: string; readonly message: string },
    signal: AbortSignal,
  ): Promise<never> {
    this.#state = { waiting: { reason, message } };
    this.#options.changed();
    this.#tell("Warning", reason === "ImagePullBackOff" ? "Failed" : reason, message);
    return untilAborted(signal);
  }

  async #simulate(signal: AbortSignal): Promise<ContainerStateTerminated> {
    const { context, restartPolicy } = this.#options;
    if (this.#state.running === undefined) {
      this.#state = { running: { startedAt: timestampOf(context.clock.now()) } };
      this.#started = true;
      this.#ready = true;
      this.#options.changed();
    }
    if (restartPolicy === "Always") return untilAborted(signal);
    await context.clock.sleep(simulatedWorkMs, { signal }).catch(() => undefined);
    return {
      exitCode: 0,
      reason: "Completed",
      startedAt: this.#state.running?.startedAt ?? "",
      finishedAt: timestampOf(context.clock.now()),
    };
  }

  async #runProcess(
    plan: Extract<ContainerPlan, { kind: "process" }>,
    signal: AbortSignal,
  ): Promise<ContainerStateTerminated> {
    const { context, pod, container } = this.#options;
    const env = await this.#settledEnvironment(signal);
    const path = logPath(join(context.folder, "logs"), {
      podUid: pod.metadata.uid ?? "",
      container: container.name,
      run: this.#restartCount,
    });
    const log = new LogFile(path, () => context.clock.now());
    context.openLogs.set(path, log);
    const tasks = new TaskGroup(signal);
    try {
      const command =
        plan.shell || plan.command.length === 0 ? plan.command : plan.command.map((word) => expandVariables(word, env));
      const folder = plan.folder ?? this.#workFolder();
      const whole = { ...baseEnvironment(), ...this.#ownEnvironment(plan), ...plan.env, ...env };
      const running = await context.processes.start({
        command,
        shell: plan.shell,
        folder,
        env: whole,
        onOutput: (stream, bytes) => log.write(stream, bytes),
      });
      this.#process = running;
      context.running.set(this.#key, { folder, env: whole, process: running });
      const startedAt = timestampOf(context.clock.now());
      this.#state = { running: { startedAt } };
      this.#started = container.startupProbe === undefined;
      this.#ready = this.#started && container.readinessProbe === undefined && !plan.readyWhenListening;
      this.#options.changed();
      this.#tell("Normal", "Started", `Started container ${container.name}`);
      tasks.run((stop) => watchProbes(this.#probeSubject(plan, running), stop));
      const kill = (): void => running.signal("SIGKILL");
      signal.addEventListener("abort", kill, { once: true });
      const exit = await running.exited;
      signal.removeEventListener("abort", kill);
      return {
        exitCode: exit.code,
        ...(exit.signal !== undefined && { signal: exit.code - 128 }),
        reason: exit.code === 0 ? "Completed" : "Error",
        startedAt,
        finishedAt: timestampOf(context.clock.now()),
        containerID: `process://${running.pid}`,
      };
    } catch (error) {
      if (isAborted(error) && signal.aborted) throw error;
      const now = timestampOf(context.clock.now());
      return { exitCode: 128, reason: "StartError", message: errorMessage(error), startedAt: now, finishedAt: now };
    } finally {
      this.#process = undefined;
      context.running.delete(this.#key);
      await tasks[Symbol.asyncDispose]().catch(() => undefined);
      log[Symbol.dispose]();
      context.openLogs.delete(path);
    }
  }

  /** The container's own variables; waits, telling why, until what they name exists. */
  async #settledEnvironment(signal: AbortSignal): Promise<Record<string, string>> {
    const { context, pod, container, address } = this.#options;
    for (;;) {
      try {
        return await containerEnvironment(pod, container, {
          get: (ref) => context.client.get(ref, { signal }),
          facts: {
            "status.podIP": address.ip,
            "status.podIPs": address.ip,
            "status.hostIP": context.addresses.hostIp,
            "spec.nodeName": context.nodeName,
          },
        });
      } catch (error) {
        signal.throwIfAborted();
        const reason =
          codeOf(error) === "CreateContainerConfigError" ? "CreateContainerConfigError" : "CreateContainerError";
        this.#state = { waiting: { reason, message: errorMessage(error) } };
        this.#options.changed();
        this.#tell("Warning", "Failed", `Error: ${errorMessage(error)}`);
        await context.clock.sleep(setUpRetryMs, { signal });
      }
    }
  }

  get #key(): string {
    return `${this.#options.pod.metadata.uid ?? ""}/${this.#options.container.name}`;
  }

  #workFolder(): string {
    const { context, pod, container } = this.#options;
    const folder = join(context.folder, "work", pod.metadata.uid ?? "", container.name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Where the program should listen, and who it is. */
  #ownEnvironment({ port }: Extract<ContainerPlan, { kind: "process" }>): Record<string, string> {
    const { pod, address, context } = this.#options;
    const services =
      pod.spec?.enableServiceLinks === false ? {} : context.serviceEnvironment(pod.metadata.namespace ?? "");
    return {
      ...services,
      HOST: address.host,
      ...(port !== undefined && { PORT: String(address.hostPort(port)) }),
      HOSTNAME: pod.spec?.hostname ?? pod.metadata.name ?? "",
      POD_NAME: pod.metadata.name ?? "",
      POD_NAMESPACE: pod.metadata.namespace ?? "",
      POD_IP: address.ip,
    };
  }

  #probeSubject(plan: Extract<ContainerPlan, { kind: "process" }>, running: RunningProcess): ProbeSubject {
    const { context, container, address } = this.#options;
    const readiness =
      container.readinessProbe ??
      (plan.readyWhenListening && plan.port !== undefined
        ? { tcpSocket: { port: plan.port }, periodSeconds: 5 }
        : undefined);
    return {
      context,
      container: readiness === undefined ? container : { ...container, readinessProbe: readiness },
      target: {
        container,
        addressOf: (port) => ({ host: address.host, port: address.hostPort(port) }),
        ...(context.mode === "process-shell" && {
          exec: async (command: readonly string[], timeoutMs: number) => {
            let output = "";
            const asked = await context.processes.start({
              command,
              shell: false,
              folder: plan.folder ?? this.#workFolder(),
              env: { ...baseEnvironment(), ...this.#ownEnvironment(plan) },
              onOutput: (_, bytes) => {
                if (output.length < 1_000) output += new TextDecoder().decode(bytes);
              },
            });
            const cancel = context.clock.timer(timeoutMs, () => asked.signal("SIGKILL"));
            const { code } = await asked.exited;
            cancel();
            return { code, output: output.trim() };
          },
        }),
      },
      started: () => this.#started,
      onStarted: () => {
        this.#started = true;
        this.#ready = readiness === undefined;
        this.#options.changed();
      },
      onReady: (ready) => {
        if (this.#ready === ready) return;
        this.#ready = ready;
        this.#options.changed();
      },
      onUnhealthy: (message, graceMs) => {
        this.#tell("Normal", "Killing", message);
        void stopProcess(
          running,
          graceMs ?? (this.#options.pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000,
          context,
        );
      },
      tell: (type, reason, message) => this.#tell(type, reason, message),
    };
  }

  /** SIGTERM, and SIGKILL when the time is over. Resolves when the process has ended; it is not started again. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#process !== undefined) await stopProcess(this.#process, graceMs, this.#options.context);
  }

  #tell(type: "Normal" | "Warning", reason: string, message: string): void {
    const { context, pod, container } = this.#options;
    context.events.record({ object: pod, type, reason, message, fieldPath: `spec.containers{${container.name}}` });
  }
}

async function stopProcess(running: RunningProcess, graceMs: number, { clock }: NodeContext): Promise<void> {
  running.signal("SIGTERM");
  const cancel = clock.timer(graceMs, () => running.signal("SIGKILL"));
  await running.exited;
  cancel();
}

/** What every program of this machine needs; nothing else of the server's own environment is handed on. */
function baseEnvironment(): Record<string, string> {
  const names = ["PATH", "HOME", "LANG", "TMPDIR", "TZ", "SystemRoot", "TEMP"];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
