/** Pods and pod specs (ValidatePodSpec, ValidatePodCreate; pkg/apis/core/validation, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { parseIp } from "../../names/addresses.ts";
import { validateDns1123Subdomain, validateSubdomainWithUnderscore } from "../../names/names.ts";
import { number, objects, read, record, text, texts } from "../tables/read.ts";
import { containers, ephemeralContainers, initContainers } from "./containers.ts";
import { type FieldErrors, has } from "./field-errors.ts";
import { resourceRequirements } from "./resources.ts";
import { labelMap, scheduling } from "./scheduling.ts";
import { allContainers, operatingSystem, podSecurity, positiveDeadline } from "./security.ts";
import { podVolumes } from "./volumes.ts";

export interface PodSpecOptions {
  /** A pod itself, not the template of one. */
  readonly isPod: boolean;
}

export const invalidIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

export function podSpec(errors: FieldErrors, field: string, spec: JsonObject, { isPod }: PodSpecOptions): void {
  const volumes = podVolumes(errors, `${field}.volumes`, spec);
  const claims = new Set(objects(spec, "resourceClaims").map((claim) => text(claim, "name")));
  resourceClaims(errors, `${field}.resourceClaims`, spec);
  const hostUsers = read(spec, "hostUsers") !== false;
  const context = { errors, spec, volumes, claims, hostUsers };
  containers(context, `${field}.containers`);
  initContainers(context, `${field}.initContainers`);
  ephemeralContainers(context, `${field}.ephemeralContainers`);
  podResources(errors, field, spec, claims);
  hostNetwork(errors, `${field}.containers`, spec, { isPod });
  errors.oneOf(`${field}.restartPolicy`, text(spec, "restartPolicy"), ["Always", "OnFailure", "Never"]);
  errors.oneOf(`${field}.dnsPolicy`, text(spec, "dnsPolicy"), [
    "ClusterFirstWithHostNet",
    "ClusterFirst",
    "Default",
    "None",
  ]);
  labelMap(errors, `${field}.nodeSelector`, record(spec, "nodeSelector"));
  podSecurity(errors, field, spec);
  dns(errors, `${field}.dnsConfig`, spec);
  scheduling(errors, field, spec);
  names(errors, field, spec);
  positiveDeadline(errors, `${field}.activeDeadlineSeconds`, spec);
  hostAliases(errors, `${field}.hostAliases`, spec);
  if (has(spec, "overhead"))
    resourceRequirements(
      errors,
      `${field}.overhead`,
      { limits: record(spec, "overhead") },
      { level: "container", claims: new Set() },
    );
  operatingSystem(errors, field, spec);
  fileVolumes(errors, field, spec);
}

function names(errors: FieldErrors, field: string, spec: JsonObject): void {
  for (const name of ["serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"]) {
    const value = text(spec, name);
    if (value !== "") errors.messages(`${field}.${name}`, value, validateDns1123Subdomain(value));
  }
  for (const name of ["hostname", "subdomain"])
    if (text(spec, name) !== "") errors.label(`${field}.${name}`, text(spec, name));
  const preemption = read(spec, "preemptionPolicy");
  if (typeof preemption === "string")
    errors.oneOf(`${field}.preemptionPolicy`, preemption, ["PreemptLowerPriority", "Never"]);
  const override = read(spec, "hostnameOverride");
  if (typeof override !== "string") return;
  const at = `${field}.hostnameOverride`;
  if (read(spec, "setHostnameAsFQDN") === true)
    errors.forbidden(at, "may not be specified when setHostnameAsFQDN is true");
  if (read(spec, "hostNetwork") === true) errors.forbidden(at, "may not be specified when hostNetwork is true");
  if (override.length > 64) errors.tooLong(at, 64);
  errors.subdomain(at, override);
}

function resourceClaims(errors: FieldErrors, field: string, spec: JsonObject): void {
  const seen = new Set<string>();
  for (const [index, claim] of objects(spec, "resourceClaims").entries()) {
    const at = `${field}[${index}]`;
    const name = text(claim, "name");
    if (name === "") errors.required(`${at}.name`);
    else {
      if (seen.has(name)) errors.duplicate(`${at}.name`, name);
      errors.label(`${at}.name`, name);
      seen.add(name);
    }
    const given = ["resourceClaimName", "resourceClaimTemplateName"].filter((member) => has(claim, member));
    if (given.length > 1)
      errors.invalid(at, claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
    if (given.length === 0)
      errors.invalid(at, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    for (const member of given) errors.subdomain(`${at}.${member}`, text(claim, member));
  }
}

function podResources(errors: FieldErrors, field: string, spec: JsonObject, claims: ReadonlySet<string>): void {
  if (!has(spec, "resources")) return;
  const at = `${field}.resources`;
  if (text(spec, "os", "name") === "windows") {
    errors.forbidden(at, "may not be set for a windows pod");
    return;
  }
  const own = record(spec, "resources");
  if (has(own, "claims")) errors.forbidden(`${at}.claims`, "claims may not be set for Resources at pod-level");
  resourceRequirements(errors, at, own, { level: "pod", claims });
}

function hostNetwork(errors: FieldErrors, field: string, spec: JsonObject, { isPod }: PodSpecOptions): void {
  if (read(spec, "hostNetwork") !== true) return;
  for (const [index, container] of objects(spec, "containers").entries())
    for (const [n, port] of objects(container, "ports").entries()) {
      const [host, own] = [number(port, "hostPort"), number(port, "containerPort")];
      if ((isPod || host !== 0) && host !== own)
        errors.invalid(
          `${field}[${index}].ports[${n}].hostPort`,
          host,
          "must match `containerPort` when `hostNetwork` is true",
        );
    }
}

function dns(errors: FieldErrors, field: string, spec: JsonObject): void {
  const isNone = text(spec, "dnsPolicy") === "None";
  const config = read(spec, "dnsConfig");
  if (config === undefined || config === null) {
    if (isNone) errors.required(field, "must provide `dnsConfig` when `dnsPolicy` is None");
    return;
  }
  const servers = texts(config, "nameservers");
  if (isNone && servers.length === 0) {
    errors.required(`${field}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None");
    return;
  }
  if (servers.length > 3) errors.invalid(`${field}.nameservers`, servers, "must not have more than 3 nameservers");
  for (const [index, server] of servers.entries()) ip(errors, `${field}.nameservers[${index}]`, server);
  const searches = texts(config, "searches");
  if (searches.length > 32) errors.invalid(`${field}.searches`, searches, "must not have more than 32 search paths");
  if (searches.join(" ").length > 2048)
    errors.invalid(
      `${field}.searches`,
      searches,
      "must not have more than 2048 characters (including spaces) in the search list",
    );
  for (const [index, search] of searches.entries())
    if (search !== ".")
      errors.messages(
        `${field}.searches[${index}]`,
        search,
        validateSubdomainWithUnderscore(search.replace(/\.$/, "")),
      );
  for (const [index, option] of objects(config, "options").entries())
    if (text(option, "name") === "") errors.required(`${field}.options[${index}]`, "must not be empty");
}

export function ip(errors: FieldErrors, field: string, value: string): void {
  if (parseIp(value, { leadingZeros: true }) === undefined) errors.invalid(field, value, invalidIp);
}

function hostAliases(errors: FieldErrors, field: string, spec: JsonObject): void {
  for (const [index, alias] of objects(spec, "hostAliases").entries()) {
    ip(errors, `${field}[${index}].ip`, text(alias, "ip"));
    for (const [n, hostname] of texts(alias, "hostnames").entries())
      errors.subdomain(`${field}[${index}].hostnames[${n}]`, hostname);
  }
}

function fileVolumes(errors: FieldErrors, field: string, spec: JsonObject): void {
  for (const [at, container] of allContainers(field, spec))
    for (const [index, variable] of objects(container, "env").entries()) {
      const name = read(variable, "valueFrom", "fileKeyRef", "volumeName");
      if (typeof name !== "string") continue;
      const volume = objects(spec, "volumes").find((candidate) => text(candidate, "name") === name);
      const here = `${at}.env[${index}].valueFrom.fileKeyRef.volumeName`;
      if (volume === undefined) errors.notFound(here, name);
      else if (!has(volume, "emptyDir")) errors.invalid(here, name, "referenced volume must be of type emptyDir");
    }
}

export function pod(errors: FieldErrors, object: JsonObject): void {
  const spec = record(object, "spec");
  annotations(errors, "metadata.annotations", object);
  podSpec(errors, "spec", spec, { isPod: true });
  accountTokens(errors, spec);
  for (const list of ["containers", "initContainers"])
    for (const [index, container] of objects(spec, list).entries()) {
      const image = text(container, "image");
      if (image !== image.trim())
        errors.invalid(`spec.${list}[${index}].image`, image, "must not have leading or trailing whitespace");
    }
}

function accountTokens(errors: FieldErrors, spec: JsonObject): void {
  if (text(spec, "serviceAccountName") !== "") return;
  for (const [index, volume] of objects(spec, "volumes").entries())
    for (const [n, source] of objects(volume, "projected", "sources").entries())
      if (has(source, "serviceAccountToken"))
        errors.forbidden(
          `spec.volumes[${index}].projected.sources[${n}].serviceAccountToken`,
          "must not be specified when serviceAccountName is not set",
        );
}

export function newPod(errors: FieldErrors, object: JsonObject): void {
  pod(errors, object);
  const spec = record(object, "spec");
  if (objects(spec, "ephemeralContainers").length > 0)
    errors.forbidden("spec.ephemeralContainers", "cannot be set on create");
  if (text(spec, "nodeName") !== "" && objects(spec, "schedulingGates").length > 0)
    errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
}

function annotations(errors: FieldErrors, field: string, object: JsonObject): void {
  const given = record(object, "metadata", "annotations");
  const mirror = given["kubernetes.io/config.mirror"];
  if (typeof mirror === "string" && text(object, "spec", "nodeName") === "")
    errors.invalid(
      `${field}[kubernetes.io/config.mirror]`,
      mirror,
      "must set spec.nodeName if mirror pod annotation is set",
    );
  const cost = given["controller.kubernetes.io/pod-deletion-cost"];
  if (typeof cost === "string" && !isCost(cost))
    errors.invalid(`${field}[controller.kubernetes.io/pod-deletion-cost]`, cost, "must be a 32bit integer");
}

function isCost(cost: string): boolean {
  return /^(?:0|-?[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) < 2 ** 31;
}

/** The template of pods: labels, annotations and spec. */
export function podTemplate(errors: FieldErrors, field: string, template: JsonValue | undefined): void {
  labelMap(errors, `${field}.labels`, record(template, "metadata", "labels"));
  podSpec(errors, `${field}.spec`, record(template, "spec"), { isPod: false });
  if (objects(template, "spec", "ephemeralContainers").length > 0)
    errors.forbidden(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template");
}
