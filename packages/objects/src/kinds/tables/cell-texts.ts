/** How parts of objects are put into words in the cells of a table. */
import type { JsonObject, JsonValue } from "@lateen/base";
import { formatLabelSelector, labelSelectorOf, type MetaLabelSelector } from "../../selectors/labels.ts";
import { humanDuration } from "../../values/duration.ts";
import { ageText } from "./pod-cells.ts";
import { number, objects, read, record, shown, text, texts } from "./read.ts";

export function age(object: JsonObject, now: number): string {
  return ageText(text(object, "metadata", "creationTimestamp"), now);
}

/** `a,b,c + 4 more...` */
export function firstFew(items: readonly string[], most: number, separator = ","): string {
  const few = items.slice(0, most).join(separator);
  return items.length > most ? `${few} + ${items.length - most} more...` : few;
}

export function labelsText(labels: JsonObject): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((key) => `${key}=${text(labels, key)}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}

export function selectorText(selector: JsonValue | undefined): string {
  const shown = selectorShown(selector);
  return shown === undefined ? "<error>" : shown || "<none>";
}

/** Deployments show their selector in another way than the others. */
export function deploymentSelectorText(selector: JsonValue | undefined): string {
  return selectorShown(selector) ?? "<invalid>";
}

function selectorShown(selector: JsonValue | undefined): string | undefined {
  try {
    return formatLabelSelector(labelSelectorOf(selector as MetaLabelSelector | null | undefined));
  } catch {
    return undefined;
  }
}

/** Names and images of the containers of a pod template, and the selector. */
export function workload(template: JsonValue | undefined, selector: string): JsonValue[] {
  const containers = objects(template, "spec", "containers");
  return [
    containers.map((container) => text(container, "name")).join(","),
    containers.map((container) => text(container, "image")).join(","),
    selector,
  ];
}

export function replicaCells(object: JsonObject, now: number): JsonValue[] {
  return [
    number(object, "spec", "replicas"),
    number(object, "status", "replicas"),
    number(object, "status", "readyReplicas"),
    age(object, now),
  ];
}

export function jobStatus(job: JsonObject): string {
  const holds = (type: string): boolean =>
    objects(job, "status", "conditions").some(
      (condition) => text(condition, "type") === type && text(condition, "status") === "True",
    );
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (text(job, "metadata", "deletionTimestamp") !== "") return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(holds) ?? "Running";
}

export function completions(job: JsonObject): string {
  const succeeded = number(job, "status", "succeeded");
  const wanted = shown(job, "spec", "completions");
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  const parallelism = number(job, "spec", "parallelism");
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

export function jobDuration(job: JsonObject, now: number): string {
  const start = text(job, "status", "startTime");
  const end = text(job, "status", "completionTime");
  if (start === "") return "";
  return humanDuration(((end === "" ? now : Date.parse(end)) - Date.parse(start)) / 1000);
}

export function balancers(object: JsonObject): readonly string[] {
  const addresses = objects(object, "status", "loadBalancer", "ingress")
    .map((ingress) => text(ingress, "ip") || text(ingress, "hostname"))
    .filter((address) => address !== "");
  return [...new Set(addresses)].toSorted();
}

export function externalIp(service: JsonObject): string {
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

export function portText(port: JsonObject): string {
  const nodePort = number(port, "nodePort");
  return `${number(port, "port")}${nodePort > 0 ? `:${nodePort}` : ""}/${text(port, "protocol")}`;
}

export function hostsText(rules: readonly JsonObject[]): string {
  const hosts = rules.map((rule) => text(rule, "host")).filter((host) => host !== "");
  const full = rules.findIndex((_, index) => hostCount(rules.slice(0, index + 1)) === 3);
  if (hosts.length === 0) return "*";
  const few = hosts.slice(0, 3).join(",");
  return full >= 0 && full < rules.length - 1 ? `${few} + ${rules.length - 3} more...` : few;
}

function hostCount(rules: readonly JsonObject[]): number {
  return rules.filter((rule) => text(rule, "host") !== "").length;
}

export function endpointsText(endpoints: JsonObject): string {
  const all = objects(endpoints, "subsets").flatMap((subset) => {
    const ips = objects(subset, "addresses").map((address) => text(address, "ip"));
    const ports = objects(subset, "ports");
    if (ports.length === 0) return ips;
    return ports.flatMap((port) => ips.map((ip) => `${ip.includes(":") ? `[${ip}]` : ip}:${number(port, "port")}`));
  });
  return objects(endpoints, "subsets").length === 0 ? "<none>" : firstFew(all, 3);
}

export function slicePort(port: JsonObject): string {
  return shown(port, "port") ?? shown(port, "name") ?? "*";
}

export function nodeStatus(node: JsonObject): string {
  const ready = objects(node, "status", "conditions").findLast((condition) => text(condition, "type") === "Ready");
  const status = ready === undefined ? "Unknown" : text(ready, "status") === "True" ? "Ready" : "NotReady";
  return read(node, "spec", "unschedulable") === true ? `${status},SchedulingDisabled` : status;
}

export function nodeRoles(node: JsonObject): string {
  const roles = Object.entries(record(node, "metadata", "labels")).map(([key, value]) => {
    if (key.startsWith("node-role.kubernetes.io/")) return key.slice("node-role.kubernetes.io/".length);
    return key === "kubernetes.io/role" && typeof value === "string" ? value : "";
  });
  return [...new Set(roles.filter((role) => role !== ""))].toSorted().join(",") || "<none>";
}

export function nodeAddress(node: JsonObject, type: string): string {
  const address = objects(node, "status", "addresses").find((candidate) => text(candidate, "type") === type);
  return address === undefined ? "<none>" : text(address, "address");
}

export function kernelVersion(node: JsonObject): string {
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

export function accessModes(modes: readonly string[]): string {
  return Object.entries(modeNames)
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(",");
}

export function storageClass(object: JsonObject): string {
  const annotation = read(object, "metadata", "annotations", "volume.beta.kubernetes.io/storage-class");
  return typeof annotation === "string" ? annotation : text(object, "spec", "storageClassName");
}

export function phase(object: JsonObject): string {
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

export function bindingCells(binding: JsonObject, now: number): JsonValue[] {
  const role = `${text(binding, "roleRef", "kind")}/${text(binding, "roleRef", "name")}`;
  const kinds = ["User", "Group", "ServiceAccount"];
  return [role, age(binding, now), ...kinds.map((kind) => subjects(binding, kind))];
}

export function certificateCondition(request: JsonObject): string {
  const types = new Set(objects(request, "status", "conditions").map((condition) => text(condition, "type")));
  const decision = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
  const issued = text(request, "status", "certificate") !== "";
  return decision + (types.has("Failed") ? ",Failed" : "") + (issued ? ",Issued" : "");
}

export function isDefault(object: JsonObject, ...annotations: readonly string[]): string {
  const marked = annotations.some((name) => text(object, "metadata", "annotations", name) === "true");
  return `${text(object, "metadata", "name")}${marked ? " (default)" : ""}`;
}

export function controllerText(object: JsonObject): string {
  const owner = objects(object, "metadata", "ownerReferences").find((ref) => read(ref, "controller") === true);
  if (owner === undefined) return "<none>";
  const apiVersion = text(owner, "apiVersion");
  const group = apiVersion.includes("/") ? `.${apiVersion.slice(0, apiVersion.indexOf("/"))}` : "";
  return `${text(owner, "kind").toLowerCase()}${group}/${text(owner, "name")}`;
}

export function quotaCells(quota: JsonObject, now: number): JsonValue[] {
  const hard = record(quota, "status", "hard");
  const columns = { request: [] as string[], limit: [] as string[] };
  for (const name of Object.keys(hard).toSorted()) {
    const entry = `${name}: ${shown(quota, "status", "used", name) ?? "0"}/${shown(hard, name) ?? "0"}`;
    columns[name.startsWith("limits.") ? "limit" : "request"].push(entry);
  }
  return [columns.request.join(", "), columns.limit.join(", "), age(quota, now)];
}

export function paramKind(policy: JsonObject): string {
  const kind = read(policy, "spec", "paramKind");
  return kind === undefined ? "<unset>" : `${text(kind, "apiVersion")}/${text(kind, "kind")}`;
}

export function paramRef(binding: JsonObject): string {
  const ref = read(binding, "spec", "paramRef");
  const name = text(ref, "name");
  if (name !== "") return `${text(ref, "namespace") || "*"}/${name}`;
  return read(ref, "selector") === undefined ? "<unset>" : selectorText(read(ref, "selector"));
}

export function ingressParameters(object: JsonObject): string {
  const parameters = read(object, "spec", "parameters");
  if (parameters === undefined) return "<none>";
  const group = shown(parameters, "apiGroup");
  return `${text(parameters, "kind")}${group === undefined ? "" : `.${group}`}/${text(parameters, "name")}`;
}

export function levelCells(level: JsonObject, now: number): JsonValue[] {
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

export function claimState(claim: JsonObject): string {
  const isDeleted = text(claim, "metadata", "deletionTimestamp") !== "";
  if (read(claim, "status", "allocation") === undefined) return isDeleted ? "deleted" : "pending";
  const reserved = objects(claim, "status", "reservedFor").length > 0 ? ["reserved"] : [];
  return [...(isDeleted ? ["deleted"] : []), "allocated", ...reserved].join(",");
}

export function availability(service: JsonObject): string {
  const condition = objects(service, "status", "conditions").find(
    (candidate) => text(candidate, "type") === "Available",
  );
  if (condition === undefined) return "Unknown";
  const reason = text(condition, "reason");
  const status = text(condition, "status");
  return status === "True" || reason === "" ? status : `${status} (${reason})`;
}

export function count(object: JsonObject, ...path: readonly string[]): number {
  return objects(object, ...path).length;
}

export function flag(object: JsonObject, ...path: readonly string[]): boolean {
  return read(object, ...path) === true;
}
