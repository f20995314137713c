/** The status of a pod from what its containers do: pure, after the kubelet (kubelet_pods.go getPhase, status/generate.go). */
import { type Condition, withCondition } from "@lateen/controller";
import type { ContainerState, ContainerStatus, Pod, PodPhase, PodStatus } from "../api/pod.ts";

export const simulatedReason = "Simulated";

/** What is known about one container. */
export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  readonly simulated: boolean;
  readonly state: ContainerState;
  readonly lastState: ContainerState | undefined;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly started: boolean;
  readonly processId: number | undefined;
}

export interface PodFacts {
  readonly podIp: string | undefined;
  readonly hostIp: string;
  readonly startTime: string;
  readonly init: readonly ContainerFacts[];
  readonly main: readonly ContainerFacts[];
  /** All init containers are done, sidecars started. */
  readonly initialized: boolean;
  /** Why the pod, or a part of it, is simulated; empty if it is not. */
  readonly simulated: string;
  /** The pod was ended by the node (deadline): reason and message. */
  readonly failed?: { readonly reason: string; readonly message: string } | undefined;
}

export function podPhase(pod: Pod, facts: PodFacts): PodPhase {
  const { phase } = pod.status ?? {};
  if (phase === "Succeeded" || phase === "Failed") return phase;
  if (facts.failed !== undefined) return "Failed";
  const policy = pod.spec?.restartPolicy ?? "Always";
  if (policy === "Never" && facts.init.some(({ state }) => (state.terminated?.exitCode ?? 0) !== 0)) return "Failed";
  if (!facts.initialized) return "Pending";
  const { main } = facts;
  const waiting = main.filter(
    ({ state, lastState }) => state.waiting !== undefined && lastState?.terminated === undefined,
  );
  if (waiting.length > 0) return "Pending";
  if (main.some(({ state }) => state.running !== undefined)) return "Running";
  if (policy === "Always") return "Running";
  const ended = main.map(({ state, lastState }) => state.terminated ?? lastState?.terminated);
  const succeeded = ended.every((state) => state?.exitCode === 0);
  if (succeeded) return "Succeeded";
  return policy === "Never" ? "Failed" : "Running";
}

export function summarizePod(pod: Pod, facts: PodFacts, nowMs: number): PodStatus {
  const phase = podPhase(pod, facts);
  const previous = pod.status ?? {};
  const settled = phase === "Succeeded" || phase === "Failed";
  const status: PodStatus = {
    ...previous,
    phase,
    conditions: podConditions(pod, { facts, phase, nowMs }),
    hostIP: facts.hostIp,
    hostIPs: [{ ip: facts.hostIp }],
    ...(facts.podIp !== undefined && { podIP: facts.podIp, podIPs: [{ ip: facts.podIp }] }),
    startTime: previous.startTime ?? facts.startTime,
    containerStatuses: facts.main.map((container) => containerStatus(container, settled)),
    ...(facts.init.length > 0 && {
      initContainerStatuses: facts.init.map((container) => containerStatus(container, settled)),
    }),
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  };
  if (facts.failed !== undefined) return { ...status, ...facts.failed };
  if (facts.simulated !== "") return { ...status, reason: simulatedReason, message: `simulated: ${facts.simulated}` };
  const { reason: _, message: __, ...plain } = status;
  return plain;
}

function containerStatus(facts: ContainerFacts, settled: boolean): ContainerStatus {
  return {
    name: facts.name,
    image: facts.image,
    imageID: facts.simulated ? "simulated" : "",
    ...(facts.processId !== undefined && { containerID: `process://${facts.processId}` }),
    ready: facts.ready && !settled,
    started: facts.started && !settled,
    restartCount: facts.restartCount,
    state: facts.state,
    lastState: facts.lastState ?? {},
  };
}

function podConditions(
  pod: Pod,
  { facts, phase, nowMs }: { readonly facts: PodFacts; readonly phase: PodPhase; readonly nowMs: number },
): readonly Condition[] {
  const unready = facts.main.filter(({ ready }) => !ready).map(({ name }) => name);
  const incomplete = facts.init
    .filter(({ state, started }) => state.terminated?.exitCode !== 0 && !started)
    .map(({ name }) => name);
  const settled =
    phase === "Succeeded" ? { reason: "PodCompleted" } : phase === "Failed" ? { reason: "PodFailed" } : undefined;
  const containersReady = settled === undefined && unready.length === 0 && facts.initialized;
  const gate = (pod.spec?.readinessGates ?? []).find(
    ({ conditionType }) => pod.status?.conditions?.find(({ type }) => type === conditionType)?.status !== "True",
  );
  const notReady = settled ?? {
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.join(" ")}]`,
  };
  const wanted: readonly Omit<Condition, "lastTransitionTime">[] = [
    {
      type: "PodReadyToStartContainers",
      status: settled === undefined && facts.podIp !== undefined ? "True" : "False",
    },
    facts.initialized
      ? { type: "Initialized", status: "True", ...(settled?.reason === "PodCompleted" && settled) }
      : {
          type: "Initialized",
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${incomplete.join(" ")}]`,
        },
    !containersReady
      ? { type: "Ready", status: "False", ...notReady }
      : gate === undefined
        ? { type: "Ready", status: "True" }
        : {
            type: "Ready",
            status: "False",
            reason: "ReadinessGatesNotReady",
            message: `the status of pod readiness gate "${gate.conditionType}" is not "True"`,
          },
    containersReady
      ? { type: "ContainersReady", status: "True" }
      : { type: "ContainersReady", status: "False", ...notReady },
    { type: "PodScheduled", status: "True" },
  ];
  return wanted.reduce<readonly Condition[]>(
    (conditions, condition) => withCondition(conditions, condition, nowMs),
    pod.status?.conditions ?? [],
  );
}
