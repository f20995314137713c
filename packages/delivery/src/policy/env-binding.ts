/** Environments of an `env-binding` policy, the elder of topology and override (kubevela-definitions.md 9). */
import { type JsonObject, type JsonValue, isJsonObject } from "@lateen/base";
import { type AppPolicy, textOf } from "../application/application.ts";
import { PolicyError } from "./policy-error.ts";
import { localCluster } from "./topology.ts";

/**
 * An environment as the policies that took its place: where it is, and what is different there.
 * @param name of the policy; the first of its type where empty.
 * @throws PolicyError when there is no such policy or environment.
 */
export function policiesOfEnvironment(
  policies: readonly AppPolicy[],
  { name, env }: { readonly name: string; readonly env: string },
): readonly JsonObject[] {
  const policy = policies.find((one) => one.type === "env-binding" && (name === "" || one.name === name));
  if (policy === undefined)
    throw new PolicyError(name, `policy ${name === "" ? "of type env-binding" : name} not found`);
  const envs = objects(policy.properties?.envs);
  const found = envs.find((one) => textOf(one.name) === env);
  if (found === undefined)
    throw new PolicyError(
      policy.name,
      `environment ${env} not found in policy ${policy.name}: it has ${envs.map((one) => textOf(one.name)).join(", ") || "none"}`,
    );
  return [topologyOf(found), overrideOf(found)];
}

function topologyOf({ placement }: JsonObject): JsonObject {
  const cluster = fieldOf(placement, "clusterSelector");
  const labels = fieldOf(cluster, "labels");
  const namespace = textOf(fieldOf(fieldOf(placement, "namespaceSelector"), "name"));
  const named = textOf(fieldOf(cluster, "name"));
  return {
    type: "topology",
    properties: {
      ...(isJsonObject(labels)
        ? { clusterLabelSelector: labels }
        : { clusters: [named === "" ? localCluster : named] }),
      ...(namespace === "" ? {} : { namespace }),
    },
  };
}

function overrideOf({ patch, selector }: JsonObject): JsonObject {
  const selected = fieldOf(selector, "components");
  return {
    type: "override",
    properties: {
      components: [...objects(fieldOf(patch, "components"))],
      ...(Array.isArray(selected) ? { selector: selected } : {}),
    },
  };
}

const objects = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];
const fieldOf = (value: JsonValue | undefined, name: string): JsonValue | undefined =>
  isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
