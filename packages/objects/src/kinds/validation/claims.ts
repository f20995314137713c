/** Claims of storage and their specs (ValidatePersistentVolumeClaimSpec, 1.36). */
import type { JsonObject, JsonValue } from "@lateen/base";
import { validateDns1123Label, validateDns1123Subdomain, validateQualifiedName } from "../../names/names.ts";
import { compareQuantities, parseQuantity } from "../../values/quantity.ts";
import { read, record, text, texts } from "../tables/read.ts";
import { type FieldErrors, has, sameJson } from "./field-errors.ts";
import { claimSpecDiff } from "./internal-form.ts";
import { quantityOf } from "./resources.ts";
import { labelSelector } from "./scheduling.ts";

export const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const volumeModes = ["Block", "Filesystem"];

export function claimSpec(errors: FieldErrors, field: string, spec: JsonObject): void {
  const modes = texts(spec, "accessModes");
  if (modes.length === 0) errors.required(`${field}.accessModes`, "at least 1 access mode is required");
  if (has(spec, "selector")) labelSelector(errors, `${field}.selector`, read(spec, "selector"));
  modesOf(errors, `${field}.accessModes`, modes);
  const storage = read(spec, "resources", "requests", "storage");
  if (storage === undefined) errors.required(`${field}.resources[storage]`);
  else if (compareQuantities(quantityOf(storage), parseQuantity("0")) <= 0)
    errors.invalid(`${field}.resources[storage]`, storage, "must be greater than zero");
  for (const name of ["storageClassName", "volumeAttributesClassName"]) {
    const value = text(spec, name);
    if (value !== "") errors.messages(`${field}.${name}`, value, validateDns1123Subdomain(value));
  }
  const volumeMode = read(spec, "volumeMode");
  if (typeof volumeMode === "string") errors.anyOf(`${field}.volumeMode`, volumeMode, volumeModes);
  dataSource(errors, `${field}.dataSource`, read(spec, "dataSource"));
  dataSource(errors, `${field}.dataSourceRef`, read(spec, "dataSourceRef"));
  const namespace = text(spec, "dataSourceRef", "namespace");
  if (namespace !== "") errors.messages(`${field}.dataSourceRef.namespace`, namespace, validateDns1123Label(namespace));
}

export function modesOf(errors: FieldErrors, field: string, modes: readonly string[]): void {
  for (const mode of modes) errors.anyOf(field, mode, accessModes);
  if (modes.includes("ReadWriteOncePod") && modes.length > 1)
    errors.forbidden(field, "may not use ReadWriteOncePod with other access modes");
}

function dataSource(errors: FieldErrors, field: string, source: JsonValue | undefined): void {
  if (source === undefined || source === null) return;
  errors.present(field, source, "name");
  errors.present(field, source, "kind");
  const group = text(source, "apiGroup");
  if (group === "" && text(source, "kind") !== "PersistentVolumeClaim")
    errors.invalid(
      field,
      text(source, "kind"),
      "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
    );
  if (group !== "") errors.messages(`${field}.apiGroup`, group, validateDns1123Subdomain(group));
}

export function claim(errors: FieldErrors, object: JsonObject): void {
  claimSpec(errors, "spec", record(object, "spec"));
}

/** A bound claim may only grow; the rest of its spec stays as it is. */
export function claimUpdate(errors: FieldErrors, object: JsonObject, old: JsonObject): void {
  claim(errors, object);
  const oldSpec = record(old, "spec");
  const next = { ...record(object, "spec") } as Record<string, JsonValue | undefined>;
  if (text(oldSpec, "volumeName") === "") next["volumeName"] = oldSpec["volumeName"];
  const bound = text(old, "status", "phase") === "Bound";
  const sizes = [read(next, "resources", "requests", "storage"), read(oldSpec, "resources", "requests", "storage")];
  if (bound) next["resources"] = oldSpec["resources"];
  if (!has(oldSpec, "storageClassName") && has(next as JsonObject, "storageClassName"))
    next["storageClassName"] = oldSpec["storageClassName"];
  next["volumeAttributesClassName"] = oldSpec["volumeAttributesClassName"];
  if (!sameJson(next as JsonObject, oldSpec))
    errors.forbidden(
      "spec",
      `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${claimSpecDiff(oldSpec, next as JsonObject)}`,
    );
  const [size, before] = sizes;
  const held = quantityOf(read(old, "status", "capacity", "storage"));
  const shrinks = size !== undefined && compareQuantities(quantityOf(size), quantityOf(before)) < 0;
  const isAbove = (value: JsonValue | undefined): boolean => compareQuantities(quantityOf(value), held) > 0;
  if (shrinks && !(isAbove(size) && isAbove(before)))
    errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
}

export function isQualified(name: string): boolean {
  return validateQualifiedName(name).length === 0;
}
