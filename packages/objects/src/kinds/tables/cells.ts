/** The cells of the built-in kinds after the name, in the order of `columnsOf`. */
import type { JsonObject, JsonValue } from "@lateen/base";
import { formatLabelSelector, labelSelectorOf, type MetaLabelSelector } from "../../selectors/labels.ts";
import { humanDuration } from "./age.ts";
import { metricsText } from "./metric-cells.ts";
import { ageText, podCells } from "./pod-cells.ts";
import { number, objects, read, record, shown, text, texts } from "./read.ts";

type Cells = (object: JsonObject, now: number) => JsonValue[];

function age(object: JsonObject, now: number): string {
  return ageText(text(object, "metadata", "creationTimestamp"), now);
}

/** `a,b,c + 4 more...` */
function firstFew(items: readonly string[], most: number, separator = ","): string {
  const few = items.slice(0, most).join(separator);
  return items.length > most ? `${few} + ${items.length - most} more...` : few;
}

function labelsText(labels: JsonObject): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((key) => `${key}=${text(labels, key)}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}

function selectorText(selector: JsonValue | undefined): string {
  try {
    return formatLabelSelector(labelSelectorOf(selector as MetaLabelSelector | null | undefined)) || "<none>";
  } catch {
    return "<invalid>";
  }
}

/** Names and images of the containers of a pod template, and the selector. */
function workload(template: JsonValue | undefined, selector: string): JsonValue[] {
  const containers = objects(template, "spec", "containers");
  return [
    containers.map((container) => text(container, "name")).join(","),
    containers.map((container) => text(container, "image")).join(","),
    selector,
  ];
}

function replicaCells(object: JsonObject, now: number): JsonValue[] {
  return [
    number(object, "spec", "replicas"),
    number(object, "status", "replicas"),
    number(object, "status", "readyReplicas"),
    age(object, now),
  ];
}

function jobStatus(job: JsonObject): string {
  const holds = (type: string): boolean =>
    objects(job, "status", "conditions").some(
      (condition) => text(condition, "type") === type && text(condition, "status") === "True",
    );
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (text(job, "metadata", "deletionTimestamp") !== "") return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(holds) ?? "Running";
}

function completions(job: JsonObject): string {
  const succeeded = number(job, "status", "succeeded");
  const wanted = shown(job, "spec", "completions");
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  const parallelism = number(job, "spec", "parallelism");
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: JsonObject, now: number): string {
  const start = text(job, "status", "startTime");
  const end = text(job, "status", "completionTime");
  if (start === "") return "";
  return humanDuration((end === "" ? now : Date.parse(end)) - Date.parse(start));
}

function balancers(object: JsonObject): readonly string[] {
  const addresses = objects(object, "status", "loadBalancer", "ingress")
    .map((ingress) => text(ingress, "ip") || text(ingress, "hostname"))
    .filter((address) => address !== "");
  return [...new Set(addresses)].toSorted();
}

function externalIp(service: JsonObject): string {
  const own = texts(service, "spec", "externalIPs");
  switch (text(service, "spec", "type")) {
    case "ClusterIP":
    case "NodePort":
      return own.join(",") || "<none>";
    case "LoadBalancer":
      return [...balancers(service), ...own].join(",") || "<pending>";
    case "ExternalName":
      return text(service, "spec", "externalName");
    default:
      return "<unknown>";
  }
}

function portText(port: JsonObject): string {
  const nodePort = number(port, "nodePort");
  return `${number(port, "port")}${nodePort > 0 ? `:${nodePort}` : ""}/${text(port, "protocol")}`;
}

function hostsText(rules: readonly JsonObject[]): string {
  const hosts = rules.map((rule) => text(rule, "host")).filter((host) => host !== "");
  const full = rules.findIndex((_, index) => hostCount(rules.slice(0, index + 1)) === 3);
  if (hosts.length === 0) return "*";
  const few = hosts.slice(0, 3).join(",");
  return full >= 0 && full < rules.length - 1 ? `${few} + ${rules.length - 3} more...` : few;
}

function hostCount(rules: readonly JsonObject[]): number {
  return rules.filter((rule) => text(rule, "host") !== "").length;
}

function endpointsText(endpoints: JsonObject): string {
  const all = objects(endpoints, "subsets").flatMap((subset) => {
    const ips = objects(subset, "addresses").map((address) => text(address, "ip"));
    const ports = objects(subset, "ports");
    if (ports.length === 0) return ips;
    return ports.flatMap((port) => ips.map((ip) => `${ip.includes(":") ? `[${ip}]` : ip}:${number(port, "port")}`));
  });
  return objects(endpoints, "subsets").length === 0 ? "<none>" : firstFew(all, 3);
}

function slicePort(port: JsonObject): string {
  return shown(port, "port") ?? shown(port, "name") ?? "*";
}

function nodeStatus(node: JsonObject): string {
  const ready = objects(node, "status", "conditions").findLast((condition) => text(condition, "type") === "Ready");
  const status = ready === undefined ? "Unknown" : text(ready, "status") === "True" ? "Ready" : "NotReady";
  return read(node, "spec", "unschedulable") === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: JsonObject): string {
  const roles = Object.entries(record(node, "metadata", "labels")).map(([key, value]) => {
    if (key.startsWith("node-role.kubernetes.io/")) return key.slice("node-role.kubernetes.io/".length);
    return key === "kubernetes.io/role" && typeof value === "string" ? value : "";
  });
  return [...new Set(roles.filter((role) => role !== ""))].toSorted().join(",") || "<none>";
}

function nodeAddress(node: JsonObject, type: string): string {
  const address = objects(node, "status", "addresses").find((candidate) => text(candidate, "type") === type);
  return address === undefined ? "<none>" : text(address, "address");
}

function kernelVersion(node: JsonObject): string {
  const architecture = text(node, "status", "nodeInfo", "architecture");
  const version = text(node, "status", "nodeInfo", "kernelVersion") || "<unknown>";
  return architecture === "" ? version : `${version} (${architecture})`;
}

const modeNames: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

function accessModes(modes: readonly string[]): string {
  return Object.entries(modeNames)
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(",");
}

function storageClass(object: JsonObject): string {
  const annotation = read(object, "metadata", "annotations", "volume.beta.kubernetes.io/storage-class");
  return typeof annotation === "string" ? annotation : text(object, "spec", "storageClassName");
}

function phase(object: JsonObject): string {
  return text(object, "metadata", "deletionTimestamp") === "" ? text(object, "status", "phase") : "Terminating";
}

function subjects(binding: JsonObject, kind: string): string {
  return objects(binding, "subjects")
    .filter((subject) => text(subject, "kind") === kind)
    .map((subject) =>
      kind === "ServiceAccount" ? `${text(subject, "namespace")}/${text(subject, "name")}` : text(subject, "name"),
    )
    .join(", ");
}

function bindingCells(binding: JsonObject, now: number): JsonValue[] {
  const role = `${text(binding, "roleRef", "kind")}/${text(binding, "roleRef", "name")}`;
  const kinds = ["User", "Group", "ServiceAccount"];
  return [role, age(binding, now), ...kinds.map((kind) => subjects(binding, kind))];
}

function certificateCondition(request: JsonObject): string {
  const types = new Set(objects(request, "status", "conditions").map((condition) => text(condition, "type")));
  const decision = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
  const issued = text(request, "status", "certificate") !== "";
  return decision + (types.has("Failed") ? ",Failed" : "") + (issued ? ",Issued" : "");
}

function isDefault(object: JsonObject, ...annotations: readonly string[]): string {
  const marked = annotations.some((name) => text(object, "metadata", "annotations", name) === "true");
  return `${text(object, "metadata", "name")}${marked ? " (default)" : ""}`;
}

function controllerText(object: JsonObject): string {
  const owner = objects(object, "metadata", "ownerReferences").find((ref) => read(ref, "controller") === true);
  if (owner === undefined) return "<none>";
  const apiVersion = text(owner, "apiVersion");
  const group = apiVersion.includes("/") ? `.${apiVersion.slice(0, apiVersion.indexOf("/"))}` : "";
  return `${text(owner, "kind").toLowerCase()}${group}/${text(owner, "name")}`;
}

function quotaCells(quota: JsonObject, now: number): JsonValue[] {
  const hard = record(quota, "status", "hard");
  const columns = { request: [] as string[], limit: [] as string[] };
  for (const name of Object.keys(hard).toSorted()) {
    const entry = `${name}: ${shown(quota, "status", "used", name) ?? "0"}/${shown(hard, name) ?? "0"}`;
    columns[name.startsWith("limits.") ? "limit" : "request"].push(entry);
  }
  return [columns.request.join(", "), columns.limit.join(", "), age(quota, now)];
}

function paramKind(policy: JsonObject): string {
  const kind = read(policy, "spec", "paramKind");
  return kind === undefined ? "<unset>" : `${text(kind, "apiVersion")}/${text(kind, "kind")}`;
}

function paramRef(binding: JsonObject): string {
  const ref = read(binding, "spec", "paramRef");
  const name = text(ref, "name");
  if (name !== "") return `${text(ref, "namespace") || "*"}/${name}`;
  return read(ref, "selector") === undefined ? "<unset>" : selectorText(read(ref, "selector"));
}

function ingressParameters(object: JsonObject): string {
  const parameters = read(object, "spec", "parameters");
  if (parameters === undefined) return "<none>";
  const group = shown(parameters, "apiGroup");
  return `${text(parameters, "kind")}${group === undefined ? "" : `.${group}`}/${text(parameters, "name")}`;
}

function levelCells(level: JsonObject, now: number): JsonValue[] {
  const limited = read(level, "spec", "limited");
  const queuing = read(limited, "limitResponse", "queuing");
  const of = (name: string): JsonValue => (queuing === undefined ? "<none>" : number(queuing, name));
  return [
    text(level, "spec", "type"),
    limited === undefined ? "<none>" : number(limited, "nominalConcurrencyShares"),
    of("queues"),
    of("handSize"),
    of("queueLengthLimit"),
    age(level, now),
  ];
}

function claimState(claim: JsonObject): string {
  const isDeleted = text(claim, "metadata", "deletionTimestamp") !== "";
  if (read(claim, "status", "allocation") === undefined) return isDeleted ? "deleted" : "pending";
  const reserved = objects(claim, "status", "reservedFor").length > 0 ? ["reserved"] : [];
  return [...(isDeleted ? ["deleted"] : []), "allocated", ...reserved].join(",");
}

function availability(service: JsonObject): string {
  const condition = objects(service, "status", "conditions").find(
    (candidate) => text(candidate, "type") === "Available",
  );
  if (condition === undefined) return "Unknown";
  const reason = text(condition, "reason");
  const status = text(condition, "status");
  return status === "True" || reason === "" ? status : `${status} (${reason})`;
}

function count(object: JsonObject, ...path: readonly string[]): number {
  return objects(object, ...path).length;
}

function flag(object: JsonObject, ...path: readonly string[]): boolean {
  return read(object, ...path) === true;
}

const cells: Readonly<Record<string, Cells>> = {
  Pod: podCells,
  PodTemplate: (object) => [
    ...workload(read(object, "template"), "").slice(0, 2),
    labelsText(record(object, "template", "metadata", "labels")),
  ],
  PodDisruptionBudget: (object, now) => [
    shown(object, "spec", "minAvailable") ?? "N/A",
    shown(object, "spec", "maxUnavailable") ?? "N/A",
    number(object, "status", "disruptionsAllowed"),
    age(object, now),
  ],
  ReplicationController: (object, now) => [
    ...replicaCells(object, now),
    ...workload(read(object, "spec", "template"), labelsText(record(object, "spec", "selector"))),
  ],
  ReplicaSet: (object, now) => [
    ...replicaCells(object, now),
    ...workload(read(object, "spec", "template"), selectorText(read(object, "spec", "selector"))),
  ],
  DaemonSet: (object, now) => [
    ...[
      "desiredNumberScheduled",
      "currentNumberScheduled",
      "numberReady",
      "updatedNumberScheduled",
      "numberAvailable",
    ].map((name) => number(object, "status", name)),
    labelsText(record(object, "spec", "template", "spec", "nodeSelector")),
    age(object, now),
    ...workload(read(object, "spec", "template"), selectorText(read(object, "spec", "selector"))),
  ],
  Job: (object, now) => [
    jobStatus(object),
    completions(object),
    jobDuration(object, now),
    age(object, now),
    ...workload(read(object, "spec", "template"), selectorText(read(object, "spec", "selector"))),
  ],
  CronJob: (object, now) => {
    const last = text(object, "status", "lastScheduleTime");
    const suspend = read(object, "spec", "suspend");
    const job = read(object, "spec", "jobTemplate", "spec");
    return [
      text(object, "spec", "schedule"),
      shown(object, "spec", "timeZone") ?? "<none>",
      suspend === undefined ? "<unset>" : suspend === true ? "True" : "False",
      count(object, "status", "active"),
      last === "" ? "<none>" : ageText(last, now),
      age(object, now),
      ...workload(read(job, "template"), selectorText(read(job, "selector"))),
    ];
  },
  Service: (object, now) => [
    text(object, "spec", "type"),
    texts(object, "spec", "clusterIPs")[0] ?? "<none>",
    externalIp(object),
    objects(object, "spec", "ports").map(portText).join(",") || "<none>",
    age(object, now),
    labelsText(record(object, "spec", "selector")),
  ],
  Ingress: (object, now) => [
    shown(object, "spec", "ingressClassName") ?? "<none>",
    hostsText(objects(object, "spec", "rules")),
    balancers(object).join(","),
    count(object, "spec", "tls") > 0 ? "80, 443" : "80",
    age(object, now),
  ],
  IngressClass: (object, now) => [text(object, "spec", "controller"), ingressParameters(object), age(object, now)],
  StatefulSet: (object, now) => [
    `${number(object, "status", "readyReplicas")}/${number(object, "spec", "replicas")}`,
    age(object, now),
    ...workload(read(object, "spec", "template"), "").slice(0, 2),
  ],
  Endpoints: (object, now) => [endpointsText(object), age(object, now)],
  EndpointSlice: (object, now) => [
    text(object, "addressType"),
    firstFew(objects(object, "ports").map(slicePort), 3) || "<unset>",
    firstFew(
      objects(object, "endpoints").flatMap((endpoint) => texts(endpoint, "addresses")),
      3,
    ) || "<unset>",
    age(object, now),
  ],
  Node: (object, now) => [
    nodeStatus(object),
    nodeRoles(object),
    age(object, now),
    text(object, "status", "nodeInfo", "kubeletVersion"),
    nodeAddress(object, "InternalIP"),
    nodeAddress(object, "ExternalIP"),
    text(object, "status", "nodeInfo", "osImage") || "<unknown>",
    kernelVersion(object),
    text(object, "status", "nodeInfo", "containerRuntimeVersion") || "<unknown>",
  ],
  Namespace: (object, now) => [text(object, "status", "phase"), age(object, now)],
  Secret: (object, now) => [text(object, "type"), Object.keys(record(object, "data")).length, age(object, now)],
  ServiceAccount: (object, now) => [age(object, now)],
  ConfigMap: (object, now) => [
    Object.keys(record(object, "data")).length + Object.keys(record(object, "binaryData")).length,
    age(object, now),
  ],
  PersistentVolume: (object, now) => [
    shown(object, "spec", "capacity", "storage") ?? "0",
    accessModes(texts(object, "spec", "accessModes")),
    text(object, "spec", "persistentVolumeReclaimPolicy"),
    phase(object),
    read(object, "spec", "claimRef") === undefined
      ? ""
      : `${text(object, "spec", "claimRef", "namespace")}/${text(object, "spec", "claimRef", "name")}`,
    storageClass(object),
    shown(object, "spec", "volumeAttributesClassName") ?? "<unset>",
    text(object, "status", "reason"),
    age(object, now),
    shown(object, "spec", "volumeMode") ?? "<unset>",
  ],
  PersistentVolumeClaim: (object, now) => {
    const volume = text(object, "spec", "volumeName");
    return [
      phase(object),
      volume,
      volume === "" ? "" : (shown(object, "status", "capacity", "storage") ?? "0"),
      volume === "" ? "" : accessModes(texts(object, "status", "accessModes")),
      storageClass(object),
      shown(object, "spec", "volumeAttributesClassName") ?? "<unset>",
      age(object, now),
      shown(object, "spec", "volumeMode") ?? "<unset>",
    ];
  },
  ComponentStatus: (object) => {
    const condition = objects(object, "conditions").find((candidate) => text(candidate, "type") === "Healthy");
    if (condition === undefined) return ["Unknown", "", ""];
    const healthy = text(condition, "status") === "True" ? "Healthy" : "Unhealthy";
    return [healthy, text(condition, "message"), text(condition, "error")];
  },
  Deployment: (object, now) => [
    `${number(object, "status", "readyReplicas")}/${number(object, "spec", "replicas")}`,
    number(object, "status", "updatedReplicas"),
    number(object, "status", "availableReplicas"),
    age(object, now),
    ...workload(read(object, "spec", "template"), selectorText(read(object, "spec", "selector"))),
  ],
  HorizontalPodAutoscaler: (object, now) => [
    `${text(object, "spec", "scaleTargetRef", "kind")}/${text(object, "spec", "scaleTargetRef", "name")}`,
    metricsText(object),
    shown(object, "spec", "minReplicas") ?? "<unset>",
    number(object, "spec", "maxReplicas"),
    number(object, "status", "currentReplicas"),
    age(object, now),
  ],
  NetworkPolicy: (object, now) => [selectorText(read(object, "spec", "podSelector")), age(object, now)],
  RoleBinding: bindingCells,
  ClusterRoleBinding: bindingCells,
  CertificateSigningRequest: (object, now) => [
    age(object, now),
    text(object, "spec", "signerName") || "<none>",
    text(object, "spec", "username"),
    read(object, "spec", "expirationSeconds") === undefined
      ? "<none>"
      : humanDuration(number(object, "spec", "expirationSeconds") * 1000),
    certificateCondition(object),
  ],
  Lease: (object, now) => [text(object, "spec", "holderIdentity"), age(object, now)],
  StorageClass: (object, now) => [
    text(object, "provisioner"),
    shown(object, "reclaimPolicy") ?? "Delete",
    shown(object, "volumeBindingMode") ?? "Immediate",
    flag(object, "allowVolumeExpansion"),
    age(object, now),
  ],
  VolumeAttributesClass: (object, now) => [text(object, "driverName"), age(object, now)],
  ControllerRevision: (object, now) => [controllerText(object), number(object, "revision"), age(object, now)],
  ResourceQuota: quotaCells,
  PriorityClass: (object, now) => [
    number(object, "value"),
    flag(object, "globalDefault"),
    age(object, now),
    text(object, "preemptionPolicy"),
  ],
  RuntimeClass: (object, now) => [text(object, "handler"), age(object, now)],
  VolumeAttachment: (object, now) => [
    text(object, "spec", "attacher"),
    text(object, "spec", "source", "persistentVolumeName"),
    text(object, "spec", "nodeName"),
    flag(object, "status", "attached"),
    age(object, now),
  ],
  CSINode: (object, now) => [count(object, "spec", "drivers"), age(object, now)],
  CSIDriver: (object, now) => [
    read(object, "spec", "attachRequired") !== false,
    flag(object, "spec", "podInfoOnMount"),
    flag(object, "spec", "storageCapacity"),
    read(object, "spec", "tokenRequests") === undefined
      ? "<unset>"
      : objects(object, "spec", "tokenRequests")
          .map((request) => text(request, "audience"))
          .join(","),
    flag(object, "spec", "requiresRepublish"),
    texts(object, "spec", "volumeLifecycleModes").join(",") || "<none>",
    age(object, now),
  ],
  CSIStorageCapacity: (object) => [text(object, "storageClassName"), shown(object, "capacity") ?? "<unset>"],
  MutatingWebhookConfiguration: (object, now) => [count(object, "webhooks"), age(object, now)],
  ValidatingWebhookConfiguration: (object, now) => [count(object, "webhooks"), age(object, now)],
  ValidatingAdmissionPolicy: (object, now) => [
    count(object, "spec", "validations"),
    paramKind(object),
    age(object, now),
  ],
  ValidatingAdmissionPolicyBinding: (object, now) => [
    text(object, "spec", "policyName"),
    paramRef(object),
    age(object, now),
  ],
  MutatingAdmissionPolicy: (object, now) => [count(object, "spec", "mutations"), paramKind(object), age(object, now)],
  MutatingAdmissionPolicyBinding: (object, now) => [
    text(object, "spec", "policyName"),
    paramRef(object),
    age(object, now),
  ],
  FlowSchema: (object, now) => [
    text(object, "spec", "priorityLevelConfiguration", "name"),
    number(object, "spec", "matchingPrecedence"),
    shown(object, "spec", "distinguisherMethod", "type") ?? "<none>",
    age(object, now),
    shown(
      objects(object, "status", "conditions").find((condition) => text(condition, "type") === "Dangling"),
      "status",
    ) ?? "?",
  ],
  PriorityLevelConfiguration: levelCells,
  Scale: (object, now) => [number(object, "spec", "replicas"), number(object, "status", "replicas"), age(object, now)],
  DeviceClass: (object, now) => [age(object, now)],
  ResourceClaim: (object, now) => [claimState(object), age(object, now)],
  ResourceClaimTemplate: (object, now) => [age(object, now)],
  ResourceSlice: (object, now) => [
    text(object, "spec", "nodeName"),
    text(object, "spec", "driver"),
    text(object, "spec", "pool", "name"),
    age(object, now),
  ],
  ServiceCIDR: (object, now) => [texts(object, "spec", "cidrs").join(","), age(object, now)],
  IPAddress: (object, now) => {
    const ref = read(object, "spec", "parentRef");
    if (ref === undefined) return ["<none>", age(object, now)];
    const resource = [text(ref, "resource"), text(ref, "group")].filter((part) => part !== "").join(".");
    const namespace = text(ref, "namespace");
    return [`${resource}/${namespace === "" ? "" : `${namespace}/`}${text(ref, "name")}`, age(object, now)];
  },
  APIService: (object, now) => [
    read(object, "spec", "service") === undefined
      ? "Local"
      : `${text(object, "spec", "service", "namespace")}/${text(object, "spec", "service", "name")}`,
    availability(object),
    age(object, now),
  ],
};

function eventCells(event: JsonObject, now: number): JsonValue[] {
  const first = ageText(text(event, "firstTimestamp") || text(event, "eventTime"), now);
  const lastTime = text(event, "lastTimestamp");
  const series = read(event, "series");
  const component = text(event, "source", "component") || text(event, "reportingComponent");
  const host = text(event, "source", "host") || text(event, "reportingInstance");
  const involved = read(event, "involvedObject");
  const kind = text(involved, "kind").toLowerCase();
  return [
    series === undefined
      ? lastTime === ""
        ? first
        : ageText(lastTime, now)
      : ageText(text(series, "lastObservedTime"), now),
    text(event, "type"),
    text(event, "reason"),
    text(involved, "name") === "" ? kind : `${kind}/${text(involved, "name")}`,
    text(involved, "fieldPath"),
    host === "" ? component : `${component}, ${host}`,
    text(event, "message").trim(),
    first,
    series === undefined ? number(event, "count") || 1 : number(series, "count"),
    text(event, "metadata", "name"),
  ];
}

/** events.k8s.io names the fields of an event otherwise; the columns are those of the core's. */
function coreEvent(event: JsonObject): JsonObject {
  if (text(event, "apiVersion") !== "events.k8s.io/v1") return event;
  return {
    ...event,
    involvedObject: read(event, "regarding") ?? {},
    message: text(event, "note"),
    source: read(event, "deprecatedSource") ?? {},
    reportingComponent: text(event, "reportingController"),
    firstTimestamp: text(event, "deprecatedFirstTimestamp"),
    lastTimestamp: text(event, "deprecatedLastTimestamp"),
    count: number(event, "deprecatedCount"),
  };
}

/** All cells of an object of a built-in kind, for `columnsOf(kind)`. */
export function cellsOf(kind: string, object: JsonObject, now: number): readonly JsonValue[] {
  if (kind === "Event") return eventCells(coreEvent(object), now);
  if (kind === "Status") return [text(object, "status"), text(object, "reason"), text(object, "message")];
  const own = Object.hasOwn(cells, kind) ? cells[kind] : undefined;
  if (own === undefined) return [text(object, "metadata", "name"), text(object, "metadata", "creationTimestamp")];
  return [nameOf(kind, object), ...own(object, now)];
}

function nameOf(kind: string, object: JsonObject): string {
  if (kind === "IngressClass") return isDefault(object, "ingressclass.kubernetes.io/is-default-class");
  if (kind === "StorageClass")
    return isDefault(
      object,
      "storageclass.kubernetes.io/is-default-class",
      "storageclass.beta.kubernetes.io/is-default-class",
    );
  return text(object, "metadata", "name");
}
