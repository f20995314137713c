/** One pod on this node: its containers in their order, its status kept up to date at the API, its end. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type JsonValue, TaskGroup, errorMessage, isConflict, isNotFound, jsonEquals } from "@lateen/base";
import { timestampOf } from "@lateen/controller";
import { type Pod, podKind } from "../api/pod.ts";
import { statusPatch } from "../api/status-patch.ts";
import type { PodAddress } from "./addresses.ts";
import { ContainerRunner } from "./container-runner.ts";
import type { NodeContext } from "./node-context.ts";
import type { PodPlan } from "./plan-container.ts";
import { summarizePod } from "./pod-status.ts";

const writeRetryMs = 500;

export class PodWorker {
  readonly #context: NodeContext;
  readonly #plan: PodPlan;
  readonly #tasks = new TaskGroup();
  #pod: Pod;
  #init: readonly ContainerRunner[] = [];
  #main: readonly ContainerRunner[] = [];
  #initialized = false;
  #address: PodAddress | undefined;
  #startTime: string;
  #failed: { readonly reason: string; readonly message: string } | undefined;
  #writing = false;
  #dirty = false;
  #ending: Promise<void> | undefined;
  #ended = false;

  constructor(context: NodeContext, pod: Pod, plan: PodPlan) {
    this.#context = context;
    this.#pod = pod;
    this.#plan = plan;
    this.#startTime = pod.status?.startTime ?? timestampOf(context.clock.now());
  }

  get uid(): string {
    return this.#pod.metadata.uid ?? "";
  }

  get simulated(): boolean {
    return this.#plan.simulated;
  }

  /** True while the node's state is not yet at the API: for tests that wait. */
  get busy(): boolean {
    return this.#writing || this.#dirty;
  }

  /** Gives the pod its address and lets its containers run. */
  async start(): Promise<void> {
    const { addresses } = this.#context;
    const ports = (this.#pod.spec?.containers ?? []).flatMap(({ ports = [] }) =>
      ports.map(({ containerPort }) => containerPort),
    );
    this.#address = await addresses.assignPod(this.uid, this.#pod.status?.podIP, ports);
    const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = this.#pod.status ?? {};
    this.#initialized = conditions.some(({ type, status }) => type === "Initialized" && status === "True");
    const policy = this.#pod.spec?.restartPolicy ?? "Always";
    this.#init = this.#plan.init.map(({ container, plan }) =>
      this.#runner(container, plan, {
        restartPolicy: container.restartPolicy === "Always" ? "Always" : policy === "Never" ? "Never" : "OnFailure",
        previous: initContainerStatuses.find(({ name }) => name === container.name),
      }),
    );
    this.#main = this.#plan.main.map(({ container, plan }) =>
      this.#runner(container, plan, {
        restartPolicy: policy,
        previous: containerStatuses.find(({ name }) => name === container.name),
      }),
    );
    this.#tasks.run((signal) => this.#runContainers(signal));
    const deadline = this.#pod.spec?.activeDeadlineSeconds;
    if (deadline !== undefined) this.#tasks.run((signal) => this.#enforceDeadline(deadline * 1000, signal));
  }

  #runner(
    container: PodPlan["main"][number]["container"],
    plan: PodPlan["main"][number]["plan"],
    rest: {
      readonly restartPolicy: "Always" | "OnFailure" | "Never";
      readonly previous: ConstructorParameters<typeof ContainerRunner>[0]["previous"];
    },
  ): ContainerRunner {
    return new ContainerRunner({
      context: this.#context,
      pod: this.#pod,
      container,
      plan,
      address: this.#address!,
      changed: () => this.#changed(),
      ...rest,
    });
  }

  async #runContainers(signal: AbortSignal): Promise<void> {
    for (const [i, runner] of this.#init.entries()) {
      const sidecar = this.#plan.init[i]?.container.restartPolicy === "Always";
      const running = runner.run(signal).catch(() => undefined);
      if (sidecar) {
        await Promise.race([running, this.#until(() => runner.facts.started, signal)]);
      } else if (!this.#initialized) {
        await running;
        if (signal.aborted) return;
        if ((runner.facts.state.terminated?.exitCode ?? 0) !== 0) {
          this.#changed();
          return;
        }
      }
    }
    this.#initialized = true;
    const running = Promise.all(this.#main.map((runner) => runner.run(signal).catch(() => undefined)));
    this.#changed();
    await running;
    if (!signal.aborted) this.#changed();
  }

  #conditionWaiters = new Set<() => void>();

  #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds() && !signal.aborted) return;
        this.#conditionWaiters.delete(check);
        resolve();
      };
      this.#conditionWaiters.add(check);
      signal.addEventListener("abort", check, { once: true });
      check();
    });
  }

  async #enforceDeadline(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    await clock.sleep(Math.max(0, Date.parse(this.#startTime) + ms - clock.now()), { signal });
    this.#failed = {
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    };
    await Promise.all([...this.#init, ...this.#main].map((runner) => runner.stop(0)));
    this.#changed();
  }

  /** A newer form of the pod: its end may have been asked for. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) {
      const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
      this.#ending ??= this.terminate(graceMs);
      this.#ending.catch((error: unknown) => {
        this.#ending = undefined;
        this.#context.log({
          level: "warn",
          message: "a pod could not be ended",
          object: `${pod.metadata.namespace}/${pod.metadata.name}`,
          error: errorMessage(error),
        });
      });
    }
  }

  /** Ends the containers, then the object. */
  async terminate(graceMs: number): Promise<void> {
    const { client, events } = this.#context;
    const { namespace = "", name = "", uid = "" } = this.#pod.metadata;
    if (!this.simulated) {
      events.record({ object: this.#pod, type: "Normal", reason: "Killing", message: "Stopping the pod's containers" });
      await Promise.all([...this.#main, ...this.#init].map((runner) => runner.stop(graceMs)));
    }
    await this.close();
    try {
      await client.delete({ ...podKind, namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Ends everything, at once or within a time, and forgets the pod; the object stays as it is. */
  async close(graceMs?: number): Promise<void> {
    this.#ended = true;
    if (graceMs !== undefined) await Promise.all([...this.#main, ...this.#init].map((runner) => runner.stop(graceMs)));
    await this.#tasks[Symbol.asyncDispose]().catch(() => undefined);
    this.#context.addresses.release("pod", this.uid);
  }

  /** Takes away what the pod left on disk. */
  removeFiles(): void {
    if (this.simulated) return;
    for (const part of ["logs", "work"])
      rmSync(join(this.#context.folder, part, this.uid), { recursive: true, force: true });
  }

  #changed(): void {
    for (const check of this.#conditionWaiters) check();
    if (this.#ended) return;
    this.#dirty = true;
    if (this.#writing) return;
    this.#writing = true;
    // Changes of the same moment become one write.
    queueMicrotask(() => void this.#write());
  }

  async #write(): Promise<void> {
    const { client, clock, log } = this.#context;
    while (this.#dirty && !this.#ended) {
      this.#dirty = false;
      const { namespace = "", name = "", uid = "" } = this.#pod.metadata;
      const status = summarizePod(this.#pod, this.#facts(), clock.now());
      if (jsonEquals(status as unknown as JsonValue, (this.#pod.status ?? {}) as unknown as JsonValue)) continue;
      try {
        const value = { metadata: { uid }, status: statusPatch(this.#pod.status, status) };
        const written = await client.patch<Pod>(
          { ...podKind, namespace, name },
          { kind: "merge", value },
          { subresource: "status" },
        );
        this.#pod = { ...written, metadata: newer(this.#pod, written).metadata };
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) break;
        log({
          level: "warn",
          message: "a pod's status could not be written",
          object: `${namespace}/${name}`,
          error: errorMessage(error),
        });
        this.#dirty = true;
        await clock.sleep(writeRetryMs).catch(() => undefined);
      }
    }
    this.#writing = false;
  }

  #facts(): Parameters<typeof summarizePod>[1] {
    return {
      podIp: this.#address?.ip,
      hostIp: this.#context.addresses.hostIp,
      startTime: this.#startTime,
      init: this.#init.map(({ facts }) => facts),
      main: this.#main.map(({ facts }) => facts),
      initialized: this.#initialized,
      simulated: this.#plan.why,
      failed: this.#failed,
    };
  }
}

function newer(left: Pod, right: Pod): Pod {
  return Number(left.metadata.resourceVersion) > Number(right.metadata.resourceVersion) ? left : right;
}
