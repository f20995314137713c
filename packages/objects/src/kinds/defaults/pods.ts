/** Defaults of pods and what is in them (pkg/apis/core/v1/defaults.go, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
} from "../../values/quantity.ts";
import { record } from "../tables/read.ts";
import { childOf, type Draft, ifAbsent, ifUnset, isAbsent, itemsOf } from "./draft.ts";
import { isLatest } from "./image-name.ts";
import type { Defaulters } from "./walk.ts";

function pullPolicy(image: JsonValue | undefined): string {
  return isLatest(typeof image === "string" ? image : "") ? "Always" : "IfNotPresent";
}

function container(draft: Draft): void {
  ifUnset(draft, "imagePullPolicy", pullPolicy(draft["image"]));
  ifUnset(draft, "terminationMessagePath", "/dev/termination-log");
  ifUnset(draft, "terminationMessagePolicy", "File");
}

function podSpec(draft: Draft): void {
  ifUnset(draft, "dnsPolicy", "ClusterFirst");
  ifUnset(draft, "restartPolicy", "Always");
  ifAbsent(draft, "securityContext", {});
  ifAbsent(draft, "terminationGracePeriodSeconds", 30);
  ifUnset(draft, "schedulerName", "default-scheduler");
}

/** Only pods themselves get these, not the templates of workloads. */
function pod(draft: Draft): void {
  const spec = childOf(draft, "spec");
  for (const list of ["containers", "initContainers"]) for (const item of itemsOf(spec, list)) requestsFromLimits(item);
  podLevelResources(spec);
  ifAbsent(spec, "enableServiceLinks", true);
  if (spec["hostNetwork"] !== true) return;
  for (const list of ["containers", "initContainers"])
    for (const item of itemsOf(spec, list))
      for (const port of itemsOf(item, "ports")) ifUnset(port, "hostPort", port["containerPort"] ?? 0);
}

function requestsFromLimits(item: Draft): void {
  if (isAbsent(record(item, "resources"), "limits")) return;
  const resources = childOf(item, "resources");
  resources["requests"] = { ...record(resources, "limits"), ...record(resources, "requests") };
}

const overcommittable = /^[^/]*$|^kubernetes\.io\//;

function isPodLevel(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

/**
 * Resources of the pod as a whole: huge pages take their limit from the containers, requests what the containers ask for
 * together, then the pod's own limits.
 */
function podLevelResources(spec: Draft): void {
  if (isAbsent(spec, "resources")) return;
  const resources = childOf(spec, "resources");
  const limits = { ...record(resources, "limits") };
  const given = record(resources, "requests");
  const before = Object.keys(limits).length;
  if (before > 0 || Object.keys(given).length > 0) {
    for (const [name, amount] of Object.entries(aggregate(spec, "limits")))
      if (name.startsWith("hugepages-") && !Object.hasOwn(given, name) && !Object.hasOwn(limits, name))
        limits[name] = amount;
    if (Object.keys(limits).length > 0) resources["limits"] = limits as JsonObject;
  }
  if (Object.keys(limits).length === 0) return;
  const requests = { ...given };
  for (const [name, amount] of Object.entries(aggregate(spec, "requests"))) {
    const isHuge = name.startsWith("hugepages-");
    if (isPodLevel(name) && !isHuge && overcommittable.test(name) && !Object.hasOwn(requests, name))
      requests[name] = amount;
  }
  for (const [name, amount] of Object.entries(limits))
    if (isPodLevel(name) && !Object.hasOwn(requests, name)) requests[name] = amount;
  if (Object.keys(requests).length > 0) resources["requests"] = requests as JsonObject;
}

type Amounts = Record<string, JsonValue>;

/** What the containers need together: those that run side by side as a sum, init containers by the largest. */
function aggregate(spec: Draft, member: "requests" | "limits"): Amounts {
  const sum: Amounts = {};
  const sidecars: Amounts = {};
  const largest: Amounts = {};
  for (const item of itemsOf(spec, "containers")) add(sum, record(item, "resources", member));
  for (const item of itemsOf(spec, "initContainers")) {
    const own = record(item, "resources", member);
    if (item["restartPolicy"] === "Always") {
      add(sum, own);
      add(sidecars, own);
      raise(largest, sidecars);
    } else {
      const together = { ...sidecars };
      add(together, own);
      raise(largest, together);
    }
  }
  raise(sum, largest);
  return sum;
}

function amountOf(value: JsonValue | undefined): Quantity {
  return parseQuantity(typeof value === "string" ? value : "0");
}

function add(sum: Amounts, more: JsonObject): void {
  for (const [name, amount] of Object.entries(more)) {
    const before = sum[name];
    sum[name] =
      before === undefined ? (amount ?? "0") : formatQuantity(addQuantities(amountOf(before), amountOf(amount)));
  }
}

function raise(least: Amounts, other: JsonObject): void {
  for (const [name, amount] of Object.entries(other)) {
    const before = least[name];
    if (before === undefined || compareQuantities(amountOf(amount), amountOf(before)) > 0) least[name] = amount ?? "0";
  }
}

const volumeSources = new Set(["name"]);

function volume(draft: Draft): void {
  const hasSource = Object.entries(draft).some(([name, value]) => !volumeSources.has(name) && value !== null);
  if (!hasSource) draft["emptyDir"] = {};
  if (!isAbsent(draft, "image")) {
    const image = childOf(draft, "image");
    ifUnset(image, "pullPolicy", pullPolicy(image["reference"]));
  }
}

function defaultMode(draft: Draft): void {
  ifAbsent(draft, "defaultMode", 0o644);
}

export const podDefaulters: Defaulters = {
  "api.core.v1.Pod": pod,
  "api.core.v1.PodSpec": podSpec,
  "api.core.v1.Container": container,
  "api.core.v1.EphemeralContainer": container,
  "api.core.v1.Volume": volume,
  "api.core.v1.Probe": (draft) => {
    ifUnset(draft, "timeoutSeconds", 1);
    ifUnset(draft, "periodSeconds", 10);
    ifUnset(draft, "successThreshold", 1);
    ifUnset(draft, "failureThreshold", 3);
  },
  "api.core.v1.HTTPGetAction": (draft) => {
    ifUnset(draft, "path", "/");
    ifUnset(draft, "scheme", "HTTP");
  },
  "api.core.v1.SecretVolumeSource": defaultMode,
  "api.core.v1.ConfigMapVolumeSource": defaultMode,
  "api.core.v1.DownwardAPIVolumeSource": defaultMode,
  "api.core.v1.ProjectedVolumeSource": defaultMode,
  "api.core.v1.ServiceAccountTokenProjection": (draft) => ifAbsent(draft, "expirationSeconds", 3600),
  "api.core.v1.HostPathVolumeSource": (draft) => ifAbsent(draft, "type", ""),
  "api.core.v1.ObjectFieldSelector": (draft) => ifUnset(draft, "apiVersion", "v1"),
  "api.core.v1.PodLogOptions": (draft) => ifAbsent(draft, "stream", "All"),
};
