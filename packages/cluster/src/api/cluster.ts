/** The fields of core/v1 Node, Service, Endpoints, Namespace and discovery/v1 EndpointSlice that this package uses. */
import type { Condition } from "@lateen/controller";
import type { KubeObject } from "@lateen/objects";
import type { IntOrString } from "./workloads.ts";
import type { ResourceList } from "./pod.ts";

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

export interface Node extends KubeObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly Taint[];
    readonly podCIDR?: string;
  };
  readonly status?: {
    readonly capacity?: ResourceList;
    readonly allocatable?: ResourceList;
    readonly conditions?: readonly Condition[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: Readonly<Record<string, string>>;
    readonly images?: readonly { readonly names?: readonly string[]; readonly sizeBytes?: number }[];
    readonly daemonEndpoints?: Readonly<Record<string, unknown>>;
  };
}

export interface ServicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
  readonly targetPort?: IntOrString;
  readonly nodePort?: number;
  readonly appProtocol?: string;
}

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly publishNotReadyAddresses?: boolean;
    readonly externalName?: string;
  };
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly targetRef?: Readonly<Record<string, string>>;
}

export interface EndpointSlice extends KubeObject {
  readonly addressType?: string;
  readonly endpoints?: readonly Endpoint[] | null;
  readonly ports?:
    | readonly {
        readonly name?: string;
        readonly protocol?: string;
        readonly port?: number;
        readonly appProtocol?: string;
      }[]
    | null;
}

export interface Namespace extends KubeObject {
  readonly spec?: { readonly finalizers?: readonly string[] };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

export const nodeKind = { apiVersion: "v1", kind: "Node" } as const;
export const serviceKind = { apiVersion: "v1", kind: "Service" } as const;
export const endpointsKind = { apiVersion: "v1", kind: "Endpoints" } as const;
export const endpointSliceKind = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" } as const;
export const namespaceKind = { apiVersion: "v1", kind: "Namespace" } as const;
export const configMapKind = { apiVersion: "v1", kind: "ConfigMap" } as const;
export const secretKind = { apiVersion: "v1", kind: "Secret" } as const;
export const serviceAccountKind = { apiVersion: "v1", kind: "ServiceAccount" } as const;
export const leaseKind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" } as const;
