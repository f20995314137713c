import type { JsonObject } from "@lateen/base";
import type { KubeObject } from "@lateen/objects";
import { componentJson, componentOf, policiesOf } from "../src/application/application.ts";
import { overrideComponents } from "../src/policy/override.ts";
import { replicateComponents } from "../src/policy/replication.ts";
import { garbageStrategy, propagation, resourcePoliciesOf } from "../src/policy/resource-policies.ts";
import { mergePolicies, ruleFor, selectsObject } from "../src/policy/selector.ts";
import { placementsOf } from "../src/policy/topology.ts";
import type { ApplicationCase } from "./applications.ts";

const componentsOf = (item: ApplicationCase) => (item.components as readonly JsonObject[]).map(componentOf);
const policies = (item: ApplicationCase) => policiesOf(item.policies as JsonObject[] | undefined);

export function answerOverride(item: ApplicationCase): JsonObject {
  let components: readonly ReturnType<typeof componentOf>[] = componentsOf(item);
  for (const policy of policies(item))
    if (policy.type === "override") components = overrideComponents(components, policy);
  return { components: components.map(componentJson) };
}

export function answerReplication(item: ApplicationCase): JsonObject {
  const components = replicateComponents(componentsOf(item), policies(item));
  return {
    components: components.map((component) => ({
      ...componentJson(component),
      ...(component.replicaKey === undefined ? {} : { replicaKey: component.replicaKey }),
    })),
  };
}

export function answerPlacement(item: ApplicationCase): JsonObject {
  const clusters = (item.clusters ?? []).map(({ name, labels }) => ({ name, labels: labels ?? {} }));
  const placements = placementsOf(policies(item), {
    clusters,
    namespace: typeof item.namespace === "string" ? item.namespace : "default",
    allowCrossNamespace: item.allowCrossNamespace !== false,
    deprecatedSelector: item.gates?.DeprecatedPolicySpec === true,
  });
  return { placements: placements.map((one) => ({ ...one })) };
}

export function answerPolicyMerge(item: ApplicationCase): JsonObject {
  const spec = mergePolicies(policies(item), item.policyType as string);
  return { spec: spec === undefined ? null : typedSpec(spec, item.policyType as string) };
}

/** The spec as the engine's types write it: fields that a rule leaves out have a value of their own there. */
function typedSpec(spec: JsonObject, type: string): JsonObject {
  if (!Array.isArray(spec.rules)) return spec;
  const rules = (spec.rules as readonly JsonObject[]).map((rule) => {
    if (type === "garbage-collect") return { ...rule, propagation: rule.propagation ?? null };
    if (type === "apply-once") return { ...rule, strategy: { affect: "", ...(rule.strategy as JsonObject) } };
    return rule;
  });
  return { ...spec, rules };
}

const propagationPolicy: Readonly<Record<string, string>> = { orphan: "Orphan", cascading: "Background" };

export function answerPolicyRule(item: ApplicationCase): JsonObject {
  const type = item.policyType as string;
  const spec = item.properties as JsonObject;
  const object = item.manifest as KubeObject;
  const rule = ruleFor(spec, object);
  if (type === "garbage-collect") {
    const found = propagation(spec, object);
    return {
      strategy: garbageStrategy(spec, object) ?? null,
      orphan: found === "orphan",
      propagation: found === undefined ? null : propagationPolicy[found]!,
    };
  }
  if (type === "apply-once" && spec.enable !== true) return { strategy: null };
  if (type === "apply-once" || type === "resource-update")
    return { strategy: (rule?.strategy as JsonObject | undefined) ?? null };
  void resourcePoliciesOf;
  return { strategy: rule !== undefined && selectsObject(rule.selector, object) };
}
