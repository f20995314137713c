import { type JsonValue, jsonEquals } from "@lateen/base";
import {
  type FieldError,
  fieldError,
  forbiddenField,
  invalidField,
  requiredField,
  tooLongField,
} from "../field-error.ts";
import { type ObjectMeta, type OwnerReference, groupVersionOf } from "../kube-object.ts";
import { type NameRule, byteLength, nameIsLabel, validateLabelValue, validateQualifiedName } from "./names.ts";

const maxAnnotationBytes = 256 * 1024;
const maxManagerBytes = 128;

export interface MetadataRules {
  readonly namespaced: boolean;
  readonly nameRule: NameRule;
}

/** What the API server refuses in the metadata of any object (pkg/api/validation/objectmeta.go). */
export function validateMetadata(metadata: ObjectMeta, rules: MetadataRules, field = "metadata"): FieldError[] {
  const errors: FieldError[] = [];
  const { name = "", generateName = "", namespace = "" } = metadata;
  if (generateName !== "")
    for (const message of rules.nameRule(generateName, { prefix: true }))
      errors.push(invalidField(`${field}.generateName`, generateName, message));
  if (name === "") errors.push(requiredField(`${field}.name`, "name or generateName is required"));
  else for (const message of rules.nameRule(name)) errors.push(invalidField(`${field}.name`, name, message));
  if (rules.namespaced) {
    if (namespace === "") errors.push(requiredField(`${field}.namespace`));
    else
      for (const message of nameIsLabel(namespace)) errors.push(invalidField(`${field}.namespace`, namespace, message));
  } else if (namespace !== "") errors.push(forbiddenField(`${field}.namespace`, "not allowed on this type"));
  if ((metadata.generation ?? 0) < 0)
    errors.push(invalidField(`${field}.generation`, metadata.generation!, "must be greater than or equal to 0"));
  errors.push(...validateLabels(metadata.labels ?? {}, `${field}.labels`));
  errors.push(...validateAnnotations(metadata.annotations ?? {}, `${field}.annotations`));
  errors.push(...validateOwnerReferences(metadata.ownerReferences ?? [], `${field}.ownerReferences`));
  errors.push(...validateFinalizers(metadata.finalizers ?? [], `${field}.finalizers`));
  errors.push(...validateManagedFields(metadata, `${field}.managedFields`));
  return errors;
}

export function validateLabels(labels: Readonly<Record<string, string>>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    for (const message of validateQualifiedName(key)) errors.push(invalidField(field, key, message));
    for (const message of validateLabelValue(value)) errors.push(invalidField(field, value, message));
  }
  return errors;
}

export function validateAnnotations(annotations: Readonly<Record<string, string>>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    // Keys are qualified names in lower case here: upper case is allowed in their domain.
    for (const message of validateQualifiedName(key.toLowerCase())) errors.push(invalidField(field, key, message));
    size += byteLength(key) + byteLength(value);
  }
  if (size > maxAnnotationBytes) errors.push(tooLongField(field, maxAnnotationBytes));
  return errors;
}

function validateOwnerReferences(references: readonly OwnerReference[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const reference of references) {
    const { version } =
      reference.apiVersion.split("/").length > 2 ? { version: "" } : groupVersionOf(reference.apiVersion);
    if (version === "")
      errors.push(invalidField(`${field}.apiVersion`, reference.apiVersion, "version must not be empty"));
    if (reference.apiVersion === "v1" && reference.kind === "Event")
      errors.push(
        invalidField(
          field,
          reference as unknown as JsonValue,
          `${reference.apiVersion}, Kind=${reference.kind} is disallowed from being an owner`,
        ),
      );
    for (const name of ["kind", "name", "uid"] as const)
      if ((reference[name] ?? "") === "")
        errors.push(invalidField(`${field}.${name}`, reference[name] ?? "", "must not be empty"));
    if (reference.controller !== true) continue;
    if (controller === undefined) controller = reference;
    else {
      const pair = `${controller.kind}/${controller.name} and ${reference.kind}/${reference.name}`;
      errors.push(
        invalidField(
          field,
          references as unknown as JsonValue,
          `Only one reference can have Controller set to true. Found "true" in references for ${pair}`,
        ),
      );
    }
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const finalizer of finalizers)
    for (const message of validateQualifiedName(finalizer)) errors.push(invalidField(field, finalizer, message));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion"))
    errors.push(invalidField(field, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  return errors;
}

function validateManagedFields(metadata: ObjectMeta, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, entry] of (metadata.managedFields ?? []).entries()) {
    const at = `${field}[${i}]`;
    if (entry.operation !== "Apply" && entry.operation !== "Update")
      errors.push(invalidField(`${at}.operation`, entry.operation ?? "", "must be `Apply` or `Update`"));
    if ((entry.fieldsType ?? "") !== "" && entry.fieldsType !== "FieldsV1")
      errors.push(invalidField(`${at}.fieldsType`, entry.fieldsType ?? "", "must be `FieldsV1`"));
    errors.push(...validateFieldManager(entry.manager ?? "", `${at}.manager`));
    if (byteLength(entry.subresource ?? "") > 256) errors.push(tooLongField(`${at}.subresource`, 256));
  }
  return errors;
}

/** At most 128 bytes of printable characters. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (byteLength(manager) > maxManagerBytes) errors.push(tooLongField(field, maxManagerBytes));
  const bad = Array.from(manager).find((letter) => /[\p{C}\p{Zl}\p{Zp}]|[^\S ]/u.test(letter));
  if (bad !== undefined) errors.push(invalidField(field, manager, "should only contain printable characters"));
  return errors;
}

const immutable = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** What an update may not do to metadata. */
export function validateMetadataUpdate(next: ObjectMeta, old: ObjectMeta, field = "metadata"): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((finalizer) => !(old.finalizers ?? []).includes(finalizer));
    if (added.length > 0) {
      const list = added.map((name) => JSON.stringify(name)).join(", ");
      errors.push(
        forbiddenField(
          `${field}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
        ),
      );
    }
  }
  if ((next.resourceVersion ?? "") === "")
    errors.push(invalidField(`${field}.resourceVersion`, "", "must be specified for an update"));
  if ((next.generation ?? 0) < (old.generation ?? 0))
    errors.push(invalidField(`${field}.generation`, next.generation ?? 0, "must not be decremented"));
  for (const name of immutable) {
    if (!jsonEquals(next[name] ?? null, old[name] ?? null))
      errors.push(fieldError("FieldValueInvalid", `${field}.${name}`, next[name] ?? null, "field is immutable"));
  }
  errors.push(...validateManagedFields(next, `${field}.managedFields`));
  return errors;
}
