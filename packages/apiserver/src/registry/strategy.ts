import type { Kind, KubeObject } from "@lateen/objects";
import type { CustomVersion } from "../crd/custom-kind.ts";
import type { ResourceRequest } from "../request/context.ts";
import { terminateDefinition, terminateNamespace } from "./terminate.ts";

/** How a kind differs from the others in what all writes have in common (pkg/registry, strategy.go). */
export interface Strategy {
  /** metadata.generation counts the changes of what the user asked for. */
  readonly counted: boolean;
  /** A PUT of an absent object creates it. */
  readonly createOnUpdate: boolean;
  /** A PUT without resourceVersion is allowed. */
  readonly unconditionalUpdate: boolean;
  /** A DELETE that removes at once answers with the object instead of a Status. */
  readonly answersDeleted: boolean;
  /** Deletion waits for a node agent. */
  readonly graceful: boolean;
  /** What a DELETE without a policy does to dependents. */
  readonly defaultPropagation: "Background" | "Orphan";
  /** Main writes leave `status` alone, `/status` writes leave the rest. */
  readonly statusSubresource: boolean;
  /** A write of the status cannot change the finalizers. */
  readonly statusKeepsFinalizers?: boolean;
  /** The generation is given at creation and never counts. */
  readonly fixedGeneration?: boolean;
  /** Nobody's fields are recorded. */
  readonly untracked?: boolean;
  /** What deletion makes of an object whose content must go first; undefined when nothing is left to wait for. */
  readonly terminate?: (live: KubeObject, request: ResourceRequest) => KubeObject | undefined;
  /** Events of events.k8s.io lie where core events do. */
  readonly storageGroup?: string;
}

const key = (kind: Kind): string => (kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`);

const uncounted = new Set(
  [
    "ConfigMap Secret ServiceAccount Namespace Node Service Endpoints Event LimitRange ResourceQuota PersistentVolume",
    "PersistentVolumeClaim PodTemplate ControllerRevision.apps HorizontalPodAutoscaler.autoscaling Lease.coordination.k8s.io",
    "Event.events.k8s.io Role.rbac.authorization.k8s.io ClusterRole.rbac.authorization.k8s.io",
    "RoleBinding.rbac.authorization.k8s.io ClusterRoleBinding.rbac.authorization.k8s.io RuntimeClass.node.k8s.io",
    "StorageClass.storage.k8s.io CSIDriver.storage.k8s.io CSINode.storage.k8s.io CSIStorageCapacity.storage.k8s.io",
    "VolumeAttachment.storage.k8s.io VolumeAttributesClass.storage.k8s.io APIService.apiregistration.k8s.io",
    "CertificateSigningRequest.certificates.k8s.io IPAddress.networking.k8s.io ServiceCIDR.networking.k8s.io",
  ]
    .join(" ")
    .split(" "),
);

const createOnUpdate = new Set(["Lease.coordination.k8s.io", "Endpoints", "Service", "Event", "Event.events.k8s.io"]);

const answersDeleted = new Set([
  "Pod",
  "Service",
  "ResourceQuota",
  "ServiceAccount",
  "PodTemplate",
  "StorageClass.storage.k8s.io",
  "CSIDriver.storage.k8s.io",
  "VolumeAttachment.storage.k8s.io",
]);

export function strategyOf(kind: Kind, custom?: CustomVersion): Strategy {
  const name = key(kind);
  if (custom !== undefined) {
    return {
      counted: true,
      createOnUpdate: false,
      unconditionalUpdate: false,
      answersDeleted: false,
      graceful: false,
      defaultPropagation: "Background",
      statusSubresource: custom.statusSubresource,
    };
  }
  return {
    counted: !uncounted.has(name),
    createOnUpdate: createOnUpdate.has(name),
    unconditionalUpdate: name !== "Lease.coordination.k8s.io",
    answersDeleted: answersDeleted.has(name),
    graceful: name === "Pod",
    defaultPropagation: name === "Job.batch" || name === "ReplicationController" ? "Orphan" : "Background",
    statusSubresource: kind.subresources.includes("status"),
    ...(name === "PriorityClass.scheduling.k8s.io" && { fixedGeneration: true }),
    ...(name === "Namespace" && { terminate: terminateNamespace }),
    ...(name === "CustomResourceDefinition.apiextensions.k8s.io" && { terminate: terminateDefinition }),
    ...(name === "Event.events.k8s.io" && { storageGroup: "core" }),
  };
}
