/** ConfigMaps, Secrets, nodes, namespaces, volumes, quotas and limits (pkg/apis/core/validation, 1.36). */
import { isJsonObject, type JsonObject, type JsonValue } from "@lateen/base";
import { parseCidr } from "../../names/addresses.ts";
import { byteLength, validateConfigMapKey, validateLabelValue, validateQualifiedName } from "../../names/names.ts";
import { compareQuantities, parseQuantity } from "../../values/quantity.ts";
import { objects, read, record, shown, text, texts } from "../tables/read.ts";
import { jsonErrorOf } from "../typed/json-error.ts";
import { accessModes } from "./claims.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { goStruct } from "./go-values.ts";
import { podTemplate } from "./pod.ts";
import { isExtended, isHugePages, quantityOf, quantityValueOf, resourceName } from "./resources.ts";
import { nodeSelector, taintEffects } from "./scheduling.ts";
import { volumeSource } from "./volumes.ts";

const maxDataBytes = 1024 * 1024;

function bytesOf(base64: JsonValue | undefined): number {
  if (typeof base64 !== "string") return 0;
  return (base64.length / 4) * 3 - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
}

export function configMap(errors: FieldErrors, object: JsonObject): void {
  const [data, binary] = [record(object, "data"), record(object, "binaryData")];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.messages(`data[${key}]`, key, validateConfigMapKey(key));
    if (Object.hasOwn(binary, key)) errors.invalid(`data[${key}]`, key, "duplicate of key present in binaryData");
    size += typeof value === "string" ? byteLength(value) : 0;
  }
  for (const [key, value] of Object.entries(binary)) {
    errors.messages(`binaryData[${key}]`, key, validateConfigMapKey(key));
    size += bytesOf(value);
  }
  if (size > maxDataBytes) errors.tooLong("[]", maxDataBytes);
}

function keepsImmutable(errors: FieldErrors, object: JsonObject, old: JsonObject, members: readonly string[]): void {
  if (old["immutable"] !== true) return;
  const detail = "field is immutable when `immutable` is set";
  if (object["immutable"] !== true) errors.forbidden("immutable", detail);
  for (const name of members) if (!sameJson(object[name], old[name])) errors.forbidden(name, detail);
}

export function configMapUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  keepsImmutable(errors, object, old, ["data", "binaryData"]);
  configMap(errors, object);
}

export function secret(errors: FieldErrors, object: JsonObject): void {
  const data = record(object, "data");
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.messages(`data[${key}]`, key, validateConfigMapKey(key));
    size += bytesOf(value);
  }
  if (size > maxDataBytes) errors.tooLong("data", maxDataBytes);
  secretType(errors, object, data);
}

function secretType(errors: FieldErrors, object: JsonObject, data: JsonObject): void {
  const account = "kubernetes.io/service-account.name";
  switch (text(object, "type")) {
    case "kubernetes.io/service-account-token":
      if (text(object, "metadata", "annotations", account) === "") errors.required(`metadata.annotations[${account}]`);
      return;
    case "kubernetes.io/dockercfg":
      dockerConfig(errors, data, ".dockercfg");
      return;
    case "kubernetes.io/dockerconfigjson":
      dockerConfig(errors, data, ".dockerconfigjson");
      return;
    case "kubernetes.io/basic-auth":
      if (!Object.hasOwn(data, "username") && !Object.hasOwn(data, "password"))
        for (const key of ["username", "password"]) errors.required(`data[${key}]`);
      return;
    case "kubernetes.io/ssh-auth":
      if (text(data, "ssh-privatekey") === "") errors.required("data[ssh-privatekey]");
      return;
    case "kubernetes.io/tls":
      for (const key of ["tls.crt", "tls.key"]) if (!Object.hasOwn(data, key)) errors.required(`data[${key}]`);
      return;
    default:
  }
}

function dockerConfig(errors: FieldErrors, data: JsonObject, key: string): void {
  const field = `data[${key}]`;
  if (!Object.hasOwn(data, key)) {
    errors.required(field);
    return;
  }
  const complaint = objectComplaint(textOf(text(data, key)));
  if (complaint !== undefined) errors.invalid(field, "<secret contents redacted>", complaint);
}

function textOf(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}

/** What Go says when the text is no JSON object; null is one. */
function objectComplaint(json: string): string | undefined {
  const broken = jsonErrorOf(json);
  if (broken !== undefined) return broken;
  const value = JSON.parse(json) as JsonValue;
  if (value === null || isJsonObject(value)) return undefined;
  const what = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${what} into Go value of type map[string]interface {}`;
}

export function secretUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  errors.immutable("type", object["type"], old["type"]);
  keepsImmutable(errors, object, old, ["data"]);
  secret(errors, object);
}

export function node(errors: FieldErrors, object: JsonObject): void {
  taints(errors, "metadata.taints", object);
  nodeResources(errors, object);
  const cidrs = texts(object, "spec", "podCIDRs");
  validCidrs(errors, cidrs);
  const isDual = new Set(cidrs.map((cidr) => cidr.includes(":"))).size === cidrs.length;
  if (cidrs.length > 1 && (!isDual || cidrs.length > 2))
    errors.invalid("spec.podCIDRs", cidrs, "may specify no more than one CIDR for each IP family");
}

function validCidrs(errors: FieldErrors, cidrs: readonly string[]): void {
  for (const [index, cidr] of cidrs.entries())
    if (parseCidr(cidr, { leadingZeros: true }) === undefined)
      errors.invalid(
        `spec.podCIDRs[${index}]`,
        cidr,
        "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
      );
}

function nodeResources(errors: FieldErrors, object: JsonObject): void {
  for (const list of ["capacity", "allocatable"])
    for (const [name, value] of Object.entries(record(object, "status", list)))
      quantityValueOf(errors, `status.${list}[${name}]`, name, value);
}

function taints(errors: FieldErrors, field: string, object: JsonObject): void {
  const seen = new Set<string>();
  for (const [index, taint] of objects(object, "spec", "taints").entries()) {
    const at = `${field}[${index}]`;
    const [key, effect] = [text(taint, "key"), text(taint, "effect")];
    errors.messages(`${at}.key`, key, validateQualifiedName(key));
    const messages = validateLabelValue(text(taint, "value"));
    if (messages.length > 0) errors.invalid(`${at}.value`, text(taint, "value"), messages.join(";"));
    errors.oneOf(`${at}.effect`, effect, taintEffects);
    const pair = `${effect} ${key}`;
    if (seen.has(pair)) errors.duplicate(at, goStruct(taint, "Taint"), "taints must be unique by key and effect pair");
    seen.add(pair);
  }
}

export function namespace(errors: FieldErrors, object: JsonObject): void {
  for (const finalizer of texts(object, "spec", "finalizers")) {
    const messages = validateQualifiedName(finalizer);
    errors.messages("spec.finalizers", finalizer, messages);
    if (
      !finalizer.includes("/") &&
      finalizer !== "kubernetes" &&
      finalizer !== "orphan" &&
      finalizer !== "foregroundDeletion"
    )
      errors.invalid(
        "spec.finalizers",
        finalizer,
        "name is neither a standard finalizer name nor is it fully qualified",
      );
  }
}

/** Taints are checked twice: with the node, and with its update. */
export function nodeUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  nodeResources(errors, object);
  const seen = new Set<string>();
  for (const [index, address] of objects(object, "status", "addresses").entries()) {
    const key = `${text(address, "type")} ${text(address, "address")}`;
    if (seen.has(key)) errors.duplicate(`status.addresses[${index}]`, address);
    seen.add(key);
  }
  const [cidrs, before] = [texts(object, "spec", "podCIDRs"), texts(old, "spec", "podCIDRs")];
  validCidrs(errors, cidrs);
  const detail = 'node updates may not change podCIDR except from "" to valid';
  if (before.length > 0 && before.length !== cidrs.length) errors.forbidden("spec.podCIDRs", detail);
  else
    for (const [index, cidr] of before.entries()) if (cidr !== cidrs[index]) errors.forbidden("spec.podCIDRs", detail);
  const provider = text(old, "spec", "providerID");
  if (provider !== "" && provider !== text(object, "spec", "providerID"))
    errors.forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid');
  taints(errors, "metadata.taints", object);
  taints(errors, "metadata.taints", object);
}

const reclaimPolicies = ["Delete", "Recycle", "Retain"];

export function persistentVolume(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const modes = texts(spec, "accessModes");
  if (modes.length === 0) errors.required("spec.accessModes");
  for (const mode of modes) errors.anyOf("spec.accessModes", mode, accessModes);
  if (modes.includes("ReadWriteOncePod") && modes.length > 1)
    errors.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes");
  capacity(errors, spec);
  const policy = text(spec, "persistentVolumeReclaimPolicy");
  if (policy !== "") errors.anyOf("spec.persistentVolumeReclaimPolicy", policy, reclaimPolicies);
  if (has(spec, "nodeAffinity")) {
    const at = "spec.nodeAffinity.required";
    if (!has(record(spec, "nodeAffinity"), "required")) errors.required(at, "must specify required node constraints");
    else nodeSelector(errors, at, record(spec, "nodeAffinity", "required"));
  }
  localVolume(errors, spec);
  if (policy === "Recycle" && text(spec, "hostPath", "path").replace(/\/+$/, "") === "" && has(spec, "hostPath"))
    errors.forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
  if (text(spec, "storageClassName") !== "") errors.subdomain("spec.storageClassName", text(spec, "storageClassName"));
  const volumeMode = read(spec, "volumeMode");
  if (typeof volumeMode === "string") errors.anyOf("spec.volumeMode", volumeMode, ["Block", "Filesystem"]);
}

function capacity(errors: FieldErrors, spec: JsonObject): void {
  const amounts = record(spec, "capacity");
  const names = Object.keys(amounts);
  if (names.length === 0) errors.required("spec.capacity");
  if (!names.includes("storage") || names.length > 1)
    errors.unsupported("spec.capacity", names.length === 0 ? null : (amounts as JsonObject), ["storage"]);
  for (const [name, amount] of Object.entries(amounts)) {
    if (compareQuantities(quantityOf(amount), parseQuantity("0")) < 0)
      errors.invalid(`spec.capacity[${name}]`, amount, "must be a valid resource quantity");
    if (compareQuantities(quantityOf(amount), parseQuantity("0")) <= 0)
      errors.invalid(`spec.capacity[${name}]`, amount, "must be greater than zero");
  }
}

function localVolume(errors: FieldErrors, spec: JsonObject): void {
  if (!has(spec, "local")) {
    volumeSource(errors, "spec", spec);
    return;
  }
  if (text(spec, "local", "path") === "") errors.required("spec.local.path");
  if (!has(spec, "nodeAffinity")) errors.required("metadata.annotations", "Local volume requires node affinity");
}

/** The registry checks a changed volume as a new one, and the update does so again. */
export function persistentVolumeUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  persistentVolume(errors, object);
  persistentVolume(errors, object);
  const [spec, before] = [record(object, "spec"), record(old, "spec")];
  const sources = (of: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(of).filter(([name]) => !commonVolumeFields.has(name)));
  if (!sameJson(sources(spec), sources(before)))
    errors.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
  errors.immutable("spec.volumeMode", spec["volumeMode"], before["volumeMode"]);
}

const commonVolumeFields = new Set([
  "capacity",
  "accessModes",
  "claimRef",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "mountOptions",
  "volumeMode",
  "nodeAffinity",
  "volumeAttributesClassName",
]);

const limitTypes = ["Container", "Pod", "PersistentVolumeClaim"];

export function limitRange(errors: FieldErrors, object: JsonObject): void {
  const seen = new Set<string>();
  for (const [index, item] of objects(object, "spec", "limits").entries()) {
    const at = `spec.limits[${index}]`;
    const type = text(item, "type");
    errors.messages(`${at}.type`, type, validateQualifiedName(type));
    if (validateQualifiedName(type).length === 0 && !type.includes("/") && !limitTypes.includes(type))
      errors.invalid(`${at}.type`, type, "must be a standard limit type or fully qualified");
    if (seen.has(type)) errors.duplicate(`${at}.type`, type);
    seen.add(type);
    limits(errors, at, { item, type });
  }
}

function limits(
  errors: FieldErrors,
  at: string,
  { item, type }: { readonly item: JsonObject; readonly type: string },
): void {
  const lists = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;
  if (type === "Pod") {
    for (const name of ["default", "defaultRequest"])
      if (Object.keys(record(item, name)).length > 0)
        errors.forbidden(`${at}.${name}`, "may not be specified when `type` is 'Pod'");
  }
  if (type === "PersistentVolumeClaim" && !has(record(item, "min"), "storage") && !has(record(item, "max"), "storage"))
    errors.required(`${at}.limits`, "either minimum or maximum storage value is required, but neither was provided");
  const names = new Set<string>();
  for (const list of lists)
    for (const name of Object.keys(record(item, list))) {
      if (type === "Pod" && (list === "default" || list === "defaultRequest")) continue;
      resourceName(errors, `${at}.${list}[${name}]`, name);
      names.add(name);
    }
  for (const name of names) limitsOf(errors, at, { item, name });
}

interface NamedLimit {
  readonly item: JsonObject;
  readonly name: string;
}

function limitsOf(errors: FieldErrors, at: string, { item, name }: NamedLimit): void {
  const of = (list: string): string | undefined => shown(item, list, name);
  const isAbove = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantities(quantityOf(a), quantityOf(b)) > 0;
  const [min, max, usual, request, ratio] = [
    of("min"),
    of("max"),
    of("default"),
    of("defaultRequest"),
    of("maxLimitRequestRatio"),
  ];
  const tooBig = (list: string, value: string | undefined, detail: string): void =>
    errors.invalid(`${at}.${list}[${name}]`, value, detail);
  if (isAbove(min, max)) tooBig("min", min, `min value ${min} is greater than max value ${max}`);
  if (isAbove(min, request))
    tooBig("defaultRequest", request, `min value ${min} is greater than default request value ${request}`);
  if (isAbove(request, max))
    tooBig("defaultRequest", request, `default request value ${request} is greater than max value ${max}`);
  if (isAbove(request, usual))
    tooBig("defaultRequest", request, `default request value ${request} is greater than default limit value ${usual}`);
  if (isAbove(min, usual)) tooBig("default", min, `min value ${min} is greater than default value ${usual}`);
  if (isAbove(usual, max)) tooBig("default", usual, `default value ${usual} is greater than max value ${max}`);
  if (isAbove("1", ratio)) tooBig("maxLimitRequestRatio", ratio, `ratio ${ratio} is less than 1`);
}

const quotaResources = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
]);
const scopes = [
  "BestEffort",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
];
const podScoped = new Set(["pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]);

export function resourceQuota(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  const hard = record(spec, "hard");
  for (const [name, value] of Object.entries(hard)) {
    const at = `spec.hard[${name}]`;
    resourceName(errors, at, name);
    if (
      !name.includes("/") &&
      !quotaResources.has(name) &&
      !isHugePages(name) &&
      !name.startsWith("requests.hugepages-")
    )
      errors.invalid(at, name, "must be a standard resource for quota");
    quantityValueOf(errors, at, name, value);
  }
  quotaScopes(errors, spec, hard);
}

function quotaScopes(errors: FieldErrors, spec: JsonObject, hard: JsonObject): void {
  const given = texts(spec, "scopes");
  const values = given.length === 0 ? null : given;
  for (const scope of given) {
    if (!scopes.includes(scope)) errors.invalid("spec.scopes", values, "unsupported scope");
    for (const name of Object.keys(hard)) {
      const fits = scope === "BestEffort" ? name === "pods" : podScoped.has(name) || isExtended(name);
      if (scopes.includes(scope) && !fits)
        errors.invalid("spec.scopes", values, "unsupported scope applied to resource");
    }
  }
  for (const pair of [
    ["BestEffort", "NotBestEffort"],
    ["Terminating", "NotTerminating"],
  ])
    if (pair.every((scope) => given.includes(scope))) errors.invalid("spec.scopes", values, "conflicting scopes");
  for (const requirement of objects(spec, "scopeSelector", "matchExpressions")) {
    const at = "spec.scopeSelector.matchExpressions";
    const operator = text(requirement, "operator");
    const scope = text(requirement, "scopeName");
    if (!scopes.includes(scope)) errors.invalid(`${at}.scopeName`, scope, "unsupported scope");
    const count = texts(requirement, "values").length;
    if (operator === "In" || operator === "NotIn") {
      if (count === 0)
        errors.required(
          `${at}.values`,
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        );
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (count > 0)
        errors.invalid(
          `${at}.values`,
          texts(requirement, "values"),
          "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector",
        );
    } else errors.invalid(`${at}.operator`, operator, "not a valid selector operator");
  }
}

export function resourceQuotaUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  resourceQuota(errors, object);
  const sorted = (of: JsonObject): readonly string[] => texts(of, "spec", "scopes").toSorted();
  errors.immutable("spec.scopes", [...sorted(object)], [...sorted(old)]);
}

export function podTemplateObject(errors: FieldErrors, object: JsonObject): void {
  podTemplate(errors, "template", read(object, "template"));
}

export function event(errors: FieldErrors, object: JsonObject): void {
  const namespace = text(object, "metadata", "namespace");
  const involved = record(object, object["involvedObject"] === undefined ? "regarding" : "involvedObject");
  const own = text(involved, "namespace");
  const isClusterScoped = own === "" && (namespace === "default" || namespace === "");
  if (!isClusterScoped && own !== namespace)
    errors.invalid("involvedObject.namespace", own, "does not match event.namespace");
}
