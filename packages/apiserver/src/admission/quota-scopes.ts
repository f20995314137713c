import type { JsonObject } from "@lateen/base";
import { type KubeObject, valueAt } from "@lateen/objects";
import { listOf, objectsOf, specOf, statusOf } from "../kinds/edit.ts";
import { textOf } from "../object/text.ts";
import type { Resource } from "../registry/resource.ts";

/** Whether a quota counts this object at all: scopes speak of pods alone. */
export function matchesScopes(resource: Resource, quota: KubeObject, object: KubeObject): boolean {
  const scopes = listOf(specOf(quota).scopes).map(textOf);
  const selected = objectsOf(valueAt(quota, "spec", "scopeSelector", "matchExpressions"));
  if (scopes.length === 0 && selected.length === 0) return true;
  if (resource.kind.group !== "" || resource.kind.plural !== "pods") return false;
  return (
    scopes.every((scope) => inScope(scope, object)) &&
    selected.every((expression) => matchesExpression(expression, object))
  );
}

function inScope(scope: string, pod: KubeObject): boolean {
  switch (scope) {
    case "BestEffort":
      return statusOf(pod).qosClass === "BestEffort";
    case "NotBestEffort":
      return statusOf(pod).qosClass !== "BestEffort";
    case "Terminating":
      return specOf(pod).activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return specOf(pod).activeDeadlineSeconds === undefined;
    case "PriorityClass":
      return textOf(specOf(pod).priorityClassName) !== "";
    case "CrossNamespacePodAffinity":
      return usesOtherNamespaces(pod);
    default:
      return false;
  }
}

function matchesExpression({ scopeName, operator, values }: JsonObject, pod: KubeObject): boolean {
  const scope = textOf(scopeName);
  if (scope !== "PriorityClass") return operator === "DoesNotExist" ? !inScope(scope, pod) : inScope(scope, pod);
  const name = textOf(specOf(pod).priorityClassName);
  switch (operator) {
    case "In":
      return listOf(values).includes(name);
    case "NotIn":
      return !listOf(values).includes(name);
    case "Exists":
      return name !== "";
    default:
      return name === "";
  }
}

function usesOtherNamespaces(pod: KubeObject): boolean {
  return ["podAffinity", "podAntiAffinity"].some((kind) => {
    const affinity = valueAt(pod, "spec", "affinity", kind);
    const terms = [
      ...objectsOf(valueAt(affinity, "requiredDuringSchedulingIgnoredDuringExecution")),
      ...objectsOf(valueAt(affinity, "preferredDuringSchedulingIgnoredDuringExecution")).map(
        (one) => one.podAffinityTerm,
      ),
    ];
    return terms.some(
      (term) => listOf(valueAt(term, "namespaces")).length > 0 || valueAt(term, "namespaceSelector") !== undefined,
    );
  });
}
