/** Defaults of the remaining groups (pkg/apis/.../defaults.go, apiextensions, kube-aggregator; 1.36). */
import type { JsonValue } from "@lateen/base";
import { objects, record, text } from "../tables/read.ts";
import { childOf, type Draft, ifAbsent, ifUnset, isAbsent, listLength } from "./draft.ts";
import type { Defaulters } from "./walk.ts";

const rbacGroup = "rbac.authorization.k8s.io";

function binding(draft: Draft): void {
  ifUnset(childOf(draft, "roleRef"), "apiGroup", rbacGroup);
}

function webhook(draft: Draft): void {
  ifAbsent(draft, "failurePolicy", "Fail");
  matchResources(draft);
  ifAbsent(draft, "timeoutSeconds", 10);
}

function matchResources(draft: Draft): void {
  ifAbsent(draft, "matchPolicy", "Equivalent");
  ifAbsent(draft, "namespaceSelector", {});
  ifAbsent(draft, "objectSelector", {});
}

function port443(draft: Draft): void {
  ifAbsent(draft, "port", 443);
}

function failPolicy(draft: Draft): void {
  ifAbsent(draft, "failurePolicy", "Fail");
}

function deviceRequest(draft: Draft): void {
  ifUnset(draft, "allocationMode", "ExactCount");
  if (draft["allocationMode"] === "ExactCount") ifUnset(draft, "count", 1);
}

function customResourceDefinition(draft: Draft): void {
  const spec = childOf(draft, "spec");
  const names = childOf(spec, "names");
  const kind = text(names, "kind");
  ifUnset(names, "singular", kind.toLowerCase());
  if (names["singular"] === "") delete names["singular"];
  if (kind !== "") ifUnset(names, "listKind", `${kind}List`);
  ifAbsent(spec, "conversion", { strategy: "None" });
  const status = childOf(draft, "status");
  if (listLength(status, "storedVersions") > 0) return;
  const stored = objects(spec, "versions").find((version) => version["storage"] === true);
  if (stored !== undefined) status["storedVersions"] = [text(stored, "name")];
}

function csiDriver(draft: Draft): void {
  const spec = childOf(draft, "spec");
  const defaults: Readonly<Record<string, JsonValue>> = {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: "ReadWriteOnceWithFSType",
    requiresRepublish: false,
    seLinuxMount: false,
  };
  for (const [name, value] of Object.entries(defaults)) ifAbsent(spec, name, value);
  if (listLength(spec, "volumeLifecycleModes") === 0) spec["volumeLifecycleModes"] = ["Persistent"];
}

export const otherDefaulters: Defaulters = {
  "api.rbac.v1.RoleBinding": binding,
  "api.rbac.v1.ClusterRoleBinding": binding,
  "api.rbac.v1.Subject": (draft) => {
    if (draft["kind"] === "User" || draft["kind"] === "Group") ifUnset(draft, "apiGroup", rbacGroup);
  },
  "api.storage.v1.StorageClass": (draft) => {
    ifAbsent(draft, "reclaimPolicy", "Delete");
    ifAbsent(draft, "volumeBindingMode", "Immediate");
  },
  "api.storage.v1.CSIDriver": csiDriver,
  "api.networking.v1.NetworkPolicyPort": (draft) => ifAbsent(draft, "protocol", "TCP"),
  "api.networking.v1.NetworkPolicy": (draft) => {
    const spec = childOf(draft, "spec");
    if (listLength(spec, "policyTypes") === 0)
      spec["policyTypes"] = listLength(spec, "egress") === 0 ? ["Ingress"] : ["Ingress", "Egress"];
  },
  "api.networking.v1.IngressClass": (draft) => {
    if (!isAbsent(record(draft, "spec"), "parameters"))
      ifAbsent(childOf(childOf(draft, "spec"), "parameters"), "scope", "Cluster");
  },
  "api.discovery.v1.EndpointPort": (draft) => {
    ifAbsent(draft, "name", "");
    ifAbsent(draft, "protocol", "TCP");
  },
  "api.scheduling.v1.PriorityClass": (draft) => ifAbsent(draft, "preemptionPolicy", "PreemptLowerPriority"),
  "api.admissionregistration.v1.ValidatingWebhook": webhook,
  "api.admissionregistration.v1.MutatingWebhook": (draft) => {
    webhook(draft);
    ifAbsent(draft, "reinvocationPolicy", "Never");
  },
  "api.admissionregistration.v1.RuleWithOperations": (draft) => ifAbsent(draft, "scope", "*"),
  "api.admissionregistration.v1.NamedRuleWithOperations": (draft) => ifAbsent(draft, "scope", "*"),
  "api.admissionregistration.v1.ServiceReference": port443,
  "api.admissionregistration.v1.ValidatingAdmissionPolicySpec": failPolicy,
  "api.admissionregistration.v1.MutatingAdmissionPolicySpec": failPolicy,
  "api.admissionregistration.v1.MatchResources": matchResources,
  "api.flowcontrol.v1.FlowSchemaSpec": (draft) => ifUnset(draft, "matchingPrecedence", 1000),
  "api.flowcontrol.v1.ExemptPriorityLevelConfiguration": (draft) => {
    ifAbsent(draft, "nominalConcurrencyShares", 0);
    ifAbsent(draft, "lendablePercent", 0);
  },
  "api.flowcontrol.v1.LimitedPriorityLevelConfiguration": (draft) => {
    ifAbsent(draft, "nominalConcurrencyShares", 30);
    ifAbsent(draft, "lendablePercent", 0);
  },
  "api.flowcontrol.v1.QueuingConfiguration": (draft) => {
    ifUnset(draft, "queues", 64);
    ifUnset(draft, "queueLengthLimit", 50);
    ifUnset(draft, "handSize", 8);
  },
  "api.resource.v1.ExactDeviceRequest": deviceRequest,
  "api.resource.v1.DeviceSubRequest": deviceRequest,
  "api.resource.v1.NodeAllocatableResourceMapping": (draft) => ifAbsent(draft, "allocationMultiplier", "1"),
  "api.resource.v1.DeviceTaint": (draft, { now }) =>
    ifAbsent(draft, "timeAdded", `${new Date(now).toISOString().slice(0, 19)}Z`),
  "api.authentication.v1.TokenRequestSpec": (draft) => ifAbsent(draft, "expirationSeconds", 3600),
  "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition": customResourceDefinition,
  "apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference": port443,
  "kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference": port443,
};
