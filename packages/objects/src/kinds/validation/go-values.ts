/**
 * How an error message shows a struct: as JSON of the internal Go type, whose fields have no JSON names, in their order,
 * with null for what is absent. Only the few structs that messages show are described.
 */
import type { JsonObject, JsonValue } from "@lateen/base";

type Shape = readonly (readonly [goName: string, jsonName: string, zero: JsonValue])[];

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
};

export function goStruct(object: JsonObject, shape: string): JsonValue {
  const fields = shapes[shape] ?? [];
  return Object.fromEntries(fields.map(([goName, name, zero]) => [goName, object[name] ?? zero]));
}
