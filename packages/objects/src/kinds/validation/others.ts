/** Autoscaling, policy, storage, scheduling, nodes, coordination, certificates and the rest (pkg/apis/.../validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { nameIsPathSegment, validateDns1123Label, validateQualifiedName } from "../../names/names.ts";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { goStruct } from "./go-values.ts";
import { resourceRequirements } from "./resources.ts";
import { labelMap, labelSelector, tolerations } from "./scheduling.ts";
import { csiDriverName } from "./volumes.ts";
import { intOrPercent, notAboveAll } from "./workloads.ts";

const metricTypes = ["ContainerResource", "External", "Object", "Pods", "Resource"];

export function horizontalPodAutoscaler(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const [min, max] = [number(spec, "minReplicas"), number(spec, "maxReplicas")];
  const scalesToZero = objects(spec, "metrics").some(({ type }) => type === "Object" || type === "External");
  if (has(spec, "minReplicas") && min < 1)
    errors.invalid("spec.minReplicas", min, "must be greater than or equal to 1");
  if (max === 0) errors.required("spec.maxReplicas", "must be set and greater than 0");
  else if (max < 0) errors.invalid("spec.maxReplicas", max, "must be greater than or equal to 1");
  if (has(spec, "minReplicas") && max < min)
    errors.invalid("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`");
  target(errors, record(spec, "scaleTargetRef"));
  for (const [index, metric] of objects(spec, "metrics").entries()) metricOf(errors, `spec.metrics[${index}]`, metric);
  if (has(spec, "minReplicas") && min === 0 && !scalesToZero)
    errors.forbidden(
      "spec.metrics",
      "must specify at least one Object or External metric to support scaling to zero replicas",
    );
  for (const name of ["scaleUp", "scaleDown"])
    if (has(record(spec, "behavior"), name))
      scalingRules(errors, `spec.behavior.${name}`, record(spec, "behavior", name));
}

function target(errors: FieldErrors, ref: JsonObject): void {
  const at = "spec.scaleTargetRef";
  for (const name of ["kind", "name"])
    if (errors.present(at, ref, name))
      errors.messages(`${at}.${name}`, text(ref, name), nameIsPathSegment(text(ref, name)));
  const apiVersion = text(ref, "apiVersion");
  const isCore = text(ref, "kind") === "ReplicationController";
  if (apiVersion === "" && !isCore) errors.invalid(`${at}.apiVersion`, apiVersion, "apiVersion must specify API group");
  else if (!apiVersion.includes("/") && apiVersion !== "v1" && apiVersion !== "" && !isCore)
    errors.invalid(`${at}.apiVersion`, apiVersion, "apiVersion must specify API group");
}

const sourceOf: Readonly<Record<string, string>> = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
};

function metricOf(errors: FieldErrors, at: string, metric: JsonObject): void {
  const type = text(metric, "type");
  if (type === "") {
    errors.required(`${at}.type`, "must specify a metric source type");
    return;
  }
  const expected = Object.hasOwn(sourceOf, type) ? sourceOf[type] : undefined;
  if (expected === undefined) {
    // Said by the check of the type and by that of its source.
    for (let time = 0; time < 2; time++) errors.unsupported(`${at}.type`, type, metricTypes);
    return;
  }
  if (!has(metric, expected)) {
    errors.required(`${at}.${expected}`, `must populate information for the given metric source`);
    return;
  }
  for (const name of Object.values(sourceOf))
    if (name !== expected && has(metric, name))
      errors.forbidden(`${at}.${name}`, `must populate the given metric source only`);
  metricTarget(errors, `${at}.${expected}`, { source: record(metric, expected), type });
}

function metricTarget(
  errors: FieldErrors,
  at: string,
  { source, type }: { readonly source: JsonObject; readonly type: string },
): void {
  const given = record(source, "target");
  if (type === "Resource" || type === "ContainerResource") {
    if (text(source, "name") === "") errors.required(`${at}.name`, "must specify a resource name");
    if (type === "ContainerResource") errors.present(at, source, "container");
    const byUse = has(given, "averageUtilization");
    const byValue = has(given, "averageValue");
    if (!byUse && !byValue)
      errors.required(`${at}.target.averageUtilization`, "must set either a target raw value or a target utilization");
    if (byUse && number(given, "averageUtilization") < 1)
      errors.invalid(`${at}.target.averageUtilization`, number(given, "averageUtilization"), "must be greater than 0");
    if (byUse && byValue)
      errors.forbidden(`${at}.target.averageValue`, "may not set both a target raw value and a target utilization");
  } else if (type === "Pods") {
    if (!has(given, "averageValue"))
      errors.required(`${at}.target.averageValue`, "must specify a positive target averageValue");
  } else if (!has(given, "value") && !has(given, "averageValue"))
    errors.required(`${at}.target.averageValue`, "must set either a target value for metric or a per-pod target");
  const metricName = read(source, "metric", "name");
  if (type !== "Resource" && type !== "ContainerResource" && metricName === "")
    errors.required(`${at}.metric.name`, "must specify a metric name");
  if (text(given, "type") === "") errors.required(`${at}.target.type`, "must specify a metric target type");
  else errors.anyOf(`${at}.target.type`, text(given, "type"), ["AverageValue", "Utilization", "Value"]);
}

function scalingRules(errors: FieldErrors, at: string, rules: JsonObject): void {
  const window = read(rules, "stabilizationWindowSeconds");
  errors.nonNegative(`${at}.stabilizationWindowSeconds`, window);
  if (typeof window === "number" && window > 3600)
    errors.invalid(`${at}.stabilizationWindowSeconds`, window, "must be less than or equal to 3600");
  const select = read(rules, "selectPolicy");
  if (typeof select === "string") errors.anyOf(`${at}.selectPolicy`, select, ["Disabled", "Max", "Min"]);
  const policies = objects(rules, "policies");
  if (policies.length === 0) errors.required(`${at}.policies`, "must specify at least one Policy");
  for (const [index, policy] of policies.entries()) {
    const here = `${at}.policies[${index}]`;
    errors.anyOf(`${here}.type`, text(policy, "type"), ["Percent", "Pods"]);
    if (number(policy, "value") <= 0)
      errors.invalid(`${here}.value`, number(policy, "value"), "must be greater than zero");
    if (number(policy, "periodSeconds") <= 0)
      errors.invalid(`${here}.periodSeconds`, number(policy, "periodSeconds"), "must be greater than zero");
    if (number(policy, "periodSeconds") > 1800)
      errors.invalid(`${here}.periodSeconds`, number(policy, "periodSeconds"), "must be less than or equal to 1800");
  }
}

export function podDisruptionBudget(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  if (has(spec, "minAvailable") && has(spec, "maxUnavailable"))
    errors.invalid(
      "spec",
      goStruct(spec, "PodDisruptionBudgetSpec"),
      "minAvailable and maxUnavailable cannot be both set",
    );
  for (const name of ["minAvailable", "maxUnavailable"]) {
    if (!has(spec, name)) continue;
    intOrPercent(errors, `spec.${name}`, spec[name]);
    notAboveAll(errors, `spec.${name}`, spec[name]);
  }
  labelSelector(errors, "spec.selector", spec["selector"]);
  const policy = read(spec, "unhealthyPodEvictionPolicy");
  if (typeof policy === "string")
    errors.anyOf("spec.unhealthyPodEvictionPolicy", policy, ["AlwaysAllow", "IfHealthyBudget"]);
}

export function storageClass(errors: FieldErrors, object: JsonObject): void {
  const provisioner = text(object, "provisioner");
  if (provisioner === "") errors.required("provisioner");
  else errors.messages("provisioner", provisioner, validateQualifiedName(provisioner.toLowerCase()));
  let size = 0;
  for (const [key, value] of Object.entries(record(object, "parameters"))) {
    if (key === "") errors.invalid("parameters", key, "field can not be empty.");
    size += key.length + (typeof value === "string" ? value.length : 0);
  }
  if (size > 256 * 1024) errors.tooLong("parameters", 256 * 1024);
  if (Object.keys(record(object, "parameters")).length > 512) errors.tooLong("Provisioner Parameters Length", 512);
  errors.anyOf("reclaimPolicy", text(object, "reclaimPolicy"), ["Delete", "Retain"]);
  const mode = text(object, "volumeBindingMode");
  if (mode === "") errors.required("volumeBindingMode");
  else errors.anyOf("volumeBindingMode", mode, ["Immediate", "WaitForFirstConsumer"]);
  topologies(errors, objects(object, "allowedTopologies"));
}

function topologies(errors: FieldErrors, terms: readonly JsonObject[]): void {
  for (const [index, term] of terms.entries()) {
    const keys = new Set<string>();
    for (const [n, requirement] of objects(term, "matchLabelExpressions").entries()) {
      const at = `allowedTopologies[${index}].matchLabelExpressions[${n}]`;
      const key = text(requirement, "key");
      if (texts(requirement, "values").length === 0) errors.required(`${at}.values`);
      errors.messages(`${at}.key`, key, validateQualifiedName(key));
      if (keys.has(key)) errors.duplicate(`${at}.key`, key);
      keys.add(key);
    }
  }
}

export function storageClassUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  const provisioner = text(object, "provisioner");
  if (provisioner === "") errors.required("provisioner");
  else errors.messages("provisioner", provisioner, validateQualifiedName(provisioner.toLowerCase()));
  for (const name of ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"])
    if (!sameJson(object[name], old[name])) errors.immutable(name, object[name], old[name]);
}

export function csiDriver(errors: FieldErrors, object: JsonObject): void {
  const name = text(object, "metadata", "name");
  csiDriverName(errors, "metadata.name", name);
  const spec = record(object, "spec");
  for (const required of ["attachRequired", "podInfoOnMount", "storageCapacity"])
    if (!has(spec, required)) errors.required(`spec.${required}`);
  const policy = read(spec, "fsGroupPolicy");
  if (typeof policy === "string")
    errors.anyOf("spec.fsGroupPolicy", policy, ["File", "None", "ReadWriteOnceWithFSType"]);
  tokenRequests(errors, spec);
  for (const mode of texts(spec, "volumeLifecycleModes"))
    errors.anyOf("spec.volumeLifecycleModes", mode, ["Persistent", "Ephemeral"]);
}

function tokenRequests(errors: FieldErrors, spec: JsonObject): void {
  const audiences = new Set<string>();
  for (const [index, request] of objects(spec, "tokenRequests").entries()) {
    const at = `spec.tokenRequests[${index}]`;
    const audience = text(request, "audience");
    if (audiences.has(audience)) errors.duplicate(`${at}.audience`, audience);
    audiences.add(audience);
    const seconds = read(request, "expirationSeconds");
    if (typeof seconds !== "number") continue;
    if (seconds < 600)
      errors.invalid(`${at}.expirationSeconds`, seconds, "may not specify a duration less than 10 minutes");
    if (seconds > 2 ** 32)
      errors.invalid(`${at}.expirationSeconds`, seconds, "may not specify a duration larger than 2^32 seconds");
  }
}

export function csiDriverUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  for (const name of ["attachRequired", "volumeLifecycleModes"])
    errors.immutable(`spec.${name}`, read(object, "spec", name), read(old, "spec", name));
  csiDriver(errors, object);
}

export function volumeAttachment(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  csiDriverName(errors, "spec.attacher", text(spec, "attacher"));
  const hasName = has(record(spec, "source"), "persistentVolumeName");
  const hasInline = has(record(spec, "source"), "inlineVolumeSpec");
  if (!hasName && !hasInline)
    errors.required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
  if (hasName && hasInline)
    errors.forbidden("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName");
  if (hasName && text(spec, "source", "persistentVolumeName") === "")
    errors.required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName");
  if (hasName) errors.subdomain("spec.source.persistentVolumeName", text(spec, "source", "persistentVolumeName"));
  const node = text(spec, "nodeName");
  errors.subdomain("spec.nodeName", node);
}

export function volumeAttachmentUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  volumeAttachment(errors, object);
  if (!sameJson(object["spec"], old["spec"])) errors.invalid("spec", object["spec"], "field is immutable");
}

const userMaximum = 1_000_000_000;

export function priorityClass(errors: FieldErrors, object: JsonObject): void {
  const name = text(object, "metadata", "name");
  const value = number(object, "value");
  const known: Readonly<Record<string, number>> = {
    "system-cluster-critical": 2 * userMaximum,
    "system-node-critical": 2 * userMaximum + 1000,
  };
  if (name.startsWith("system-")) {
    if (known[name] === undefined)
      errors.forbidden(
        "metadata.name",
        "priority class names with 'system-' prefix are reserved for system use only. error: not a known system priority class",
      );
    else if (known[name] !== value)
      errors.forbidden(
        "metadata.name",
        `priority class names with 'system-' prefix are reserved for system use only. error: value of ${name} PriorityClass must be ${known[name]}`,
      );
  } else if (value > userMaximum)
    errors.forbidden("value", `maximum allowed value of a user defined priority is ${userMaximum}`);
  const policy = read(object, "preemptionPolicy");
  if (typeof policy === "string") errors.oneOf("preemptionPolicy", policy, ["PreemptLowerPriority", "Never"]);
}

export function priorityClassUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  if (number(object, "value") !== number(old, "value")) errors.forbidden("value", "may not be changed in an update.");
  errors.immutable("preemptionPolicy", object["preemptionPolicy"], old["preemptionPolicy"]);
}

export function runtimeClass(errors: FieldErrors, object: JsonObject): void {
  const handler = text(object, "handler");
  if (handler === "") errors.required("handler");
  else errors.messages("handler", handler, validateDns1123Label(handler));
  if (has(object, "overhead"))
    resourceRequirements(
      errors,
      "overhead",
      { limits: record(object, "overhead", "podFixed") },
      { level: "container", claims: new Set() },
    );
  if (!has(object, "scheduling")) return;
  labelMap(errors, "scheduling.nodeSelector", record(object, "scheduling", "nodeSelector"));
  tolerations(errors, "scheduling.tolerations", record(object, "scheduling"));
}

export function runtimeClassUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  runtimeClass(errors, object);
  errors.immutable("handler", object["handler"], old["handler"]);
}

export function lease(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const seconds = read(spec, "leaseDurationSeconds");
  if (typeof seconds === "number" && seconds <= 0)
    errors.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0");
  errors.nonNegative("spec.leaseTransitions", read(spec, "leaseTransitions"));
}

const keyUsages = [
  "signing",
  "digital signature",
  "content commitment",
  "key encipherment",
  "key agreement",
  "data encipherment",
  "cert sign",
  "crl sign",
  "encipher only",
  "decipher only",
  "any",
  "server auth",
  "client auth",
  "code signing",
  "email protection",
  "s/mime",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "timestamping",
  "ocsp signing",
  "microsoft sgc",
  "netscape sgc",
];

export function certificateSigningRequest(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const request = text(spec, "request");
  if (!isPem(request)) errors.invalid("spec.request", request, "PEM block type must be CERTIFICATE REQUEST");
  const usages = texts(spec, "usages");
  if (usages.length === 0) errors.required("spec.usages");
  const seen = new Set<string>();
  for (const [index, usage] of usages.entries()) {
    errors.anyOf(`spec.usages[${index}]`, usage, keyUsages);
    if (seen.has(usage)) errors.duplicate(`spec.usages[${index}]`, usage);
    seen.add(usage);
  }
  signerName(errors, text(spec, "signerName"));
  const seconds = read(spec, "expirationSeconds");
  if (typeof seconds === "number" && seconds < 600)
    errors.invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 600 seconds (10 minutes)");
}

function isPem(base64: string): boolean {
  try {
    return atob(base64).includes("-----BEGIN CERTIFICATE REQUEST-----");
  } catch {
    return false;
  }
}

function signerName(errors: FieldErrors, name: string): void {
  const form = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)+\/[^/]+$/;
  if (name === "") errors.required("spec.signerName");
  else if (!form.test(name))
    errors.invalid(
      "spec.signerName",
      name,
      "must be a fully qualified domain and path of the form 'example.com/signer-name'",
    );
}

export function apiService(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const expected = `${text(spec, "version")}.${text(spec, "group")}`;
  const name = text(object, "metadata", "name");
  if (name !== expected)
    errors.invalid("metadata.name", name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`);
  if (text(spec, "group") !== "") errors.subdomain("spec.group", text(spec, "group"));
  const priority = (field: string, most: number): void => {
    const value = number(spec, field);
    if (value <= 0 || value > most) errors.invalid(`spec.${field}`, value, `must be positive and less than ${most}`);
  };
  priority("groupPriorityMinimum", 20000);
  priority("versionPriority", 1000);
  const insecure = read(spec, "insecureSkipTLSVerify") === true;
  if (!has(spec, "service")) {
    if (text(spec, "caBundle") !== "")
      errors.invalid("spec.caBundle", text(spec, "caBundle"), "local APIServices may not have a caBundle");
    if (insecure)
      errors.invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify");
    return;
  }
  for (const member of ["namespace", "name"]) errors.present("spec.service", spec["service"], member);
  errors.port("spec.service.port", number(spec, "service", "port"));
  if (insecure && text(spec, "caBundle") !== "")
    errors.invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present");
}

export function immutableMembers(...names: readonly string[]) {
  return (errors: FieldErrors, object: JsonObject, old: JsonObject): void => {
    for (const name of names) errors.immutable(name, object[name] as JsonValue | undefined, old[name]);
  };
}
