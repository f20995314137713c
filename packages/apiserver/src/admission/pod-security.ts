import { isJsonObject, type JsonObject } from "@lateen/base";
import { type FieldError, invalidField, type KubeObject, valueAt } from "@lateen/objects";
import { readObject } from "../server/core.ts";
import type { ResourceRequest } from "../request/context.ts";
import { forbidden } from "../status/errors.ts";
import { baselineChecks, type PodParts, restrictedChecks } from "./pod-security-checks.ts";

const prefix = "pod-security.kubernetes.io/";
const levels = ["privileged", "baseline", "restricted"];

/** What is wrong with the labels by which a namespace says what pods it takes. */
export function podSecurityLabelErrors(namespace: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const mode of ["enforce", "audit", "warn"]) {
    const level = namespace.metadata.labels?.[prefix + mode];
    const version = namespace.metadata.labels?.[`${prefix}${mode}-version`];
    if (level !== undefined && !levels.includes(level)) {
      errors.push(invalidField(`metadata.labels[${prefix}${mode}]`, level, `must be one of ${levels.join(", ")}`));
    }
    if (version !== undefined && version !== "latest" && !/^v1\.(0|[1-9]\d*)$/.test(version)) {
      errors.push(invalidField(`metadata.labels[${prefix}${mode}-version]`, version, 'must be "latest" or "v1.x"'));
    }
  }
  return errors;
}

interface Policy {
  readonly level: string;
  readonly version: string;
}

/** Refuses pods that the namespace's level forbids; of workloads it warns (PodSecurity). @throws Forbidden. */
export function checkPodSecurity(request: ResourceRequest, object: KubeObject): void {
  const { kind, groupResource } = request.resource;
  if (request.resource.custom !== undefined || request.namespace === undefined) return;
  const isPod = kind.group === "" && kind.kind === "Pod";
  const parts = isPod ? partsOf(object as unknown as JsonObject) : templateOf(object);
  if (parts === undefined) return;
  const namespaces = request.table.lookup({ group: "", version: "v1", plural: "namespaces" })!;
  const labels = readObject(request.core, namespaces, namespaces.prefix + request.namespace)?.metadata.labels ?? {};
  const enforce = policyOf(labels, "enforce");
  if (isPod && enforce !== undefined) {
    const violations = violationsOf(enforce, parts);
    if (violations.length > 0) {
      const why = `violates PodSecurity "${enforce.level}:${enforce.version}": ${violations.join(", ")}`;
      throw forbidden(groupResource, object.metadata.name ?? "", why);
    }
  }
  const warn = policyOf(labels, "warn") ?? enforce;
  if (warn === undefined) return;
  const violations = violationsOf(warn, parts);
  if (violations.length > 0) {
    request.warnings.push(`would violate PodSecurity "${warn.level}:${warn.version}": ${violations.join(", ")}`);
  }
}

function policyOf(labels: Readonly<Record<string, string>>, mode: string): Policy | undefined {
  const level = labels[prefix + mode];
  return level === undefined ? undefined : { level, version: labels[`${prefix}${mode}-version`] ?? "latest" };
}

function violationsOf({ level }: Policy, parts: PodParts): readonly string[] {
  const checks = level === "restricted" ? restrictedChecks : level === "baseline" ? baselineChecks : [];
  return checks.map((check) => check(parts)).filter((text) => text !== undefined);
}

function partsOf(pod: JsonObject): PodParts | undefined {
  if (!isJsonObject(pod.spec)) return undefined;
  return { spec: pod.spec, annotations: (valueAt(pod, "metadata", "annotations") ?? {}) as Record<string, string> };
}

/** The pods that a workload makes, where it is one. */
function templateOf(object: KubeObject): PodParts | undefined {
  const path = object.kind === "CronJob" ? ["spec", "jobTemplate", "spec", "template"] : ["spec", "template"];
  const template = object.kind === "PodTemplate" ? valueAt(object, "template") : valueAt(object, ...path);
  return isJsonObject(template) ? partsOf(template) : undefined;
}
