import { textOf } from "../application/application.ts";
import { type JsonValue, isJsonObject } from "@lateen/base";
import type { AppPolicy } from "../application/application.ts";
import { PolicyError, refuseUnknownFields } from "./policy-error.ts";

export const localCluster = "local";

/** A member cluster as placement sees it. `local` needs no entry. */
export interface Cluster {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where a component goes. An empty namespace leaves objects where they are. */
export interface Target {
  readonly cluster: string;
  readonly namespace: string;
}

export interface PlacementOptions {
  readonly clusters: readonly Cluster[];
  /** Namespace of the Application. */
  readonly namespace: string;
  readonly allowCrossNamespace?: boolean;
  /** The old name `clusterSelector` counts. */
  readonly deprecatedSelector?: boolean;
}

/**
 * Targets of the topology policies among `policies`, in order and without doubles; `local` without any (engine 4.7).
 * @throws PolicyError for unknown clusters and fields, for labels that no cluster has, and for a foreign namespace where
 * that is not allowed.
 */
export function placementsOf(policies: readonly AppPolicy[], options: PlacementOptions): readonly Target[] {
  const topologies = policies.filter(({ type }) => type === "topology");
  if (topologies.length === 0) return [{ cluster: localCluster, namespace: "" }];
  const targets = new Map<string, Target>();
  for (const policy of topologies) {
    for (const target of targetsOf(policy, options)) targets.set(`${target.cluster}/${target.namespace}`, target);
  }
  return [...targets.values()];
}

function targetsOf(policy: AppPolicy, options: PlacementOptions): readonly Target[] {
  const { properties } = policy;
  if (properties === undefined)
    throw new PolicyError(policy.name, `topology policy ${policy.name} must not have empty properties`);
  refuseUnknownFields(policy, properties, [
    "clusters",
    "clusterLabelSelector",
    "allowEmpty",
    "clusterSelector",
    "namespace",
  ]);
  const namespace = typeof properties.namespace === "string" ? properties.namespace : "";
  if (options.allowCrossNamespace === false && namespace !== "" && namespace !== options.namespace) {
    throw new PolicyError(
      policy.name,
      `topology policy ${policy.name}: cannot cross namespace: ${namespace} is not ${options.namespace}`,
    );
  }
  const names = Array.isArray(properties.clusters) ? properties.clusters : undefined;
  const chosen = names === undefined ? byLabels(policy, options) : byName(names, policy, options);
  return chosen.map((cluster) => ({ cluster, namespace }));
}

function byName(names: readonly JsonValue[], policy: AppPolicy, { clusters }: PlacementOptions): readonly string[] {
  return names.map((name) => {
    if (name === localCluster || clusters.some((cluster) => cluster.name === name)) return textOf(name);
    throw new PolicyError(
      policy.name,
      `failed to get cluster ${JSON.stringify(name)}: topology policy ${policy.name} names a cluster that is not joined`,
    );
  });
}

function byLabels(policy: AppPolicy, { clusters, deprecatedSelector }: PlacementOptions): readonly string[] {
  const properties = policy.properties ?? {};
  const selector =
    properties.clusterLabelSelector ?? (deprecatedSelector === true ? properties.clusterSelector : undefined);
  if (!isJsonObject(selector)) return [localCluster];
  const all: readonly Cluster[] = [
    { name: localCluster, labels: {} },
    ...clusters.filter(({ name }) => name !== localCluster).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  ];
  const found = all.filter(({ labels }) => Object.entries(selector).every(([key, value]) => labels[key] === value));
  if (found.length === 0 && properties.allowEmpty !== true) {
    throw new PolicyError(
      policy.name,
      `topology policy ${policy.name}: failed to find any cluster matches given labels`,
    );
  }
  return found.map(({ name }) => name);
}
