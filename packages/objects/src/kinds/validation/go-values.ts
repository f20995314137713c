/**
 * How an error message shows a struct: as JSON of the internal Go type, whose fields have no JSON names, in their order,
 * with null for what is absent. Only the few structs that messages show are described.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";

type Shape = readonly (readonly [goName: string, jsonName: string, zero: JsonValue, shape?: string])[];

const shapes: Readonly<Record<string, Shape>> = {
  SecurityContext: [
    ["Capabilities", "capabilities", null],
    ["Privileged", "privileged", null],
    ["SELinuxOptions", "seLinuxOptions", null],
    ["WindowsOptions", "windowsOptions", null],
    ["RunAsUser", "runAsUser", null],
    ["RunAsGroup", "runAsGroup", null],
    ["RunAsNonRoot", "runAsNonRoot", null],
    ["ReadOnlyRootFilesystem", "readOnlyRootFilesystem", null],
    ["AllowPrivilegeEscalation", "allowPrivilegeEscalation", null],
    ["ProcMount", "procMount", null],
    ["SeccompProfile", "seccompProfile", null],
    ["AppArmorProfile", "appArmorProfile", null],
  ],
  SeccompProfile: [
    ["Type", "type", ""],
    ["LocalhostProfile", "localhostProfile", null],
  ],
  Strategy: [
    ["Type", "type", ""],
    ["RollingUpdate", "rollingUpdate", null],
  ],
  ServicePort: [
    ["Name", "name", ""],
    ["Protocol", "protocol", ""],
    ["AppProtocol", "appProtocol", null],
    ["Port", "port", 0],
    ["TargetPort", "targetPort", 0],
    ["NodePort", "nodePort", 0],
  ],
  Taint: [
    ["Key", "key", ""],
    ["Value", "value", ""],
    ["Effect", "effect", ""],
    ["TimeAdded", "timeAdded", null],
  ],
  RoleRef: [
    ["APIGroup", "apiGroup", ""],
    ["Kind", "kind", ""],
    ["Name", "name", ""],
  ],
  SuccessPolicyRule: [
    ["SucceededIndexes", "succeededIndexes", null],
    ["SucceededCount", "succeededCount", null],
  ],
  PodDisruptionBudgetSpec: [
    ["MinAvailable", "minAvailable", null],
    ["Selector", "selector", null],
    ["MaxUnavailable", "maxUnavailable", null],
    ["UnhealthyPodEvictionPolicy", "unhealthyPodEvictionPolicy", null],
  ],
  PriorityLevelConfigurationSpec: [
    ["Type", "type", ""],
    ["Limited", "limited", null, "LimitedPriorityLevel"],
    ["Exempt", "exempt", null, "ExemptPriorityLevel"],
  ],
  LimitedPriorityLevel: [
    ["NominalConcurrencyShares", "nominalConcurrencyShares", 0],
    ["LimitResponse", "limitResponse", null, "LimitResponse"],
    ["LendablePercent", "lendablePercent", null],
    ["BorrowingLimitPercent", "borrowingLimitPercent", null],
  ],
  LimitResponse: [
    ["Type", "type", ""],
    ["Queuing", "queuing", null, "Queuing"],
  ],
  Queuing: [
    ["Queues", "queues", 0],
    ["HandSize", "handSize", 0],
    ["QueueLengthLimit", "queueLengthLimit", 0],
  ],
  ExemptPriorityLevel: [
    ["NominalConcurrencyShares", "nominalConcurrencyShares", null],
    ["LendablePercent", "lendablePercent", null],
  ],
  FlowSchemaSpec: [
    ["PriorityLevelConfiguration", "priorityLevelConfiguration", null, "Name"],
    ["MatchingPrecedence", "matchingPrecedence", 0],
    ["DistinguisherMethod", "distinguisherMethod", null, "DistinguisherMethod"],
    ["Rules", "rules", null, "FlowRule"],
  ],
  Name: [["Name", "name", ""]],
  DistinguisherMethod: [["Type", "type", ""]],
  FlowRule: [
    ["Subjects", "subjects", null, "FlowSubject"],
    ["ResourceRules", "resourceRules", null, "FlowResourceRule"],
    ["NonResourceRules", "nonResourceRules", null, "FlowPathRule"],
  ],
  FlowSubject: [
    ["Kind", "kind", ""],
    ["User", "user", null, "Name"],
    ["Group", "group", null, "Name"],
    ["ServiceAccount", "serviceAccount", null, "FlowAccount"],
  ],
  FlowAccount: [
    ["Namespace", "namespace", ""],
    ["Name", "name", ""],
  ],
  FlowResourceRule: [
    ["Verbs", "verbs", null],
    ["APIGroups", "apiGroups", null],
    ["Resources", "resources", null],
    ["ClusterScope", "clusterScope", false],
    ["Namespaces", "namespaces", null],
  ],
  FlowPathRule: [
    ["Verbs", "verbs", null],
    ["NonResourceURLs", "nonResourceURLs", null],
  ],
};

export function goStruct(object: JsonObject, shape: string): JsonValue {
  const fields = shapes[shape] ?? [];
  return Object.fromEntries(
    fields.map(([goName, name, zero, inner]) => {
      const value = object[name] ?? zero;
      return [goName, inner === undefined ? value : goMember(value, inner)];
    }),
  );
}

/** A struct or a list of them inside of another. */
function goMember(value: JsonValue, shape: string): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => goMember(item, shape));
  return isJsonObject(value) ? goStruct(value, shape) : value;
}
