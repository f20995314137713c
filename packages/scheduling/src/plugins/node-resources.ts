import { type Plugin, type Rejection, maxNodeScore, unschedulable } from "../plugin.ts";
import { podAmounts } from "../resources.ts";
import { type HostPort, type NodeInfo, type Snapshot, hostPortsOf } from "../snapshot.ts";

/** The order in which the reasons are told; extended resources follow by name. */
const plainResources = ["cpu", "memory", "ephemeral-storage"];
const scoredResources = ["cpu", "memory"];

function fit(requests: ReadonlyMap<string, number>, info: NodeInfo): Rejection | undefined {
  const reasons: string[] = [];
  let resolvable = true;
  if (info.pods.length + 1 > (info.allocatable.get("pods") ?? 0)) reasons.push("Too many pods");
  const extended = [...requests.keys()].filter((name) => !plainResources.includes(name) && name !== "pods").toSorted();
  for (const name of [...plainResources, ...extended]) {
    const wanted = requests.get(name) ?? 0;
    const allocatable = info.allocatable.get(name) ?? 0;
    if (wanted === 0 || wanted <= allocatable - (info.requested.get(name) ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    if (wanted > allocatable) resolvable = false;
  }
  if (reasons.length === 0) return undefined;
  return { code: resolvable ? "Unschedulable" : "UnschedulableAndUnresolvable", reasons };
}

/** Whether the node has room, and how much would be left: more is better. */
export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  weight: 1,
  judge: (pod) => {
    const { requests, nonZero } = podAmounts(pod);
    return {
      filter: (info) => fit(requests, info),
      score: (feasible) => feasible.map((info) => leastAllocated(nonZero, info)),
    };
  },
};

function leastAllocated(nonZero: ReadonlyMap<string, number>, info: NodeInfo): number {
  let sum = 0;
  let weights = 0;
  for (const name of scoredResources) {
    const allocatable = info.allocatable.get(name) ?? 0;
    if (allocatable === 0) continue;
    const requested = (info.nonZeroRequested.get(name) ?? 0) + (nonZero.get(name) ?? 0);
    sum += requested > allocatable ? 0 : Math.trunc(((allocatable - requested) * maxNodeScore) / allocatable);
    weights++;
  }
  return weights === 0 ? 0 : Math.trunc(sum / weights);
}

/** Prefers nodes whose cpu and memory get nearer to each other by the pod. */
export const balancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  judge: (pod) => {
    const { requests } = podAmounts(pod);
    if (scoredResources.every((name) => (requests.get(name) ?? 0) === 0)) return {};
    return { score: (feasible) => feasible.map((info) => balance(requests, info)) };
  },
};

function balance(requests: ReadonlyMap<string, number>, info: NodeInfo): number {
  const without = evenness(info, new Map());
  const after = evenness(info, requests);
  return Math.trunc(50 + (50 + after - without) / 2);
}

/** 100·(1 − standard deviation of the shares that are requested): 50 to 100. */
function evenness(info: NodeInfo, requests: ReadonlyMap<string, number>): number {
  const shares: number[] = [];
  for (const name of scoredResources) {
    const allocatable = info.allocatable.get(name) ?? 0;
    if (allocatable === 0) continue;
    shares.push(Math.min(1, ((info.requested.get(name) ?? 0) + (requests.get(name) ?? 0)) / allocatable));
  }
  if (shares.length === 2) return Math.trunc((1 - Math.abs(shares[0]! - shares[1]!) / 2) * maxNodeScore);
  return maxNodeScore;
}

function conflicts(wanted: HostPort, used: HostPort): boolean {
  const everywhere = "0.0.0.0";
  return (
    wanted.port === used.port &&
    wanted.protocol === used.protocol &&
    (wanted.ip === used.ip || wanted.ip === everywhere || used.ip === everywhere)
  );
}

export const nodePorts: Plugin = {
  name: "NodePorts",
  weight: 0,
  judge: (pod) => {
    const wanted = hostPortsOf(pod);
    if (wanted.length === 0) return {};
    return {
      filter: ({ ports }) =>
        wanted.some((port) => ports.some((used) => conflicts(port, used)))
          ? unschedulable("node(s) didn't have free ports for the requested pod ports")
          : undefined,
    };
  },
};

const mebibyte = 1024 * 1024;
const smallImageBytes = 23 * mebibyte;
const largeImageBytes = 1000 * mebibyte;

/** Prefers nodes that hold the pod's images; an image on few nodes counts less, so that pods do not crowd. */
export const imageLocality: Plugin = {
  name: "ImageLocality",
  weight: 1,
  judge: (pod, snapshot) => {
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    const images = containers.map(({ image = "" }) => withTag(image));
    return {
      score: (feasible) => {
        const spread = new Map(images.map((image) => [image, spreadBytes(image, snapshot)]));
        const most = largeImageBytes * containers.length;
        return feasible.map((info) => {
          let sum = 0;
          for (const image of images) if (imageBytes(info, image) !== undefined) sum += spread.get(image) ?? 0;
          const clamped = Math.min(Math.max(sum, smallImageBytes), Math.max(most, smallImageBytes));
          return most <= smallImageBytes
            ? 0
            : Math.trunc((maxNodeScore * (clamped - smallImageBytes)) / (most - smallImageBytes));
        });
      },
    };
  },
};

/** Size of an image, as the first node that holds it tells, by the share of nodes that do. */
function spreadBytes(image: string, { nodes }: Snapshot): number {
  const sizes = nodes.flatMap((info) => imageBytes(info, image) ?? []);
  return Math.trunc(((sizes[0] ?? 0) * sizes.length) / nodes.length);
}

function withTag(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}

function imageBytes({ node }: NodeInfo, image: string): number | undefined {
  return node.status?.images?.find(({ names = [] }) => names.includes(image))?.sizeBytes;
}
