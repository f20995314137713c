/** The Node object and its Lease: what this machine is and that it is alive. */
import * as os from "node:os";
import { type JsonValue, isAlreadyExists, isConflict, isNotFound, jsonEquals } from "@lateen/base";
import type { Client } from "@lateen/client";
import { type Condition, type Lease, microTimeOf, timestampOf, withCondition } from "@lateen/controller";
import { type Node, leaseKind, nodeKind } from "../api/cluster.ts";
import { statusPatch } from "../api/status-patch.ts";
import { firstFreePort, privilegedShift } from "./addresses.ts";
import type { ImageCatalog } from "./images.ts";
import type { NodeContext } from "./node-context.ts";

export const leaseNamespace = "kube-node-lease";
export const heartbeatMs = 10_000;
const leaseDurationSeconds = 40;
/** An unchanged status is written again after so long (the kubelet's nodeStatusReportFrequency). */
const reportMs = 300_000;

/** Version of the API that the agent follows. */
const kubeletVersion = "v1.35.0";

export interface NodeFacts {
  readonly catalog: ImageCatalog;
  readonly labels: Readonly<Record<string, string>>;
  /** Pods that the node takes at most. */
  readonly podLimit: number;
}

/** Creates or takes over the Node object and reports its status. */
export async function registerNode(context: NodeContext, facts: NodeFacts, signal: AbortSignal): Promise<void> {
  const { client, nodeName, addresses, mode } = context;
  const labels = {
    "kubernetes.io/hostname": nodeName,
    "kubernetes.io/os": os.platform(),
    "kubernetes.io/arch": goArchitecture(),
    ...facts.labels,
  };
  const annotations = {
    "lateen.dev/node-mode": mode,
    "lateen.dev/ports": portsNote(addresses.remapsPorts),
  };
  const current = await findNode(client, nodeName, signal);
  if (current === undefined) {
    await client
      .create<Node>({ ...nodeKind, metadata: { name: nodeName, labels, annotations }, spec: {} }, { signal })
      .catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
  } else if (!contains(current.metadata.labels, labels) || !contains(current.metadata.annotations, annotations)) {
    await client.patch(
      { ...nodeKind, name: nodeName },
      { kind: "merge", value: { metadata: { labels, annotations } } },
      { signal },
    );
  }
  await reportNode(context, facts, signal);
}

function portsNote(remapped: boolean): string {
  if (remapped) return "remapped: this platform has one loopback address";
  return firstFreePort > 0
    ? `ports below ${firstFreePort} are served ${privilegedShift} higher: the server may not open them`
    : "as declared";
}

function contains(
  values: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([key, value]) => values?.[key] === value);
}

async function findNode(client: Client, name: string, signal: AbortSignal): Promise<Node | undefined> {
  try {
    return await client.get<Node>({ ...nodeKind, name }, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Writes the node's status if it is not what the API holds. */
export async function reportNode(
  context: NodeContext,
  { catalog, podLimit }: NodeFacts,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, nodeName, addresses } = context;
  const node = await findNode(client, nodeName, signal);
  if (node === undefined) return;
  const resources = {
    cpu: String(Math.max(1, os.cpus().length)),
    memory: `${Math.floor(os.totalmem() / 1024)}Ki`,
    "ephemeral-storage": "100Gi",
    pods: String(podLimit),
  };
  const conditions = [
    {
      type: "MemoryPressure",
      status: "False",
      reason: "KubeletHasSufficientMemory",
      message: "kubelet has sufficient memory available",
    },
    {
      type: "DiskPressure",
      status: "False",
      reason: "KubeletHasNoDiskPressure",
      message: "kubelet has no disk pressure",
    },
    {
      type: "PIDPressure",
      status: "False",
      reason: "KubeletHasSufficientPID",
      message: "kubelet has sufficient PID available",
    },
    { type: "Ready", status: "True", reason: "KubeletReady", message: readyMessage(context) },
  ] as const;
  const now = clock.now();
  // The time of the last heartbeat stays with a condition that does not change: it is no change of its own.
  const nextCondition = (known: readonly Condition[], condition: (typeof conditions)[number]): readonly Condition[] => {
    const before = known.find(({ type }) => type === condition.type);
    const next = withCondition(known, condition, now);
    return before?.lastHeartbeatTime === undefined
      ? next
      : next.map((each) =>
          each.type === condition.type ? { ...each, lastHeartbeatTime: before.lastHeartbeatTime } : each,
        );
  };
  const status: NonNullable<Node["status"]> & { readonly conditions: readonly Condition[] } = {
    ...node.status,
    capacity: resources,
    allocatable: resources,
    conditions: conditions.reduce<readonly Condition[]>(nextCondition, node.status?.conditions ?? []),
    addresses: [
      { type: "InternalIP", address: addresses.hostIp },
      { type: "Hostname", address: nodeName },
    ],
    nodeInfo: {
      machineID: "",
      systemUUID: "",
      bootID: "",
      kernelVersion: os.release(),
      osImage: `${os.type()} ${os.release()}`,
      containerRuntimeVersion: "process://1",
      kubeletVersion,
      kubeProxyVersion: kubeletVersion,
      operatingSystem: os.platform(),
      architecture: goArchitecture(),
    },
    images: catalog.images.map(({ name }) => ({ names: [`${name}:latest`], sizeBytes: 0 })),
  };
  const told = Date.parse(String(node.status?.conditions?.find(({ type }) => type === "Ready")?.lastHeartbeatTime));
  const same = jsonEquals(status as unknown as JsonValue, (node.status ?? {}) as unknown as JsonValue);
  if (same && now - told < reportMs) return;
  const lastHeartbeatTime = timestampOf(now);
  const beating = {
    ...status,
    conditions: status.conditions.map((condition) => ({ ...condition, lastHeartbeatTime })),
  };
  const value = { status: statusPatch(node.status, beating) };
  await client.patch({ ...nodeKind, name: nodeName }, { kind: "merge", value }, { subresource: "status", signal });
}

function readyMessage({ mode }: NodeContext): string {
  switch (mode) {
    case "process":
      return "runs known images as processes of this machine, simulates others";
    case "process-shell":
      return "runs known images and commands of manifests as processes of this machine";
    case "strict":
      return "runs known images as processes of this machine, refuses others";
    case "simulated":
      return "simulates every container";
  }
}

/** Names of processor architectures as Go, and so Kubernetes, has them. */
function goArchitecture(): string {
  return { x64: "amd64", ia32: "386", arm64: "arm64" }[os.arch()] ?? os.arch();
}

/** Renews the node's Lease, or makes it. */
export async function renewLease(
  { client, clock, nodeName }: NodeContext,
  known: Lease | undefined,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  const ref = { ...leaseKind, namespace: leaseNamespace, name: nodeName };
  const spec = { holderIdentity: nodeName, leaseDurationSeconds, renewTime: microTimeOf(clock.now()) };
  try {
    const current = known ?? (await client.get<Lease>(ref, { signal }));
    return await client.update<Lease>({ ...current, spec: { ...current.spec, ...spec } }, { signal });
  } catch (error) {
    if (isConflict(error)) return undefined;
    if (!isNotFound(error)) throw error;
  }
  try {
    return await client.create<Lease>(
      { ...leaseKind, metadata: { namespace: leaseNamespace, name: nodeName }, spec },
      { signal },
    );
  } catch (error) {
    // Its namespace is not there yet, or somebody was faster.
    if (isNotFound(error) || isAlreadyExists(error)) return undefined;
    throw error;
  }
}
