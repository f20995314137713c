/**
 * A node without a machine: pods that are bound to any node become what they would be if their images started at once.
 * Containers of Jobs work for a second. For previews and simulation; with `startNodeAgent` in mode `simulated` it agrees on
 * what pods come to (the property test of previews compares them).
 *
 * Pods that somebody else has begun to report are left as they are.
 */
import { type JsonValue, isAlreadyExists, isConflict, isNotFound, jsonEquals } from "@lateen/base";
import { type Controller, type Environment, timestampOf } from "@lateen/controller";
import { type Node, nodeKind } from "../api/cluster.ts";
import { type Container, type Pod, podKind } from "../api/pod.ts";
import { statusPatch } from "../api/status-patch.ts";
import { type ContainerFacts, summarizePod } from "../node-agent/pod-status.ts";
import { isPodFinished } from "../pods/pod-state.ts";

/** How long a container that ends by itself works. */
const workMs = 1_000;
const why = "no container is started here";

export function createSimulatedNode(environment: Environment): Controller {
  const { cache, client, clock } = environment;
  const own = new Set<string>();
  let addresses = 0;
  const addressOf = (pod: Pod): string => {
    if (pod.status?.podIP !== undefined) return pod.status.podIP;
    const number = ++addresses;
    return `10.${244 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  };
  return {
    name: "simulated-node",
    concurrency: 8,
    sources: [{ ...podKind, when: (pod) => (pod as Pod).spec?.nodeName !== undefined }],
    async reconcile({ namespace, name }) {
      const pod = cache.get<Pod>({ ...podKind, namespace, name });
      const uid = pod?.metadata.uid ?? "";
      if (pod?.spec?.nodeName === undefined) return undefined;
      if (pod.metadata.deletionTimestamp !== undefined) return end(pod);
      if (isPodFinished(pod) || (!own.has(uid) && pod.status?.containerStatuses !== undefined)) return undefined;
      own.add(uid);
      const { status, againMs } = statusOf(pod, { now: clock.now(), podIp: addressOf(pod) });
      if (!jsonEquals(status as unknown as JsonValue, (pod.status ?? {}) as unknown as JsonValue)) {
        const value = { metadata: { uid }, status: statusPatch(pod.status, status) };
        await client
          .patch({ ...podKind, namespace, name }, { kind: "merge", value }, { subresource: "status" })
          .catch(unlessGone);
      }
      return againMs === undefined ? undefined : { requeueAfterMs: againMs };
    },
  };

  async function end({ metadata: { namespace, name = "", uid = "" } }: Pod): Promise<undefined> {
    own.delete(uid);
    await client
      .delete({ ...podKind, namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch(unlessGone);
    return undefined;
  }
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error) && !isConflict(error)) throw error;
}

/** What the pod is at `now`, and when that changes. */
function statusOf(
  pod: Pod,
  { now, podIp }: { readonly now: number; readonly podIp: string },
): { readonly status: NonNullable<Pod["status"]>; readonly againMs: number | undefined } {
  const startMs = Date.parse(pod.status?.startTime ?? timestampOf(now));
  const init = pod.spec?.initContainers ?? [];
  const policy = pod.spec?.restartPolicy ?? "Always";
  let at = startMs;
  const ends: number[] = [];
  const initFacts = init.map((container) => {
    const sidecar = container.restartPolicy === "Always";
    const facts = factsOf(container, { from: at, until: sidecar ? Number.POSITIVE_INFINITY : at + workMs, now });
    if (!sidecar) ends.push((at += workMs));
    return facts;
  });
  const until = policy === "Always" ? Number.POSITIVE_INFINITY : at + workMs;
  if (policy !== "Always") ends.push(until);
  const status = summarizePod(
    pod,
    {
      podIp,
      hostIp: "10.0.0.1",
      startTime: timestampOf(startMs),
      init: initFacts,
      main: (pod.spec?.containers ?? []).map((container) => factsOf(container, { from: at, until, now })),
      initialized: now >= at,
      simulated: why,
    },
    now,
  );
  const next = ends.find((end) => end > now);
  return { status, againMs: next === undefined ? undefined : next - now };
}

function factsOf(
  { name, image = "" }: Container,
  { from, until, now }: { readonly from: number; readonly until: number; readonly now: number },
): ContainerFacts {
  const runs = now >= from && now < until;
  const startedAt = timestampOf(from);
  return {
    name,
    image,
    simulated: true,
    state:
      now < from
        ? { waiting: { reason: "ContainerCreating" } }
        : runs
          ? { running: { startedAt } }
          : { terminated: { exitCode: 0, reason: "Completed", startedAt, finishedAt: timestampOf(until) } },
    lastState: undefined,
    restartCount: 0,
    ready: runs,
    started: runs,
    processId: undefined,
  };
}

/** Adds a Ready node that takes what comes, where the cluster has none. */
export async function addSimulatedNode(
  { client, clock }: Pick<Environment, "client" | "clock">,
  { name = "preview", signal }: { readonly name?: string; readonly signal: AbortSignal },
): Promise<void> {
  const { items } = await client.list<Node>(nodeKind, { signal });
  if (items.length > 0) return;
  const resources = { cpu: "1k", memory: "16Ti", "ephemeral-storage": "16Ti", pods: "100k" };
  const time = timestampOf(clock.now());
  const labels = { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
  await client
    .create<Node>({ ...nodeKind, metadata: { name, labels }, spec: {} }, { signal })
    .catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  const ready = { type: "Ready", status: "True", reason: "Simulated", message: why } as const;
  const value = {
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: [{ ...ready, lastHeartbeatTime: time, lastTransitionTime: time }],
    },
  };
  await client.patch({ ...nodeKind, name }, { kind: "merge", value }, { subresource: "status", signal });
  // A new node is tainted as not ready until somebody watches over nodes; nobody need do so here.
  await client.patch({ ...nodeKind, name }, { kind: "merge", value: { spec: { taints: null } } }, { signal });
}
