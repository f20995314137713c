/** Defaults of the other core kinds (pkg/apis/core/v1/defaults.go, 1.36). */
import type { JsonObject } from "@lateen/base";
import { objects, record, text } from "../tables/read.ts";
import { childOf, type Draft, ifAbsent, ifUnset, isAbsent, itemsOf } from "./draft.ts";
import type { Defaulters } from "./walk.ts";

function service(draft: Draft): void {
  const spec = childOf(draft, "spec");
  ifUnset(spec, "sessionAffinity", "None");
  if (spec["sessionAffinity"] === "None") delete spec["sessionAffinityConfig"];
  if (
    spec["sessionAffinity"] === "ClientIP" &&
    isAbsent(record(spec, "sessionAffinityConfig", "clientIP"), "timeoutSeconds")
  )
    spec["sessionAffinityConfig"] = { clientIP: { timeoutSeconds: 10800 } };
  ifUnset(spec, "type", "ClusterIP");
  for (const port of itemsOf(spec, "ports")) {
    ifUnset(port, "protocol", "TCP");
    ifUnset(port, "targetPort", port["port"] ?? 0);
  }
  const type = text(spec, "type");
  const isExternal =
    type === "LoadBalancer" ||
    type === "NodePort" ||
    (type === "ClusterIP" && Array.isArray(spec["externalIPs"]) && spec["externalIPs"].length > 0);
  if (isExternal) ifUnset(spec, "externalTrafficPolicy", "Cluster");
  if (type === "NodePort" || type === "LoadBalancer" || type === "ClusterIP")
    ifAbsent(spec, "internalTrafficPolicy", "Cluster");
  if (type === "LoadBalancer") {
    ifAbsent(spec, "allocateLoadBalancerNodePorts", true);
    balancerModes(draft);
  }
}

function balancerModes(draft: Draft): void {
  if (objects(draft, "status", "loadBalancer", "ingress").length === 0) return;
  const balancer = childOf(childOf(draft, "status"), "loadBalancer");
  for (const ingress of itemsOf(balancer, "ingress"))
    if (text(ingress, "ip") !== "") ifAbsent(ingress, "ipMode", "VIP");
}

function replicationController(draft: Draft): void {
  const labels = record(draft, "spec", "template", "metadata", "labels");
  if (Object.keys(labels).length > 0) {
    if (Object.keys(record(draft, "spec", "selector")).length === 0) childOf(draft, "spec")["selector"] = labels;
    if (Object.keys(record(draft, "metadata", "labels")).length === 0) childOf(draft, "metadata")["labels"] = labels;
  }
}

/** Requests come from the defaults, these from the maxima, for containers. */
function limitRangeItem(draft: Draft): void {
  if (draft["type"] !== "Container") return;
  const limits: JsonObject = { ...record(draft, "max"), ...record(draft, "default") };
  const requests: JsonObject = { ...record(draft, "min"), ...limits, ...record(draft, "defaultRequest") };
  if (Object.keys(limits).length > 0) draft["default"] = limits;
  if (Object.keys(requests).length > 0) draft["defaultRequest"] = requests;
}

export const coreDefaulters: Defaulters = {
  "api.core.v1.Service": service,
  "api.core.v1.ReplicationController": replicationController,
  "api.core.v1.LimitRangeItem": limitRangeItem,
  "api.core.v1.Secret": (draft) => ifUnset(draft, "type", "Opaque"),
  "api.core.v1.PersistentVolume": (draft) => {
    ifUnset(childOf(draft, "status"), "phase", "Pending");
    const spec = childOf(draft, "spec");
    ifUnset(spec, "persistentVolumeReclaimPolicy", "Retain");
    ifAbsent(spec, "volumeMode", "Filesystem");
  },
  "api.core.v1.PersistentVolumeClaim": (draft) => ifUnset(childOf(draft, "status"), "phase", "Pending"),
  "api.core.v1.PersistentVolumeClaimSpec": (draft) => ifAbsent(draft, "volumeMode", "Filesystem"),
  "api.core.v1.Endpoints": (draft) => {
    for (const subset of itemsOf(draft, "subsets"))
      for (const port of itemsOf(subset, "ports")) ifUnset(port, "protocol", "TCP");
  },
  "api.core.v1.Namespace": (draft) => {
    const name = text(draft, "metadata", "name");
    if (name !== "") childOf(childOf(draft, "metadata"), "labels")["kubernetes.io/metadata.name"] = name;
  },
  "api.core.v1.NamespaceStatus": (draft) => ifUnset(draft, "phase", "Active"),
  "api.core.v1.NodeStatus": (draft) => {
    if (isAbsent(draft, "allocatable") && !isAbsent(draft, "capacity")) draft["allocatable"] = draft["capacity"] ?? {};
  },
};
