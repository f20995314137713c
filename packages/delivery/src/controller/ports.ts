/** What delivery needs of others, in its own words; `apps/server` joins them. */
import type { Client } from "@lateen/client";
import type { AroundOperation, ProviderTable } from "@lateen/workflow";
import type { Cluster } from "../policy/topology.ts";
import type { ClusterVersion } from "../render/context.ts";

/** Which member clusters there are; `local` is always there and not listed. */
export interface Placement {
  clusters(): readonly Cluster[];
}

/** The way to a cluster. */
export interface Dispatcher {
  /** @throws Error when there is no such cluster; its message names it. */
  clientFor(cluster: string): Client;
  /** Undefined where it is not known. */
  versionOf(cluster: string): ClusterVersion | undefined;
}

/** Packs and unpacks what is written; both limit what they make. @throws Error for what cannot be unpacked. */
export interface Compression {
  gzip(bytes: Uint8Array): Uint8Array;
  gunzip(bytes: Uint8Array): Uint8Array;
}

export interface DeliveryPorts {
  readonly placement: Placement;
  readonly dispatcher: Dispatcher;
  /** Operations of workflow steps beyond those of delivery itself: kube, http, config … */
  readonly providers?: readonly ProviderTable[];
  /** The same for steps that act as somebody else: through this client. */
  readonly providersFor?: (client: Client) => readonly ProviderTable[];
  /** Every operation of a step is done through it: for who looks on, as a preview does. */
  readonly aroundOperation?: AroundOperation;
  /** Without it revisions are written in full. */
  readonly compression?: Compression;
}

/** Ports of a control plane without member clusters. */
export function localPorts(client: Client, version?: ClusterVersion): DeliveryPorts {
  return {
    placement: { clusters: () => [] },
    dispatcher: {
      clientFor(cluster) {
        if (cluster === "local" || cluster === "") return client;
        throw new Error(`cluster ${cluster} is not joined to this control plane`);
      },
      versionOf: () => version,
    },
  };
}
