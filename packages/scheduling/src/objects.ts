/** The fields of pods, nodes and their neighbours that a placement depends on. */
import type { KubeObject, MetaLabelSelector } from "@lateen/objects";

export type ResourceList = Readonly<Record<string, string | number>>;

export interface SchedulingContainer {
  readonly name?: string;
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList };
  readonly ports?: readonly {
    readonly containerPort?: number;
    readonly hostPort?: number;
    readonly hostIP?: string;
    readonly protocol?: string;
  }[];
}

export interface NodeSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[];
  readonly matchFields?: readonly NodeSelectorRequirement[];
}

export interface PodAffinityTerm {
  readonly labelSelector?: MetaLabelSelector | null;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: MetaLabelSelector | null;
  readonly topologyKey: string;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    readonly weight: number;
    readonly podAffinityTerm: PodAffinityTerm;
  }[];
}

export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway";
  readonly labelSelector?: MetaLabelSelector | null;
  readonly minDomains?: number;
  readonly nodeAffinityPolicy?: "Honor" | "Ignore";
  readonly nodeTaintsPolicy?: "Honor" | "Ignore";
  readonly matchLabelKeys?: readonly string[];
}

export interface SchedulingToleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export interface SchedulingAffinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms?: readonly NodeSelectorTerm[];
    };
    readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
      readonly weight: number;
      readonly preference: NodeSelectorTerm;
    }[];
  };
  readonly podAffinity?: PodAffinity;
  readonly podAntiAffinity?: PodAffinity;
}

export interface SchedulingVolume {
  readonly name?: string;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly ephemeral?: unknown;
  readonly [source: string]: unknown;
}

export interface SchedulingPod extends KubeObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly affinity?: SchedulingAffinity;
    readonly tolerations?: readonly SchedulingToleration[];
    readonly containers?: readonly SchedulingContainer[];
    readonly initContainers?: readonly SchedulingContainer[];
    readonly overhead?: ResourceList;
    readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList };
    readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[];
    readonly schedulingGates?: readonly { readonly name: string }[];
    readonly priority?: number;
    readonly preemptionPolicy?: string;
    readonly volumes?: readonly SchedulingVolume[];
    readonly hostNetwork?: boolean;
    readonly schedulerName?: string;
  };
  readonly status?: {
    readonly phase?: string;
    readonly startTime?: string;
    readonly nominatedNodeName?: string;
  };
}

export interface SchedulingTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface SchedulingNode extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly SchedulingTaint[] };
  readonly status?: {
    readonly capacity?: ResourceList;
    readonly allocatable?: ResourceList;
    readonly images?: readonly { readonly names?: readonly string[]; readonly sizeBytes?: number }[];
  };
}
