/** What may change in a pod that exists (ValidatePodUpdate, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { number, objects, read, record, text } from "../tables/read.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { podSpecDiff } from "./internal-form.ts";
import { pod } from "./pod.ts";
import { tolerations as validTolerations } from "./scheduling.ts";

const maxSeconds = 2 ** 31 - 1;

export function podUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  pod(errors, object);
  const [spec, before] = [record(object, "spec"), record(old, "spec")];
  for (const list of ["containers", "initContainers"])
    if (objects(spec, list).length !== objects(before, list).length) {
      errors.forbidden(`spec.${list}`, "pod updates may not add or remove containers");
      return;
    }
  for (const list of ["containers", "initContainers"])
    for (const [index, container] of objects(spec, list).entries())
      if (text(container, "image") === "") errors.required(`spec.${list}[${index}].image`);
  deadline(errors, spec, before);
  tolerations(errors, spec, before);
  schedulingGates(errors, spec, before);
  const isGated = objects(before, "schedulingGates").length > 0;
  if (isGated) gatedChanges(errors, spec, before);
  const attempted = withAllowedUndone(spec, before, isGated);
  if (!sameJson(attempted, before))
    errors.forbidden(
      "spec",
      `pod updates may not change fields other than \`spec.containers[*].image\`,\`spec.initContainers[*].image\`,\`spec.activeDeadlineSeconds\`,\`spec.tolerations\` (only additions to existing tolerations),\`spec.terminationGracePeriodSeconds\` (allow it to be set to 1 if it was previously negative)\n${podSpecDiff(before, attempted)}`,
    );
}

function deadline(errors: FieldErrors, spec: JsonObject, before: JsonObject): void {
  const field = "spec.activeDeadlineSeconds";
  const [next, old] = [read(spec, "activeDeadlineSeconds"), read(before, "activeDeadlineSeconds")];
  if (typeof next === "number") {
    if (next < 0 || next > maxSeconds) errors.invalid(field, next, `must be between 0 and ${maxSeconds}, inclusive`);
    else if (typeof old === "number" && old < next)
      errors.invalid(field, next, "must be less than or equal to previous value");
  } else if (typeof old === "number")
    errors.invalid(field, null, "must not update from a positive integer to nil value");
}

/** Tolerations may be added; of those that are there only the seconds may change. */
function tolerations(errors: FieldErrors, spec: JsonObject, before: JsonObject): void {
  const withoutSeconds = (toleration: JsonObject): JsonValue =>
    Object.fromEntries(Object.entries(toleration).filter(([name]) => name !== "tolerationSeconds")) as JsonObject;
  const next = objects(spec, "tolerations");
  if (!sameJson(next, objects(before, "tolerations"))) validTolerations(errors, "spec.tolerations", spec);
  for (const old of objects(before, "tolerations"))
    if (!next.some((candidate) => sameJson(withoutSeconds(candidate), withoutSeconds(old)))) {
      errors.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
      return;
    }
}

function schedulingGates(errors: FieldErrors, spec: JsonObject, before: JsonObject): void {
  const old = new Set(objects(before, "schedulingGates").map((gate) => text(gate, "name")));
  for (const [index, gate] of objects(spec, "schedulingGates").entries()) {
    const name = text(gate, "name");
    if (!old.has(name))
      errors.forbidden(
        `spec.schedulingGates[${index}].name`,
        `only deletion is allowed, but found new scheduling gate '${name}'`,
      );
  }
}

/** While it waits at a gate, a pod may still be drawn to fewer nodes. */
function gatedChanges(errors: FieldErrors, spec: JsonObject, before: JsonObject): void {
  const [next, old] = [record(spec, "nodeSelector"), record(before, "nodeSelector")];
  if (Object.entries(old).some(([key, value]) => next[key] !== value))
    errors.invalid(
      "spec.nodeSelector",
      next,
      "only additions to spec.nodeSelector are allowed (no mutations or deletions)",
    );
  nodeAffinity(errors, spec, before);
}

const required = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"] as const;

function nodeAffinity(errors: FieldErrors, spec: JsonObject, before: JsonObject): void {
  const [next, old] = [read(spec, ...required), read(before, ...required)];
  if (old === undefined || old === null) return;
  const field = `spec.${required.join(".")}.nodeSelectorTerms`;
  const [terms, oldTerms] = [objects(next, "nodeSelectorTerms"), objects(old, "nodeSelectorTerms")];
  if (terms.length !== oldTerms.length) {
    errors.invalid(field, terms, "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
    return;
  }
  for (const [index, term] of terms.entries())
    for (const list of ["matchExpressions", "matchFields"]) {
      const [requirements, previous] = [objects(term, list), objects(oldTerms[index], list)];
      const kept = previous.every((requirement, n) => sameJson(requirement, requirements[n]));
      if (!kept) errors.invalid(`${field}[${index}]`, term, "only additions are allowed (no mutations or deletions)");
    }
}

/** The new spec where what may change is as it was. */
function withAllowedUndone(spec: JsonObject, before: JsonObject, isGated: boolean): JsonObject {
  const undone: Record<string, JsonValue | undefined> = { ...spec };
  for (const list of ["containers", "initContainers"]) {
    const old = objects(before, list);
    if (has(spec, list))
      undone[list] = objects(spec, list).map((container, n) => ({ ...container, image: text(old[n], "image") }));
  }
  for (const name of ["activeDeadlineSeconds", "tolerations", "schedulingGates"]) undone[name] = before[name];
  if (number(before, "terminationGracePeriodSeconds") < 0 && number(spec, "terminationGracePeriodSeconds") === 1)
    undone["terminationGracePeriodSeconds"] = before["terminationGracePeriodSeconds"];
  if (isGated) {
    undone["nodeSelector"] = before["nodeSelector"];
    undone["affinity"] = withOldNodeAffinity(spec, before);
  }
  return undone as JsonObject;
}

function withOldNodeAffinity(spec: JsonObject, before: JsonObject): JsonValue | undefined {
  const nodeAffinity = read(before, "affinity", "nodeAffinity") ?? null;
  const affinity: Record<string, JsonValue | undefined> = { ...record(spec, "affinity") };
  delete affinity["nodeAffinity"];
  if (nodeAffinity !== null) affinity["nodeAffinity"] = nodeAffinity;
  return Object.keys(affinity).length === 0 && !has(before, "affinity") ? undefined : (affinity as JsonObject);
}
