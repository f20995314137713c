/** What objects use of the things that a ResourceQuota counts: pure (pkg/quota/v1/evaluator/core). The API server charges the same at admission. */
import {
  type KubeObject,
  type Quantity,
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
} from "@lateen/objects";
import type { Service } from "../api/cluster.ts";
import type { Container, Pod } from "../api/pod.ts";
import type { VolumeClaim } from "../api/volume.ts";
import { isPodFinished } from "../pods/pod-state.ts";

export type Amounts = Readonly<Record<string, string>>;

export interface Quota extends KubeObject {
  readonly spec?: {
    readonly hard?: Amounts;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: {
      readonly matchExpressions?: readonly {
        readonly scopeName: string;
        readonly operator: string;
        readonly values?: readonly string[];
      }[];
    };
  };
  readonly status?: { readonly hard?: Amounts; readonly used?: Amounts };
}

/** The core kinds whose plain plural name is a thing that can be limited. */
export const countedPlurals: readonly string[] = [
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
];

/** The resources that must be looked at to fill in these limits: `pods`, `services`, `deployments.apps` … */
export function resourcesOf(hard: Amounts): ReadonlySet<string> {
  const resources = new Set<string>();
  for (const name of Object.keys(hard)) {
    if (name.startsWith("count/")) resources.add(name.slice("count/".length));
    else if (countedPlurals.includes(name)) resources.add(name);
    else if (name.startsWith("services.")) resources.add("services");
    else if (name === "requests.storage" || name.includes(".storageclass.storage.k8s.io/"))
      resources.add("persistentvolumeclaims");
    else resources.add("pods");
  }
  return resources;
}

/** The sums over all objects, of the things that are limited; what nobody uses is 0. */
export function sumUsage(
  quota: Quota,
  objects: readonly { readonly resource: string; readonly object: KubeObject }[],
): Amounts {
  const hard = quota.spec?.hard ?? {};
  const sums = new Map<string, Quantity>(Object.keys(hard).map((name) => [name, parseQuantity("0")]));
  for (const { resource, object } of objects) {
    if (!isCounted(quota, resource, object)) continue;
    for (const [name, amount] of Object.entries(usageOf(resource, object))) {
      const before = sums.get(name);
      if (before !== undefined) sums.set(name, addQuantities(before, parseQuantity(amount)));
    }
  }
  return Object.fromEntries([...sums].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

export function usageOf(resource: string, object: KubeObject): Amounts {
  const counted: Amounts = {
    [`count/${resource}`]: "1",
    ...(countedPlurals.includes(resource) && { [resource]: "1" }),
  };
  switch (resource) {
    case "pods":
      return isPodFinished(object as Pod) ? {} : { ...counted, ...podUsage(object as Pod) };
    case "services":
      return { ...counted, ...serviceUsage(object as Service) };
    case "persistentvolumeclaims":
      return { ...counted, ...claimUsage(object as VolumeClaim) };
    default:
      return counted;
  }
}

function podUsage({ spec }: Pod): Amounts {
  const usage: Record<string, string> = {};
  for (const member of ["requests", "limits"] as const) {
    for (const [name, quantity] of podAmounts(spec?.containers ?? [], spec?.initContainers ?? [], member)) {
      const text = formatQuantity(quantity);
      usage[`${member}.${name}`] = text;
      if (member === "requests" && ["cpu", "memory", "ephemeral-storage"].includes(name)) usage[name] = text;
    }
  }
  return usage;
}

/** The sum of the containers, or the largest init container where that is more. */
function podAmounts(
  containers: readonly Container[],
  init: readonly Container[],
  member: "requests" | "limits",
): ReadonlyMap<string, Quantity> {
  const total = new Map<string, Quantity>();
  for (const { resources } of containers) {
    for (const [name, text] of Object.entries(resources?.[member] ?? {})) {
      const before = total.get(name);
      total.set(name, before === undefined ? parseQuantity(text) : addQuantities(before, parseQuantity(text)));
    }
  }
  for (const { resources } of init) {
    for (const [name, text] of Object.entries(resources?.[member] ?? {})) {
      const before = total.get(name);
      if (before === undefined || compareQuantities(parseQuantity(text), before) > 0)
        total.set(name, parseQuantity(text));
    }
  }
  return total;
}

function serviceUsage({ spec }: Service): Amounts {
  const ports = spec?.ports ?? [];
  if (spec?.type === "NodePort") return { "services.nodeports": String(ports.length) };
  if (spec?.type !== "LoadBalancer") return {};
  return {
    "services.loadbalancers": "1",
    "services.nodeports": String(ports.filter(({ nodePort = 0 }) => nodePort > 0).length),
  };
}

function claimUsage({ spec }: VolumeClaim): Amounts {
  const storage = spec?.resources?.requests?.storage;
  const prefix = `${spec?.storageClassName}.storageclass.storage.k8s.io/`;
  const classed = spec?.storageClassName !== undefined && spec.storageClassName !== "";
  return {
    ...(storage !== undefined && { "requests.storage": storage }),
    ...(classed && { [`${prefix}persistentvolumeclaims`]: "1" }),
    ...(classed && storage !== undefined && { [`${prefix}requests.storage`]: storage }),
  };
}

/** Scopes speak of pods alone: a quota with scopes counts nothing else. */
function isCounted({ spec }: Quota, resource: string, object: KubeObject): boolean {
  const scopes = spec?.scopes ?? [];
  const expressions = spec?.scopeSelector?.matchExpressions ?? [];
  if (scopes.length === 0 && expressions.length === 0) return true;
  if (resource !== "pods") return false;
  const pod = object as Pod;
  return (
    scopes.every((scope) => isInScope(scope, pod)) &&
    expressions.every(({ scopeName, operator, values = [] }) => {
      const className = typeof pod.spec?.priorityClassName === "string" ? pod.spec.priorityClassName : "";
      if (operator === "In") return values.includes(className);
      if (operator === "NotIn") return !values.includes(className);
      return isInScope(scopeName, pod) === (operator === "Exists");
    })
  );
}

function isInScope(scope: string, { spec, status }: Pod): boolean {
  switch (scope) {
    case "BestEffort":
      return status?.qosClass === "BestEffort";
    case "NotBestEffort":
      return status?.qosClass !== "BestEffort";
    case "Terminating":
      return spec?.activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return spec?.activeDeadlineSeconds === undefined;
    case "PriorityClass":
      return typeof spec?.priorityClassName === "string" && spec.priorityClassName !== "";
    default:
      return false;
  }
}
