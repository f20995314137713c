import { codeOf } from "@lateen/base";
import {
  type FieldSelector,
  type Kind,
  type KubeObject,
  type LabelSelector,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  valueAt,
} from "@lateen/objects";
import { readHeader } from "../object/stored-form.ts";
import { textOf } from "../object/text.ts";
import type { Query } from "../request/query.ts";
import { namesOfKey, type Resource } from "../registry/resource.ts";
import { badRequest } from "../status/errors.ts";

/** Which objects of a collection a list, watch or deletion of a collection means. */
export interface Selection {
  readonly labels: LabelSelector | undefined;
  readonly fields: FieldSelector | undefined;
  /** The name that a `metadata.name=` selector asks for: then only one key has to be looked at. */
  readonly name: string | undefined;
}

/** @throws BadRequest for a selector that cannot be read, or a field that the kind cannot be selected by. */
export function parseSelection(resource: Resource, query: Query): Selection {
  const labels = query.get("labelSelector");
  const fields = query.get("fieldSelector");
  const fieldSelector = fields ? parsed(() => parseFieldSelector(fields)) : undefined;
  for (const { field } of fieldSelector?.requirements ?? []) checkField(resource, field);
  const byName = fieldSelector?.requirements.find(
    ({ field, operator }) => field === "metadata.name" && operator === "=",
  );
  return {
    labels: labels ? parsed(() => parseLabelSelector(labels)) : undefined,
    fields: fieldSelector,
    name: byName?.value,
  };
}

/** The name in `metadata.name=NAME` of a selector that may be anything; for authorization, which comes before its check. */
export function parseFieldSelectorName(text: string | undefined): string | undefined {
  if (!text) return undefined;
  try {
    return parseFieldSelector(text).requirements.find(
      ({ field, operator }) => field === "metadata.name" && operator === "=",
    )?.value;
  } catch {
    return undefined;
  }
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (codeOf(error) === "Selector") throw badRequest((error as Error).message);
    throw error;
  }
}

export function isEmptySelection({ labels, fields }: Selection): boolean {
  return labels === undefined && fields === undefined;
}

export function matchesObject(resource: Resource, selection: Selection, object: KubeObject): boolean {
  if (selection.labels !== undefined && !matchesLabels(selection.labels, object.metadata.labels)) return false;
  return selection.fields === undefined || matchesFields(selection.fields, selectableFieldsOf(resource, object));
}

/** As `matchesObject`, decoding the object only when a field inside of it is asked for. */
export function matchesEntry(
  resource: Resource,
  selection: Selection,
  entry: { readonly key: string; readonly bytes: Uint8Array },
  decode: () => KubeObject,
): boolean {
  if (selection.labels !== undefined && !matchesLabels(selection.labels, readHeader(entry.bytes).labels)) return false;
  if (selection.fields === undefined) return true;
  if (selection.fields.requirements.every(({ field }) => metadataFields.has(field))) {
    const { namespace = "", name } = namesOfKey(resource, entry.key);
    return matchesFields(selection.fields, { "metadata.name": name, "metadata.namespace": namespace });
  }
  return matchesFields(selection.fields, selectableFieldsOf(resource, decode()));
}

const metadataFields = new Set(["metadata.name", "metadata.namespace"]);

/** Fields beside metadata that built-in kinds can be selected by (pkg/registry, strategy.go), with their empty value. */
const fieldsByKind: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ],
  Event: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  "Event.events.k8s.io": [
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
  ],
  Node: ["spec.unschedulable"],
  Namespace: ["status.phase", "name"],
  Secret: ["type"],
  Service: ["spec.clusterIP", "spec.type"],
  ReplicationController: ["status.replicas"],
  "Job.batch": ["status.successful"],
  "CertificateSigningRequest.certificates.k8s.io": ["spec.signerName"],
};

/** Kinds with fields of their own word an unknown one differently from those with none. */
export function selectableFieldNames(kind: Kind): readonly string[] {
  return fieldsByKind[kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`] ?? [];
}

function checkField(resource: Resource, field: string): void {
  if (metadataFields.has(field)) return;
  const { custom, kind } = resource;
  const own = custom === undefined ? selectableFieldNames(kind) : custom.selectableFields.map((path) => path.slice(1));
  if (own.includes(field)) return;
  if (custom !== undefined || own.length > 0) throw badRequest(`field label not supported: ${field}`);
  throw badRequest(
    `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

export function selectableFieldsOf(resource: Resource, object: KubeObject): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {
    "metadata.name": object.metadata.name ?? "",
    "metadata.namespace": object.metadata.namespace ?? "",
  };
  const own =
    resource.custom === undefined
      ? selectableFieldNames(resource.kind)
      : resource.custom.selectableFields.map((path) => path.slice(1));
  for (const field of own) fields[field] = fieldText(field, object);
  return fields;
}

function fieldText(field: string, object: KubeObject): string {
  switch (field) {
    case "name":
      return object.metadata.name ?? "";
    case "source": {
      const component = valueAt(object, "source", "component");
      return typeof component === "string" && component !== ""
        ? component
        : textOf(valueAt(object, "reportingComponent"));
    }
    case "spec.hostNetwork":
    case "spec.unschedulable":
      return valueAt(object, ...field.split(".")) === true ? "true" : "false";
    case "status.successful":
      return textOf(valueAt(object, "status", "succeeded") ?? 0);
    case "status.replicas":
      return textOf(valueAt(object, "status", "replicas") ?? 0);
    case "status.podIPs":
      return textOf(valueAt(object, "status", "podIPs", 0, "ip"));
    default:
      return textOf(valueAt(object, ...field.split(".")));
  }
}
