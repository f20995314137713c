import { isJsonObject, type JsonObject } from "@lateen/base";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  type KubeObject,
  parseQuantity,
  type Quantity,
  valueAt,
} from "@lateen/objects";
import { objectsOf, specOf, statusOf } from "../kinds/edit.ts";
import { nodePortsOf } from "../kinds/service-allocation.ts";
import { textOf } from "../object/text.ts";
import type { Resource } from "../registry/resource.ts";
import { resourceText } from "../status/errors.ts";

type Amounts = Readonly<Record<string, string>>;

/** Kinds that quotas also count by their short name. */
const shortNames = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
]);

/** What an object uses of everything that a quota can count (pkg/quota/v1/evaluator/core). */
export function usageOf(resource: Resource, object: KubeObject): Amounts {
  const { plural, group } = resource.kind;
  const counted: Record<string, string> = { [`count/${resourceText(resource.groupResource)}`]: "1" };
  if (group !== "") return counted;
  if (shortNames.has(plural)) counted[plural] = "1";
  switch (plural) {
    case "pods":
      return { ...counted, ...podUsage(object) };
    case "services":
      return { ...counted, ...serviceUsage(object) };
    case "persistentvolumeclaims":
      return { ...counted, ...claimUsage(object) };
    default:
      return counted;
  }
}

function podUsage(pod: KubeObject): Amounts {
  const { phase } = statusOf(pod);
  if (phase === "Succeeded" || phase === "Failed") return {};
  const usage: Record<string, string> = { pods: "1" };
  const requests = podAmounts(pod, "requests");
  const limits = podAmounts(pod, "limits");
  for (const [name, amount] of Object.entries(requests)) {
    usage[`requests.${name}`] = amount;
    if (name === "cpu" || name === "memory" || name === "ephemeral-storage") usage[name] = amount;
  }
  for (const [name, amount] of Object.entries(limits)) usage[`limits.${name}`] = amount;
  return usage;
}

/** The sum of the containers or the largest init container, whichever is more. */
function podAmounts(pod: KubeObject, member: "requests" | "limits"): Amounts {
  const total = new Map<string, Quantity>();
  const amounts = (container: JsonObject): readonly [string, string][] => {
    const list = valueAt(container, "resources", member);
    return isJsonObject(list) ? Object.entries(list).map(([name, value]) => [name, textOf(value)]) : [];
  };
  for (const container of objectsOf(specOf(pod).containers)) {
    for (const [name, text] of amounts(container)) {
      const before = total.get(name);
      total.set(name, before === undefined ? parseQuantity(text) : addQuantities(before, parseQuantity(text)));
    }
  }
  for (const container of objectsOf(specOf(pod).initContainers)) {
    for (const [name, text] of amounts(container)) {
      const before = total.get(name);
      if (before === undefined || compareQuantities(parseQuantity(text), before) > 0)
        total.set(name, parseQuantity(text));
    }
  }
  return Object.fromEntries([...total].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

function serviceUsage(service: KubeObject): Amounts {
  const spec = specOf(service);
  const ports = objectsOf(spec.ports).length;
  switch (spec.type) {
    case "NodePort":
      return { "services.nodeports": String(ports) };
    case "LoadBalancer": {
      const allocates = spec.allocateLoadBalancerNodePorts !== false;
      const nodePorts = allocates ? ports : nodePortsOf(spec).length;
      return { "services.loadbalancers": "1", "services.nodeports": String(nodePorts) };
    }
    default:
      return {};
  }
}

function claimUsage(claim: KubeObject): Amounts {
  const storage = textOf(valueAt(claim, "spec", "resources", "requests", "storage"));
  const storageClass = textOf(valueAt(claim, "spec", "storageClassName"));
  const usage: Record<string, string> = storage === "" ? {} : { "requests.storage": storage };
  if (storageClass !== "") {
    const prefix = `${storageClass}.storageclass.storage.k8s.io/`;
    usage[`${prefix}persistentvolumeclaims`] = "1";
    if (storage !== "") usage[`${prefix}requests.storage`] = storage;
  }
  return usage;
}

const computed = new Set(["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]);

/** What a pod must say since a quota counts it: `cpu for: c,d`. */
export function missingForQuota(resource: Resource, object: KubeObject, counted: readonly string[]): readonly string[] {
  if (resource.kind.group !== "" || resource.kind.plural !== "pods") return [];
  const missing: string[] = [];
  for (const name of counted.filter((one) => computed.has(one)).toSorted()) {
    const member = name.startsWith("limits.") ? "limits" : "requests";
    const plain = name.split(".").at(-1)!;
    const without = [...objectsOf(specOf(object).containers), ...objectsOf(specOf(object).initContainers)]
      .filter((container) => valueAt(container, "resources", member, plain) === undefined)
      .map((container) => textOf(container.name));
    if (without.length > 0) missing.push(`${name} for: ${without.join(",")}`);
  }
  return missing;
}
